/* catalog_command.h - spillway catalog check | copy DIR | owner.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_CATALOG_COMMAND_H
#define SPILLWAY_COORDINATOR_CATALOG_COMMAND_H

#include "coordinator/area.h"

extern const char catalog_usage[];
int catalog_command(struct area *area, int argc, char **argv);

#endif
