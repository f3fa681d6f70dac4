/* eta_test.c - median and interval from a history.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "coordinator/eta.h"

/* So many points a second apart, `step` done in each, a tenth of them by turns more and
 * less by `swing`. */
static void history_make(struct eta_history *history, uint32_t count, double step,
                         double swing)
{
    double done = 0;
    *history = (struct eta_history){.count = 0};
    for (uint32_t i = 0; i < count; i++) {
        eta_add(history, i, done);
        done += step * (i / 10 % 2 == 0 ? 1 + swing : 1 - swing);
    }
}

static void a_steady_speed_gives_what_is_left_over_the_speed(void **state)
{
    (void)state;
    struct eta_history history;
    struct eta eta;
    history_make(&history, 101, 400, 0);
    assert_true(eta_of(&history, 40000, 0, &eta));
    assert_true(fabs(eta.median_s - 100) < 1e-6);
    assert_true(eta.low_s < 100 && eta.low_s > 97);
    assert_true(eta.high_s > 100 && eta.high_s < 103);
}

static void an_uneven_speed_and_long_tasks_make_the_interval_wider(void **state)
{
    (void)state;
    struct eta_history history;
    struct eta steady;
    struct eta uneven;
    struct eta late;
    history_make(&history, 101, 400, 0);
    assert_true(eta_of(&history, 40000, 0, &steady));
    assert_true(eta_of(&history, 40000, 30, &late));
    history_make(&history, 101, 400, 0.5);
    assert_true(eta_of(&history, 40000, 0, &uneven));
    assert_true(uneven.low_s < steady.low_s && uneven.high_s > steady.high_s);
    assert_true(late.high_s > steady.high_s && late.low_s == steady.low_s);
}

static void the_last_half_counts(void **state)
{
    (void)state;
    struct eta_history history = {.count = 0};
    struct eta eta;
    for (uint32_t i = 0; i <= 100; i++)
        eta_add(&history, i, i <= 50 ? i : 50 + 10 * (i - 50.0));
    assert_true(eta_of(&history, 100, 0, &eta));
    assert_true(fabs(eta.median_s - 10) < 1e-6);
}

static void two_points_give_no_interval_one_gives_nothing(void **state)
{
    (void)state;
    struct eta_history history = {.count = 0};
    struct eta eta;
    assert_false(eta_of(&history, 1, 0, &eta));
    eta_add(&history, 10, 5);
    assert_false(eta_of(&history, 1, 0, &eta));
    eta_add(&history, 20, 5);
    assert_false(eta_of(&history, 1, 0, &eta)); /* nothing was done */
    eta_add(&history, 30, 10);
    assert_true(eta_of(&history, 10, 0, &eta));
    assert_true(fabs(eta.median_s - 40) < 1e-6);
    assert_true(eta.high_s == 0);
}

static void a_full_history_keeps_its_ends(void **state)
{
    (void)state;
    struct eta_history history;
    history_make(&history, 10000, 1, 0);
    assert_true(history.count <= ETA_POINTS && history.count >= ETA_POINTS / 2);
    assert_true(history.points[0].at_s == 0);
    assert_true(history.points[history.count - 1].at_s == 9999);
    for (uint32_t i = 1; i < history.count; i++)
        assert_true(history.points[i].at_s > history.points[i - 1].at_s);
}

static void what_goes_back_begins_anew(void **state)
{
    (void)state;
    struct eta_history history;
    history_make(&history, 20, 1, 0);
    eta_add(&history, 5, 100); /* the clock was set back */
    assert_int_equal(history.count, 1);
    eta_add(&history, 6, 50); /* products were lost */
    assert_int_equal(history.count, 1);
    eta_add(&history, 6, 60); /* the same moment */
    assert_int_equal(history.count, 1);
    assert_true(history.points[0].done == 60);
}

static void times_are_told_in_minutes_or_hours(void **state)
{
    (void)state;
    char text[96];
    struct eta eta = {.median_s = 200.6, .low_s = 170, .high_s = 3725};
    assert_string_equal(eta_text(&eta, text, sizeof text),
                        "3m21s (90 %: 2m50s to 1h02m)");
    eta.high_s = 0;
    assert_string_equal(eta_text(&eta, text, sizeof text), "3m21s");
    assert_string_equal(eta_time(-1, text, sizeof text), "0m00s");
    assert_string_equal(eta_time(INFINITY, text, sizeof text), "0m00s");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_steady_speed_gives_what_is_left_over_the_speed),
        cmocka_unit_test(an_uneven_speed_and_long_tasks_make_the_interval_wider),
        cmocka_unit_test(the_last_half_counts),
        cmocka_unit_test(two_points_give_no_interval_one_gives_nothing),
        cmocka_unit_test(a_full_history_keeps_its_ends),
        cmocka_unit_test(what_goes_back_begins_anew),
        cmocka_unit_test(times_are_told_in_minutes_or_hours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
