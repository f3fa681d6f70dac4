/* waveform_test.c - pulses of known amplitude and time, and the rules at their edges.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/fmath.h"
#include "reco/waveform.h"

#define N 32

static struct waveform_rules rules_make(void)
{
    struct waveform_rules rules = {.samples = N,
                                   .period_ns = 12.5,
                                   .pedestal_first = 0,
                                   .pedestal_samples = 8,
                                   .spread = 20,
                                   .search_first = 10,
                                   .threshold = 5,
                                   .noise = 1,
                                   .tail_ns = 50.0};
    struct err err;
    assert_true(waveform_rules_set(&rules, &err));
    return rules;
}

static void quiet(uint16_t *samples)
{
    for (int i = 0; i < N; i++)
        samples[i] = i % 2 == 0 ? 200 : 204;
}

/* Straight rise over `rise` samples to `height` at `top`, exponential decay of 50 ns. */
static void pulse_add(uint16_t *samples, int top, int rise, double height)
{
    for (int i = top - rise; i < N; i++) {
        if (i < 0)
            continue;
        double level = i <= top ? height * (i - top + rise) / rise
                                : height * fmath_exp(-(i - top) * 12.5 / 50.0);
        samples[i] = (uint16_t)(samples[i] + (uint16_t)rint(level));
    }
}

static void measure(const uint16_t *samples, const struct waveform_rules *rules,
                    struct waveform *out)
{
    waveform_measure(&samples, 1, rules, out);
}

static void a_quiet_channel_has_parity_pedestals_and_no_signal(void **state)
{
    (void)state;
    struct waveform_rules rules = rules_make();
    uint16_t samples[N];
    quiet(samples);
    samples[3] = 207; /* mean of odd: 204.75 */
    struct waveform out;
    measure(samples, &rules, &out);
    assert_true(waveform_pedestal(&out, 0, &rules) == 200.0 &&
                waveform_pedestal(&out, 1, &rules) == 204.75);
    assert_int_equal(out.flags, 0);
    assert_int_equal(out.count, 0);
    assert_true(out.largest == 0.0);
    assert_int_equal(waveform_nearest(&out, 150.0), -1);
}

static void a_pulse_has_its_amplitude_and_half_height_time(void **state)
{
    (void)state;
    struct waveform_rules rules = rules_make();
    for (int top = 12; top < N; top++) {
        uint16_t samples[N];
        quiet(samples);
        pulse_add(samples, top, 2, 1000.0);
        struct waveform out;
        measure(samples, &rules, &out);
        assert_int_equal(out.count, 1);
        assert_true(out.largest == 1000.0);
        assert_true(out.maxima[0].amplitude == 1000.0);
        assert_int_equal(out.maxima[0].sample, top);
        assert_true(out.maxima[0].timed);
        assert_true(out.maxima[0].time_ns == (top - 1) * 12.5);
        assert_int_equal(waveform_nearest(&out, 0.0), 0);
    }
}

static void the_time_is_interpolated_between_two_samples(void **state)
{
    (void)state;
    struct waveform_rules rules = rules_make();
    uint16_t samples[N];
    quiet(samples);
    samples[14] = 200 + 100;
    samples[15] = 204 + 900;
    samples[16] = 200 + 1000;
    struct waveform out;
    measure(samples, &rules, &out);
    assert_int_equal(out.count, 1);
    assert_true(fabs(out.maxima[0].time_ns - (14.0 + 400.0 / 800.0) * 12.5) < 1e-9);
}

static void spread_in_the_window_takes_the_minimum_and_flags_pileup(void **state)
{
    (void)state;
    struct waveform_rules rules = rules_make();
    uint16_t samples[N];
    quiet(samples);
    samples[2] = 220; /* a spread of exactly 20 is allowed */
    struct waveform out;
    measure(samples, &rules, &out);
    assert_int_equal(out.flags, 0);
    assert_true(waveform_pedestal(&out, 0, &rules) == 205.0);
    samples[2] = 221;
    measure(samples, &rules, &out);
    assert_int_equal(out.flags, WAVEFORM_PILEUP);
    assert_true(waveform_pedestal(&out, 0, &rules) == 200.0 &&
                waveform_pedestal(&out, 1, &rules) == 204.0);
    assert_true(out.largest == 21.0); /* before the search, still in "all" */
    assert_int_equal(out.count, 0);
    assert_true(out.early.amplitude == 21.0 && out.early.sample == 2);
}

