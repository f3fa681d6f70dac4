/* core_retry_test.c - the retry rules of a campaign at work in the core.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/coordinator/core_fixture.h"

#define HERE  7u
#define THERE 8u
#define OTHER (PILOT + 1)

/* Segments 0 to 7 in one task of the one pilot, on node HERE. */
static void open_ruled(struct world *world, const struct retry_rule *rule,
                       struct held_task *task)
{
    struct campaign_policy policy = policy_of_tests();
    policy.task_bytes = 800;
    policy.memory_bytes = 1600;
    policy.segment_limit_ns = 1600;
    policy.rules[0] = *rule;
    policy.rule_count = 1;
    world_open(world, &policy, 8);
    world_step(world,
               &(struct core_event){.kind = EVENT_HELLO, .pilot = PILOT, .node = HERE});
    *task = world_take(world);
    assert_int_equal(task->count, 8);
}

static struct retry_decision decision_of(const struct world *world)
{
    const struct core_command *end = world_find(world, COMMAND_END, 0);
    assert_non_null(end);
    return end->decision;
}

static void fail_at(struct world *world, const struct held_task *task, uint32_t blamed,
                    uint16_t failure)
{
    struct core_report report = report_failed(task, 0, blamed, failure);
    report.text = "told by tests";
    world_report(world, &report);
}

static void the_rule_that_decided_is_told_with_the_end(void **state)
{
    (void)state;
    const struct retry_rule rule = {.text = "told by", .action = RETRY_QUARANTINE};
    struct world world;
    struct held_task task;
    open_ruled(&world, &rule, &task);
    fail_at(&world, &task, 5, E_DISK_FULL);
    assert_int_equal(decision_of(&world).rule, 1);
    assert_int_equal(decision_of(&world).action, RETRY_QUARANTINE);
    assert_int_equal(state_of(&world, 5), SEGMENT_QUARANTINED);
    assert_int_equal(core_count(world.core).by_state[SEGMENT_READY], 7);
    task = world_take(&world);
    struct core_report done = report_done(&task);
    world_report(&world, &done);
    assert_int_equal(decision_of(&world).rule, 0);
    world_close(&world);
}

static void a_passive_rule_is_told_and_does_nothing(void **state)
{
    (void)state;
    const struct retry_rule rule = {.passive = true, .action = RETRY_QUARANTINE};
    struct world world;
    struct held_task task;
    open_ruled(&world, &rule, &task);
    fail_at(&world, &task, 5, E_DISK_FULL);
    assert_int_equal(decision_of(&world).passive, 1);
    assert_int_equal(decision_of(&world).rule, RETRY_BUILT_IN + 6);
    assert_int_equal(decision_of(&world).action, RETRY_AGAIN);
    assert_int_equal(state_of(&world, 5), SEGMENT_WAITING);
    world_close(&world);
}

static void a_delay_that_was_given_does_not_grow(void **state)
{
    (void)state;
    const struct retry_rule rule = {
        .action = RETRY_AGAIN, .delayed = true, .delay_ns = 3 * SECOND};
    struct world world;
    struct held_task task;
    open_ruled(&world, &rule, &task);
    for (int i = 0; i < 4; i++) {
        fail_at(&world, &task, 0, E_DISK_FULL);
        assert_int_equal(core_deadline(world.core) - world.now_ns, 3 * SECOND);
        world_tick(&world, 3 * SECOND);
        task = world_take(&world);
        assert_int_equal(task.segments[0], 0);
    }
    assert_int_equal(core_state(world.core, 0).blame, 0);
    world_close(&world);
}

