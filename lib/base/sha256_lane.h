/* sha256_lane.h - sha256 by the CPU's instructions for it: one message in work.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Each instruction waits for the one before it, so two lanes that take turns cost hardly
 * more than one. For the files that hash several messages at once; who has one calls
 * digest.h.
 */
#ifndef SPILLWAY_BASE_SHA256_LANE_H
#define SPILLWAY_BASE_SHA256_LANE_H

#include "base/cpu.h"

#if CPU_VECTOR

#    include <stddef.h>
#    include <stdint.h>

#    include <immintrin.h>

#    define SHA256_BLOCK ((size_t)64)
#    define SHA256_TURNS 16 /* of four rounds each */

/* FIPS 180-4, 4.2.2. */
static const uint32_t sha256_constants[4 * SHA256_TURNS] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
    0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
    0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
    0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
    0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
    0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
    0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
    0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
    0xc67178f2};

/* Four words of the schedule at a time, and both halves of the state. */
struct sha256_lane {
    __m128i words[4];
    __m128i abef, cdgh;
};

/* FIPS 180-4, 5.3.3, in the order of the instructions. */
CPU_SHA static inline __m128i sha256_start_abef(void)
{
    return _mm_set_epi32(0x6a09e667, (int32_t)0xbb67ae85, 0x510e527f,
                         (int32_t)0x9b05688c);
}

CPU_SHA static inline __m128i sha256_start_cdgh(void)
{
    return _mm_set_epi32(0x3c6ef372, (int32_t)0xa54ff53a, 0x1f83d9ab, 0x5be0cd19);
}

/* Turns the bytes of each word of 32 bits. */
CPU_SHA static inline __m128i sha256_words_turn(__m128i x)
{
    return _mm_shuffle_epi8(
        x, _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3));
}

/* Four rounds, number 4 `turn` on. */
CPU_SHA static inline void sha256_lane_rounds(struct sha256_lane *lane, size_t turn)
{
    __m128i *w = lane->words;
    __m128i k =
        _mm_loadu_si128((const __m128i *)(const void *)(sha256_constants + 4 * turn));
    __m128i sum = _mm_add_epi32(w[turn % 4], k);
    lane->cdgh = _mm_sha256rnds2_epu32(lane->cdgh, lane->abef, sum);
    sum = _mm_shuffle_epi32(sum, 0x0e);
    lane->abef = _mm_sha256rnds2_epu32(lane->abef, lane->cdgh, sum);
    __m128i next = _mm_sha256msg1_epu32(w[turn % 4], w[(turn + 1) % 4]);
    next = _mm_add_epi32(next, _mm_alignr_epi8(w[(turn + 3) % 4], w[(turn + 2) % 4], 4));
    w[turn % 4] = _mm_sha256msg2_epu32(next, w[(turn + 3) % 4]);
}

/* Bytes 0 to 15 of the hash. */
CPU_SHA static inline __m128i sha256_first_half(__m128i abef, __m128i cdgh)
{
    return sha256_words_turn(_mm_shuffle_epi32(_mm_unpackhi_epi64(cdgh, abef), 0x1b));
}

/* Bytes 16 to 31. */
CPU_SHA static inline __m128i sha256_second_half(__m128i abef, __m128i cdgh)
{
    return sha256_words_turn(_mm_shuffle_epi32(_mm_unpacklo_epi64(cdgh, abef), 0x1b));
}

#endif
#endif
