/* pace_test.c - what attempts in the catalog say of the time of events.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <math.h>

#include "coordinator/pace.h"
#include "tests/unit/coordinator/service_pilot.h"

#define PER_RUN 10u /* segments; number i of a run has i + 1 events */

/* Attempt of segments `first` and on, of `wall_ns`. */
static struct attempt attempt_of(const uint32_t *segments, uint32_t count,
                                 uint64_t number, int64_t wall_ns)
{
    return (struct attempt){.number = number,
                            .token = number,
                            .campaign = 1,
                            .state = ATTEMPT_COMMITTED,
                            .steps = STEP_SELECT,
                            .host = "node7",
                            .segments = segments,
                            .segment_count = count,
                            .committed = count,
                            .blamed = UINT32_MAX,
                            .wall_ns = wall_ns,
                            .bytes_written = 100,
                            .peak_memory_bytes = number << 20};
}

static enum lookup read_pace(struct world *world, uint32_t campaign, struct pace *pace)
{
    struct catalog_txn *txn;
    struct campaign wanted;
    struct err err;
    must(catalog_begin(world->catalog, &txn, &err), &err);
    must(catalog_get_campaign(txn, WORLD_CAMPAIGN, &wanted, &err) == LOOKUP_FOUND, &err);
    wanted.id = campaign;
    enum lookup found = pace_read(txn, &wanted, STEP_SELECT, pace, &err);
    catalog_abort(txn);
    return found;
}

static void put(struct world *world, const struct attempt *attempt)
{
    struct catalog_txn *txn;
    struct err err;
    must(catalog_begin(world->catalog, &txn, &err), &err);
    must(catalog_put_attempt(txn, attempt, &err), &err);
    must(catalog_commit(txn, &err), &err);
}

static void a_line_through_the_attempts_tells_events_from_tasks(void **state)
{
    (void)state;
    struct world world;
    struct pace pace;
    world_make(&world, WORLD_MAP);
    world_plan(&world, NULL, 1, PER_RUN);
    assert_int_equal(read_pace(&world, 1, &pace), LOOKUP_ABSENT);
    for (uint32_t i = 0; i < PER_RUN; i++) {
        struct attempt attempt = attempt_of(&i, 1, i + 1, 5000 + 70 * ((int64_t)i + 1));
        put(&world, &attempt);
    }
    assert_int_equal(read_pace(&world, 1, &pace), LOOKUP_FOUND);
    assert_int_equal(pace.attempts, PER_RUN);
    assert_int_equal(pace.events, 55);
    assert_int_equal(pace.bytes, 10000);
    assert_int_equal(pace.written, 1000);
    assert_int_equal(pace.memory_bytes, 10 << 20);
    assert_true(fabs(pace.event_ns - 70) < 1e-6);
    assert_true(fabs(pace.task_ns - 5000) < 1e-6);
    assert_true(pace.spread < 1e-6);
    assert_string_equal(pace.campaign, WORLD_CAMPAIGN);
    /* A campaign that is not stored yet takes those of one like it. */
    assert_int_equal(read_pace(&world, 0, &pace), LOOKUP_FOUND);
    assert_int_equal(pace.attempts, PER_RUN);
    assert_int_equal(read_pace(&world, 2, &pace), LOOKUP_ABSENT);
    world_close(&world);
}

static void tasks_of_one_size_give_the_mean(void **state)
{
    (void)state;
    static const uint32_t segments[] = {3, 4};
    struct world world;
    struct pace pace;
    world_make(&world, WORLD_MAP);
    world_plan(&world, NULL, 1, PER_RUN);
    for (uint64_t number = 1; number <= 4; number++) {
        struct attempt attempt = attempt_of(segments, 2, number, (int64_t)number * 900);
        put(&world, &attempt);
    }
    assert_int_equal(read_pace(&world, 1, &pace), LOOKUP_FOUND);
    assert_true(fabs(pace.event_ns - 250) < 1e-6);
    assert_true(pace.task_ns < 1e-6);
    assert_true(pace.spread > 0.3);
    world_close(&world);
}

static void what_is_not_whole_measures_nothing(void **state)
{
    (void)state;
    static const uint32_t segments[] = {3, 4};
    struct world world;
    struct pace pace;
    world_make(&world, WORLD_MAP);
    world_plan(&world, NULL, 1, PER_RUN);
    struct attempt prefix = attempt_of(segments, 2, 1, 900);
    prefix.committed = 1;
    put(&world, &prefix);
    struct attempt failed = attempt_of(segments, 2, 2, 900);
    failed.state = ATTEMPT_FAILED;
    failed.committed = 0;
    put(&world, &failed);
    struct attempt timeless = attempt_of(segments, 2, 3, 0);
    put(&world, &timeless);
    struct attempt other = attempt_of(segments, 2, 4, 900);
    other.steps = STEP_RECO;
    put(&world, &other);
    assert_int_equal(read_pace(&world, 1, &pace), LOOKUP_ABSENT);
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_through_the_attempts_tells_events_from_tasks),
        cmocka_unit_test(tasks_of_one_size_give_the_mean),
        cmocka_unit_test(what_is_not_whole_measures_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
