/* core_ready_test.c - what is handed out, in which order, to how many at a time.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/coordinator/core_fixture.h"

static void neighbours_of_one_chunk_are_one_task_of_the_target_size(void **state)
{
    (void)state;
    struct world world;
    struct campaign_policy policy = policy_of_tests();
    world_open(&world, &policy, 16);
    world_sync(&world, 3, NULL, 0);
    assert_int_equal(world_count(&world, COMMAND_LEASE), 3);
    struct held_task first = task_given(&world, 0);
    struct held_task third = task_given(&world, 2);
    assert_int_equal(first.count, 4); /* 4 x 100 bytes reach 400 */
    assert_int_equal(first.segments[0], 0);
    assert_int_equal(first.segments[3], 3);
    assert_int_equal(third.segments[0], 8); /* the next chunk */
    world_close(&world);
}

static void a_task_ends_with_its_chunk(void **state)
{
    (void)state;
    struct world world;
    struct campaign_policy policy = policy_of_tests();
    policy.task_bytes = 1200;
    world_open(&world, &policy, 16);
    assert_int_equal(world_take(&world).count, 8);
    world_close(&world);
}

static void a_task_has_at_most_as_many_segments_as_the_policy_says(void **state)
{
    (void)state;
    struct world world;
    struct campaign_policy policy = policy_of_tests();
    policy.task_segments = 3;
    world_open(&world, &policy, 8);
    assert_int_equal(world_take(&world).count, 3);
    world_close(&world);
}

static void a_segment_larger_than_the_target_is_a_task(void **state)
{
    (void)state;
    struct world world;
    struct campaign_policy policy = policy_of_tests();
    policy.task_bytes = 1;
    world_open(&world, &policy, 8);
    assert_int_equal(world_take(&world).count, 1);
    world_close(&world);
}

static void a_gap_in_the_ordinals_ends_a_task(void **state)
{
    (void)state;
    struct world world;
    struct campaign_policy policy = policy_of_tests();
    struct core_segment segments[4];
    for (uint32_t i = 0; i < 4; i++)
        segments[i] = segment_of_tests(i);
    segments[1].state.state = SEGMENT_COMMITTED;
    world_load(&world, &policy, segments, 4);
    world_start(&world);
    assert_int_equal(world_take(&world).count, 1);
    assert_int_equal(world_take(&world).count, 2);
    world_close(&world);
}

static void segments_with_other_steps_are_another_task(void **state)
{
    (void)state;
    struct world world;
    struct campaign_policy policy = policy_of_tests();
    struct core_segment segments[4];
    for (uint32_t i = 0; i < 4; i++)
        segments[i] = segment_of_tests(i);
    segments[2].steps = STEP_SELECT;
    segments[3].steps = STEP_SELECT;
    world_load(&world, &policy, segments, 4);
    world_start(&world);
    assert_int_equal(world_take(&world).count, 2);
    assert_int_equal(world_find(&world, COMMAND_LEASE, 0)->steps,
                     STEP_RECO | STEP_SELECT);
    assert_int_equal(world_take(&world).count, 2);
    assert_int_equal(world_find(&world, COMMAND_LEASE, 0)->steps, STEP_SELECT);
    world_close(&world);
}

/* Plan order is (run, spill, builder, chunk, ordinal): the segments of a chunk are apart.
 */
static void neighbours_are_found_though_the_plan_orders_by_spill(void **state)
{
    (void)state;
    struct world world;
    struct campaign_policy policy = policy_of_tests();
    struct core_segment segments[6];
    for (uint32_t i = 0; i < 6; i++) {
        segments[i] = segment_of_tests(0);
        segments[i].id.chunk.number = (uint16_t)(i % 2 + 1);
        segments[i].id.ordinal = i / 2;
    }
    world_load(&world, &policy, segments, 6);
    world_start(&world);
    struct held_task task = world_take(&world);
    assert_int_equal(task.count, 3);
    assert_int_equal(task.segments[0], 0);
    assert_int_equal(task.segments[1], 2);
    assert_int_equal(task.segments[2], 4);
    world_close(&world);
}

static void no_more_tasks_than_wanted_or_than_tokens(void **state)
{
    (void)state;
    struct world world;
    struct campaign_policy policy = policy_of_tests();
    policy.task_bytes = 1;
    world_open(&world, &policy, 8);
    world_sync(&world, 2, NULL, 0);
    assert_int_equal(world_count(&world, COMMAND_LEASE), 2);
    const uint64_t tokens[3] = {9, 8, 7};
    world_step(&world, &(struct core_event){.kind = EVENT_SYNC,
                                            .pilot = PILOT,
                                            .want = 6,
                                            .tokens = tokens,
                                            .token_count = 3});
    assert_int_equal(world_count(&world, COMMAND_LEASE), 3);
    assert_int_equal(task_given(&world, 2).token, 7);
    world_close(&world);
}

static void each_attempt_has_the_next_number(void **state)
{
    (void)state;
    struct world world;
    struct campaign_policy policy = policy_of_tests();
    world_open(&world, &policy, 16);
    assert_int_equal(world_take(&world).attempt, 1);
    assert_int_equal(world_take(&world).attempt, 2);
    world_close(&world);
}

