/* core_fixture.h - a small campaign and one-line events for the tests of the core.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Segment i of the plan is ordinal i % 8 of chunk i / 8 + 1 of run 1; all are one unit.
 */
#ifndef SPILLWAY_TESTS_UNIT_COORDINATOR_CORE_FIXTURE_H
#define SPILLWAY_TESTS_UNIT_COORDINATOR_CORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "coordinator/core.h"

#define SECOND ((int64_t)1000000000)
#define TERM   (100 * SECOND)
#define DELAY  (10 * SECOND)
#define PILOT  77u

struct world {
    struct core *core;
    int64_t now_ns;
    struct core_commands commands;
    uint64_t token; /* the last one given */
    uint64_t tokens[SYNC_TASKS];
};

static inline struct campaign_policy policy_of_tests(void)
{
    return (struct campaign_policy){.task_bytes = 400,
                                    .lease_ns = TERM,
                                    .retry_delay_ns = DELAY,
                                    .attempts = 3,
                                    .complete_at = 1.0};
}

static inline struct core_segment segment_of_tests(uint32_t number)
{
    return (struct core_segment){
        .id = {.chunk = {.run = 1, .builder = 1, .number = (uint16_t)(number / 8 + 1)},
               .ordinal = number % 8},
        .bytes = 100,
        .steps = STEP_RECO | STEP_SELECT,
        .state = {.state = SEGMENT_READY}};
}

static inline void world_step(struct world *world, struct core_event *event)
{
    const char *broken = "";
    event->now_ns = world->now_ns;
    core_step(world->core, event, &world->commands);
    if (!core_invariants(world->core, &broken))
        fail_msg("%s", broken);
}

static inline void world_load(struct world *world, const struct campaign_policy *policy,
                              const struct core_segment *segments, uint32_t count)
{
    *world = (struct world){.now_ns = 1000 * SECOND};
    world->core = core_new(policy, 1);
    for (uint32_t i = 0; i < count; i++)
        core_add_segment(world->core, &segments[i]);
    core_add_unit(world->core, &(struct core_unit){.first = 0, .count = count});
}

static inline void world_start(struct world *world)
{
    world_step(world, &(struct core_event){.kind = EVENT_START});
    world_step(world, &(struct core_event){.kind = EVENT_HELLO, .pilot = PILOT});
}

static inline void world_open(struct world *world, const struct campaign_policy *policy,
                              uint32_t count)
{
    struct core_segment segments[64];
    assert_true(count <= 64);
    for (uint32_t i = 0; i < count; i++)
        segments[i] = segment_of_tests(i);
    world_load(world, policy, segments, count);
    world_start(world);
}

static inline void world_close(struct world *world)
{
    core_free(world->core);
}

static inline void world_tick(struct world *world, int64_t after_ns)
{
    world->now_ns += after_ns;
    world_step(world, &(struct core_event){.kind = EVENT_TICK});
}

/* A sync of the one pilot with up to one report and one held attempt (0: none). */
static inline void world_sync(struct world *world, uint32_t want,
                              const struct core_report *report, uint64_t held)
{
    for (uint32_t i = 0; i < SYNC_TASKS; i++)
        world->tokens[i] = ++world->token;
    world_step(world, &(struct core_event){.kind = EVENT_SYNC,
                                           .pilot = PILOT,
                                           .want = want,
                                           .reports = report,
                                           .report_count = report == NULL ? 0 : 1,
                                           .held = &held,
                                           .held_count = held == 0 ? 0 : 1,
                                           .tokens = world->tokens,
                                           .token_count = SYNC_TASKS});
}

static inline uint32_t world_count(const struct world *world, enum command_kind kind)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < world->commands.count; i++)
        count += world->commands.list[i].kind == kind ? 1 : 0;
    return count;
}

/* The n-th command of a kind, from 0; NULL when there are fewer. */
static inline const struct core_command *world_find(const struct world *world,
                                                    enum command_kind kind, uint32_t n)
{
    for (uint32_t i = 0; i < world->commands.count; i++)
        if (world->commands.list[i].kind == kind && n-- == 0)
            return &world->commands.list[i];
    return NULL;
}

/* A task as the pilot keeps it. */
struct held_task {
    uint64_t attempt;
    uint64_t token;
    enum task_kind kind;
    uint32_t group;
    uint32_t segments[TASK_SEGMENTS];
    uint32_t count;
};

static inline struct held_task task_given(const struct world *world, uint32_t n)
{
    struct held_task task = {.attempt = 0};
    const struct core_command *lease = world_find(world, COMMAND_LEASE, n);
    if (lease == NULL)
        return task;
    task.attempt = lease->attempt;
    task.token = lease->token;
    task.kind = lease->task_kind;
    task.group = lease->group;
    task.count = lease->segment_count;
    memcpy(task.segments, lease->segments, task.count * sizeof task.segments[0]);
    return task;
}

static inline struct held_task world_take(struct world *world)
{
    world_sync(world, 1, NULL, 0);
    return task_given(world, 0);
}

static inline struct core_report report_done(const struct held_task *task)
{
    return (struct core_report){.attempt = task->attempt,
                                .token = task->token,
                                .status = REPORT_DONE,
                                .segment_count =
                                    task->kind == TASK_MERGE ? 0 : task->count,
                                .parts_present = true,
                                .blamed = UINT32_MAX};
}

static inline struct core_report report_failed(const struct held_task *task,
                                               uint32_t done, uint32_t blamed,
                                               uint16_t failure)
{
    return (struct core_report){.attempt = task->attempt,
                                .token = task->token,
                                .status = REPORT_FAILED,
                                .segment_count = done,
                                .parts_present = true,
                                .failure = failure,
                                .blamed = blamed};
}

static inline void world_report(struct world *world, const struct core_report *report)
{
    world_sync(world, 0, report, 0);
}

static inline enum verdict world_verdict(const struct world *world)
{
    const struct core_command *verdict = world_find(world, COMMAND_VERDICT, 0);
    assert_non_null(verdict);
    return verdict->verdict;
}

static inline enum segment_state state_of(const struct world *world, uint32_t segment)
{
    return (enum segment_state)core_state(world->core, segment).state;
}

static inline void assert_states(const struct world *world, const uint32_t *segments,
                                 uint32_t count, enum segment_state state)
{
    for (uint32_t i = 0; i < count; i++)
        assert_int_equal(state_of(world, segments[i]), state);
}

/* Takes and commits until nothing of the kind is handed out. */
static inline void world_commit_all(struct world *world)
{
    for (struct held_task task = world_take(world);
         task.attempt != 0 && task.kind == TASK_PROCESS; task = world_take(world)) {
        struct core_report report = report_done(&task);
        world_report(world, &report);
    }
}

#endif
