/* adler_wide.c - adler32 with AVX-512.
 * SPDX-License-Identifier: Apache-2.0
 *
 * RFC 1950: a = 1 + sum of bytes, b = sum of the a after each byte, both modulo 65521. So
 * of n bytes byte i counts n - i times in b. For the bytes of vector v of a block that
 * is 256 for each block behind it, 64 for each vector behind it, and 64 to 1 by its
 * place.
 */
#include "base/adler_wide.h"

#include "base/cpu.h"

#if CPU_VECTOR

#    include <immintrin.h>

#    define BASE    65521u
#    define MOST    512u /* blocks whose sums fit into 32 bits */
#    define VECTORS 4u   /* of a block: enough that none waits for the one before */
#    define VECTOR  ((size_t)64)
#    define AHEAD   ((size_t)16) /* blocks: fetching by itself ends with a page */

_Static_assert(VECTORS *VECTOR == ADLER_BLOCK, "whole vectors");

/* Sums of numbers of 32 bits, by the vector of a block. */
struct sums {
    __m512i bytes[VECTORS];
    __m512i after[VECTORS];  /* `bytes` at the end of each block, added up */
    __m512i placed[VECTORS]; /* bytes times 64 to 1 */
};

CPU_AVX512 static uint64_t lanes_sum(__m512i numbers)
{
    __m512i odd = _mm512_srli_epi64(numbers, 32);
    __m512i even = _mm512_and_si512(numbers, _mm512_set1_epi64(UINT32_MAX));
    return (uint64_t)_mm512_reduce_add_epi64(_mm512_add_epi64(odd, even));
}

/* Of `count` blocks; there are `left`. Apart, so that the compiler keeps all sums in
 * registers. */
CPU_AVX512 static __attribute__((noinline)) void blocks_add(const uint8_t *data,
                                                            size_t count, size_t left,
                                                            struct sums *sums)
{
    const __m512i ones = _mm512_set1_epi8(1);
    const __m512i places =
        _mm512_set_epi8(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19,
                        20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35,
                        36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51,
                        52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63, 64);
    __m512i bytes[VECTORS], after[VECTORS], placed[VECTORS];
    for (uint32_t v = 0; v < VECTORS; v++)
        bytes[v] = after[v] = placed[v] = _mm512_setzero_si512();
    for (size_t i = 0; i < count; i++) {
        if (i + AHEAD < left)
            for (uint32_t v = 0; v < VECTORS; v++)
                _mm_prefetch(data + AHEAD * ADLER_BLOCK + VECTOR * v, _MM_HINT_T0);
#    pragma GCC unroll 4
        for (uint32_t v = 0; v < VECTORS; v++) {
            __m512i x = _mm512_loadu_si512(data + VECTOR * v);
            bytes[v] = _mm512_dpbusd_epi32(bytes[v], x, ones);
            placed[v] = _mm512_dpbusd_epi32(placed[v], x, places);
            after[v] = _mm512_add_epi32(after[v], bytes[v]);
        }
        data += ADLER_BLOCK;
    }
#    pragma GCC unroll 4
    for (uint32_t v = 0; v < VECTORS; v++) {
        sums->bytes[v] = bytes[v];
        sums->after[v] = after[v];
        sums->placed[v] = placed[v];
    }
}

CPU_AVX512 uint32_t adler_wide(uint32_t adler, const uint8_t *data, size_t count)
{
    uint64_t a = adler & UINT16_MAX, b = adler >> 16;
    while (count > 0) {
        const size_t part = count < MOST ? count : MOST;
        struct sums sums;
        blocks_add(data, part, count, &sums);
        __m512i all = sums.bytes[0], behind = _mm512_setzero_si512();
        for (uint32_t v = 1; v < VECTORS; v++) {
            behind = _mm512_add_epi32(behind, all);
            all = _mm512_add_epi32(all, sums.bytes[v]);
            sums.after[0] = _mm512_add_epi32(sums.after[0], sums.after[v]);
            sums.placed[0] = _mm512_add_epi32(sums.placed[0], sums.placed[v]);
        }
        const uint64_t bytes = lanes_sum(all);
        b += part * ADLER_BLOCK * a + lanes_sum(sums.placed[0]);
        b += lanes_sum(behind) * VECTOR;
        b += (lanes_sum(sums.after[0]) - bytes) * ADLER_BLOCK;
        a = (a + bytes) % BASE;
        b %= BASE;
        data += part * ADLER_BLOCK;
        count -= part;
    }
    return (uint32_t)(b << 16 | a);
}
#else
uint32_t adler_wide(uint32_t adler, const uint8_t *data, size_t count)
{
    (void)data, (void)count; /* never called: there is no AVX-512 */
    return adler;
}
#endif
