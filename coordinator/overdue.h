/* overdue.h - spillway overdue: what is late, whose it is, and why.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_OVERDUE_H
#define SPILLWAY_COORDINATOR_OVERDUE_H

#include "coordinator/area.h"

extern const char overdue_usage[];
int overdue_command(struct area *area, int argc, char **argv);

#endif
