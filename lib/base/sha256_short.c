/* sha256_short.c - sha256 of many messages of 16 bytes.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The instructions take turns on two messages, since one waits for its own last round.
 */
#include "base/sha256_short.h"

#include <string.h>

#include "base/cpu.h"

static void plain_short(const uint8_t *messages, size_t count, uint8_t *out)
{
    for (size_t i = 0; i < count; i++) {
        struct sha256 hash = sha256_of(messages + SHA256_SHORT * i, SHA256_SHORT);
        memcpy(out + SHA256_SHORT * i, hash.bytes, SHA256_SHORT);
    }
}

#if CPU_VECTOR

#    include <immintrin.h>

#    define ROUNDS 64

/* FIPS 180-4, 4.2.2. */
static const uint32_t constants[ROUNDS] = {
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

/* A message in work: its four words of schedule, and both halves of the state. */
struct lane {
    __m128i words[4];
    __m128i abef, cdgh;
};

/* FIPS 180-4, 5.3.3, in the order of the instructions. */
CPU_SHA static __m128i start_abef(void)
{
    return _mm_set_epi32(0x6a09e667, (int32_t)0xbb67ae85, 0x510e527f,
                         (int32_t)0x9b05688c);
}

CPU_SHA static __m128i start_cdgh(void)
{
    return _mm_set_epi32(0x3c6ef372, (int32_t)0xa54ff53a, 0x1f83d9ab, 0x5be0cd19);
}

/* Turns the bytes of each word of 32 bits. */
CPU_SHA static __m128i words_turn(__m128i x)
{
    return _mm_shuffle_epi8(
        x, _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3));
}

CPU_SHA static void lane_start(struct lane *lane, const uint8_t *message)
{
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)message);
    lane->words[0] = words_turn(bytes);
    lane->words[1] = _mm_set_epi32(0, 0, 0, (int32_t)0x80000000);
    lane->words[2] = _mm_setzero_si128();
    lane->words[3] = _mm_set_epi32(8 * (int32_t)SHA256_SHORT, 0, 0, 0);
    lane->abef = start_abef();
    lane->cdgh = start_cdgh();
}

/* Four rounds, number 4 i on. */
CPU_SHA static inline void lane_rounds(struct lane *lane, size_t i)
{
    __m128i *w = lane->words;
    __m128i k = _mm_loadu_si128((const __m128i *)(const void *)(constants + 4 * i));
    __m128i sum = _mm_add_epi32(w[i % 4], k);
    lane->cdgh = _mm_sha256rnds2_epu32(lane->cdgh, lane->abef, sum);
    sum = _mm_shuffle_epi32(sum, 0x0e);
    lane->abef = _mm_sha256rnds2_epu32(lane->abef, lane->cdgh, sum);
    __m128i next = _mm_sha256msg1_epu32(w[i % 4], w[(i + 1) % 4]);
    next = _mm_add_epi32(next, _mm_alignr_epi8(w[(i + 3) % 4], w[(i + 2) % 4], 4));
    w[i % 4] = _mm_sha256msg2_epu32(next, w[(i + 3) % 4]);
}

CPU_SHA static void lane_end(const struct lane *lane, uint8_t *out)
{
    __m128i abef = _mm_add_epi32(lane->abef, start_abef());
    __m128i cdgh = _mm_add_epi32(lane->cdgh, start_cdgh());
    __m128i dcba = _mm_unpackhi_epi64(cdgh, abef);
    __m128i abcd = _mm_shuffle_epi32(dcba, 0x1b);
    _mm_storeu_si128((__m128i *)(void *)out, words_turn(abcd));
}

CPU_SHA static void wide_short(const uint8_t *messages, size_t count, uint8_t *out)
{
    for (size_t i = 0; i < count; i += 2) {
        size_t other =
            i + 1 < count ? i + 1 : i; /* the last one of an odd number twice */
        struct lane a, b;
        lane_start(&a, messages + SHA256_SHORT * i);
        lane_start(&b, messages + SHA256_SHORT * other);
#    pragma GCC unroll 16
        for (size_t round = 0; round < ROUNDS / 4; round++) {
            lane_rounds(&a, round);
            lane_rounds(&b, round);
        }
        lane_end(&a, out + SHA256_SHORT * i);
        lane_end(&b, out + SHA256_SHORT * other);
    }
}
#endif

void sha256_short(const uint8_t *messages, size_t count, bool vector, uint8_t *out)
{
#if CPU_VECTOR
    if (vector) {
        wide_short(messages, count, out);
        return;
    }
#else
    (void)vector;
#endif
    plain_short(messages, count, out);
}
