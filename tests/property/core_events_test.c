/* core_events_test.c - any events keep the books of the core, the same say the same.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/random.h"
#include "coordinator/core_digest.h"
#include "coordinator/core_save.h"
#include "coordinator/replay.h"

#define SEGMENTS 40u
#define UNITS    4u
#define EVENTS   4000u
#define REPORTS  4u
#define SECOND   ((int64_t)1000000000)

struct given {
    uint64_t attempt, token;
    uint32_t count;
};

/* What was handed out lately, so that some reports are right; and the cuts asked for. */
struct known {
    struct given tasks[64];
    uint32_t task_count;
    uint32_t asked[UNITS];
    uint32_t group_count;
};

struct lists {
    struct core_report reports[REPORTS];
    uint64_t held[8];
    uint64_t tokens[8];
    struct merge_group groups[3];
    uint32_t segments[6];
};

static uint32_t below(struct random *random, uint32_t limit)
{
    return (uint32_t)random_below(random, limit);
}

static void draw_report(struct random *random, const struct known *known,
                        struct core_report *report)
{
    static const uint16_t failures[] = {E_NONE, E_MODEL,   E_LIMIT, E_DISK_FULL,
                                        E_JSON, E_PROCESS, E_USAGE, 65000};
    static const int32_t signals[] = {0, 0, 6, 9, 11, 15, -1};
    struct given given = {.attempt = below(random, 300), .token = below(random, 300)};
    if (known->task_count > 0 && below(random, 8) > 0)
        given =
            known->tasks[below(random, known->task_count < 64 ? known->task_count : 64)];
    *report = (struct core_report){
        .attempt = given.attempt,
        .token = given.token,
        .status = (enum report_status)below(random, 4),
        .segment_count = below(random, 3) == 0 ? below(random, 12) : given.count,
        .parts_present = below(random, 6) > 0,
        .failure = failures[below(random, 8)],
        .text = below(random, 2) == 0 ? NULL : "disk of node 3",
        .blamed = below(random, 2) == 0 ? UINT32_MAX : below(random, SEGMENTS + 2),
        .signal = signals[below(random, 7)]};
    report->wall_ns = below(random, 3) == 0 ? (int64_t)random_next(random)
                                            : (int64_t)below(random, 100) * SECOND;
    report->memory = random_next(random) >> below(random, 64);
    report->written = random_next(random) >> below(random, 64);
}

static void draw_sync(struct random *random, const struct known *known,
                      struct lists *lists, struct core_event *event)
{
    event->pilot = below(random, 5);
    event->want = below(random, 6);
    event->report_count = below(random, REPORTS);
    event->held_count = below(random, 8);
    event->token_count = below(random, 8);
    for (uint32_t i = 0; i < event->report_count; i++)
        draw_report(random, known, &lists->reports[i]);
    for (uint32_t i = 0; i < event->held_count; i++)
        lists->held[i] = below(random, 2) == 0 ? below(random, 2000)
                                               : known->tasks[below(random, 64)].attempt;
    for (uint32_t i = 0; i < event->token_count; i++)
        lists->tokens[i] = below(random, 200); /* so some are equal, some are 0 */
    event->reports = lists->reports;
    event->held = lists->held;
    event->tokens = lists->tokens;
}

/* The service answers only cuts that it was asked for, with the next numbers. */
static void draw_groups(struct random *random, struct known *known, struct lists *lists,
                        struct core_event *event)
{
    event->unit = below(random, UNITS);
    if (known->asked[event->unit] == 0) {
        event->kind = EVENT_TICK;
        return;
    }
    known->asked[event->unit]--;
    event->groups = lists->groups;
    event->group_count = below(random, 4);
    for (uint32_t i = 0; i < event->group_count; i++)
        lists->groups[i] = (struct merge_group){
            .number = known->group_count++,
            .first = event->unit * SEGMENTS / UNITS,
            .state = below(random, 4) == 0 ? GROUP_PUBLISHED : GROUP_OPEN,
            .deaths = (uint8_t)(below(random, 2) * 49)};
}

static void draw_event(struct random *random, struct known *known, struct lists *lists,
                       struct core_event *event)
{
    static const enum event_kind kinds[] = {
        EVENT_TICK,   EVENT_HELLO,     EVENT_SYNC,    EVENT_SYNC,
        EVENT_SYNC,   EVENT_SYNC,      EVENT_SYNC,    EVENT_SYNC,
        EVENT_GROUPS, EVENT_PUBLISHED, EVENT_MISSING, EVENT_RELEASE};

