/* summary_test.c - accounts come back, and lines that do not add up are refused.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "output/summary.h"

static struct summary summary_make(void)
{
    struct summary summary = {.id = {.chunk = {9000, 1, 2}, .ordinal = 3},
                              .spill = 4,
                              .damaged_events = 5,
                              .damaged_bytes = 6,
                              .nan_count = 7,
                              .lost_channels = 8,
                              .no_master = 9,
                              .skim_count = 2};
    summary.events[7] = 100;
    summary.events[5] = 1;
    summary.fallback[FALLBACK_RUN_MEAN] = 1;
    summary.damage.of[DAMAGE_SAMPLE_WORD] = 11;
    for (uint32_t e = 0; e < 101; e++)
        event_digest_add(&summary.seen, 9000, 4, e, 7);
    struct summary_skim *skim = &summary.skims[0];
    (void)snprintf(skim->name, sizeof skim->name, "eminvis_loose");
    skim->other = 1;
    skim->seen = 100;
    skim->masked = 10;
    skim->rejected = 98;
    skim->damaged = 5;
    skim->cut_count = 3;
    skim->after[0] = 90;
    skim->after[1] = 40;
    skim->after[2] = 2;
    event_digest_add(&skim->kept, 9000, 4, 17, 7);
    event_digest_add(&skim->kept, 9000, 4, 18, 7);
    skim = &summary.skims[1];
    (void)snprintf(skim->name, sizeof skim->name, "random");
    skim->seen = 100;
    skim->rejected = 100;
    return summary;
}

static const char golden[] =
    "{\"run\":9000,\"spill\":4,\"builder\":1,\"chunk\":2,\"ordinal\":3,\"seen\":\"101:";

static void accounts_come_back_and_give_the_same_line(void **state)
{
    (void)state;
    struct err err;
    struct summary summary = summary_make();
    struct bytes line;
    struct bytes again;
    bytes_init(&line, SUMMARY_LINE);
    bytes_init(&again, SUMMARY_LINE);
    assert_true(summary_write(&summary, &line, &err));
    assert_memory_equal(line.data, golden, sizeof golden - 1);
    assert_int_equal(line.data[line.size - 1], '\n');
    assert_ptr_equal(memchr(line.data, '\n', line.size), line.data + line.size - 1);
    struct summary read;
    assert_true(summary_read(line.data, line.size, "line", &read, &err));
    assert_int_equal(read.spill, 4);
    assert_int_equal(read.id.chunk.number, 2);
    assert_int_equal(read.events[7], 100);
    assert_int_equal(read.fallback[FALLBACK_RUN_MEAN], 1);
    assert_int_equal(read.damage.of[DAMAGE_SAMPLE_WORD], 11);
    assert_int_equal(read.skims[0].after[2], 2);
    assert_true(event_digest_equal(&read.skims[0].kept, &summary.skims[0].kept));
    assert_true(event_digest_equal(&read.seen, &summary.seen));
    assert_true(summary_write(&read, &again, &err));
    assert_int_equal(again.size, line.size);
    assert_memory_equal(again.data, line.data, line.size);
    bytes_release(&line);
    bytes_release(&again);
}

static void the_longest_line_fits(void **state)
{
    (void)state;
    struct err err;
    struct summary summary = summary_make();
    summary.skim_count = RECIPE_SKIMS;
    for (uint32_t s = 0; s < RECIPE_SKIMS; s++) {
        struct summary_skim *skim = &summary.skims[s];
        memset(skim->name, 'a', sizeof skim->name - 1);
        skim->cut_count = RECIPE_CUTS;
        skim->seen = skim->kept.count = INT64_MAX;
        for (uint32_t c = 0; c < RECIPE_CUTS; c++)
            skim->after[c] = INT64_MAX;
    }
    struct bytes line;
    bytes_init(&line, SUMMARY_LINE);
    assert_true(summary_write(&summary, &line, &err));
    bytes_release(&line);
}

static void lines_that_do_not_add_up_are_refused(void **state)
{
    (void)state;
    struct err err;
    for (int i = 0; i < 6; i++) {
        struct summary summary = summary_make();
        struct summary_skim *skim = &summary.skims[0];
        if (i == 0)
            skim->kept.count = 3;
        else if (i == 1)
            skim->after[1] = 91;
        else if (i == 2)
            skim->after[0] = 91; /* more than seen and not masked */
        else if (i == 3)
            skim->masked = 99;
        else if (i == 4)
            skim->rejected = 101;
        else
            summary.nan_count = UINT64_MAX;
        struct bytes line;
        struct summary read = {.spill = 77};
        bytes_init(&line, SUMMARY_LINE);
        assert_true(summary_write(&summary, &line, &err));
        assert_false(summary_read(line.data, line.size, "part 7", &read, &err));
        assert_non_null(strstr(err.text, "part 7"));
        assert_int_equal(read.spill, 77);
        bytes_release(&line);
    }
}

static void every_cut_line_is_refused(void **state)
{
    (void)state;
    struct err err;
    struct summary summary = summary_make();
    struct summary read;
    struct bytes line;
    bytes_init(&line, SUMMARY_LINE);
    assert_true(summary_write(&summary, &line, &err));
    for (size_t size = 0; size + 2 < line.size; size++)
        assert_false(summary_read(line.data, size, "line", &read, &err));
    bytes_release(&line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accounts_come_back_and_give_the_same_line),
        cmocka_unit_test(the_longest_line_fits),
        cmocka_unit_test(lines_that_do_not_add_up_are_refused),
        cmocka_unit_test(every_cut_line_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
