/* numbers_test.c - sets of event numbers come back, are small, and hostile bytes refused.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "model/numbers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/random.h"

struct world {
    uint64_t *map, *back;
    struct bytes out;
    struct err err;
};

static int start(void **state)
{
    struct world *world = mem_new(1, sizeof *world);
    world->map = mem_new(NUMBERS_WORDS, sizeof *world->map);
    world->back = mem_new(NUMBERS_WORDS, sizeof *world->back);
    bytes_init(&world->out, (size_t)1 << 24);
    *state = world;
    return 0;
}

static int end(void **state)
{
    struct world *world = *state;
    free(world->map);
    free(world->back);
    bytes_release(&world->out);
    free(world);
    return 0;
}

static void put(struct world *world, uint32_t number)
{
    world->map[number / 64] |= (uint64_t)1 << number % 64;
}

static void forget(struct world *world)
{
    memset(world->map, 0, NUMBERS_WORDS * sizeof *world->map);
    memset(world->back, 0, NUMBERS_WORDS * sizeof *world->back);
    bytes_clear(&world->out);
}

/* Packs the map as the set of spill 300 and compares what comes back. */
static void through(struct world *world)
{
    struct numbers_reader reader;
    struct numbers set;
    assert_true(numbers_add(&world->out, 300, world->map, NUMBERS_WORDS, &world->err));
    reader = (struct numbers_reader){.data = world->out.data, .size = world->out.size};
    assert_int_equal(numbers_next(&reader, &set, &world->err), LOOKUP_FOUND);
    assert_int_equal(set.spill, 300);
    assert_true(numbers_mark(&set, world->back, &world->err));
    assert_memory_equal(world->back, world->map, NUMBERS_WORDS * sizeof *world->map);
    assert_int_equal(numbers_next(&reader, &set, &world->err), LOOKUP_ABSENT);
}

static void what_is_packed_is_small(void **state)
{
    /* Every second number from 1 on: spill 300, three bytes of rows: 1, 2, 63. */
    static const uint8_t bytes[] = {0xAC, 0x02, 0x03, 0x01, 0x02, 0x3F};
    struct world *world = *state;
    for (uint32_t number = 1; number < 126; number += 2)
        put(world, number);
    through(world);
    assert_int_equal(world->out.size, sizeof bytes);
    assert_memory_equal(world->out.data, bytes, sizeof bytes);
    forget(world);
    for (uint32_t number = 0; number < NUMBERS_LIMIT; number++)
        put(world, number);
    through(world);
    assert_true(world->out.size < 10);
    forget(world);
    through(world);
    assert_int_equal(world->out.size, 3);
}

static void any_numbers_come_back(void **state)
{
    struct world *world = *state;
    struct random random = {99};
    for (uint32_t round = 0; round < 40; round++) {
        forget(world);
        uint32_t count = 0, span = 1u << random_below(&random, 21);
        for (uint32_t i = 0; i < 500; i++) {
            uint32_t number = (uint32_t)random_below(&random, span);
            count += (world->map[number / 64] >> number % 64 & 1) == 0 ? 1 : 0;
            put(world, number);
        }
        through(world);
        assert_true(world->out.size <= 8 + 5 * (size_t)count);
    }
}

static void common_numbers_are_ranges_of_the_set(void **state)
{
    struct world *world = *state;
    struct numbers_reader reader;
    struct numbers set;
    struct numbers_common common;
    for (uint32_t number = 2; number <= 100; number += 2)
        put(world, number);
    assert_true(numbers_add(&world->out, 1, world->map, NUMBERS_WORDS, &world->err));
    reader = (struct numbers_reader){.data = world->out.data, .size = world->out.size};
    assert_int_equal(numbers_next(&reader, &set, &world->err), LOOKUP_FOUND);
    memset(world->map, 0, NUMBERS_WORDS * sizeof *world->map);
    assert_true(numbers_common(&set, world->map, &common, &world->err));
    assert_int_equal(common.count, 0);
    assert_int_equal(common.range_count, 0);
    for (uint32_t number = 11; number <= 20; number++)
        put(world, number);
    put(world, 2);
    put(world, 23); /* the set has it not */
    put(world, 100);
    assert_true(numbers_common(&set, world->map, &common, &world->err));
    assert_int_equal(common.count, 7);
    assert_int_equal(common.range_count, 3);
    assert_int_equal(common.ranges[0].first, 2);
    assert_int_equal(common.ranges[0].last, 2);
    assert_int_equal(common.ranges[1].first, 12);
    assert_int_equal(common.ranges[1].last, 20);
    assert_int_equal(common.ranges[2].first, 100);
    for (uint32_t number = 2; number <= 100; number += 4)
        put(world, number);
    assert_true(numbers_common(&set, world->map, &common, &world->err));
    assert_true(common.range_count > SEGMENT_ELSEWHERE);
}

static void hostile_bytes_are_refused(void **state)
{
    static const struct {
        uint8_t bytes[12];
        size_t size;
    } cases[] = {
        {{0x01}, 1},                               /* no size */
        {{0x01, 0x04, 1, 1, 1}, 5},                /* a row is cut */
        {{0x81, 0x00, 0x00}, 3},                   /* zeros in front */
        {{0xFF, 0xFF, 0xFF, 0xFF, 0x01, 0x00}, 6}, /* too long */
        {{0x01, 0x03, 1, 0, 1}, 5},                /* step 0 */
        {{0x01, 0x03, 1, 1, 0}, 5},                /* no numbers */
        {{0x01, 0x02, 1, 1}, 4},                   /* a row of two numbers */
        {{0x01, 0x05, 0xFF, 0xFF, 0x3F, 1, 2}, 7}, /* beyond the last number */
        {{0x01, 0x06, 1, 0xFF, 0xFF, 0x7F, 0x7F, 0}, 8},
    };
    struct world *world = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct numbers_reader reader = {.data = cases[i].bytes, .size = cases[i].size};
        struct numbers set;
        enum lookup found = numbers_next(&reader, &set, &world->err);
        assert_int_not_equal(found, LOOKUP_ABSENT);
        if (found == LOOKUP_FOUND)
            assert_false(numbers_mark(&set, world->map, &world->err));
        assert_int_equal(world->err.code, E_MODEL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_packed_is_small, start, end),
        cmocka_unit_test_setup_teardown(any_numbers_come_back, start, end),
        cmocka_unit_test_setup_teardown(common_numbers_are_ranges_of_the_set, start, end),
        cmocka_unit_test_setup_teardown(hostile_bytes_are_refused, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
