/* half.c - numbers of 16 bits.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A float has 8 bits of exponent and 23 of fraction, a half 5 and 10; below 2^-14 halves
 * are multiples of 2^-24. No branches, so that compilers make vectors of the loops.
 */
#include "base/half.h"

#include <string.h>

#include "base/cpu.h"

#if CPU_VECTOR
#    include <immintrin.h>
#endif

#define SIGN     0x80000000u
#define LARGEST  ((int32_t)HALF_LARGEST)
#define INFINITE 0x7f800000
#define SMALL    ((int32_t)HALF_SMALL)
#define HALF     0x3f000000 /* 0.5 */
#define REBASE   0x38000000 /* difference of the exponents' zeros, in place */
#define DROPPED  HALF_DROPPED

#define MANY 32 /* numbers packed together */

/* The same of 16 bits. */
#define MOST    0x7bff
#define LEAST   0x0400
#define NOT_ANY 0x7e00

static uint32_t bits_of(float number)
{
    uint32_t bits;
    memcpy(&bits, &number, sizeof bits);
    return bits;
}

static float number_of(uint32_t bits)
{
    float number;
    memcpy(&number, &bits, sizeof number);
    return number;
}

/* Without a branch, which a compiler would make of ?: around a sum of floats. */
static int32_t choose(int32_t condition, int32_t yes, int32_t no)
{
    return (yes & -condition) | (no & (condition - 1));
}

/* Sizes are below 2^31: signed numbers, which every vector unit can compare. */
static uint32_t half_bits(float number)
{
    uint32_t bits = bits_of(number);
    int32_t size = (int32_t)(bits & ~SIGN);
    int32_t within = size < LARGEST ? size : LARGEST;
    int32_t even = (within >> DROPPED & 1) + (1 << (DROPPED - 1)) - 1;
    int32_t normal = (within + even - REBASE) >> DROPPED;
    /* The sum's last bit is worth 2^-24, so it rounds, and its fraction is the count. */
    int32_t tiny = (int32_t)bits_of(number_of((uint32_t)within) + 0.5F) - HALF;
    int32_t half = choose(within < SMALL, tiny, normal) | (int32_t)((bits & SIGN) >> 16);
    return (uint32_t)choose(size > INFINITE, NOT_ANY, half);
}

static float half_number(uint32_t half)
{
    int32_t size = (int32_t)(half & 0x7fffu);
    int32_t normal = (size << DROPPED) + REBASE;
    normal += choose(size > MOST, REBASE, 0); /* infinite, NaN */
    int32_t tiny = (int32_t)bits_of(number_of((uint32_t)(HALF + size)) - 0.5F);
    uint32_t number = (uint32_t)choose(size < LEAST, tiny, normal);
    return number_of(number | (half & 0x8000u) << 16);
}

float half_round_rest(float number)
{
    return half_number(half_bits(number));
}

#if CPU_VECTOR
/* Eight numbers; false when one is NaN, which the instruction treats in its own way. */
CPU_HALF static bool eight_pack(const float *numbers, uint16_t *halves)
{
    const __m256 most = _mm256_set1_ps(65504.0F);
    __m256 eight = _mm256_loadu_ps(numbers);
    if (_mm256_movemask_ps(_mm256_cmp_ps(eight, eight, _CMP_UNORD_Q)) != 0)
        return false;
    eight = _mm256_min_ps(_mm256_max_ps(eight, _mm256_sub_ps(_mm256_setzero_ps(), most)),
                          most);
    _mm_storeu_si128((__m128i *)halves,
                     _mm256_cvtps_ph(eight, _MM_FROUND_TO_NEAREST_INT));
    return true;
}

/* 32 numbers, with one branch; false when one is a NaN or beyond the range. */
CPU_HALF static bool many_pack(const float *numbers, uint16_t *halves)
{
    const __m256 size = _mm256_castsi256_ps(_mm256_set1_epi32(INT32_MAX));
    const __m256 most = _mm256_set1_ps(65504.0F);
    __m256 eights[MANY / 8], beyond = _mm256_setzero_ps();
    for (size_t i = 0; i < MANY / 8; i++) {
        eights[i] = _mm256_loadu_ps(numbers + i * 8);
        __m256 own = _mm256_cmp_ps(_mm256_and_ps(eights[i], size), most, _CMP_NLE_UQ);
        beyond = _mm256_or_ps(beyond, own);
    }
    if (_mm256_movemask_ps(beyond) != 0)
        return false;
    for (size_t i = 0; i < MANY / 8; i++)
        _mm_storeu_si128((__m128i *)(void *)(halves + i * 8),
                         _mm256_cvtps_ph(eights[i], _MM_FROUND_TO_NEAREST_INT));
    return true;
}

/* How many were packed: the rest is left to the other code. */
CPU_HALF static size_t wide_pack(const float *numbers, size_t count, uint16_t *halves)
{
    size_t i = 0;
    while (i + MANY <= count && many_pack(numbers + i, halves + i))
        i += MANY;
    while (i + 8 <= count && eight_pack(numbers + i, halves + i))
        i += 8;
    return i;
}

/* Eight numbers; false when one is infinite or a NaN, of which the instruction changes
 * some. */
CPU_HALF static bool eight_unpack(const uint16_t *halves, float *numbers)
{
    const __m128i infinite = _mm_set1_epi16(0x7c00);
    __m128i eight = _mm_loadu_si128((const __m128i *)(const void *)halves);
    __m128i whole = _mm_cmpeq_epi16(_mm_and_si128(eight, infinite), infinite);
    if (_mm_movemask_epi8(whole) != 0)
        return false;
    _mm256_storeu_ps(numbers, _mm256_cvtph_ps(eight));
    return true;
}

CPU_HALF static size_t wide_unpack(const uint16_t *halves, size_t count, float *numbers)
{
    size_t i = 0;
    while (i + 8 <= count && eight_unpack(halves + i, numbers + i))
        i += 8;
    return i;
}
#endif

void half_pack(const float *numbers, size_t count, bool vector, uint16_t *halves)
{
    size_t i = 0;
#if CPU_VECTOR
    for (; vector && i + 8 <= count; i += 8) {
        i += wide_pack(numbers + i, count - i, halves + i);
        for (size_t n = i; n < count && n < i + 8; n++)
            halves[n] = (uint16_t)half_bits(numbers[n]);
    }
#endif
    (void)vector;
    for (; i < count; i++)
        halves[i] = (uint16_t)half_bits(numbers[i]);
}

void half_unpack(const uint16_t *halves, size_t count, bool vector, float *numbers)
{
    size_t i = 0;
#if CPU_VECTOR
    for (; vector && i + 8 <= count; i += 8) {
        i += wide_unpack(halves + i, count - i, numbers + i);
        for (size_t n = i; n < count && n < i + 8; n++)
            numbers[n] = half_number(halves[n]);
    }
#endif
    (void)vector;
    for (; i < count; i++)
        numbers[i] = half_number(halves[i]);
}
