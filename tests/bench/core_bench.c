/* core_bench.c - what a decision costs in a campaign of a million segments.
 * SPDX-License-Identifier: Apache-2.0
 *
 * core_bench SEGMENTS: in ns of CPU a segment, tasks of ten. The yardstick is the least
 * that any scheduler does for a segment: read and write its 16-byte state at a random
 * place of the same array, as often as the core moves it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/text.h"
#include "coordinator/core.h"
#include "tests/bench/measure.h"

#define SECOND    ((int64_t)1000000000)
#define CHUNKS    20u
#define SPILLS    500u
#define WANT      16u
#define TASK      10u
#define IN_FLIGHT 4096u /* tasks that are out at a time */
#define UNIT_SIZE (CHUNKS * SPILLS)

struct flight {
    uint64_t attempt, token;
    uint32_t count;
};

struct bench {
    struct core *core;
    uint32_t segments;
    struct flight *flights;
    uint32_t flight_count;
    int64_t now_ns;
    uint64_t token;
    uint64_t check; /* so that nothing is optimised away */
    struct random random;
};

static int64_t thread_ns(void)
{
    return clock_cpu_ns();
}

static void line(const char *stage, int64_t ours_ns, double yardstick, uint32_t count)
{
    struct pairs pairs = {.count = 0};
    pairs_add(&pairs, (double)ours_ns / (double)count, yardstick);
    pairs_print(&pairs, stage, "ns");
}

/* Two moves: ready to leased, leased to committed. */
static double yardstick(struct bench *bench)
{
    struct plan_state *states = mem_new(bench->segments, sizeof *states);
    int64_t start_ns = thread_ns();
    for (uint32_t i = 0; i < 2 * bench->segments; i++) {
        struct plan_state *state = &states[random_below(&bench->random, bench->segments)];
        state->state = (uint8_t)(state->state + 1);
        bench->check += state->state;
    }
    int64_t spent_ns = thread_ns() - start_ns;
    free(states);
    return (double)spent_ns / (double)bench->segments;
}

static void load(struct bench *bench, uint32_t task)
{
    struct campaign_policy policy = {.task_bytes = UINT64_MAX,
                                     .task_segments = task,
                                     .lease_ns = 600 * SECOND,
                                     .retry_delay_ns = SECOND,
                                     .attempts = 3,
                                     .complete_at = 1.0};
    bench->core = core_new(&policy, 1);
    for (uint32_t i = 0; i < bench->segments; i++) {
        uint32_t inside = i % UNIT_SIZE;
        core_add_segment(bench->core,
                         &(struct core_segment){
                             .id = {.chunk = {.run = i / UNIT_SIZE,
                                              .number = (uint16_t)(inside % CHUNKS)},
                                    .ordinal = inside / CHUNKS},
                             .steps = STEP_RECO | STEP_SELECT,
                             .bytes = 1000000,
                             .state = {.state = SEGMENT_READY}});
    }
    for (uint32_t i = 0; i < bench->segments; i += UNIT_SIZE)
        core_add_unit(bench->core,
                      &(struct core_unit){.first = i,
                                          .count = bench->segments - i < UNIT_SIZE
                                                       ? bench->segments - i
                                                       : UNIT_SIZE});
    struct core_commands commands;
    core_step(bench->core, &(struct core_event){.kind = EVENT_START}, &commands);
    core_step(bench->core, &(struct core_event){.kind = EVENT_HELLO, .pilot = 1},
              &commands);
}

/* Some reports in random order, then new tasks in their place. */
static void sync(struct bench *bench)
{
    struct core_report reports[WANT];
    uint64_t tokens[WANT];
    uint32_t count = 0;
    for (; count < WANT && bench->flight_count > 0 &&
           bench->flight_count > (count < WANT / 2 ? 0 : IN_FLIGHT / 2);
         count++) {
        uint32_t pick = (uint32_t)random_below(&bench->random, bench->flight_count);
        reports[count] = (struct core_report){.attempt = bench->flights[pick].attempt,
                                              .token = bench->flights[pick].token,
                                              .status = REPORT_DONE,
                                              .segment_count = bench->flights[pick].count,
                                              .parts_present = true,
                                              .blamed = UINT32_MAX};
        bench->flights[pick] = bench->flights[--bench->flight_count];
    }
    for (uint32_t i = 0; i < WANT; i++)
        tokens[i] = ++bench->token;
    bench->now_ns += 1000000;
    uint32_t room = IN_FLIGHT - bench->flight_count;
    struct core_commands commands;
    core_step(bench->core,
              &(struct core_event){.kind = EVENT_SYNC,
                                   .now_ns = bench->now_ns,
                                   .pilot = 1,
                                   .want = room < WANT ? room : WANT,
                                   .reports = reports,
                                   .report_count = count,
                                   .tokens = tokens,
                                   .token_count = WANT},
              &commands);
    for (uint32_t i = 0; i < commands.count; i++) {
        const struct core_command *command = &commands.list[i];
        bench->check += command->segment;
        if (command->kind == COMMAND_LEASE)
            bench->flights[bench->flight_count++] =
                (struct flight){.attempt = command->attempt,
                                .token = command->token,
                                .count = command->segment_count};
    }
}

int main(int argc, char **argv)
{
    uint64_t segments = 0;
    struct err err = {.text = "core_bench SEGMENTS"};
    measure_must(argc == 2, &err);
    measure_must(text_to_u64(argv[1], 10000000, &segments, &err), &err);
    struct bench bench = {.segments = (uint32_t)segments, .random = {.state = 1}};
    bench.flights = mem_new(IN_FLIGHT, sizeof *bench.flights);
    double least = yardstick(&bench);
    int64_t start_ns = thread_ns();
    load(&bench, TASK);
    int64_t loaded_ns = thread_ns();
    while (core_count(bench.core).by_state[SEGMENT_COMMITTED] < bench.segments)
        sync(&bench);
    int64_t done_ns = thread_ns();
    line("core.load", loaded_ns - start_ns, least, bench.segments);
    line("core.lease", done_ns - loaded_ns, least, bench.segments);
    printf("# core: %u segments, check %llu\n", bench.segments,
           (unsigned long long)bench.check);
    core_free(bench.core);
    free(bench.flights);
    return 0;
}
