/* eot_test.c - accounts of spills, computed by hand, and balanced for random ones.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/eot.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/random.h"

static void assert_near(double value, double expected)
{
    assert_true(fabs(value - expected) <= 1e-9 * fabs(expected) + 1e-9);
}

/* Spill 1 is whole. Spill 2 lies in three chunks with 100, 50 and 50 physics events (and
 * 4, 2, 2 of calibration), the last one is lost: 8e6 EOT, of which 3/4 can be scaled.
 * Spill 3 is not done yet. Spill 0 holds only the start-of-run record. */
static void a_spill_over_three_chunks_with_one_lost_is_as_computed_by_hand(void **state)
{
    (void)state;
    const struct eot_segment segments[] = {
        {0, 0, 0, SEGMENT_COMMITTED, 0, 0},     {1, 100, 110, SEGMENT_COMMITTED, 0, 0},
        {2, 100, 104, SEGMENT_COMMITTED, 0, 0}, {2, 50, 52, SEGMENT_COMMITTED, 0, 0},
        {2, 50, 52, SEGMENT_LOST, 0, 0},        {3, 10, 10, SEGMENT_COMMITTED, 0, 0},
        {3, 30, 30, SEGMENT_LEASED, 0, 0}};
    const struct eot_spill spills[] = {{0, false, false, false, 0},
                                       {1, true, false, false, 5e6},
                                       {2, true, false, false, 8e6},
                                       {3, true, false, false, 4e6}};
    struct eot eot;
    eot_account(segments, 7, spills, 4, &eot);
    assert_int_equal(eot.selected.events, 358);
    assert_int_equal(eot.delivered.events, 276);
    assert_int_equal(eot.lost.events, 52);
    assert_int_equal(eot.open.events, 30);
    assert_int_equal(eot.selected.spills, 3);
    assert_int_equal(eot.delivered.spills, 1);
    assert_int_equal(eot.lost.spills, 1);
    assert_int_equal(eot.open.spills, 1);
    assert_near(eot.selected.drop, 17e6);
    assert_near(eot.delivered.drop, 5e6);
    assert_near(eot.lost.drop, 8e6);
    assert_near(eot.open.drop, 4e6);
    assert_near(eot.delivered.scale, 5e6 + 6e6);
    assert_near(eot.lost.scale, 2e6);
    assert_near(eot.open.scale, 4e6);
    assert_int_equal(eot.unknown_spills, 0);
}

static void an_unknown_count_is_counted_apart_and_never_zero(void **state)
{
    (void)state;
    const struct eot_segment segments[] = {{1, 10, 10, SEGMENT_COMMITTED, 0, 0},
                                           {2, 20, 21, SEGMENT_COMMITTED, 0, 0},
                                           {4, 5, 5, SEGMENT_COMMITTED, 0, 0}};
    const struct eot_spill spills[] = {{1, true, false, false, 3e6},
                                       {2, false, true, false, 0}};
    struct eot eot;
    eot_account(segments, 3, spills, 2, &eot);
    assert_int_equal(eot.delivered.spills, 3);
    assert_int_equal(eot.unknown_spills, 2);
    assert_int_equal(eot.conflict_spills, 1);
    assert_int_equal(eot.unknown_events, 26);
    assert_near(eot.delivered.drop, 3e6);
    assert_near(eot.selected.drop, 3e6);
}

static void a_spill_with_a_count_but_without_events_has_its_eot(void **state)
{
    (void)state;
    const struct eot_segment segments[] = {{1, 0, 0, SEGMENT_COMMITTED, 0, 0},
                                           {2, 0, 0, SEGMENT_LOST, 0, 0}};
    const struct eot_spill spills[] = {{1, true, false, false, 1e6},
                                       {2, true, false, false, 2e6}};
    struct eot eot;
    eot_account(segments, 2, spills, 2, &eot);
    assert_near(eot.delivered.scale, 1e6);
    assert_near(eot.lost.scale, 2e6);
    assert_int_equal(eot.selected.spills, 2);
}

