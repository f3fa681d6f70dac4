/* exchange_test.c - a report is held against the catalog before it counts.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/coordinator/service_pilot.h"

/* What the core would hear of this report. */
static struct core_report checked(struct world *world, const struct report *report)
{
    struct sync sync = {.pilot = world->pilot, .reports = report, .report_count = 1};
    struct exchange *exchange = exchange_of(&sync);
    struct catalog_txn *txn;
    struct err err;
    must(catalog_begin(world->catalog, &txn, &err), &err);
    must(exchange_check(exchange, &(const struct book *){&world->book}, 1, txn, &err),
         &err);
    catalog_abort(txn);
    struct core_report core = exchange->reports[0];
    exchange_free(exchange);
    return core;
}

/* A report that may be changed: copies of all lists. */
struct draft {
    struct report report;
    struct segment_result results[8];
    struct product products[8][WORLD_STREAMS + 1];
    struct part_size parts[3];
    uint64_t offsets[8];
};

static void draft_of(struct draft *draft, const struct report *report)
{
    *draft = (struct draft){.report = *report};
    for (uint32_t i = 0; i < report->segment_count; i++) {
        draft->results[i] = report->segments[i];
        for (uint32_t p = 0; p < report->segments[i].product_count; p++)
            draft->products[i][p] = report->segments[i].products[p];
        draft->results[i].products = draft->products[i];
    }
    for (uint32_t i = 0; i < report->part_count; i++)
        draft->parts[i] = report->parts[i];
    for (uint32_t i = 0; i < report->input_count; i++)
        draft->offsets[i] = report->input_offsets[i];
    draft->report.segments = draft->results;
    draft->report.parts = draft->parts;
    draft->report.input_offsets = draft->offsets;
}

static void wrong_token(struct draft *draft)
{
    draft->report.token++;
}

static void no_token(struct draft *draft)
{
    draft->report.token = 0;
}

static void unknown_attempt(struct draft *draft)
{
    draft->report.attempt = 77;
}

static void another_attempt(struct draft *draft)
{
    draft->report.attempt++;
}

static void segment_of_another_attempt(struct draft *draft)
{
    draft->results[3].index = 4;
}

static void segment_twice(struct draft *draft)
{
    draft->results[1] = draft->results[0];
}

static void segment_left_out(struct draft *draft)
{
    for (uint32_t i = 0; i < 3; i++)
        draft->results[i] = draft->results[i + 1];
    draft->report.segment_count = 3;
}

static void more_segments_than_the_task(struct draft *draft)
{
    draft->results[4] = draft->results[3];
    draft->results[4].index = 4;
    draft->report.segment_count = 5;
}

static void key_that_differs(struct draft *draft)
{
    draft->products[2][0].key.bytes[31] ^= 1;
}

static void keys_of_the_steps_exchanged(struct draft *draft)
{
    draft->products[0][0].key = draft->products[0][1].key;
}

static void one_event_less_seen(struct draft *draft)
{
    draft->results[3].seen.count--;
}

static void another_event_seen(struct draft *draft)
{
    draft->results[3].seen.low ^= 1;
}

static void stream_twice(struct draft *draft)
{
    draft->products[1][2] = draft->products[1][1];
}

static void one_stream_more(struct draft *draft)
{
    draft->products[1][WORLD_STREAMS] = draft->products[1][2];
    (void)snprintf(draft->products[1][WORLD_STREAMS].stream, STREAM_NAME, "skim.other");
    draft->results[1].product_count = WORLD_STREAMS + 1;
}

static void one_stream_missing(struct draft *draft)
{
    draft->results[1].product_count = WORLD_STREAMS - 1;
}

static void foreign_part(struct draft *draft)
{
    struct sha256 key = key_of_tests(1, 4);
    part_name(&key, draft->report.token, draft->parts[0].file);
    for (uint32_t i = 0; i < 4; i++)
        memcpy(draft->products[i][0].place.file, draft->parts[0].file, PRODUCT_FILE);
}

static void part_of_another_token(struct draft *draft)
{
    part_name(&draft->products[0][0].key, draft->report.token + 1, draft->parts[0].file);
    for (uint32_t i = 0; i < 4; i++)
        memcpy(draft->products[i][0].place.file, draft->parts[0].file, PRODUCT_FILE);
}

