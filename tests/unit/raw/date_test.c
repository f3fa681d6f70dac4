/* date_test.c - headers, events after damage, sub-events and equipments.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/raw/made.h"

static struct date_reader reader_of(const struct bytes *file, uint32_t spill)
{
    struct date_reader reader;
    date_reader_start(&reader, file->data, file->size, MADE_RUN, spill);
    return reader;
}

static void header_gives_all_fields_in_every_layout(void **state)
{
    (void)state;

    static const struct {
        enum date_layout layout;
        uint32_t head, version;
    } cases[] = {{DATE_LAYOUT_3_0, 68, 0x30006},
                 {DATE_LAYOUT_3_0, 72, 0x3000B},
                 {DATE_LAYOUT_3_14, 80, 0x3000E},
                 {DATE_LAYOUT_OLD, 80, 0}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct raw_writer writer;
        struct date_header header;
        struct err err;
        raw_writer_init(&writer, MADE_LIMIT);
        made_event(
            &writer, &(struct made_event){4095, 1048575, EVENT_PHYSICS},
            &(struct made_shape){.layout = cases[i].layout, .head_bytes = cases[i].head});
        assert_true(date_header_read(writer.out.data, writer.out.size, &header, &err));
        assert_int_equal(header.layout, cases[i].layout);
        assert_int_equal(header.size, writer.out.size);
        assert_int_equal(header.head_bytes, cases[i].head);
        assert_int_equal(header.version, cases[i].version);
        assert_int_equal(header.type, EVENT_PHYSICS);
        assert_int_equal(header.run, MADE_RUN);
        assert_int_equal(header.spill, 4095);
        assert_int_equal(header.event, 1048575);
        assert_int_equal(header.event_in_run, 1458075);
        assert_int_equal(header.trigger_mask, 0x80000005);
        assert_true(header.trigger_valid);
        assert_int_equal(header.ldc, 0xFFFFFFFF);
        assert_int_equal(header.time_s, 1660000000);
        assert_true(header.super);
        assert_false(header.bad);
        raw_writer_release(&writer);
    }
}

/* Places and meanings by the tables of the layouts, independent of the writer. */
static void words_stand_where_the_layout_has_them(void **state)
{
    (void)state;
    uint8_t old[80] = {0}, late[80] = {0};
    struct date_header header;
    struct err err;
    const uint32_t old_words[20] = {80, DATE_MAGIC, 10,       80, 77, 5, 1234, 33, 0, 0,
                                    0,  0,          1u << 31, 99, 1,  7, 0,    0,  6, 9};
    const uint32_t late_words[20] = {
        80, DATE_MAGIC, 80, 0x3000E, 0x10007,    77, 1234, 33 | 5 << 20, 0x13, 0, 0,
        0,  8,          1,  2,       0x40000010, 3,  4,    99,           555};
    for (size_t i = 0; i < 20; i++) {
        le32_store(old + 4 * i, old_words[i]);
        le32_store(late + 4 * i, late_words[i]);
    }
    assert_true(date_header_read(old, 80, &header, &err));
    assert_int_equal(header.type, 10);
    assert_string_equal(date_type_word(&header), "format-error");
    assert_int_equal(header.run, 77);
    assert_int_equal(header.spill, 5);
    assert_int_equal(header.event_in_run, 1234);
    assert_int_equal(header.event, 33);
    assert_true(header.super);
    assert_true(header.bad);
    assert_int_equal(header.time_s, 99);
    assert_int_equal(header.attributes[0], 6);
    assert_int_equal(header.trigger_mask, 9);
    assert_true(date_header_read(late, 80, &header, &err));
    assert_int_equal(header.type, 7);
    assert_int_equal(header.flags, 0x10000);
    assert_int_equal(header.spill, 5);
    assert_int_equal(header.event, 33);
    assert_int_equal(header.trigger_mask, 9);
    assert_int_equal(header.detector_pattern, 8);
    assert_true(header.super);
    assert_true(header.bad);
    assert_int_equal(header.ldc, 3);
    assert_int_equal(header.gdc, 4);
    assert_int_equal(header.time_s, 99);
    assert_false(date_header_read(old, 79, &header, &err));
    assert_false(date_header_read(late, 79, &header, &err));
}

