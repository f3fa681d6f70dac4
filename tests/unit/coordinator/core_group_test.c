/* core_group_test.c - cutting, merging, publishing, losses and the end of a campaign.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/coordinator/core_fixture.h"

static const uint32_t numbers[4] = {0, 1, 2, 3};

static struct merge_group group_of_tests(uint32_t number, enum group_state state)
{
    return (struct merge_group){.number = number, .count = 4, .state = state};
}

static void world_groups(struct world *world, const struct merge_group *groups,
                         uint32_t count)
{
    world_step(world, &(struct core_event){.kind = EVENT_GROUPS,
                                           .unit = 0,
                                           .groups = groups,
                                           .group_count = count});
}

static void world_published(struct world *world, uint32_t number)
{
    struct merge_group group = {.number = number};
    world_step(world, &(struct core_event){
                          .kind = EVENT_PUBLISHED, .groups = &group, .group_count = 1});
}

static void world_segments(struct world *world, enum event_kind kind, uint32_t segment)
{
    world_step(world, &(struct core_event){
                          .kind = kind, .segments = &segment, .segment_count = 1});
}

/* All committed and cut into this many groups from number 0 on. */
static void open_cut(struct world *world, uint32_t groups)
{
    struct campaign_policy policy = policy_of_tests();
    struct merge_group list[4];
    world_open(world, &policy, 4);
    world_commit_all(world);
    for (uint32_t i = 0; i < groups; i++)
        list[i] = group_of_tests(i, GROUP_OPEN);
    world_groups(world, list, groups);
}

static void merge_and_publish(struct world *world)
{
    struct held_task task = world_take(world);
    assert_int_equal(task.kind, TASK_MERGE);
    struct core_report report = report_done(&task);
    world_report(world, &report);
    assert_int_equal(world_find(world, COMMAND_PUBLISH, 0)->group, task.group);
    world_published(world, task.group);
}

static void a_unit_is_cut_once_when_its_last_segment_is_final(void **state)
{
    (void)state;
    struct world world;
    struct campaign_policy policy = policy_of_tests();
    world_open(&world, &policy, 4);
    struct held_task task = world_take(&world);
    struct core_report report = report_done(&task);
    world_report(&world, &report);
    assert_int_equal(world_count(&world, COMMAND_CUT), 1);
    assert_int_equal(world_find(&world, COMMAND_CUT, 0)->unit, 0);
    world_tick(&world, SECOND);
    assert_int_equal(world_count(&world, COMMAND_CUT), 0);
    world_close(&world);
}

static void a_merge_is_leased_committed_published_and_then_all_is_complete(void **state)
{
    (void)state;
    struct world world;
    open_cut(&world, 2);
    struct held_task task = world_take(&world);
    assert_int_equal(task.kind, TASK_MERGE);
    assert_int_equal(task.count, 1);
    assert_int_equal(task.group, 0);
    struct core_report report = report_done(&task);
    world_report(&world, &report);
    assert_int_equal(world.commands.list[0].kind, COMMAND_COMMIT);
    assert_int_equal(world.commands.list[1].kind, COMMAND_GROUP);
    assert_int_equal(world.commands.list[1].group_state, GROUP_PUBLISHING);
    assert_int_equal(world.commands.list[1].report, 0);
    assert_int_equal(world_verdict(&world), VERDICT_COMMITTED);
    world_published(&world, 0);
    assert_int_equal(world_count(&world, COMMAND_COMPLETE), 0);
    merge_and_publish(&world);
    assert_int_equal(world_count(&world, COMMAND_COMPLETE), 1);
    assert_false(world_find(&world, COMMAND_COMPLETE, 0)->stuck);
    assert_int_equal(world_take(&world).attempt, 0);
    assert_int_equal(world_count(&world, COMMAND_FINISH), 1);
    world_close(&world);
}

