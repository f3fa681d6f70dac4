/* core_report_test.c - what a report does to its segments, and who is blamed.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <signal.h>

#include "tests/unit/coordinator/core_fixture.h"

/* Codes of this room or of base, one a kind. */
#define INPUT    E_MODEL
#define RESOURCE E_LIMIT
#define NODE     E_PROCESS
#define STORAGE  E_DISK_FULL
#define PROTOCOL E_REPORT_EMPTY

static void open_eight(struct world *world, struct held_task *task)
{
    struct campaign_policy policy = policy_of_tests();
    policy.task_bytes = 800;
    world_open(world, &policy, 8);
    *task = world_take(world);
    assert_int_equal(task->count, 8);
}

static void a_done_report_commits_in_order_and_then_ends_the_attempt(void **state)
{
    (void)state;
    struct world world;
    struct held_task task;
    open_eight(&world, &task);
    struct core_report report = report_done(&task);
    world_report(&world, &report);
    const struct core_command *list = world.commands.list;
    assert_int_equal(list[0].kind, COMMAND_COMMIT);
    assert_int_equal(list[0].count, 8);
    for (uint32_t i = 0; i < 8; i++) {
        assert_int_equal(list[1 + i].kind, COMMAND_STATE);
        assert_int_equal(list[1 + i].segment, i);
        assert_int_equal(list[1 + i].state.state, SEGMENT_COMMITTED);
    }
    assert_int_equal(list[9].kind, COMMAND_END);
    assert_int_equal(list[9].attempt_state, ATTEMPT_COMMITTED);
    assert_int_equal(list[9].count, 8);
    assert_int_equal(list[10].kind, COMMAND_VERDICT);
    assert_int_equal(list[10].attempt, task.attempt);
    assert_int_equal(world_count(&world, COMMAND_COLLECT), 0);
    world_close(&world);
}

static void the_same_report_again_is_answered_committed_and_changes_nothing(void **state)
{
    (void)state;
    struct world world;
    struct held_task task;
    open_eight(&world, &task);
    struct core_report report = report_done(&task);
    world_report(&world, &report);
    world_report(&world, &report);
    assert_int_equal(world_verdict(&world), VERDICT_COMMITTED);
    assert_int_equal(world.commands.count, 1);
    world_close(&world);
}

static void a_report_twice_in_one_sync_commits_once(void **state)
{
    (void)state;
    struct world world;
    struct held_task task;
    open_eight(&world, &task);
    struct core_report twice[2] = {report_done(&task), report_done(&task)};
    world_step(&world, &(struct core_event){.kind = EVENT_SYNC,
                                            .pilot = PILOT,
                                            .reports = twice,
                                            .report_count = 2});
    assert_int_equal(world_count(&world, COMMAND_COMMIT), 1);
    assert_int_equal(world_find(&world, COMMAND_VERDICT, 1)->verdict, VERDICT_COMMITTED);
    assert_int_equal(world_find(&world, COMMAND_VERDICT, 1)->report, 1);
    world_close(&world);
}

static void what_ended_in_an_earlier_life_is_answered_from_the_catalog(void **state)
{
    (void)state;

    static const struct {
        enum attempt_state already;
        enum verdict verdict;
    } rows[] = {{ATTEMPT_COMMITTED, VERDICT_COMMITTED},
                {ATTEMPT_FAILED, VERDICT_NOTED},
                {ATTEMPT_RETURNED, VERDICT_NOTED},
                {ATTEMPT_VOID, VERDICT_REFUSED},
                {ATTEMPT_LEASED, VERDICT_REFUSED}};
    struct world world;
    struct campaign_policy policy = policy_of_tests();
    world_open(&world, &policy, 4);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct core_report report = {.attempt = 4711,
                                     .token = 1,
                                     .parts_present = true,
                                     .already = rows[i].already};
        world_report(&world, &report);
        assert_int_equal(world_verdict(&world), rows[i].verdict);
        assert_int_equal(world.commands.count, 1);
    }
    world_close(&world);
}

static void a_wrong_token_is_refused(void **state)
{
    (void)state;
    struct world world;
    struct held_task task;
    open_eight(&world, &task);
    struct core_report report = report_done(&task);
    report.token++;
    world_report(&world, &report);
    assert_int_equal(world_verdict(&world), VERDICT_REFUSED);
    report.token = 0;
    world_report(&world, &report);
    assert_int_equal(world_verdict(&world), VERDICT_REFUSED);
    assert_states(&world, task.segments, task.count, SEGMENT_LEASED);
    world_close(&world);
}

