/* select_test.c - each reason for not taking a run; beam counts of several builders.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/select.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "coordinator/scan.h"

static const char *const periods[] = {"2017", "2018"};
static const char *const setups[] = {"s"};
static const char *const particles[] = {"electron"};
static const struct run_range ranges[] = {{5, 9}, {20, 20}};

static const struct selection selection = {.runs = ranges,
                                           .run_count = 2,
                                           .periods = {periods, 2},
                                           .setups = {setups, 1},
                                           .particles = {particles, 1},
                                           .types = 1u << RUN_TYPE_PHYSICS,
                                           .origins = 1u << RUN_ORIGIN_DATA,
                                           .qualities = 1u << RUN_QUALITY_GOOD |
                                                        1u << RUN_QUALITY_UNKNOWN};

static struct run good_run(void)
{
    struct run run = run_unknown(20);
    memcpy(run.period, "2018", 5);
    memcpy(run.setup, "s", 2);
    memcpy(run.particle, "electron", 9);
    run.type = RUN_TYPE_PHYSICS;
    run.origin = RUN_ORIGIN_DATA;
    return run;
}

static void a_run_that_fits_is_taken_and_each_misfit_has_its_reason(void **state)
{
    (void)state;
    struct run run = good_run();
    assert_int_equal(selection_takes(&selection, &run), SELECT_TAKEN);
    run.synthetic = true;
    assert_int_equal(selection_takes(&selection, &run), SELECT_SYNTHETIC);
    run.quality = RUN_QUALITY_BAD;
    assert_int_equal(selection_takes(&selection, &run), SELECT_QUALITY);
    run.origin = RUN_ORIGIN_UNKNOWN;
    assert_int_equal(selection_takes(&selection, &run), SELECT_ORIGIN);
    run.type = RUN_TYPE_UNKNOWN;
    assert_int_equal(selection_takes(&selection, &run), SELECT_TYPE);
    run.particle[0] = 0;
    assert_int_equal(selection_takes(&selection, &run), SELECT_PARTICLE);
    run.setup[0] = 0;
    assert_int_equal(selection_takes(&selection, &run), SELECT_SETUP);
    run.period[0] = 0;
    assert_int_equal(selection_takes(&selection, &run), SELECT_PERIOD);
    run.number = 10;
    assert_int_equal(selection_takes(&selection, &run), SELECT_NUMBER);
    assert_string_equal(select_reason_name(SELECT_NUMBER), "run");
}

static void an_empty_list_takes_every_run_but_not_unknown_types(void **state)
{
    (void)state;
    const struct selection all = {
        .types = 1u << RUN_TYPE_PHYSICS, .origins = 7, .qualities = 31};
    struct run run = run_unknown(1);
    assert_int_equal(selection_takes(&all, &run), SELECT_TYPE);
    run.type = RUN_TYPE_PHYSICS;
    assert_int_equal(selection_takes(&all, &run), SELECT_TAKEN);
}

static void ranges_are_read_strictly(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",      "-", "5-", "-5",       "9-5",
        "5-6-7", "x", "5 ", "99999999", "00000000000000000005"};
    struct run_range range;
    struct err err;
    assert_true(run_range_read("5", &range, &err));
    assert_int_equal(range.last, 5);
    assert_true(run_range_read("5-7", &range, &err));
    assert_int_equal(range.first, 5);
    assert_int_equal(range.last, 7);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (run_range_read(wrong[i], &range, &err))
            fail_msg("\"%s\" was read", wrong[i]);
}

static void the_same_count_of_two_builders_is_one_count(void **state)
{
    (void)state;
    struct spill spill = {.run = 1, .number = 2};
    assert_false(scan_spill_count(&spill, 5e6));
    assert_false(scan_spill_count(&spill, 5e6));
    assert_true(spill.beam_known);
    assert_true(spill.beam_count > 4.9e6 && spill.beam_count < 5.1e6);
}

static void different_counts_are_a_conflict_that_stays_and_is_told_once(void **state)
{
    (void)state;
    struct spill spill = {.run = 1, .number = 2};
    assert_false(scan_spill_count(&spill, 5e6));
    assert_true(scan_spill_count(&spill, 5.1e6));
    assert_false(scan_spill_count(&spill, 5e6));
    assert_true(spill.beam_conflict);
    assert_false(spill.beam_known);
}

static void a_count_of_zero_is_known(void **state)
{
    (void)state;
    struct spill spill = {.run = 1, .number = 2};
    assert_false(scan_spill_count(&spill, 0));
    assert_true(spill.beam_known);
    assert_true(scan_spill_count(&spill, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_that_fits_is_taken_and_each_misfit_has_its_reason),
        cmocka_unit_test(an_empty_list_takes_every_run_but_not_unknown_types),
        cmocka_unit_test(ranges_are_read_strictly),
        cmocka_unit_test(the_same_count_of_two_builders_is_one_count),
        cmocka_unit_test(different_counts_are_a_conflict_that_stays_and_is_told_once),
        cmocka_unit_test(a_count_of_zero_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
