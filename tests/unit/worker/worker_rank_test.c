/* worker_rank_test.c - tasks in order; an executor that waits for a blob gets an answer.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The driver has no process here: only what is to be sent to the executor is looked at.
 */
#include "worker/worker_rank.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/digest.h"
#include "proto/wire.h"

#define ATTEMPT 7u

struct fixture {
    struct driver driver;
    struct worker_rank rank;
    struct sha256 wanted;
};

static void start(struct fixture *fixture)
{
    *fixture = (struct fixture){.driver = {.state = DRIVER_BUSY,
                                           .input = -1,
                                           .output = -1,
                                           .tasked = true,
                                           .deadline_ns = INT64_MAX,
                                           .server = {.fd = -1}}};
    bytes_init(&fixture->driver.sending, 4096);
    fixture->wanted = sha256_of("blob", 4);
    fixture->rank = (struct worker_rank){.driver = &fixture->driver,
                                         .attempt = ATTEMPT,
                                         .ready = true,
                                         .wanting = true,
                                         .wanted = fixture->wanted};
}

static void stop(struct fixture *fixture)
{
    post_release(&fixture->rank.outbox);
    post_release(&fixture->rank.waiting);
    bytes_release(&fixture->driver.sending);
}

static void answer(struct fixture *fixture, uint64_t attempt, const struct sha256 *hash)
{
    uint8_t body[FRAME_ANSWER_HEAD + 4] = {1};
    memcpy(body + 1, hash->bytes, SHA256_SIZE);
    memcpy(body + FRAME_ANSWER_HEAD, "blob", 4);
    worker_rank_mail(&fixture->rank,
                     letter_new(0, &(struct mail){.kind = MAIL_BLOB,
                                                  .attempt = attempt,
                                                  .body = body,
                                                  .size = sizeof body}),
                     0);
}

static void the_blob_is_passed_on(void **state)
{
    struct fixture fixture;
    (void)state;
    start(&fixture);
    answer(&fixture, ATTEMPT, &fixture.wanted);
    const struct bytes *sending = &fixture.driver.sending;
    assert_int_equal(sending->size, 4 + FRAME_ANSWER_HEAD + 4);
    assert_int_equal(sending->data[4], 1);
    assert_memory_equal(sending->data + 4 + FRAME_ANSWER_HEAD, "blob", 4);
    assert_false(fixture.rank.wanting);
    stop(&fixture);
}

static void an_answer_to_another_question_is_passed_over(void **state)
{
    struct fixture fixture;
    struct sha256 other = sha256_of("other", 5);
    (void)state;
    start(&fixture);
    answer(&fixture, ATTEMPT + 1, &fixture.wanted);
    answer(&fixture, ATTEMPT, &other);
    worker_rank_mail(&fixture.rank,
                     letter_new(0, &(struct mail){.kind = MAIL_BLOB, .attempt = ATTEMPT}),
                     0);
    assert_int_equal(fixture.driver.sending.size, 0);
    assert_true(fixture.rank.wanting);
    stop(&fixture);
}

/* The lead is busy or hangs: the executor goes to the store. What comes after that is no
 * answer any more: it would be taken for the next task. */
static void a_silent_lead_is_answered_for(void **state)
{
    struct fixture fixture;
    (void)state;
    start(&fixture);
    (void)worker_rank_step(&fixture.rank, RANK_WANT_NS - 1);
    assert_int_equal(fixture.driver.sending.size, 0);
    (void)worker_rank_step(&fixture.rank, RANK_WANT_NS);
    const struct bytes *sending = &fixture.driver.sending;
    assert_int_equal(sending->size, 4 + FRAME_ANSWER_HEAD);
    assert_int_equal(sending->data[4], 0);
    assert_memory_equal(sending->data + 5, fixture.wanted.bytes, SHA256_SIZE);
    answer(&fixture, ATTEMPT, &fixture.wanted);
    assert_int_equal(sending->size, 4 + FRAME_ANSWER_HEAD);
    stop(&fixture);
}

static void task(struct fixture *fixture, uint64_t attempt)
{
    worker_rank_mail(&fixture->rank,
                     letter_new(0, &(struct mail){.kind = MAIL_TASK,
                                                  .attempt = attempt,
                                                  .token = attempt + 1}),
                     0);
}

/* Attempt of the next letter, 0 when there is none; *report is filled by a report. */
static uint64_t next_told(struct fixture *fixture, enum mail_kind kind,
                          struct report *report)
{
    struct letter *letter = post_take(&fixture->rank.outbox);
    struct arena arena;
    struct mail mail;
    struct err err;
    if (letter == NULL)
        return 0;
    assert_true(letter_open(letter, &mail, &err));
    assert_int_equal(mail.kind, kind);
    arena_init(&arena, 1 << 20);
    if (kind == MAIL_REPORT)
        assert_true(wire_report_unpack(mail.body, mail.size, &arena, report, &err));
    arena_release(&arena);
    free(letter);
    return mail.attempt;
}

static void a_waiting_task_is_dropped_without_a_word_to_the_executor(void **state)
{
    struct fixture fixture;
    struct report report;
    (void)state;
    start(&fixture);
    task(&fixture, 8);
    task(&fixture, 9);
    worker_rank_mail(&fixture.rank,
                     letter_new(0, &(struct mail){.kind = MAIL_DROP, .attempt = 8}), 0);
    assert_int_equal(next_told(&fixture, MAIL_DROPPED, &report), 8);
    assert_int_equal(fixture.rank.attempt, ATTEMPT);
    assert_int_equal(fixture.driver.state, DRIVER_BUSY);
    /* The one at work is dropped: its executor has to go, the next task comes. */
    worker_rank_mail(&fixture.rank,
                     letter_new(0, &(struct mail){.kind = MAIL_DROP, .attempt = ATTEMPT}),
                     0);
    assert_int_equal(next_told(&fixture, MAIL_DROPPED, &report), ATTEMPT);
    assert_int_equal(fixture.rank.attempt, 9);
    assert_int_equal(fixture.driver.state, DRIVER_DYING);
    assert_int_equal(fixture.driver.attempt, 9);
    assert_int_equal(fixture.driver.token, 10);
    stop(&fixture);
}

static void a_drained_rank_hands_back_what_it_has_not_begun(void **state)
{
    struct fixture fixture;
    struct report report;
    (void)state;
    start(&fixture);
    task(&fixture, 8);
    task(&fixture, 9);
    worker_rank_drain(&fixture.rank, false, 0);
    task(&fixture, 10); /* was on its way */
    for (uint64_t attempt = 8; attempt <= 10; attempt++) {
        assert_int_equal(next_told(&fixture, MAIL_REPORT, &report), attempt);
        assert_int_equal(report.attempt, attempt);
        assert_int_equal(report.token, attempt + 1);
        assert_int_equal(report.status, REPORT_RETURNED);
    }
    assert_int_equal(next_told(&fixture, MAIL_REPORT, &report), 0);
    assert_int_equal(fixture.rank.attempt, ATTEMPT); /* goes on to its segment's end */
    stop(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_blob_is_passed_on),
        cmocka_unit_test(an_answer_to_another_question_is_passed_over),
        cmocka_unit_test(a_silent_lead_is_answered_for),
        cmocka_unit_test(a_waiting_task_is_dropped_without_a_word_to_the_executor),
        cmocka_unit_test(a_drained_rank_hands_back_what_it_has_not_begun),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
