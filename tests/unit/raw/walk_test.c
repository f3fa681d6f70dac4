/* walk_test.c - segments, damage and refusals of the structure walker.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>

#include "raw/once.h"
#include "raw/window.h"
#include "tests/unit/raw/made.h"

static struct raw_writer made(uint32_t spills, uint32_t events,
                              const struct made_shape *shape)
{
    struct raw_writer writer;
    raw_writer_init(&writer, MADE_LIMIT);
    made_file(&writer, spills, events, shape);
    return writer;
}

static size_t event_offset(const struct bytes *file, size_t index)
{
    size_t at = 0;
    for (size_t i = 0; i < index; i++)
        at += le32_load(file->data + at);
    return at;
}

static void segments_tile_the_file_in_every_shape(void **state)
{
    (void)state;
    for (size_t i = 0; i < MADE_SHAPES; i++) {
        struct raw_writer writer = made(3, 8, &made_shapes[i]);
        struct walk_result result;
        struct err err;
        assert_true(made_walk(&writer.out, &result, &err));
        made_check_account(&result, writer.out.data, writer.out.size);
        assert_int_equal(result.segment_count, 3);
        assert_int_equal(result.chunk.damage_count, 0);
        assert_int_equal(result.events[EVENT_PHYSICS], 18);
        assert_int_equal(result.events[EVENT_CALIBRATION], 6);
        assert_int_equal(result.events[EVENT_START_OF_BURST], 3);
        assert_int_equal(result.segments[1].spill, 2);
        assert_int_equal(result.segments[1].events[EVENT_PHYSICS], 6);
        struct event_digest digest = {0};
        event_digest_add(&digest, MADE_RUN, 1, 0, EVENT_START_OF_BURST);
        for (uint32_t n = 1; n <= 8; n++)
            event_digest_add(&digest, MADE_RUN, 1, n, n % 4 == 0 ? 8 : 7);
        event_digest_add(&digest, MADE_RUN, 1, 8, EVENT_END_OF_BURST);
        assert_true(event_digest_equal(&digest, &result.segments[0].digest));
        walk_result_release(&result);
        raw_writer_release(&writer);
    }
}

static void end_of_burst_records_are_found(void **state)
{
    (void)state;
    const struct eot_definition definition = {
        .source = MADE_SCALER, .scaler_word = 2, .scale = 1};
    struct raw_writer writer = made(3, 4, &made_super);
    struct walk_result result;
    struct err err;
    assert_true(made_walk(&writer.out, &result, &err));
    assert_int_equal(result.burst_end_count, 3);
    for (size_t i = 0; i < 3; i++) {
        const struct walk_burst_end *end = &result.burst_ends[i];
        struct date_event record = {.data = writer.out.data + end->offset};
        uint32_t count;
        double eot;
        assert_int_equal(end->spill, i + 1);
        assert_true(date_header_read(record.data, end->length, &record.header, &err));
        assert_int_equal(burst_count(&record, &definition, &count, &eot, &err),
                         LOOKUP_FOUND);
        assert_int_equal(count, 1000 * (i + 1) + 7);
    }
    walk_result_release(&result);
    raw_writer_release(&writer);
}

static void foreign_bytes_belong_to_the_segment_before(void **state)
{
    (void)state;
    struct raw_writer a = made(1, 4, &made_super), b = made(2, 4, &made_super);
    const size_t first = a.out.size;
    size_t second = event_offset(&b.out, 6); /* start of burst of spill 2 */
    uint8_t junk[512];
    struct walk_result result;
    struct err err;
    memset(junk, 0xA5, sizeof junk);
    assert_true(bytes_append(&a.out, junk, sizeof junk, &err));
    assert_true(bytes_append(&a.out, b.out.data + second, b.out.size - second, &err));
    assert_true(made_walk(&a.out, &result, &err));
    made_check_account(&result, a.out.data, a.out.size);
    assert_int_equal(result.segment_count, 2);
    assert_int_equal(result.segments[0].damaged_bytes, 512);
    assert_int_equal(result.segments[1].damaged_bytes, 0);
    assert_int_equal(result.segments[1].offset, first + sizeof junk);
    assert_int_equal(result.damage_listed, 1);
    const struct walk_damage *damage = &result.damage[0];
    assert_int_equal(damage->damage, DAMAGE_FOREIGN);
    assert_int_equal(damage->length, 512);
    assert_true(damage->before.known && damage->after.known);
    assert_int_equal(damage->before.spill, 1);
    assert_int_equal(damage->before.event, 4);
    assert_int_equal(damage->after.spill, 2);
    assert_int_equal(damage->after.event, 0);
    walk_result_release(&result);
    raw_writer_release(&a);
    raw_writer_release(&b);
}

