/* reco_test.c - what must hold for the pulse analysis of any samples.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/fmath.h"
#include "reco/waveform.h"

#define N      32
#define ROUNDS 100000

static struct waveform_rules rules_make(void)
{
    struct waveform_rules rules = {.samples = N,
                                   .period_ns = 12.5,
                                   .pedestal_first = 0,
                                   .pedestal_samples = 8,
                                   .spread = 20,
                                   .search_first = 8,
                                   .threshold = 5,
                                   .noise = 1,
                                   .tail_ns = 50.0};
    struct err err;
    assert_true(waveform_rules_set(&rules, &err));
    return rules;
}

static void measure(const uint16_t *samples, const struct waveform_rules *rules,
                    struct waveform *out)
{
    waveform_measure(&samples, 1, rules, out);
}

static void any_samples_give_ordered_bounded_maxima(void **state)
{
    (void)state;
    struct random random = {.state = 31337};
    print_message("seed %llu\n", (unsigned long long)random.state);
    struct waveform_rules rules = rules_make();
    for (int r = 0; r < ROUNDS; r++) {
        uint16_t samples[N];
        uint64_t range = 1 + random_below(&random, 4096);
        rules.search_first = (uint32_t)random_below(&random, N);
        rules.noise = (uint32_t)random_below(&random, 20);
        for (int i = 0; i < N; i++)
            samples[i] = (uint16_t)random_below(&random, range);
        struct waveform out;
        measure(samples, &rules, &out);
        assert_true(out.count <= WAVEFORM_MAXIMA);
        assert_true(out.largest >= 0.0 && out.largest <= 4095.0);
        assert_true(out.early.amplitude <= out.largest);
        for (uint32_t i = 0; i < out.count; i++) {
            const struct waveform_maximum *maximum = &out.maxima[i];
            assert_true(maximum->sample >= rules.search_first && maximum->sample < N);
            assert_true(i == 0 || maximum->sample > out.maxima[i - 1].sample);
            assert_true(maximum->amplitude >= 5.0 && maximum->amplitude <= out.largest);
            if (maximum->timed)
                assert_true(maximum->time_ns >= 0.0 &&
                            maximum->time_ns <= maximum->sample * 12.5);
            double tail = waveform_tail(&out, (int)i, &rules);
            assert_true(tail >= 0.0 && tail <= 4095.0);
        }
        int nearest = waveform_nearest(&out, 200.0);
        assert_true(nearest < (int)out.count);
        assert_true(nearest < 0 || out.maxima[nearest].timed);
    }
}

/* Rules at random: half of them of the shape that is recorded, for which there is vector
 * code, and half of any. */
static void rules_draw(struct random *random, struct waveform_rules *rules)
{
    uint32_t samples = 2 + (uint32_t)random_below(random, WAVEFORM_SAMPLES - 1);
    uint32_t window = 2 + 2 * (uint32_t)random_below(random, samples / 2);
    uint32_t first = (uint32_t)random_below(random, samples - window + 1);
    if (random_below(random, 2) == 0) {
        samples = 17 + (uint32_t)random_below(random, 16);
        window = 8;
        first = 2 * (uint32_t)random_below(random, (samples - window) / 2 + 1);
    }
    rules->samples = samples;
    rules->pedestal_samples = window;
    rules->pedestal_first = first;
    rules->search_first = (uint32_t)random_below(random, samples);
    rules->threshold = (uint32_t)random_below(random, 50);
    rules->noise =
        (uint32_t)random_below(random, random_below(random, 2) == 0 ? 4 : 4096);
    rules->spread =
        (uint32_t)random_below(random, random_below(random, 2) == 0 ? 100 : 4096);
}

/* Of any size, some beyond 12 bits. */
static void samples_draw(struct random *random, uint32_t count, uint16_t *samples)
{
    uint64_t range = random_below(random, 100) == 0
                         ? UINT16_MAX + UINT64_C(1)
                         : 1 + random_below(random, 1 + random_below(random, 4097));
    for (uint32_t i = 0; i < count; i++)
        samples[i] = (uint16_t)random_below(random, range);
}

static void vector_and_plain_code_give_the_same_bits(void **state)
{
    (void)state;
    struct random random = {.state = 271828};
    print_message("seed %llu\n", (unsigned long long)random.state);
    struct waveform_rules rules = rules_make();
    struct err err;
    if (!rules.vector)
        skip(); /* this CPU has the plain code only */
    for (int r = 0; r < ROUNDS / 4; r++) {
        uint16_t *row[WAVEFORM_ROW];
        const uint16_t *samples[WAVEFORM_ROW];
        uint32_t count = 1 + (uint32_t)random_below(&random, 6);
        struct waveform plain[WAVEFORM_ROW], vector[WAVEFORM_ROW];
        rules_draw(&random, &rules);
        assert_true(waveform_rules_set(&rules, &err));
        for (uint32_t i = 0; i < count; i++) {
            /* In memory of its own size, so that a sanitizer sees a read beyond it. */
            samples[i] = row[i] = malloc(rules.samples * sizeof **row);
            samples_draw(&random, rules.samples, row[i]);
        }
        memset(plain, 0, sizeof plain);
        memset(vector, 0, sizeof vector);
        waveform_measure(samples, count, &rules, vector);
        rules.vector = false;
        waveform_measure(samples, count, &rules, plain);
        assert_memory_equal(plain, vector, sizeof plain);
        for (uint32_t i = 0; i < count; i++)
            free(row[i]);
    }
}