static void merges_go_before_process_tasks(void **state)
{
    (void)state;
    struct world world;
    struct campaign_policy policy = policy_of_tests();
    world = (struct world){.now_ns = SECOND};
    world.core = core_new(&policy, 1);
    for (uint32_t i = 0; i < 16; i++) {
        struct core_segment segment = segment_of_tests(i);
        segment.state.state = i < 8 ? SEGMENT_COMMITTED : SEGMENT_READY;
        core_add_segment(world.core, &segment);
    }
    core_add_unit(world.core, &(struct core_unit){.first = 0, .count = 8});
    core_add_unit(world.core, &(struct core_unit){.first = 8, .count = 8});
    world_start(&world);
    struct merge_group group = group_of_tests(0, GROUP_OPEN);
    world_groups(&world, &group, 1);
    assert_int_equal(world_take(&world).kind, TASK_MERGE);
    assert_int_equal(world_take(&world).kind, TASK_PROCESS);
    world_close(&world);
}

static void a_unit_without_groups_is_done(void **state)
{
    (void)state;
    struct world world;
    open_cut(&world, 0);
    assert_int_equal(world_count(&world, COMMAND_COMPLETE), 1);
    world_close(&world);
}

static void a_failed_merge_waits_longer_each_time_and_is_given_up_in_the_end(void **state)
{
    (void)state;
    struct world world;
    open_cut(&world, 1);
    for (uint32_t i = 0; i <= 50; i++) {
        struct held_task task = world_take(&world);
        assert_int_equal(task.kind, TASK_MERGE);
        struct core_report report = report_failed(&task, 0, UINT32_MAX, E_DISK_FULL);
        world_report(&world, &report);
        assert_int_equal(world_take(&world).attempt, 0);
        world_tick(&world, 60 * DELAY);
        world_step(&world, &(struct core_event){.kind = EVENT_HELLO, .pilot = PILOT});
    }
    assert_int_equal(core_count(world.core).groups[GROUP_FAILED], 1);
    assert_int_equal(world_take(&world).attempt, 0);
    world_close(&world);
}

static void a_group_given_up_leaves_the_campaign_stuck_until_a_release_cuts_anew(
    void **state)
{
    (void)state;
    struct world world;
    struct campaign_policy policy = policy_of_tests();
    world_open(&world, &policy, 4);
    world_commit_all(&world);
    struct merge_group group = group_of_tests(0, GROUP_OPEN);
    group.deaths = 50;
    world_groups(&world, &group, 1);
    struct held_task task = world_take(&world);
    struct core_report report = report_failed(&task, 0, UINT32_MAX, E_DISK_FULL);
    world_report(&world, &report);
    assert_true(world_find(&world, COMMAND_COMPLETE, 0)->stuck);
    world_segments(&world, EVENT_RELEASE, 2);
    assert_int_equal(world_find(&world, COMMAND_GROUP, 0)->group_state, GROUP_VOID);
    assert_int_equal(world_count(&world, COMMAND_CUT), 1);
    world_close(&world);
}

static void a_merge_whose_file_is_not_there_is_tried_again(void **state)
{
    (void)state;
    struct world world;
    open_cut(&world, 1);
    struct held_task task = world_take(&world);
    struct core_report report = report_done(&task);
    report.parts_present = false;
    world_report(&world, &report);
    assert_int_equal(world_count(&world, COMMAND_COMMIT), 0);
    assert_int_equal(world_verdict(&world), VERDICT_NOTED);
    assert_int_equal(core_count(world.core).groups[GROUP_OPEN], 1);
    world_tick(&world, DELAY);
    assert_int_equal(world_take(&world).kind, TASK_MERGE);
    world_close(&world);
}

static void an_expired_merge_is_given_to_another(void **state)
{
    (void)state;
    struct world world;
    open_cut(&world, 1);
    struct held_task late = world_take(&world);
    world.now_ns += TERM;
    struct held_task again = world_take(&world);
    assert_int_equal(again.kind, TASK_MERGE);
    struct core_report report = report_done(&late);
    world_report(&world, &report);
    assert_int_equal(world_verdict(&world), VERDICT_REFUSED);
    world_close(&world);
}

