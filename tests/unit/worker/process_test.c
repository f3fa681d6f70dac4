/* process_test.c - a task that is given up or stopped keeps what was done before.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "worker/process.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <sys/stat.h>

#include <cmocka.h>

#include "base/disk.h"
#include "base/text.h"
#include "model/skip.h"
#include "output/pack.h"
#include "raw/walk.h"
#include "release_id.h"
#include "worker/golden_data.h"

#define RUN    7002u
#define SPILLS 3u
#define EVENTS 40u
#define LIMIT  ((size_t)16 << 20)

struct fixture {
    char folder[32];
    struct golden_values values;
    struct walk_result walk;
    struct recipe recipe;
    struct task_segment segments[SPILLS];
    struct task task;
    struct arena arena;
    struct report report;
    /* What the urge says from this call on. */
    uint32_t calls, strike;
    enum process_urge word;
    uint32_t begun;  /* segments */
    uint32_t looked; /* at events */
    uint32_t stop;   /* before the one with this number; 0: never */
};

static void must(bool done, const struct err *err)
{
    if (!done)
        fail_msg("%s", err->text);
}

static void chunk_make(struct fixture *fixture)
{
    struct raw_writer writer;
    struct sadc_digits digits;
    struct err err;
    char path[128];
    struct chunk_id id = {RUN, 1, 1};
    raw_writer_init(&writer, LIMIT);
    sadc_digits_init(&digits);
    for (uint32_t spill = 1; spill <= SPILLS; spill++)
        for (uint32_t number = 1; number <= EVENTS; number++) {
            struct golden_event event = {RUN, spill, number, EVENT_PHYSICS};
            must(golden_event_write(&writer, &event, &digits, &err), &err);
        }
    (void)snprintf(path, sizeof path, "%s/cdr01001-%06u.dat", fixture->folder, RUN);
    must(disk_write_durable(path, writer.out.data, writer.out.size, 0644, &err), &err);
    must(walk_chunk(path, &id, &fixture->walk, &err), &err);
    must(text_copy(fixture->walk.chunk.url, sizeof fixture->walk.chunk.url, path, &err),
         &err);
    assert_int_equal(fixture->walk.chunk.segments, SPILLS);
    raw_writer_release(&writer);
    sadc_digits_release(&digits);
}

static void segment_make(struct fixture *fixture, uint32_t number)
{
    struct task_segment *segment = &fixture->segments[number];
    struct effective values[GOLDEN_TYPES];
    struct bytes reco, select;
    struct err err;
    *segment = (struct task_segment){.index = 10 + number,
                                     .segment = fixture->walk.segments[number],
                                     .reco_values = fixture->values.indices,
                                     .reco_value_count = GOLDEN_TYPES};
    for (uint32_t i = 0; i < GOLDEN_TYPES; i++)
        values[i] = fixture->values.values[i].effective;
    bytes_init(&reco, KEY_TEXT_LIMIT);
    bytes_init(&select, KEY_TEXT_LIMIT);
    struct key_input input = {.chunk = &fixture->walk.chunk,
                              .segment = &segment->segment,
                              .recipe = &fixture->recipe,
                              .reco_values = values,
                              .reco_count = GOLDEN_TYPES};
    must(key_segment_texts(&input, &reco, &select, &err), &err);
    segment->reco_key = key_of(&reco);
    segment->select_key = key_of(&select);
    bytes_release(&reco);
    bytes_release(&select);
}

static void start(struct fixture *fixture)
{
    struct err err;
    *fixture = (struct fixture){.folder = "/dev/shm/process_test-XXXXXX"};
    assert_non_null(mkdtemp(fixture->folder));
    fixture->recipe = (struct recipe){
        .reconstruct = true,
        .setup = GOLDEN_SETUP,
        .skim_count = 1,
        .skims = {{.name = "all", .kind = SKIM_ALL, .event_types = 1u << EVENT_PHYSICS}}};
    must(sha256_from_hex(SPILLWAY_RELEASE_ID, &fixture->recipe.release, &err), &err);
    must(golden_values_make(&fixture->values, &err), &err);
    chunk_make(fixture);
    for (uint32_t i = 0; i < SPILLS; i++)
        segment_make(fixture, i);
    fixture->task = (struct task){.attempt = 3,
                                  .token = 4,
                                  .kind = TASK_PROCESS,
                                  .duration_ns = 7000000000,
                                  .steps = STEP_RECO | STEP_SELECT,
                                  .run = run_unknown(RUN),
                                  .chunk = fixture->walk.chunk,
                                  .recipe = &fixture->recipe,
                                  .values = fixture->values.values,
                                  .value_count = GOLDEN_TYPES,
                                  .segments = fixture->segments,
                                  .segment_count = SPILLS};
    must(
        text_copy(fixture->task.store, sizeof fixture->task.store, fixture->folder, &err),
        &err);
    arena_init(&fixture->arena, LIMIT);
}

