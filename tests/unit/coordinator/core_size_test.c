/* core_size_test.c - scouts, tasks by measured time, small tasks near the end.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/coordinator/core_fixture.h"

#define PLAN  6400u
#define CHUNK 200u
#define BYTES 100u

/* Ten chunks a run, one run a unit, all of the same size. */
static void open_world(struct world *world, const struct campaign_policy *policy,
                       const struct core_pace *pace, uint64_t bytes)
{
    *world = (struct world){.now_ns = 1000 * SECOND};
    world->core = core_new(policy, 1);
    if (pace != NULL)
        core_add_pace(world->core, pace);
    for (uint32_t i = 0; i < PLAN; i++)
        core_add_segment(world->core,
                         &(struct core_segment){
                             .id = {.chunk = {.run = 1, .number = (uint16_t)(i / CHUNK)},
                                    .ordinal = i % CHUNK},
                             .bytes = bytes,
                             .steps = STEP_RECO,
                             .state = {.state = SEGMENT_READY}});
    core_add_unit(world->core, &(struct core_unit){.count = PLAN});
    world_start(world);
}

static void open_large(struct world *world, const struct campaign_policy *policy,
                       const struct core_pace *pace)
{
    open_world(world, policy, pace, BYTES);
}

static struct campaign_policy policy_by_time(int64_t task_s)
{
    struct campaign_policy policy = policy_of_tests();
    policy.task_bytes = UINT64_MAX;
    policy.task_ns = task_s * SECOND;
    return policy;
}

/* Reports the task: it took so long a segment. */
static void report_in(struct world *world, const struct held_task *task, int64_t own_s)
{
    struct core_report report = report_done(task);
    report.wall_ns = own_s * SECOND * task->count;
    world_report(world, &report);
}

static void the_first_tasks_are_one_segment_each_spread_over_the_plan(void **state)
{
    (void)state;
    struct world world;
    struct campaign_policy policy = policy_by_time(60);
    open_large(&world, &policy, NULL);
    for (uint32_t i = 0; i < 32; i++) {
        struct held_task task = world_take(&world);
        assert_int_equal(task.count, 1);
        assert_int_equal(task.segments[0], i * PLAN / 32);
    }
    /* Whoever comes before they are in gets one, from the first chunk on. */
    struct held_task task = world_take(&world);
    assert_int_equal(task.count, 1);
    assert_int_equal(task.segments[0], 1);
    world_close(&world);
}

static void tasks_take_the_target_time_once_half_of_the_scouts_are_in(void **state)
{
    (void)state;
    struct world world;
    struct campaign_policy policy = policy_by_time(60);
    open_large(&world, &policy, NULL);
    for (uint32_t i = 0; i < 16; i++) {
        struct held_task task = world_take(&world);
        assert_int_equal(task.count, 1);
        report_in(&world, &task, 3);
    }
    struct held_task task = world_take(&world);
    assert_int_equal(task.count, 20);
    world_close(&world);
}

static void the_size_follows_what_later_tasks_take(void **state)
{
    (void)state;
    struct world world;
    struct campaign_policy policy = policy_by_time(60);
    open_large(&world, &policy, NULL);
    uint32_t count = 0;
    for (uint32_t i = 0; i < 40; i++) {
        struct held_task task = world_take(&world);
        report_in(&world, &task, i < 20 ? 3 : 12);
        count = task.count;
    }
    assert_in_range(count, 5, 8); /* 5 at 12 s; the first twenty count too */
    world_close(&world);
}

static void reports_that_failed_or_name_no_time_measure_nothing(void **state)
{
    (void)state;
    struct world world;
    struct campaign_policy policy = policy_by_time(60);
    open_large(&world, &policy, NULL);
    for (uint32_t i = 0; i < 40; i++) {
        struct held_task task = world_take(&world);
        struct core_report report =
            i % 2 == 0 ? report_done(&task)
                       : report_failed(&task, 0, task.segments[0], E_DISK_FULL);
        report.wall_ns = i % 2 == 0 ? INT64_MIN : 60 * SECOND;
        world_report(&world, &report);
        assert_int_equal(task.count, 1);
    }
    world_close(&world);
}

static void bytes_and_segments_of_the_policy_bound_a_task_too(void **state)
{
    (void)state;
    struct world world;
    struct campaign_policy policy = policy_by_time(60);
    struct core_pace pace = {
        .steps = STEP_RECO, .count = 16, .bytes = 16 * BYTES, .wall_ns = 16};
    policy.task_bytes = 30 * BYTES;
    open_large(&world, &policy, &pace);
    assert_int_equal(world_take(&world).count, 30);
    world_close(&world);
    policy.task_segments = 7;
    open_large(&world, &policy, &pace);
    assert_int_equal(world_take(&world).count, 7);
    world_close(&world);
}

/* Scouts, then tasks of ever more segments: an executor needs 100 MiB, and one more for
 * each segment of its task. */
