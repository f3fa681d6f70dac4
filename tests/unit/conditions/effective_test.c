/* effective_test.c - the value that enters keys: its bytes are fixed, its changes local.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "conditions/effective.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/text.h"

#define LED(source)                                                                      \
    "spillway-table 1\ntype led_spill\nsource " source "\nsynthetic yes\n"               \
    "columns run:count spill:count detector:name x:count y:count amplitude_counts:real\n"
#define BAD                                                                              \
    "spillway-table 1\ntype bad_spills\nsource ours\nsynthetic no\n"                     \
    "columns run:count spill:count from_event:count\n3661 12 0\n3661 14 2000\nend\n"

static struct spill_table *table_of(const char *type, const char *text)
{
    struct bytes bytes;
    struct err err = {0};
    struct spill_table *table = NULL;
    bytes_init(&bytes, 65536);
    assert_true(text_add(&bytes, text, &err));
    if (!spill_table_new(payload_type_find(type), &bytes, "t", &table, &err))
        fail_msg("%s", err.text);
    bytes_release(&bytes);
    return table;
}

static struct effective value_at(const struct spill_table *table, uint32_t run,
                                 uint32_t spill, const char *expected_row)
{
    struct effective_request request = {.run = run, .spill = spill};
    struct effective value = {0};
    struct bytes row;
    struct err err = {0};
    bytes_init(&row, EFFECTIVE_ROW);
    if (!effective_of_spill(table, &request, &row, &value, &err))
        fail_msg("%s", err.text);
    if (expected_row) {
        assert_int_equal(row.size, strlen(expected_row));
        assert_memory_equal(row.data, expected_row, row.size);
    }
    bytes_release(&row);
    return value;
}

static void a_row_is_a_small_table_without_run_spill_and_source(void **state)
{
    (void)state;
    struct spill_table *table =
        table_of("led_spill", LED("ours") "3661 4 HCAL0 0 0 20.50\n3661 4 ECAL1 5 0 1e3\n"
                                          "3661 5 ECAL1 5 0 7\nend\n");
    struct effective value =
        value_at(table, 3661, 4,
                 "spillway-row 1\ntype led_spill\nsynthetic yes\n"
                 "columns detector:name x:count y:count amplitude_counts:real\n"
                 "ECAL1 5 0 1000\nHCAL0 0 0 20.5\nend\n");
    assert_int_equal(value.level, FALLBACK_EXACT);
    assert_string_equal(value.type, "led_spill");
    spill_table_free(table);
}

static void an_edit_changes_only_the_spills_that_use_it(void **state)
{
    (void)state;
    struct spill_table *before =
        table_of("led_spill", LED("unverified") "10 1 E 0 0 5\n10 9 E 0 0 6\nend\n");
    struct spill_table *after = table_of(
        "led_spill",
        "# checked by hand\n" LED("verified") "10 9 E 0 0 6.25\n10 1 E 0 0 5.0\nend\n");
    for (uint32_t spill = 1; spill <= 12; spill++) {
        if (spill > 4 && spill < 9)
            continue; /* no row within three spills: tested elsewhere */
        struct effective a = value_at(before, 10, spill, NULL);
        struct effective b = value_at(after, 10, spill, NULL);
        assert_int_equal(a.level, b.level);
        assert_int_equal(sha256_equal(&a.value, &b.value), spill < 9);
    }
    spill_table_free(before);
    spill_table_free(after);
}

static void a_spill_that_is_not_listed_as_bad_has_an_empty_row(void **state)
{
    (void)state;
    struct spill_table *table = table_of("bad_spills", BAD);
    const char *head =
        "spillway-row 1\ntype bad_spills\nsynthetic no\ncolumns from_event:count\n";
    char expected[256];
    (void)snprintf(expected, sizeof expected, "%s2000\nend\n", head);
    struct effective bad = value_at(table, 3661, 14, expected);
    (void)snprintf(expected, sizeof expected, "%send\n", head);
    struct effective good = value_at(table, 3661, 13, expected);
    struct effective also = value_at(table, 1, 1, expected);
    assert_int_equal(bad.level, FALLBACK_EXACT);
    assert_int_equal(good.level, FALLBACK_EXACT);
    assert_true(sha256_equal(&good.value, &also.value));
    spill_table_free(table);
}

static void a_plain_payload_is_its_own_value(void **state)
{
    (void)state;
    struct manifest_entry entry = {
        .type = "calo_gain", .hash = sha256_of("x", 1), .size = 1};
    struct effective value = effective_plain(&entry);
    assert_string_equal(value.type, "calo_gain");
    assert_true(sha256_equal(&value.value, &entry.hash));
    assert_int_equal(value.level, FALLBACK_EXACT);
}

static void a_row_is_no_table_over_spills(void **state)
{
    (void)state;
    struct bytes bytes;
    struct err err = {0};
    struct spill_table *table = NULL;
    bytes_init(&bytes, 65536);
    assert_true(text_add(&bytes,
                         "spillway-row 1\ntype bad_spills\nsynthetic no\n"
                         "columns from_event:count\nend\n",
                         &err));
    assert_false(
        spill_table_new(payload_type_find("bad_spills"), &bytes, "t", &table, &err));
    assert_int_equal(err.code, E_PAYLOAD_TEXT);
    assert_null(table);
    bytes_release(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_is_a_small_table_without_run_spill_and_source),
        cmocka_unit_test(an_edit_changes_only_the_spills_that_use_it),
        cmocka_unit_test(a_spill_that_is_not_listed_as_bad_has_an_empty_row),
        cmocka_unit_test(a_plain_payload_is_its_own_value),
        cmocka_unit_test(a_row_is_no_table_over_spills),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
