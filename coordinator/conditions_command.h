/* conditions_command.h - spillway conditions: its words and options.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_CONDITIONS_COMMAND_H
#define SPILLWAY_COORDINATOR_CONDITIONS_COMMAND_H

#include "coordinator/command.h"

/* Text of --help. */
extern const char conditions_usage[];

/* A row of the table of commands; the area is not needed. */
int conditions_command(struct area *area, int argc, char **argv);

#endif
