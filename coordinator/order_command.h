/* order_command.h - spillway pause, resume, cancel, priority.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_ORDER_COMMAND_H
#define SPILLWAY_COORDINATOR_ORDER_COMMAND_H

#include "coordinator/area.h"

extern const char pause_usage[];
int pause_command(struct area *area, int argc, char **argv);
extern const char resume_usage[];
int resume_command(struct area *area, int argc, char **argv);
extern const char cancel_usage[];
int cancel_command(struct area *area, int argc, char **argv);
extern const char priority_usage[];
int priority_command(struct area *area, int argc, char **argv);

#endif
