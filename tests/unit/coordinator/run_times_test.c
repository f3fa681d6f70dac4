/* run_times_test.c - a time becomes the runs that started in it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/run_times.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/text.h"

#define T0 1525867200 /* 2018-05-09T12:00:00Z */

static bool interval_of(const struct run_times *times, int64_t from, int64_t until,
                        char out[64], struct bytes *report, struct err *err)
{
    struct interval interval;
    struct bytes text;
    const char *written;
    const struct validity validity = {
        .known = true, .by_time = true, .from_s = from, .until_s = until};
    if (!run_times_interval(times, &validity, &interval, report, err))
        return false;
    bytes_init(&text, 256);
    assert_true(validity_write_runs(&interval, &text, err) &&
                text_terminate(&text, &written, err));
    (void)snprintf(out, 64, "%s", written);
    bytes_release(&text);
    return true;
}

static void bounds_are_starts_of_runs(void **state)
{
    (void)state;
    struct run_time runs[] = {{10, T0, T0 + 500},
                              {11, T0 + 600, T0 + 900},
                              {12, 0, 0},
                              {13, T0 + 1200, T0 + 1500},
                              {20, T0 + 2000, T0 + 2600}};
    const struct run_times times = {5, runs};

    static const struct {
        int64_t from, until;
        const char *runs, *report;
    } vectors[] = {
        {T0, T0 + 600, "10-10",
         "from 2018-05-09T12:00:00Z: from run 10 on, which started 0 s later\n"
         "until 2018-05-09T12:10:00Z: through run 10\n"},
        {T0 + 1, T0 + 1201, "11-13",
         "from 2018-05-09T12:00:01Z: from run 11 on, which started 599 s later\n"
         "    run 10 went on for 499 s behind that and is not covered\n"
         "until 2018-05-09T12:20:01Z: through run 13, which went on for 299 s behind that\n"},
        {T0 - 9, INT64_MAX, "10-",
         "from 2018-05-09T11:59:51Z: from run 10 on, which started 9 s later\n"},
        {T0 + 1300, T0 + 9999, "20-20",
         "from 2018-05-09T12:21:40Z: from run 20 on, which started 700 s later\n"
         "    run 13 went on for 200 s behind that and is not covered\n"
         "until 2018-05-09T14:46:39Z: through run 20, the last one of the catalogue\n"},
    };

    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        char got[64];
        struct bytes report;
        const char *text;
        struct err err = {0};
        bytes_init(&report, RUN_TIMES_REPORT);
        if (!interval_of(&times, vectors[i].from, vectors[i].until, got, &report, &err))
            fail_msg("%s", err.text);
        assert_string_equal(got, vectors[i].runs);
        assert_true(text_terminate(&report, &text, &err));
        assert_string_equal(text, vectors[i].report);
        bytes_release(&report);
    }
}

static void what_cannot_be_said_is_an_error(void **state)
{
    (void)state;
    struct run_time runs[] = {{10, T0, T0 + 500}, {12, 0, 0}, {13, T0 + 1200, 0}};
    struct run_time mixed[] = {{10, T0, 0}, {11, 0, 0}, {12, T0 - 5, 0}};
    struct bytes report;
    char got[64];
    struct err err = {0};
    const struct run_times times = {3, runs};
    bytes_init(&report, RUN_TIMES_REPORT);
    assert_false(interval_of(&times, T0 + 600, INT64_MAX, got, &report, &err));
    assert_int_equal(err.code, E_VALIDITY);
    assert_non_null(strstr(err.text, "run 12 has no start time"));
    assert_false(interval_of(&times, T0 + 1201, INT64_MAX, got, &report, &err));
    assert_non_null(strstr(err.text, "no run of the catalogue started"));
    assert_false(interval_of(&times, T0 - 9, T0 - 3, got, &report, &err));
    assert_non_null(strstr(err.text, "no run of the catalogue started"));
    assert_false(
        interval_of(&(struct run_times){3, mixed}, T0, T0 + 9, got, &report, &err));
    assert_non_null(strstr(err.text, "run 12 started before run 10"));
    bytes_release(&report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bounds_are_starts_of_runs),
        cmocka_unit_test(what_cannot_be_said_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
