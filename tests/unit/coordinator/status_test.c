/* status_test.c - what the catalog says of a campaign; when it is stuck.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/status.h"
#include "tests/unit/coordinator/service_pilot.h"

static struct status status(struct world *world)
{
    struct catalog_txn *txn;
    struct status status;
    struct err err;
    must(catalog_begin(world->catalog, &txn, &err), &err);
    must(status_read(txn, WORLD_CAMPAIGN, &status, &err), &err);
    catalog_abort(txn);
    return status;
}

/* Two runs of two segments; sets all states, without products or groups. */
static void states_of(struct world *world, const enum segment_state states[4])
{
    struct catalog_txn *txn;
    struct err err;
    must(catalog_begin(world->catalog, &txn, &err), &err);
    for (uint32_t i = 0; i < 4; i++) {
        struct plan_state state = {.state = (uint8_t)states[i], .failure = E_RAW_EMPTY};
        must(catalog_put_state(txn, 1, i, &state, &err), &err);
    }
    must(catalog_commit(txn, &err), &err);
}

/* A group of each run in this state. */
static void group_of_run(struct world *world, uint32_t number, uint32_t run,
                         enum group_state state)
{
    struct catalog_txn *txn;
    struct campaign campaign;
    struct err err;
    struct merge_group group = {.number = number,
                                .merge_class = {.stream = "summary", .run = run},
                                .first = 2 * (run - 1),
                                .count = 2,
                                .state = state,
                                .published = "published/x"};
    must(catalog_begin(world->catalog, &txn, &err), &err);
    must(catalog_get_campaign(txn, WORLD_CAMPAIGN, &campaign, &err) == LOOKUP_FOUND,
         &err);
    campaign.group_count = number + 1;
    must(catalog_put_campaign(txn, &campaign, &err), &err);
    must(catalog_put_group(txn, 1, &group, &err), &err);
    must(catalog_commit(txn, &err), &err);
}

static void planned(struct world *world)
{
    world_make(world, WORLD_MAP);
    world_plan(world, NULL, 2, 2);
}

#define OPEN SEGMENT_READY
#define DONE SEGMENT_COMMITTED
#define HELD SEGMENT_QUARANTINED

static void quarantine_makes_it_stuck_only_when_nothing_else_moves(void **state)
{
    (void)state;

    static const struct {
        enum segment_state states[4];
        bool stuck;
    } cases[] = {
        {{OPEN, OPEN, OPEN, OPEN}, false},
        {{HELD, OPEN, OPEN, OPEN}, false},
        {{HELD, SEGMENT_LEASED, HELD, HELD}, false},
        {{HELD, SEGMENT_WAITING, HELD, HELD}, false},
        {{HELD, SEGMENT_PLANNED, HELD, HELD}, true}, /* behind a gate that is closed */
        {{HELD, SEGMENT_PLANNED, OPEN, HELD}, false},
        {{HELD, HELD, HELD, HELD}, true},
        {{HELD, DONE, HELD, DONE}, true},
        {{HELD, DONE, HELD, SEGMENT_LOST}, true},
        {{HELD, DONE, SEGMENT_LOST, SEGMENT_LOST}, true},
        {{SEGMENT_LOST, SEGMENT_LOST, SEGMENT_LOST, SEGMENT_LOST}, false},
        /* The second run is whole: it is about to be cut. */
        {{HELD, DONE, DONE, DONE}, false},
        {{DONE, DONE, DONE, HELD}, false},
        {{HELD, DONE, DONE, SEGMENT_LOST}, false},
    };
    struct world world;
    planned(&world);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        states_of(&world, cases[i].states);
        if (status(&world).stuck != cases[i].stuck)
            fail_msg("case %zu", i);
    }
    world_close(&world);
}

static void a_whole_run_moves_until_its_groups_are_final(void **state)
{
    (void)state;

    static const enum segment_state states[4] = {HELD, DONE, DONE, DONE};

    static const struct {
        enum group_state group;
        bool stuck;
    } cases[] = {{GROUP_OPEN, false},       {GROUP_LEASED, false},
                 {GROUP_PUBLISHING, false}, {GROUP_PUBLISHED, true},
                 {GROUP_FAILED, true},      {GROUP_VOID, false}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world world;
        planned(&world);
        states_of(&world, states);
        group_of_run(&world, 0, 2, cases[i].group);
        if (status(&world).stuck != cases[i].stuck)
            fail_msg("group state %d", (int)cases[i].group);
        /* Groups of another run do not stand for it. */
        world_close(&world);
    }
}

static void a_merge_that_was_given_up_is_stuck_too(void **state)
{
    (void)state;

    static const enum segment_state states[4] = {DONE, DONE, DONE, DONE};
    struct world world;
    planned(&world);
    states_of(&world, states);
    group_of_run(&world, 0, 1, GROUP_FAILED);
    assert_false(status(&world).stuck); /* run 2 has no groups yet */
    group_of_run(&world, 1, 2, GROUP_PUBLISHED);
    assert_true(status(&world).stuck);
    world_close(&world);
}

static void what_waits_is_counted_with_the_first_reason(void **state)
{
    (void)state;

    static const enum segment_state states[4] = {OPEN, SEGMENT_WAITING, SEGMENT_WAITING,
                                                 DONE};
    struct world world;
    planned(&world);
    states_of(&world, states);
    struct status now = status(&world);
    assert_int_equal(now.waiting, 2);
    assert_int_equal(now.waiting_failure, E_RAW_EMPTY);
    assert_int_equal(now.by_state[SEGMENT_WAITING], 2);
    assert_int_equal(now.by_state[SEGMENT_COMMITTED], 1);
    world_close(&world);
}

static void an_unknown_campaign_is_named(void **state)
{
    (void)state;
    struct world world;
    struct status now;
    struct catalog_txn *txn;
    struct err err;
    planned(&world);
    must(catalog_begin(world.catalog, &txn, &err), &err);
    assert_false(status_read(txn, "nine", &now, &err));
    catalog_abort(txn);
    assert_int_equal(err.code, E_NOT_FOUND);
    assert_non_null(strstr(err.text, "nine"));
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quarantine_makes_it_stuck_only_when_nothing_else_moves),
        cmocka_unit_test(a_whole_run_moves_until_its_groups_are_final),
        cmocka_unit_test(a_merge_that_was_given_up_is_stuck_too),
        cmocka_unit_test(what_waits_is_counted_with_the_first_reason),
        cmocka_unit_test(an_unknown_campaign_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
