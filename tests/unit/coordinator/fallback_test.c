/* fallback_test.c - shares are of the EOT; spills of unknown EOT are not nothing.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/fallback.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void spill(struct fallback_use *use, enum fallback level, double eot)
{
    const double *known = eot >= 0 ? &eot : NULL;
    fallback_add_spill(use, known);
    fallback_add_value(use, "led_spill", level, known);
    fallback_add_value(use, "calo_gain", FALLBACK_EXACT, known);
}

/* Number of levels above a budget that is `share` for every level. */
static uint32_t exceeded(const struct fallback_use *use, double share)
{
    double budget[FALLBACK_LEVELS];
    struct bytes problems;
    struct err err = {0};
    uint32_t count = 0;
    for (unsigned i = 0; i < FALLBACK_LEVELS; i++)
        budget[i] = share;
    bytes_init(&problems, 65536);
    assert_true(fallback_check(use, budget, &problems, &count, &err));
    assert_int_equal(problems.size > 0, count > 0);
    bytes_release(&problems);
    return count;
}

static void a_share_is_of_the_eot_not_of_the_spills(void **state)
{
    (void)state;
    struct fallback_use use = {.count = 0};
    for (int i = 0; i < 9; i++)
        spill(&use, FALLBACK_RUN_MEAN, 1); /* nine empty spills ... */
    spill(&use, FALLBACK_EXACT, 91);       /* ... and a full one */
    assert_int_equal(exceeded(&use, 0.1), 0);
    assert_int_equal(exceeded(&use, 0.09), 0); /* just used up */
    assert_int_equal(exceeded(&use, 0.0899), 1);
    assert_int_equal(exceeded(&use, 0), 1);
}

static void spills_of_unknown_eot_count_by_number(void **state)
{
    (void)state;
    struct fallback_use use = {.count = 0};
    spill(&use, FALLBACK_EXACT, 1e6);
    spill(&use, FALLBACK_NEAREST_RUN, -1);
    spill(&use, FALLBACK_EXACT, -1);
    assert_int_equal(exceeded(&use, 0.49), 1);
    assert_int_equal(exceeded(&use, 0.5), 0);
}

static void each_level_has_a_budget_of_its_own(void **state)
{
    (void)state;
    struct fallback_use use = {.count = 0};
    assert_int_equal(exceeded(&use, 0), 0); /* a plan without spills */
    for (unsigned level = 0; level < FALLBACK_LEVELS; level++)
        spill(&use, (enum fallback)level, 10);
    assert_int_equal(exceeded(&use, 0.15), 0);
    assert_int_equal(exceeded(&use, 0.14), FALLBACK_LEVELS - 1);
    assert_int_equal(use.count, 1); /* exact values are not listed */
}

static void what_is_exact_is_not_reported(void **state)
{
    (void)state;
    struct fallback_use use = {.count = 0};
    struct bytes text;
    struct err err = {0};
    bytes_init(&text, 65536);
    spill(&use, FALLBACK_EXACT, 1);
    assert_true(fallback_text(&use, &text, &err));
    assert_int_equal(text.size, 0);
    spill(&use, FALLBACK_NONE, 3);
    assert_true(fallback_text(&use, &text, &err));
    static const char expected[] =
        "fallback led_spill: level none for 1 of 2 spills, 75 % of the EOT\n";
    assert_int_equal(text.size, sizeof expected - 1);
    assert_memory_equal(text.data, expected, text.size);
    bytes_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_share_is_of_the_eot_not_of_the_spills),
        cmocka_unit_test(spills_of_unknown_eot_count_by_number),
        cmocka_unit_test(each_level_has_a_budget_of_its_own),
        cmocka_unit_test(what_is_exact_is_not_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
