/* run.h - a whole campaign on one machine: plan, service, pilots, merge, publish.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A supervisor only: `spillway serve` and one mpirun with pilots are its children and are
 * started again when they die. It decides nothing; what is done is read from the catalog.
 */
#ifndef SPILLWAY_COORDINATOR_RUN_H
#define SPILLWAY_COORDINATOR_RUN_H

#include "coordinator/area.h"

extern const char run_usage[];
int run_command(struct area *area, int argc, char **argv);

#endif
