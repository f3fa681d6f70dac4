/* skip.h - spillway skip: an event that is taken out of a campaign, and back in.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_SKIP_H
#define SPILLWAY_COORDINATOR_SKIP_H

#include "coordinator/area.h"

extern const char skip_usage[];
int skip_command(struct area *area, int argc, char **argv);

#endif
