/* payload_check_test.c - what is kept is what every reader can read.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/payload_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/text.h"

static bool check(const char *type, const char *text, struct payload_marks *marks,
                  struct err *err)
{
    struct bytes bytes;
    bytes_init(&bytes, 65536);
    assert_true(text_add(&bytes, text, err));
    bool done = payload_check(type, &bytes, "f", marks, err);
    bytes_release(&bytes);
    return done;
}

static void refused(const char *type, const char *text, enum err_code code,
                    const char *part)
{
    struct payload_marks marks;
    struct err err = {0};
    if (check(type, text, &marks, &err))
        fail_msg("accepted: %s", text);
    if (err.code != code || !strstr(err.text, part))
        fail_msg("%s: '%s' does not say '%s'", err_name(err.code), err.text, part);
}

#define MAP(lines)                                                                       \
    "<!-- spillway source=verified -->\n<Map><ChipSADC version=\"2\" runs=\"3610-4310\"" \
    " options=\"xy data_format3\">\n" lines "</ChipSADC></Map>\n"
#define SAMPLING                                                                         \
    "spillway-table 1\ntype sampling\nsource verified\nsynthetic no\n"                   \
    "columns sample_count:count period_ns:real\n"

static void a_good_payload_passes_and_says_its_source(void **state)
{
    (void)state;
    struct payload_marks marks = {0};
    struct err err = {0};
    assert_true(check("sampling", SAMPLING "25 12.5\nend\n", &marks, &err));
    assert_int_equal(marks.source, VALUE_VERIFIED);
    marks = (struct payload_marks){0};
    assert_true(check("channel_map", MAP("HOD2X 623 5 0 0 0\n"), &marks, &err));
    assert_int_equal(marks.source, VALUE_VERIFIED);
}

static void bad_ones_are_refused_with_what_and_where(void **state)
{
    (void)state;
    refused("magic", SAMPLING "25 12.5\nend\n", E_PAYLOAD_TYPE, "'magic'");
    refused("sampling", SAMPLING "25 0\nend\n", E_PAYLOAD_VALUE, "f: row 1: period_ns");
    refused("calo_gain", SAMPLING "25 12.5\nend\n", E_PAYLOAD_TEXT, "says type");
    refused("channel_map", "", E_MAP_XML, "f");
    refused("channel_map", "<Map></Map>", E_MAP_RUN, "no run has a channel");
    refused("channel_map", MAP("HOD2X 623 5 64 0 0\n"), E_MAP_LINE, "f");
    refused("channel_map", MAP("HOD2X 623 5 0 0 0\nHOD2Y 623 5 0 0 0\n"), E_MAP_TWICE,
            "'HOD2X' and 'HOD2Y'");
}

/* The effective row of one spill is no payload: it would lose run and spill. */
static void an_effective_row_is_no_payload(void **state)
{
    (void)state;
    refused("led_spill",
            "spillway-row 1\ntype led_spill\nsynthetic no\n"
            "columns detector:name x:count y:count amplitude_counts:real\nend\n",
            E_PAYLOAD_TEXT, "a row where a table is wanted");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_payload_passes_and_says_its_source),
        cmocka_unit_test(bad_ones_are_refused_with_what_and_where),
        cmocka_unit_test(an_effective_row_is_no_payload),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
