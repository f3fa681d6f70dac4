/* gate_command.h - spillway validate and gate: a sample, and the word on it.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_GATE_COMMAND_H
#define SPILLWAY_COORDINATOR_GATE_COMMAND_H

#include "coordinator/area.h"

extern const char validate_usage[];
int validate_command(struct area *area, int argc, char **argv);
extern const char gate_usage[];
int gate_command(struct area *area, int argc, char **argv);

#endif
