/* simulation.h - all runs of a simulation, with catalogue, conditions and truth.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_TESTS_SIMULATE_SIMULATION_H
#define SPILLWAY_TESTS_SIMULATE_SIMULATION_H

#include "tests/simulate/options.h"

struct simulation_counts {
    uint64_t events; /* with calibration events, without records */
    uint64_t bytes;  /* of raw data */
    uint32_t chunks;
};

/* Refuses to overwrite anything. */
bool simulation_run(const struct sim_options *options, struct simulation_counts *counts,
                    struct err *err);

#endif
