/* pulse.h - the shape of a pulse and its samples.
 * SPDX-License-Identifier: Apache-2.0
 *
 * One shape for all channels, rising to 1 in 45 ns: f(t) = u^3 exp(3 (1 - u)) with u =
 * t / 45 ns. Ours: the real shapes are not public.
 */
#ifndef SPILLWAY_TESTS_SIMULATE_PULSE_H
#define SPILLWAY_TESTS_SIMULATE_PULSE_H

#include "base/random.h"
#include "tests/simulate/layout.h"

#define PULSE_STEP_NS 0.25
#define PULSE_STEPS   1600

struct pulse {
    double shape[PULSE_STEPS + 1];
    double half_ns;   /* from the start to half height */
    double mean_peak; /* largest sample of a unit pulse, mean over all phases */
};

void pulse_make(struct pulse *pulse);

/* Adds a pulse of `counts` whose rising edge is at half height at `time_ns`. */
void pulse_add(const struct pulse *pulse, double counts, double time_ns,
               double levels[LAYOUT_SAMPLES]);

/* Levels over pedestals with noise of one count as samples, cut to what the channel
 * holds; the return value is their sum modulo 65536. */
uint16_t pulse_sample(const struct layout_channel *channel,
                      const double levels[LAYOUT_SAMPLES], struct random *noise,
                      uint16_t samples[LAYOUT_SAMPLES]);

#endif
