/* report_test.c - the accounts of a stored campaign, with losses and a conflict.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/text.h"

static char folder[] = "/tmp/report_test.XXXXXX";
static struct catalog *catalog;
static struct err err;

#define MUST(what)                                                                       \
    do {                                                                                 \
        if (!(what))                                                                     \
            fail_msg("%s", err.text);                                                    \
    } while (0)

/* Run 7, two chunks; spill 1 in both (EOT 1000), spill 2 in the second (two counts). */
static const struct segment segments[] = {
    {.id = {{7, 1, 1}, 0}, .spill = 1, .length = 10, .events = {[EVENT_PHYSICS] = 30}},
    {.id = {{7, 1, 2}, 0},
     .spill = 1,
     .length = 10,
     .events = {[EVENT_PHYSICS] = 10, [EVENT_CALIBRATION] = 2}},
    {.id = {{7, 1, 2}, 1}, .spill = 2, .length = 10, .events = {[EVENT_PHYSICS] = 5}}};

static void catalogue_fill(struct catalog_txn *txn)
{
    struct run run = run_unknown(7);
    struct spill spills[] = {
        {.run = 7, .number = 1, .beam_known = true, .beam_count = 1000},
        {.run = 7, .number = 2, .beam_conflict = true}};
    MUST(catalog_put_run(txn, &run, &err));
    for (uint16_t i = 1; i <= 2; i++) {
        struct chunk chunk = {
            .id = {7, 1, i}, .size = 20, .scanned = true, .segments = i};
        (void)snprintf(chunk.url, sizeof chunk.url, "/x/%u", i);
        MUST(catalog_put_chunk(txn, &chunk, &err));
        MUST(catalog_put_segments(txn, &chunk.id, &segments[i - 1], i, &err));
        MUST(catalog_put_spill(txn, &spills[i - 1], &err));
    }
}

static void campaign_fill(struct catalog_txn *txn, struct campaign *campaign)
{
    static const uint8_t states[] = {SEGMENT_COMMITTED, SEGMENT_LOST,
                                     SEGMENT_QUARANTINED};
    MUST(catalog_put_campaign(txn, campaign, &err));
    MUST(catalog_put_set(txn, campaign->id, 0, NULL, 0, &err));
    for (uint32_t i = 0; i < 3; i++) {
        struct plan_segment planned = {.id = segments[i].id, .spill = segments[i].spill};
        struct plan_state state = {.state = states[i],
                                   .failure = i == 2 ? E_DISK_READ : 0};
        planned.select_key.bytes[0] = (uint8_t)(i + 1);
        MUST(catalog_put_plan_segment(txn, campaign->id, i, &planned, &err));
        MUST(catalog_put_state(txn, campaign->id, i, &state, &err));
    }
}

static int start(void **state)
{
    (void)state;
    struct catalog_txn *txn;
    struct campaign campaign = {.name = "c", .segment_count = 3, .set_count = 1};
    if (mkdtemp(folder) == NULL)
        return 1;
    MUST(catalog_open(folder, CATALOG_WRITE, &catalog, &err));
    MUST(catalog_begin(catalog, &txn, &err));
    catalogue_fill(txn);
    campaign_fill(txn, &campaign);
    MUST(catalog_commit(txn, &err));
    return 0;
}

static int stop(void **state)
{
    (void)state;
    static const char *const names[] = {"data.mdb", "lock.mdb", "owner.lock"};
    catalog_close(catalog);
    for (size_t i = 0; i < 3; i++) {
        char path[128];
        (void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        (void)unlink(path);
    }
    return rmdir(folder);
}

static void losses_have_a_reason_and_the_sums_balance(void **state)
{
    (void)state;
    struct catalog_txn *txn;
    struct campaign_report report;
    struct bytes out;
    const char *text;
    campaign_report_init(&report);
    MUST(catalog_begin(catalog, &txn, &err));
    MUST(campaign_report_read(&report, txn, "c", &err));
    catalog_abort(txn);
    assert_int_equal(report.run_count, 1);
    assert_int_equal(report.sum.selected.events, 47);
    assert_int_equal(report.sum.delivered.events, 30);
    assert_int_equal(report.sum.lost.events, 12);
    assert_int_equal(report.sum.open.events, 5);
    assert_int_equal(report.sum.conflict_spills, 1);
    assert_true(report.sum.delivered.scale > 749.9 && report.sum.delivered.scale < 750.1);
    assert_true(report.sum.delivered.drop < 1);
    assert_int_equal(report.loss_count, 2);
    bytes_init(&out, 1 << 20);
    MUST(campaign_report_text(&report, &out, &err));
    MUST(text_terminate(&out, &text, &err));
    assert_non_null(strstr(text,
                           "                             selected    = delivered         "
                           "+ lost         + open       + masked\n"
                           "run 7      events                   47             30"
                           "             12              5\n"
                           "           spills "));
    assert_non_null(strstr(text, "           EOT, drop  "));
    assert_non_null(strstr(text, "           EOT, scale "));
    assert_non_null(strstr(text, "EOT UNKNOWN for 1 spills with 5 events"));
    assert_non_null(
        strstr(text, "run 7 spill 1 segment 7/1/2/0: 12 events, lost, closed, 250 EOT"));
    assert_non_null(strstr(
        text,
        "run 7 spill 2 segment 7/1/2/1: 5 events, quarantined, E_DISK_READ, EOT unknown"));
    bytes_clear(&out);
    MUST(campaign_report_json(&report, &out, &err));
    bytes_release(&out);
    campaign_report_release(&report);
}

static void an_unknown_campaign_is_named(void **state)
{
    (void)state;
    struct catalog_txn *txn;
    struct campaign_report report;
    campaign_report_init(&report);
    MUST(catalog_begin(catalog, &txn, &err));
    assert_false(campaign_report_read(&report, txn, "nine", &err));
    assert_int_equal(err.code, E_NOT_FOUND);
    catalog_abort(txn);
    campaign_report_release(&report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(losses_have_a_reason_and_the_sums_balance),
        cmocka_unit_test(an_unknown_campaign_is_named),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
