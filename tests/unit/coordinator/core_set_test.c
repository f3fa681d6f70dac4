/* core_set_test.c - the tree of bit masks against a plain array.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/random.h"
#include "coordinator/core_internal.h"

#define MOST 300000u

static uint32_t plain_next(const bool *plain, uint32_t capacity, uint32_t from)
{
    for (uint32_t i = from; i < capacity; i++)
        if (plain[i])
            return i;
    return CORE_NONE;
}

static void compare(const struct core_set *set, const bool *plain, uint32_t capacity)
{
    uint32_t at = 0;
    do {
        uint32_t expected = plain_next(plain, capacity, at);
        assert_int_equal(core_set_next(set, at), expected);
        at = expected == CORE_NONE ? capacity : expected + 1;
    } while (at < capacity);
    assert_int_equal(core_set_next(set, capacity), CORE_NONE);
}

static void it_holds_what_a_plain_array_holds(void **state)
{
    (void)state;
    static const uint32_t capacities[] = {1,    2,    63,   64,   65,    127,    128,
                                          4095, 4096, 4097, 8191, 10000, 262145, MOST};
    struct random random = {.state = clock_random_token()};
    printf("seed %llu\n", (unsigned long long)random.state);
    bool *plain = calloc(MOST, sizeof *plain);
    for (size_t c = 0; c < sizeof capacities / sizeof capacities[0]; c++) {
        struct core_set set = {.levels = 0};
        core_set_reserve(&set, capacities[c]);
        for (uint32_t i = 0; i < MOST; i++)
            plain[i] = false;
        for (int i = 0; i < 3000; i++) {
            uint32_t number = (uint32_t)random_below(&random, capacities[c]);
            plain[number] = random_below(&random, 3) > 0;
            if (plain[number])
                core_set_add(&set, number);
            else
                core_set_remove(&set, number);
            assert_int_equal(core_set_has(&set, number), plain[number]);
        }
        compare(&set, plain, capacities[c]);
        core_set_reserve(&set, 3 * capacities[c]);
        compare(&set, plain, capacities[c]);
        for (uint32_t i = 0; i < capacities[c]; i++)
            core_set_remove(&set, i);
        assert_int_equal(core_set_next(&set, 0), CORE_NONE);
        core_set_release(&set);
    }
    free(plain);
}

static void an_empty_one_has_no_first(void **state)
{
    (void)state;
    struct core_set set = {.levels = 0};
    assert_int_equal(core_set_next(&set, 0), CORE_NONE);
    assert_false(core_set_has(&set, 0));
}

static void what_waits_comes_out_by_time_and_then_by_number(void **state)
{
    (void)state;
    struct random random = {.state = clock_random_token()};
    printf("seed %llu\n", (unsigned long long)random.state);
    struct core_wait wait = {.count = 0};
    for (uint32_t i = 0; i < 5000; i++)
        core_wait_add(&wait,
                      &(struct core_due){.due_ns = (int64_t)random_below(&random, 100),
                                         .group = random_below(&random, 4) == 0,
                                         .number = (uint32_t)random_below(&random, 50)});
    struct core_due last = {.due_ns = -1};
    while (wait.count > 0) {
        struct core_due due = core_wait_take(&wait);
        assert_true(last.due_ns <= due.due_ns);
        if (last.due_ns == due.due_ns) {
            assert_true(last.group <= due.group);
            assert_true(last.group != due.group || last.number <= due.number);
        }
        last = due;
    }
    free(wait.list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_holds_what_a_plain_array_holds),
        cmocka_unit_test(an_empty_one_has_no_first),
        cmocka_unit_test(what_waits_comes_out_by_time_and_then_by_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
