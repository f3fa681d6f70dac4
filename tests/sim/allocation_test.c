/* allocation_test.c - allocations that are far shorter than their tasks, on virtual time.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Allocations of 60 s, tasks of about 300 s. The core decides as in the service; a pilot
 * stops by the rule of worker/walltime.h, or as it is told, and is gone at the end of its
 * allocation. Work is lost when it must be done again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/random.h"
#include "coordinator/core.h"
#include "worker/walltime.h"

#define SECOND     ((int64_t)1000000000)
#define ALLOCATION (60 * SECOND)
#define QUEUE      (10 * SECOND) /* until the next allocation starts */
#define TERM       (120 * SECOND)
#define GRACE      (1 * SECOND) /* mpirun: from SIGTERM to SIGKILL */
#define SEGMENTS   6000u
#define RUN        600u /* segments: a chunk, a unit */
#define TASK       150u /* segments, 300 s */
#define PILOTS     8u

/* What a pilot knows of its end. */
enum end {
    END_KNOWN,   /* its walltime: it stops by itself */
    END_TOLD,    /* SIGTERM, a second before */
    END_PREEMPT, /* SIGTERM at any moment */
    END_SUDDEN   /* SIGKILL and nothing before */
};

struct pilot {
    uint64_t number;
    int64_t start_ns, end_ns; /* of the allocation */
    int64_t next_ns;          /* its next event */
    struct walltime walltime;
    uint64_t attempt, token; /* of the task in hand, attempt 0: none */
    uint32_t segments[TASK];
    uint32_t count, done;
    int64_t begun_ns; /* the segment at work */
    int64_t task_ns;  /* work in this task so far, without the segment at work */
};

struct world {
    enum end end;
    struct random random;
    struct core *core;
    uint64_t token, number;
    int64_t now_ns, durations_ns[SEGMENTS];
    int64_t worked_ns, lost_ns;
    uint64_t allocations;
    uint32_t committed;
    bool over; /* the core says that nothing is open */
    struct pilot pilots[PILOTS];
};

static int64_t between(struct world *world, int64_t low, int64_t high)
{
    return low + (int64_t)random_below(&world->random, (uint64_t)(high - low));
}

static void start(struct world *world, enum end end)
{
    struct campaign_policy policy = {.task_bytes = UINT64_MAX,
                                     .task_segments = TASK,
                                     .lease_ns = TERM,
                                     .retry_delay_ns = SECOND,
                                     .attempts = 3,
                                     .complete_at = 1.0};
    struct core_commands commands;
    *world = (struct world){.end = end, .random = {.state = 60}};
    world->core = core_new(&policy, 1);
    for (uint32_t i = 0; i < SEGMENTS; i++) {
        world->durations_ns[i] = between(world, SECOND, 3 * SECOND);
        core_add_segment(
            world->core,
            &(struct core_segment){.id = {.chunk = {.run = i / RUN}, .ordinal = i % RUN},
                                   .steps = STEP_SELECT,
                                   .bytes = 1,
                                   .state = {.state = SEGMENT_READY}});
    }
    core_step(world->core, &(struct core_event){.kind = EVENT_START}, &commands);
}

static void allocation_start(struct world *world, struct pilot *pilot)
{
    struct core_commands commands;
    int64_t length_ns = world->end == END_PREEMPT
                            ? between(world, ALLOCATION / 2, ALLOCATION)
                            : ALLOCATION;
    *pilot = (struct pilot){.number = ++world->number,
                            .start_ns = world->now_ns,
                            .end_ns = world->now_ns + length_ns,
                            .next_ns = world->now_ns};
    if (world->end == END_KNOWN)
        pilot->walltime.until_ns = walltime_until(world->now_ns, length_ns);
    world->allocations++;
    core_step(world->core,
              &(struct core_event){
                  .kind = EVENT_HELLO, .now_ns = world->now_ns, .pilot = pilot->number},
              &commands);
}

static void take(struct world *world, struct pilot *pilot,
                 const struct core_commands *commands)
{
    for (uint32_t i = 0; i < commands->count; i++) {
        const struct core_command *command = &commands->list[i];
        world->over = world->over || command->kind == COMMAND_COMPLETE;
        if (command->kind == COMMAND_STATE && command->state.state == SEGMENT_COMMITTED)
            world->committed++;
        if (command->kind != COMMAND_LEASE)
            continue;
        pilot->attempt = command->attempt;
        pilot->token = command->token;
        pilot->count = command->segment_count;
        for (uint32_t s = 0; s < command->segment_count; s++)
            pilot->segments[s] = command->segments[s];
    }
}