static void a_prefix_is_committed_and_the_rest_is_ready_at_once(void **state)
{
    (void)state;
    struct world world;
    struct held_task task;
    open_eight(&world, &task);
    struct core_report report = report_done(&task);
    report.status = REPORT_PREFIX;
    report.segment_count = 3;
    world_report(&world, &report);
    assert_int_equal(world_verdict(&world), VERDICT_COMMITTED);
    assert_states(&world, task.segments, 3, SEGMENT_COMMITTED);
    assert_states(&world, task.segments + 3, 5, SEGMENT_READY);
    assert_int_equal(core_state(world.core, 3).blame, 0);
    assert_int_equal(core_state(world.core, 3).deaths, 0);
    world_close(&world);
}

static void a_returned_task_costs_nothing_and_is_ready_at_once(void **state)
{
    (void)state;
    struct world world;
    struct held_task task;
    open_eight(&world, &task);
    struct core_report report = report_done(&task);
    report.status = REPORT_RETURNED;
    report.segment_count = 0;
    world_report(&world, &report);
    assert_int_equal(world_verdict(&world), VERDICT_NOTED);
    assert_int_equal(world_find(&world, COMMAND_END, 0)->attempt_state, ATTEMPT_RETURNED);
    assert_int_equal(world_count(&world, COMMAND_COLLECT), 1);
    assert_states(&world, task.segments, 8, SEGMENT_READY);
    assert_int_equal(world_take(&world).count, 8);
    world_close(&world);
}

static void fifty_preemptions_leave_a_segment_without_a_mark(void **state)
{
    (void)state;
    struct world world;
    struct held_task task;
    open_eight(&world, &task);
    for (int i = 0; i < 50; i++) {
        struct core_report report = report_done(&task);
        report.status = REPORT_RETURNED;
        report.segment_count = 0;
        world_report(&world, &report);
        task = world_take(&world);
        assert_int_equal(task.count, 8);
    }
    assert_int_equal(core_state(world.core, 0).deaths, 0);
    assert_int_equal(core_state(world.core, 0).blame, 0);
    world_close(&world);
}

static void bad_input_quarantines_the_segment_at_once_and_frees_the_others(void **state)
{
    (void)state;
    struct world world;
    struct held_task task;
    open_eight(&world, &task);
    struct core_report report = report_failed(&task, 2, 4, INPUT);
    world_report(&world, &report);
    assert_int_equal(world_verdict(&world), VERDICT_COMMITTED); /* of the prefix */
    assert_states(&world, task.segments, 2, SEGMENT_COMMITTED);
    assert_int_equal(state_of(&world, 2), SEGMENT_READY);
    assert_int_equal(state_of(&world, 4), SEGMENT_QUARANTINED);
    assert_int_equal(core_state(world.core, 4).failure, INPUT);
    assert_states(&world, task.segments + 5, 3, SEGMENT_READY);
    world_close(&world);
}

static void a_crash_blames_the_segment_waits_and_runs_it_alone(void **state)
{
    (void)state;
    struct world world;
    struct held_task task;
    open_eight(&world, &task);
    struct core_report report = report_failed(&task, 0, 3, NODE);
    report.signal = SIGSEGV;
    world_report(&world, &report);
    assert_int_equal(world_verdict(&world), VERDICT_NOTED);
    assert_int_equal(state_of(&world, 3), SEGMENT_WAITING);
    assert_int_equal(core_state(world.core, 3).blame, 1);
    assert_int_equal(core_state(world.core, 2).blame, 0);
    assert_states(&world, task.segments, 3, SEGMENT_READY);
    assert_int_equal(core_deadline(world.core), world.now_ns + DELAY);
    world_tick(&world, DELAY);
    assert_int_equal(state_of(&world, 3), SEGMENT_READY);
    assert_int_equal(world_take(&world).count, 3);
    struct held_task alone = world_take(&world);
    assert_int_equal(alone.count, 1);
    assert_int_equal(alone.segments[0], 3);
    world_close(&world);
}

