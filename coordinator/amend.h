/* amend.h - spillway amend, spillway rollback.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_AMEND_H
#define SPILLWAY_COORDINATOR_AMEND_H

#include "coordinator/area.h"

extern const char amend_usage[];
int amend_command(struct area *area, int argc, char **argv);
extern const char rollback_usage[];
int rollback_command(struct area *area, int argc, char **argv);

#endif
