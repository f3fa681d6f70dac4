/* core_scale_test.c - a million segments through the core, from the first to the last.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The CPU time is printed, not judged: tests/bench/core_bench.c does that.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/clock.h"
#include "coordinator/core.h"

#define SEGMENTS 1000000u
#define RUN      1000u /* segments */
#define WANT     32u
#define SECOND   ((int64_t)1000000000)

static struct core *load(void)
{
    struct campaign_policy policy = {.task_bytes = 1000,
                                     .lease_ns = 600 * SECOND,
                                     .retry_delay_ns = SECOND,
                                     .attempts = 3,
                                     .complete_at = 1.0};
    struct core *core = core_new(&policy, 1);
    for (uint32_t i = 0; i < SEGMENTS; i++)
        core_add_segment(
            core, &(struct core_segment){
                      .id = {.chunk = {.run = i / RUN, .number = (uint16_t)(i % 10)},
                             .ordinal = i % RUN / 10},
                      .steps = STEP_SELECT,
                      .bytes = 100,
                      .state = {.state = SEGMENT_READY}});
    for (uint32_t i = 0; i < SEGMENTS; i += RUN)
        core_add_unit(core, &(struct core_unit){.first = i, .count = RUN});
    return core;
}

/* Reports all tasks of the last answer and takes as many new ones. */
static uint32_t turn(struct core *core, struct core_commands *commands,
                     struct core_report reports[WANT], uint32_t report_count)
{
    static uint64_t token = 0;
    uint64_t tokens[WANT];
    uint32_t count = 0;
    for (uint32_t i = 0; i < WANT; i++)
        tokens[i] = ++token;
    core_step(core,
              &(struct core_event){.kind = EVENT_SYNC,
                                   .pilot = 1,
                                   .want = WANT,
                                   .reports = reports,
                                   .report_count = report_count,
                                   .tokens = tokens,
                                   .token_count = WANT},
              commands);
    for (uint32_t i = 0; i < commands->count; i++)
        if (commands->list[i].kind == COMMAND_LEASE)
            reports[count++] =
                (struct core_report){.attempt = commands->list[i].attempt,
                                     .token = commands->list[i].token,
                                     .status = REPORT_DONE,
                                     .segment_count = commands->list[i].segment_count,
                                     .parts_present = true,
                                     .blamed = UINT32_MAX};
    return count;
}

static void a_million_segments_are_committed_and_every_run_is_cut(void **state)
{
    (void)state;
    struct core_report reports[WANT];
    struct core_commands commands;
    const char *broken = "";
    uint32_t cuts = 0;
    int64_t start_ns = clock_cpu_ns();
    struct core *core = load();
    core_step(core, &(struct core_event){.kind = EVENT_START}, &commands);
    core_step(core, &(struct core_event){.kind = EVENT_HELLO, .pilot = 1}, &commands);
    int64_t loaded_ns = clock_cpu_ns();
    uint32_t count = 0;
    do {
        count = turn(core, &commands, reports, count);
        for (uint32_t i = 0; i < commands.count; i++)
            cuts += commands.list[i].kind == COMMAND_CUT ? 1 : 0;
    } while (count > 0);
    int64_t done_ns = clock_cpu_ns();
    assert_int_equal(core_count(core).by_state[SEGMENT_COMMITTED], SEGMENTS);
    assert_int_equal(cuts, SEGMENTS / RUN);
    assert_true(core_invariants(core, &broken));
    printf("load %lld ns a segment, lease and commit %lld ns a segment\n",
           (long long)((loaded_ns - start_ns) / SEGMENTS),
           (long long)((done_ns - loaded_ns) / SEGMENTS));
    core_free(core);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_million_segments_are_committed_and_every_run_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