static int entry_remove(const char *path, const struct stat *status, int type,
                        struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

static void stop(struct fixture *fixture)
{
    assert_int_equal(nftw(fixture->folder, entry_remove, 8, FTW_DEPTH | FTW_PHYS), 0);
    arena_release(&fixture->arena);
    walk_result_release(&fixture->walk);
    golden_values_release(&fixture->values);
}

static bool on_begin(void *user, uint32_t index, struct err *err)
{
    struct fixture *fixture = user;
    (void)err;
    assert_int_equal(index, 10 + fixture->begun);
    fixture->begun++;
    return true;
}

static bool on_stop(void *user)
{
    const struct fixture *fixture = user;
    return fixture->stop > 0 && fixture->begun == fixture->stop;
}

static enum process_urge on_urge(void *user)
{
    struct fixture *fixture = user;
    return ++fixture->calls > fixture->strike ? fixture->word : PROCESS_GO_ON;
}

static void on_at(void *user, uint32_t event)
{
    struct fixture *fixture = user;
    fixture->looked += event != UINT32_MAX;
}

static void work(struct fixture *fixture)
{
    const struct process_options options = {.cache_path = fixture->folder,
                                            .host = "node",
                                            .begin = on_begin,
                                            .stop = on_stop,
                                            .at = on_at,
                                            .urge = on_urge,
                                            .user = fixture};
    fixture->calls = fixture->begun = 0;
    process_task(&fixture->task, &options, &fixture->arena, &fixture->report);
}

/* What is reported is on disk and whole. */
static void parts_are_whole(const struct fixture *fixture, uint64_t segments)
{
    char path[PRODUCT_FILE + 64];
    struct pack_report report;
    struct err err;
    assert_int_equal(fixture->report.part_count, 2);
    for (uint32_t i = 0; i < 2; i++) {
        const struct part_size *part = &fixture->report.parts[i];
        (void)snprintf(path, sizeof path, "%s/%s", fixture->folder, part->file);
        must(pack_verify(path, &report, &err), &err);
        assert_true(report.records >= segments);
    }
}

/* In the middle of the second segment. */
static void a_segment_that_is_given_up_is_handed_back_and_nobody_is_blamed(void **state)
{
    struct fixture fixture;
    (void)state;
    start(&fixture);
    fixture.strike = EVENTS + EVENTS / 2;
    fixture.word = PROCESS_QUIT;
    work(&fixture);
    assert_int_equal(fixture.report.status, REPORT_PREFIX);
    assert_int_equal(fixture.report.segment_count, 1);
    assert_int_equal(fixture.report.blamed, UINT32_MAX);
    assert_int_equal(fixture.report.failure.code, E_NONE);
    parts_are_whole(&fixture, 1);
    stop(&fixture);
}

static void a_task_that_is_given_up_in_its_first_segment_is_returned(void **state)
{
    struct fixture fixture;
    (void)state;
    start(&fixture);
    fixture.strike = 3;
    fixture.word = PROCESS_QUIT;
    work(&fixture);
    assert_int_equal(fixture.report.status, REPORT_RETURNED);
    assert_int_equal(fixture.report.segment_count, 0);
    assert_int_equal(fixture.report.failure.code, E_NONE);
    stop(&fixture);
}

static void a_segment_that_takes_too_long_is_blamed_and_those_before_it_count(
    void **state)
{
    struct fixture fixture;
    (void)state;
    start(&fixture);
    fixture.strike = 2 * EVENTS + 5;
    fixture.word = PROCESS_LATE;
    work(&fixture);
    assert_int_equal(fixture.report.status, REPORT_FAILED);
    assert_int_equal(fixture.report.segment_count, 2);
    assert_int_equal(fixture.report.blamed, 12);
    assert_int_equal(fixture.report.failure.code, E_WORKER_TIMEOUT);
    assert_non_null(strstr(fixture.report.failure.text, "not done within 7.0 s"));
    parts_are_whole(&fixture, 2);
    stop(&fixture);
}

static void a_stop_lets_the_segment_at_work_finish(void **state)
{
    struct fixture fixture;
    (void)state;
    start(&fixture);
    fixture.stop = 2;
    work(&fixture);
    assert_int_equal(fixture.report.status, REPORT_PREFIX);
    assert_int_equal(fixture.report.segment_count, 2);
    parts_are_whole(&fixture, 2);
    stop(&fixture);
}

/* The list as an effective value of the second segment, and in its keys. */
static void skip_events(struct fixture *fixture, const char *text)
{
    static uint32_t numbers[GOLDEN_TYPES + 1];
    static struct task_value values[GOLDEN_TYPES + 1];
    struct effective effective[GOLDEN_TYPES + 1];
    struct bytes reco, select;
    struct err err;
    struct task_segment *segment = &fixture->segments[1];
    struct task_value value = {.effective = {.type = SKIP_TYPE},
                               .size = strlen(text),
                               .inlined = (const uint8_t *)text};
    value.effective.value = sha256_of(text, strlen(text));
    memcpy(values, fixture->values.values, sizeof fixture->values.values);
    values[GOLDEN_TYPES] = value;
    uint32_t place = 0;
    for (uint32_t i = 0; i < GOLDEN_TYPES; i++) {
        if (place == i && strcmp(values[i].effective.type, SKIP_TYPE) > 0)
            numbers[place++] = GOLDEN_TYPES;
        numbers[place++] = i;
    }
    if (place == GOLDEN_TYPES)
        numbers[place] = GOLDEN_TYPES;
    for (uint32_t i = 0; i <= GOLDEN_TYPES; i++)
        effective[i] = values[numbers[i]].effective;
    fixture->task.values = values;
    fixture->task.value_count = GOLDEN_TYPES + 1;
    segment->reco_values = numbers;
    segment->reco_value_count = GOLDEN_TYPES + 1;
    bytes_init(&reco, KEY_TEXT_LIMIT);
    bytes_init(&select, KEY_TEXT_LIMIT);
    struct key_input input = {.chunk = &fixture->walk.chunk,
                              .segment = &segment->segment,
                              .recipe = &fixture->recipe,
                              .reco_values = effective,
                              .reco_count = GOLDEN_TYPES + 1};
    must(key_segment_texts(&input, &reco, &select, &err), &err);
    struct sha256 key = key_of(&reco);
    assert_false(sha256_equal(&key, &segment->reco_key));
    segment->reco_key = key;
    segment->select_key = key_of(&select);
    bytes_release(&reco);
    bytes_release(&select);
}

static uint64_t entries_of(const struct fixture *fixture, uint32_t segment,
                           const char *stream)
{
    const struct segment_result *result = &fixture->report.segments[segment];
    for (uint32_t i = 0; i < result->product_count; i++)
        if (strcmp(result->products[i].stream, stream) == 0)
            return result->products[i].entries;
    fail_msg("no stream %s", stream);
    return 0;
}

static void a_skipped_event_is_seen_and_in_no_output(void **state)
{
    struct fixture fixture;
    (void)state;
    start(&fixture);
    skip_events(&fixture, "7\n22\n");
    fixture.strike = UINT32_MAX;
    work(&fixture);
    assert_int_equal(fixture.report.status, REPORT_DONE);
    for (uint32_t i = 0; i < SPILLS; i++) {
        assert_true(event_digest_equal(&fixture.report.segments[i].seen,
                                       &fixture.walk.segments[i].digest));
        assert_int_equal(entries_of(&fixture, i, "reco"), i == 1 ? EVENTS - 2 : EVENTS);
        assert_int_equal(entries_of(&fixture, i, "skim.all"),
                         i == 1 ? EVENTS - 2 : EVENTS);
    }
    /* It was not even looked at. */
    assert_int_equal(fixture.looked, SPILLS * EVENTS - 2);
    parts_are_whole(&fixture, SPILLS);
    stop(&fixture);
}

static void a_list_that_is_not_canonical_fails_its_segment(void **state)
{
    struct fixture fixture;
    (void)state;
    start(&fixture);
    skip_events(&fixture, "22\n7\n");
    fixture.strike = UINT32_MAX;
    work(&fixture);
    assert_int_equal(fixture.report.status, REPORT_FAILED);
    assert_int_equal(fixture.report.segment_count, 1);
    assert_int_equal(fixture.report.blamed, 11);
    stop(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_segment_that_is_given_up_is_handed_back_and_nobody_is_blamed),
        cmocka_unit_test(a_task_that_is_given_up_in_its_first_segment_is_returned),
        cmocka_unit_test(
            a_segment_that_takes_too_long_is_blamed_and_those_before_it_count),
        cmocka_unit_test(a_stop_lets_the_segment_at_work_finish),
        cmocka_unit_test(a_skipped_event_is_seen_and_in_no_output),
        cmocka_unit_test(a_list_that_is_not_canonical_fails_its_segment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
