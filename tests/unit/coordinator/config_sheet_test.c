/* config_sheet_test.c - payloads in YAML.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/config_sheet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/text.h"

struct got {
    size_t sheets, files;
    struct bytes text;
    struct validity validity;
    char file[64];
};

static bool seen(void *user, const struct config_payload *payload, struct err *err)
{
    struct got *got = user;
    struct interval part;
    if (!payload->sheet) {
        got->files++;
        got->validity = payload->validity;
        return text_copy(got->file, sizeof got->file, payload->file, err);
    }
    got->sheets++;
    got->validity = *sheet_validity(payload->sheet);
    return sheet_next(payload->sheet, &got->text, &part, err) == LOOKUP_FOUND;
}

static bool read(const char *text, struct got *got, struct err *err)
{
    *got = (struct got){.sheets = 0};
    bytes_init(&got->text, 65536);
    return config_read_sheets("f.yaml", text, strlen(text), seen, got, err);
}

static void refused(const char *text, enum err_code code, const char *part)
{
    struct got got;
    struct err err = {0};
    if (read(text, &got, &err))
        fail_msg("accepted: %s", text);
    if (err.code != code || !strstr(err.text, part))
        fail_msg("%s '%s' does not say '%s'", err_name(err.code), err.text, part);
    bytes_release(&got.text);
}

static void every_document_is_a_payload(void **state)
{
    (void)state;
    struct got got;
    const char *text;
    struct err err = {0};
    if (!read("runs: 3500-3599\nsource: ours\nsynthetic: no\nnote: [one, two three]\n"
              "type: sampling\n"
              "columns: [\"period_ns [ns]\", sample_count]\nrows:\n  - [12.5, 25]\n"
              "---\ntype: beam\nsource: verified\ncolumns:\n  - particle\n  - charge\n"
              "  - momentum_gev\nrows: [[electron, minus, 1e2]]\n"
              "---\ntype: channel_map\nfile: map.xml\nruns: 7-\n",
              &got, &err))
        fail_msg("%s", err.text);
    assert_int_equal(got.sheets, 2);
    assert_int_equal(got.files, 1);
    assert_string_equal(got.file, "map.xml");
    assert_int_equal(got.validity.interval.start.run, 7);
    assert_true(text_terminate(&got.text, &text, &err));
    assert_string_equal(
        text, "spillway-table 1\n# one\n# two three\ntype sampling\nsource ours\n"
              "synthetic no\ncolumns sample_count:count period_ns:real\n25 12.5\n"
              "end\n"
              "spillway-table 1\ntype beam\nsource verified\nsynthetic no\n"
              "columns particle:name charge:name momentum_gev:real\n"
              "electron minus 100\nend\n");
    bytes_release(&got.text);
}

static void what_is_wrong_names_file_and_line(void **state)
{
    (void)state;
#define START "type: sampling\nsource: ours\ncolumns: [sample_count, period_ns]\n"
    refused("", E_SHEET, "f.yaml:1: the file is empty");
    refused("[a]\n", E_SHEET, "f.yaml:1: a payload is a mapping of keys");
    refused("type: [a]\n", E_SHEET, "f.yaml:1: a word or number is expected here");
    refused("type: sampling\n", E_SHEET, "f.yaml:1: a payload needs 'type'");
    refused("a: &x 1\nb: *x\n", E_SHEET, "f.yaml:2: aliases are not read");
    refused("a: 1\na: 2\n", E_SHEET, "f.yaml:2: key a is given twice");
    refused("a: \"b\n", E_SHEET, "f.yaml:");
    refused("source: ours\ncolumns: [a]\n", E_SHEET,
            "f.yaml:2: 'type' stands before the columns");
    refused("source: mine\ntype: sampling\ncolumns: [a]\n", E_SHEET,
            "f.yaml:1: source is verified");
    refused("type: sampling\nsource: ours\nrows: [[1, 2]]\n", E_SHEET,
            "f.yaml:3: rows stand once, behind the columns");
    refused(START "rows: 7\n", E_SHEET, "f.yaml:4: rows are a list of lists");
    refused(START "rows:\n - [25, 12.5]\n - 3\n", E_SHEET, "f.yaml:6: a row is a list");
    refused(START "rows:\n - [25, [1]]\n", E_SHEET, "f.yaml:5: a word or number");
    refused(START "rows:\n - [25, 12500]\n", E_PAYLOAD_VALUE,
            "f.yaml:5: period_ns 12500 is outside");
    refused(START "rows: []\n", E_SHEET, "f.yaml: 0 rows, sampling has exactly one");
    refused(START "rows: [[25, 1]]\nnote: late\n", E_SHEET,
            "key note stands behind the columns");
    refused(START "columns: [a]\n", E_SHEET, "f.yaml:4: key columns is given twice");
    refused("type: channel_map\nfile: a\ncolour: red\n", E_SHEET,
            "f.yaml:3: a file has no 'colour'");
    refused("type: channel_map\nfile: a\nruns: x\n", E_VALIDITY, "f.yaml:3: runs 'x'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_document_is_a_payload),
        cmocka_unit_test(what_is_wrong_names_file_and_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
