/* tag_test.c - every form of a tag is read, every hostile row is refused by name.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "conditions/tag.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define MD5  "0123456789abcdef0123456789abcdef"
#define OPEN "9223372036854775807"
#define ROW  "\"payload_url\":\"calo_gain/a.txt\",\"checksum\":\"" MD5 "\""
#define MOMENT                                                                           \
    "\"major_iov\":8000,\"minor_iov\":0,\"major_iov_end\":8100,\"minor_iov_end\":10"
#define NAMED "\"name\":\"t1\",\"status\":\"frozen\""

typedef bool (*reader)(const struct json *, const char *, struct arena *, struct tag *,
                       struct err *);

static struct arena arena;

static int start(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)1 << 22);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static bool read_text(reader read, const char *text, struct tag *tag, struct err *err)
{
    struct json *document = NULL;
    if (!json_parse(text, strlen(text), "u", &document, err))
        fail_msg("%s", err->text);
    bool done = read(document, "u", &arena, tag, err) && tag_check(tag, "u", err);
    json_free(document);
    return done;
}

static struct tag taken(reader read, const char *text)
{
    struct tag tag;
    struct err err = {0};
    if (!read_text(read, text, &tag, &err))
        fail_msg("%s", err.text);
    return tag;
}

static void refused(reader read, const char *text, enum err_code code, const char *part)
{
    struct tag tag;
    struct err err = {0};
    if (read_text(read, text, &tag, &err))
        fail_msg("accepted: %s", text);
    if (err.code != code || !strstr(err.text, part))
        fail_msg("%s does not say '%s'", err.text, part);
}

static void check_row(const struct tag *tag)
{
    assert_int_equal(tag->count, 1);
    const struct tag_row *row = &tag->rows[0];
    assert_string_equal(row->type, "calo_gain");
    assert_string_equal(row->url, "calo_gain/a.txt");
    assert_string_equal(row->checksum, MD5);
    assert_true(row->interval.start.run == 8000 && row->interval.start.spill == 0);
    assert_true(row->interval.end.run == 8100 && row->interval.end.spill == 10);
}

static void all_row_shapes_say_the_same(void **state)
{
    (void)state;

    static const struct {
        reader read;
        const char *text;
        int64_t size;
    } vectors[] = {
        {tag_read_point,
         "[[\"calo_gain\",\"calo_gain/a.txt\",\"" MD5 "\",8000,0,8100,10]]", -1},
        {tag_read_point,
         "[[\"calo_gain\",\"calo_gain/a.txt\",\"" MD5 "\",7,8000,0,8100,10]]", 7},
        {tag_read_point,
         "[[\"calo_gain\",\"calo_gain/a.txt\",\"" MD5 "\",null,8000,0,8100,10,null]]",
         -1},
        {tag_read_point,
         "[{\"payload_type_name\":\"calo_gain\"," ROW ",\"size\":null," MOMENT
         ",\"revision\":null}]",
         -1},
        {tag_read_folder,
         "{" NAMED ",\"payloads\":[{\"payload_type_name\":\"calo_gain\"," ROW
         ",\"size\":7," MOMENT "}]}",
         7},
        {tag_read_dump,
         "{\"id\":1,\"name\":\"t1\",\"author\":null,\"status\":{\"id\":3,\"name\":\"frozen\","
         "\"description\":\"\",\"created\":\"\"},\"payload_lists\":[{\"id\":5,\"name\":"
         "\"calo_gain_5\",\"global_tag\":\"t1\",\"payload_type\":\"calo_gain\","
         "\"payload_iov\":[{\"id\":9," ROW
         ",\"comb_iov\":\"8000.0000000000000000000\"," MOMENT
         ",\"payload_list\":\"calo_gain_5\",\"inserted\":\"\"}],\"created\":\"\"}]}",
         -1},
    };

    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        struct tag tag = taken(vectors[i].read, vectors[i].text);
        check_row(&tag);
        assert_int_equal(tag.rows[0].size, vectors[i].size);
    }
}

static void only_a_plain_path_says_where_payloads_are(void **state)
{
    (void)state;

    static const struct {
        const char *said, *heard;
    } vectors[] = {{"\"/payloads\"", "/payloads"},
                   {"\"/a/b\"", "/a/b"},
                   {"\"//evil.example/p\"", NULL},
                   {"\"http://evil.example/p\"", NULL},
                   {"\"/../p\"", NULL},
                   {"\"/p?x\"", NULL},
                   {"\"/\"", NULL},
                   {"\"\"", NULL},
                   {"[]", NULL}};

    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        char text[256];
        (void)snprintf(text, sizeof text,
                       "{" NAMED ",\"payloads\":%s,\"payload_lists\":[]}",
                       vectors[i].said);
        struct tag tag = taken(tag_read_dump, text);
        if (vectors[i].heard)
            assert_string_equal(tag.payloads, vectors[i].heard);
        else
            assert_null(tag.payloads);
    }
}

static void an_open_end_is_exact_and_may_be_left_out_in_a_folder(void **state)
{
    (void)state;
    struct tag tag =
        taken(tag_read_point, "[[\"a\",\"a/b\",\"" MD5 "\",1,0," OPEN "," OPEN "]]");
    assert_int_equal(moment_compare(tag.rows[0].interval.end, MOMENT_OPEN), 0);
    tag = taken(tag_read_folder,
                "{" NAMED ",\"payloads\":[{\"payload_type_name\":\"a\"," ROW
                ",\"major_iov\":1,\"minor_iov\":0}]}");
    assert_int_equal(moment_compare(tag.rows[0].interval.end, MOMENT_OPEN), 0);
    assert_int_equal(tag.status, TAG_FROZEN);
    assert_string_equal(tag.name, "t1");
    refused(tag_read_point,
            "[{\"payload_type_name\":\"a\"," ROW ",\"major_iov\":1,\"minor_iov\":0}]",
            E_TAG_ROW, "'major_iov_end' is no 64-bit integer");
}

static void rows_are_sorted_and_shuffled_rows_are_equal(void **state)
{
    (void)state;
    const char *a = "[\"a\",\"a/1\",\"" MD5 "\",5,0,9,0]";
    const char *b = "[\"b\",\"b/1\",\"" MD5 "\",1,0,9,0]";
    const char *c = "[\"a\",\"a/2\",\"0123456789ABCDEF0123456789abcdef\",1,2,5,0]";
    char one[512], two[512];
    (void)snprintf(one, sizeof one, "[%s,%s,%s]", a, b, c);
    (void)snprintf(two, sizeof two, "[%s,%s,%s]", b, c, a);
    struct tag first = taken(tag_read_point, one);
    struct tag second = taken(tag_read_point, two);
    assert_true(tag_equal(&first, &second));
    assert_string_equal(first.rows[0].url, "a/2");
    assert_string_equal(first.rows[2].type, "b");
    second.rows[1].interval.end.spill++;
    assert_false(tag_equal(&first, &second));
}

static void hostile_urls_never_leave_the_payload_base(void **state)
{
    (void)state;
    static const char *const urls[] = {
        "/etc/passwd", "../a",  "a/../../b", "a/..",   "..",  ".",      "a/./b", "a//b",
        "a/",          "",      "http://h/", "file:a", "a b", "a\\\\b", "a%2e",  "a?b",
        "a#b",         "a\\nb", "a\\u00e9",  "//h/a",  "~/a", "a;b",    "a@b"};
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        char text[256];
        (void)snprintf(text, sizeof text, "[[\"a\",\"%s\",\"" MD5 "\",1,0,2,0]]",
                       urls[i]);
        refused(tag_read_point, text, E_TAG_ROW, "a from 1.0: payload_url is not");
    }
    (void)taken(tag_read_point,
                "[[\"a\",\"a/b-c_d+e/..f/g..h/...\",\"" MD5 "\",1,0,2,0]]");
}

static void bad_rows_are_refused_with_their_place(void **state)
{
    (void)state;

    static const struct {
        const char *row;
        enum err_code code;
        const char *part;
    } vectors[] = {
        {"[\"a\",\"a/b\",\"\",1,0,2,0]", E_TAG_ROW, "checksum"},
        {"[\"a\",\"a/b\",\"xyz\",1,0,2,0]", E_TAG_ROW, "checksum"},
        {"[\"a\",\"a/b\",null,1,0,2,0]", E_TAG_ROW, "row 0: 'checksum' is no text"},
        {"[\"a\",\"a/b\",\"" MD5 "\",2,0,2,0]", E_TAG_ROW, "a from 2.0: the end"},
        {"[\"a\",\"a/b\",\"" MD5 "\",\"1\",0,2,0]", E_TAG_ROW,
         "'major_iov' is no 64-bit"},
        {"[\"a\",\"a/b\",\"" MD5 "\",1.5,0,2,0]", E_TAG_ROW, "'major_iov' is no 64-bit"},
        {"[\"a\",\"a/b\",\"" MD5 "\",-5,1,0,2,0]", E_TAG_ROW, "'size'"},
        {"[\"a b\",\"a/b\",\"" MD5 "\",1,0,2,0]", E_TAG_ROW, "the type is no name"},
        {"[\"a\",\"a/b\",\"" MD5 "\",1,0]", E_CONDITIONS_REPLY, "has 5 columns"},
        {"[\"a\",\"a/b\",\"" MD5 "\",1,0,2,0],[\"a\",\"a/c\",\"" MD5 "\",1,0,3,0]",
         E_TAG_ROW, "a has two rows from 1.0"},
        {"7", E_TAG_ROW, "'payload_type_name'"},
    };

    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        char text[512];
        (void)snprintf(text, sizeof text, "[%s]", vectors[i].row);
        refused(tag_read_point, text, vectors[i].code, vectors[i].part);
    }
}

static void a_document_of_another_form_is_no_tag(void **state)
{
    (void)state;
    refused(tag_read_point, "{}", E_CONDITIONS_REPLY, "no list of rows");
    refused(tag_read_dump, "[]", E_CONDITIONS_REPLY, "'name' is missing");
    refused(tag_read_dump, "{" NAMED "}", E_CONDITIONS_REPLY,
            "'payload_lists' is missing");
    refused(tag_read_dump, "{\"name\":\"a\",\"status\":7}", E_CONDITIONS_REPLY,
            "'status'");
    refused(tag_read_dump, "{\"name\":\"../a\",\"status\":\"frozen\"}",
            E_CONDITIONS_REPLY, "a name that we do not take");
    refused(tag_read_dump, "{" NAMED ",\"payload_lists\":[{}]}", E_CONDITIONS_REPLY,
            "without 'payload_iov'");
    refused(tag_read_folder, "{" NAMED "}", E_CONDITIONS_REPLY, "'payloads' is missing");
}

static void statuses_are_known_or_other(void **state)
{
    (void)state;
    assert_int_equal(tag_status_from("unlocked"), TAG_UNLOCKED);
    assert_int_equal(tag_status_from("locked"), TAG_LOCKED);
    assert_int_equal(tag_status_from("frozen"), TAG_FROZEN);
    assert_int_equal(tag_status_from("PUBLISHED"), TAG_OTHER);
    assert_int_equal(tag_status_from("other"), TAG_OTHER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_row_shapes_say_the_same),
        cmocka_unit_test(only_a_plain_path_says_where_payloads_are),
        cmocka_unit_test(an_open_end_is_exact_and_may_be_left_out_in_a_folder),
        cmocka_unit_test(rows_are_sorted_and_shuffled_rows_are_equal),
        cmocka_unit_test(hostile_urls_never_leave_the_payload_base),
        cmocka_unit_test(bad_rows_are_refused_with_their_place),
        cmocka_unit_test(a_document_of_another_form_is_no_tag),
        cmocka_unit_test(statuses_are_known_or_other),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