static void a_masked_spill_is_neither_delivered_nor_lost(void **state)
{
    (void)state;
    const struct eot_segment segments[] = {{1, 10, 10, SEGMENT_COMMITTED, 0, 0},
                                           {2, 10, 10, SEGMENT_LOST, 0, 0}};
    const struct eot_spill spills[] = {{1, true, false, true, 1e6},
                                       {2, true, false, true, 2e6}};
    struct eot eot;
    eot_account(segments, 2, spills, 2, &eot);
    assert_near(eot.masked.drop, 3e6);
    assert_near(eot.delivered.drop + eot.lost.drop + eot.open.drop, 0);
    assert_int_equal(eot.masked.spills, 2);
    assert_int_equal(eot.delivered.events, 10);
}

static void assert_balanced(const struct eot *eot)
{
    assert_int_equal(eot->selected.events,
                     eot->delivered.events + eot->lost.events + eot->open.events);
    assert_int_equal(eot->selected.spills, eot->delivered.spills + eot->lost.spills +
                                               eot->open.spills + eot->masked.spills);
    assert_near(eot->delivered.drop + eot->lost.drop + eot->open.drop + eot->masked.drop,
                eot->selected.drop);
    assert_near(eot->delivered.scale + eot->lost.scale + eot->open.scale +
                    eot->masked.scale,
                eot->selected.scale);
    assert_true(eot->delivered.scale >= eot->delivered.drop);
}

static void every_mixture_of_states_is_balanced_and_runs_add_up(void **state)
{
    (void)state;
    struct random random = {20180509};
    struct eot sum = {.unknown_spills = 0};
    for (int round = 0; round < 2000; round++) {
        struct eot_segment segments[24];
        struct eot_spill spills[8];
        struct eot eot;
        uint32_t spill = 0;
        size_t count = random_below(&random, 24);
        for (size_t i = 0; i < count; i++) {
            spill += random_below(&random, 3) == 0;
            uint64_t physics = random_below(&random, 50);
            segments[i] = (struct eot_segment){
                spill,
                physics,
                physics + random_below(&random, 3),
                (enum segment_state)random_below(&random, SEGMENT_STATES),
                0,
                0};
            if (physics > 0)
                segments[i].skipped = segments[i].skipped_physics =
                    random_below(&random, 2);
        }
        for (uint32_t i = 0; i < 8; i++)
            spills[i] = (struct eot_spill){i, random_below(&random, 4) > 0, false,
                                           random_below(&random, 6) == 0,
                                           1e6 * random_unit(&random)};
        eot_account(segments, count, spills, 8, &eot);
        assert_balanced(&eot);
        eot_add(&sum, &eot);
    }
    assert_balanced(&sum);
}

/* One of ten events is skipped: the spill is delivered but for that, and not whole. */
static void a_skipped_event_is_lost_and_leaves_its_spill_incomplete(void **state)
{
    (void)state;
    const struct eot_segment segments[] = {{1, 10, 12, SEGMENT_COMMITTED, 1, 1},
                                           {2, 10, 10, SEGMENT_READY, 1, 1},
                                           {3, 10, 10, SEGMENT_LOST, 0, 0}};
    const struct eot_spill spills[] = {{.number = 1, .known = true, .count = 1000},
                                       {.number = 2, .known = true, .count = 1000},
                                       {.number = 3, .known = true, .count = 1000}};
    struct eot eot;
    eot_account(segments, 3, spills, 3, &eot);
    assert_int_equal(eot.selected.events, 32);
    assert_int_equal(eot.delivered.events, 11);
    assert_int_equal(eot.lost.events, 12);
    assert_int_equal(eot.open.events, 9);
    assert_int_equal(eot.delivered.spills, 0);
    assert_int_equal(eot.lost.spills, 2);
    assert_int_equal(eot.open.spills, 1);
    assert_true(eot.delivered.drop < 1);
    assert_true(eot.delivered.scale > 899.9 && eot.delivered.scale < 900.1);
    assert_true(eot.lost.scale > 1099.9 && eot.lost.scale < 1100.1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_skipped_event_is_lost_and_leaves_its_spill_incomplete),
        cmocka_unit_test(a_spill_over_three_chunks_with_one_lost_is_as_computed_by_hand),
        cmocka_unit_test(an_unknown_count_is_counted_apart_and_never_zero),
        cmocka_unit_test(a_spill_with_a_count_but_without_events_has_its_eot),
        cmocka_unit_test(a_masked_spill_is_neither_delivered_nor_lost),
        cmocka_unit_test(every_mixture_of_states_is_balanced_and_runs_add_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
