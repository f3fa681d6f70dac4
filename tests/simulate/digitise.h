/* digitise.h - from what happened to the samples of all channels.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_TESTS_SIMULATE_DIGITISE_H
#define SPILLWAY_TESTS_SIMULATE_DIGITISE_H

#include "raw/sadc.h"
#include "tests/simulate/event.h"
#include "tests/simulate/pulse.h"

/* What holds for all events of a spill. */
struct digitise {
    const struct pulse *pulse;
    const struct layout_channel *channels; /* LAYOUT_CHANNELS */
    double drift[LAYOUT_CHANNELS];
    uint32_t bad_from; /* HCAL is silent from this event on */
};

/* Fills the digits, in the order of the channels. */
void digitise_event(const struct digitise *digitise, const struct sim_event *event,
                    struct sadc_digits *digits);

/* true when the spoiled readout takes the HCAL from this event. */
bool digitise_is_bad(const struct digitise *digitise, const struct sim_event *event);

#endif