static void a_missing_product_opens_its_segment_and_voids_the_groups(void **state)
{
    (void)state;
    struct world world;
    open_cut(&world, 3);
    merge_and_publish(&world);
    struct held_task merge = world_take(&world);
    world_segments(&world, EVENT_MISSING, 1);
    assert_int_equal(state_of(&world, 1), SEGMENT_READY);
    assert_int_equal(core_count(world.core).groups[GROUP_VOID], 3);
    assert_int_equal(world_find(&world, COMMAND_END, 0)->attempt, merge.attempt);
    struct core_report report = report_done(&merge);
    world_report(&world, &report);
    assert_int_equal(world_verdict(&world), VERDICT_REFUSED);
    struct held_task again = world_take(&world);
    assert_int_equal(again.count, 1);
    report = report_done(&again);
    world_report(&world, &report);
    assert_int_equal(world_count(&world, COMMAND_CUT), 1);
    struct merge_group groups[2] = {group_of_tests(3, GROUP_PUBLISHED),
                                    group_of_tests(4, GROUP_OPEN)};
    world_groups(&world, groups, 2);
    merge_and_publish(&world);
    assert_int_equal(world_count(&world, COMMAND_COMPLETE), 1);
    world_close(&world);
}

static void missing_products_are_made_with_the_steps_that_are_named(void **state)
{
    (void)state;
    struct world world;
    open_cut(&world, 1);
    world_step(&world, &(struct core_event){.kind = EVENT_MISSING,
                                            .segments = numbers,
                                            .segment_count = 2,
                                            .steps = STEP_SELECT});
    world_take(&world);
    assert_int_equal(world_find(&world, COMMAND_LEASE, 0)->steps, STEP_SELECT);
    world_close(&world);
}

static void a_new_cut_waits_for_a_group_that_is_being_published(void **state)
{
    (void)state;
    struct world world;
    open_cut(&world, 1);
    struct held_task merge = world_take(&world);
    struct core_report report = report_done(&merge);
    world_report(&world, &report);
    world_segments(&world, EVENT_MISSING, 0);
    world_commit_all(&world);
    assert_int_equal(core_count(world.core).groups[GROUP_PUBLISHING], 1);
    world_published(&world, 0);
    assert_int_equal(world_find(&world, COMMAND_GROUP, 0)->group_state, GROUP_VOID);
    assert_int_equal(world_count(&world, COMMAND_CUT), 1);
    world_close(&world);
}

static void a_cut_made_before_its_unit_opened_again_is_void(void **state)
{
    (void)state;
    struct world world;
    struct campaign_policy policy = policy_of_tests();
    world_open(&world, &policy, 4);
    world_commit_all(&world);
    world_segments(&world, EVENT_MISSING, 0);
    world_commit_all(&world);
    struct merge_group group = group_of_tests(0, GROUP_OPEN);
    world_groups(&world, &group, 1); /* the answer to the first cut */
    assert_int_equal(core_count(world.core).groups[GROUP_VOID], 1);
    group.number = 1;
    world_groups(&world, &group, 1); /* the answer to the second */
    assert_int_equal(core_count(world.core).groups[GROUP_OPEN], 1);
    world_close(&world);
}

/* Quarantines segment 0 and commits the other three. */
static void quarantine_one(struct world *world, double complete_at)
{
    struct campaign_policy policy = policy_of_tests();
    policy.complete_at = complete_at;
    world_open(world, &policy, 4);
    struct held_task task = world_take(world);
    struct core_report report = report_failed(&task, 0, 0, E_MODEL);
    world_report(world, &report);
    task = world_take(world);
    report = report_done(&task);
    world_report(world, &report);
}