static void levels_below_the_pedestal_are_zero(void **state)
{
    (void)state;
    struct waveform_rules rules = rules_make();
    uint16_t samples[N];
    quiet(samples);
    for (int i = 10; i < N; i++)
        samples[i] = 0;
    struct waveform out;
    measure(samples, &rules, &out);
    assert_true(out.largest == 0.0);
    assert_int_equal(out.count, 0);
}

static void the_maximum_nearest_to_the_expected_time_wins_the_earlier_on_a_tie(void **s)
{
    (void)s;
    struct waveform_rules rules = rules_make();
    uint16_t samples[N];
    quiet(samples);
    pulse_add(samples, 13, 2, 300.0);  /* half height at sample 12: 150 ns */
    pulse_add(samples, 25, 2, 2000.0); /* 24: 300 ns */
    struct waveform out;
    measure(samples, &rules, &out);
    assert_int_equal(out.count, 2);
    assert_true(out.largest > 2000.0);
    assert_int_equal(waveform_nearest(&out, 160.0), 0);
    assert_int_equal(waveform_nearest(&out, 290.0), 1);
    double middle = 0.5 * (out.maxima[0].time_ns + out.maxima[1].time_ns);
    assert_int_equal(waveform_nearest(&out, middle), 0);
    assert_int_equal(waveform_nearest(&out, middle + 0.01), 1);
}

static void a_pulse_on_a_high_tail_has_no_time(void **state)
{
    (void)state;
    struct waveform_rules rules = rules_make();
    uint16_t samples[N];
    quiet(samples);
    pulse_add(samples, 14, 2, 2000.0);
    pulse_add(samples, 16, 1, 500.0);
    struct waveform out;
    measure(samples, &rules, &out);
    assert_int_equal(out.count, 2);
    assert_true(out.maxima[0].timed);
    assert_false(out.maxima[1].timed);
    assert_int_equal(waveform_nearest(&out, 1000.0), 0);
}

static void the_tail_of_the_pulse_before_is_known(void **state)
{
    (void)state;
    struct waveform_rules rules = rules_make();
    uint16_t samples[N];
    quiet(samples);
    pulse_add(samples, 12, 1, 1000.0);
    pulse_add(samples, 20, 1, 1000.0);
    struct waveform out;
    measure(samples, &rules, &out);
    assert_int_equal(out.count, 2);
    assert_true(waveform_tail(&out, 0, &rules) == 0.0);
    double tail = waveform_tail(&out, 1, &rules);
    assert_true(fabs(tail - 1000.0 * 0.1353352832366127) < 1e-9); /* exp(-2) */
    assert_true(fabs(out.maxima[1].amplitude - tail - 1000.0) < 1.0);
}

static void the_rising_edge_before_the_search_is_no_tail(void **state)
{
    (void)state;
    struct waveform_rules rules = rules_make();
    uint16_t samples[N];
    quiet(samples);
    pulse_add(samples, 11, 4, 1000.0); /* samples 8 and 9 are on its edge */
    struct waveform out;
    measure(samples, &rules, &out);
    assert_int_equal(out.count, 1);
    assert_true(waveform_tail(&out, 0, &rules) == 0.0);
}

static void overflow_is_flagged_and_a_plateau_is_one_maximum(void **state)
{
    (void)state;
    struct waveform_rules rules = rules_make();
    rules.spread = 4095;
    uint16_t samples[N];
    for (int i = 0; i < N; i++)
        samples[i] = 100;
    samples[14] = 4000;
    samples[15] = samples[16] = samples[17] = WAVEFORM_OVERFLOW;
    struct waveform out;
    measure(samples, &rules, &out);
    assert_int_equal(out.flags, WAVEFORM_OVER);
    assert_int_equal(out.count, 1);
    assert_int_equal(out.maxima[0].sample, 15);
    samples[15] = samples[16] = samples[17] = WAVEFORM_OVERFLOW - 1;
    measure(samples, &rules, &out);
    assert_int_equal(out.flags, 0);
}

