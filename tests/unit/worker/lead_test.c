/* lead_test.c - the lead against a coordinator and ranks that lose, repeat and refuse.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/worker/lead_fixture.h"

/* A task with next to no input. */
static const struct task_segment small_segment = {.index = 0};

static void give_small(struct fixture *fixture, uint64_t first, uint32_t count)
{
    struct task tasks[SYNC_TASKS];
    for (uint32_t i = 0; i < count; i++) {
        tasks[i] = task_of(first + i);
        tasks[i].segments = &small_segment;
    }
    answer(fixture, &(struct sync_answer){.tasks = tasks, .task_count = count});
}

static void nothing_is_said_before_an_executor_is_ready(void **state)
{
    struct fixture fixture;
    (void)state;
    start(&fixture, 2);
    lead_step(fixture.lead, fixture.now);
    assert_false(due(&fixture, "/pilot/hello"));
    ready(&fixture, 2, 7);
    hello(&fixture, PILOT);
    assert_true(due(&fixture, "/pilot/sync"));
    assert_int_equal(fixture.sync.pilot, PILOT);
    assert_int_equal(fixture.sync.want, 2); /* for the one that is ready */
    stop(&fixture);
}

static void a_rank_gets_its_next_task_when_it_reports(void **state)
{
    struct fixture fixture;
    uint64_t attempt;
    (void)state;
    two_at_work(&fixture);
    report(&fixture, 2, 2);
    lead_step(fixture.lead, fixture.now);
    assert_int_equal(next_letter(&fixture, MAIL_TASK, &attempt), 2);
    assert_int_equal(attempt, 3);
    assert_true(due(&fixture, "/pilot/sync"));
    assert_int_equal(fixture.sync.want, 1);
    assert_int_equal(fixture.sync.report_count, 1);
    assert_int_equal(fixture.sync.held_count, 3); /* 4, 1, 3; not the reported one */
    stop(&fixture);
}

static void an_unanswered_call_is_repeated_byte_for_byte(void **state)
{
    struct fixture fixture;
    struct err err;
    struct bytes first;
    (void)state;
    two_at_work(&fixture);
    bytes_init(&first, 1 << 20);
    report(&fixture, 1, 1);
    assert_true(due(&fixture, "/pilot/sync"));
    assert_true(bytes_append(&first, fixture.sent.data, fixture.sent.size, &err));
    err_set(&err, E_PROCESS, "no route");
    lead_unanswered(fixture.lead, &err, fixture.now);
    assert_false(due(&fixture, "/pilot/sync")); /* not at once */
    report(&fixture, 2, 2);                     /* waits for its turn */
    fixture.now += SECOND;
    assert_true(due(&fixture, "/pilot/sync"));
    assert_int_equal(first.size, fixture.sent.size);
    assert_memory_equal(first.data, fixture.sent.data, first.size);
    verdict(&fixture, 1, VERDICT_COMMITTED);
    assert_true(due(&fixture, "/pilot/sync"));
    assert_int_equal(fixture.sync.report_count, 1);
    assert_int_equal(fixture.sync.reports[0].attempt, 2);
    bytes_release(&first);
    stop(&fixture);
}

static void a_report_without_verdict_is_sent_again(void **state)
{
    struct fixture fixture;
    (void)state;
    two_at_work(&fixture);
    report(&fixture, 1, 1);
    assert_true(due(&fixture, "/pilot/sync"));
    answer(&fixture, &(struct sync_answer){.pause_ms = 100000});
    assert_true(due(&fixture, "/pilot/sync"));
    assert_int_equal(fixture.sync.report_count, 1);
    verdict(&fixture, 1, VERDICT_REFUSED);
    assert_false(due(&fixture, "/pilot/sync")); /* dropped */
    stop(&fixture);
}

static void an_answer_that_is_garbage_counts_as_none(void **state)
{
    struct fixture fixture;
    (void)state;
    two_at_work(&fixture);
    report(&fixture, 1, 1);
    assert_true(due(&fixture, "/pilot/sync"));
    lead_answered(fixture.lead, (const uint8_t *)"<html>", 6, fixture.now);
    fixture.now += SECOND;
    assert_true(due(&fixture, "/pilot/sync"));
    assert_int_equal(fixture.sync.report_count, 1);
    stop(&fixture);
}