static uint32_t size_with(const struct campaign_policy *policy, uint64_t segment_memory,
                          uint64_t segment_written)
{
    struct world world;
    open_world(&world, policy, NULL, (uint64_t)1 << 20);
    struct held_task task = {.count = 0};
    for (uint32_t i = 0; i < 300; i++) {
        task = world_take(&world);
        struct core_report report = report_done(&task);
        report.wall_ns = SECOND * task.count;
        report.memory = ((uint64_t)100 << 20) + segment_memory * task.count;
        report.written = segment_written * task.count;
        world_report(&world, &report);
        if (task.count > 1)
            break;
    }
    /* By what the first larger tasks took. */
    for (uint32_t i = 0; i < 8; i++)
        task = world_take(&world);
    world_close(&world);
    return task.count;
}

static void a_task_needs_no_more_memory_than_its_executor_may_have(void **state)
{
    (void)state;
    struct campaign_policy policy = policy_by_time(60);
    policy.memory_bytes = (uint64_t)128 << 20;
    /* Seven eighths of 128 MiB leave 12 for segments. */
    assert_int_equal(size_with(&policy, (uint64_t)1 << 20, 0), 12);
    /* It does not grow with the task, so smaller ones would not help. */
    assert_int_equal(size_with(&policy, 0, 0), 60);
    policy.memory_bytes = 0;
    assert_int_equal(size_with(&policy, (uint64_t)1 << 20, 0), 60);
    /* One segment is the smallest task all the same. */
    policy.memory_bytes = (uint64_t)32 << 20;
    assert_int_equal(size_with(&policy, (uint64_t)1 << 20, 0), 1);
}

static void a_task_writes_no_more_than_it_may_read(void **state)
{
    (void)state;
    struct campaign_policy policy = policy_by_time(60);
    policy.task_bytes = (uint64_t)40 << 20;
    assert_int_equal(size_with(&policy, 0, (uint64_t)1 << 19), 40);
    assert_int_equal(size_with(&policy, 0, (uint64_t)4 << 20), 10);
}

static void near_the_end_tasks_get_small_and_nobody_takes_a_second_one(void **state)
{
    (void)state;
    struct world world;
    struct campaign_policy policy = policy_by_time(3600);
    struct core_pace pace = {.steps = STEP_RECO,
                             .count = 16,
                             .bytes = 16 * BYTES,
                             .wall_ns = 16 * (uint64_t)SECOND};
    open_large(&world, &policy, &pace);
    uint32_t last = CHUNK;
    uint32_t tasks = 0;
    for (;;) {
        struct held_task task = world_take(&world);
        if (task.count == 0)
            break;
        assert_true(task.count <= last + 1 || task.count <= CHUNK);
        last = task.count;
        tasks++;
    }
    assert_int_equal(last, 1);
    assert_true(tasks > PLAN / CHUNK);
    world_close(&world);

    open_large(&world, &policy, &pace);
    while (core_count(world.core).by_state[SEGMENT_READY] >=
           core_count(world.core).leases)
        assert_int_not_equal(world_take(&world).count, 0);
    /* It holds one and wants one: it has one executor, which is busy. */
    world_sync(&world, 1, NULL, 1);
    assert_int_equal(world_count(&world, COMMAND_LEASE), 0);
    world_sync(&world, 2, NULL, 0);
    assert_int_equal(world_count(&world, COMMAND_LEASE), 1);
    world_close(&world);
}

static void near_the_end_the_largest_goes_first(void **state)
{
    (void)state;
    struct world world;
    struct campaign_policy policy = policy_by_time(60);
    struct core_segment segments[40];
    for (uint32_t i = 0; i < 40; i++) {
        segments[i] = segment_of_tests(i);
        segments[i].id.ordinal = 2 * i; /* no neighbours */
        segments[i].bytes = i == 37 ? 900 : 100;
    }
    world_load(&world, &policy, segments, 40);
    core_add_pace(world.core, &(struct core_pace){.steps = STEP_RECO | STEP_SELECT,
                                                  .count = 16,
                                                  .bytes = 1600,
                                                  .wall_ns = 1600});
    world_start(&world);
    for (uint32_t i = 0; i < 21; i++)
        assert_int_not_equal(world_take(&world).segments[0], 37);
    assert_int_equal(world_take(&world).segments[0], 37);
    world_close(&world);
}

static void without_a_target_time_tasks_are_cut_by_bytes_only(void **state)
{
    (void)state;
    struct world world;
    struct campaign_policy policy = policy_by_time(0);
    policy.task_bytes = 10 * BYTES;
    open_large(&world, &policy, NULL);
    for (uint32_t i = 0; i < PLAN / 10; i++)
        assert_int_equal(world_take(&world).count, 10);
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_tasks_are_one_segment_each_spread_over_the_plan),
        cmocka_unit_test(tasks_take_the_target_time_once_half_of_the_scouts_are_in),
        cmocka_unit_test(the_size_follows_what_later_tasks_take),
        cmocka_unit_test(reports_that_failed_or_name_no_time_measure_nothing),
        cmocka_unit_test(bytes_and_segments_of_the_policy_bound_a_task_too),
        cmocka_unit_test(a_task_needs_no_more_memory_than_its_executor_may_have),
        cmocka_unit_test(a_task_writes_no_more_than_it_may_read),
        cmocka_unit_test(near_the_end_tasks_get_small_and_nobody_takes_a_second_one),
        cmocka_unit_test(near_the_end_the_largest_goes_first),
        cmocka_unit_test(without_a_target_time_tasks_are_cut_by_bytes_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