/* Sums are made window by window, behind the events: no byte may slip away when the
 * walker searches on, or when a spill changes in the middle of a window. */
static void files_of_many_windows_are_summed_to_the_last_byte(void **state)
{
    (void)state;
    struct random random = {.state = 1618};
    struct raw_writer writer = made(3, 400, &made_super);
    struct bytes file;
    struct err err;
    uint8_t *junk = calloc(3, WINDOW_BYTES);
    bytes_init(&file, MADE_LIMIT);
    for (size_t at = 0; at < writer.out.size;) {
        size_t size = le32_load(writer.out.data + at);
        assert_true(bytes_append(&file, writer.out.data + at, size, &err));
        at += size;
        if (random_below(&random, 60) != 0)
            continue;
        size = 4 * (1 + (size_t)random_below(&random, 3 * WINDOW_BYTES / 4 - 1));
        assert_true(bytes_append(&file, junk, size, &err));
    }
    struct walk_result result;
    assert_true(made_walk(&file, &result, &err));
    made_check_account(&result, file.data, file.size);
    assert_int_equal(result.segment_count, 3);
    assert_int_equal(result.chunk.damaged_bytes, file.size - writer.out.size);
    assert_int_equal(result.digest.count, 3 * 402);
    walk_result_release(&result);
    bytes_release(&file);
    raw_writer_release(&writer);
    free(junk);
}

static void damaged_start_belongs_to_the_first_segment(void **state)
{
    (void)state;
    struct raw_writer writer = made(1, 4, &made_super);
    struct walk_result result;
    struct err err;
    writer.out.data[4] ^= 1;
    assert_true(made_walk(&writer.out, &result, &err));
    made_check_account(&result, writer.out.data, writer.out.size);
    assert_int_equal(result.segment_count, 1);
    assert_int_equal(result.segments[0].damaged_bytes, le32_load(writer.out.data));
    assert_int_equal(result.events[EVENT_START_OF_BURST], 0);
    assert_int_equal(result.events[EVENT_PHYSICS], 3);
    walk_result_release(&result);
    raw_writer_release(&writer);
}

static void event_that_claims_too_much_gives_its_bytes_back(void **state)
{
    (void)state;
    struct raw_writer writer = made(1, 6, &made_super);
    struct walk_result result;
    struct err err;
    size_t second = event_offset(&writer.out, 2), third = event_offset(&writer.out, 3);
    le32_store(writer.out.data + second, (uint32_t)(third - second) + 100);
    assert_true(made_walk(&writer.out, &result, &err));
    made_check_account(&result, writer.out.data, writer.out.size);
    assert_int_equal(result.damage_listed, 1);
    assert_int_equal(result.damage[0].damage, DAMAGE_EVENT_SIZE);
    assert_int_equal(result.damage[0].offset, second);
    assert_int_equal(result.damage[0].length, third - second);
    assert_int_equal(result.events[EVENT_PHYSICS], 4);
    walk_result_release(&result);
    raw_writer_release(&writer);
}