static void a_segment_blamed_as_often_as_the_policy_says_is_quarantined(void **state)
{
    (void)state;
    struct world world;
    struct campaign_policy policy = policy_of_tests();
    world_open(&world, &policy, 1);
    for (uint32_t i = 0; i < policy.attempts; i++) {
        struct held_task task = world_take(&world);
        struct core_report report = report_failed(&task, 0, 0, E_NONE);
        report.signal = SIGABRT;
        world_report(&world, &report);
        world_tick(&world, DELAY);
    }
    assert_int_equal(state_of(&world, 0), SEGMENT_QUARANTINED);
    assert_int_equal(core_state(world.core, 0).blame, policy.attempts);
    world_close(&world);
}

static void a_kill_from_outside_blames_nobody(void **state)
{
    (void)state;
    struct world world;
    struct held_task task;
    open_eight(&world, &task);
    struct core_report report = report_failed(&task, 0, 5, NODE);
    report.signal = SIGKILL;
    world_report(&world, &report);
    assert_int_equal(state_of(&world, 5), SEGMENT_WAITING);
    assert_int_equal(core_state(world.core, 5).blame, 0);
    assert_int_equal(core_state(world.core, 5).deaths, 1);
    assert_int_equal(state_of(&world, 6), SEGMENT_READY);
    world_close(&world);
}

static void the_delay_doubles_with_each_death_up_to_sixty_times(void **state)
{
    (void)state;
    static const int64_t factors[] = {1, 2, 4, 8, 16, 32, 60, 60};
    struct world world;
    struct campaign_policy policy = policy_of_tests();
    policy.lease_ns = 1000 * TERM;
    world_open(&world, &policy, 1);
    for (size_t i = 0; i < sizeof factors / sizeof factors[0]; i++) {
        struct held_task task = world_take(&world);
        struct core_report report = report_failed(&task, 0, 0, STORAGE);
        world_report(&world, &report);
        assert_int_equal(core_deadline(world.core) - world.now_ns, factors[i] * DELAY);
        world_tick(&world, factors[i] * DELAY);
    }
    world_close(&world);
}

static void one_death_more_than_fifty_sets_a_segment_aside(void **state)
{
    (void)state;
    struct world world;
    struct campaign_policy policy = policy_of_tests();
    policy.lease_ns = 1000 * TERM;
    world_open(&world, &policy, 1);
    for (int i = 0; i <= 50; i++) {
        struct held_task task = world_take(&world);
        assert_int_equal(task.count, 1);
        struct core_report report = report_failed(&task, 0, 0, STORAGE);
        world_report(&world, &report);
        world_tick(&world, 60 * DELAY);
    }
    assert_int_equal(state_of(&world, 0), SEGMENT_QUARANTINED);
    assert_int_equal(core_state(world.core, 0).blame, 0);
    world_close(&world);
}

static void a_segment_with_three_unexplained_deaths_runs_alone(void **state)
{
    (void)state;
    struct world world;
    struct held_task task;
    open_eight(&world, &task);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(task.count, 8);
        struct core_report report = report_failed(&task, 0, 0, NODE);
        world_report(&world, &report);
        world_tick(&world, 8 * DELAY);
        world_step(&world, &(struct core_event){.kind = EVENT_HELLO, .pilot = PILOT});
        task = world_take(&world);
    }
    assert_int_equal(task.count, 1);
    assert_int_equal(task.segments[0], 0);
    assert_int_equal(world_take(&world).count, 7);
    world_close(&world);
}

static void without_a_name_the_first_without_a_result_was_at_work(void **state)
{
    (void)state;
    struct world world;
    struct held_task task;
    open_eight(&world, &task);
    struct core_report report = report_failed(&task, 2, UINT32_MAX, INPUT);
    world_report(&world, &report);
    assert_int_equal(state_of(&world, 2), SEGMENT_QUARANTINED);
    assert_states(&world, task.segments + 3, 5, SEGMENT_READY);
    world_close(&world);
}

static void blaming_a_committed_segment_does_not_touch_it(void **state)
{
    (void)state;
    struct world world;
    struct held_task task;
    open_eight(&world, &task);
    struct core_report report = report_failed(&task, 2, 0, INPUT);
    world_report(&world, &report);
    assert_int_equal(state_of(&world, 0), SEGMENT_COMMITTED);
    assert_int_equal(state_of(&world, 2), SEGMENT_QUARANTINED);
    world_close(&world);
}

