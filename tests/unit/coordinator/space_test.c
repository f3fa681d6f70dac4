/* space_test.c - what a campaign is still going to write against what is free.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/space.h"

#include "coordinator/status.h"
#include "tests/unit/coordinator/service_pilot.h"

#define PER_RUN 10u

static struct catalog_txn *begin(struct world *world)
{
    struct catalog_txn *txn;
    struct err err;
    must(catalog_begin(world->catalog, &txn, &err), &err);
    return txn;
}

/* A task of two segments that wrote so much. */
static void task_wrote(struct world *world, uint64_t number, uint64_t bytes)
{
    static const uint32_t segments[] = {3, 4};
    const struct attempt attempt = {.number = number,
                                    .token = number,
                                    .campaign = 1,
                                    .state = ATTEMPT_COMMITTED,
                                    .steps = STEP_SELECT,
                                    .host = "node7",
                                    .segments = segments,
                                    .segment_count = 2,
                                    .committed = 2,
                                    .blamed = UINT32_MAX,
                                    .wall_ns = 1000,
                                    .bytes_written = bytes};
    struct catalog_txn *txn = begin(world);
    struct err err;
    must(catalog_put_attempt(txn, &attempt, &err), &err);
    must(catalog_commit(txn, &err), &err);
}

static enum lookup space_now(struct world *world, struct space *space)
{
    struct status status;
    struct err err;
    struct catalog_txn *txn = begin(world);
    must(status_read(txn, WORLD_CAMPAIGN, &status, &err), &err);
    enum lookup found = status_space(txn, &status, space, &err);
    catalog_abort(txn);
    return found;
}

static enum lookup space_planned(struct world *world, uint64_t bytes, struct space *space)
{
    struct campaign campaign;
    struct err err;
    struct catalog_txn *txn = begin(world);
    must(catalog_get_campaign(txn, WORLD_CAMPAIGN, &campaign, &err) == LOOKUP_FOUND,
         &err);
    campaign.id = 0;
    enum lookup found = space_of_plan(txn, &campaign, bytes, space, &err);
    catalog_abort(txn);
    return found;
}

static void what_is_open_writes_what_tasks_wrote(void **state)
{
    (void)state;
    struct world world;
    struct space space;
    world_make(&world, WORLD_MAP);
    world_plan(&world, NULL, 1, PER_RUN);
    assert_int_equal(space_now(&world, &space), LOOKUP_ABSENT);
    assert_int_equal(space_planned(&world, 1000, &space), LOOKUP_ABSENT);
    task_wrote(&world, 1, 600);
    task_wrote(&world, 2, 200);
    assert_int_equal(space_now(&world, &space), LOOKUP_FOUND);
    assert_int_equal(space.expected_bytes, PER_RUN * 800 / 4);
    assert_true(space.free_bytes > 0);
    assert_false(space_is_short(&space));
    /* A plan goes by what it reads: a segment here has 1000 bytes. */
    assert_int_equal(space_planned(&world, 5000, &space), LOOKUP_FOUND);
    assert_int_equal(space.expected_bytes, 1000);
    world_close(&world);
}

static void a_store_that_will_not_hold_it_is_named(void **state)
{
    (void)state;
    struct world world;
    struct space space;
    char text[SPACE_TEXT];
    world_make(&world, WORLD_MAP);
    world_plan(&world, NULL, 1, PER_RUN);
    task_wrote(&world, 1, (uint64_t)1 << 62);
    assert_int_equal(space_now(&world, &space), LOOKUP_FOUND);
    assert_true(space_is_short(&space));
    assert_int_equal(space_planned(&world, 10000, &space), LOOKUP_FOUND);
    assert_true(space_is_short(&space));
    space_text(&(struct space){.expected_bytes = 45000000000, .free_bytes = 1500000000},
               "/data/store", text);
    assert_string_equal(text, "the store /data/store is too small: about 45 GB are still "
                              "to be written, 1.5 GB are free");
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_open_writes_what_tasks_wrote),
        cmocka_unit_test(a_store_that_will_not_hold_it_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
