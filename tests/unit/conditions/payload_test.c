/* payload_test.c - what a type declares is what its readers get.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "conditions/payload.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/text.h"

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

static struct bytes bytes_of(const char *text)
{
    struct bytes bytes;
    struct err err = {0};
    bytes_init(&bytes, 65536);
    assert_true(text_add(&bytes, text, &err));
    return bytes;
}

static bool parse(const char *type, const char *text, struct table *table,
                  struct err *err)
{
    struct bytes bytes = bytes_of(text);
    bool done =
        payload_parse(payload_type_find(type), &bytes, "f.txt", &arena, table, err);
    bytes_release(&bytes);
    return done;
}

static void refused(const char *type, const char *text, enum err_code code,
                    const char *part)
{
    struct table table;
    struct err err = {0};
    if (parse(type, text, &table, &err))
        fail_msg("accepted: %s", text);
    assert_int_equal(err.code, code);
    if (!strstr(err.text, part))
        fail_msg("'%s' does not say '%s'", err.text, part);
}

#define MARKS "source ours\nsynthetic yes\n"
#define GAIN                                                                             \
    "spillway-table 1\ntype calo_gain\n" MARKS                                           \
    "led_reference led1\ncolumns detector:name x:count y:count gain_gev_per_count:real\n"
#define LED_ROW                                                                          \
    "spillway-row 1\ntype led_spill\nsynthetic no\n"                                     \
    "columns detector:name x:count y:count amplitude_counts:real\n"

static void the_types_are_sorted_and_well_formed(void **state)
{
    (void)state;
    for (size_t i = 0; payload_type_at(i); i++) {
        const struct payload_type *type = payload_type_at(i);
        assert_ptr_equal(payload_type_find(type->name), type);
        assert_true(strlen(type->name) < TABLE_NAME);
        if (i > 0)
            assert_true(strcmp(payload_type_at(i - 1)->name, type->name) < 0);
        for (size_t c = 0; c < type->column_count; c++) {
            const struct payload_column *column = &type->columns[c];
            assert_true(column->kind == COLUMN_NAME || column->minimum < column->maximum);
            assert_true(c >= type->key_count || column->kind != COLUMN_REAL);
        }
        if (type->kind == PAYLOAD_LADDER || type->kind == PAYLOAD_LIST) {
            assert_string_equal(type->columns[0].name, "run");
            assert_string_equal(type->columns[1].name, "spill");
            assert_true(type->key_count >= 2);
        }
    }
    assert_null(payload_type_find("magic"));
}

static void a_payload_is_sorted_and_complete(void **state)
{
    (void)state;
    struct table table;
    struct err err = {0};
    assert_true(parse("calo_gain",
                      GAIN "ECAL1 2 0 0.5\nECAL0 10 0 0.25\nECAL0 9 0 1\nend\n", &table,
                      &err));
    assert_int_equal(table.rows, 3);
    assert_int_equal(table_cell(&table, 0, 1)->count, 9);
    assert_true(table_cell(&table, 1, 3)->real == 0.25);
    assert_string_equal(table_field(&table, "led_reference"), "led1");
    assert_true(table.synthetic);
    assert_int_equal(table.source, VALUE_OURS);
}

static void an_effective_row_is_read_by_the_same_type(void **state)
{
    (void)state;
    struct table table;
    struct err err = {0};
    assert_true(parse("led_spill", LED_ROW "ECAL0 0 0 812.5\nend\n", &table, &err));
    assert_true(table_cell(&table, 0, 3)->real == 812.5);
    refused("led_spill", LED_ROW "ECAL0 0 0 1\nECAL0 0 0 2\nend\n", E_PAYLOAD_TEXT,
            "two rows for ECAL0 0 0");
    refused("calo_gain",
            "spillway-row 1\ntype calo_gain\nsynthetic no\ncolumns a:real\nend\n",
            E_PAYLOAD_TEXT, "has no rows over spills");
}

static void a_payload_that_is_not_its_type_is_refused(void **state)
{
    (void)state;
    refused("calo_gain",
            "spillway-table 1\ntype sampling\n" MARKS "columns a:real\nend\n",
            E_PAYLOAD_TEXT, "says type 'sampling', expected 'calo_gain'");
    refused("calo_gain",
            "spillway-table 1\ntype calo_gain\n" MARKS
            "columns detector:name x:count y:count gain_gev_per_count:real\nend\n",
            E_PAYLOAD_TEXT, "header field 'led_reference' is missing");
    refused("calo_gain",
            "spillway-table 1\ntype calo_gain\n" MARKS
            "led_reference a\nextra b\ncolumns detector:name\nend\n",
            E_PAYLOAD_TEXT, "no header field 'extra'");
    refused("calo_gain",
            "spillway-table 1\ntype calo_gain\n" MARKS
            "led_reference a\ncolumns detector:name y:count x:count\nend\n",
            E_PAYLOAD_TEXT, "column 2 is 'y', expected 'x'");
    refused("calo_gain",
            "spillway-table 1\ntype calo_gain\n" MARKS
            "led_reference a\ncolumns detector:name x:count y:count\nend\n",
            E_PAYLOAD_TEXT, "3 columns, calo_gain has 4");
    refused("sampling",
            "spillway-table 1\ntype sampling\n" MARKS
            "columns sample_count:count period_ns:real\nend\n",
            E_PAYLOAD_TEXT, "0 rows, sampling has exactly one");
    refused("calo_gain", GAIN "ECAL0 1 1 1\nECAL0 0 1 1\nECAL0 1 1 1\nend\n",
            E_PAYLOAD_TEXT, "two rows for ECAL0 1 1");
}

static void an_implausible_number_names_its_row_and_column(void **state)
{
    (void)state;
    refused("calo_gain", GAIN "ECAL0 0 0 0.1\nECAL0 0 1 0\nend\n", E_PAYLOAD_VALUE,
            "row 2: gain_gev_per_count 0 is outside");
    refused("calo_gain", GAIN "ECAL0 0 0 -0.1\nend\n", E_PAYLOAD_VALUE, "row 1");
    refused("calo_gain", GAIN "ECAL0 64 0 0.1\nend\n", E_PAYLOAD_VALUE,
            "x 64 is outside");
    refused("sampling",
            "spillway-table 1\ntype sampling\n" MARKS
            "columns sample_count:count period_ns:real\n32 12500\nend\n",
            E_PAYLOAD_VALUE, "period_ns 12500 is outside 0.1 to 1000 ns");
}

static void marks_are_read_from_tables_and_blobs(void **state)
{
    (void)state;

    static const struct {
        const char *type, *text;
        enum value_source source;
        bool synthetic;
    } vectors[] = {
        {"calo_gain", GAIN "end\n", VALUE_OURS, true},
        {"channel_map", "<!-- spillway source=verified synthetic=no --><a/>",
         VALUE_VERIFIED, false},
        {"channel_map", "<!-- spillway source=ours synthetic=yes --><a/>", VALUE_OURS,
         true},
        {"channel_map", "<a/>", VALUE_UNVERIFIED, false},
        {"channel_map", "", VALUE_UNVERIFIED, false},
        {"channel_map", "spillway source=", VALUE_UNVERIFIED, false},
        {"channel_map", "spillway source=magic synthetic=yes", VALUE_UNVERIFIED, true},
    };

    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        struct bytes text = bytes_of(vectors[i].text);
        struct payload_marks marks;
        struct err err = {0};
        assert_true(payload_read_marks(payload_type_find(vectors[i].type), &text, "f",
                                       &marks, &err));
        assert_int_equal(marks.source, vectors[i].source);
        assert_int_equal(marks.synthetic, vectors[i].synthetic);
        bytes_release(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_types_are_sorted_and_well_formed),
        cmocka_unit_test(a_payload_is_sorted_and_complete),
        cmocka_unit_test(an_effective_row_is_read_by_the_same_type),
        cmocka_unit_test(a_payload_that_is_not_its_type_is_refused),
        cmocka_unit_test(an_implausible_number_names_its_row_and_column),
        cmocka_unit_test(marks_are_read_from_tables_and_blobs),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
