/* explain.h - spillway impact and explain: what a change of tag, release or file does.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_EXPLAIN_H
#define SPILLWAY_COORDINATOR_EXPLAIN_H

#include "coordinator/area.h"

extern const char impact_usage[];
extern const char explain_usage[];

int impact_command(struct area *area, int argc, char **argv);
int explain_command(struct area *area, int argc, char **argv);

#endif