static void codes_nine_and_ten_differ_by_layout(void **state)
{
    (void)state;
    const struct date_header cases[] = {{.layout = DATE_LAYOUT_OLD, .type = 9},
                                        {.layout = DATE_LAYOUT_OLD, .type = 10},
                                        {.layout = DATE_LAYOUT_3_0, .type = 9},
                                        {.layout = DATE_LAYOUT_3_14, .type = 10},
                                        {.layout = DATE_LAYOUT_OLD, .type = 11},
                                        {.layout = DATE_LAYOUT_3_0, .type = 14},
                                        {.layout = DATE_LAYOUT_3_14, .type = 15},
                                        {.layout = DATE_LAYOUT_3_0, .type = 0},
                                        {.layout = DATE_LAYOUT_OLD, .type = 6},
                                        {.layout = DATE_LAYOUT_3_0, .type = 7}};
    static const char *const words[] = {
        "end-of-link", "format-error", "format-error", "start-of-data", "unknown",
        "sync",        "unknown",      "unknown",      "end-of-burst",  "physics"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(date_type_word(&cases[i]), words[i]);
}

static void unknown_layouts_are_refused_by_name(void **state)
{
    (void)state;

    static const struct {
        uint32_t version;
        const char *word;
    } cases[] = {{0x0003000F, "3.15"}, {0x00040000, "4.0"}, {0xFFFF, "0.65535"}};

    struct raw_writer writer;
    struct date_header header;
    struct err err;
    raw_writer_init(&writer, MADE_LIMIT);
    made_event(&writer, &(struct made_event){1, 1, EVENT_PHYSICS}, &made_super);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        le32_store(writer.out.data + 12, cases[i].version);
        assert_false(date_header_read(writer.out.data, writer.out.size, &header, &err));
        assert_int_equal(err.code, E_RAW_LAYOUT);
        assert_non_null(strstr(err.text, cases[i].word));
    }
    raw_writer_release(&writer);
}

static void impossible_headers_are_refused(void **state)
{
    (void)state;

    static const struct {
        size_t at;
        uint32_t word;
    } cases[] = {{0, 0},      {0, 64}, {0, 1022},       {0, DATE_MAX_EVENT + 4},
                 {8, 60},     {8, 80}, {4, 0xFE5A1EDA}, {4, 0},
                 {8, 1 << 30}};
    struct raw_writer writer;
    struct date_header header;
    struct err err;
    raw_writer_init(&writer, MADE_LIMIT);
    made_event(&writer, &(struct made_event){1, 1, EVENT_PHYSICS}, &made_super);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint32_t kept = le32_load(writer.out.data + cases[i].at);
        le32_store(writer.out.data + cases[i].at, cases[i].word);
        assert_false(date_header_read(writer.out.data, writer.out.size, &header, &err));
        assert_int_equal(err.code, E_RAW_HEADER);
        le32_store(writer.out.data + cases[i].at, kept);
    }
    for (size_t size = 0; size < DATE_HEAD; size++)
        assert_false(date_header_read(writer.out.data, size, &header, &err));
    raw_writer_release(&writer);
}

/* Numbers of the events that a reader finds, 0 at the end. */
static size_t events_read(const struct bytes *file, uint32_t *numbers, size_t room,
                          struct date_gap *gap)
{
    struct date_reader reader = reader_of(file, 1);
    struct date_event event;
    struct date_gap now;
    size_t count = 0;
    gap->length = 0;
    while (date_reader_next(&reader, &event, &now) == LOOKUP_FOUND) {
        assert_true(count < room);
        numbers[count++] = event.header.event;
        if (now.length > 0)
            *gap = now;
    }
    if (now.length > 0)
        *gap = now;
    return count;
}

static size_t event_offset(const struct bytes *file, size_t index)
{
    size_t at = 0;
    for (size_t i = 0; i < index; i++)
        at += le32_load(file->data + at);
    return at;
}

