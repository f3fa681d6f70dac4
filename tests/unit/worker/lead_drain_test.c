/* lead_drain_test.c - a lead that ends in order: by signal, in haste, by walltime.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/worker/lead_fixture.h"

static void a_drained_pilot_hands_back_and_ends_with_its_last_verdict(void **state)
{
    struct fixture fixture;
    uint64_t attempt;
    struct err why;
    bool clean;
    (void)state;
    two_at_work(&fixture);
    lead_drain(fixture.lead, false, fixture.now);
    assert_int_equal(next_letter(&fixture, MAIL_DRAIN, &attempt), 1);
    assert_int_equal(next_letter(&fixture, MAIL_DRAIN, &attempt), 2);
    assert_true(due(&fixture, "/pilot/sync"));
    assert_int_equal(fixture.sync.want, 0);
    assert_int_equal(fixture.sync.report_count, 2);
    assert_int_equal(fixture.sync.reports[0].status, REPORT_RETURNED);
    struct sync_verdict verdicts[2] = {{.attempt = 3, .verdict = VERDICT_NOTED},
                                       {.attempt = 4, .verdict = VERDICT_NOTED}};
    answer(&fixture, &(struct sync_answer){.verdicts = verdicts, .verdict_count = 2});
    report(&fixture, 1, 1);
    report(&fixture, 2, 2);
    lead_step(fixture.lead, fixture.now);
    assert_false(lead_over(fixture.lead, &why, &clean));
    assert_true(due(&fixture, "/pilot/sync"));
    verdicts[0].attempt = 1;
    verdicts[1].attempt = 2;
    answer(&fixture, &(struct sync_answer){.verdicts = verdicts, .verdict_count = 2});
    assert_true(lead_over(fixture.lead, &why, &clean));
    assert_int_equal(why.code, E_NONE);
    assert_true(clean);
    stop(&fixture);
}

/* A report of one segment that took `wall_ns`. */
static void report_segment(struct fixture *fixture, int rank, uint64_t attempt,
                           int64_t wall_ns)
{
    struct segment_result result = {.wall_ns = wall_ns};
    struct report prefix = {.attempt = attempt,
                            .token = attempt + 1,
                            .status = REPORT_PREFIX,
                            .blamed = UINT32_MAX,
                            .segments = &result,
                            .segment_count = 1};
    struct bytes packed;
    struct err err;
    bytes_init(&packed, 1 << 16);
    assert_true(wire_report_pack(&prefix, &packed, &err));
    from_rank(fixture, rank,
              &(struct mail){.kind = MAIL_REPORT,
                             .attempt = attempt,
                             .body = packed.data,
                             .size = packed.size});
    bytes_release(&packed);
}

static void near_the_walltime_the_lead_drains_by_itself(void **state)
{
    struct fixture fixture;
    uint64_t attempt;
    (void)state;
    two_at_work(&fixture);
    lead_free(fixture.lead);
    struct lead_options options = {.first_rank = 1,
                                   .executors = 2,
                                   .silence_ns = 1000 * SECOND,
                                   .patience_ns = 1800 * SECOND,
                                   .until_ns = fixture.now + 60 * SECOND,
                                   .seed = 1};
    fixture.lead = lead_new(&options, &fixture.log, fixture.now);
    ready(&fixture, 1, 7);
    ready(&fixture, 2, 7);
    hello(&fixture, PILOT);
    assert_true(due(&fixture, "/pilot/sync"));
    give(&fixture, 1, 4);
    assert_int_equal(next_letter(&fixture, MAIL_DRAIN, &attempt), 0);
    fixture.now += 40 * SECOND;
    lead_step(fixture.lead, fixture.now);
    assert_int_equal(next_letter(&fixture, MAIL_DRAIN, &attempt), 0);
    /* Its segments take long: another one would not be done in time. */
    report_segment(&fixture, 1, 1, 20 * SECOND);
    lead_step(fixture.lead, fixture.now);
    assert_int_equal(next_letter(&fixture, MAIL_DRAIN, &attempt), 1);
    assert_int_equal(next_letter(&fixture, MAIL_DRAIN, &attempt), 2);
    assert_int_equal(next_letter(&fixture, MAIL_TASK, &attempt), 0);
    assert_true(due(&fixture, "/pilot/sync"));
    assert_int_equal(fixture.sync.want, 0);
    assert_int_equal(fixture.sync.report_count, 3); /* a prefix, and two handed back */
    stop(&fixture);
}

static void time_slept_does_not_put_off_the_walltime(void **state)
{
    struct fixture fixture;
    uint64_t attempt;
    (void)state;
    start(&fixture, 1);
    lead_free(fixture.lead);
    struct lead_options options = {.first_rank = 1,
                                   .executors = 1,
                                   .silence_ns = 1000 * SECOND,
                                   .patience_ns = 1800 * SECOND,
                                   .until_ns = fixture.now + 60 * SECOND,
                                   .seed = 1};
    fixture.lead = lead_new(&options, &fixture.log, fixture.now);
    ready(&fixture, 1, 7);
    lead_slept(fixture.lead, 50 * SECOND);
    lead_step(fixture.lead, fixture.now + 9 * SECOND);
    assert_int_equal(next_letter(&fixture, MAIL_DRAIN, &attempt), 0);
    lead_step(fixture.lead, fixture.now + 11 * SECOND);
    assert_int_equal(next_letter(&fixture, MAIL_DRAIN, &attempt), 1);
    stop(&fixture);
}

static void a_drain_may_become_urgent(void **state)
{
    struct fixture fixture;
    uint64_t attempt;
    (void)state;
    two_at_work(&fixture);
    lead_drain(fixture.lead, false, fixture.now);
    assert_int_equal(next_letter(&fixture, MAIL_DRAIN, &attempt), 1);
    assert_int_equal(next_letter(&fixture, MAIL_DRAIN, &attempt), 2);
    lead_drain(fixture.lead, false, fixture.now);
    assert_int_equal(next_letter(&fixture, MAIL_DRAIN, &attempt), 0);
    lead_drain(fixture.lead, true, fixture.now);
    assert_int_equal(next_letter(&fixture, MAIL_DRAIN, &attempt), 1);
    assert_int_equal(next_letter(&fixture, MAIL_DRAIN, &attempt), 2);
    lead_drain(fixture.lead, true, fixture.now);
    lead_drain(fixture.lead, false, fixture.now);
    assert_int_equal(next_letter(&fixture, MAIL_DRAIN, &attempt), 0);
    stop(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_drained_pilot_hands_back_and_ends_with_its_last_verdict),
        cmocka_unit_test(near_the_walltime_the_lead_drains_by_itself),
        cmocka_unit_test(time_slept_does_not_put_off_the_walltime),
        cmocka_unit_test(a_drain_may_become_urgent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
