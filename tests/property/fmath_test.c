/* fmath_test.c - largest error of the elementary functions against long double libm.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/fmath.h"

#define POINTS 300000

/* Distance in units in the last place of the exact value. */
static double ulps(double value, long double exact)
{
    int exponent;
    (void)frexpl(exact, &exponent);
    int lowest = exponent - 53 < -1074 ? -1074 : exponent - 53;
    return (double)(fabsl((long double)value - exact) / ldexpl(1.0L, lowest));
}

static void larger(double *worst, double value)
{
    *worst = value > *worst ? value : *worst;
}

static void exp_and_log_are_within_one_ulp(void **state)
{
    (void)state;
    struct random random = {.state = 2024};
    double worst[4] = {0};
    for (int i = 0; i < POINTS; i++) {
        double wide = 1453.0 * random_unit(&random) - 744.0;
        double near = 2.0 * random_unit(&random) - 1.0;
        larger(&worst[0], ulps(fmath_exp(wide), expl((long double)wide)));
        larger(&worst[1], ulps(fmath_exp(near), expl((long double)near)));
        double value = ldexp(random_unit(&random) + 1.0, (int)(wide * 1.3));
        larger(&worst[2], ulps(fmath_log(value), logl((long double)value)));
        double one = 1.0 + near * ldexp(1.0, -(int)random_below(&random, 50) - 1);
        if (one != 1.0)
            larger(&worst[3], ulps(fmath_log(one), logl((long double)one)));
    }
    print_message("exp %.3f, %.3f near 0; log %.3f, %.3f near 1 (ulp)\n", worst[0],
                  worst[1], worst[2], worst[3]);
    for (int i = 0; i < 4; i++)
        assert_true(worst[i] < 1.0);
}

static void sine_and_cosine_are_within_one_ulp(void **state)
{
    (void)state;
    struct random random = {.state = 2025};
    double worst[4] = {0};
    for (int i = 0; i < POINTS; i++) {
        double s;
        double c;
        double x = 14.0 * random_unit(&random) - 7.0;
        fmath_sincos(x, &s, &c);
        larger(&worst[0], ulps(s, sinl((long double)x)));
        larger(&worst[1], ulps(c, cosl((long double)x)));
        x = (2.0 * random_unit(&random) - 1.0) * FMATH_SINCOS_MAXIMUM;
        if (i % 2 == 0) /* the doubles next to multiples of pi / 2 */
            x = rint(x) * 0.5 * 0x1.921fb54442d18p+0;
        fmath_sincos(x, &s, &c);
        larger(&worst[2], ulps(s, sinl((long double)x)));
        larger(&worst[3], ulps(c, cosl((long double)x)));
    }
    print_message("sin %.3f, %.3f far; cos %.3f, %.3f far (ulp)\n", worst[0], worst[2],
                  worst[1], worst[3]);
    for (int i = 0; i < 4; i++)
        assert_true(worst[i] < 1.0);
}

static void the_arc_tangent_is_within_one_and_a_half_ulp(void **state)
{
    (void)state;
    struct random random = {.state = 2026};
    double worst = 0;
    for (int i = 0; i < 2 * POINTS; i++) {
        double x = 2.0 * random_unit(&random) - 1.0;
        double y = 2.0 * random_unit(&random) - 1.0;
        int scale = (int)random_below(&random, 60) - 30;
        y = ldexp(y, i % 2 == 0 ? 0 : scale);
        double angle = fmath_atan2(y, x);
        larger(&worst, ulps(angle, atan2l((long double)y, (long double)x)));
    }
    print_message("atan2 %.3f (ulp)\n", worst);
    assert_true(worst < 1.5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exp_and_log_are_within_one_ulp),
        cmocka_unit_test(sine_and_cosine_are_within_one_ulp),
        cmocka_unit_test(the_arc_tangent_is_within_one_and_a_half_ulp),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