static void damage_costs_only_the_damaged_event(void **state)
{
    (void)state;

    /* Word of the third event that is overwritten, and what the gap is called. */
    static const struct {
        size_t at;
        uint32_t word;
        enum damage_class damage;
    } cases[] = {
        {4, 0, DAMAGE_EVENT_HEADER},        {4, DATE_MAGIC_SWAPPED, DAMAGE_EVENT_HEADER},
        {0, 0, DAMAGE_EVENT_HEADER},        {0, 1000000, DAMAGE_EVENT_SIZE},
        {0, 1022, DAMAGE_EVENT_HEADER},     {20, 17, DAMAGE_EVENT_HEADER},
        {28, 99 << 20, DAMAGE_EVENT_HEADER}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct raw_writer writer;
        struct date_gap gap;
        uint32_t numbers[8] = {0};
        raw_writer_init(&writer, MADE_LIMIT);
        for (uint32_t n = 1; n <= 5; n++)
            made_event(&writer, &(struct made_event){1, n, EVENT_PHYSICS}, &made_super);
        size_t third = event_offset(&writer.out, 2);
        size_t fourth = event_offset(&writer.out, 3);
        le32_store(writer.out.data + third + cases[i].at, cases[i].word);
        assert_int_equal(events_read(&writer.out, numbers, 8, &gap), 4);
        assert_int_equal(numbers[2], 4);
        assert_int_equal(gap.offset, third);
        assert_int_equal(gap.length, fourth - third);
        assert_int_equal(gap.damage, cases[i].damage);
        raw_writer_release(&writer);
    }
}

static void subevents_are_no_events_after_damage(void **state)
{
    (void)state;
    struct raw_writer writer;
    struct date_gap gap;
    uint32_t numbers[8] = {0};
    raw_writer_init(&writer, MADE_LIMIT);
    for (uint32_t n = 1; n <= 3; n++)
        made_event(&writer, &(struct made_event){1, n, EVENT_PHYSICS}, &made_super);
    le32_store(writer.out.data + 4, 0); /* the very first header */
    assert_int_equal(events_read(&writer.out, numbers, 8, &gap), 2);
    assert_int_equal(numbers[0], 2);
    raw_writer_release(&writer);
}

static void subevent_of_another_event_is_passed_over(void **state)
{
    (void)state;
    static const size_t words[] = {12, 20, 24, 28}; /* version, run, event in run, id */
    for (size_t i = 0; i < 4; i++) {
        struct raw_writer writer;
        struct date_event event, subevent;
        enum damage_class damage;
        raw_writer_init(&writer, MADE_LIMIT);
        made_event(&writer, &(struct made_event){1, 1, EVENT_PHYSICS}, &made_super);
        uint8_t *word = writer.out.data + DATE_HEAD + words[i];
        le32_store(word, le32_load(word) ^ 1);
        struct err err;
        event.data = writer.out.data;
        assert_true(
            date_header_read(writer.out.data, writer.out.size, &event.header, &err));
        struct date_cursor cursor = date_payload(&event);
        assert_int_equal(date_subevent_next(&cursor, &event.header, &subevent, &damage),
                         LOOKUP_FAILED);
        assert_int_equal(damage, DAMAGE_SUBEVENT_HEADER);
        assert_int_equal(cursor.offset, le32_load(writer.out.data + DATE_HEAD));
        assert_int_equal(date_subevent_next(&cursor, &event.header, &subevent, &damage),
                         LOOKUP_FOUND);
        assert_int_equal(subevent.header.ldc, 2);
        assert_int_equal(date_subevent_next(&cursor, &event.header, &subevent, &damage),
                         LOOKUP_ABSENT);
        raw_writer_release(&writer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(header_gives_all_fields_in_every_layout),
        cmocka_unit_test(words_stand_where_the_layout_has_them),
        cmocka_unit_test(codes_nine_and_ten_differ_by_layout),
        cmocka_unit_test(unknown_layouts_are_refused_by_name),
        cmocka_unit_test(impossible_headers_are_refused),
        cmocka_unit_test(damage_costs_only_the_damaged_event),
        cmocka_unit_test(subevents_are_no_events_after_damage),
        cmocka_unit_test(subevent_of_another_event_is_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
