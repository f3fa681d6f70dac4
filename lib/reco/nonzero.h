/* nonzero.h - which numbers of a row are not zero: most cells have no energy.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A number counts as zero when all its bits are 0; adding one to a sum changes nothing.
 */
#ifndef SPILLWAY_RECO_NONZERO_H
#define SPILLWAY_RECO_NONZERO_H

#include <stdint.h>
#include <string.h>

#ifdef __x86_64__ /* each of them has SSE2 */
#    include <emmintrin.h>
#endif

static inline uint64_t nonzero_one(const float *number)
{
    uint32_t bits;
    memcpy(&bits, number, sizeof bits);
    return bits != 0;
}

#ifdef __x86_64__
static inline __m128i zero_four(const float *numbers)
{
    __m128i four = _mm_castps_si128(_mm_loadu_ps(numbers));
    return _mm_cmpeq_epi32(four, _mm_setzero_si128());
}

/* A bit for each of 16 numbers that is not zero. */
static inline uint64_t nonzero_sixteen(const float *numbers)
{
    __m128i low = _mm_packs_epi32(zero_four(numbers), zero_four(numbers + 4));
    __m128i high = _mm_packs_epi32(zero_four(numbers + 8), zero_four(numbers + 12));
    return (uint64_t)_mm_movemask_epi8(_mm_packs_epi16(low, high)) ^ 0xffffu;
}
#else
static inline uint64_t nonzero_sixteen(const float *numbers)
{
    uint64_t bits = 0;
    for (uint32_t i = 0; i < 16; i++)
        bits |= nonzero_one(numbers + i) << i;
    return bits;
}
#endif

/* A bit for each of `count` numbers, at most 64, that is not zero. */
static inline uint64_t nonzero_bits(const float *numbers, uint32_t count)
{
    uint64_t bits = 0;
    uint32_t i = 0;
    for (; i + 16 <= count; i += 16)
        bits |= nonzero_sixteen(numbers + i) << i;
    for (; i < count; i++)
        bits |= nonzero_one(numbers + i) << i;
    return bits;
}

#endif
