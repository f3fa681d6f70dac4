/* verify.h - are the published files what the catalog says, each segment in them once?
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_VERIFY_H
#define SPILLWAY_COORDINATOR_VERIFY_H

#include "coordinator/area.h"

extern const char verify_usage[];
int verify_command(struct area *area, int argc, char **argv);

#endif
