/* selection_test.c - quantities, cuts with their flow, random fractions.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "reco/selection.h"

#include <stdio.h>

#include "base/random.h"
#include "tests/unit/reco/made.h"

#define PHYSICS_ONLY (1u << 7)

static struct skim_cut cut_make(const char *quantity, double minimum, double maximum)
{
    struct skim_cut cut = {.minimum = minimum, .maximum = maximum};
    (void)snprintf(cut.quantity, sizeof cut.quantity, "%s", quantity);
    return cut;
}

static struct recipe recipe_make(enum skim_kind kind, double fraction)
{
    struct recipe recipe = {.reconstruct = true, .skim_count = 1};
    struct skim *skim = &recipe.skims[0];
    (void)snprintf(skim->name, sizeof skim->name, "test");
    skim->kind = kind;
    skim->fraction = fraction;
    skim->event_types = PHYSICS_ONLY;
    return recipe;
}

/* A row whose every float number is its own: column * 100 + place. */
static void row_make(struct reco_table *table)
{
    reco_table_init(table, 1);
    (void)reco_table_add(table);
    for (int c = 0; c < RECO_COLUMN_COUNT; c++)
        for (uint32_t i = 0; i < reco_column_infos[c].width; i++)
            if (reco_column_infos[c].type == RECO_F32)
                reco_f32(table, (enum reco_column)c, 0)[i] = (float)c * 100.0f + (float)i;
    for (uint32_t i = 0; i < RECO_SRD_MODULES; i++)
        reco_f32(table, RECO_SRD_OUT, 0)[i] = (float)i;
    *reco_u32(table, RECO_FLAGS, 0) = RECO_HAS_HOTTEST | RECO_HAS_MASTER | RECO_OVERFLOW;
    *reco_u8(table, RECO_HOTTEST_X, 0) = 2;
    *reco_u8(table, RECO_HOTTEST_Y, 0) = 3;
}

static double at(enum reco_column column, int place)
{
    return (double)column * 100.0 + place;
}

static void quantities_come_from_their_columns(void **state)
{
    (void)state;

    const struct {
        enum quantity quantity;
        double value;
    } rows[] = {
        {QUANTITY_ECAL, at(RECO_ECAL_TOTAL, RECO_IN_TIME)},
        {QUANTITY_ECAL_ALL, at(RECO_ECAL_TOTAL, RECO_ALL)},
        {QUANTITY_ECAL_NO_PILEUP, at(RECO_ECAL_TOTAL, RECO_NO_PILEUP)},
        {QUANTITY_ECAL_OUT_OF_TIME, -1.0},
        {QUANTITY_ECAL_MAIN, at(RECO_ECAL_MAIN, RECO_IN_TIME)},
        {QUANTITY_PRESHOWER, at(RECO_PRESHOWER, RECO_IN_TIME)},
        {QUANTITY_PRESHOWER_ALL, at(RECO_PRESHOWER, RECO_ALL)},
        {QUANTITY_HCAL, at(RECO_HCAL_TOTAL, RECO_ALL)},
        {QUANTITY_HCAL_IN_TIME, at(RECO_HCAL_TOTAL, RECO_IN_TIME)},
        {QUANTITY_HCAL_OUT_OF_TIME, -1.0},
        {QUANTITY_HCAL0, at(RECO_HCAL_MODULE, 0)},
        {QUANTITY_HCAL1, at(RECO_HCAL_MODULE, 3)},
        {QUANTITY_HCAL2, at(RECO_HCAL_MODULE, 6)},
        {QUANTITY_HCAL3, at(RECO_HCAL_MODULE, 9)},
        {QUANTITY_ECAL_HCAL,
         at(RECO_ECAL_TOTAL, RECO_IN_TIME) + at(RECO_HCAL_TOTAL, RECO_ALL)},
        {QUANTITY_VETO_MAX, at(RECO_VETO_PLATE, 6)},
        {QUANTITY_VETO0, at(RECO_VETO_PLATE, 0)},
        {QUANTITY_VETO1, at(RECO_VETO_PLATE, 3)},
        {QUANTITY_VETO2, at(RECO_VETO_PLATE, 6)},
        {QUANTITY_SRD_MIN, at(RECO_SRD_LEAST, RECO_IN_TIME)},
        {QUANTITY_SRD_MAX, at(RECO_SRD_ENE, 2) - 2},
        {QUANTITY_SRD_SUM, at(RECO_SRD_SUM, RECO_IN_TIME)},
        {QUANTITY_SRD_SUM_ALL, at(RECO_SRD_SUM, RECO_ALL)},
        {QUANTITY_HOTTEST_X, 2.0},
        {QUANTITY_HOTTEST_Y, 3.0},
        {QUANTITY_OUTSIDE, at(RECO_OUTSIDE, 0)},
        {QUANTITY_OUTSIDE_FRACTION,
         at(RECO_OUTSIDE, 0) / at(RECO_ECAL_TOTAL, RECO_IN_TIME)},
        {QUANTITY_MASTER_TIME, at(RECO_MASTER, 0)},
        {QUANTITY_OVERFLOW, 1.0},
        {QUANTITY_PILEUP, 0.0},
        {QUANTITY_DAMAGED, 0.0},
    };

    assert_int_equal(sizeof rows / sizeof rows[0], QUANTITY_COUNT);
    struct reco_table table;
    row_make(&table);
    for (int i = 0; i < QUANTITY_COUNT; i++) {
        double value;
        assert_int_equal(rows[i].quantity, i);
        assert_true(selection_value(&table, 0, rows[i].quantity, &value));
        if (value != rows[i].value)
            fail_msg("%s: %g, not %g", quantity_name(rows[i].quantity), value,
                     rows[i].value);
    }
    reco_table_release(&table);
}

