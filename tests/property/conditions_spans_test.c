/* conditions_spans_test.c - attaching intervals against a model that paints points.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The model is an axis of a few moments and one point for all that follows; a painted
 * point holds the number of what is valid there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/random.h"
#include "base/text.h"
#include "coordinator/conditions_spans.h"

#define SPILLS  4
#define POINTS  24 /* the last stands for everything behind */
#define ROUNDS  2000
#define INSERTS 12
#define NOTHING (-1)

static struct random seeded(void)
{
    const char *text = getenv("PROPERTY_SEED");
    uint64_t seed = 20180605;
    struct err err;
    if (text)
        (void)text_to_u64(text, UINT64_MAX, &seed, &err);
    printf("PROPERTY_SEED=%llu\n", (unsigned long long)seed);
    return (struct random){.state = seed};
}

static struct moment moment_of(int point)
{
    return point == POINTS ? MOMENT_OPEN
                           : (struct moment){point / SPILLS, point % SPILLS};
}

/* Where an open interval ends that is not to replace anything. */
static int next_start(const int axis[POINTS], int start)
{
    for (int p = start + 1; p < POINTS; p++) {
        if (axis[p] != NOTHING && axis[p] != axis[p - 1])
            return p;
    }
    return POINTS;
}

static void check_against(const struct spans *spans, const int axis[POINTS], int contents)
{
    int found[POINTS];
    int originals[INSERTS] = {0};
    for (int p = 0; p < POINTS; p++)
        found[p] = NOTHING;
    for (size_t i = 0; i < spans->count; i++) {
        const struct span *span = &spans->items[i];
        assert_false(interval_is_empty(span->interval));
        if (i > 0)
            assert_true(moment_compare(spans->items[i - 1].interval.end,
                                       span->interval.start) <= 0);
        for (int p = 0; p < POINTS; p++) {
            if (interval_holds(span->interval, moment_of(p)))
                found[p] = (int)span->content;
        }
        assert_true((int)span->content < contents);
        originals[span->content] += !span->copy;
    }
    assert_memory_equal(found, axis, sizeof found);
    for (int c = 0; c < contents; c++) /* one row must not stand in two places */
        assert_true(originals[c] <= 1);
}

/* What the rule of a locked tag lets through changes nothing before its start, and a
 * bounded last interval not at all. */
static void check_append(const struct spans *spans, const int before[POINTS],
                         struct interval interval, int start)
{
    int last = NOTHING;
    for (int p = 0; p < POINTS; p++)
        last = before[p] != NOTHING ? p : last;
    bool all_before = last < start;
    bool open_last = last == POINTS - 1;
    bool starts_later = true;
    for (int p = start; p < POINTS && open_last; p++)
        starts_later = starts_later && p > 0 && before[p] == before[p - 1];
    assert_int_equal(spans_is_append(spans, interval),
                     open_last ? starts_later : all_before);
}

static void test_attach(void **state)
{
    struct random random = seeded();
    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        struct spans spans = {0};
        int axis[POINTS];
        for (int p = 0; p < POINTS; p++)
            axis[p] = NOTHING;
        for (int content = 0; content < INSERTS; content++) {
            int start = (int)random_below(&random, POINTS);
            int end = start + 1 + (int)random_below(&random, (uint64_t)(POINTS - start));
            bool open = random_below(&random, 2) == 0;
            bool replace = random_below(&random, 4) == 0;
            if (end == POINTS || open)
                end = POINTS;
            struct interval interval = {moment_of(start), moment_of(end)};
            check_append(&spans, axis, interval, start);
            if (end == POINTS && !replace)
                end = next_start(axis, start);
            for (int p = start; p < end; p++)
                axis[p] = content;
            struct interval made =
                spans_attach(&spans, interval, (size_t)content, replace);
            assert_int_equal(moment_compare(made.start, moment_of(start)), 0);
            assert_int_equal(moment_compare(made.end, moment_of(end)), 0);
            check_against(&spans, axis, content + 1);
        }
        spans_release(&spans);
    }
}

/* The order in which open intervals come does not matter: each one stays. */
static void test_open_in_any_order(void **state)
{
    struct random random = seeded();
    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        struct spans spans = {0};
        int starts[INSERTS];
        for (int i = 0; i < INSERTS; i++)
            starts[i] = i;
        for (int i = INSERTS - 1; i > 0; i--) {
            int other = (int)random_below(&random, (uint64_t)i + 1), kept = starts[i];
            starts[i] = starts[other];
            starts[other] = kept;
        }
        for (int i = 0; i < INSERTS; i++)
            (void)spans_attach(&spans,
                               (struct interval){moment_of(starts[i]), MOMENT_OPEN},
                               (size_t)starts[i], false);
        assert_int_equal(spans.count, INSERTS);
        for (int i = 0; i < INSERTS; i++) {
            assert_int_equal(spans.items[i].content, i);
            struct moment end = i + 1 < INSERTS ? moment_of(i + 1) : MOMENT_OPEN;
            assert_int_equal(moment_compare(spans.items[i].interval.end, end), 0);
        }
        spans_release(&spans);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_attach),
        cmocka_unit_test(test_open_in_any_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