static void more_maxima_than_fit_keep_the_largest(void **state)
{
    (void)state;
    struct waveform_rules rules = rules_make();
    rules.samples = WAVEFORM_SAMPLES;
    uint16_t samples[WAVEFORM_SAMPLES];
    for (int i = 0; i < WAVEFORM_SAMPLES; i++)
        samples[i] = (uint16_t)(i < 10 || i % 2 != 0 ? 100 : 200 + i);
    struct waveform out;
    measure(samples, &rules, &out);
    assert_int_equal(out.flags, WAVEFORM_CROWDED);
    assert_int_equal(out.count, WAVEFORM_MAXIMA);
    for (uint32_t i = 0; i < out.count; i++)
        assert_int_equal(out.maxima[i].sample, 62 - 2 * (WAVEFORM_MAXIMA - 1 - i));
}

static void channels_of_a_row_are_measured_as_alone(void **state)
{
    (void)state;
    struct waveform_rules rules = rules_make();
    uint16_t channels[WAVEFORM_ROW][N];
    const uint16_t *row[WAVEFORM_ROW];
    struct waveform together[WAVEFORM_ROW], alone;
    for (uint32_t i = 0; i < WAVEFORM_ROW; i++) {
        quiet(channels[i]);
        if (i % 3 != 0)
            pulse_add(channels[i], 11 + (int)i % 7, 4, 40.0 * i);
        row[i] = channels[i];
    }
    memset(together, 0, sizeof together);
    waveform_measure(row, WAVEFORM_ROW, &rules, together);
    for (uint32_t i = 0; i < WAVEFORM_ROW; i++) {
        memset(&alone, 0, sizeof alone);
        measure(channels[i], &rules, &alone);
        assert_memory_equal(&together[i], &alone, sizeof alone);
        assert_int_equal(alone.count, i % 3 != 0);
    }
}

static void rules_out_of_range_are_typed_errors(void **state)
{
    (void)state;
    struct err err;
    struct waveform_rules bad[8];
    for (int i = 0; i < 8; i++)
        bad[i] = rules_make();
    bad[0].samples = WAVEFORM_SAMPLES + 1;
    bad[1].period_ns = NAN;
    bad[2].pedestal_samples = 7;
    bad[3].pedestal_first = 26;
    bad[4].pedestal_first = UINT32_MAX - 3;
    bad[5].search_first = N;
    bad[6].tail_ns = -1.0;
    bad[7].threshold = 5000;
    for (int i = 0; i < 8; i++) {
        assert_false(waveform_rules_set(&bad[i], &err));
        assert_int_equal(err.code, E_RECO_RULES);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_quiet_channel_has_parity_pedestals_and_no_signal),
        cmocka_unit_test(a_pulse_has_its_amplitude_and_half_height_time),
        cmocka_unit_test(the_time_is_interpolated_between_two_samples),
        cmocka_unit_test(spread_in_the_window_takes_the_minimum_and_flags_pileup),
        cmocka_unit_test(levels_below_the_pedestal_are_zero),
        cmocka_unit_test(
            the_maximum_nearest_to_the_expected_time_wins_the_earlier_on_a_tie),
        cmocka_unit_test(a_pulse_on_a_high_tail_has_no_time),
        cmocka_unit_test(the_tail_of_the_pulse_before_is_known),
        cmocka_unit_test(the_rising_edge_before_the_search_is_no_tail),
        cmocka_unit_test(overflow_is_flagged_and_a_plateau_is_one_maximum),
        cmocka_unit_test(more_maxima_than_fit_keep_the_largest),
        cmocka_unit_test(channels_of_a_row_are_measured_as_alone),
        cmocka_unit_test(rules_out_of_range_are_typed_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
