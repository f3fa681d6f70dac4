/* quality_test.c - an event fills what the table says; cut flows have a bin a step.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "reco/quality.h"

#include <math.h>
#include <stdio.h>

#include "tests/unit/reco/made.h"

static uint64_t cell(const struct hist_set *set, const char *directory, const char *name,
                     uint32_t index)
{
    const struct hist *hist = hist_set_find(set, directory, name);
    assert_non_null(hist);
    assert_true(index < hist_cells(&hist->form));
    return hist->cells[index];
}

static void recipe_make(struct recipe *recipe)
{
    *recipe = (struct recipe){.reconstruct = true, .skim_count = 1};
    struct skim *skim = &recipe->skims[0];
    *skim =
        (struct skim){.name = "test",
                      .kind = SKIM_CUTS,
                      .cut_count = 2,
                      .cuts = {{"ecal_gev", 0.5, 70.0}, {"hcal_gev", -HUGE_VAL, 10.0}}};
}

static void an_event_fills_what_it_has(void **state)
{
    (void)state;
    struct err err;
    struct hist_set set;
    struct reco_table table;
    hist_set_init(&set);
    assert_true(hist_table_make(&set, &err));
    reco_table_init(&table, 1);
    (void)reco_table_add(&table);
    *reco_u8(&table, RECO_TYPE, 0) = 7;
    *reco_u32(&table, RECO_FLAGS, 0) = RECO_HAS_TRIGGER;
    *reco_u32(&table, RECO_TRIGGER, 0) = 1u << 3 | 1u << 31;
    reco_f32(&table, RECO_ECAL_TOTAL, 0)[RECO_ALL] = 60.5F;
    reco_f32(&table, RECO_ECAL_TOTAL, 0)[RECO_IN_TIME] = 50.5F;
    reco_u8(&table, RECO_HCAL_FLAGS, 0)[7] = CELL_PRESENT | CELL_TIMED;
    reco_f32(&table, RECO_HCAL_TIME, 0)[7] = -49.5F;
    quality_add(&set, &table);
    assert_int_equal(cell(&set, "events", "type", 8), 1);
    assert_int_equal(cell(&set, "events", "trigger", 4), 1);
    assert_int_equal(cell(&set, "events", "trigger", 32), 1);
    assert_int_equal(cell(&set, "ECAL", "ecal_all", 61), 1);
    assert_int_equal(cell(&set, "ECAL", "ecal_intime", 51), 1);
    assert_int_equal(cell(&set, "HCAL", "time", 8 + 38 * 1), 1);
    assert_int_equal(cell(&set, "HCAL", "flags", 8 + 38 * 1), 1);
    assert_int_equal(cell(&set, "HCAL", "flags", 8 + 38 * 2), 1);
    assert_int_equal(cell(&set, "HCAL", "flags", 8 + 38 * 3), 0);
    assert_int_equal(hist_entries(hist_set_find(&set, "HCAL", "cells_led")), 0);
    /* bit 3 and energy 50.5 of 200 in 100 bins */
    assert_int_equal(cell(&set, "trigger", "ecal_gev", 4 + 34 * 26), 1);
    assert_int_equal(hist_entries(hist_set_find(&set, "events", "master_time_ns")), 0);
    reco_table_release(&table);
    hist_set_release(&set);
}

static void cut_flow_has_a_labelled_bin_a_step(void **state)
{
    (void)state;
    struct err err;
    struct recipe recipe;
    struct hist_set set;
    struct cut_flow flow = {.seen = 100, .masked = 10, .after = {50, 20}, .kept = 20};
    recipe_make(&recipe);
    hist_set_init(&set);
    assert_true(quality_flows_make(&recipe, &set, &err));
    quality_flow_add(&set, &recipe, 0, &flow);
    const struct hist *hist = hist_set_find(&set, "cutflow", "test");
    assert_non_null(hist);
    static const char *const labels[] = {"seen", "in good spills", "ecal_gev [0.5, 70)",
                                         "hcal_gev [, 10)", "kept"};
    static const uint64_t counts[] = {0, 100, 90, 50, 20, 20, 0};
    assert_int_equal(hist->form.x.bins, 5);
    for (int i = 0; i < 5; i++)
        assert_string_equal(hist->form.x.labels[i], labels[i]);
    for (int i = 0; i < 7; i++)
        assert_int_equal(hist->cells[i], counts[i]);
    hist_set_release(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_fills_what_it_has),
        cmocka_unit_test(cut_flow_has_a_labelled_bin_a_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
