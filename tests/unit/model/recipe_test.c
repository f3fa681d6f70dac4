/* recipe_test.c - a recipe that passed its check can be processed.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "model/recipe.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct recipe good_recipe(void)
{
    struct recipe recipe = {
        .reconstruct = true,
        .setup = "electron",
        .skim_count = 3,
        .skims = {
            {.name = "all", .kind = SKIM_ALL},
            {.name = "missing",
             .kind = SKIM_CUTS,
             .cut_count = 1,
             .cuts = {{.quantity = "ecal_energy", .minimum = -HUGE_VAL, .maximum = 50}}},
            {.name = "scan", .kind = SKIM_RANDOM, .fraction = 0.5}}};
    return recipe;
}

static void a_good_recipe_passes_and_its_skims_are_found(void **state)
{
    (void)state;
    struct err err;
    struct recipe recipe = good_recipe();
    assert_true(recipe_check(&recipe, &err));
    assert_int_equal(recipe_find_skim(&recipe, "all"), 0);
    assert_int_equal(recipe_find_skim(&recipe, "scan"), 2);
    assert_int_equal(recipe_find_skim(&recipe, "sca"), -1);
    recipe.skims[2].fraction = 1;
    assert_true(recipe_check(&recipe, &err));
    struct recipe empty = {.skim_count = 0};
    assert_true(recipe_check(&empty, &err));
}

static void cuts_without_reconstruction(struct recipe *recipe)
{
    recipe->reconstruct = false;
}

static void too_many_skims(struct recipe *recipe)
{
    recipe->skim_count = RECIPE_SKIMS + 1;
}

static void too_many_cuts(struct recipe *recipe)
{
    recipe->skims[1].cut_count = RECIPE_CUTS + 1;
}

static void no_cuts(struct recipe *recipe)
{
    recipe->skims[1].cut_count = 0;
}

static void cuts_where_none_belong(struct recipe *recipe)
{
    recipe->skims[0].cut_count = 1;
}

static void unknown_kind(struct recipe *recipe)
{
    recipe->skims[0].kind = (enum skim_kind)3;
}

static void empty_interval(struct recipe *recipe)
{
    recipe->skims[1].cuts[0].minimum = 50;
}

static void interval_without_an_end(struct recipe *recipe)
{
    recipe->skims[1].cuts[0].maximum = NAN;
}

static void fraction_above_one(struct recipe *recipe)
{
    recipe->skims[2].fraction = 1.5;
}

static void fraction_below_zero(struct recipe *recipe)
{
    recipe->skims[2].fraction = -1e-9;
}

static void fraction_unknown(struct recipe *recipe)
{
    recipe->skims[2].fraction = NAN;
}

static void same_name_twice(struct recipe *recipe)
{
    memcpy(recipe->skims[2].name, "missing", sizeof "missing");
}

static void out_of_order(struct recipe *recipe)
{
    memcpy(recipe->skims[2].name, "b", sizeof "b");
}

static void name_with_a_slash(struct recipe *recipe)
{
    memcpy(recipe->skims[0].name, "a/l", sizeof "a/l");
}

static void no_name(struct recipe *recipe)
{
    recipe->skims[0].name[0] = 0;
}

static void each_fault_is_refused_and_named(void **state)
{
    (void)state;

    static const struct {
        void (*spoil)(struct recipe *recipe);
        const char *says;
    } rows[] = {
        {cuts_without_reconstruction, "missing: cuts need reconstruction"},
        {too_many_skims, "17 skims, 16 are allowed"},
        {too_many_cuts, "missing: unknown kind or too many cuts"},
        {no_cuts, "missing: cuts are for kind cuts"},
        {cuts_where_none_belong, "all: cuts are for kind cuts"},
        {unknown_kind, "all: unknown kind"},
        {empty_interval, "missing: cut 1 on ecal_energy has an empty interval"},
        {interval_without_an_end, "missing: cut 1"},
        {fraction_above_one, "scan: fraction"},
        {fraction_below_zero, "scan: fraction"},
        {fraction_unknown, "scan: fraction"},
        {same_name_twice, "missing: named twice or out of order"},
        {out_of_order, "b: named twice or out of order"},
        {name_with_a_slash, "\"a/l\": not usable as a name"},
        {no_name, "\"\": not usable as a name"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct err err = {0};
        struct recipe recipe = good_recipe();
        rows[i].spoil(&recipe);
        assert_false(recipe_check(&recipe, &err));
        assert_int_equal(err.code, E_MODEL);
        assert_non_null(strstr(err.text, rows[i].says));
    }
}

static void a_cut_without_a_number_has_no_text(void **state)
{
    (void)state;
    struct err err;
    struct bytes text;
    struct recipe recipe = good_recipe();
    recipe.skims[1].cuts[0].minimum = NAN;
    bytes_init(&text, 10000);
    assert_false(recipe_skim_text(&text, &recipe, &err));
    assert_int_equal(err.code, E_NUMBER);
    bytes_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_recipe_passes_and_its_skims_are_found),
        cmocka_unit_test(each_fault_is_refused_and_named),
        cmocka_unit_test(a_cut_without_a_number_has_no_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
