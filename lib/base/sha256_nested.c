/* sha256_nested.c - sha256 of a file and of the parts that it is made of, in one go.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/sha256_nested.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/sha256_lane.h"

#if CPU_VECTOR
/* One of the two messages. The bytes of a block that is not full wait. */
struct message {
    __m128i abef, cdgh;
    uint8_t waiting[2 * SHA256_BLOCK]; /* the end can take two blocks */
    size_t held;
    uint64_t size;
};
#endif

/* Two messages of ours, or two streams of OpenSSL. */
struct sha256_nested {
#if CPU_VECTOR
    struct message messages[2];
#endif
    bool vector;
    struct sha256_stream *streams[2];
};

enum { WHOLE, PART };

#if CPU_VECTOR

CPU_SHA static void message_start(struct message *message)
{
    message->abef = sha256_start_abef();
    message->cdgh = sha256_start_cdgh();
    message->held = 0;
    message->size = 0;
}

CPU_SHA static inline void lane_load(struct sha256_lane *lane,
                                     const struct message *message, const uint8_t *block)
{
    for (size_t i = 0; i < 4; i++)
        lane->words[i] = sha256_words_turn(
            _mm_loadu_si128((const __m128i *)(const void *)(block + 16 * i)));
    lane->abef = message->abef;
    lane->cdgh = message->cdgh;
}

CPU_SHA static inline void lane_store(const struct sha256_lane *lane,
                                      struct message *message)
{
    message->abef = _mm_add_epi32(message->abef, lane->abef);
    message->cdgh = _mm_add_epi32(message->cdgh, lane->cdgh);
}

CPU_SHA static void one_blocks(struct message *message, const uint8_t *data, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct sha256_lane lane;
        lane_load(&lane, message, data + SHA256_BLOCK * i);
#    pragma GCC unroll 16
        for (size_t turn = 0; turn < SHA256_TURNS; turn++)
            sha256_lane_rounds(&lane, turn);
        lane_store(&lane, message);
    }
}

CPU_SHA static void two_blocks(struct message messages[2], const uint8_t *const data[2],
                               size_t count)
{
    struct message a_message = messages[0], b_message = messages[1];
    for (size_t i = 0; i < count; i++) {
        struct sha256_lane a, b;
        lane_load(&a, &a_message, data[0] + SHA256_BLOCK * i);
        lane_load(&b, &b_message, data[1] + SHA256_BLOCK * i);
#    pragma GCC unroll 16
        for (size_t turn = 0; turn < SHA256_TURNS; turn++) {
            sha256_lane_rounds(&a, turn);
            sha256_lane_rounds(&b, turn);
        }
        lane_store(&a, &a_message);
        lane_store(&b, &b_message);
    }
    messages[0] = a_message;
    messages[1] = b_message;
}

/* Fills the block that waits with the first bytes of `data`; gives how many it took. */
static size_t message_fill(struct message *message, const uint8_t *data, size_t size)
{
    message->size += size;
    if (message->held == 0)
        return 0;
    size_t taken = SHA256_BLOCK - message->held;
    if (taken > size)
        taken = size;
    memcpy(message->waiting + message->held, data, taken);
    message->held += taken;
    if (message->held == SHA256_BLOCK) {
        one_blocks(message, message->waiting, 1);
        message->held = 0;
    }
    return taken;
}

/* What is left of `data` when both have gone as far as they can go together. */
static void message_rest(struct message *message, const uint8_t *data, size_t size)
{
    size_t count = size / SHA256_BLOCK;
    one_blocks(message, data, count);
    data += SHA256_BLOCK * count;
    size -= SHA256_BLOCK * count;
    if (size > 0) {
        memcpy(message->waiting, data, size);
        message->held = size;
    }
}

static void messages_add(struct message messages[2], const uint8_t *data, size_t size)
{
    const uint8_t *at[2];
    size_t left[2];
    for (int i = 0; i < 2; i++) {
        size_t taken = message_fill(&messages[i], data, size);
        at[i] = data + taken;
        left[i] = size - taken;
    }
    size_t both = (left[0] < left[1] ? left[0] : left[1]) / SHA256_BLOCK;
    two_blocks(messages, at, both);
    for (int i = 0; i < 2; i++)
        message_rest(&messages[i], at[i] + SHA256_BLOCK * both,
                     left[i] - SHA256_BLOCK * both);
}

/* FIPS 180-4, 5.1.1: a bit, zeros, the size in bits. */
CPU_SHA static struct sha256 message_end(struct message *message)
{
    size_t blocks = message->held + 9 <= SHA256_BLOCK ? 1 : 2;
    uint8_t *end = message->waiting + SHA256_BLOCK * blocks;
    memset(message->waiting + message->held, 0, sizeof message->waiting - message->held);
    message->waiting[message->held] = 0x80;
    for (int i = 0; i < 8; i++)
        end[-1 - i] = (uint8_t)(8 * message->size >> 8 * i);
    one_blocks(message, message->waiting, blocks);
    struct sha256 hash;
    __m128i *out = (__m128i *)(void *)hash.bytes;
    _mm_storeu_si128(out, sha256_first_half(message->abef, message->cdgh));
    _mm_storeu_si128(out + 1, sha256_second_half(message->abef, message->cdgh));
    return hash;
}
#endif

struct sha256_nested *sha256_nested_new(bool vector)
{
    struct sha256_nested *nested = mem_new(1, sizeof *nested);
#if CPU_VECTOR
    nested->vector = vector;
    if (vector) {
        message_start(&nested->messages[WHOLE]);
        message_start(&nested->messages[PART]);
        return nested;
    }
#else
    (void)vector;
#endif
    nested->streams[WHOLE] = sha256_new();
    nested->streams[PART] = sha256_new();
    return nested;
}

void sha256_nested_free(struct sha256_nested *nested)
{
    if (nested == NULL)
        return;
    sha256_free(nested->streams[WHOLE]);
    sha256_free(nested->streams[PART]);
    free(nested);
}

void sha256_nested_add(struct sha256_nested *nested, const uint8_t *data, size_t size)
{
#if CPU_VECTOR
    if (nested->vector) {
        messages_add(nested->messages, data, size);
        return;
    }
#endif
    sha256_add(nested->streams[WHOLE], data, size);
    sha256_add(nested->streams[PART], data, size);
}

struct sha256 sha256_nested_part(struct sha256_nested *nested)
{
#if CPU_VECTOR
    if (nested->vector) {
        struct sha256 hash = message_end(&nested->messages[PART]);
        message_start(&nested->messages[PART]);
        return hash;
    }
#endif
    struct sha256 hash = sha256_end(nested->streams[PART]);
    sha256_start(nested->streams[PART]);
    return hash;
}

struct sha256 sha256_nested_whole(struct sha256_nested *nested)
{
#if CPU_VECTOR
    if (nested->vector)
        return message_end(&nested->messages[WHOLE]);
#endif
    return sha256_end(nested->streams[WHOLE]);
}
