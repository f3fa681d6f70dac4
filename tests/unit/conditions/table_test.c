/* table_test.c - the text table: exact, strict, canonical.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "conditions/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define HEAD                                                                             \
    "spillway-table 1\ntype t\nsource ours\nsynthetic no\ncolumns d:name n:count r:real\n"

static struct arena arena;

static int start(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)1 << 20);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static struct table parsed(const char *text)
{
    struct table table;
    struct err err = {0};
    if (!table_parse(text, strlen(text), "test", &arena, &table, &err))
        fail_msg("%s", err.text);
    return table;
}

static void written(const struct table *table, const char *expected)
{
    struct bytes out;
    struct err err = {0};
    bytes_init(&out, 65536);
    assert_true(table_write(table, &out, &err));
    assert_int_equal(out.size, strlen(expected));
    assert_memory_equal(out.data, expected, out.size);
    bytes_release(&out);
}

static void refused(const char *text, const char *part)
{
    struct table table;
    struct err err = {0};
    if (table_parse(text, strlen(text), "f.txt", &arena, &table, &err))
        fail_msg("accepted: %s", text);
    assert_int_equal(err.code, E_PAYLOAD_TEXT);
    if (!strstr(err.text, part) || strncmp(err.text, "f.txt: ", 7) != 0)
        fail_msg("'%s' does not say '%s'", err.text, part);
}

static void cells_are_read_exactly(void **state)
{
    (void)state;
    struct table table = parsed(HEAD "ECAL0 4294967295 0x1.999999999999ap-4\n"
                                     "ECAL0 0 -0\nS-1_a.b 7 1e-310\nend\n");
    assert_int_equal(table.rows, 3);
    assert_string_equal(table_cell(&table, 0, 0)->name, "ECAL0");
    assert_int_equal(table_cell(&table, 0, 1)->count, UINT32_MAX);
    assert_true(table_cell(&table, 0, 2)->real == 0.1);
    assert_true(table_cell(&table, 1, 2)->real == 0.0);
    assert_false(__builtin_signbit(table_cell(&table, 1, 2)->real));
    assert_true(table_cell(&table, 2, 2)->real == 1e-310);
    assert_int_equal(table_column(&table, "r"), 2);
    assert_int_equal(table_column(&table, "x"), -1);
    written(&table, HEAD "ECAL0 4294967295 0.1\nECAL0 0 0\nS-1_a.b 7 1e-310\nend\n");
}

static void comments_and_spacing_vanish_in_the_canonical_text(void **state)
{
    (void)state;
    struct table table =
        parsed("# made by hand\nspillway-table  1\ntype t\n\nsource ours\n"
               "synthetic yes\nled  a1\n  columns d:name   n:count r:real\n"
               "A   1   1.50\n# B 2 2\nend\n");
    written(&table, "spillway-table 1\ntype t\nsource ours\nsynthetic yes\nled a1\n"
                    "columns d:name n:count r:real\nA 1 1.5\nend\n");
    assert_string_equal(table_field(&table, "led"), "a1");
    assert_null(table_field(&table, "other"));
}

static void a_row_form_has_no_source(void **state)
{
    (void)state;
    const char *text = "spillway-row 1\ntype t\nsynthetic no\ncolumns r:real\nend\n";
    struct table table = parsed(text);
    assert_true(table.is_row);
    assert_int_equal(table.rows, 0);
    written(&table, text);
}

static void whatever_is_not_the_form_is_refused_with_its_line(void **state)
{
    (void)state;
    refused("", "line 1: the text stops");
    refused("spillway-table 2\n", "line 1: expected 'spillway-table 1'");
    refused("<html>\n", "line 1");
    refused("spillway-table 1\ntype t\nsource guess\n", "line 3: source is verified");
    refused("spillway-table 1\ntype t\nsource ours\nsynthetic maybe\n", "line 4");
    refused("spillway-table 1\ntype t\nsynthetic no\n", "line 3: expected 'source");
    refused(HEAD "A 1 1\n", "line 7: the text stops before 'end'");
    refused(HEAD "A 1 1\nend", "line 7: the text stops");
    refused(HEAD "A 1\nend\n", "line 6: 2 values in 3 columns");
    refused(HEAD "A 1 1 1\nend\n", "line 6: 4 values in 3 columns");
    refused(HEAD "A 1 nan\nend\n", "r 'nan' is no real");
    refused(HEAD "A 1 inf\nend\n", "r 'inf' is no real");
    refused(HEAD "A 1 1,5\nend\n", "r '1,5' is no real");
    refused(HEAD "A -1 1\nend\n", "n '-1' is no count");
    refused(HEAD "A 4294967296 1\nend\n", "is no count");
    refused(HEAD "A/b 1 1\nend\n", "d 'A/b' is no name");
    refused(HEAD "A 1 1\r\nend\n", "line 6: byte 0x0d");
    refused(HEAD "A\t1 1\nend\n", "line 6: byte 0x09");
    refused(HEAD "end\nA 1 1\n", "line 7: text after 'end'");
    refused("spillway-table 1\ntype t\nsource ours\nsynthetic no\ncolumns\nend\n",
            "no columns");
    refused(
        "spillway-table 1\ntype t\nsource ours\nsynthetic no\ncolumns a:name a:real\n",
        "column 'a' is there twice");
    refused("spillway-table 1\ntype t\nsource ours\nsynthetic no\ncolumns a:text\n",
            "'a' is no NAME:KIND");
    refused("spillway-table 1\ntype t\nsource ours\nsynthetic no\nf 1\nf 2\n", "line 6");
    refused(
        "spillway-table 1\ntype t\nsource ours\nsynthetic no\n"
        "columns a:real b:real c:real d:real e:real f:real g:real h:real i:real j:real "
        "k:real l:real m:real n:real o:real p:real q:real r:real s:real t:real u:real "
        "v:real w:real x:real y:real\n",
        "more than 25 words");
    refused("spillway-table 1\ntype t\nschema 0\n", "line 3: expected 'schema NUMBER'");
    refused("spillway-table 1\ntype t\nschema 65536\n", "expected 'schema NUMBER'");
    refused("spillway-table 1\ntype t\nsource ours\nschema 2\n",
            "line 4: expected 'synthetic VALUE'");
}

static void a_schema_above_one_is_a_line_of_the_header(void **state)
{
    (void)state;
    static const char text[] = "spillway-table 1\ntype t\nschema 3\nsource ours\n"
                               "synthetic no\ncolumns a:real\n1\nend\n";
    struct table table = parsed(text);
    assert_int_equal(table.schema, 3);
    written(&table, text);
    table = parsed(HEAD "end\n");
    assert_int_equal(table.schema, 1);
}

static void a_field_is_a_name_or_a_number(void **state)
{
    (void)state;
    static const char text[] = "spillway-table 1\ntype t\nsource ours\nsynthetic no\n"
                               "current_a -1.5e+3\nid a-b\ncolumns a:real\nend\n";
    struct table table = parsed(text);
    written(&table, text);
    refused("spillway-table 1\ntype t\nsource ours\nsynthetic no\ncurrent_a -a\n",
            "line 5: expected 'columns ...'");
}

static void rows_are_put_in_the_order_of_their_keys(void **state)
{
    (void)state;
    struct err err = {0};
    struct table table = parsed(HEAD "B 1 1\nA 10 2\nA 9 3\nend\n");
    assert_true(table_sort(&table, 2, "f.txt", &err));
    written(&table, HEAD "A 9 3\nA 10 2\nB 1 1\nend\n");
    table = parsed(HEAD "B 1 1\nA 10 2\nB 1 3\nend\n");
    assert_false(table_sort(&table, 2, "f.txt", &err));
    assert_string_equal(err.text, "f.txt: two rows for B 1");
}

static void a_table_above_the_memory_limit_is_an_error(void **state)
{
    (void)state;
    struct arena small;
    struct table table;
    struct err err = {0};
    const char *text = HEAD "A 1 1\nend\n";
    arena_init(&small, 16);
    assert_false(table_parse(text, strlen(text), "f", &small, &table, &err));
    assert_int_equal(err.code, E_LIMIT);
    arena_release(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_are_read_exactly),
        cmocka_unit_test(comments_and_spacing_vanish_in_the_canonical_text),
        cmocka_unit_test(a_row_form_has_no_source),
        cmocka_unit_test(whatever_is_not_the_form_is_refused_with_its_line),
        cmocka_unit_test(a_field_is_a_name_or_a_number),
        cmocka_unit_test(a_schema_above_one_is_a_line_of_the_header),
        cmocka_unit_test(rows_are_put_in_the_order_of_their_keys),
        cmocka_unit_test(a_table_above_the_memory_limit_is_an_error),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
