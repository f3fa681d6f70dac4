/* json_test.c - hostile JSON is refused, numbers are exact, what is written can be read.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/json.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/text.h"

static struct json *parsed(const char *text)
{
    struct json *document = NULL;
    struct err err = {0};
    if (!json_parse(text, strlen(text), "test", &document, &err))
        fail_msg("%s: %s", text, err.text);
    return document;
}

static void refused(const char *text, const char *expected)
{
    struct json *document = NULL;
    struct err err = {0};
    assert_false(json_parse(text, strlen(text), "reply", &document, &err));
    assert_null(document);
    assert_int_equal(err.code, E_JSON);
    assert_non_null(strstr(err.text, "reply"));
    if (!strstr(err.text, expected))
        fail_msg("%s does not say %s", err.text, expected);
}

static void an_open_end_survives_exactly(void **state)
{
    (void)state;
    struct json *document =
        parsed("[9223372036854775807, -9223372036854775808, 9007199254740993]");
    int64_t number = 0;
    assert_true(json_i64(json_at(document, 0), &number));
    assert_true(number == INT64_MAX);
    assert_true(json_i64(json_at(document, 1), &number));
    assert_true(number == INT64_MIN);
    assert_true(json_i64(json_at(document, 2), &number));
    assert_true(number == 9007199254740993);
    json_free(document);
}

static void hostile_texts_are_refused_with_a_reason(void **state)
{
    (void)state;
    refused("{\"a\":1,\"a\":2}", "duplicate");
    refused("[1] x", "end of file");
    refused("[9223372036854775808]", "big");
    refused("<html><body>Server Error (500)</body></html>", "expected");
    refused("", "expected");
    refused("[\"a\\u0000b\"]", "u0000");
    refused("[\"\xff\"]", "0xff");
    refused("{\"a\":[1,2", "");
    refused("[1e999]", "overflow");
}

static void nesting_is_limited_to_32(void **state)
{
    (void)state;
    char text[128] = {0};
    memset(text, '[', 32);
    memset(text + 32, ']', 32);
    json_free(parsed(text));
    memset(text, '[', 33);
    memset(text + 33, ']', 33);
    refused(text, "32");
}

static void brackets_inside_strings_are_no_nesting(void **state)
{
    (void)state;
    struct json *document =
        parsed("[\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[[[[\\\\\", 1]");
    assert_int_equal(json_count(document), 2);
    json_free(document);
}

static void a_value_of_another_type_is_told_apart(void **state)
{
    (void)state;
    struct json *document =
        parsed("{\"n\":1,\"r\":1.5,\"t\":\"x\",\"b\":true,\"z\":null}");
    int64_t number = 7;
    double real = 0;
    const char *text = "unchanged";
    bool truth = false;
    assert_false(json_i64(json_get(document, "r"), &number));
    assert_false(json_i64(json_get(document, "t"), &number));
    assert_false(json_i64(json_get(document, "absent"), &number));
    assert_int_equal(number, 7);
    assert_true(json_real(json_get(document, "n"), &real) && real == 1.0);
    assert_true(json_real(json_get(document, "r"), &real) && real == 1.5);
    assert_false(json_text(json_get(document, "n"), &text));
    assert_true(json_bool(json_get(document, "b"), &truth) && truth);
    assert_false(json_bool(json_get(document, "z"), &truth));
    assert_true(json_is_null(json_get(document, "z")));
    assert_false(json_is_null(json_get(document, "absent")));
    assert_null(json_at(document, 0));
    json_free(document);
}

static void members_keep_the_order_of_the_text(void **state)
{
    (void)state;
    struct json *document = parsed("{\"z\":1,\"a\":2,\"m\":3}");
    assert_int_equal(json_count(document), 3);
    assert_string_equal(json_key(document, 0), "z");
    assert_string_equal(json_key(document, 1), "a");
    assert_string_equal(json_key(document, 2), "m");
    assert_null(json_key(document, 3));
    json_free(document);
}

/* So large that its memory is another one. */
static void rows_make(struct bytes *text, unsigned count, const char *end)
{
    struct err err;
    bytes_init(text, (size_t)16 << 20);
    for (unsigned i = 0; i < count; i++)
        assert_true(text_addf(text, &err, "%s{\"number\":%u,\"te\\u0078t\":\"row %u\"}",
                              i > 0 ? "," : "[", i, i));
    assert_true(text_add(text, end, &err));
}

static void rows_check(const struct json *document, unsigned count)
{
    assert_int_equal(json_count(document), count);
    for (unsigned i = 0; i < count; i++) {
        const struct json *row = json_at(document, i);
        const char *text = NULL;
        int64_t number = 0;
        char wanted[32];
        (void)snprintf(wanted, sizeof wanted, "row %u", i);
        assert_true(json_i64(json_get(row, "number"), &number) && number == i);
        assert_true(json_text(json_get(row, "text"), &text));
        assert_string_equal(text, wanted);
    }
}