static void trouble_of_the_whole_task_makes_all_of_it_wait(void **state)
{
    (void)state;
    struct world world;
    struct held_task task;
    open_eight(&world, &task);
    struct core_report report = report_failed(&task, 0, UINT32_MAX, STORAGE);
    world_report(&world, &report);
    assert_states(&world, task.segments, 8, SEGMENT_WAITING);
    assert_int_equal(core_state(world.core, 0).deaths, 1);
    assert_int_equal(core_state(world.core, 1).deaths, 0);
    world_close(&world);
}

static void too_large_a_task_is_halved_down_to_one_segment(void **state)
{
    (void)state;
    struct world world;
    struct held_task task;
    open_eight(&world, &task);
    for (uint32_t size = 8; size > 1; size /= 2) {
        assert_int_equal(task.count, size);
        struct core_report report = report_failed(&task, 0, 0, RESOURCE);
        world_report(&world, &report);
        assert_states(&world, task.segments, task.count, SEGMENT_READY);
        assert_int_equal(core_state(world.core, 0).blame, 0);
        task = world_take(&world);
    }
    assert_int_equal(task.count, 1);
    struct core_report report = report_failed(&task, 0, 0, RESOURCE);
    world_report(&world, &report);
    assert_int_equal(core_state(world.core, 0).blame, 1);
    assert_int_equal(state_of(&world, 0), SEGMENT_WAITING);
    world_close(&world);
}

static void results_without_their_files_are_not_taken_and_blame_nobody(void **state)
{
    (void)state;
    struct world world;
    struct held_task task;
    open_eight(&world, &task);
    struct core_report report = report_done(&task);
    report.parts_present = false;
    world_report(&world, &report);
    assert_int_equal(world_verdict(&world), VERDICT_NOTED);
    assert_int_equal(world_count(&world, COMMAND_COMMIT), 0);
    assert_int_equal(world_count(&world, COMMAND_COLLECT), 1);
    assert_states(&world, task.segments, 8, SEGMENT_WAITING);
    assert_int_equal(core_state(world.core, 0).failure, E_PARTS_ABSENT);
    assert_int_equal(core_state(world.core, 0).blame, 0);
    world_close(&world);
}

static void done_with_fewer_or_more_results_than_segments_is_not_taken(void **state)
{
    (void)state;
    static const uint32_t counts[] = {0, 7, 9};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        struct world world;
        struct held_task task;
        open_eight(&world, &task);
        struct core_report report = report_done(&task);
        report.segment_count = counts[i];
        world_report(&world, &report);
        assert_int_equal(world_count(&world, COMMAND_COMMIT), 0);
        assert_int_equal(core_state(world.core, 0).failure, E_REPORT_EMPTY);
        assert_int_equal(core_count(world.core).by_state[SEGMENT_WAITING], 8);
        world_close(&world);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_done_report_commits_in_order_and_then_ends_the_attempt),
        cmocka_unit_test(the_same_report_again_is_answered_committed_and_changes_nothing),
        cmocka_unit_test(a_report_twice_in_one_sync_commits_once),
        cmocka_unit_test(what_ended_in_an_earlier_life_is_answered_from_the_catalog),
        cmocka_unit_test(a_wrong_token_is_refused),
        cmocka_unit_test(a_prefix_is_committed_and_the_rest_is_ready_at_once),
        cmocka_unit_test(a_returned_task_costs_nothing_and_is_ready_at_once),
        cmocka_unit_test(fifty_preemptions_leave_a_segment_without_a_mark),
        cmocka_unit_test(bad_input_quarantines_the_segment_at_once_and_frees_the_others),
        cmocka_unit_test(a_crash_blames_the_segment_waits_and_runs_it_alone),
        cmocka_unit_test(a_segment_blamed_as_often_as_the_policy_says_is_quarantined),
        cmocka_unit_test(a_kill_from_outside_blames_nobody),
        cmocka_unit_test(the_delay_doubles_with_each_death_up_to_sixty_times),
        cmocka_unit_test(one_death_more_than_fifty_sets_a_segment_aside),
        cmocka_unit_test(a_segment_with_three_unexplained_deaths_runs_alone),
        cmocka_unit_test(without_a_name_the_first_without_a_result_was_at_work),
        cmocka_unit_test(blaming_a_committed_segment_does_not_touch_it),
        cmocka_unit_test(trouble_of_the_whole_task_makes_all_of_it_wait),
        cmocka_unit_test(too_large_a_task_is_halved_down_to_one_segment),
        cmocka_unit_test(results_without_their_files_are_not_taken_and_blame_nobody),
        cmocka_unit_test(done_with_fewer_or_more_results_than_segments_is_not_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