static void leasing_counts_an_attempt_of_each_segment(void **state)
{
    (void)state;
    struct world world;
    struct campaign_policy policy = policy_of_tests();
    world_open(&world, &policy, 8);
    world_take(&world);
    assert_int_equal(core_state(world.core, 0).attempts, 1);
    assert_int_equal(core_state(world.core, 4).attempts, 0);
    world_close(&world);
}

static void an_unknown_pilot_gets_no_work_and_is_told_to_say_hello(void **state)
{
    (void)state;
    struct world world;
    struct campaign_policy policy = policy_of_tests();
    world_open(&world, &policy, 8);
    const uint64_t token = 5;
    world_step(&world, &(struct core_event){.kind = EVENT_SYNC,
                                            .pilot = PILOT + 1,
                                            .want = 1,
                                            .tokens = &token,
                                            .token_count = 1});
    assert_int_equal(world_count(&world, COMMAND_UNKNOWN), 1);
    assert_int_equal(world_count(&world, COMMAND_LEASE), 0);
    world_close(&world);
}

static void after_a_drain_nothing_is_handed_out(void **state)
{
    (void)state;
    struct world world;
    struct campaign_policy policy = policy_of_tests();
    world_open(&world, &policy, 8);
    world_step(&world, &(struct core_event){.kind = EVENT_DRAIN});
    assert_int_equal(world_take(&world).attempt, 0);
    assert_int_equal(world_count(&world, COMMAND_FINISH), 1);
    world_close(&world);
}

static void planned_segments_wait_for_their_release(void **state)
{
    (void)state;
    struct world world;
    struct campaign_policy policy = policy_of_tests();
    struct core_segment segment = segment_of_tests(0);
    segment.state.state = SEGMENT_PLANNED;
    world_load(&world, &policy, &segment, 1);
    world_start(&world);
    assert_int_equal(world_take(&world).attempt, 0);
    const uint32_t number = 0;
    world_step(&world, &(struct core_event){.kind = EVENT_RELEASE,
                                            .segments = &number,
                                            .segment_count = 1});
    assert_int_equal(world_take(&world).count, 1);
    world_close(&world);
}

/* Segment 0 died four times with its pilots, 1 and 2 three times. */
static void a_pilot_has_one_suspect_and_who_died_alone_comes_last(void **state)
{
    (void)state;
    static const uint8_t deaths[8] = {4, 3, 3};
    struct campaign_policy policy = policy_of_tests();
    struct core_segment segments[8];
    struct world world;
    for (uint32_t i = 0; i < 8; i++) {
        segments[i] = segment_of_tests(i);
        segments[i].state.deaths = deaths[i];
        segments[i].state.failure = deaths[i] > 0 ? E_PILOT_LOST : E_NONE;
    }
    world_load(&world, &policy, segments, 8);
    world_start(&world);
    world_sync(&world, 8, NULL, 0);
    struct held_task suspect = task_given(&world, 0);
    struct held_task fresh[] = {task_given(&world, 1), task_given(&world, 2)};
    assert_int_equal(world_count(&world, COMMAND_LEASE), 3);
    assert_int_equal(suspect.count, 1);
    assert_int_equal(suspect.segments[0], 1);
    assert_int_equal(fresh[0].segments[0], 3);
    assert_int_equal(fresh[0].count + fresh[1].count, 5);
    world_sync(&world, 8, NULL, suspect.attempt);
    assert_int_equal(world_count(&world, COMMAND_LEASE), 0);
    static const uint32_t order[] = {1, 2, 0};
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(suspect.segments[0], order[i]);
        struct core_report report = report_done(&suspect);
        world_sync(&world, 8, &report, 0);
        suspect = task_given(&world, 0);
    }
    assert_int_equal(suspect.attempt, 0);
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(neighbours_of_one_chunk_are_one_task_of_the_target_size),
        cmocka_unit_test(a_task_ends_with_its_chunk),
        cmocka_unit_test(a_task_has_at_most_as_many_segments_as_the_policy_says),
        cmocka_unit_test(a_segment_larger_than_the_target_is_a_task),
        cmocka_unit_test(a_gap_in_the_ordinals_ends_a_task),
        cmocka_unit_test(segments_with_other_steps_are_another_task),
        cmocka_unit_test(neighbours_are_found_though_the_plan_orders_by_spill),
        cmocka_unit_test(no_more_tasks_than_wanted_or_than_tokens),
        cmocka_unit_test(each_attempt_has_the_next_number),
        cmocka_unit_test(leasing_counts_an_attempt_of_each_segment),
        cmocka_unit_test(an_unknown_pilot_gets_no_work_and_is_told_to_say_hello),
        cmocka_unit_test(after_a_drain_nothing_is_handed_out),
        cmocka_unit_test(planned_segments_wait_for_their_release),
        cmocka_unit_test(a_pilot_has_one_suspect_and_who_died_alone_comes_last),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
