/* core_lease_test.c - who holds what, until when, and how it is taken back.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/coordinator/core_fixture.h"

/* One task of 4 segments is the whole campaign. */
static void open_four(struct world *world)
{
    struct campaign_policy policy = policy_of_tests();
    world_open(world, &policy, 4);
}

static void a_report_after_the_deadline_counts_while_nobody_else_has_the_work(
    void **state)
{
    (void)state;
    struct world world;
    open_four(&world);
    struct held_task task = world_take(&world);
    world_tick(&world, 10 * TERM);
    assert_states(&world, task.segments, task.count, SEGMENT_LEASED);
    struct core_report report = report_done(&task);
    world_report(&world, &report);
    assert_int_equal(world_verdict(&world), VERDICT_COMMITTED);
    world_close(&world);
}

static void an_expired_lease_is_void_before_its_work_is_given_to_another(void **state)
{
    (void)state;
    struct world world;
    open_four(&world);
    struct held_task late = world_take(&world);
    world.now_ns += TERM;
    struct held_task again = world_take(&world);
    const struct core_command *end = world_find(&world, COMMAND_END, 0);
    assert_non_null(end);
    assert_int_equal(end->attempt, late.attempt);
    assert_int_equal(end->attempt_state, ATTEMPT_VOID);
    assert_int_equal(world_find(&world, COMMAND_COLLECT, 0)->attempt, late.attempt);
    assert_ptr_equal(world.commands.list, end); /* before the new lease */
    assert_int_equal(again.count, 4);
    assert_true(again.token != late.token);
    world_close(&world);
}

static void a_void_token_can_never_commit(void **state)
{
    (void)state;
    struct world world;
    open_four(&world);
    struct held_task late = world_take(&world);
    world.now_ns += TERM;
    world_take(&world);
    struct core_report report = report_done(&late);
    world_report(&world, &report);
    assert_int_equal(world_verdict(&world), VERDICT_REFUSED);
    assert_int_equal(world_count(&world, COMMAND_COMMIT), 0);
    assert_int_equal(world.commands.count, 1);
    world_close(&world);
}

static void ready_work_is_preferred_to_expired_work(void **state)
{
    (void)state;
    struct world world;
    struct campaign_policy policy = policy_of_tests();
    world_open(&world, &policy, 8);
    world_take(&world);
    world.now_ns += 2 * TERM;
    world_step(&world, &(struct core_event){.kind = EVENT_HELLO, .pilot = PILOT});
    assert_int_equal(world_take(&world).segments[0], 4);
    assert_int_equal(world_count(&world, COMMAND_END), 0);
    world_close(&world);
}

static void the_oldest_expired_lease_is_taken_first(void **state)
{
    (void)state;
    struct world world;
    struct campaign_policy policy = policy_of_tests();
    world_open(&world, &policy, 8);
    struct held_task first = world_take(&world);
    world.now_ns += SECOND;
    struct held_task second = world_take(&world);
    world.now_ns += SECOND;
    world_sync(&world, 0, NULL, first.attempt); /* the first one is renewed */
    world.now_ns += TERM;
    world_take(&world);
    assert_int_equal(world_find(&world, COMMAND_END, 0)->attempt, second.attempt);
    world_close(&world);
}

static void a_held_lease_is_renewed_for_one_term(void **state)
{
    (void)state;
    struct world world;
    open_four(&world);
    struct held_task task = world_take(&world);
    world.now_ns += TERM - 1;
    world_sync(&world, 0, NULL, task.attempt);
    world.now_ns += TERM - 1;
    assert_int_equal(world_take(&world).attempt, 0);
    world.now_ns += 1;
    assert_int_not_equal(world_take(&world).attempt, 0);
    world_close(&world);
}

static void a_held_attempt_without_a_lease_is_told_to_be_lost(void **state)
{
    (void)state;
    struct world world;
    open_four(&world);
    struct held_task late = world_take(&world);
    world.now_ns += TERM;
    world_take(&world);
    world_sync(&world, 0, NULL, late.attempt);
    assert_int_equal(world_find(&world, COMMAND_LOST, 0)->attempt, late.attempt);
    world_sync(&world, 0, NULL, 999);
    assert_int_equal(world_find(&world, COMMAND_LOST, 0)->attempt, 999);
    world_close(&world);
}

