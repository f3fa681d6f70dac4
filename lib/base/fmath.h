/* fmath.h - exp, log, sine, cosine, arc tangent: the same bits on every CPU.
 * SPDX-License-Identifier: Apache-2.0
 *
 * glibc picks other code paths by CPU, so results of its exp, log, sin or atan2 differ
 * between machines. These use only + - * / and sqrt of IEEE doubles, are compiled without
 * contraction and have no table look-up by CPU: results are a function of the arguments.
 *
 * Method: argument reduction with constants split so that the products are exact (Cody
 * and Waite, Software Manual for the Elementary Functions, 1980), then the Taylor series
 * of the reduced argument cut below 2^-57 of the result, its leading terms kept apart so
 * that their rounding error stays under half a unit. Largest error measured against long
 * double libm: see tests/property/fmath_test.c.
 */
#ifndef SPILLWAY_BASE_FMATH_H
#define SPILLWAY_BASE_FMATH_H

#include "base/random.h"

/* e^x, error below 1 ulp; overflow gives +infinity, underflow subnormals, then 0. */
double fmath_exp(double x);

/* Natural logarithm, error below 1 ulp; 0 gives -infinity, below 0 NaN. */
double fmath_log(double x);

/* Sine and cosine of x radian, error below 1 ulp for |x| <= FMATH_SINCOS_MAXIMUM; beyond
 * that, for infinities and NaN both are NaN. */
#define FMATH_SINCOS_MAXIMUM 1048576.0
void fmath_sincos(double x, double *sine, double *cosine);

/* Angle of the point (x, y), -pi to pi, error below 1.5 ulp, signs of zero as in C99. */
double fmath_atan2(double y, double x);

/* One number from the standard normal distribution: Box and Muller, cosine branch, from
 * the next two uniform numbers of `random`. |value| < 8.6. */
double fmath_gaussian(struct random *random);

#endif