    int64_t now_ns = event->now_ns + (int64_t)random_below(random, 3 * (uint64_t)SECOND);
    if (below(random, 50) == 0)
        now_ns -= 20 * SECOND; /* a clock that jumps back must not matter */
    *event = (struct core_event){.kind = kinds[below(random, 12)], .now_ns = now_ns};
    if (event->kind == EVENT_HELLO)
        event->pilot = below(random, 5);
    if (event->kind == EVENT_HELLO)
        event->node = below(random, 3);
    if (event->kind == EVENT_SYNC)
        draw_sync(random, known, lists, event);
    if (event->kind == EVENT_GROUPS)
        draw_groups(random, known, lists, event);
    if (event->kind == EVENT_PUBLISHED) {
        lists->groups[0] = (struct merge_group){.number = below(random, 60)};
        event->groups = lists->groups;
        event->group_count = 1;
    }
    if (event->kind == EVENT_MISSING && below(random, 5) > 0)
        event->kind = EVENT_TICK;
    if (event->kind == EVENT_MISSING || event->kind == EVENT_RELEASE) {
        event->segment_count = below(random, 6);
        event->segments = lists->segments;
        for (uint32_t i = 0; i < event->segment_count; i++)
            lists->segments[i] = below(random, SEGMENTS + 3);
    }
}

static void draw_rule(struct random *random, struct retry_rule *rule)
{
    static const uint16_t codes[] = {E_NONE, E_NONE, E_LIMIT, E_DISK_FULL};
    *rule = (struct retry_rule){.kind = (uint16_t)below(random, ERR_PROTOCOL + 1),
                                .code = codes[below(random, 4)],
                                .crash = below(random, 4) == 0,
                                .passive = below(random, 4) == 0,
                                .action = (uint8_t)below(random, RETRY_ACTIONS),
                                .delayed = below(random, 2) == 0,
                                .delay_ns = (int64_t)below(random, 5) * SECOND,
                                .percent = below(random, 400),
                                .up_to = below(random, 4000)};
    if (below(random, 3) == 0)
        memcpy(rule->text, "disk*node", 10);
}

static struct core *core_of_tests(const struct random *from)
{
    struct random random = *from;
    struct campaign_policy policy = {.task_bytes = 400,
                                     .task_ns = below(&random, 2) * SECOND,
                                     .lease_ns = 30 * SECOND,
                                     .retry_delay_ns = SECOND,
                                     .attempts = 2,
                                     .complete_at = 0.7,
                                     .memory_bytes = 320,
                                     .segment_limit_ns = 160,
                                     .rule_count = below(&random, 6)};
    for (uint32_t i = 0; i < policy.rule_count; i++)
        draw_rule(&random, &policy.rules[i]);
    struct core *core = core_new(&policy, 1);
    for (uint32_t i = 0; i < SEGMENTS; i++) {
        struct core_segment segment = {
            .id = {.chunk = {.run = i / 10, .number = (uint16_t)(i % 2)},
                   .ordinal = i % 10 / 2},
            .steps = STEP_SELECT,
            .bytes = 100,
            .state = {.state = i % 7 == 0 ? SEGMENT_PLANNED : SEGMENT_READY}};
        core_add_segment(core, &segment);
    }
    for (uint32_t i = 0; i < UNITS; i++)
        core_add_unit(core, &(struct core_unit){.first = i * SEGMENTS / UNITS,
                                                .count = SEGMENTS / UNITS});
    return core;
}

/* Members one by one: padding says nothing. */
static void assert_same(const struct core_command *a, const struct core_command *b)
{
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->segment, b->segment);
    assert_memory_equal(&a->state, &b->state, sizeof a->state);
    assert_int_equal(a->attempt, b->attempt);
    assert_int_equal(a->token, b->token);
    assert_int_equal(a->task_kind, b->task_kind);
    assert_int_equal(a->steps, b->steps);
    assert_int_equal(a->segment_count, b->segment_count);
    if (a->segment_count > 0)
        assert_memory_equal(a->segments, b->segments,
                            a->segment_count * sizeof a->segments[0]);
    assert_int_equal(a->report, b->report);
    assert_int_equal(a->count, b->count);
    assert_int_equal(a->attempt_state, b->attempt_state);
    assert_int_equal(a->decision.rule, b->decision.rule);
    assert_int_equal(a->decision.passive, b->decision.passive);
    assert_int_equal(a->decision.action, b->decision.action);
    assert_int_equal(a->verdict, b->verdict);
    assert_string_equal(a->text, b->text);
    assert_int_equal(a->unit, b->unit);
    assert_int_equal(a->group, b->group);
    assert_int_equal(a->group_state, b->group_state);
    assert_int_equal(a->group_deaths, b->group_deaths);
    assert_int_equal(a->group_failure, b->group_failure);
    assert_int_equal(a->stuck, b->stuck);
}