static void a_task_that_comes_twice_is_done_once(void **state)
{
    struct fixture fixture;
    uint64_t attempt;
    (void)state;
    two_at_work(&fixture);
    report(&fixture, 1, 1);
    assert_true(due(&fixture, "/pilot/sync"));
    give(&fixture, 1, 4); /* reported, at work, queued, queued */
    assert_int_equal(next_letter(&fixture, MAIL_TASK, &attempt), 1);
    assert_int_equal(attempt, 3);
    report(&fixture, 1, 3);
    lead_step(fixture.lead, fixture.now);
    assert_int_equal(next_letter(&fixture, MAIL_TASK, &attempt), 1);
    assert_int_equal(attempt, 4);
    report(&fixture, 1, 4);
    lead_step(fixture.lead, fixture.now);
    assert_int_equal(next_letter(&fixture, MAIL_TASK, &attempt), 0);
    stop(&fixture);
}

static void an_unknown_pilot_says_hello_and_keeps_its_reports(void **state)
{
    struct fixture fixture;
    (void)state;
    two_at_work(&fixture);
    report(&fixture, 1, 1);
    assert_true(due(&fixture, "/pilot/sync"));
    answer(&fixture, &(struct sync_answer){.unknown = true});
    hello(&fixture, PILOT + 1);
    assert_true(due(&fixture, "/pilot/sync"));
    assert_int_equal(fixture.sync.pilot, PILOT + 1);
    assert_int_equal(fixture.sync.report_count, 1);
    assert_int_equal(fixture.sync.held_count, 3);
    stop(&fixture);
}

static void a_lost_lease_stops_its_rank_and_its_late_report_is_dropped(void **state)
{
    struct fixture fixture;
    uint64_t attempt, lost[] = {1, 4};
    (void)state;
    two_at_work(&fixture);
    fixture.now += 40 * SECOND;
    life_signs(&fixture, 1, 2);
    assert_true(due(&fixture, "/pilot/sync")); /* a heartbeat */
    answer(&fixture,
           &(struct sync_answer){.lost = lost, .lost_count = 2, .pause_ms = 100000});
    assert_int_equal(next_letter(&fixture, MAIL_DROP, &attempt), 1);
    assert_int_equal(attempt, 1);
    assert_int_equal(next_letter(&fixture, MAIL_TASK, &attempt), 0); /* not yet */
    report(&fixture, 1, 1); /* had been sent before it was told */
    lead_step(fixture.lead, fixture.now);
    assert_false(due(&fixture, "/pilot/sync"));
    assert_int_equal(next_letter(&fixture, MAIL_TASK, &attempt), 1);
    assert_int_equal(attempt, 3); /* 4 is lost too */
    from_rank(&fixture, 1, &(struct mail){.kind = MAIL_DROPPED, .attempt = 1});
    report(&fixture, 1, 3);
    assert_true(due(&fixture, "/pilot/sync"));
    stop(&fixture);
}

/* Two ranks with 1, 3 and 2, 4; all of them small. */
static void two_with_two_each(struct fixture *fixture)
{
    uint64_t attempt;
    start(fixture, 2);
    ready(fixture, 1, 7);
    ready(fixture, 2, 7);
    hello(fixture, PILOT);
    assert_true(due(fixture, "/pilot/sync"));
    give_small(fixture, 1, 4);
    for (uint64_t number = 1; number <= 4; number++) {
        assert_int_equal(next_letter(fixture, MAIL_TASK, &attempt), 2 - number % 2);
        assert_int_equal(attempt, number);
    }
}

