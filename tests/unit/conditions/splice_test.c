/* splice_test.c - a row more leaves intervals disjoint, and loses nothing unnamed.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "conditions/splice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

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

static struct tag_row row_of(const char *type, const char *sum, int64_t first,
                             int64_t last)
{
    return (struct tag_row){
        .type = type,
        .url = sum,
        .checksum = sum,
        .size = 1,
        .interval = {{first, 0}, last == 0 ? MOMENT_OPEN : (struct moment){last + 1, 0}}};
}

/* "a 1-4, n 5-6, a 7-9" */
static void tag_text(const struct tag *tag, const char *type, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < tag->count; i++) {
        const struct tag_row *row = &tag->rows[i];
        if (strcmp(row->type, type) != 0)
            continue;
        bool open = row->interval.end.run == INT64_MAX;
        used += (size_t)snprintf(
            out + used, size - used, "%s%s %d-%d", used > 0 ? ", " : "", row->checksum,
            (int)row->interval.start.run, open ? 0 : (int)row->interval.end.run - 1);
    }
}

static void ordered_and_disjoint(const struct tag *tag)
{
    for (size_t i = 0; i < tag->count; i++) {
        const struct tag_row *row = &tag->rows[i];
        int order = i > 0 ? strcmp(row[-1].type, row->type) : -1;
        assert_false(interval_is_empty(row->interval));
        assert_true(order < 0 ||
                    (order == 0 &&
                     moment_compare(row[-1].interval.end, row->interval.start) <= 0));
    }
}

static enum splice put(struct tag *tag, struct tag_row row, bool replace)
{
    struct err err = {0};
    enum splice found = splice_row(tag, &row, replace, &arena, &err);
    if (found == SPLICE_REFUSED)
        assert_int_equal(err.code, E_TAG_ROW);
    else
        ordered_and_disjoint(tag);
    return found;
}

static void expect(const struct tag *tag, const char *text)
{
    char got[256];
    tag_text(tag, "m", got, sizeof got);
    assert_string_equal(got, text);
}

static void rows_go_between_and_cut_what_reaches_in(void **state)
{
    (void)state;
    struct tag tag = {.status = TAG_UNLOCKED};
    assert_int_equal(put(&tag, row_of("m", "a", 1, 9), false), SPLICE_ADDED);
    assert_int_equal(put(&tag, row_of("a", "x", 3, 3), false), SPLICE_ADDED);
    assert_int_equal(put(&tag, row_of("z", "y", 2, 0), false), SPLICE_ADDED);
    assert_int_equal(put(&tag, row_of("m", "a", 1, 9), false), SPLICE_SAME);
    assert_int_equal(put(&tag, row_of("m", "n", 5, 6), false), SPLICE_CHANGED);
    expect(&tag, "a 1-4, n 5-6, a 7-9");
    assert_int_equal(put(&tag, row_of("m", "o", 20, 0), false), SPLICE_ADDED);
    assert_int_equal(put(&tag, row_of("m", "p", 30, 39), false), SPLICE_CHANGED);
    expect(&tag, "a 1-4, n 5-6, a 7-9, o 20-29, p 30-39, o 40-0");
    assert_int_equal(tag.count, 8);
}

static void what_starts_inside_is_kept_unless_replaced(void **state)
{
    (void)state;
    struct tag tag = {.status = TAG_UNLOCKED};
    (void)put(&tag, row_of("m", "a", 1, 4), false);
    (void)put(&tag, row_of("m", "b", 5, 9), false);
    (void)put(&tag, row_of("m", "c", 10, 0), false);
    assert_int_equal(put(&tag, row_of("m", "n", 3, 0), false), SPLICE_REFUSED);
    assert_int_equal(put(&tag, row_of("m", "n", 5, 9), false), SPLICE_REFUSED);
    expect(&tag, "a 1-4, b 5-9, c 10-0");
    assert_int_equal(put(&tag, row_of("m", "n", 3, 11), true), SPLICE_CHANGED);
    expect(&tag, "a 1-2, n 3-11, c 12-0");
    assert_int_equal(put(&tag, row_of("m", "o", 0, 0), true), SPLICE_CHANGED);
    expect(&tag, "o 0-0");
}

/* An interval ends for readers where the next one starts, whatever its row says. */
static void ends_beyond_the_next_start_do_not_count(void **state)
{
    (void)state;
    struct tag_row rows[] = {row_of("m", "a", 1, 0), row_of("m", "b", 5, 6)};
    struct tag tag = {.status = TAG_UNLOCKED, .rows = rows, .count = 2};
    assert_int_equal(put(&tag, row_of("m", "n", 7, 9), false), SPLICE_ADDED);
    expect(&tag, "a 1-4, b 5-6, n 7-9");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_go_between_and_cut_what_reaches_in),
        cmocka_unit_test(what_starts_inside_is_kept_unless_replaced),
        cmocka_unit_test(ends_beyond_the_next_start_do_not_count),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
