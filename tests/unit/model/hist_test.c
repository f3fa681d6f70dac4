/* hist_test.c - values fall into their bins; sums are exact.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "model/hist_table.h"

static struct hist *hist_of(struct hist_set *set, struct hist_axis x, struct hist_axis y)
{
    struct err err;
    struct hist_form form = {.directory = "d", .name = "n", .title = "t", .x = x, .y = y};
    hist_set_init(set);
    struct hist *hist = hist_set_add(set, &form, &err);
    assert_non_null(hist);
    return hist;
}

static void values_at_the_edges_fall_into_the_right_bins(void **state)
{
    (void)state;

    static const struct {
        double value;
        uint32_t cell;
    } rows[] = {
        {-INFINITY, 0}, {-1e-9, 0}, {0.0, 1}, {-0.0, 1},     {0.3, 1},
        {2.0, 3},       {3.999, 4}, {4.0, 5}, {INFINITY, 5}, {NAN, 5},
    };
    struct hist_set set;
    struct hist *hist = hist_of(&set, (struct hist_axis){"x", 4, 0, 4, NULL},
                                (struct hist_axis){.bins = 0});
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t before = hist->cells[rows[i].cell];
        hist_fill(hist, rows[i].value, 0, 1);
        assert_int_equal(hist->cells[rows[i].cell], before + 1);
    }
    assert_int_equal(hist_entries(hist), sizeof rows / sizeof rows[0]);
    /* the moments are those of the values inside: 0, -0, 0.3, 2, 3.999 */
    assert_int_equal(hist_digits(&hist->form.x), 38);
    struct hist_moments moments = hist_moments(hist);
    assert_true(moments.count == 5.0);
    assert_true(fabs(moments.x - 6.299) < 1e-10);
    assert_true(fabs(moments.xx - 20.082001) < 1e-10);
    hist_set_release(&set);
}

static void two_axes_have_a_cell_for_each_pair_of_bins(void **state)
{
    (void)state;
    struct hist_set set;
    struct hist *hist = hist_of(&set, (struct hist_axis){"x", 2, 0, 2, NULL},
                                (struct hist_axis){"y", 3, -3, 0, NULL});
    assert_int_equal(hist_cells(&hist->form), 20);
    hist_fill(hist, 1.5, -0.5, 3);
    assert_int_equal(hist->cells[2 + 4 * 3], 3);
    hist_fill(hist, 1.5, 9.0, 1); /* outside: counted, not in the moments */
    assert_int_equal(hist->cells[2 + 4 * 4], 1);
    assert_int_equal(hist_entries(hist), 4);
    struct hist_moments moments = hist_moments(hist);
    assert_true(moments.count == 3.0 && moments.x == 4.5 && moments.xx == 6.75 &&
                moments.y == -1.5 && moments.yy == 0.75 && moments.xy == -2.25);
    hist_set_clear(&set);
    assert_int_equal(hist_entries(hist), 0);
    assert_true(hist->sums.xy == 0);
    hist_set_release(&set);
}

static void moments_of_places_are_those_of_the_bins(void **state)
{
    (void)state;
    struct hist_set set;
    struct hist *hist = hist_of(&set, (struct hist_axis){"x", 3, -0.5, 2.5, NULL},
                                (struct hist_axis){"y", 2, 0, 4, NULL});
    assert_true(hist->places);
    hist_put(hist, 2, 0.25);
    hist_put(hist, 1, 3.9);
    hist_put(hist, 1, NAN);
    hist_put(hist, 0, -1.0);
    hist_fill(hist, 2, 0.75, 1);
    assert_int_equal(hist_entries(hist), 5);
    assert_int_equal(hist->cells[3 + 5 * 1], 2);
    assert_int_equal(hist->cells[2 + 5 * 2] + hist->cells[2 + 5 * 3], 2);
    assert_int_equal(hist->cells[1], 1);
    struct hist_moments moments = hist_moments(hist);
    assert_true(moments.count == 3.0 && moments.x == 5.0 && moments.xx == 9.0 &&
                moments.y == 5.0 && moments.yy == 11.0 && moments.xy == 7.0);
    hist_set_release(&set);
}

static void impossible_axes_are_refused(void **state)
{
    (void)state;
    static const struct hist_axis axes[] = {
        {"none", 0, 0, 1, NULL},       {"turned", 4, 1, 0, NULL},
        {"empty", 4, 1, 1, NULL},      {"not a number", 4, NAN, 1, NULL},
        {"endless", 4, 0, 1e12, NULL}, {"too many", HIST_BINS + 1, 0, 1, NULL},
    };
    struct err err;
    struct hist_set set;
    hist_set_init(&set);
    for (size_t i = 0; i < sizeof axes / sizeof axes[0]; i++) {
        struct hist_form form = {
            .directory = "d", .name = "n", .title = "", .x = axes[i]};
        assert_null(hist_set_add(&set, &form, &err));
        assert_int_equal(err.code, E_LIMIT);
    }
    hist_set_release(&set);
}

static void names_of_the_table_are_unique_and_columns_fit(void **state)
{
    (void)state;
    struct err err;
    struct hist_set set;
    hist_set_init(&set);
    assert_true(hist_table_make(&set, &err));
    assert_int_equal(hist_table_pulses(&set) - set.list, hist_info_count);
    for (uint32_t i = 0; i < set.count; i++)
        assert_ptr_equal(
            hist_set_find(&set, set.list[i].form.directory, set.list[i].form.name),
            &set.list[i]);
    for (uint32_t i = 0; i < set.count; i++) /* hist_put() goes with places only */
        assert_true(set.list[i].form.y.bins == 0 || set.list[i].places ||
                    hist_infos[i].source == HIST_PAIR);
    for (uint32_t i = 0; i < hist_info_count; i++) {
        const struct hist_info *info = &hist_infos[i];
        const struct hist_form *form = &set.list[i].form;
        assert_true(strlen(form->name) < HIST_NAME && strlen(form->title) < HIST_TITLE);
        if (info->source == HIST_NUMBERS && info->form.y.bins != 0)
            assert_int_equal(info->form.x.bins,
                             reco_column_infos[info->a].width / info->step);
        if (info->source == HIST_OF_CELLS)
            assert_int_equal(reco_column_infos[info->flag_column].width,
                             reco_column_infos[info->a].width);
        if (info->source == HIST_FLAGS || info->source == HIST_OF_CELLS)
            assert_int_equal(info->form.x.bins, reco_column_infos[info->a].width);
    }
    hist_set_release(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_at_the_edges_fall_into_the_right_bins),
        cmocka_unit_test(two_axes_have_a_cell_for_each_pair_of_bins),
        cmocka_unit_test(moments_of_places_are_those_of_the_bins),
        cmocka_unit_test(impossible_axes_are_refused),
        cmocka_unit_test(names_of_the_table_are_unique_and_columns_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