static void foreign_part_beside_its_own(struct draft *draft)
{
    (void)snprintf(draft->parts[2].file, PRODUCT_FILE, "published/reco/000001/x.root");
    draft->report.part_count = 3;
}

static void part_outside_of_the_store(struct draft *draft)
{
    (void)snprintf(draft->parts[0].file, PRODUCT_FILE, "../../../etc/passwd");
    for (uint32_t i = 0; i < 4; i++)
        memcpy(draft->products[i][0].place.file, draft->parts[0].file, PRODUCT_FILE);
}

static void foreign_part_without_results(struct draft *draft)
{
    (void)snprintf(draft->parts[0].file, PRODUCT_FILE, "../../../etc/passwd");
    draft->report.part_count = 1;
    draft->report.segment_count = 0;
    draft->report.status = REPORT_RETURNED;
}

static void place_that_begins_behind_the_part(struct draft *draft)
{
    draft->products[3][0].place.offset = draft->parts[0].size + 1;
}

static void place_that_ends_behind_the_part(struct draft *draft)
{
    draft->products[3][WORLD_STREAMS - 1].place.length++; /* the last of its part */
}

static void place_that_overflows(struct draft *draft)
{
    draft->products[3][0].place.length = INT64_MAX;
}

static void part_that_is_not_listed(struct draft *draft)
{
    draft->report.part_count = 1;
}

struct refusal {
    const char *name;
    void (*change)(struct draft *draft);
};

static void a_report_with_any_lie_is_refused(void **state)
{
    (void)state;
    static const struct refusal refusals[] = {
        {"wrong token", wrong_token},
        {"no token", no_token},
        {"unknown attempt", unknown_attempt},
        {"another attempt", another_attempt},
        {"segment of another attempt", segment_of_another_attempt},
        {"segment twice", segment_twice},
        {"segment left out", segment_left_out},
        {"more segments than the task", more_segments_than_the_task},
        {"key that differs", key_that_differs},
        {"keys of the steps exchanged", keys_of_the_steps_exchanged},
        {"one event less seen", one_event_less_seen},
        {"another event seen", another_event_seen},
        {"stream twice", stream_twice},
        {"one stream more", one_stream_more},
        {"one stream missing", one_stream_missing},
        {"foreign part", foreign_part},
        {"part of another token", part_of_another_token},
        {"foreign part beside its own", foreign_part_beside_its_own},
        {"part outside of the store", part_outside_of_the_store},
        {"foreign part without results", foreign_part_without_results},
        {"place that begins behind the part", place_that_begins_behind_the_part},
        {"place that ends behind the part", place_that_ends_behind_the_part},
        {"place that overflows", place_that_overflows},
        {"part that is not listed", part_that_is_not_listed}};
    struct world world;
    struct task task;
    struct task other;
    static struct draft draft;
    world_open(&world, 1, 8);
    assert_true(world_take(&world, &task));
    assert_true(world_take(&world, &other));
    assert_int_equal(task.segment_count, 4);
    struct report honest = report_process(&world, &task, 4);
    struct core_report core = checked(&world, &honest);
    assert_int_equal(core.token, task.token);
    assert_int_equal(core.already, ATTEMPT_LEASED);
    assert_true(core.parts_present);
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        draft_of(&draft, &honest);
        refusals[i].change(&draft);
        if (checked(&world, &draft.report).token != 0)
            fail_msg("accepted: %s", refusals[i].name);
        assert_int_equal(world_report(&world, &draft.report), VERDICT_REFUSED);
    }
    assert_int_equal(world_segments(&world, SEGMENT_COMMITTED), 0);
    assert_int_equal(world_report(&world, &honest), VERDICT_COMMITTED);
    world_check(&world);
    world_close(&world);
}

