/* lead_fixture.h - a lead with its ranks and coordinator played by the test.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_TESTS_UNIT_WORKER_LEAD_FIXTURE_H
#define SPILLWAY_TESTS_UNIT_WORKER_LEAD_FIXTURE_H

#include "worker/lead.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "proto/wire.h"

#define SECOND ((int64_t)1000000000)
#define PILOT  900u

static const struct recipe recipe = {.setup = ""};
/* With much input. */
static const struct task_segment segment = {.index = 0, .segment = {.length = 1u << 24}};

struct fixture {
    struct lead *lead;
    struct log log;
    int64_t now;
    struct arena arena; /* of the last sync */
    struct sync sync;
    struct bytes sent; /* body of the last call */
};

static inline void start(struct fixture *fixture, uint32_t executors)
{
    struct lead_options options = {.first_rank = 1,
                                   .executors = executors,
                                   .silence_ns = 20 * SECOND,
                                   .patience_ns = 1800 * SECOND,
                                   .host = "node",
                                   .seed = 1};
    *fixture = (struct fixture){.log = {-1, LOG_LEVEL_ERROR, "test", 0}, .now = SECOND};
    arena_init(&fixture->arena, 1 << 24);
    bytes_init(&fixture->sent, 1 << 24);
    fixture->lead = lead_new(&options, &fixture->log, fixture->now);
}

static inline void stop(struct fixture *fixture)
{
    lead_free(fixture->lead);
    arena_release(&fixture->arena);
    bytes_release(&fixture->sent);
}

static inline void from_rank(struct fixture *fixture, int rank, const struct mail *mail)
{
    lead_mail(fixture->lead, letter_new(rank, mail), fixture->now);
}

static inline void ready(struct fixture *fixture, int rank, uint8_t mark)
{
    uint8_t body[FRAME_READY_SIZE] = {mark};
    from_rank(fixture, rank,
              &(struct mail){.kind = MAIL_READY, .body = body, .size = 64});
}

static inline void report(struct fixture *fixture, int rank, uint64_t attempt)
{
    struct report done = {
        .attempt = attempt, .token = attempt + 1, .status = REPORT_DONE, .blamed = 0};
    struct bytes packed;
    struct err err;
    bytes_init(&packed, 1 << 16);
    assert_true(wire_report_pack(&done, &packed, &err));
    from_rank(fixture, rank,
              &(struct mail){.kind = MAIL_REPORT,
                             .attempt = attempt,
                             .body = packed.data,
                             .size = packed.size});
    bytes_release(&packed);
}

/* Rank and attempt of the next letter of this kind; 0 when there is none. */
static inline int next_letter(struct fixture *fixture, enum mail_kind kind,
                              uint64_t *attempt)
{
    struct mail mail;
    struct err err;
    int rank = 0;
    for (struct letter *letter;
         rank == 0 && (letter = lead_take_letter(fixture->lead)) != NULL; free(letter)) {
        assert_true(letter_open(letter, &mail, &err));
        if (mail.kind != kind)
            continue;
        rank = letter->peer;
        *attempt = mail.attempt;
    }
    return rank;
}

/* The call that is due, its body kept; false when none is. */
static inline bool due(struct fixture *fixture, const char *path)
{
    struct lead_call call;
    struct err err;
    if (!lead_call_due(fixture->lead, fixture->now, &call))
        return false;
    assert_string_equal(call.path, path);
    bytes_clear(&fixture->sent);
    assert_true(bytes_append(&fixture->sent, call.body->data, call.body->size, &err));
    if (strcmp(path, "/pilot/sync") == 0) {
        arena_reset(&fixture->arena);
        assert_true(wire_sync_unpack(fixture->sent.data, fixture->sent.size,
                                     &fixture->arena, &fixture->sync, &err));
    }
    return true;
}

static inline void hello(struct fixture *fixture, uint64_t pilot)
{
    struct hello_answer answer = {
        .pilot = pilot, .lease_ns = 120 * SECOND, .heartbeat_ns = 30 * SECOND};
    struct bytes packed;
    struct err err;
    bytes_init(&packed, 1 << 16);
    assert_true(due(fixture, "/pilot/hello"));
    assert_true(wire_hello_answer_pack(&answer, &packed, &err));
    lead_answered(fixture->lead, packed.data, packed.size, fixture->now);
    bytes_release(&packed);
    fixture->now += SECOND;
}

static inline void answer(struct fixture *fixture, const struct sync_answer *answer)
{
    struct bytes packed;
    struct err err = {.code = 0};
    bytes_init(&packed, 1 << 20);
    if (!wire_sync_answer_pack(answer, &packed, &err))
        fail_msg("%s", err.text);
    lead_answered(fixture->lead, packed.data, packed.size, fixture->now);
    bytes_release(&packed);
    fixture->now += SECOND;
    lead_step(fixture->lead, fixture->now);
}

static inline struct task task_of(uint64_t attempt)
{
    return (struct task){.attempt = attempt,
                         .token = attempt + 1,
                         .kind = TASK_PROCESS,
                         .store = "/store",
                         .steps = STEP_SELECT,
                         .duration_ns = SECOND,
                         .run = run_unknown(1),
                         .recipe = &recipe,
                         .segments = &segment,
                         .segment_count = 1};
}

/* Answers with tasks first .. first + count - 1. */
static inline void give(struct fixture *fixture, uint64_t first, uint32_t count)
{
    struct task tasks[8];
    for (uint32_t i = 0; i < count; i++)
        tasks[i] = task_of(first + i);
    answer(fixture, &(struct sync_answer){.tasks = tasks, .task_count = count});
}

static inline void verdict(struct fixture *fixture, uint64_t attempt, enum verdict word)
{
    struct sync_verdict one = {.attempt = attempt, .verdict = word};
    answer(fixture, &(struct sync_answer){
                        .verdicts = &one, .verdict_count = 1, .pause_ms = 100000});
}

static inline void life_signs(struct fixture *fixture, int first, int last)
{
    for (int rank = first; rank <= last; rank++)
        from_rank(fixture, rank, &(struct mail){.kind = MAIL_ALIVE});
}

/* Two ranks with a task each, 1 and 2, and 3 and 4 queued. */
static inline void two_at_work(struct fixture *fixture)
{
    uint64_t attempt;
    start(fixture, 2);
    ready(fixture, 1, 7);
    ready(fixture, 2, 7);
    hello(fixture, PILOT);
    assert_true(due(fixture, "/pilot/sync"));
    assert_int_equal(fixture->sync.want, 4);
    give(fixture, 1, 4);
    assert_int_equal(next_letter(fixture, MAIL_TASK, &attempt), 1);
    assert_int_equal(attempt, 1);
    assert_int_equal(next_letter(fixture, MAIL_TASK, &attempt), 2);
    assert_int_equal(attempt, 2);
    assert_int_equal(next_letter(fixture, MAIL_TASK, &attempt), 0);
}

#endif
