/* elsewhere_test.c - events that other segments have: found exactly, whatever the order.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/elsewhere.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define SEGMENTS 20000

static const struct chunk_id chunk_a = {.run = 7, .builder = 1, .number = 1},
                             chunk_b = {.run = 7, .builder = 2, .number = 1};

struct world {
    struct elsewhere elsewhere;
    struct elsewhere_list list;
    struct bytes numbers; /* of the chunk in the making */
    struct segment *segments;
    size_t count;
    struct err err;
};

static int start(void **state)
{
    struct world *world = mem_new(1, sizeof *world);
    elsewhere_init(&world->elsewhere);
    bytes_init(&world->numbers, (size_t)1 << 24);
    world->segments = mem_new(SEGMENTS, sizeof *world->segments);
    *state = world;
    return 0;
}

static int end(void **state)
{
    struct world *world = *state;
    elsewhere_release(&world->elsewhere);
    bytes_release(&world->numbers);
    free(world->list.found);
    free(world->segments);
    free(world);
    return 0;
}

/* One more segment, with the numbers `first` to `last` by `step`. */
static void segment_add(struct world *world, const struct chunk_id *chunk, uint32_t spill,
                        const uint32_t numbers[3])
{
    static uint64_t map[NUMBERS_WORDS];
    for (uint32_t n = numbers[0]; n <= numbers[1]; n += numbers[2])
        map[n / 64] |= (uint64_t)1 << n % 64;
    size_t words = numbers[1] / 64 + 1;
    assert_true(numbers_add(&world->numbers, spill, map, words, &world->err));
    memset(map, 0, words * sizeof *map);
    world->segments[world->count] = (struct segment){
        .id = {.chunk = *chunk, .ordinal = (uint32_t)world->count}, .spill = spill};
    world->count++;
}

/* The chunk is scanned: what comes now is of another one. */
static void chunk_end(struct world *world, const struct chunk_id *chunk)
{
    assert_true(elsewhere_add(&world->elsewhere, chunk, &world->numbers, &world->err));
    bytes_clear(&world->numbers);
    memset(world->segments, 0, world->count * sizeof *world->segments);
    world->count = 0;
}

static bool find(struct world *world)
{
    return elsewhere_find(&world->elsewhere, &world->numbers, world->segments,
                          world->count, &world->list, &world->err);
}

static void common_events_are_ranges_of_the_later_chunk(void **state)
{
    struct world *world = *state;
    segment_add(world, &chunk_a, 1, (const uint32_t[]){1, 99, 2});
    segment_add(world, &chunk_a, 2, (const uint32_t[]){1, 10, 1});
    assert_true(find(world));
    assert_int_equal(world->list.count, 0);
    chunk_end(world, &chunk_a);
    segment_add(world, &chunk_b, 1, (const uint32_t[]){2, 98, 2});
    segment_add(world, &chunk_b, 2, (const uint32_t[]){8, 20, 1});
    segment_add(world, &chunk_b, 1, (const uint32_t[]){98, 99, 1});
    segment_add(world, &chunk_b, 3, (const uint32_t[]){1, 10, 1});
    assert_true(find(world));
    assert_int_equal(world->list.count, 2);
    /* Event 98 is in the segment before, 99 in the other chunk. */
    const struct elsewhere_found *found = world->list.found;
    assert_int_equal(found[0].segment.ordinal, 2);
    assert_int_equal(found[0].events, 2);
    assert_int_equal(found[0].first, 98);
    assert_int_equal(chunk_id_compare(&found[0].other, &chunk_a), 0);
    assert_int_equal(found[1].segment.ordinal, 1);
    assert_int_equal(found[1].spill, 2);
    assert_int_equal(found[1].events, 3);
    assert_int_equal(found[1].first, 8);
    const uint32_t ranges[] = {0, 1, 1, 0};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(world->segments[i].elsewhere_count, ranges[i]);
    assert_false(segment_elsewhere(&world->segments[1], 7));
    assert_true(segment_elsewhere(&world->segments[1], 8));
    assert_true(segment_elsewhere(&world->segments[1], 10));
    assert_false(segment_elsewhere(&world->segments[1], 11));
}

static void a_chunk_can_have_an_event_twice_by_itself(void **state)
{
    struct world *world = *state;
    segment_add(world, &chunk_b, 1, (const uint32_t[]){1, 50, 1});
    segment_add(world, &chunk_b, 2, (const uint32_t[]){1, 50, 1});
    segment_add(world, &chunk_b, 1, (const uint32_t[]){50, 60, 1});
    assert_true(find(world));
    assert_int_equal(world->list.count, 1);
    assert_int_equal(world->list.found[0].segment.ordinal, 2);
    assert_int_equal(world->list.found[0].events, 1);
    assert_int_equal(chunk_id_compare(&world->list.found[0].other, &chunk_b), 0);
}

/* Every second event: more stretches than a segment keeps. */
static void more_stretches_than_fit_are_refused(void **state)
{
    struct world *world = *state;
    segment_add(world, &chunk_a, 1, (const uint32_t[]){1, 2 * SEGMENT_ELSEWHERE, 2});
    chunk_end(world, &chunk_a);
    segment_add(world, &chunk_b, 1, (const uint32_t[]){1, 1000, 1});
    assert_true(find(world));
    assert_int_equal(world->segments[0].elsewhere_count, SEGMENT_ELSEWHERE);
    chunk_end(world, &chunk_b);
    elsewhere_release(&world->elsewhere);
    elsewhere_init(&world->elsewhere);
    segment_add(world, &chunk_a, 1, (const uint32_t[]){1, 2 * SEGMENT_ELSEWHERE + 1, 2});
    chunk_end(world, &chunk_a);
    segment_add(world, &chunk_b, 1, (const uint32_t[]){1, 1000, 1});
    assert_false(find(world));
    assert_int_equal(world->err.code, E_SCAN);
    assert_non_null(strstr(world->err.text, "17 events in more than 16 stretches"));
}

/* Thousands of segments that alternate between spills are compared at once. */
static void many_segments_take_no_longer_than_their_numbers(void **state)
{
    struct world *world = *state;
    for (uint32_t i = 0; i < SEGMENTS; i++)
        segment_add(world, &chunk_b, 1 + i % 2, (const uint32_t[]){i, i, 1});
    assert_true(find(world));
    assert_int_equal(world->list.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(common_events_are_ranges_of_the_later_chunk,
                                        start, end),
        cmocka_unit_test_setup_teardown(a_chunk_can_have_an_event_twice_by_itself, start,
                                        end),
        cmocka_unit_test_setup_teardown(more_stretches_than_fit_are_refused, start, end),
        cmocka_unit_test_setup_teardown(many_segments_take_no_longer_than_their_numbers,
                                        start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
