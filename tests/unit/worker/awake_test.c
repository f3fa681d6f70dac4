/* awake_test.c - time that counts, and time that does not.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "worker/awake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define SECOND ((int64_t)1000000000)

static void time_goes_by_as_long_as_somebody_looks(void **state)
{
    (void)state;
    struct awake awake = {0};
    int64_t clock = 500 * SECOND;
    for (int i = 0; i < 100; i++, clock += AWAKE_STEP_NS)
        assert_int_equal(awake_now(&awake, clock), clock);
    assert_int_equal(awake.slept_ns, 0);
}

static void what_was_slept_never_counts(void **state)
{
    (void)state;
    struct awake awake = {0};
    assert_int_equal(awake_now(&awake, 500 * SECOND), 500 * SECOND);
    assert_int_equal(awake_now(&awake, 3500 * SECOND), 502 * SECOND);
    assert_int_equal(awake_now(&awake, 3501 * SECOND), 503 * SECOND);
    assert_int_equal(awake_now(&awake, 9501 * SECOND), 505 * SECOND);
    assert_int_equal(awake.slept_ns, 2998 * SECOND + 5998 * SECOND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_goes_by_as_long_as_somebody_looks),
        cmocka_unit_test(what_was_slept_never_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
