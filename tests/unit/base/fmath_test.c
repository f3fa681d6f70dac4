/* fmath_test.c - special values and golden bits of the elementary functions.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/fmath.h"

static uint64_t bits_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static void exp_and_log_know_their_limits(void **state)
{
    (void)state;
    assert_true(fmath_exp(0.0) == 1.0);
    assert_true(fmath_exp(-0.0) == 1.0);
    assert_true(isinf(fmath_exp(710.0)));
    assert_true(isinf(fmath_exp(HUGE_VAL)));
    assert_true(isfinite(fmath_exp(709.78)));
    assert_true(fmath_exp(-746.0) == 0.0);
    assert_true(fmath_exp(-745.0) == 0x1p-1074);
    assert_true(fmath_exp(-HUGE_VAL) == 0.0);
    assert_true(isnan(fmath_exp(NAN)));
    assert_true(fmath_log(1.0) == 0.0);
    assert_true(isinf(fmath_log(0.0)) && fmath_log(0.0) < 0);
    assert_true(isnan(fmath_log(-1.0)));
    assert_true(isnan(fmath_log(NAN)));
    assert_true(isinf(fmath_log(HUGE_VAL)));
    assert_true(fabs(fmath_log(0x1p-1074) + 744.4400719213812) < 1e-12);
}

static void sine_and_cosine_know_their_limits(void **state)
{
    (void)state;
    double s;
    double c;
    fmath_sincos(0.0, &s, &c);
    assert_true(s == 0.0 && c == 1.0);
    fmath_sincos(HUGE_VAL, &s, &c);
    assert_true(isnan(s) && isnan(c));
    fmath_sincos(2.0 * FMATH_SINCOS_MAXIMUM, &s, &c);
    assert_true(isnan(s) && isnan(c));
    fmath_sincos(NAN, &s, &c);
    assert_true(isnan(s) && isnan(c));
    fmath_sincos(0x1.921fb54442d18p+0, &s, &c); /* the double next to pi / 2 */
    assert_true(s == 1.0 && c == 0x1.1a62633145c07p-54);
}

static void the_arc_tangent_knows_all_quadrants_and_signs(void **state)
{
    (void)state;

    static const struct {
        double y, x, angle;
    } rows[] = {
        {0.0, 1.0, 0.0},
        {-0.0, 1.0, -0.0},
        {0.0, 0.0, 0.0},
        {0.0, -0.0, 0x1.921fb54442d18p+1},
        {-0.0, -1.0, -0x1.921fb54442d18p+1},
        {1.0, 0.0, 0x1.921fb54442d18p+0},
        {-1.0, -0.0, -0x1.921fb54442d18p+0},
        {1.0, 1.0, 0x1.921fb54442d18p-1},
        {1.0, -1.0, 0x1.2d97c7f3321d2p+1},
        {HUGE_VAL, HUGE_VAL, 0x1.921fb54442d18p-1},
        {-HUGE_VAL, -HUGE_VAL, -0x1.2d97c7f3321d2p+1},
        {1.0, -HUGE_VAL, 0x1.921fb54442d18p+1},
        {HUGE_VAL, 3.0, 0x1.921fb54442d18p+0},
        {0x1p-1074, 0x1p-1074, 0x1.921fb54442d18p-1},
        {0x1p+1023, 0x1p+1023, 0x1.921fb54442d18p-1},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(bits_of(fmath_atan2(rows[i].y, rows[i].x)),
                         bits_of(rows[i].angle));
    assert_true(isnan(fmath_atan2(NAN, 1.0)));
    assert_true(isnan(fmath_atan2(1.0, NAN)));
}

/* Sum of the bits of many results: any other bit on any compiler or CPU shows. */
static void results_have_the_golden_bits(void **state)
{
    (void)state;
    struct random random = {.state = 64};
    uint64_t sum = 0;
    for (int i = 0; i < 20000; i++) {
        double s;
        double c;
        double x = 200.0 * random_unit(&random) - 100.0;
        double y = random_unit(&random) - 0.5;
        double g = fmath_gaussian(&random);
        fmath_sincos(x, &s, &c);
        uint64_t parts[6] = {bits_of(fmath_exp(x)),
                             bits_of(fmath_log(fabs(x))),
                             bits_of(s),
                             bits_of(c),
                             bits_of(fmath_atan2(x, y)),
                             bits_of(g)};
        for (int p = 0; p < 6; p++)
            sum = random_mix(sum + parts[p]);
    }
    assert_int_equal(sum, 0xbabaf9bf61cb204du);
}

static void normal_numbers_have_mean_0_and_width_1(void **state)
{
    (void)state;
    struct random random = {.state = 1};
    double sum = 0;
    double squares = 0;
    double fourth = 0;
    const int count = 200000;
    for (int i = 0; i < count; i++) {
        double g = fmath_gaussian(&random);
        sum += g;
        squares += g * g;
        fourth += g * g * g * g;
    }
    assert_true(fabs(sum / count) < 0.01);           /* sigma 0.0022 */
    assert_true(fabs(squares / count - 1.0) < 0.02); /* sigma 0.0032 */
    assert_true(fabs(fourth / count - 3.0) < 0.15);  /* sigma 0.022 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exp_and_log_know_their_limits),
        cmocka_unit_test(sine_and_cosine_know_their_limits),
        cmocka_unit_test(the_arc_tangent_knows_all_quadrants_and_signs),
        cmocka_unit_test(results_have_the_golden_bits),
        cmocka_unit_test(normal_numbers_have_mean_0_and_width_1),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
