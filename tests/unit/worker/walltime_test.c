/* walltime_test.c - no segment is begun that may not be done in time.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "worker/walltime.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define SECOND ((int64_t)1000000000)

static void a_twelfth_and_five_seconds_at_most_are_kept(void **state)
{
    static const struct {
        int64_t now_s, left_s, until_s;
    } table[] = {{100, 12, 111},
                 {100, 60, 155},
                 {100, 86400, 86495},
                 {100, 0, 100},
                 {100, -50, 50}};

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        assert_int_equal(
            walltime_until(table[i].now_s * SECOND, table[i].left_s * SECOND),
            table[i].until_s * SECOND);
    /* 0 would mean that no end is known. */
    assert_int_equal(walltime_until(SECOND, -100 * SECOND), 1);
}

static void the_longest_segment_and_a_quarter_must_fit(void **state)
{
    struct walltime walltime = {.until_ns = 100 * SECOND};
    (void)state;
    assert_false(walltime_over(&walltime, 99 * SECOND)); /* nothing is known yet */
    assert_true(walltime_over(&walltime, 100 * SECOND));
    walltime_learn(&walltime, 8 * SECOND);
    walltime_learn(&walltime, 2 * SECOND);
    assert_false(walltime_over(&walltime, 90 * SECOND));
    assert_true(walltime_over(&walltime, 90 * SECOND + 5));
}

static void without_an_end_it_is_never_over(void **state)
{
    struct walltime walltime = {.until_ns = 0};
    (void)state;
    walltime_learn(&walltime, INT64_MAX);
    assert_false(walltime_over(&walltime, INT64_MAX));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_twelfth_and_five_seconds_at_most_are_kept),
        cmocka_unit_test(the_longest_segment_and_a_quarter_must_fit),
        cmocka_unit_test(without_an_end_it_is_never_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