static void small_tasks_go_ahead_and_all_of_them_are_held(void **state)
{
    struct fixture fixture;
    uint64_t attempt;
    (void)state;
    two_with_two_each(&fixture);
    assert_true(due(&fixture, "/pilot/sync"));
    assert_int_equal(fixture.sync.held_count, 4);
    assert_true(fixture.sync.want > 4); /* they do not last long */
    /* A large one is not put behind small ones, nor a small one behind it. */
    struct task mixed[2] = {task_of(5), task_of(6)};
    mixed[1].segments = &small_segment;
    answer(&fixture, &(struct sync_answer){.tasks = mixed, .task_count = 2});
    assert_int_equal(next_letter(&fixture, MAIL_TASK, &attempt), 0);
    report(&fixture, 1, 1);
    lead_step(fixture.lead, fixture.now);
    assert_int_equal(next_letter(&fixture, MAIL_TASK, &attempt), 0);
    report(&fixture, 1, 3);
    lead_step(fixture.lead, fixture.now);
    assert_int_equal(next_letter(&fixture, MAIL_TASK, &attempt), 1);
    assert_int_equal(attempt, 5);
    assert_int_equal(next_letter(&fixture, MAIL_TASK, &attempt), 2);
    assert_int_equal(attempt, 6);
    assert_true(due(&fixture, "/pilot/sync"));
    assert_int_equal(fixture.sync.report_count, 2);
    assert_int_equal(fixture.sync.held_count, 4); /* 2, 4, 5, 6 */
    assert_int_equal(fixture.sync.want, 0);       /* one large, and 4 in hand */
    stop(&fixture);
}

static void a_rank_has_no_more_than_it_does_in_a_short_time(void **state)
{
    struct fixture fixture;
    uint64_t attempt;
    uint32_t letters = 0;
    (void)state;
    start(&fixture, 1);
    ready(&fixture, 1, 7);
    hello(&fixture, PILOT);
    assert_true(due(&fixture, "/pilot/sync"));
    give_small(&fixture, 1, SYNC_TASKS);
    while (next_letter(&fixture, MAIL_TASK, &attempt) == 1)
        letters++;
    assert_int_equal(letters, 16);
    report(&fixture, 1, 1);
    lead_step(fixture.lead, fixture.now);
    assert_int_equal(next_letter(&fixture, MAIL_TASK, &attempt), 1);
    assert_int_equal(attempt, 17);
    stop(&fixture);
}

static void a_lost_lease_of_a_waiting_task_stops_only_that(void **state)
{
    struct fixture fixture;
    uint64_t attempt, lost[] = {3};
    (void)state;
    two_with_two_each(&fixture);
    assert_true(due(&fixture, "/pilot/sync"));
    answer(&fixture,
           &(struct sync_answer){.lost = lost, .lost_count = 1, .pause_ms = 100000});
    assert_int_equal(next_letter(&fixture, MAIL_DROP, &attempt), 1);
    assert_int_equal(attempt, 3);
    from_rank(&fixture, 1, &(struct mail){.kind = MAIL_DROPPED, .attempt = 3});
    report(&fixture, 1, 3); /* nobody waits for it */
    report(&fixture, 1, 1);
    assert_true(due(&fixture, "/pilot/sync"));
    assert_int_equal(fixture.sync.report_count, 1);
    assert_int_equal(fixture.sync.reports[0].attempt, 1);
    assert_int_equal(fixture.sync.held_count, 2);
    stop(&fixture);
}

static void all_that_a_silent_rank_had_is_handed_back(void **state)
{
    struct fixture fixture;
    (void)state;
    two_with_two_each(&fixture);
    fixture.now += 40 * SECOND;
    life_signs(&fixture, 2, 2);
    lead_step(fixture.lead, fixture.now);
    assert_int_equal(lead_take_lost(fixture.lead), 1);
    assert_true(due(&fixture, "/pilot/sync"));
    assert_int_equal(fixture.sync.report_count, 2);
    for (uint32_t i = 0; i < 2; i++) {
        assert_int_equal(fixture.sync.reports[i].attempt, 1 + 2 * i);
        assert_int_equal(fixture.sync.reports[i].status, REPORT_RETURNED);
    }
    stop(&fixture);
}

