/* options.h - what the command line asks for.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_TESTS_SIMULATE_OPTIONS_H
#define SPILLWAY_TESTS_SIMULATE_OPTIONS_H

#include "base/err.h"
#include "tests/simulate/event.h"
#include "tests/simulate/form.h"

struct sim_options {
    const char *out; /* folder; must not hold results yet */
    const char *setup;
    uint32_t first_run, last_run;
    uint32_t spills;     /* a run */
    uint32_t events;     /* beam events a spill */
    uint32_t led_events; /* calibration events a spill, before the beam events */
    uint64_t seed;
    uint64_t chunk_bytes; /* a chunk of a builder ends before it would pass this */
    struct sim_mixture mixture;
    struct form form;
    bool help;
};

extern const char sim_usage[];

/* E_USAGE or E_NUMBER with the option's name. Texts are borrowed from argv. */
bool sim_options_read(int count, char **arguments, struct sim_options *options,
                      struct err *err);

#endif
