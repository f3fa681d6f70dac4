/* run_summary_test.c - the real run table of 2016-2018 gives the sums of its README.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/run_summary.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/disk.h"
#include "base/text.h"
#include "coordinator/import.h"

static bool table_read(struct import *import)
{
    const char *folder = getenv("SPILLWAY_TEST_DATA");
    char path[512];
    struct bytes text;
    struct err err;
    (void)snprintf(path, sizeof path, "%s/runs-2016-2018.csv",
                   folder != NULL ? folder : "../shared/data");
    if (!disk_exists(path))
        return false;
    import_init(import);
    bytes_init(&text, IMPORT_LIMIT);
    assert_true(disk_read_file(path, &text, &err));
    if (!import_csv(import, "table", (const char *)text.data, text.size, &err))
        fail_msg("%s", err.text);
    bytes_release(&text);
    return true;
}

/* "Sums of the physics rows" of the README: runs, spills, EOT in 1e9, rated, not good,
 * their EOT; recorded triggers in 1e8 and how many runs print them. */
struct expected {
    const char *setup;
    uint64_t runs, spills, trigger_runs;
    double triggers, eot;
    uint64_t rated, not_good;
    double not_good_eot;
};

static const struct expected sums[] = {
    {"2016B-invisible-100", 198, 33388, 0, 0, 40.82, 0, 0, 0},
    {"2016-visible", 31, 5248, 0, 0, 6.13, 0, 0, 0},
    {"2017-invisible-100", 130, 24449, 120, 1.080, 49.08, 120, 35, 13.1},
    {"2017-visible-40X0", 91, 16203, 91, 1.286, 23.80, 91, 28, 6.8},
    {"2017-visible-30X0", 77, 13783, 77, 0.904, 30.04, 77, 38, 15.9},
    {"2018-invisible-100", 246, 45818, 108, 1.276, 188.80, 162, 25, 17.3},
    {"2018-invisible-150", 13, 2246, 13, 0.240, 4.56, 0, 0, 0},
    {"2018-visible-150", 71, 13732, 44, 0.970, 30.20, 0, 0, 0},
};

static void assert_rounded(double value, double printed, double step)
{
    assert_true(fabs(value - printed) <= step / 2 * 1.000001);
}

static void the_real_table_gives_the_sums_of_its_readme(void **state)
{
    (void)state;
    struct import import;
    struct run_summary summary;
    if (!table_read(&import)) {
        print_message("no runs-2016-2018.csv: set SPILLWAY_TEST_DATA\n");
        skip();
    }
    assert_int_equal(import.run_count, 1362);
    run_summary_init(&summary);
    for (size_t i = 0; i < import.run_count; i++)
        run_summary_add(&summary, &import.runs[i].run);
    assert_int_equal(summary.count, 8);
    for (size_t i = 0; i < 8; i++) {
        const struct setup_sum *sum = run_summary_setup(&summary, sums[i].setup);
        assert_non_null(sum);
        assert_int_equal(sum->runs, sums[i].runs);
        assert_int_equal(sum->spills, sums[i].spills);
        assert_int_equal(sum->trigger_runs, sums[i].trigger_runs);
        assert_rounded((double)sum->triggers / 1e8, sums[i].triggers, 0.001);
        assert_rounded(sum->eot / 1e9, sums[i].eot, 0.01);
        assert_int_equal(sum->rated, sums[i].rated);
        assert_int_equal(sum->not_good, sums[i].not_good);
        assert_rounded(sum->not_good_eot / 1e9, sums[i].not_good_eot, 0.1);
    }
    run_summary_release(&summary);
    import_release(&import);
}

