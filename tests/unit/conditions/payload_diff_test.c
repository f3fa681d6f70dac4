/* payload_diff_test.c - differences are complete, and the largest stands first.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "conditions/payload_diff.h"

#include <math.h>
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

static bool diff(const char *type, const char *from, const char *to,
                 struct payload_diff *out, struct err *err)
{
    struct bytes a, b;
    bytes_init(&a, 65536);
    bytes_init(&b, 65536);
    assert_true(text_add(&a, from, err) && text_add(&b, to, err));
    const struct payload_pair pair = {payload_type_find(type), &a, &b, "old", "new"};
    bool done = payload_diff(&pair, &arena, out, err);
    bytes_release(&b);
    bytes_release(&a);
    return done;
}

#define TIMES(source)                                                                    \
    "spillway-table 1\ntype time_offset\nsource " source "\nsynthetic no\n"              \
    "columns detector:name x:count y:count reference:name mean_ns:real sigma_ns:real "   \
    "window_sigma:real\n"
#define GAIN(led)                                                                        \
    "spillway-table 1\ntype calo_gain\nsource ours\nsynthetic no\nled_reference " led    \
    "\ncolumns detector:name x:count y:count gain_gev_per_count:real\n"

static void expect(const struct payload_change *change, enum payload_change_kind kind,
                   const char *key, const char *values)
{
    char got[256];
    (void)snprintf(got, sizeof got, "%s %s -> %s", change->column, change->old_value,
                   change->new_value);
    assert_int_equal(change->kind, kind);
    assert_string_equal(change->key, key);
    assert_string_equal(got, values);
}

static void values_stand_largest_first_behind_header_and_rows(void **state)
{
    (void)state;
    struct payload_diff out;
    struct err err = {0};
    assert_true(diff("time_offset",
                     TIMES("ours") "E 0 0 S0 10 2 4\nE 0 1 S0 0 2 4\nE 0 2 S0 1 1 4\n"
                                   "F 0 0 S0 5 1 4\nend\n",
                     TIMES("verified") "E 0 0 S0 11 3 4\nE 0 1 S0 0.5 2 4\n"
                                       "E 0 2 S1 1 1 4\nG 0 0 S0 5 1 4\nend\n",
                     &out, &err));
    assert_int_equal(out.count, 7);
    expect(&out.changes[0], PAYLOAD_HEADER, "", "source ours -> verified");
    expect(&out.changes[1], PAYLOAD_REMOVED, "F 0 0", " S0 5 1 4 -> ");
    expect(&out.changes[2], PAYLOAD_ADDED, "G 0 0", "  -> S0 5 1 4");
    expect(&out.changes[3], PAYLOAD_VALUE, "E 0 2", "reference S0 -> S1");
    expect(&out.changes[4], PAYLOAD_VALUE, "E 0 1", "mean_ns 0 -> 0.5");
    expect(&out.changes[5], PAYLOAD_VALUE, "E 0 0", "sigma_ns 2 -> 3");
    expect(&out.changes[6], PAYLOAD_VALUE, "E 0 0", "mean_ns 10 -> 11");
    assert_true(isinf(out.changes[4].relative));
    assert_true(out.changes[5].relative == 0.5 && out.changes[5].change == 1);
    assert_string_equal(out.changes[5].unit, "ns");
    assert_int_equal(out.rows_changed, 3);
    assert_int_equal(out.rows_same, 0);
    assert_int_equal(out.rows_removed + out.rows_added, 2);
}

/* Other order, other writing of numbers, comments: the same calibration. */
static void the_same_calibration_differs_in_nothing(void **state)
{
    (void)state;
    struct payload_diff out;
    struct err err = {0};
    assert_true(diff("calo_gain", GAIN("led1") "A 0 0 0.5\nB 0 0 0.25\nend\n",
                     GAIN("led1") "# note\nB 0 0 2.5e-1\nA 0 0 0x1p-1\nend\n", &out,
                     &err));
    assert_int_equal(out.count, 0);
    assert_int_equal(out.rows_same, 2);
    assert_true(
        diff("calo_gain", GAIN("led1") "end\n", GAIN("led2") "end\n", &out, &err));
    assert_int_equal(out.count, 1);
    expect(&out.changes[0], PAYLOAD_HEADER, "", "led_reference led1 -> led2");
}

/* Schema 1 says nothing of errors; sources count where rows say them. */
static void schemas_and_sources_are_compared_as_they_are_read(void **state)
{
    (void)state;
    struct payload_diff out;
    struct err err = {0};
#define GAIN_2(source)                                                                   \
    "spillway-table 1\ntype calo_gain\nschema 2\nsource ours\nsynthetic no\n"            \
    "led_reference led1\ncolumns detector:name x:count y:count "                         \
    "gain_gev_per_count:real error_gev_per_count:real source:name\n"                     \
    "A 0 0 0.5 0 ours\nB 0 0 0.25 0.125 " source "\nend\n"
    assert_true(diff("calo_gain", GAIN("led1") "A 0 0 0.5\nB 0 0 0.25\nend\n",
                     GAIN_2("ours"), &out, &err));
    assert_int_equal(out.count, 1);
    expect(&out.changes[0], PAYLOAD_VALUE, "B 0 0", "error_gev_per_count 0 -> 0.125");
    assert_true(diff("calo_gain", GAIN_2("ours"), GAIN_2("unverified"), &out, &err));
    assert_int_equal(out.count, 2);
    expect(&out.changes[0], PAYLOAD_VALUE, "B 0 0",
           "error_gev_per_count.source ours -> unverified");
    expect(&out.changes[1], PAYLOAD_VALUE, "B 0 0",
           "gain_gev_per_count.source ours -> unverified");
}

static void a_map_is_compared_by_its_lines(void **state)
{
    (void)state;
    struct payload_diff out;
    struct err err = {0};
    assert_true(diff("channel_map", "<Map>\n  A 1 2\nB 1 3\n\n</Map>",
                     "<Map>\r\nA 1 2\nB 1 4\n</Map>\n", &out, &err));
    assert_int_equal(out.count, 2);
    expect(&out.changes[0], PAYLOAD_REMOVED, "B 1 3", "  -> ");
    expect(&out.changes[1], PAYLOAD_ADDED, "B 1 4", "  -> ");
    assert_int_equal(out.rows_same, 3);
    assert_true(diff("channel_map", "", "", &out, &err));
    assert_int_equal(out.count, 0);
}

static void a_bad_side_is_named(void **state)
{
    (void)state;
    struct payload_diff out;
    struct err err = {0};
    assert_false(diff("calo_gain", GAIN("led1") "end\n", GAIN("led1") "A 0 0 20\nend\n",
                      &out, &err));
    assert_int_equal(err.code, E_PAYLOAD_VALUE);
    assert_non_null(strstr(err.text, "new: row 1: gain_gev_per_count 20"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(values_stand_largest_first_behind_header_and_rows,
                                        start, stop),
        cmocka_unit_test_setup_teardown(the_same_calibration_differs_in_nothing, start,
                                        stop),
        cmocka_unit_test_setup_teardown(schemas_and_sources_are_compared_as_they_are_read,
                                        start, stop),
        cmocka_unit_test_setup_teardown(a_map_is_compared_by_its_lines, start, stop),
        cmocka_unit_test_setup_teardown(a_bad_side_is_named, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