static void learn(struct known *known, const struct core_commands *commands)
{
    for (uint32_t i = 0; i < commands->count; i++) {
        const struct core_command *command = &commands->list[i];
        if (command->kind == COMMAND_CUT)
            known->asked[command->unit]++;
        if (command->kind == COMMAND_LEASE)
            known->tasks[known->task_count++ % 64] =
                (struct given){.attempt = command->attempt,
                               .token = command->token,
                               .count = command->segment_count};
    }
}

static void step_both(struct core *first, struct core *second,
                      const struct core_event *event, struct known *known,
                      struct journal_writer *journal)
{
    struct core_commands a;
    struct core_commands b;
    const char *broken = "";
    core_step(first, event, &a);
    core_save_event(event, core_commands_digest(&a), journal);
    core_step(second, event, &b);
    assert_int_equal(a.count, b.count);
    for (uint32_t i = 0; i < a.count; i++)
        assert_same(&a.list[i], &b.list[i]);
    if (!core_invariants(first, &broken))
        fail_msg("%s", broken);
    learn(known, &a);
}

static bool replays(const char *data, size_t size, struct replayed *replayed,
                    struct err *err)
{
    struct journal_state *state;
    struct bytes out;
    struct campaign_policy other = {.lease_ns = SECOND, .attempts = 1};
    bytes_init(&out, 100000);
    bool done = journal_state_read(data, size, &state, err) == LOOKUP_FOUND;
    if (done) {
        done = replay_journal(state, &other, replayed, &out, err);
        journal_state_free(state);
    }
    bytes_release(&out);
    return done;
}

/* Cut anywhere it gives the same decisions up to there; changed anywhere it ends there.
 */
static void assert_replays(struct random *random, struct journal_writer *journal)
{
    struct err err = {.text = ""};
    struct replayed replayed;
    char *data = (char *)journal->out.data;
    size_t size = journal->out.size;
    assert_true(journal_written(journal, &err));
    if (!replays(data, size, &replayed, &err))
        fail_msg("%s", err.text);
    assert_int_equal(replayed.events, EVENTS + 1);
    assert_int_equal(replayed.cut, 0);
    size_t cut = size - random_below(random, size / 2);
    if (!replays(data, cut, &replayed, &err))
        fail_msg("%s", err.text);
    assert_true(replayed.events <= EVENTS + 1);
    assert_true(replayed.cut < 5000);
    size_t place = size / 2 + random_below(random, size / 2);
    data[place] = (char)(data[place] ^ 4);
    if (!replays(data, size, &replayed, &err))
        fail_msg("%s", err.text);
    assert_true(replayed.cut >= size - place);
    assert_true(replayed.cut < size - place + 5000);
}

static void any_events_keep_the_books_and_the_same_events_say_the_same(void **state)
{
    (void)state;
    struct random seeds = {.state = clock_random_token()};
    for (int round = 0; round < 20; round++) {
        uint64_t seed = random_next(&seeds);
        printf("seed 0x%016llx\n", (unsigned long long)seed);
        struct random random = {.state = seed};
        struct known known = {.task_count = 0};
        struct lists lists;
        struct core_event event = {.kind = EVENT_START};
        struct core *first = core_of_tests(&random);
        struct core *second = core_of_tests(&random);
        struct journal_writer journal;
        journal_writer_init(&journal, (size_t)64 << 20);
        journal_begin(&journal, "spillway-1");
        journal_text(&journal, "random");
        journal_end(&journal);
        core_save(first, &journal);
        step_both(first, second, &event, &known, &journal);
        for (uint32_t i = 0; i < EVENTS; i++) {
            draw_event(&random, &known, &lists, &event);
            step_both(first, second, &event, &known, &journal);
        }
        assert_replays(&random, &journal);
        journal_writer_release(&journal);
        core_free(first);
        core_free(second);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_events_keep_the_books_and_the_same_events_say_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