/* Numbers in the order of the file; `changed` gets another word than its copy. */
static void walk_numbers(const uint32_t *numbers, size_t count, size_t changed,
                         struct raw_writer *writer, struct walk_result *result)
{
    struct err err;
    raw_writer_init(writer, MADE_LIMIT);
    for (size_t i = 0; i < count; i++) {
        size_t at = writer->out.size;
        made_event(writer, &(struct made_event){1, numbers[i], EVENT_PHYSICS},
                   &made_super);
        if (i == changed)
            writer->out.data[at + 64] ^= 1; /* time */
    }
    assert_true(made_walk(&writer->out, result, &err));
    made_check_account(result, writer->out.data, writer->out.size);
}

static void of_events_with_one_number_the_first_counts(void **state)
{
    (void)state;
    struct raw_writer writer;
    struct walk_result result;
    const uint32_t numbers[] = {1, 2, 3, 2, 2, 4, 1};
    walk_numbers(numbers, 7, 4, &writer, &result);
    const size_t size = writer.out.size / 7;
    assert_int_equal(result.events[EVENT_PHYSICS], 4);
    assert_int_equal(result.digest.count, 4);
    assert_int_equal(result.chunk.damage_count, 3);
    assert_int_equal(result.chunk.damaged_bytes, 3 * size);

    const enum damage_class found[] = {DAMAGE_REPEATED, DAMAGE_CONFLICT, DAMAGE_REPEATED};

    const size_t at[] = {3, 4, 6};
    for (size_t i = 0; i < 3; i++) {
        const struct walk_damage *damage = &result.damage[i];
        assert_int_equal(damage->damage, found[i]);
        assert_int_equal(damage->offset, at[i] * size);
        assert_int_equal(damage->length, size);
        assert_int_equal(damage->before.event, i < 2 ? 3 : 4);
        assert_int_equal(damage->after.known, i < 2);
        assert_int_equal(damage->after.event, i < 2 ? 4 : 0);
    }
    walk_result_release(&result);
    raw_writer_release(&writer);
}

/* Wherever a number lies among those that may be, it is known when it comes again. */
static void numbers_of_any_size_are_remembered(void **state)
{
    (void)state;
    struct raw_writer writer;
    struct walk_result result;
    const uint32_t last = DATE_EVENT_LIMIT - 1;
    const uint32_t numbers[] = {4095, 4096, 70000, 4095, last, 4096, 0, last, 70000};
    walk_numbers(numbers, 9, SIZE_MAX, &writer, &result);
    const size_t at[] = {3, 5, 7, 8}, size = writer.out.size / 9;
    assert_int_equal(result.digest.count, 5);
    assert_int_equal(result.damage_listed, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(result.damage[i].damage, DAMAGE_REPEATED);
        assert_int_equal(result.damage[i].offset, at[i] * size);
    }
    walk_result_release(&result);
    raw_writer_release(&writer);
}

/* What counts elsewhere is damage here, also for who reads the segment alone. */
static void events_that_are_elsewhere_count_in_no_segment(void **state)
{
    (void)state;
    struct raw_writer writer = made(2, 8, &made_super);
    struct walk_result found, result;
    struct once once;
    struct err err;
    char path[64];
    uint32_t counted = 0, passed = 0;
    int fd = memfd_create("walk", 0);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, writer.out.data, writer.out.size), writer.out.size);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    assert_true(made_walk(&writer.out, &found, &err));
    found.segments[1].elsewhere[0] = (struct event_range){3, 5};
    found.segments[1].elsewhere[1] = (struct event_range){8, 8};
    found.segments[1].elsewhere_count = 2;
    assert_true(walk_again(path, &found, &result, &err));
    made_check_account(&result, writer.out.data, writer.out.size);
    assert_int_equal(result.segment_count, 2);
    assert_int_equal(result.segments[1].length, found.segments[1].length);
    assert_int_equal(result.digest.count, found.digest.count - 4);
    assert_true(
        event_digest_equal(&result.segments[0].digest, &found.segments[0].digest));
    assert_int_equal(result.damage_listed, 4);
    const struct segment *segment = &result.segments[1];
    for (uint32_t i = 0; i < 4; i++) {
        /* Each spill begins with a record. */
        size_t at = event_offset(&writer.out, 10 + (i < 3 ? 3 + i : 8));
        assert_int_equal(result.damage[i].damage, DAMAGE_ELSEWHERE);
        assert_int_equal(result.damage[i].offset, at);
        assert_int_equal(result.damage[i].length, le32_load(writer.out.data + at));
    }
    struct date_reader reader;
    struct date_event event;
    struct date_gap gap;
    enum damage_class damage;
    once_init(&once);
    once_start(&once, segment);
    date_reader_start(&reader, writer.out.data + segment->offset, (size_t)segment->length,
                      MADE_RUN, segment->spill);
    while (date_reader_next(&reader, &event, &gap) == LOOKUP_FOUND) {
        bool counts = once_take(&once, &event, &damage);
        counted += counts ? 1 : 0;
        passed += !counts && damage == DAMAGE_ELSEWHERE ? 1 : 0;
    }
    assert_int_equal(counted, segment->digest.count);
    assert_int_equal(passed, 4);
    once_release(&once);
    close(fd);
    walk_result_release(&found);
    walk_result_release(&result);
    raw_writer_release(&writer);
}