static void an_event_without_the_quantity_or_with_nan_fails_the_cut(void **state)
{
    (void)state;
    struct err err;
    struct reco_table table;
    row_make(&table);
    struct recipe recipe = recipe_make(SKIM_CUTS, 0);
    recipe.skims[0].cut_count = 1;
    recipe.skims[0].cuts[0] = cut_make("outside_3x3_gev", -HUGE_VAL, HUGE_VAL);
    struct selection selection;
    assert_true(selection_make(&recipe, &selection, &err));
    struct selection_event event = {9000, 1, 1, 7, &table, 0};
    struct cut_flow flow = {0};
    assert_true(selection_keeps(&selection, 0, &event, &flow));
    *reco_f32(&table, RECO_OUTSIDE, 0) = NAN;
    assert_false(selection_keeps(&selection, 0, &event, &flow));
    *reco_f32(&table, RECO_OUTSIDE, 0) = 0.0f;
    *reco_u32(&table, RECO_FLAGS, 0) = 0;
    assert_false(selection_keeps(&selection, 0, &event, &flow));
    assert_int_equal(flow.seen, 3);
    assert_int_equal(flow.kept, 1);
    reco_table_release(&table);
}

static void the_cut_flow_falls_from_cut_to_cut_and_bounds_are_half_open(void **state)
{
    (void)state;
    struct err err;
    struct reco_table table;
    reco_table_init(&table, 1);
    (void)reco_table_add(&table);
    struct recipe recipe = recipe_make(SKIM_CUTS, 0);
    recipe.skims[0].cut_count = 3;
    recipe.skims[0].cuts[0] = cut_make("ecal_gev", 10.0, HUGE_VAL);
    recipe.skims[0].cuts[1] = cut_make("hcal_gev", -HUGE_VAL, 5.0);
    recipe.skims[0].cuts[2] = cut_make("ecal_hcal_gev", -HUGE_VAL, 60.0);
    struct selection selection;
    assert_true(selection_make(&recipe, &selection, &err));
    struct cut_flow flow = {0};
    uint64_t expected = 0;
    for (uint32_t e = 0; e < 1000; e++) {
        float ecal = (float)(e % 100);
        uint32_t hundred = e / 100;
        float hcal = (float)hundred;
        reco_f32(&table, RECO_ECAL_TOTAL, 0)[RECO_IN_TIME] = ecal;
        reco_f32(&table, RECO_HCAL_TOTAL, 0)[RECO_ALL] = hcal;
        struct selection_event event = {9000, 1, e, e % 2 == 0 ? 7 : 8, &table, 0};
        bool good = e % 2 == 0 && ecal >= 10.0f && hcal < 5.0f && ecal + hcal < 60.0f;
        assert_int_equal(selection_keeps(&selection, 0, &event, &flow), good);
        expected += good ? 1 : 0;
    }
    assert_int_equal(flow.other, 500);
    assert_int_equal(flow.seen, 500);
    assert_int_equal(flow.after[0], 450);
    assert_int_equal(flow.after[1], 225);
    assert_int_equal(flow.after[2], expected);
    assert_int_equal(flow.kept, expected);
    reco_table_release(&table);
}

