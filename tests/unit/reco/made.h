/* made.h - conditions and digits made by tests for set-up 2022-electron-100. SYNTHETIC.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Source of detector d of the set-up is 600 + d, channel x * ny + y on port 0. Gains:
 * 50 MeV a count in ECAL, 30 MeV in HCAL, 10 keV in VETO and counters, 50 keV in SRD.
 * Time reference S0 at 150 +- 30 ns, all others 10 +- 6 ns behind it. LED: reference 1000
 * counts, now 1000, in ECAL1 (2, 3) 800. 32 samples of 12.5 ns, window of 8, tail 50 ns.
 */
#ifndef SPILLWAY_TESTS_UNIT_RECO_MADE_H
#define SPILLWAY_TESTS_UNIT_RECO_MADE_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/fmath.h"
#include "base/text.h"
#include "conditions/payload.h"
#include "reco/event.h"

#define MADE_SAMPLES 32
#define MADE_TYPES   7
#define MADE_GAIN    "0.05"
#define MADE_RUN     9000
#define MADE_SPILL   7

enum {
    MADE_CALO_GAIN,
    MADE_CHANNEL_MAP,
    MADE_LED_REFERENCE,
    MADE_LED_SPILL,
    MADE_PEDESTAL,
    MADE_SAMPLING,
    MADE_TIME_OFFSET
};

struct made {
    const struct setup *setup;
    struct bytes texts[MADE_TYPES];
    struct calibration_value values[MADE_TYPES];
    struct calibration_input input;
    struct arena arena;
    struct calibration calibration;
    struct sadc_digits digits;
};

static inline const char *made_gain(enum setup_part part)
{
    static const char *const gains[SETUP_PARTS] = {"0.05", "0.03", "0.00001", "0.00005",
                                                   "0.00001"};
    return gains[part];
}

static inline void made_line(struct made *made, int type, const char *line)
{
    struct err err;
    assert_true(text_add(&made->texts[type], line, &err));
}

/* One row per cell in the payloads that have them. */
static inline void made_cell(struct made *made, uint32_t d, uint32_t x, uint32_t y)
{
    struct err err;
    const struct setup_detector *detector = &made->setup->detectors[d];
    const char *name = detector->name;
    bool odd = strcmp(name, "ECAL1") == 0 && x == 2 && y == 3;
    bool reference = strcmp(name, made->setup->reference) == 0;
    struct bytes *t = made->texts;
    assert_true(text_addf(&t[MADE_CHANNEL_MAP], &err, "%s %u 0 %u %u %u\n", name, 600 + d,
                          x * detector->ny + y, x, y));
    assert_true(text_addf(&t[MADE_CALO_GAIN], &err, "%s %u %u %s\n", name, x, y,
                          made_gain(detector->part)));
    assert_true(text_addf(&t[MADE_TIME_OFFSET], &err, "%s %u %u %s\n", name, x, y,
                          reference ? "absolute 150 10 3" : "S0 10 2 3"));
    if (!detector->led)
        return;
    assert_true(text_addf(&t[MADE_LED_REFERENCE], &err, "%s %u %u 1000\n", name, x, y));
    assert_true(text_addf(&t[MADE_LED_SPILL], &err, "%s %u %u %d\n", name, x, y,
                          odd ? 800 : 1000));
}

static inline void made_texts(struct made *made)
{
    static const char *const heads[MADE_TYPES] = {
        "spillway-table 1\ntype calo_gain\nsource ours\nsynthetic yes\nled_reference "
        "made\ncolumns detector:name x:count y:count gain_gev_per_count:real\n",
        "<Map><!-- spillway source=ours synthetic=yes --><ChipSADC version=\"2\" "
        "runs=\"1-99999\" options=\"xy data_format3\">\n",
        "spillway-table 1\ntype led_reference\nsource ours\nsynthetic yes\nid "
        "made\ncolumns detector:name x:count y:count amplitude_counts:real\n",
        "spillway-row 1\ntype led_spill\nsynthetic yes\ncolumns detector:name x:count "
        "y:count amplitude_counts:real\n",
        "spillway-table 1\ntype pedestal\nsource ours\nsynthetic yes\ncolumns "
        "first_sample:count sample_count:count spread_limit_counts:count "
        "search_from_sample:count threshold_counts:count noise_counts:count "
        "tail_ns:real\n0 8 20 8 5 1 50\n",
        "spillway-table 1\ntype sampling\nsource ours\nsynthetic yes\ncolumns "
        "sample_count:count period_ns:real\n32 12.5\n",
        "spillway-table 1\ntype time_offset\nsource ours\nsynthetic yes\ncolumns "
        "detector:name x:count y:count reference:name mean_ns:real sigma_ns:real "
        "window_sigma:real\n"};
    for (int i = 0; i < MADE_TYPES; i++) {
        bytes_init(&made->texts[i], 1 << 20);
        made_line(made, i, heads[i]);
    }
    for (uint32_t d = 0; d < made->setup->detector_count; d++)
        for (uint32_t x = 0; x < made->setup->detectors[d].nx; x++)
            for (uint32_t y = 0; y < made->setup->detectors[d].ny; y++)
                made_cell(made, d, x, y);
    for (int i = 0; i < MADE_TYPES; i++)
        made_line(made, i, i == MADE_CHANNEL_MAP ? "</ChipSADC></Map>\n" : "end\n");
}