/* Who reads the first segment alone must take the events that the walker took. */
static void check_first_segment(const struct walk_result *result, const uint8_t *data)
{
    const struct segment *segment = &result->segments[0];
    struct date_reader reader;
    struct date_event event;
    struct date_gap gap;
    struct event_digest digest = {0};
    uint64_t passed = 0;
    enum lookup found;
    date_reader_start(&reader, data, (size_t)segment->length, MADE_RUN, segment->spill);
    do {
        found = date_reader_next(&reader, &event, &gap);
        passed += gap.length;
        if (found == LOOKUP_FOUND)
            event_digest_add(&digest, MADE_RUN, event.header.spill, event.header.event,
                             event.header.type);
    } while (found == LOOKUP_FOUND);
    assert_int_equal(passed, segment->damaged_bytes);
    assert_true(event_digest_equal(&digest, &segment->digest));
}

/* A header that is cut off where the next spill begins looks whole to who sees the file:
 * the words of the next one end it, and its magic has the bit of a super-event. */
static void cut_headers_at_the_end_of_a_segment_are_none(void **state)
{
    enum { CUT = 48, EVENTS = 3 };

    (void)state;
    for (uint32_t inside = 0; inside < 2; inside++) {
        struct raw_writer a = made(1, EVENTS, &made_super);
        struct raw_writer b = made(2, EVENTS, &made_super);
        const size_t second = event_offset(&b.out, EVENTS + 2);
        const size_t last = event_offset(&a.out, EVENTS + 1); /* end of burst */
        uint8_t head[CUT];
        struct walk_result result;
        struct err err;
        memcpy(head, a.out.data + event_offset(&a.out, 2), CUT);
        if (inside == 1) /* in the last event, with a foreign word behind */
            memcpy(a.out.data + a.out.size - (CUT - 4), head, CUT - 4);
        else /* behind it, and its size is that of two events */
            le32_store(a.out.data + event_offset(&a.out, EVENTS),
                       (uint32_t)(a.out.size - event_offset(&a.out, EVENTS)));
        assert_true(bytes_append(&a.out, inside == 1 ? head + CUT - 4 : head,
                                 inside == 1 ? 4 : CUT, &err));
        const size_t end = a.out.size;
        assert_true(bytes_append(&a.out, b.out.data + second, b.out.size - second, &err));
        assert_true(made_walk(&a.out, &result, &err));
        made_check_account(&result, a.out.data, a.out.size);
        assert_int_equal(result.segment_count, 2);
        assert_int_equal(result.segments[1].offset, end);
        assert_int_equal(result.segments[0].damaged_bytes,
                         inside == 1 ? 4 : last - event_offset(&a.out, EVENTS) + CUT);
        check_first_segment(&result, a.out.data);
        walk_result_release(&result);
        raw_writer_release(&a);
        raw_writer_release(&b);
    }
}

