/* trace.h - from a file to what made it, and from an input to what it made.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_TRACE_H
#define SPILLWAY_COORDINATOR_TRACE_H

#include "coordinator/area.h"

extern const char trace_usage[];
int trace_command(struct area *area, int argc, char **argv);

#endif
