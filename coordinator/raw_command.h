/* raw_command.h - the command for raw files: what is in one, without any catalog.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_RAW_COMMAND_H
#define SPILLWAY_COORDINATOR_RAW_COMMAND_H

#include "coordinator/command.h"

extern const char raw_usage[];

/* spillway raw inspect ...; needs no production area. */
int raw_command(struct area *area, int argc, char **argv);

#endif