static void a_part_that_is_absent_or_of_another_size_is_not_present(void **state)
{
    (void)state;
    struct world world;
    struct task task;
    static struct draft draft;
    world_open(&world, 1, 4);
    assert_true(world_take(&world, &task));
    struct report honest = report_process(&world, &task, 4);
    draft_of(&draft, &honest);
    draft.parts[1].size++;
    assert_false(checked(&world, &draft.report).parts_present);
    assert_int_equal(unlink(world_path(&world, honest.parts[0].file)), 0);
    struct core_report core = checked(&world, &honest);
    assert_int_equal(core.token, task.token);
    assert_false(core.parts_present);
    /* The whole task waits: nothing was wrong with a segment. */
    assert_int_equal(world_report(&world, &honest), VERDICT_NOTED);
    assert_int_equal(world_segments(&world, SEGMENT_WAITING), 4);
    assert_int_equal(world_files(&world, "parts", ""), 0);
    world_close(&world);
}

static void merged_key(struct draft *draft)
{
    draft->report.merged.key.bytes[0] ^= 1;
}

static void merged_stream(struct draft *draft)
{
    (void)snprintf(draft->report.merged.stream, STREAM_NAME, "summary.x");
}

static void merged_digest(struct draft *draft)
{
    draft->report.merged.events.low ^= 1;
}

static void merged_count(struct draft *draft)
{
    draft->report.merged.events.count++;
}

static void merged_place(struct draft *draft)
{
    draft->report.merged.place.length++;
}

static void merged_elsewhere(struct draft *draft)
{
    (void)snprintf(draft->parts[0].file, PRODUCT_FILE, "parts/00/x");
    memcpy(draft->report.merged.place.file, draft->parts[0].file, PRODUCT_FILE);
}

static void offset_missing(struct draft *draft)
{
    draft->report.input_count--;
}

static void offset_too_many(struct draft *draft)
{
    draft->offsets[draft->report.input_count++] = 0;
}

static void offset_behind_the_end(struct draft *draft)
{
    draft->offsets[1] = draft->report.merged.place.length + 1;
}

static void offset_without_room_for_its_input(struct draft *draft)
{
    draft->offsets[0] = draft->report.merged.place.length - 1;
}

static void nothing_merged(struct draft *draft)
{
    draft->report.merged = (struct product){.entries = 0};
    draft->report.input_count = 0;
    draft->report.part_count = 0;
}

static void failed_with_a_part(struct draft *draft)
{
    draft->report.status = REPORT_FAILED;
    (void)err_set(&draft->report.failure, E_DISK_FULL, "full");
}

static void a_merge_with_any_lie_is_refused(void **state)
{
    (void)state;
    static const struct refusal refusals[] = {
        {"wrong token", wrong_token},
        {"merged key", merged_key},
        {"merged stream", merged_stream},
        {"merged digest", merged_digest},
        {"merged count", merged_count},
        {"merged place", merged_place},
        {"merged elsewhere", merged_elsewhere},
        {"offset missing", offset_missing},
        {"offset too many", offset_too_many},
        {"offset behind the end", offset_behind_the_end},
        {"offset without room for its input", offset_without_room_for_its_input},
        {"nothing merged", nothing_merged},
        {"failed with a part", failed_with_a_part}};
    struct world world;
    struct task task;
    static struct draft draft;
    world_open(&world, 1, 4);
    world_work(&world, TASK_PROCESS);
    assert_true(world_take(&world, &task));
    assert_int_equal(task.kind, TASK_MERGE);
    struct report honest = report_merge(&world, &task);
    assert_int_equal(checked(&world, &honest).token, task.token);
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        draft_of(&draft, &honest);
        refusals[i].change(&draft);
        if (checked(&world, &draft.report).token != 0)
            fail_msg("accepted: %s", refusals[i].name);
    }
    assert_int_equal(world_report(&world, &honest), VERDICT_COMMITTED);
    world_check(&world);
    world_close(&world);
}

static void a_body_that_is_no_message_is_an_error(void **state)
{
    (void)state;
    struct exchange *exchange = NULL;
    struct err err;
    assert_false(exchange_new(EXCHANGE_SYNC, "\xff\xff garbage", 10, &exchange, &err));
    assert_false(exchange_new(EXCHANGE_HELLO, "\x0a\x7f", 2, &exchange, &err));
    assert_null(exchange);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_report_with_any_lie_is_refused),
        cmocka_unit_test(a_part_that_is_absent_or_of_another_size_is_not_present),
        cmocka_unit_test(a_merge_with_any_lie_is_refused),
        cmocka_unit_test(a_body_that_is_no_message_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
