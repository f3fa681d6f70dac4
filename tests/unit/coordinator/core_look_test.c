/* core_look_test.c - what a campaign waits for, and when that is an alert.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/coordinator/core_fixture.h"

/* Longer than the patience of the fixture's policy: two terms. */
#define LONG (2 * TERM + SECOND)

static struct core_watch look(const struct world *world)
{
    struct core_watch watch;
    core_look(world->core, world->now_ns, &watch);
    return watch;
}

static void assert_cause(const struct world *world, enum core_cause cause, bool alert)
{
    struct core_watch watch = look(world);
    assert_int_equal(watch.cause, cause);
    assert_int_equal(watch.alert, alert);
}

static void open_four(struct world *world)
{
    struct campaign_policy policy = policy_of_tests();
    world_open(world, &policy, 4);
}

static void patience_is_two_terms_or_two_limits_of_a_segment(void **state)
{
    (void)state;
    struct campaign_policy policy = {.lease_ns = 5, .segment_limit_ns = 3};
    assert_int_equal(core_patience_ns(&policy), 10);
    policy.segment_limit_ns = 7;
    assert_int_equal(core_patience_ns(&policy), 14);
    policy.segment_limit_ns = INT64_MAX;
    assert_int_equal(core_patience_ns(&policy), INT64_MAX);
    policy.alert_ns = 2; /* said by the campaign file */
    assert_int_equal(core_patience_ns(&policy), 2);
}

static void work_that_nobody_takes_is_told_by_what_the_pilots_do(void **state)
{
    (void)state;
    struct world world;
    open_four(&world);
    assert_cause(&world, CORE_NOT_HERE, false); /* the pilot came this moment */
    for (int i = 0; i < 3; i++) {
        world_tick(&world, TERM);
        world_sync(&world, 0, NULL, 0);
    }
    assert_cause(&world, CORE_NOT_ASKED, true);
    world_tick(&world, LONG);
    assert_cause(&world, CORE_NO_PILOT, true);
    assert_int_equal(look(&world).segments, 4);
    world_close(&world);
}

static void a_lease_is_late_from_its_deadline_until_its_pilot_is_heard_of(void **state)
{
    (void)state;
    struct world world;
    open_four(&world);
    struct held_task task = world_take(&world);
    world_tick(&world, TERM - 1);
    assert_int_equal(look(&world).late_count, 0);
    assert_cause(&world, CORE_AT_WORK, false);
    world_tick(&world, 1);
    struct core_watch watch = look(&world);
    assert_int_equal(watch.cause, CORE_SILENT);
    assert_int_equal(watch.attempt, task.attempt);
    assert_int_equal(watch.late_count, 1);
    assert_int_equal(watch.late[0].attempt, task.attempt);
    assert_int_equal(watch.late[0].first, 0);
    assert_int_equal(watch.late[0].count, 4);
    assert_int_equal(watch.late[0].deadline_ns, world.now_ns);
    world_sync(&world, 0, NULL, task.attempt);
    assert_int_equal(look(&world).late_count, 0);
    world_close(&world);
}

static void a_pilot_that_is_heard_of_but_never_done_is_an_alert_that_names_it(
    void **state)
{
    (void)state;
    struct world world;
    open_four(&world);
    struct held_task task = world_take(&world);
    for (int i = 0; i < 5; i++) {
        world_tick(&world, TERM / 2);
        world_sync(&world, 0, NULL, task.attempt);
    }
    assert_cause(&world, CORE_AT_WORK, true);
    assert_int_equal(look(&world).attempt, task.attempt);
    struct core_report report = report_done(&task);
    world_report(&world, &report);
    assert_false(look(&world).alert);
    assert_int_equal(look(&world).idle_ns, 0);
    assert_cause(&world, CORE_PUBLISHING, false);
    world_close(&world);
}

static void more_late_leases_than_are_shown_are_counted(void **state)
{
    (void)state;
    struct world world;
    struct campaign_policy policy = policy_of_tests();
    policy.task_segments = 1;
    world_open(&world, &policy, 40);
    world_sync(&world, 40, NULL, 0);
    world_tick(&world, TERM);
    assert_int_equal(look(&world).late_count, 40);
    assert_int_equal(look(&world).late[CORE_LATE_SHOWN - 1].attempt, CORE_LATE_SHOWN);
    world_close(&world);
}

static void delay_quarantine_and_stage_are_told_when_nothing_else_is_left(void **state)
{
    (void)state;
    struct world world;
    struct campaign_policy policy = policy_of_tests();
    world_open(&world, &policy, 1);
    struct held_task task = world_take(&world);
    struct core_report report = report_failed(&task, 0, 0, E_DISK_FULL);
    world_report(&world, &report);
    assert_cause(&world, CORE_DELAY, false);
    assert_int_equal(look(&world).failure, E_DISK_FULL);
    world_tick(&world, DELAY);
    task = world_take(&world);
    report = report_failed(&task, 0, 0, E_MODEL);
    world_report(&world, &report);
    assert_cause(&world, CORE_MANAGER, false);
    world_tick(&world, LONG);
    assert_cause(&world, CORE_MANAGER, true);
    uint32_t number = 0;
    world_step(&world, &(struct core_event){.kind = EVENT_RELEASE,
                                            .segments = &number,
                                            .segment_count = 1});
    assert_cause(&world, CORE_NO_PILOT, false);
    world_close(&world);

    struct core_segment planned = segment_of_tests(0);
    planned.state.state = SEGMENT_PLANNED;
    world_load(&world, &policy, &planned, 1);
    world_start(&world);
    assert_cause(&world, CORE_STAGE, false);
    world_tick(&world, LONG); /* a manager has to say a word: no alert */
    assert_cause(&world, CORE_STAGE, false);
    world_close(&world);
}

static void what_is_complete_waits_for_nothing(void **state)
{
    (void)state;
    struct world world;
    struct campaign_policy policy = policy_of_tests();
    struct core_segment segment = segment_of_tests(0);
    segment.state.state = SEGMENT_COMMITTED;
    world_load(&world, &policy, &segment, 1);
    world_start(&world);
    struct merge_group group = {.number = 0, .count = 1, .state = GROUP_PUBLISHED};
    world_step(&world, &(struct core_event){
                           .kind = EVENT_GROUPS, .groups = &group, .group_count = 1});
    world_tick(&world, LONG);
    assert_cause(&world, CORE_DONE, false);
    assert_int_equal(look(&world).segments, 0);
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patience_is_two_terms_or_two_limits_of_a_segment),
        cmocka_unit_test(work_that_nobody_takes_is_told_by_what_the_pilots_do),
        cmocka_unit_test(a_lease_is_late_from_its_deadline_until_its_pilot_is_heard_of),
        cmocka_unit_test(
            a_pilot_that_is_heard_of_but_never_done_is_an_alert_that_names_it),
        cmocka_unit_test(more_late_leases_than_are_shown_are_counted),
        cmocka_unit_test(delay_quarantine_and_stage_are_told_when_nothing_else_is_left),
        cmocka_unit_test(what_is_complete_waits_for_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
