/* csv_test.c - tables written by hand: what is taken, what is refused and where.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "conditions/csv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/text.h"

#define HEAD                                                                             \
    "#: type calo_gain\n#: source ours\n#: led_reference led1\n#: runs 3500-3599\n"
#define COLUMNS "detector,x,y,gain_gev_per_count,error_gev_per_count\n"

static bool read(const char *text, struct sheet **sheet, struct err *err)
{
    struct bytes copy;
    bytes_init(&copy, 65536);
    assert_true(bytes_append(&copy, text, strlen(text) + 1, err));
    sheet_new("f.csv", sheet);
    bool done = csv_read((char *)copy.data, strlen(text), *sheet, err);
    bytes_release(&copy);
    return done;
}

static void makes(const char *text, const char *payload)
{
    struct sheet *sheet;
    struct interval part;
    struct bytes out;
    const char *got;
    struct err err = {0};
    bytes_init(&out, 65536);
    if (!read(text, &sheet, &err))
        fail_msg("%s", err.text);
    assert_int_equal(sheet_next(sheet, &out, &part, &err), LOOKUP_FOUND);
    assert_true(text_terminate(&out, &got, &err));
    assert_string_equal(got, payload);
    assert_int_equal(sheet_next(sheet, &out, &part, &err), LOOKUP_ABSENT);
    bytes_release(&out);
    sheet_free(sheet);
}

static void refused(const char *text, enum err_code code, const char *part)
{
    struct sheet *sheet;
    struct err err = {0};
    if (read(text, &sheet, &err))
        fail_msg("accepted: %s", text);
    if (err.code != code || !strstr(err.text, part))
        fail_msg("%s '%s' does not say '%s'", err_name(err.code), err.text, part);
    sheet_free(sheet);
}

static void columns_go_by_name_and_rows_are_sorted(void **state)
{
    (void)state;
    makes("\xef\xbb\xbf" HEAD "# by hand\r\n"
          "y,x,detector,error_gev_per_count, gain_gev_per_count [GeV/count] \r\n"
          "1, 0 ,ECAL0,0.5,2.5e-1\n# between\n\n0,0,\"ECAL0\",0,0x1p-3\n",
          "spillway-table 1\n# by hand\ntype calo_gain\nschema 2\nsource ours\n"
          "synthetic no\nled_reference led1\ncolumns detector:name x:count y:count "
          "gain_gev_per_count:real error_gev_per_count:real\n"
          "ECAL0 0 0 0.125 0\nECAL0 0 1 0.25 0.5\nend\n");
    makes("#: type calo_gain\n#: schema 1\n#: source verified\n#: synthetic yes\n"
          "#: led_reference none\n"
          "source,detector,x,y,gain_gev_per_count.source,gain_gev_per_count\n"
          "ours,A,1,2,unverified,1\n",
          "spillway-table 1\ntype calo_gain\nsource verified\nsynthetic yes\n"
          "led_reference none\ncolumns detector:name x:count y:count "
          "gain_gev_per_count:real source:name gain_gev_per_count.source:name\n"
          "A 1 2 1 ours unverified\nend\n");
}

static void what_is_wrong_names_file_and_line(void **state)
{
    (void)state;
    refused("#: source ours\n", E_SHEET, "f.csv:1: 'source' before 'type'");
    refused("#: type magic\n", E_PAYLOAD_TYPE,
            "f.csv:1: this release has no payload type");
    refused("#: type channel_map\n", E_SHEET, "has no columns: give it as a file");
    refused("#: type calo_gain\n#: source mine\n", E_SHEET,
            "f.csv:2: source is verified");
    refused("#: type calo_gain\n#: schema 3\n", E_SHEET, "calo_gain has 1 to 2");
    refused("#: type calo_gain\n#: colour red\n", E_SHEET, "no header field 'colour'");
    refused("#: type calo_gain\n#: runs 9-3\n", E_VALIDITY, "f.csv:2: runs '9-3'");
    refused("#: type calo_gain\n" COLUMNS, E_SHEET, "f.csv:2: 'source' is not said");
    refused("#: type calo_gain\n#: source ours\n" COLUMNS, E_SHEET,
            "calo_gain needs 'led_reference'");
    refused(HEAD "detector,x,y,gain_gev_per_count\n", E_SHEET,
            "f.csv:5: column 'error_gev_per_count' is missing");
    refused(HEAD "detector,x,y,gain\n", E_SHEET, "calo_gain has no column 'gain'");
    refused(HEAD "x,x\n", E_SHEET, "column 'x' is there twice");
    refused(HEAD "gain_gev_per_count [MeV/count]\n", E_SHEET,
            "column gain_gev_per_count is in [GeV/count], not in [MeV/count]");
    refused(HEAD "x [\n", E_SHEET, "'x [' is no column");
    refused(HEAD "detector.source\n", E_SHEET, "no column 'detector.source'");
    refused(HEAD COLUMNS "A,0,0,1\n", E_SHEET, "f.csv:6: 4 values in 5 columns");
    refused(HEAD COLUMNS "A,0,0,1,0\nA,0,1,,0\n", E_SHEET,
            "f.csv:7: gain_gev_per_count '' is no real");
    refused(HEAD COLUMNS "A,0,0,0,0\n", E_PAYLOAD_VALUE,
            "f.csv:6: gain_gev_per_count 0 is outside");
    refused(HEAD COLUMNS "A,0,0,1,0\nA,0,0,2,0\n", E_PAYLOAD_TEXT, "two rows for A 0 0");
    refused(HEAD COLUMNS "\"A,0,0,1,0\n", E_SHEET, "f.csv:6: a quote is not closed");
    refused(HEAD COLUMNS "\"A\"B,0,0,1,0\n", E_SHEET, "text behind a closing quote");
    refused(HEAD COLUMNS "A,0,0,1,0", E_SHEET, "f.csv:6: the last line does not end");
    refused(HEAD COLUMNS "#: source ours\n", E_SHEET,
            "f.csv:6: 'source' behind the columns");
    refused(HEAD "detector,x,y,gain_gev_per_count,error_gev_per_count,source\n"
                 "A,0,0,1,0,me\n",
            E_SHEET, "f.csv:6: source is verified, unverified or ours, not 'me'");
    refused("", E_SHEET, "f.csv: no columns");
    refused("A,0\n", E_SHEET, "f.csv:1: the type is not said before the columns");
}

/* Rows over spills above the size of a payload are cut between runs. */
static void a_year_of_spills_is_cut_between_runs(void **state)
{
    (void)state;
    static const char *const names[] = {"run", "spill", "from_event"};
    const uint32_t spills = 4000, runs = 600;
    struct sheet *sheet;
    struct interval part;
    struct bytes out;
    struct err err = {0};
    size_t pieces = 0;
    int64_t next = 0;
    sheet_new("f", &sheet);
    bytes_init(&out, PAYLOAD_LIMIT);
    assert_true(sheet_set(sheet, 1, "type", "bad_spills", &err));
    assert_true(sheet_set(sheet, 1, "source", "ours", &err));
    assert_true(sheet_columns(sheet, 1, names, 3, &err));
    for (uint32_t run = 0; run < runs; run++)
        for (uint32_t spill = 1; spill <= spills; spill++) {
            char number[2][16];
            (void)snprintf(number[0], 16, "%u", 1000 + run);
            (void)snprintf(number[1], 16, "%u", spill);
            const char *const words[] = {number[0], number[1], "0"};
            if (!sheet_row(sheet, 1, words, 3, &err))
                fail_msg("%s", err.text);
        }
    assert_true(sheet_end(sheet, &err));
    while (sheet_next(sheet, &out, &part, &err) == LOOKUP_FOUND) {
        assert_int_equal(part.start.run, next);
        assert_int_equal(part.start.spill, 0);
        next = part.end.run;
        pieces++;
        bytes_clear(&out);
    }
    assert_true(next == INT64_MAX);
    assert_int_equal(pieces, (spills * runs + 262 * spills - 1) / (262 * spills));
    bytes_release(&out);
    sheet_free(sheet);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_go_by_name_and_rows_are_sorted),
        cmocka_unit_test(what_is_wrong_names_file_and_line),
        cmocka_unit_test(a_year_of_spills_is_cut_between_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
