/* again_test.c - how often idle pilots ask, however many they are.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/again.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define SECOND ((int64_t)1000000000)

static void a_few_pilots_ask_ten_times_a_second(void **state)
{
    (void)state;
    assert_int_equal(again_ms(0, 1, 120 * SECOND), 100);
    assert_int_equal(again_ms(40, UINT64_MAX, 120 * SECOND), 100);
}

static void many_ask_no_more_often_all_together(void **state)
{
    (void)state;
    static const uint32_t counts[] = {100, 1500, 10000};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        double calls = 0;
        uint32_t least = UINT32_MAX;
        uint32_t most = 0;
        for (uint32_t pilot = 1; pilot <= counts[i]; pilot++) {
            uint32_t own = again_ms(counts[i], pilot, 120 * SECOND);
            calls += 1000.0 / own;
            least = own < least ? own : least;
            most = own > most ? own : most;
        }
        assert_true(calls < 1.05 * AGAIN_CALLS);
        assert_true(calls > 0.75 * AGAIN_CALLS);
        assert_true(most > least);
    }
}

static void each_is_heard_of_within_its_lease(void **state)
{
    (void)state;
    for (uint32_t pilot = 0; pilot < 1000; pilot++)
        assert_true(again_ms(1000000, pilot, 8 * SECOND) <= 2000);
    assert_int_equal(again_ms(1000000, 7, 0), 100);
    assert_int_equal(again_ms(1000000, 7, -1), 100);
    assert_true(again_ms(UINT32_MAX, UINT64_MAX, INT64_MAX) > 1000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_few_pilots_ask_ten_times_a_second),
        cmocka_unit_test(many_ask_no_more_often_all_together),
        cmocka_unit_test(each_is_heard_of_within_its_lease),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