static void a_late_veto_pulse_never_makes_a_missing_energy_candidate(void **state)
{
    (void)state;
    struct err err;
    struct recipe recipe = recipe_make(SKIM_CUTS, 0);
    recipe.skims[0].cut_count = 3;
    recipe.skims[0].cuts[0] = cut_make("ecal_hcal_gev", -HUGE_VAL, 85.0);
    recipe.skims[0].cuts[1] = cut_make("hcal_gev", -HUGE_VAL, 1.0);
    recipe.skims[0].cuts[2] = cut_make("veto_max_mev", -HUGE_VAL, 5.0);
    struct selection selection;
    assert_true(selection_make(&recipe, &selection, &err));
    struct made made;
    struct reco_table table;
    struct event_counts counts = {0};
    made_init(&made);
    assert_true(made_calibrate(&made, &err));
    reco_table_init(&table, 1);
    for (int shift = -100; shift <= 205; shift += 5) {
        bool with_veto = shift <= 200;
        sadc_digits_clear(&made.digits);
        made_hit(&made, "S0", 0, 150.0, 600.0);
        made_hit(&made, "ECAL1", 3 * 6 + 3, 160.0, 700.0); /* 35 GeV */
        made_hit(&made, "VETO", 0, 160.0 + shift, with_veto ? 1000.0 : 0.0);
        made_hit(&made, "VETO", 1, 160.0 + shift, with_veto ? 1000.0 : 0.0);
        table.rows = 0;
        struct event_head head = {.run = 9000, .spill = 1, .event = 1, .type = 7};
        event_reconstruct(&made.calibration, &head, &made.digits, &table, &counts);
        struct selection_event event = {9000, 1, 1, 7, &table, 0};
        struct cut_flow flow = {0};
        assert_int_equal(selection_keeps(&selection, 0, &event, &flow), !with_veto);
    }
    reco_table_release(&table);
    made_release(&made);
}

static void random_skims_keep_their_fraction_and_are_nested(void **state)
{
    (void)state;
    struct err err;
    struct recipe recipe = recipe_make(SKIM_RANDOM, 0.01);
    struct selection selection;
    assert_true(selection_make(&recipe, &selection, &err));
    struct recipe larger = recipe_make(SKIM_RANDOM, 0.1);
    struct selection wide;
    assert_true(selection_make(&larger, &wide, &err));
    struct cut_flow flow = {0};
    struct cut_flow wide_flow = {0};
    for (uint32_t spill = 1; spill <= 20; spill++)
        for (uint32_t e = 1; e <= 5000; e++) {
            struct selection_event event = {9000, spill, e, 7, NULL, 0};
            bool kept = selection_keeps(&selection, 0, &event, &flow);
            bool kept_wide = selection_keeps(&wide, 0, &event, &wide_flow);
            assert_true(kept_wide || !kept);
        }
    assert_int_equal(flow.seen, 100000);
    assert_in_range(flow.kept, 850, 1150);        /* 1000, sigma 31 */
    assert_in_range(wide_flow.kept, 9500, 10500); /* 10000, sigma 95 */
}

static void the_random_number_of_an_event_is_fixed_for_ever(void **state)
{
    (void)state;

    static const struct {
        uint32_t run, spill, event;
        double unit;
    } golden[] = {
        {9000, 1, 1, 0x1.6477f1fd238c9p-1},
        {9000, 1, 2, 0x1.e1a4619e38da8p-2},
        {9000, 2, 1, 0x1.1b6a8837688c0p-5},
        {3661, 4095, 1048575, 0x1.dc203a4fe1a33p-1},
    };

    for (size_t i = 0; i < sizeof golden / sizeof golden[0]; i++) {
        double unit = selection_unit(golden[i].run, golden[i].spill, golden[i].event);
        if (unit != golden[i].unit)
            fail_msg("row %zu: %a", i, unit);
    }
}

static void events_of_a_bad_spill_are_masked_from_the_first_bad_one_on(void **state)
{
    (void)state;

    static const struct {
        const char *rows;
        uint64_t masked;
    } rows[] = {{"", 0}, {"7\n", 3}, {"9\n", 1}, {"0\n", 9}};
    struct err err;
    struct recipe recipe = recipe_make(SKIM_ALL, 0);
    struct selection selection;
    assert_true(selection_make(&recipe, &selection, &err));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bytes value;
        struct cut_flow flow = {0};
        bytes_init(&value, 4096);
        assert_true(text_addf(&value, &err,
                              "spillway-row 1\ntype bad_spills\nsynthetic yes\n"
                              "columns from_event:count\n%send\n",
                              rows[i].rows));
        if (!selection_mask(&selection, &value, &err))
            fail_msg("%s", err.text);
        for (uint32_t e = 1; e <= 9; e++) {
            struct selection_event event = {9000, 1, e, 7, NULL, 0};
            (void)selection_keeps(&selection, 0, &event, &flow);
        }
        assert_int_equal(flow.seen, 9);
        assert_int_equal(flow.masked, rows[i].masked);
        assert_int_equal(flow.kept, 9 - rows[i].masked);
        bytes_release(&value);
    }
    assert_true(selection_mask(&selection, NULL, &err));
    assert_int_equal(selection.masked_from, UINT32_MAX);
}

