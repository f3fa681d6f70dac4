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
        samples = 8 + (uint32_t)random_below(random, 25);
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

/* Of any size, some beyond 12 bits; few values, so that neighbours are equal; the ends of
 * the range, so that levels are as far apart as they can be. */
static void samples_draw(struct random *random, uint32_t count, uint16_t *samples)
{
    static const uint16_t ends[] = {0, 1, 4093, 4094, 4095, 4096, 32767, 32768, 65535};
    const uint64_t kind = random_below(random, 50);
    uint64_t range = kind == 0 ? UINT16_MAX + UINT64_C(1)
                               : 1 + random_below(random, 1 + random_below(random, 4097));
    if (kind > 30)
        range = 1 + random_below(random, 5);
    /* Half of these have no full sample, so that the vectors get them. */
    uint64_t choice = random_below(random, 2) == 0 ? 4 : sizeof ends / sizeof *ends;
    for (uint32_t i = 0; i < count; i++)
        samples[i] = kind < 10 && kind > 0 ? ends[random_below(random, choice)]
                                           : (uint16_t)random_below(random, range);
}

/* Channels in memory of their own size, so that a sanitizer sees a read beyond it. */
static void row_compare(struct random *random, enum cpu_vectors vectors, uint32_t count,
                        struct waveform_rules *rules)
{
    uint16_t *row[WAVEFORM_ROW];
    const uint16_t *samples[WAVEFORM_ROW] = {NULL};
    struct waveform plain[WAVEFORM_ROW], vector[WAVEFORM_ROW];
    for (uint32_t i = 0; i < count; i++) {
        samples[i] = row[i] = malloc(rules->samples * sizeof **row);
        samples_draw(random, rules->samples, row[i]);
    }
    memset(plain, 0, sizeof plain);
    memset(vector, 0, sizeof vector);
    rules->vectors = vectors;
    waveform_measure(samples, count, rules, vector);
    rules->vectors = CPU_VECTORS_NONE;
    waveform_measure(samples, count, rules, plain);
    assert_memory_equal(plain, vector, sizeof plain);
    for (uint32_t i = 0; i < count; i++)
        free(row[i]);
}

static void vector_and_plain_code_give_the_same_bits(void **state)
{
    (void)state;
    struct random random = {.state = 271828};
    print_message("seed %llu\n", (unsigned long long)random.state);
    struct waveform_rules rules = rules_make();
    struct err err;
    const enum cpu_vectors most = cpu_vectors();
    if (most == CPU_VECTORS_NONE)
        skip(); /* this CPU has the plain code only */
    for (int r = 0; r < ROUNDS / 10; r++) {
        rules_draw(&random, &rules);
        assert_true(waveform_rules_set(&rules, &err));
        for (enum cpu_vectors v = CPU_VECTORS_AVX2; v <= most; v++) {
            uint64_t limit = r % 8 == 0 ? WAVEFORM_ROW : 6;
            row_compare(&random, v, 1 + (uint32_t)random_below(&random, limit), &rules);
        }
    }
}

#define QUIET   9u
#define ORDERED 8u /* 3^8 rows */

/* A row of samples that may each be one of three levels, by the digits of a number. */
static void order_make(uint32_t number, uint16_t *samples)
{
    for (uint32_t s = 0; s < QUIET; s++)
        samples[s] = 100;
    for (uint32_t s = QUIET; s < QUIET + ORDERED; s++, number /= 3)
        samples[s] = (uint16_t)(100 + number % 3 * 10);
}

static void vectors_find_the_maxima_of_all_orders(void **state)
{
    (void)state;
    struct waveform_rules rules = rules_make();
    struct err err;
    rules.samples = QUIET + ORDERED;
    assert_true(waveform_rules_set(&rules, &err));
    const enum cpu_vectors most = rules.vectors;
    if (most == CPU_VECTORS_NONE)
        skip(); /* this CPU has the plain code only */
    for (uint32_t from = 0; from < 6561; from += WAVEFORM_ROW) {
        uint16_t row[WAVEFORM_ROW][QUIET + ORDERED];
        const uint16_t *samples[WAVEFORM_ROW];
        struct waveform plain[WAVEFORM_ROW], vector[WAVEFORM_ROW];
        for (uint32_t i = 0; i < WAVEFORM_ROW; i++) {
            samples[i] = row[i];
            order_make(from + i, row[i]);
        }
        memset(plain, 0, sizeof plain);
        rules.vectors = CPU_VECTORS_NONE;
        waveform_measure(samples, WAVEFORM_ROW, &rules, plain);
        for (rules.vectors = CPU_VECTORS_AVX2; rules.vectors <= most; rules.vectors++) {
            memset(vector, 0, sizeof vector);
            waveform_measure(samples, WAVEFORM_ROW, &rules, vector);
            assert_memory_equal(plain, vector, sizeof plain);
        }
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
        cmocka_unit_test(vectors_find_the_maxima_of_all_orders),
        cmocka_unit_test(known_pulses_are_measured_within_the_sampling),
        cmocka_unit_test(the_level_of_the_pedestal_and_the_place_in_time_do_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