static inline void made_init(struct made *made)
{
    memset(made, 0, sizeof *made);
    made->setup = setup_find("2022-electron-100");
    made_texts(made);
    const char *const *types = calibration_types();
    for (int i = 0; i < MADE_TYPES; i++)
        made->values[i] = (struct calibration_value){
            .type = types[i], .level = FALLBACK_EXACT, .text = &made->texts[i]};
    made->input = (struct calibration_input){.run = MADE_RUN,
                                             .spill = MADE_SPILL,
                                             .values = made->values,
                                             .value_count = MADE_TYPES};
    arena_init(&made->arena, 1 << 20);
    sadc_digits_init(&made->digits);
}

/* false, with the error, when the conditions are refused. */
static inline bool made_calibrate(struct made *made, struct err *err)
{
    arena_reset(&made->arena);
    calibration_release(&made->calibration);
    return calibration_make(made->setup, &made->input, &made->arena, &made->calibration,
                            err);
}

static inline void made_release(struct made *made)
{
    for (int i = 0; i < MADE_TYPES; i++)
        bytes_release(&made->texts[i]);
    arena_release(&made->arena);
    calibration_release(&made->calibration);
    sadc_digits_release(&made->digits);
}

/* A quiet channel: 200 in even, 204 in odd samples. */
static inline void made_quiet(uint16_t *samples)
{
    for (int i = 0; i < MADE_SAMPLES; i++)
        samples[i] = i % 2 == 0 ? 200 : 204;
}

/* Adds a pulse whose half height is at `time_ns` when that is a whole sample from 1 on:
 * two samples of rise, then a decay of 50 ns. Stops at the end of the ADC range. */
static inline void made_pulse(uint16_t *samples, double time_ns, double height)
{
    double top = time_ns / 12.5 + 1.0;
    for (int i = 0; i < MADE_SAMPLES; i++) {
        double age = i - top; /* samples after the top */
        double level = age < -2.0   ? 0.0
                       : age <= 0.0 ? height * (age + 2.0) / 2.0
                                    : height * fmath_exp(-age * 0.25);
        double sum = samples[i] + rint(level);
        samples[i] = (uint16_t)(sum > 4095 ? 4095 : sum);
    }
}

static inline void made_digit(struct made *made, const char *detector, uint32_t channel,
                              const uint16_t *samples, uint32_t count)
{
    struct sadc_digits *digits = &made->digits;
    uint32_t row = digits->count++;
    digits->source[row] = (uint16_t)(600 + setup_detector_find(made->setup, detector));
    digits->port[row] = 0;
    digits->adc[row] = (uint8_t)(channel >> 4);
    digits->channel[row] = (uint8_t)(channel & 15);
    digits->sum[row] = 0;
    digits->sample_count[row] = (uint16_t)count;
    digits->first[row] = digits->sample_total;
    memcpy(digits->samples + digits->sample_total, samples, count * sizeof *samples);
    digits->sample_total += count;
}

/* A channel with one pulse. */
static inline void made_hit(struct made *made, const char *detector, uint32_t channel,
                            double time_ns, double height)
{
    uint16_t samples[MADE_SAMPLES];
    made_quiet(samples);
    made_pulse(samples, time_ns, height);
    made_digit(made, detector, channel, samples, MADE_SAMPLES);
}

#endif
