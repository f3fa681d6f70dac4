/* core_hold_test.c - pause, cancel, numbers and products that other campaigns give.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/coordinator/core_fixture.h"

static void step_hold(struct world *world, enum core_hold hold)
{
    world_step(world, &(struct core_event){.kind = EVENT_HOLD, .hold = hold});
}

static void world_make(struct world *world, uint32_t count)
{
    struct campaign_policy policy = policy_of_tests();
    world_open(world, &policy, count);
}

static void what_is_in_hand_counts_while_paused_and_nothing_new_is_leased(void **state)
{
    (void)state;
    struct world world;
    world_make(&world, 16);
    struct held_task task = world_take(&world);
    assert_true(task.count > 0);
    step_hold(&world, CORE_PAUSED);
    struct core_report report = report_done(&task);
    world_sync(&world, 8, &report, task.attempt);
    assert_int_equal(world_count(&world, COMMAND_COMMIT), 1);
    assert_int_equal(world_count(&world, COMMAND_LEASE), 0);
    assert_int_equal(world_count(&world, COMMAND_FINISH), 0);
    step_hold(&world, CORE_RUNNING);
    assert_true(world_take(&world).count > 0);
    world_close(&world);
}

/* Nobody wants the work of a paused campaign, so nothing is taken back. */
static void a_lease_that_runs_out_while_paused_still_counts(void **state)
{
    (void)state;
    struct world world;
    world_make(&world, 4);
    struct held_task task = world_take(&world);
    step_hold(&world, CORE_PAUSED);
    world_tick(&world, 3 * TERM);
    world_step(&world, &(struct core_event){.kind = EVENT_HELLO, .pilot = PILOT});
    struct core_report report = report_done(&task);
    world_sync(&world, 8, &report, 0);
    assert_int_equal(world_count(&world, COMMAND_COMMIT), 1);
    world_close(&world);
}

static void cancelling_voids_every_lease_and_blames_nobody(void **state)
{
    (void)state;
    struct world world;
    world_make(&world, 16);
    struct held_task task = world_take(&world);
    step_hold(&world, CORE_CANCELLED);
    const struct core_command *end = world_find(&world, COMMAND_END, 0);
    assert_int_equal(end->attempt, task.attempt);
    assert_int_equal(end->attempt_state, ATTEMPT_VOID);
    assert_int_equal(world_count(&world, COMMAND_COLLECT), 1);
    assert_int_equal(core_count(world.core).leases, 0);
    for (uint32_t i = 0; i < 16; i++) {
        assert_int_equal(core_state(world.core, i).state, SEGMENT_READY);
        assert_int_equal(core_state(world.core, i).deaths, 0);
    }
    struct core_report report = report_done(&task);
    world_sync(&world, 8, &report, task.attempt);
    assert_int_equal(world_find(&world, COMMAND_VERDICT, 0)->verdict, VERDICT_REFUSED);
    assert_int_equal(world_count(&world, COMMAND_LOST), 1);
    assert_int_equal(world_count(&world, COMMAND_FINISH), 1);
    assert_int_equal(world_count(&world, COMMAND_LEASE), 0);
    step_hold(&world, CORE_RUNNING); /* for good */
    world_sync(&world, 8, NULL, 0);
    assert_int_equal(world_count(&world, COMMAND_LEASE), 0);
    world_close(&world);
}

static void a_core_that_is_loaded_paused_gives_nothing(void **state)
{
    (void)state;
    struct world world;
    struct campaign_policy policy = policy_of_tests();
    struct core_segment segment = segment_of_tests(0);
    struct core_watch watch;
    world_load(&world, &policy, &segment, 1);
    core_set_hold(world.core, CORE_PAUSED);
    world_start(&world);
    world_sync(&world, 8, NULL, 0);
    assert_int_equal(world_count(&world, COMMAND_LEASE), 0);
    core_look(world.core, world.now_ns + 100 * TERM, &watch);
    assert_int_equal(watch.cause, CORE_HELD);
    assert_false(watch.alert);
    world_close(&world);
}

/* Numbers of other campaigns lie between those of this one. */
static void attempts_are_found_though_their_numbers_have_gaps(void **state)
{
    (void)state;
    struct world world;
    struct held_task tasks[5];
    world_make(&world, 40);
    for (uint32_t i = 0; i < 5; i++) {
        uint64_t token = 100 + i;
        world_step(&world, &(struct core_event){.kind = EVENT_SYNC,
                                                .pilot = PILOT,
                                                .want = 1,
                                                .attempt = i == 3 ? 0 : 10 * (i + 1),
                                                .tokens = &token,
                                                .token_count = 1});
        tasks[i] = task_given(&world, 0);
    }
    static const uint64_t numbers[5] = {10, 20, 30, 31, 50};
    for (uint32_t i = 0; i < 5; i++) {
        assert_int_equal(tasks[i].attempt, numbers[i]);
        assert_true(core_knows(world.core, numbers[i]));
        assert_false(core_knows(world.core, numbers[i] - 1 - (i == 3)));
        assert_false(core_knows(world.core, numbers[i] + 2));
    }
    assert_int_equal(core_next_attempt(world.core), 51);
    for (uint32_t i = 0; i < 5; i++) {
        struct core_report report = report_done(&tasks[i]);
        world_sync(&world, 0, &report, tasks[i].attempt);
        assert_int_equal(world_find(&world, COMMAND_VERDICT, 0)->verdict,
                         VERDICT_COMMITTED);
    }
    world_close(&world);
}

static void products_found_commit_what_is_ready_and_leave_the_other_step(void **state)
{
    (void)state;
    struct world world;
    world_make(&world, 16);
    struct held_task task = world_take(&world); /* 0 to 3 */
    static const uint32_t both[] = {0, 5, 6};
    static const uint32_t reco[] = {7, UINT32_MAX};
    world_step(&world, &(struct core_event){.kind = EVENT_FOUND,
                                            .steps = STEP_RECO | STEP_SELECT,
                                            .segments = both,
                                            .segment_count = 3});
    assert_int_equal(core_state(world.core, task.segments[0]).state, SEGMENT_LEASED);
    assert_int_equal(core_state(world.core, 5).state, SEGMENT_COMMITTED);
    assert_int_equal(core_state(world.core, 6).state, SEGMENT_COMMITTED);
    world_step(&world, &(struct core_event){.kind = EVENT_FOUND,
                                            .steps = STEP_RECO,
                                            .segments = reco,
                                            .segment_count = 2});
    assert_int_equal(core_state(world.core, 7).state, SEGMENT_READY);
    assert_int_equal(world_find(&world, COMMAND_STATE, 0)->segment, 7);
    task = world_take(&world);
    assert_int_equal(task.segments[0], 4);
    assert_int_equal(task.count, 1); /* its neighbours are done */
    task = world_take(&world);
    assert_int_equal(task.segments[0], 7);
    assert_int_equal(world_find(&world, COMMAND_LEASE, 0)->steps, STEP_SELECT);
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_in_hand_counts_while_paused_and_nothing_new_is_leased),
        cmocka_unit_test(a_lease_that_runs_out_while_paused_still_counts),
        cmocka_unit_test(cancelling_voids_every_lease_and_blames_nobody),
        cmocka_unit_test(a_core_that_is_loaded_paused_gives_nothing),
        cmocka_unit_test(attempts_are_found_though_their_numbers_have_gaps),
        cmocka_unit_test(products_found_commit_what_is_ready_and_leave_the_other_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