static void truncated_file_keeps_its_whole_events(void **state)
{
    (void)state;
    struct raw_writer writer = made(1, 3, &made_super);
    size_t last = event_offset(&writer.out, 4);
    struct walk_result result;
    struct err err;
    assert_true(made_walk_run(writer.out.data, last + 40, MADE_RUN, &result, &err));
    made_check_account(&result, writer.out.data, last + 40);
    assert_int_equal(result.damage_listed, 1);
    assert_int_equal(result.damage[0].damage, DAMAGE_TRUNCATED);
    assert_int_equal(result.damage[0].length, 40);
    assert_false(result.damage[0].after.known);
    assert_int_equal(result.digest.count, 4);
    walk_result_release(&result);
    raw_writer_release(&writer);
}

static void files_without_events_are_refused_with_the_reason(void **state)
{
    (void)state;
    struct raw_writer writer = made(1, 3, &made_super);
    struct walk_result result;
    struct err err;
    uint8_t text[4096];
    memset(text, 'x', sizeof text);
    assert_false(made_walk_run(text, 0, MADE_RUN, &result, &err));
    assert_int_equal(err.code, E_RAW_EMPTY);
    assert_false(made_walk_run(text, sizeof text, MADE_RUN, &result, &err));
    assert_int_equal(err.code, E_RAW_NO_EVENT);
    assert_false(made_walk_run(text, 3, MADE_RUN, &result, &err));
    assert_int_equal(err.code, E_RAW_NO_EVENT);
    assert_false(
        made_walk_run(writer.out.data, writer.out.size, MADE_RUN + 1, &result, &err));
    assert_int_equal(err.code, E_RAW_RUN);
    assert_non_null(strstr(err.text, "holds run 9001"));
    le32_store(text, 200);
    le32_store(text + 4, DATE_MAGIC);
    le32_store(text + 8, 80);
    le32_store(text + 12, 0x3000F);
    assert_false(made_walk_run(text, sizeof text, MADE_RUN, &result, &err));
    assert_int_equal(err.code, E_RAW_LAYOUT);
    assert_non_null(strstr(err.text, "3.15"));
    raw_writer_release(&writer);
}

static void run_zero_means_the_run_of_the_file(void **state)
{
    (void)state;
    struct raw_writer writer = made(1, 3, &made_super);
    struct walk_result result;
    struct err err;
    assert_true(made_walk_run(writer.out.data, writer.out.size, 0, &result, &err));
    assert_int_equal(result.chunk.id.run, MADE_RUN);
    assert_int_equal(result.segments[0].id.chunk.run, MADE_RUN);
    walk_result_release(&result);
    raw_writer_release(&writer);
}

static void missing_file_is_named(void **state)
{
    (void)state;
    const struct chunk_id id = {.run = 1, .builder = 1, .number = 1};
    struct walk_result result;
    struct err err;
    assert_false(walk_chunk("/nonexistent/cdr01001-000001.dat", &id, &result, &err));
    assert_int_equal(err.code, E_DISK_OPEN);
    assert_non_null(strstr(err.text, "cdr01001-000001.dat"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(segments_tile_the_file_in_every_shape),
        cmocka_unit_test(end_of_burst_records_are_found),
        cmocka_unit_test(foreign_bytes_belong_to_the_segment_before),
        cmocka_unit_test(files_of_many_windows_are_summed_to_the_last_byte),
        cmocka_unit_test(damaged_start_belongs_to_the_first_segment),
        cmocka_unit_test(event_that_claims_too_much_gives_its_bytes_back),
        cmocka_unit_test(of_events_with_one_number_the_first_counts),
        cmocka_unit_test(numbers_of_any_size_are_remembered),
        cmocka_unit_test(events_that_are_elsewhere_count_in_no_segment),
        cmocka_unit_test(cut_headers_at_the_end_of_a_segment_are_none),
        cmocka_unit_test(truncated_file_keeps_its_whole_events),
        cmocka_unit_test(files_without_events_are_refused_with_the_reason),
        cmocka_unit_test(run_zero_means_the_run_of_the_file),
        cmocka_unit_test(missing_file_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
