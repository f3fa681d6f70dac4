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
            assert_true(strlen(column->name) + strlen(".source") < TABLE_NAME);
            assert_non_null(column->unit);
        }
        for (size_t f = 0; f < type->field_count; f++)
            assert_true(type->fields[f].unit && type->fields[f].kind != COLUMN_NAME
                            ? type->fields[f].minimum < type->fields[f].maximum
                            : true);
        assert_true(type->schema >= 1);
        for (uint32_t u = 0; u + 1 < type->schema; u++) {
            assert_int_equal(type->upgrades[u].from, u + 1);
            assert_non_null(type->upgrades[u].reason);
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

static void a_name_with_words_is_one_of_them(void **state)
{
    (void)state;
    struct table table;
    struct err err = {0};
#define BEAM                                                                             \
    "spillway-table 1\ntype beam\n" MARKS                                                \
    "columns particle:name charge:name momentum_gev:real\n"
    assert_true(parse("beam", BEAM "electron minus 100\nend\n", &table, &err));
    refused("beam", BEAM "electron neutral 100\nend\n", E_PAYLOAD_VALUE,
            "row 1: charge 'neutral' is none of: plus minus");
    refused("beam", BEAM "elec minus 100\nend\n", E_PAYLOAD_VALUE, "particle 'elec'");
    const struct payload_column *charge = &payload_type_find("beam")->columns[1];
    assert_true(payload_check_cell(charge, &(union table_cell){.name = "plus"}, &err));
    assert_false(payload_check_cell(charge, &(union table_cell){.name = "plu"}, &err));
    assert_string_equal(err.text, "charge 'plu' is none of: plus minus");
    refused("srd_rules",
            "spillway-table 1\ntype srd_rules\n" MARKS "modules_inside 9\n"
            "columns part:name minimum_mev:real maximum_mev:real window_ns:real\nend\n",
            E_PAYLOAD_VALUE, "modules_inside 9 is outside 0 to 8");
    refused("srd_rules",
            "spillway-table 1\ntype srd_rules\n" MARKS "modules_inside two\n"
            "columns part:name minimum_mev:real maximum_mev:real window_ns:real\nend\n",
            E_PAYLOAD_TEXT, "modules_inside 'two' is no count");
}

#define GAIN_2                                                                           \
    "spillway-table 1\ntype calo_gain\nschema 2\n" MARKS                                 \
    "led_reference led1\ncolumns detector:name x:count y:count "                         \
    "gain_gev_per_count:real error_gev_per_count:real"

static void an_older_schema_is_read_as_the_newest_or_refused_by_name(void **state)
{
    (void)state;
    struct table old, new;
    struct err err = {0};
    assert_true(
        parse("calo_gain", GAIN "ECAL0 0 1 0.5\nECAL0 0 0 0.25\nend\n", &old, &err));
    assert_true(parse("calo_gain", GAIN_2 "\nECAL0 0 0 0.25 0.01\nECAL0 0 1 0.5 0\nend\n",
                      &new, &err));
    assert_int_equal(old.schema, 2);
    assert_int_equal(old.column_count, 5);
    assert_string_equal(old.columns[4].name, new.columns[4].name);
    assert_true(table_cell(&old, 0, 3)->real == 0.25 &&
                table_cell(&old, 0, 4)->real == 0);
    assert_true(table_cell(&old, 1, 3)->real == 0.5);
    assert_true(table_cell(&new, 0, 4)->real == 0.01);
    refused("calo_gain", GAIN_2 "\nECAL0 0 0 1\nend\n", E_PAYLOAD_TEXT, "4 values in 5");
    refused("calo_gain",
            "spillway-table 1\ntype calo_gain\nschema 3\n" MARKS
            "led_reference led1\ncolumns detector:name\nend\n",
            E_PAYLOAD_TEXT, "of schema 3, this release reads up to 2");
    refused("apv_timing",
            "spillway-table 1\ntype apv_timing\n" MARKS "columns detector:name\nend\n",
            E_PAYLOAD_TEXT, "apv_timing of schema 1: the form of 10 numbers");
}

/* Readers never see sources; marks are those of each number. */
static void each_number_has_its_source(void **state)
{
    (void)state;
    struct table table;
    struct err err = {0};
#define TIMES(tail)                                                                      \
    "spillway-table 1\ntype time_offset\nsource verified\nsynthetic no\n"                \
    "columns detector:name x:count y:count reference:name mean_ns:real sigma_ns:real "   \
    "window_sigma:real" tail

    static const struct {
        const char *text;
        enum value_source source;
        size_t unverified;
        const char *where;
    } vectors[] = {
        {TIMES("\nE 0 0 S0 1 2 4\nend\n"), VALUE_VERIFIED, 0, ""},
        {TIMES(" source:name\nE 0 0 S0 1 2 4 verified\nE 0 1 S0 1 2 4 ours\nend\n"),
         VALUE_OURS, 0, ""},
        {TIMES(" source:name\nE 0 1 S0 1 2 4 unverified\nE 0 0 S0 1 2 4 ours\nend\n"),
         VALUE_UNVERIFIED, 3, "mean_ns of E 0 1"},
        {TIMES(" source:name window_sigma.source:name\n"
               "E 0 0 S0 1 2 4 ours unverified\nE 0 1 S0 1 2 4 unverified ours\nend\n"),
         VALUE_UNVERIFIED, 3, "window_sigma of E 0 0"},
    };

    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        struct bytes text = bytes_of(vectors[i].text);
        struct payload_marks marks;
        assert_true(payload_read_marks(payload_type_find("time_offset"), &text, "f",
                                       &marks, &err));
        assert_int_equal(marks.source, vectors[i].source);
        assert_int_equal(marks.unverified, vectors[i].unverified);
        assert_string_equal(marks.where, vectors[i].where);
        bytes_release(&text);
        assert_true(parse("time_offset", vectors[i].text, &table, &err));
        assert_int_equal(table.column_count, 7);
        assert_true(table_cell(&table, 0, 6)->real == 4);
    }
    refused("time_offset", TIMES(" source:name\nE 0 0 S0 1 2 4 mine\nend\n"),
            E_PAYLOAD_TEXT, "row 1: source is verified, unverified or ours, not 'mine'");
    refused("time_offset", TIMES(" reference.source:name\nend\n"), E_PAYLOAD_TEXT,
            "no column 'reference.source' here");
    refused("time_offset", TIMES(" mean_ns.source:name source:name\nend\n"),
            E_PAYLOAD_TEXT, "no column 'source' here");
    refused("time_offset", TIMES(" source:name source2:name\nend\n"), E_PAYLOAD_TEXT,
            "no column 'source2' here");
    refused("time_offset", TIMES(" mean_ns.source:real\nend\n"), E_PAYLOAD_TEXT,
            "no column 'mean_ns.source' here");
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
        cmocka_unit_test(a_name_with_words_is_one_of_them),
        cmocka_unit_test(an_older_schema_is_read_as_the_newest_or_refused_by_name),
        cmocka_unit_test(each_number_has_its_source),
        cmocka_unit_test(marks_are_read_from_tables_and_blobs),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