/* All kinds of sources; numbers that often lie on a bound, and NaN. */
static void rows_fill(struct reco_table *table, uint32_t *numbers, uint8_t *types,
                      struct random *random)
{
    static const float values[] = {-1.0f, 0.0f, 1.0f, 2.0f, NAN};
    for (uint32_t row = 0; row < SELECTION_ROWS; row++) {
        (void)reco_table_add(table);
        for (int c = 0; c < RECO_COLUMN_COUNT; c++)
            for (uint32_t i = 0; i < reco_column_infos[c].width; i++)
                if (reco_column_infos[c].type == RECO_F32)
                    reco_f32(table, (enum reco_column)c, row)[i] =
                        values[random_next(random) % 5];
        *reco_u32(table, RECO_FLAGS, row) = (uint32_t)random_next(random) & 127;
        *reco_u8(table, RECO_HOTTEST_X, row) = (uint8_t)(random_next(random) % 3);
        numbers[row] = row;
        types[row] = random_next(random) % 4 == 0 ? 8 : 7;
    }
}

static void rows_together_give_what_each_gives_alone(void **state)
{
    (void)state;
    struct err err;
    struct random random = {.state = 5};
    for (int q = 0; q < QUANTITY_COUNT; q++) {
        struct recipe recipe = recipe_make(SKIM_CUTS, 0);
        recipe.skims[0].cut_count = 2;
        recipe.skims[0].cuts[0] = cut_make(quantity_name((enum quantity)q), 0.0, 2.0);
        recipe.skims[0].cuts[1] = cut_make("ecal_gev", -1.0, 2.0);
        recipe.skims[1] = recipe_make(SKIM_RANDOM, 0.5).skims[0];
        recipe.skims[2] = recipe_make(SKIM_ALL, 0).skims[0];
        recipe.skim_count = 3;
        struct selection selection;
        assert_true(selection_make(&recipe, &selection, &err));
        selection.masked_from = 60;
        struct reco_table table;
        uint32_t numbers[SELECTION_ROWS];
        uint8_t types[SELECTION_ROWS];
        reco_table_init(&table, SELECTION_ROWS);
        rows_fill(&table, numbers, types, &random);
        const uint32_t from = (uint32_t)q;
        const struct selection_events events = {
            9000, 1, numbers + from, types + from, SELECTION_ROWS - from, &table, from};
        for (uint32_t s = 0; s < recipe.skim_count; s++) {
            struct cut_flow flow = {0}, alone = {0};
            uint64_t kept = selection_choose(&selection, s, &events, &flow), each = 0;
            for (uint32_t row = from; row < SELECTION_ROWS; row++) {
                struct selection_event event = {9000,       1,      numbers[row],
                                                types[row], &table, row};
                each |= (uint64_t)selection_keeps(&selection, s, &event, &alone)
                        << (row - from);
            }
            assert_true(kept == each);
            assert_memory_equal(&flow, &alone, sizeof flow);
        }
        reco_table_release(&table);
    }
}

static void an_unknown_quantity_is_named_with_its_skim_and_cut(void **state)
{
    (void)state;
    struct err err;
    struct recipe recipe = recipe_make(SKIM_CUTS, 0);
    recipe.skims[0].cut_count = 2;
    recipe.skims[0].cuts[0] = cut_make("ecal_gev", 0, 1);
    recipe.skims[0].cuts[1] = cut_make("ecal_mev", 0, 1);
    struct selection selection;
    assert_false(selection_make(&recipe, &selection, &err));
    assert_int_equal(err.code, E_RECO_QUANTITY);
    assert_non_null(strstr(err.text, "skim test: cut 2"));
    assert_non_null(strstr(err.text, "ecal_mev"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantities_come_from_their_columns),
        cmocka_unit_test(an_event_without_the_quantity_or_with_nan_fails_the_cut),
        cmocka_unit_test(the_cut_flow_falls_from_cut_to_cut_and_bounds_are_half_open),
        cmocka_unit_test(a_late_veto_pulse_never_makes_a_missing_energy_candidate),
        cmocka_unit_test(random_skims_keep_their_fraction_and_are_nested),
        cmocka_unit_test(the_random_number_of_an_event_is_fixed_for_ever),
        cmocka_unit_test(events_of_a_bad_spill_are_masked_from_the_first_bad_one_on),
        cmocka_unit_test(rows_together_give_what_each_gives_alone),
        cmocka_unit_test(an_unknown_quantity_is_named_with_its_skim_and_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