static void a_silent_rank_is_given_up_and_its_task_handed_back(void **state)
{
    struct fixture fixture;
    uint64_t attempt;
    struct err why;
    bool clean;
    (void)state;
    two_at_work(&fixture);
    fixture.now += 15 * SECOND;
    life_signs(&fixture, 2, 2);
    fixture.now += 10 * SECOND;
    lead_step(fixture.lead, fixture.now);
    assert_int_equal(lead_take_lost(fixture.lead), 1);
    assert_int_equal(lead_take_lost(fixture.lead), -1);
    assert_true(due(&fixture, "/pilot/sync"));
    assert_int_equal(fixture.sync.report_count, 1);
    assert_int_equal(fixture.sync.reports[0].attempt, 1);
    assert_int_equal(fixture.sync.reports[0].status, REPORT_RETURNED);
    report(&fixture, 1, 1); /* it is not read any more */
    verdict(&fixture, 1, VERDICT_NOTED);
    assert_false(due(&fixture, "/pilot/sync"));
    lead_dismiss(fixture.lead);
    assert_int_equal(next_letter(&fixture, MAIL_END, &attempt), 2);
    assert_int_equal(next_letter(&fixture, MAIL_END, &attempt), 0);
    assert_false(lead_over(fixture.lead, &why, &clean));
    assert_false(clean);
    stop(&fixture);
}

static void without_a_working_rank_the_pilot_ends(void **state)
{
    struct fixture fixture;
    struct err why;
    bool clean;
    (void)state;
    start(&fixture, 1);
    static const uint8_t text[] = "no such program";
    from_rank(&fixture, 1,
              &(struct mail){.kind = MAIL_BROKEN, .body = text, .size = sizeof text - 1});
    lead_step(fixture.lead, fixture.now);
    assert_true(lead_over(fixture.lead, &why, &clean));
    assert_int_equal(why.code, E_WORKER_START);
    assert_string_equal(why.text,
                        "no rank of this pilot can work any more: no such program");
    assert_true(clean);
    stop(&fixture);
}

static void a_rank_of_another_release_gets_no_task(void **state)
{
    struct fixture fixture;
    uint64_t attempt;
    (void)state;
    start(&fixture, 2);
    ready(&fixture, 1, 7);
    ready(&fixture, 2, 8);
    hello(&fixture, PILOT);
    assert_true(due(&fixture, "/pilot/sync"));
    assert_int_equal(fixture.sync.want, 2);
    give(&fixture, 1, 2);
    assert_int_equal(next_letter(&fixture, MAIL_TASK, &attempt), 1);
    assert_int_equal(next_letter(&fixture, MAIL_TASK, &attempt), 0);
    stop(&fixture);
}

static void the_coordinator_ends_a_pilot_that_has_nothing_in_hand(void **state)
{
    struct fixture fixture;
    struct err why;
    bool clean;
    (void)state;
    start(&fixture, 1);
    ready(&fixture, 1, 7);
    hello(&fixture, PILOT);
    assert_true(due(&fixture, "/pilot/sync"));
    answer(&fixture, &(struct sync_answer){.drain = true});
    assert_true(lead_over(fixture.lead, &why, &clean));
    assert_int_equal(why.code, E_NONE);
    stop(&fixture);
}

static void who_reports_asks_too_whatever_the_pause(void **state)
{
    struct fixture fixture;
    (void)state;
    start(&fixture, 1);
    ready(&fixture, 1, 7);
    hello(&fixture, PILOT);
    assert_true(due(&fixture, "/pilot/sync"));
    give(&fixture, 1, 1);
    lead_step(fixture.lead, fixture.now);
    assert_true(due(&fixture, "/pilot/sync"));
    assert_int_equal(fixture.sync.want, 1); /* ahead */
    answer(&fixture, &(struct sync_answer){.pause_ms = 30000});
    assert_false(due(&fixture, "/pilot/sync"));
    report(&fixture, 1, 1);
    assert_true(due(&fixture, "/pilot/sync"));
    assert_int_equal(fixture.sync.report_count, 1);
    assert_int_equal(fixture.sync.want, 2);
    stop(&fixture);
}

