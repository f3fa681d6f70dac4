/* sha256_short.c - sha256 of many messages of 16 bytes.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/sha256_short.h"

#include <string.h>

#include "base/sha256_lane.h"

static void plain_short(const uint8_t *messages, size_t count, uint8_t *out)
{
    for (size_t i = 0; i < count; i++) {
        struct sha256 hash = sha256_of(messages + SHA256_SHORT * i, SHA256_SHORT);
        memcpy(out + SHA256_SHORT * i, hash.bytes, SHA256_SHORT);
    }
}

#if CPU_VECTOR

CPU_SHA static void lane_start(struct sha256_lane *lane, const uint8_t *message)
{
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)message);
    lane->words[0] = sha256_words_turn(bytes);
    lane->words[1] = _mm_set_epi32(0, 0, 0, (int32_t)0x80000000);
    lane->words[2] = _mm_setzero_si128();
    lane->words[3] = _mm_set_epi32(8 * (int32_t)SHA256_SHORT, 0, 0, 0);
    lane->abef = sha256_start_abef();
    lane->cdgh = sha256_start_cdgh();
}

CPU_SHA static void lane_end(const struct sha256_lane *lane, uint8_t *out)
{
    __m128i abef = _mm_add_epi32(lane->abef, sha256_start_abef());
    __m128i cdgh = _mm_add_epi32(lane->cdgh, sha256_start_cdgh());
    _mm_storeu_si128((__m128i *)(void *)out, sha256_first_half(abef, cdgh));
}

CPU_SHA static void wide_short(const uint8_t *messages, size_t count, uint8_t *out)
{
    for (size_t i = 0; i < count; i += 2) {
        size_t other =
            i + 1 < count ? i + 1 : i; /* the last one of an odd number twice */
        struct sha256_lane a, b;
        lane_start(&a, messages + SHA256_SHORT * i);
        lane_start(&b, messages + SHA256_SHORT * other);
#    pragma GCC unroll 16
        for (size_t turn = 0; turn < SHA256_TURNS; turn++) {
            sha256_lane_rounds(&a, turn);
            sha256_lane_rounds(&b, turn);
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