/* A pulse with noise of up to one count on pedestals of 200 and 204. */
static void pulse_make(struct random *random, uint16_t *samples, double top,
                       double height)
{
    for (int i = 0; i < N; i++) {
        double age = i - top;
        double level = age < -3.0   ? 0.0
                       : age <= 0.0 ? height * (age + 3.0) / 3.0
                                    : height * fmath_exp(-age * 0.25);
        samples[i] = (uint16_t)((i % 2 == 0 ? 200.0 : 204.0) + rint(level) +
                                (double)random_below(random, 2));
    }
}

static void known_pulses_are_measured_within_the_sampling(void **state)
{
    (void)state;
    struct random random = {.state = 4242};
    print_message("seed %llu\n", (unsigned long long)random.state);
    struct waveform_rules rules = rules_make();
    for (int r = 0; r < ROUNDS; r++) {
        uint16_t samples[N];
        double top = 12.0 + 18.0 * random_unit(&random);
        double height = 100.0 + 3500.0 * random_unit(&random);
        pulse_make(&random, samples, top, height);
        struct waveform out;
        measure(samples, &rules, &out);
        int nearest = waveform_nearest(&out, (top - 1.5) * 12.5);
        assert_true(nearest >= 0);
        /* Up to one sample past the top: 22 % of decay, or a third of the rise. */
        double amplitude = out.maxima[nearest].amplitude;
        assert_true(amplitude <= height + 2.0);
        assert_true(amplitude >= 0.86 * height - 3.0);
        assert_true(amplitude == out.largest);
        /* Half of a maximum that is at most 14 % low, on an edge of 3 samples. */
        double late = out.maxima[nearest].time_ns - (top - 1.5) * 12.5;
        assert_true(fabs(late) <= 0.07 * 3.0 * 12.5 + 3.0 * 12.5 * 4.0 / height);
    }
}

static void the_level_of_the_pedestal_and_the_place_in_time_do_not_matter(void **state)
{
    (void)state;
    struct random random = {.state = 777};
    print_message("seed %llu\n", (unsigned long long)random.state);
    struct waveform_rules rules = rules_make();
    for (int r = 0; r < ROUNDS; r++) {
        uint16_t samples[N];
        uint16_t raised[N];
        uint16_t later[N];
        pulse_make(&random, samples, 14.0 + 4.0 * random_unit(&random),
                   20.0 + 2000.0 * random_unit(&random));
        uint16_t even = (uint16_t)random_below(&random, 1500);
        uint16_t odd = (uint16_t)random_below(&random, 1500);
        for (int i = 0; i < N; i++) {
            raised[i] = (uint16_t)(samples[i] + (i % 2 == 0 ? even : odd));
            later[i] = samples[i < 10 ? i : i - 2]; /* the edge starts behind 10 */
        }
        struct waveform a;
        struct waveform b;
        struct waveform c;
        measure(samples, &rules, &a);
        measure(raised, &rules, &b);
        measure(later, &rules, &c);
        int first = waveform_nearest(&a, 150.0);
        int moved = waveform_nearest(&c, 175.0);
        assert_true(first >= 0 && moved >= 0);
        assert_int_equal(a.count, b.count);
        for (uint32_t i = 0; i < a.count; i++) {
            assert_int_equal(a.maxima[i].sample, b.maxima[i].sample);
            assert_int_equal(a.maxima[i].timed, b.maxima[i].timed);
            assert_true(a.maxima[i].amplitude == b.maxima[i].amplitude);
            assert_true(a.maxima[i].time_ns == b.maxima[i].time_ns);
        }
        for (int i = 0; i < 2; i++)
            assert_true(waveform_pedestal(&b, i, &rules) ==
                        waveform_pedestal(&a, i, &rules) + (i == 0 ? even : odd));
        assert_true(c.maxima[moved].amplitude == a.maxima[first].amplitude);
        assert_true(fabs(c.maxima[moved].time_ns - a.maxima[first].time_ns - 25.0) <
                    1e-9);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_samples_give_ordered_bounded_maxima),
        cmocka_unit_test(vector_and_plain_code_give_the_same_bits),
        cmocka_unit_test(known_pulses_are_measured_within_the_sampling),
        cmocka_unit_test(the_level_of_the_pedestal_and_the_place_in_time_do_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
