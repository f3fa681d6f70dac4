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

/* The nearest number that 16 bits can hold, ties to even; beyond the range the largest
 * one, for any NaN one and the same. */
float half_round(float number);

/* The bits of half_round() of each number. `vector` as cpu_has_half(): the results are
 * the same. */
void half_pack(const float *numbers, size_t count, bool vector, uint16_t *halves);

/* Any 16 bits; infinite ones and NaN stay what they are. */
void half_unpack(const uint16_t *halves, size_t count, float *numbers);

#endif