static void a_coordinator_silent_for_too_long_is_left(void **state)
{
    struct fixture fixture;
    struct err err, why;
    bool clean;
    (void)state;
    two_at_work(&fixture);
    report(&fixture, 1, 1);
    err_set(&err, E_PROCESS, "no route to it");
    int64_t start_ns = fixture.now;
    uint32_t calls = 0;
    while (!lead_over(fixture.lead, &why, &clean)) {
        life_signs(&fixture, 1, 2);
        if (due(&fixture, "/pilot/sync")) {
            lead_unanswered(fixture.lead, &err, fixture.now);
            calls++;
        }
        lead_step(fixture.lead, fixture.now);
        fixture.now += SECOND / 10;
    }
    assert_int_equal(why.code, E_WORKER_LONELY);
    assert_non_null(strstr(why.text, "no route to it"));
    assert_in_range((fixture.now - start_ns) / SECOND, 1795, 1805);
    assert_in_range(calls, 140, 260); /* about every 10 s */
    stop(&fixture);
}

static void a_rejected_pilot_ends_and_says_why(void **state)
{
    struct fixture fixture;
    struct err err, why;
    bool clean;
    (void)state;
    start(&fixture, 1);
    ready(&fixture, 1, 7);
    assert_true(due(&fixture, "/pilot/hello"));
    err_set(&err, E_WORKER_RELEASE, "another fingerprint");
    lead_rejected(fixture.lead, &err);
    assert_true(lead_over(fixture.lead, &why, &clean));
    assert_int_equal(why.code, E_WORKER_RELEASE);
    stop(&fixture);
}

/* Also while it drains: the executor that asked must finish its segment. */
static void a_wish_for_a_blob_is_handed_on_whole(void **state)
{
    struct fixture fixture;
    struct mail mail;
    struct err err;
    uint8_t body[SHA256_SIZE + 6] = {1, 2, 3};
    (void)state;
    start(&fixture, 2);
    ready(&fixture, 1, 7);
    assert_null(lead_take_want(fixture.lead));
    lead_drain(fixture.lead, false, fixture.now);
    from_rank(&fixture, 2,
              &(struct mail){
                  .kind = MAIL_WANT, .attempt = 5, .body = body, .size = sizeof body});
    struct letter *want = lead_take_want(fixture.lead);
    assert_non_null(want);
    assert_int_equal(want->peer, 2);
    assert_true(letter_open(want, &mail, &err));
    assert_int_equal(mail.attempt, 5);
    assert_memory_equal(mail.body, body, sizeof body);
    free(want);
    assert_null(lead_take_want(fixture.lead));
    from_rank(&fixture, 1,
              &(struct mail){.kind = MAIL_WANT, .body = body, .size = sizeof body});
    stop(&fixture); /* and one that nobody took is freed */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_said_before_an_executor_is_ready),
        cmocka_unit_test(a_rank_gets_its_next_task_when_it_reports),
        cmocka_unit_test(an_unanswered_call_is_repeated_byte_for_byte),
        cmocka_unit_test(a_report_without_verdict_is_sent_again),
        cmocka_unit_test(an_answer_that_is_garbage_counts_as_none),
        cmocka_unit_test(a_task_that_comes_twice_is_done_once),
        cmocka_unit_test(an_unknown_pilot_says_hello_and_keeps_its_reports),
        cmocka_unit_test(a_lost_lease_stops_its_rank_and_its_late_report_is_dropped),
        cmocka_unit_test(small_tasks_go_ahead_and_all_of_them_are_held),
        cmocka_unit_test(a_rank_has_no_more_than_it_does_in_a_short_time),
        cmocka_unit_test(a_lost_lease_of_a_waiting_task_stops_only_that),
        cmocka_unit_test(all_that_a_silent_rank_had_is_handed_back),
        cmocka_unit_test(a_silent_rank_is_given_up_and_its_task_handed_back),
        cmocka_unit_test(without_a_working_rank_the_pilot_ends),
        cmocka_unit_test(a_rank_of_another_release_gets_no_task),
        cmocka_unit_test(the_coordinator_ends_a_pilot_that_has_nothing_in_hand),
        cmocka_unit_test(who_reports_asks_too_whatever_the_pause),
        cmocka_unit_test(a_coordinator_silent_for_too_long_is_left),
        cmocka_unit_test(a_rejected_pilot_ends_and_says_why),
        cmocka_unit_test(a_wish_for_a_blob_is_handed_on_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
