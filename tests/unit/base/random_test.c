/* random_test.c - the same numbers on every machine: published vectors of SplitMix64.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void splitmix64_gives_the_published_values(void **state)
{
    (void)state;
    static const uint64_t zero[] = {0xe220a8397b1dcdafu, 0x6e789e6aa1b965f4u,
                                    0x06c45d188009454fu};
    static const uint64_t other[] = {6457827717110365317u, 3203168211198807973u,
                                     9817491932198370423u, 4593380528125082431u,
                                     16408922859458223821u};
    struct random random = {.state = 0};
    for (size_t i = 0; i < 3; i++)
        assert_true(random_next(&random) == zero[i]);
    random.state = 1234567;
    for (size_t i = 0; i < 5; i++)
        assert_true(random_next(&random) == other[i]);
}

static void numbers_stay_in_their_range(void **state)
{
    (void)state;
    struct random random = {.state = 64};
    unsigned seen[7] = {0};
    double sum = 0;
    for (unsigned i = 0; i < 70000; i++) {
        uint64_t number = random_below(&random, 7);
        assert_true(number < 7);
        seen[number]++;
        double unit = random_unit(&random);
        assert_true(unit >= 0 && unit < 1);
        sum += unit;
    }
    for (size_t i = 0; i < 7; i++)
        assert_true(seen[i] > 9500 && seen[i] < 10500); /* 5 sigma are 463 */
    assert_true(sum > 34600 && sum < 35400);            /* 5 sigma are 382 */
    assert_true(random_below(&random, 1) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(splitmix64_gives_the_published_values),
        cmocka_unit_test(numbers_stay_in_their_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
