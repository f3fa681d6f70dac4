/* err_test.c - errors carry one line, and who has to act.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/err.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct code_row {
    enum err_code code;
    unsigned number;
    enum err_kind kind;
    const char *name;
    const char *advice;
};

#define CODE_ROW(name, number, kind, advice) {name, number, kind, #name, advice},

static const struct code_row codes[] = {ERR_CODES(CODE_ROW)};

#define CODES (sizeof codes / sizeof codes[0])

static void a_failing_branch_is_one_line(void **state)
{
    (void)state;
    struct err err = {0};
    assert_false(err_set(&err, E_LIMIT, "event %u: %d words", 7u, -1));
    assert_int_equal(err.code, E_LIMIT);
    assert_int_equal(err.kind, ERR_RESOURCE);
    assert_string_equal(err.text, "event 7: -1 words");
}

static void wrapping_says_where_and_keeps_the_cause(void **state)
{
    (void)state;
    struct err err = {0};
    (void)err_set(&err, E_DISK_READ, "event 7: bad magic");
    assert_false(err_wrap(&err, "chunk %s", "cdr01001-003661.dat"));
    assert_false(err_wrap(&err, "run %u", 3661u));
    assert_int_equal(err.code, E_DISK_READ);
    assert_int_equal(err.kind, ERR_STORAGE);
    assert_string_equal(err.text,
                        "run 3661: chunk cdr01001-003661.dat: event 7: bad magic");
}

static void the_system_s_reason_stands_at_the_end(void **state)
{
    (void)state;
    struct err err = {0};
    assert_false(err_errno(&err, E_DISK_OPEN, ENOENT, "%s: cannot be opened", "/x"));
    assert_string_equal(err.text, "/x: cannot be opened: No such file or directory");
}

static void a_text_is_one_line_whatever_its_words_hold(void **state)
{
    (void)state;
    struct err err = {0};
    (void)err_set(&err, E_LIMIT, "name %s", "a\nb\033[31m\177\tc\xc3\xa9");
    assert_string_equal(err.text, "name a?b?[31m??c\xc3\xa9");
    (void)err_wrap(&err, "%s", "in\r");
    assert_string_equal(err.text, "in?: name a?b?[31m??c\xc3\xa9");
    (void)err_errno(&err, E_DISK_OPEN, ENOENT, "%s", "\n");
    assert_string_equal(err.text, "?: No such file or directory");
}

static void a_long_text_is_cut_and_never_overflows(void **state)
{
    (void)state;
    char text[2000];
    memset(text, 'y', sizeof text - 1);
    text[sizeof text - 1] = 0;
    struct err err;
    memset(&err, 0x7f, sizeof err);
    (void)err_set(&err, E_USAGE, "%s", text);
    assert_int_equal(strlen(err.text), sizeof err.text - 1);
    (void)err_errno(&err, E_USAGE, EIO, "%s", text);
    assert_int_equal(strlen(err.text), sizeof err.text - 1);
    (void)err_wrap(&err, "place");
    assert_int_equal(strlen(err.text), sizeof err.text - 1);
    assert_memory_equal(err.text, "place: yyy", 10);
}

static void every_code_has_its_own_number_name_and_advice(void **state)
{
    (void)state;
    for (size_t i = 0; i < CODES; i++) {
        assert_int_equal(codes[i].code, codes[i].number);
        assert_true(codes[i].number < 65535);
        assert_string_equal(err_name(codes[i].code), codes[i].name);
        assert_int_equal(err_kind_of(codes[i].code), codes[i].kind);
        assert_string_equal(err_advice(codes[i].code), codes[i].advice);
        size_t length = strlen(codes[i].advice);
        assert_true(length > 10 && codes[i].advice[length - 1] == '.');
        for (size_t k = 0; k < i; k++)
            assert_int_not_equal(codes[k].number, codes[i].number);
    }
}

static void the_exit_status_follows_the_kind(void **state)
{
    (void)state;
    static const int statuses[] = {
        [ERR_NONE] = 0,      [ERR_USAGE] = 2,     [ERR_INPUT] = 10, [ERR_CONDITIONS] = 11,
        [ERR_PAYLOAD] = 12,  [ERR_RESOURCE] = 13, [ERR_NODE] = 14,  [ERR_STORAGE] = 15,
        [ERR_PROTOCOL] = 16, [ERR_DECISION] = 17};
    for (size_t i = 0; i < CODES; i++)
        assert_int_equal(err_exit_status(codes[i].code), statuses[codes[i].kind]);
}

static void a_code_of_another_version_is_told_not_trusted(void **state)
{
    (void)state;
    enum err_code strange = (enum err_code)65001;
    assert_string_equal(err_name(strange), "E_UNKNOWN");
    assert_int_equal(err_kind_of(strange), ERR_NODE);
    assert_true(strlen(err_advice(strange)) > 0);
    assert_string_equal(err_kind_name((enum err_kind)99), "unknown");
    assert_string_equal(err_kind_name(ERR_PROTOCOL), "protocol");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failing_branch_is_one_line),
        cmocka_unit_test(wrapping_says_where_and_keeps_the_cause),
        cmocka_unit_test(the_system_s_reason_stands_at_the_end),
        cmocka_unit_test(a_text_is_one_line_whatever_its_words_hold),
        cmocka_unit_test(a_long_text_is_cut_and_never_overflows),
        cmocka_unit_test(every_code_has_its_own_number_name_and_advice),
        cmocka_unit_test(the_exit_status_follows_the_kind),
        cmocka_unit_test(a_code_of_another_version_is_told_not_trusted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
