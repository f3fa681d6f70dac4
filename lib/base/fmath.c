/* fmath.c - exp, log, sine, cosine, arc tangent: the same bits on every CPU.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/fmath.h"

#include <math.h>
#include <string.h>

#define LN2_HIGH    0x1.62e42feep-1       /* 32 bits: k * LN2_HIGH is exact */
#define LN2_LOW     0x1.a39ef35793c76p-33 /* ln 2 - LN2_HIGH */
#define LN2_INV     0x1.71547652b82fep+0  /* 1 / ln 2 */
#define PI          0x1.921fb54442d18p+1
#define PI_LOW      0x1.1a62633145c07p-53 /* pi - PI */
#define SQRT2       0x1.6a09e667f3bcdp+0
#define HALF_PI_1   0x1.921fb544p+0       /* 33 bits of pi / 2 */
#define HALF_PI_2   0x1.0b4611a6p-34      /* the next 33 bits */
#define HALF_PI_3   0x1.3198a2e037073p-69 /* and the rest */
#define HALF_PI_INV 0x1.45f306dc9c883p-1

static uint64_t bits_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static double from_bits(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

double fmath_exp(double x)
{
    if (isnan(x))
        return x;
    if (x > 709.79)
        return HUGE_VAL;
    if (x < -745.2)
        return 0.0;
    double k = rint(x * LN2_INV);
    double high = x - k * LN2_HIGH;
    double low = k * LN2_LOW;
    double r = high - low; /* |r| <= 0.347 */
    /* e^r - 1 - r - r^2/2 = r^3 (1/3! + r/4! + ... + r^10/13!) */
    double p = 1.0 / 6227020800.0;
    p = p * r + 1.0 / 479001600.0;
    p = p * r + 1.0 / 39916800.0;
    p = p * r + 1.0 / 3628800.0;
    p = p * r + 1.0 / 362880.0;
    p = p * r + 1.0 / 40320.0;
    p = p * r + 1.0 / 5040.0;
    p = p * r + 1.0 / 720.0;
    p = p * r + 1.0 / 120.0;
    p = p * r + 1.0 / 24.0;
    p = p * r + 1.0 / 6.0;
    double tail = (high - r) - low; /* what rounding took from r */
    double square = r * r;
    double y = 1.0 + (r + (0.5 * square + (square * r * p + tail)));
    int exponent = (int)k;
    if (exponent > -1022 && exponent < 1024)
        return y * from_bits((uint64_t)(exponent + 1023) << 52);
    return ldexp(y, exponent);
}

double fmath_log(double x)
{
    if (isnan(x) || x < 0)
        return NAN;
    if (x == 0)
        return -HUGE_VAL;
    if (isinf(x))
        return x;
    int k = 0;
    if (x < 0x1p-1022) {
        x *= 0x1p54;
        k = -54;
    }
    uint64_t bits = bits_of(x);
    k += (int)(bits >> 52) - 1023;
    double m = from_bits((bits & 0xfffffffffffffu) | 0x3ff0000000000000u);
    if (m > SQRT2) {
        m *= 0.5;
        k++;
    }
    /* ln(1 + f) with s = f / (2 + f): 2 s + 2 s^3/3 + ... = f - (f^2/2 - s (f^2/2 + R)),
     * R = 2 s^2/3 + 2 s^4/5 + ...; |s| <= 0.172 */
    double f = m - 1.0;
    double s = f / (2.0 + f);
    double z = s * s;
    double p = 2.0 / 25.0;
    p = p * z + 2.0 / 23.0;
    p = p * z + 2.0 / 21.0;
    p = p * z + 2.0 / 19.0;
    p = p * z + 2.0 / 17.0;
    p = p * z + 2.0 / 15.0;
    p = p * z + 2.0 / 13.0;
    p = p * z + 2.0 / 11.0;
    p = p * z + 2.0 / 9.0;
    p = p * z + 2.0 / 7.0;
    p = p * z + 2.0 / 5.0;
    p = p * z + 2.0 / 3.0;
    double half = 0.5 * f * f;
    double n = (double)k;
    return n * LN2_HIGH - ((half - (s * (half + z * p) + n * LN2_LOW)) - f);
}

/* sin(r + low), |r| <= pi/4 */
static double sine_series(double r, double low)
{
    double z = r * r;
    double p = 1.0 / 355687428096000.0;
    p = p * z - 1.0 / 1307674368000.0;
    p = p * z + 1.0 / 6227020800.0;
    p = p * z - 1.0 / 39916800.0;
    p = p * z + 1.0 / 362880.0;
    p = p * z - 1.0 / 5040.0;
    p = p * z + 1.0 / 120.0;
    double cube = z * r;
    return r - ((z * (0.5 * low - cube * p) - low) + cube * (1.0 / 6.0));
}

/* cos(r + low); 1 - z/2 is rounded, what it lost is added back. */
static double cosine_series(double r, double low)
{
    double z = r * r;
    double p = 1.0 / 20922789888000.0;
    p = p * z - 1.0 / 87178291200.0;
    p = p * z + 1.0 / 479001600.0;
    p = p * z - 1.0 / 3628800.0;
    p = p * z + 1.0 / 40320.0;
    p = p * z - 1.0 / 720.0;
    p = p * z + 1.0 / 24.0;
    double half = 0.5 * z;
    double w = 1.0 - half;
    return w + (((1.0 - w) - half) + (z * z * p - r * low));
}

void fmath_sincos(double x, double *sine, double *cosine)
{
    if (!(fabs(x) <= FMATH_SINCOS_MAXIMUM)) {
        *sine = NAN;
        *cosine = NAN;
        return;
    }
    double k = rint(x * HALF_PI_INV);
    double first = x - k * HALF_PI_1; /* exact */
    double second = k * HALF_PI_2;    /* exact */
    double high = first - second;
    double seen = first - high;
    double lost = (first - (high + seen)) + (seen - second);
    double low = lost - k * HALF_PI_3;
    double r = high + low;
    low = (high - r) + low;
    double s = sine_series(r, low);
    double c = cosine_series(r, low);
    unsigned quadrant = (unsigned)((int)k & 3);
    double values[4] = {s, c, -s, -c}; /* sin(r + q pi/2) */
    *sine = values[quadrant];
    *cosine = values[(quadrant + 1) & 3];
}

/* atan(i / 8) = atan_high[i] + atan_low[i] */
static const double atan_high[9] = {
    0.0,
    0x1.fd5ba9aac2f6ep-4,
    0x1.f5b75f92c80ddp-3,
    0x1.6f61941e4def1p-2,
    0x1.dac670561bb4fp-2,
    0x1.1e00babdefeb4p-1,
    0x1.4978fa3269ee1p-1,
    0x1.700a7c5784634p-1,
    0x1.921fb54442d18p-1,
};
static const double atan_low[9] = {
    0.0,
    -0x1.cd37686760c17p-59,
    0x1.8ab6e3cf7afbdp-57,
    -0x1.c63aae6f6e918p-56,
    0x1.a2b7f222f65e2p-56,
    -0x1.928df287a668fp-58,
    0x1.2419a87f2a458p-56,
    -0x1.8c34d25aadef6p-56,
    0x1.1a62633145c07p-55,
};

/* atan(small / large) as *high + *low, 0 <= small <= large, large > 0 and finite:
 * atan(i/8) + atan((small - i/8 large) / (large + i/8 small)) with the nearest i. */
static void atan_octant(double small, double large, double *high, double *low)
{
    if (large > 0x1p+1000) {
        small *= 0x1p-60;
        large *= 0x1p-60;
    } else if (large < 0x1p-900) {
        small *= 0x1p+120;
        large *= 0x1p+120;
    }
    int i = (int)rint(8.0 * (small / large));
    double c = (double)i * 0.125;
    double t = (small - c * large) / (large + c * small); /* |t| <= 1/16 */
    double z = t * t;
    double p = 1.0 / 13.0;
    p = p * z - 1.0 / 11.0;
    p = p * z + 1.0 / 9.0;
    p = p * z - 1.0 / 7.0;
    p = p * z + 1.0 / 5.0;
    p = p * z - 1.0 / 3.0;
    double rest = t * (z * p);
    *high = atan_high[i] + t;
    *low = (t - (*high - atan_high[i])) + (atan_low[i] + rest);
}

double fmath_atan2(double y, double x)
{
    if (isnan(x) || isnan(y))
        return NAN;
    double ax = fabs(x);
    double ay = fabs(y);
    if (isinf(ax) || isinf(ay)) { /* only the ratio counts */
        ax = isinf(ax) ? 1.0 : 0.0;
        ay = isinf(ay) ? 1.0 : 0.0;
    }
    double high = 0.0;
    double low = 0.0;
    if (ay > ax) {
        atan_octant(ax, ay, &high, &low);
        double angle = 0.5 * PI - high;
        low = ((0.5 * PI - angle) - high) + (0.5 * PI_LOW - low);
        high = angle;
    } else if (ax > 0) {
        atan_octant(ay, ax, &high, &low);
    }
    if (signbit(x)) {
        double angle = PI - high;
        low = ((PI - angle) - high) + (PI_LOW - low);
        high = angle;
    }
    return copysign(high + low, y);
}

double fmath_gaussian(struct random *random)
{
    double radius = sqrt(-2.0 * fmath_log(1.0 - random_unit(random)));
    double sine;
    double cosine;
    fmath_sincos(2.0 * PI * random_unit(random), &sine, &cosine);
    return radius * cosine;
}