/* The segment at work gets more; its neighbours keep their limits and their company. */
static void assert_raised(const struct retry_rule *rule, size_t place)
{
    struct world world;
    struct held_task task;
    uint8_t before = 16;
    open_ruled(&world, rule, &task);
    for (int i = 0; i < 3; i++) {
        fail_at(&world, &task, 3, E_WORKER_MEMORY);
        struct plan_state now = core_state(world.core, 3);
        uint8_t raised = ((const uint8_t *)&now)[place];
        assert_true(raised > before);
        before = raised;
        assert_int_equal(decision_of(&world).action, rule->action);
        assert_int_equal(state_of(&world, 3), SEGMENT_READY);
        assert_int_equal(now.blame, 0);
        if (i == 0) {
            assert_int_equal(world_take(&world).count, 3);
            struct plan_state first = core_state(world.core, 0);
            assert_int_equal(((const uint8_t *)&first)[place], 0);
        }
        task = world_take(&world);
        assert_int_equal(task.count, 1);
        assert_int_equal(task.segments[0], 3);
    }
    assert_int_equal(before, 48);
    fail_at(&world, &task, 3, E_WORKER_MEMORY);
    assert_int_equal(decision_of(&world).rule, 1);
    assert_int_equal(decision_of(&world).action, RETRY_FAIL);
    assert_int_equal(core_state(world.core, 3).blame, 1);
    assert_int_equal(state_of(&world, 3), SEGMENT_WAITING);
    world_close(&world);
}

static void a_limit_is_raised_until_its_end_and_then_the_segment_fails(void **state)
{
    (void)state;
    const struct retry_rule memory = {
        .action = RETRY_MEMORY, .percent = 150, .up_to = 4800};
    const struct retry_rule time = {.action = RETRY_TIME, .percent = 150, .up_to = 4800};
    assert_raised(&memory, offsetof(struct plan_state, memory));
    assert_raised(&time, offsetof(struct plan_state, time));
}

static void sync_of(struct world *world, uint64_t pilot, uint32_t want)
{
    for (uint32_t i = 0; i < SYNC_TASKS; i++)
        world->tokens[i] = ++world->token;
    world_step(world, &(struct core_event){.kind = EVENT_SYNC,
                                           .pilot = pilot,
                                           .want = want,
                                           .tokens = world->tokens,
                                           .token_count = SYNC_TASKS});
}

static void work_that_failed_on_a_node_is_for_another_one(void **state)
{
    (void)state;
    const struct retry_rule rule = {
        .action = RETRY_ELSEWHERE, .delayed = true, .delay_ns = SECOND};
    struct world world;
    struct held_task task;
    open_ruled(&world, &rule, &task);
    world_step(&world,
               &(struct core_event){.kind = EVENT_HELLO, .pilot = OTHER, .node = THERE});
    fail_at(&world, &task, 3, E_DISK_FULL);
    world_tick(&world, SECOND);
    assert_int_equal(world_take(&world).count, 3);
    task = world_take(&world);
    assert_int_equal(task.count, 4);
    assert_int_equal(task.segments[0], 4);
    assert_int_equal(world_take(&world).attempt, 0);
    sync_of(&world, OTHER, 1);
    assert_int_equal(task_given(&world, 0).segments[0], 3);
    world_close(&world);
}

static void without_another_node_that_asks_the_same_one_gets_it(void **state)
{
    (void)state;
    const struct retry_rule rule = {
        .action = RETRY_ELSEWHERE, .delayed = true, .delay_ns = SECOND};
    struct world world;
    struct held_task task;
    open_ruled(&world, &rule, &task);
    fail_at(&world, &task, 0, E_DISK_FULL);
    world_tick(&world, SECOND);
    task = world_take(&world);
    assert_int_equal(task.segments[0], 0);
    /* There is another one, but it lives on without asking. */
    world_step(&world,
               &(struct core_event){.kind = EVENT_HELLO, .pilot = OTHER, .node = THERE});
    fail_at(&world, &task, 0, E_DISK_FULL);
    for (int i = 0; i < 3; i++) {
        world_tick(&world, TERM);
        sync_of(&world, OTHER, 0);
        if (i == 0)
            assert_int_equal(world_take(&world).segments[0], 1);
        else
            sync_of(&world, PILOT, 0);
    }
    assert_int_equal(world_take(&world).segments[0], 0);
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rule_that_decided_is_told_with_the_end),
        cmocka_unit_test(a_passive_rule_is_told_and_does_nothing),
        cmocka_unit_test(a_delay_that_was_given_does_not_grow),
        cmocka_unit_test(a_limit_is_raised_until_its_end_and_then_the_segment_fails),
        cmocka_unit_test(work_that_failed_on_a_node_is_for_another_one),
        cmocka_unit_test(without_another_node_that_asks_the_same_one_gets_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
