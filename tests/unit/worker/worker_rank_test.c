/* worker_rank_test.c - an executor that waits for a blob always gets an answer.
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_blob_is_passed_on),
        cmocka_unit_test(an_answer_to_another_question_is_passed_over),
        cmocka_unit_test(a_silent_lead_is_answered_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
