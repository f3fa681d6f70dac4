/* pulse.c - pulse shape and sampling.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/simulate/pulse.h"

#include <math.h>

#include "base/fmath.h"

#define PEAK_NS 45.0
#define PHASES  50 /* steps of 0.25 ns in a sampling period */

static double shape_at(const struct pulse *pulse, double time_ns)
{
    double place = time_ns / PULSE_STEP_NS;
    if (!(place > 0) || place >= PULSE_STEPS)
        return 0;
    int i = (int)place;
    double part = place - i;
    return pulse->shape[i] * (1 - part) + pulse->shape[i + 1] * part;
}

void pulse_make(struct pulse *pulse)
{
    *pulse = (struct pulse){.half_ns = 0};
    for (int i = 0; i <= PULSE_STEPS; i++) {
        double u = i * PULSE_STEP_NS / PEAK_NS;
        pulse->shape[i] = u * u * u * fmath_exp(3 * (1 - u));
    }
    int half = 0;
    while (pulse->shape[half + 1] < 0.5)
        half++;
    double rise = pulse->shape[half + 1] - pulse->shape[half];
    pulse->half_ns = PULSE_STEP_NS * (half + (0.5 - pulse->shape[half]) / rise);
    for (int phase = 0; phase < PHASES; phase++) {
        double most = 0;
        for (int i = 0; i < LAYOUT_SAMPLES; i++)
            most = fmax(most, shape_at(pulse, phase * PULSE_STEP_NS + i * LAYOUT_PERIOD));
        pulse->mean_peak += most / PHASES;
    }
}

void pulse_add(const struct pulse *pulse, double counts, double time_ns,
               double levels[LAYOUT_SAMPLES])
{
    double start = time_ns - pulse->half_ns;
    for (int i = 0; i < LAYOUT_SAMPLES; i++)
        levels[i] += counts * shape_at(pulse, i * LAYOUT_PERIOD - start);
}

uint16_t pulse_sample(const struct layout_channel *channel,
                      const double levels[LAYOUT_SAMPLES], struct random *noise,
                      uint16_t samples[LAYOUT_SAMPLES])
{
    uint32_t sum = 0;
    uint64_t bits = 0;
    for (int i = 0; i < LAYOUT_SAMPLES; i++) {
        if (i % 16 == 0)
            bits = random_next(noise);
        /* The number of ones of four bits: mean 2, deviation 1. */
        int ones = __builtin_popcount((unsigned)(bits & 15));
        bits >>= 4;
        double value = floor(channel->pedestal[i % 2] + levels[i] + ones - 2 + 0.5);
        samples[i] = (uint16_t)fmin(fmax(value, 0), channel->full);
        sum += samples[i];
    }
    return (uint16_t)sum;
}