static void large_documents_live_and_go_in_any_order(void **state)
{
    (void)state;
    static const unsigned counts[] = {60000, 10, 90000, 70000};
    struct json *documents[4] = {NULL};
    struct bytes text;
    struct err err;
    for (unsigned i = 0; i < 4; i++) {
        rows_make(&text, counts[i], "]");
        assert_int_equal(text.size > (size_t)2 << 20, counts[i] > 10);
        assert_true(json_parse(text.data, text.size, "test", &documents[i], &err));
        bytes_release(&text);
    }
    static const unsigned order[] = {2, 1, 0, 3};
    for (unsigned i = 0; i < 4; i++) {
        for (unsigned k = i; k < 4; k++)
            rows_check(documents[order[k]], counts[order[k]]);
        json_free(documents[order[i]]);
    }
    rows_make(&text, 60000, "]]");
    assert_false(json_parse(text.data, text.size, "test", &documents[0], &err));
    assert_int_equal(err.code, E_JSON);
    bytes_release(&text);
    rows_make(&text, 60000, ",{\"a\":1,\"a\":2}]");
    assert_false(json_parse(text.data, text.size, "test", &documents[0], &err));
    assert_non_null(strstr(err.text, "duplicate"));
    bytes_release(&text);
    json_free(NULL);
}

static void what_is_written_reads_back(void **state)
{
    (void)state;
    struct bytes out;
    struct json_writer writer;
    struct err err = {0};
    bytes_init(&out, 4096);
    json_begin(&writer, &out);
    json_open_object(&writer, NULL);
    json_put_text(&writer, "te\"xt",
                  "tab\t quote\" back\\ bad\xff utf\xc3\xa9 cut\xe2\x82");
    json_open_array(&writer, "list");
    json_put_u64(&writer, NULL, UINT64_MAX / 2);
    json_put_i64(&writer, NULL, INT64_MIN);
    json_put_real(&writer, NULL, 0.1);
    json_put_real(&writer, NULL, (double)NAN);
    json_close_array(&writer);
    json_open_object(&writer, "empty");
    json_close_object(&writer);
    json_put_bool(&writer, "yes", true);
    json_put_null(&writer, "none");
    json_close_object(&writer);
    assert_true(json_end(&writer, &err));

    struct json *document = NULL;
    if (!json_parse(out.data, out.size, "own", &document, &err))
        fail_msg("%.*s: %s", (int)out.size, (char *)out.data, err.text);
    const char *text = NULL;
    int64_t number = 0;
    double real = 0;
    assert_true(json_text(json_get(document, "te\"xt"), &text));
    assert_string_equal(
        text,
        "tab\t quote\" back\\ bad\xef\xbf\xbd utf\xc3\xa9 cut\xef\xbf\xbd\xef\xbf\xbd");
    const struct json *list = json_get(document, "list");
    assert_true(json_i64(json_at(list, 0), &number) && number == INT64_MAX);
    assert_true(json_i64(json_at(list, 1), &number) && number == INT64_MIN);
    assert_true(json_real(json_at(list, 2), &real) && real == 0.1);
    assert_true(json_is_null(json_at(list, 3)));
    assert_int_equal(json_count(json_get(document, "empty")), 0);
    json_free(document);
    bytes_release(&out);
}

/* Eight bytes are looked at together: each byte at each place, alone and behind another
 * that matters. */
static void every_byte_at_every_place_reads_back(void **state)
{
    (void)state;
    static const char befores[] = {'a', '"', '\\', 0x1f, 0x7f};
    for (unsigned byte = 1; byte < 0x80; byte++) {
        for (unsigned i = 0; i < 20 * sizeof befores; i++) {
            char text[24] = "abcdefghijklmnopqrst";
            struct bytes out;
            struct json_writer writer;
            struct json *document = NULL;
            const char *back = NULL;
            struct err err;
            text[i % 20] = (char)byte;
            if (i % 20 > 0)
                text[i % 20 - 1] = befores[i / 20];
            bytes_init(&out, 1000);
            json_begin(&writer, &out);
            json_open_object(&writer, NULL);
            json_put_text(&writer, text, text);
            json_close_object(&writer);
            assert_true(json_end(&writer, &err));
            assert_null(memchr(out.data, 0x7f, out.size));
            assert_true(json_parse(out.data, out.size, "test", &document, &err));
            assert_true(json_text(json_get(document, text), &back));
            assert_string_equal(back, text);
            json_free(document);
            bytes_release(&out);
        }
    }
}

static void a_writer_over_its_limit_says_so_at_the_end(void **state)
{
    (void)state;
    struct bytes out;
    struct json_writer writer;
    struct err err = {0};
    bytes_init(&out, 8);
    json_begin(&writer, &out);
    json_open_array(&writer, NULL);
    json_put_text(&writer, NULL, "longer than eight bytes");
    json_close_array(&writer);
    assert_false(json_end(&writer, &err));
    assert_int_equal(err.code, E_LIMIT);
    bytes_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_open_end_survives_exactly),
        cmocka_unit_test(hostile_texts_are_refused_with_a_reason),
        cmocka_unit_test(nesting_is_limited_to_32),
        cmocka_unit_test(brackets_inside_strings_are_no_nesting),
        cmocka_unit_test(a_value_of_another_type_is_told_apart),
        cmocka_unit_test(members_keep_the_order_of_the_text),
        cmocka_unit_test(large_documents_live_and_go_in_any_order),
        cmocka_unit_test(what_is_written_reads_back),
        cmocka_unit_test(every_byte_at_every_place_reads_back),
        cmocka_unit_test(a_writer_over_its_limit_says_so_at_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
