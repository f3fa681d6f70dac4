/* half.h - numbers of 16 bits, IEEE 754 binary16: 11 bits of precision, up to 65504.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Whole-number arithmetic and exact sums only: the same bits on every CPU.
 */
#ifndef SPILLWAY_BASE_HALF_H
#define SPILLWAY_BASE_HALF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define HALF_SMALL   0x38800000u /* bits of 2^-14, the smallest with all its precision */
#define HALF_LARGEST 0x477fe000u /* of 65504 */
#define HALF_DROPPED 13          /* bits of the fraction */

/* half_round() of any number. */
float half_round_rest(float number);

/* The nearest number that 16 bits can hold, ties to even; beyond the range the largest
 * one, for any NaN one and the same. Most numbers are zero or in the range of 11 bits:
 * they take the short way. */
static inline float half_round(float number)
{
    uint32_t bits;
    memcpy(&bits, &number, sizeof bits);
    uint32_t size = bits & 0x7fffffffu;
    if (size == 0)
        return number;
    if (size < HALF_SMALL || size > HALF_LARGEST)
        return half_round_rest(number);
    bits += (bits >> HALF_DROPPED & 1) + (1u << (HALF_DROPPED - 1)) - 1;
    bits = bits >> HALF_DROPPED << HALF_DROPPED;
    memcpy(&number, &bits, sizeof number);
    return number;
}

/* The bits of half_round() of each number. `vector` as cpu_has_half(): the results are
 * the same. */
void half_pack(const float *numbers, size_t count, bool vector, uint16_t *halves);

/* Any 16 bits; infinite ones and NaN stay what they are. `vector` as for half_pack(). */
void half_unpack(const uint16_t *halves, size_t count, bool vector, float *numbers);

#endif
