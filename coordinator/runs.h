/* runs.h - spillway runs: import, scan, list, show, summary of the run catalogue.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_RUNS_H
#define SPILLWAY_COORDINATOR_RUNS_H

#include "coordinator/area.h"

extern const char runs_usage[];

int runs_command(struct area *area, int argc, char **argv);

#endif