/* Reports the task in hand, if any, and asks for another one, or does not. */
static void sync(struct world *world, struct pilot *pilot, bool wants)
{
    struct core_commands commands;
    uint64_t token = ++world->token;
    enum report_status short_of = pilot->done > 0 ? REPORT_PREFIX : REPORT_RETURNED;
    struct core_report report = {.attempt = pilot->attempt,
                                 .token = pilot->token,
                                 .status =
                                     pilot->done == pilot->count ? REPORT_DONE : short_of,
                                 .segment_count = pilot->done,
                                 .blamed = UINT32_MAX,
                                 .parts_present = true};
    struct core_event event = {.kind = EVENT_SYNC,
                               .now_ns = world->now_ns,
                               .pilot = pilot->number,
                               .want = wants,
                               .tokens = &token,
                               .token_count = 1,
                               .reports = &report,
                               .report_count = pilot->attempt != 0};
    pilot->attempt = 0;
    pilot->done = pilot->count = 0;
    pilot->task_ns = 0;
    core_step(world->core, &event, &commands);
    take(world, pilot, &commands);
}

static void leave(struct world *world, struct pilot *pilot)
{
    pilot->number = 0;
    pilot->next_ns = world->now_ns + QUEUE;
}

/* The executor gives up the segment at work and reports those before it. */
static void told(struct world *world, struct pilot *pilot)
{
    if (pilot->attempt != 0 && pilot->begun_ns != 0)
        world->lost_ns += world->now_ns - pilot->begun_ns;
    sync(world, pilot, false);
    leave(world, pilot);
}

static void killed(struct world *world, struct pilot *pilot)
{
    if (pilot->attempt != 0)
        world->lost_ns += pilot->task_ns + world->now_ns - pilot->begun_ns;
    leave(world, pilot);
}

static void begin(struct world *world, struct pilot *pilot)
{
    pilot->begun_ns = world->now_ns;
    pilot->next_ns = world->now_ns + world->durations_ns[pilot->segments[pilot->done]];
}

/* At the end of a segment, or with nothing in hand. */
static void work(struct world *world, struct pilot *pilot)
{
    if (pilot->attempt != 0) {
        int64_t took_ns = world->now_ns - pilot->begun_ns;
        walltime_learn(&pilot->walltime, took_ns);
        pilot->task_ns += took_ns;
        pilot->begun_ns = 0;
        pilot->done++;
    }
    if (walltime_over(&pilot->walltime, world->now_ns)) {
        told(world, pilot);
        return;
    }
    if (pilot->done == pilot->count)
        sync(world, pilot, true);
    if (pilot->attempt != 0)
        begin(world, pilot);
    else
        pilot->next_ns = world->now_ns + SECOND;
}

static void event(struct world *world, struct pilot *pilot)
{
    bool warned = world->end == END_TOLD || world->end == END_PREEMPT;
    int64_t last_ns = pilot->end_ns - (warned ? GRACE : 0);
    if (pilot->number == 0)
        allocation_start(world, pilot);
    else if (world->now_ns >= last_ns && warned)
        told(world, pilot);
    else if (world->now_ns >= last_ns)
        killed(world, pilot);
    else
        work(world, pilot);
    if (pilot->number != 0 && pilot->next_ns > pilot->end_ns - (warned ? GRACE : 0))
        pilot->next_ns = pilot->end_ns - (warned ? GRACE : 0);
}

/* Lost work in parts of all work. */
static double campaign(enum end end, const char *name)
{
    struct world *world = mem_new(1, sizeof *world);
    const char *broken = "";
    start(world, end);
    while (!world->over) {
        struct pilot *next = &world->pilots[0];
        for (uint32_t i = 1; i < PILOTS; i++)
            if (world->pilots[i].next_ns < next->next_ns)
                next = &world->pilots[i];
        world->now_ns = next->next_ns;
        event(world, next);
        assert_true(world->now_ns < 100 * 3600 * SECOND);
    }
    for (uint32_t i = 0; i < SEGMENTS; i++) {
        assert_int_equal(core_state(world->core, i).state, SEGMENT_COMMITTED);
        world->worked_ns += world->durations_ns[i];
    }
    assert_int_equal(world->committed, SEGMENTS);
    assert_true(core_invariants(world->core, &broken));
    double lost = (double)world->lost_ns / (double)(world->worked_ns + world->lost_ns);
    printf("%s: %llu allocations, %.2f h, %.2f %% of the work lost\n", name,
           (unsigned long long)world->allocations, (double)world->now_ns / 3600e9,
           100 * lost);
    core_free(world->core);
    free(world);
    return lost;
}

static void a_pilot_that_knows_its_walltime_loses_nothing(void **state)
{
    (void)state;
    assert_true(campaign(END_KNOWN, "walltime known") == 0);
}

static void a_pilot_that_is_warned_by_a_second_loses_less_than_a_twentieth(void **state)
{
    (void)state;
    assert_true(campaign(END_TOLD, "SIGTERM 1 s before the end") < 0.05);
    assert_true(campaign(END_PREEMPT, "SIGTERM at any moment") < 0.05);
}

static void a_campaign_ends_also_when_nobody_is_ever_warned(void **state)
{
    (void)state;
    assert_true(campaign(END_SUDDEN, "SIGKILL only") < 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pilot_that_knows_its_walltime_loses_nothing),
        cmocka_unit_test(a_pilot_that_is_warned_by_a_second_loses_less_than_a_twentieth),
        cmocka_unit_test(a_campaign_ends_also_when_nobody_is_ever_warned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
