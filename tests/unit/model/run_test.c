/* run_test.c - words of the run catalogue; unknown stays unknown.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "model/run.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void every_word_is_read_back(void **state)
{
    (void)state;
    for (unsigned i = RUN_TYPE_UNKNOWN; i <= RUN_TYPE_TEST; i++) {
        enum run_type type = RUN_TYPE_UNKNOWN;
        assert_true(run_type_from(run_type_name((enum run_type)i), &type));
        assert_int_equal(type, i);
    }
    for (unsigned i = RUN_ORIGIN_UNKNOWN; i <= RUN_ORIGIN_MC; i++) {
        enum run_origin origin = RUN_ORIGIN_UNKNOWN;
        assert_true(run_origin_from(run_origin_name((enum run_origin)i), &origin));
        assert_int_equal(origin, i);
    }
    for (unsigned i = RUN_QUALITY_UNKNOWN; i <= RUN_QUALITY_STOPPED; i++) {
        enum run_quality quality = RUN_QUALITY_UNKNOWN;
        assert_true(run_quality_from(run_quality_name((enum run_quality)i), &quality));
        assert_int_equal(quality, i);
    }
}

static void the_empty_word_is_unknown(void **state)
{
    (void)state;
    assert_string_equal(run_type_name(RUN_TYPE_UNKNOWN), "");
    assert_string_equal(run_origin_name(RUN_ORIGIN_UNKNOWN), "");
    assert_string_equal(run_quality_name(RUN_QUALITY_UNKNOWN), "");
}

static void stable_of_the_shift_lists_is_good(void **state)
{
    (void)state;
    enum run_quality quality = RUN_QUALITY_UNKNOWN;
    assert_true(run_quality_from("stable", &quality));
    assert_int_equal(quality, RUN_QUALITY_GOOD);
}

static void other_words_are_refused_and_change_nothing(void **state)
{
    (void)state;
    static const char *const words[] = {"Physics", "physics ", "phys", "?", "0"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        enum run_type type = RUN_TYPE_LED;
        enum run_origin origin = RUN_ORIGIN_MC;
        enum run_quality quality = RUN_QUALITY_BAD;
        assert_false(run_type_from(words[i], &type));
        assert_false(run_origin_from(words[i], &origin));
        assert_false(run_quality_from(words[i], &quality));
        assert_int_equal(type, RUN_TYPE_LED);
        assert_int_equal(origin, RUN_ORIGIN_MC);
        assert_int_equal(quality, RUN_QUALITY_BAD);
    }
}

static void of_an_unknown_run_only_the_number_is_known(void **state)
{
    (void)state;
    struct run run = run_unknown(3661);
    assert_int_equal(run.number, 3661);
    assert_int_equal(run.type, RUN_TYPE_UNKNOWN);
    assert_int_equal(run.origin, RUN_ORIGIN_UNKNOWN);
    assert_int_equal(run.quality, RUN_QUALITY_UNKNOWN);
    assert_true(isnan(run.momentum_gev) && isnan(run.magnet_a) && isnan(run.listed_eot));
    assert_true(run.listed_spills == UINT64_MAX && run.listed_triggers == UINT64_MAX);
    assert_string_equal(run.particle, "");
    assert_false(run.synthetic);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_word_is_read_back),
        cmocka_unit_test(the_empty_word_is_unknown),
        cmocka_unit_test(stable_of_the_shift_lists_is_good),
        cmocka_unit_test(other_words_are_refused_and_change_nothing),
        cmocka_unit_test(of_an_unknown_run_only_the_number_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