static void a_pilot_is_not_told_lost_what_it_reported_itself(void **state)
{
    (void)state;
    struct world world;
    open_four(&world);
    struct held_task task = world_take(&world);
    struct core_report report = report_done(&task);
    world_sync(&world, 0, &report, task.attempt);
    assert_int_equal(world_count(&world, COMMAND_LOST), 0);
    world_sync(&world, 0, &report, task.attempt);
    assert_int_equal(world_count(&world, COMMAND_LOST), 0);
    world_close(&world);
}

static void a_pilot_silent_for_two_terms_is_forgotten(void **state)
{
    (void)state;
    struct world world;
    open_four(&world);
    world_tick(&world, 2 * TERM - 1);
    assert_int_equal(core_count(world.core).pilots, 1);
    assert_int_equal(core_deadline(world.core), world.now_ns + 1);
    world_tick(&world, 1);
    assert_int_equal(core_count(world.core).pilots, 0);
    assert_int_equal(world_take(&world).attempt, 0);
    assert_int_equal(world_count(&world, COMMAND_UNKNOWN), 1);
    world_close(&world);
}

static void an_unknown_pilot_keeps_its_leases_and_may_report(void **state)
{
    (void)state;
    struct world world;
    open_four(&world);
    struct held_task task = world_take(&world);
    world_tick(&world, 2 * TERM);
    struct core_report report = report_done(&task);
    world_report(&world, &report);
    assert_int_equal(world_count(&world, COMMAND_UNKNOWN), 1);
    assert_int_equal(world_verdict(&world), VERDICT_COMMITTED);
    world_close(&world);
}

/* Nobody knows which segment was at work: after three losses each of them runs alone. */
static void segments_of_three_lost_leases_run_alone(void **state)
{
    (void)state;
    struct world world;
    open_four(&world);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(world_take(&world).count, 4);
        world.now_ns += TERM;
        world_step(&world, &(struct core_event){.kind = EVENT_HELLO, .pilot = PILOT});
    }
    world_sync(&world, 8, NULL, 0);
    assert_int_equal(world_count(&world, COMMAND_LEASE), 1); /* alone of its kind */
    assert_int_equal(task_given(&world, 0).count, 1);
    assert_int_equal(core_state(world.core, 0).deaths, 3);
    assert_int_equal(core_state(world.core, 0).blame, 0);
    world_close(&world);
}

static void a_segment_that_takes_every_pilot_down_is_set_aside_in_the_end(void **state)
{
    (void)state;
    struct world world;
    struct campaign_policy policy = policy_of_tests();
    world_open(&world, &policy, 1);
    for (int i = 0; i <= 50; i++) {
        assert_int_equal(world_take(&world).count, 1);
        world.now_ns += TERM;
        world_step(&world, &(struct core_event){.kind = EVENT_HELLO, .pilot = PILOT});
    }
    assert_int_equal(world_take(&world).attempt, 0);
    assert_int_equal(state_of(&world, 0), SEGMENT_QUARANTINED);
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_report_after_the_deadline_counts_while_nobody_else_has_the_work),
        cmocka_unit_test(an_expired_lease_is_void_before_its_work_is_given_to_another),
        cmocka_unit_test(a_void_token_can_never_commit),
        cmocka_unit_test(ready_work_is_preferred_to_expired_work),
        cmocka_unit_test(the_oldest_expired_lease_is_taken_first),
        cmocka_unit_test(a_held_lease_is_renewed_for_one_term),
        cmocka_unit_test(a_held_attempt_without_a_lease_is_told_to_be_lost),
        cmocka_unit_test(a_pilot_is_not_told_lost_what_it_reported_itself),
        cmocka_unit_test(a_pilot_silent_for_two_terms_is_forgotten),
        cmocka_unit_test(an_unknown_pilot_keeps_its_leases_and_may_report),
        cmocka_unit_test(segments_of_three_lost_leases_run_alone),
        cmocka_unit_test(a_segment_that_takes_every_pilot_down_is_set_aside_in_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