static void with_a_quarantined_segment_the_campaign_is_stuck_and_says_so_once(
    void **state)
{
    (void)state;
    struct world world;
    quarantine_one(&world, 1.0);
    assert_int_equal(world_count(&world, COMMAND_COMPLETE), 1);
    assert_true(world_find(&world, COMMAND_COMPLETE, 0)->stuck);
    world_tick(&world, SECOND);
    assert_int_equal(world.commands.count, 0);
    world_close(&world);
}

static void a_released_segment_runs_again_with_a_clean_record(void **state)
{
    (void)state;
    struct world world;
    quarantine_one(&world, 1.0);
    world_segments(&world, EVENT_RELEASE, 0);
    assert_int_equal(state_of(&world, 0), SEGMENT_READY);
    assert_int_equal(core_state(world.core, 0).blame, 0);
    world_commit_all(&world);
    assert_int_equal(core_count(world.core).by_state[SEGMENT_COMMITTED], 4);
    world_close(&world);
}

static void the_policy_accepts_the_loss_when_enough_is_committed(void **state)
{
    (void)state;
    struct world world;
    quarantine_one(&world, 0.75);
    assert_int_equal(state_of(&world, 0), SEGMENT_LOST);
    assert_int_equal(world_count(&world, COMMAND_CUT), 1);
    assert_int_equal(world_count(&world, COMMAND_COMPLETE), 0);
    world_groups(&world, NULL, 0);
    assert_false(world_find(&world, COMMAND_COMPLETE, 0)->stuck);
    world_close(&world);
}

static void the_policy_accepts_no_loss_when_too_little_is_committed(void **state)
{
    (void)state;
    struct world world;
    quarantine_one(&world, 0.76);
    assert_int_equal(state_of(&world, 0), SEGMENT_QUARANTINED);
    world_close(&world);
}

static void a_lost_segment_is_recovered_by_a_release(void **state)
{
    (void)state;
    struct world world;
    quarantine_one(&world, 0.75);
    struct merge_group group = group_of_tests(0, GROUP_OPEN);
    world_groups(&world, &group, 1);
    merge_and_publish(&world);
    assert_int_equal(world_count(&world, COMMAND_COMPLETE), 1);
    world_segments(&world, EVENT_RELEASE, 0);
    assert_int_equal(state_of(&world, 0), SEGMENT_READY);
    world_commit_all(&world);
    group = group_of_tests(1, GROUP_OPEN);
    world_groups(&world, &group, 1);
    merge_and_publish(&world);
    assert_int_equal(world_count(&world, COMMAND_COMPLETE), 1);
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_unit_is_cut_once_when_its_last_segment_is_final),
        cmocka_unit_test(a_merge_is_leased_committed_published_and_then_all_is_complete),
        cmocka_unit_test(merges_go_before_process_tasks),
        cmocka_unit_test(a_unit_without_groups_is_done),
        cmocka_unit_test(
            a_failed_merge_waits_longer_each_time_and_is_given_up_in_the_end),
        cmocka_unit_test(
            a_group_given_up_leaves_the_campaign_stuck_until_a_release_cuts_anew),
        cmocka_unit_test(a_merge_whose_file_is_not_there_is_tried_again),
        cmocka_unit_test(an_expired_merge_is_given_to_another),
        cmocka_unit_test(a_missing_product_opens_its_segment_and_voids_the_groups),
        cmocka_unit_test(missing_products_are_made_with_the_steps_that_are_named),
        cmocka_unit_test(a_new_cut_waits_for_a_group_that_is_being_published),
        cmocka_unit_test(a_cut_made_before_its_unit_opened_again_is_void),
        cmocka_unit_test(
            with_a_quarantined_segment_the_campaign_is_stuck_and_says_so_once),
        cmocka_unit_test(a_released_segment_runs_again_with_a_clean_record),
        cmocka_unit_test(the_policy_accepts_the_loss_when_enough_is_committed),
        cmocka_unit_test(the_policy_accepts_no_loss_when_too_little_is_committed),
        cmocka_unit_test(a_lost_segment_is_recovered_by_a_release),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
