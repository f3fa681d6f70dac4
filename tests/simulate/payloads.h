/* payloads.h - the conditions folder: payload texts and the tags sim-1 and sim-2.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The constants that made the data, as a perfect calibration would find them. LED rows of
 * every seventh spill are left out, so that earlier spills must stand in for them. Tag
 * sim-2 differs from sim-1 in one thing: the LED amplitudes of HCAL0 in spill 1 of the
 * last run are 2 % higher.
 */
#ifndef SPILLWAY_TESTS_SIMULATE_PAYLOADS_H
#define SPILLWAY_TESTS_SIMULATE_PAYLOADS_H

#include "tests/simulate/layout.h"
#include "tests/simulate/options.h"
#include "tests/simulate/pulse.h"

struct payloads {
    const struct sim_options *options;
    const struct layout_channel *channels;
    const struct pulse *pulse;
};

/* Writes folder/payloads/... and folder/tags/... */
bool payloads_write(const struct payloads *payloads, const char *folder, struct err *err);

#endif
