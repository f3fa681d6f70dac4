/* close.h - spillway close and recover: losses that a manager accepts, and takes back.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_CLOSE_H
#define SPILLWAY_COORDINATOR_CLOSE_H

#include "coordinator/area.h"

extern const char close_usage[];
int close_command(struct area *area, int argc, char **argv);

extern const char recover_usage[];
int recover_command(struct area *area, int argc, char **argv);

#endif
