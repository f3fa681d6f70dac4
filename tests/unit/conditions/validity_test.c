/* validity_test.c - runs and times as people write them.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "conditions/validity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/text.h"

static void runs_are_half_open_inside_and_come_back(void **state)
{
    (void)state;

    static const struct {
        const char *text;
        struct interval interval;
        const char *again;
    } vectors[] = {
        {"3500-3599", {{3500, 0}, {3600, 0}}, "3500-3599"},
        {"3500", {{3500, 0}, {3501, 0}}, "3500-3500"},
        {"3500-", {{3500, 0}, MOMENT_OPEN}, "3500-"},
        {"0-0", {{0, 0}, {1, 0}}, "0-0"},
        {"3500/12-3599/40", {{3500, 12}, {3599, 41}}, "3500/12-3599/40"},
        {"3500/12", {{3500, 12}, {3500, 13}}, "3500/12-3500/12"},
        {"3500/0-3500", {{3500, 0}, {3501, 0}}, "3500-3500"},
        {"8941/118-8941/119", {{8941, 118}, {8941, 120}}, "8941/118-8941/119"},
    };

    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        struct interval interval;
        struct bytes out;
        const char *again;
        struct err err = {0};
        bytes_init(&out, 256);
        assert_true(validity_read_runs(vectors[i].text, &interval, &err));
        assert_int_equal(moment_compare(interval.start, vectors[i].interval.start), 0);
        assert_int_equal(moment_compare(interval.end, vectors[i].interval.end), 0);
        assert_true(validity_write_runs(&interval, &out, &err));
        assert_true(text_terminate(&out, &again, &err));
        assert_string_equal(again, vectors[i].again);
        bytes_release(&out);
    }
}

static void what_is_no_range_of_runs_is_refused(void **state)
{
    (void)state;
    static const char *const vectors[] = {
        "",       "-",    "-5",    "5-4",         "5/3-5/2", "a",       "1-2-3",   "1 -2",
        "1/4096", "1/-2", "1/2/3", "99999999999", "1-0x10",  "1-2 3-4", "1/5-1/4", "+1"};
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        struct interval interval;
        struct err err = {0};
        if (validity_read_runs(vectors[i], &interval, &err))
            fail_msg("accepted: %s", vectors[i]);
        assert_int_equal(err.code, E_VALIDITY);
    }
}

static void times_are_read_exactly(void **state)
{
    (void)state;
    int64_t seconds = 0;
    char text[VALIDITY_TIME];
    struct err err = {0};
    assert_true(validity_read_time("2018-05-09T12:00:00Z", &seconds, &err));
    assert_int_equal(seconds, 1525867200); /* date -u -d 2018-05-09T12:00:00Z +%s */
    validity_write_time(seconds, text);
    assert_string_equal(text, "2018-05-09T12:00:00Z");
    assert_true(validity_read_time("2024-02-29T23:59:59Z", &seconds, &err));
    assert_true(validity_read_time("open", &seconds, &err));
    assert_true(seconds == INT64_MAX);
    static const char *const bad[] = {
        "2018-02-30T00:00:00Z",  "2018-05-09 12:00:00", "2018-05-09T12:00:00",
        "2018-05-09T24:00:00Z",  "2018-5-9T12:00:00Z",  "2018-05-09T12:00:60Z",
        "2018-05-09T12:00:00Z ", "yesterday",           ""};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (validity_read_time(bad[i], &seconds, &err))
            fail_msg("accepted: %s", bad[i]);
        assert_int_equal(err.code, E_VALIDITY);
    }
}

static void a_header_says_runs_or_time_once(void **state)
{
    (void)state;
    struct validity validity = {0};
    struct err err = {0};
    assert_false(validity_read("time", "2018-05-09T12:00:00Z", &validity, &err));
    assert_false(validity_read("time", "2018-05-09T12:00:00Z 2018-05-09T12:00:00Z",
                               &validity, &err));
    assert_true(validity_read("time", "2018-05-09T12:00:00Z open", &validity, &err));
    assert_true(validity.known && validity.by_time && validity.until_s == INT64_MAX);
    assert_false(validity_read("runs", "1-2", &validity, &err));
    validity = (struct validity){0};
    assert_true(validity_read("runs", "1-2", &validity, &err));
    assert_true(validity.known && !validity.by_time);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_are_half_open_inside_and_come_back),
        cmocka_unit_test(what_is_no_range_of_runs_is_refused),
        cmocka_unit_test(times_are_read_exactly),
        cmocka_unit_test(a_header_says_runs_or_time_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