static void known_bad_rows_are_listed_and_published_sums_stand_beside(void **state)
{
    (void)state;
    struct import import;
    struct run_summary summary;
    struct bytes out;
    struct err err;
    const char *text;
    if (!table_read(&import)) {
        print_message("no runs-2016-2018.csv: set SPILLWAY_TEST_DATA\n");
        skip();
    }
    run_summary_init(&summary);
    bytes_init(&out, 1 << 20);
    for (size_t i = 0; i < import.run_count; i++)
        run_summary_add(&summary, &import.runs[i].run);
    assert_true(run_summary_text(&summary, &out, &err));
    assert_true(text_terminate(&out, &text, &err));
    assert_non_null(strstr(text, "281.46e9, published 284e9"));
    assert_non_null(strstr(text, "visible 2017: 53.84e9, published 54e9"));
    assert_non_null(strstr(text, "visible 2018: 30.20e9, published 30e9"));
    assert_non_null(strstr(text, "    2366 2369 3249-3250\n"));      /* copied_row */
    assert_non_null(strstr(text, "    3546 4104 4161-4162 4305\n")); /* spills_doubtful */
    assert_non_null(strstr(text, "    3265 4060 4076 4191 4242 4277 4307\n"));
    bytes_release(&out);
    run_summary_release(&summary);
    import_release(&import);
}

#define HEADER                                                                           \
    "run,year,period,setup,beam,momentum_gev,run_type,spills,triggers_per_spill,"        \
    "triggers_total,beam_counter_per_spill,coincidence_per_spill,eot,eot_method,status," \
    "note_code\n"

static void a_wrong_table_is_refused_with_its_line(void **state)
{
    (void)state;
    static const char *const wrong[][2] = {
        {"", "t.csv:1: the header"},
        {"run,year\n", "t.csv:1: the header"},
        {HEADER "1,2018,2018,s,electron,100,physics,1,1,1,1,1,1,m,good\n", "t.csv:2"},
        {HEADER "1,2018,2018,s,electron,100,physics,1,1,1,1,1,1,m,good,,\n", "t.csv:2"},
        {HEADER "1,,,,,,,,,,,,,,,\n\n", "t.csv:3"},
        {HEADER "x,,,,,,,,,,,,,,,\n", "t.csv:2: run: \"x\""},
        {HEADER "99999999,,,,,,,,,,,,,,,\n", "t.csv:2: run"},
        {HEADER "1,,,,,fast,,,,,,,,,,\n", "t.csv:2: momentum_gev: \"fast\""},
        {HEADER "1,,,,,,,-3,,,,,,,,\n", "t.csv:2: spills"},
        {HEADER "1,,,,,,,,,,,,nan,,,\n", "t.csv:2: eot"},
        {HEADER "1,,,,,,beamy,,,,,,,,,\n", "t.csv:2: run_type"},
        {HEADER "1,,,,,,,,,,,,,,great,\n", "t.csv:2: status"},
        {HEADER "1,,\"a\",,,,,,,,,,,,,\n", "t.csv:2: quotes"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct import import;
        struct err err = {.text = ""};
        import_init(&import);
        bool done = import_csv(&import, "t.csv", wrong[i][0], strlen(wrong[i][0]), &err);
        if (done || strstr(err.text, wrong[i][1]) == NULL)
            fail_msg("case %zu: \"%s\", not \"%s\"", i, err.text, wrong[i][1]);
        import_release(&import);
    }
}

static void an_empty_field_is_unknown_and_not_zero(void **state)
{
    (void)state;
    static const char text[] = HEADER "7,,,,,,,,,,,,,,,\r\n8,,,,,,physics,0,,0,,,0,,,\n";
    struct import import;
    struct err err;
    import_init(&import);
    assert_true(import_csv(&import, "t.csv", text, strlen(text), &err));
    assert_int_equal(import.run_count, 2);
    assert_true(import.runs[0].run.listed_spills == UINT64_MAX);
    assert_true(isnan(import.runs[0].run.listed_eot));
    assert_int_equal(import.runs[0].run.type, RUN_TYPE_UNKNOWN);
    assert_int_equal(import.runs[1].run.listed_spills, 0);
    assert_true(import.runs[1].run.listed_eot < 1);
    import_release(&import);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_real_table_gives_the_sums_of_its_readme),
        cmocka_unit_test(known_bad_rows_are_listed_and_published_sums_stand_beside),
        cmocka_unit_test(a_wrong_table_is_refused_with_its_line),
        cmocka_unit_test(an_empty_field_is_unknown_and_not_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
