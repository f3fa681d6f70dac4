/* export_command.h - spillway export: published files in other forms.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_EXPORT_COMMAND_H
#define SPILLWAY_COORDINATOR_EXPORT_COMMAND_H

#include "coordinator/command.h"

extern const char export_usage[];

int export_command(struct area *area, int argc, char **argv);

#endif
