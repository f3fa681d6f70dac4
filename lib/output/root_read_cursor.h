/* root_read_cursor.h - numbers and texts one after another out of untrusted bytes.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A cursor that was asked for more than there is stays failed and gives zeros: callers
 * take a whole structure and look at `failed` once. ROOT's own numbers are big endian,
 * those inside RNTuple envelopes little endian.
 */
#ifndef SPILLWAY_OUTPUT_ROOT_READ_CURSOR_H
#define SPILLWAY_OUTPUT_ROOT_READ_CURSOR_H

#include "base/bytes.h"

struct cursor {
    const uint8_t *data;
    size_t size;
    size_t at;
    bool failed;
};

/* Borrowed text, not terminated. */
struct cursor_text {
    const char *data;
    size_t size;
};

static inline struct cursor cursor_over(const void *data, size_t size)
{
    return (struct cursor){.data = data, .size = size};
}

static inline size_t cursor_left(const struct cursor *cursor)
{
    return cursor->failed ? 0 : cursor->size - cursor->at;
}

/* The next `size` bytes, NULL when there are fewer. */
static inline const uint8_t *cursor_take(struct cursor *cursor, size_t size)
{
    if (size > cursor_left(cursor)) {
        cursor->failed = true;
        return NULL;
    }
    const uint8_t *place = cursor->data + cursor->at;
    cursor->at += size;
    return place;
}

static inline uint8_t cursor_u8(struct cursor *cursor)
{
    const uint8_t *place = cursor_take(cursor, 1);
    return place == NULL ? 0 : place[0];
}

static inline uint16_t cursor_be16(struct cursor *cursor)
{
    const uint8_t *place = cursor_take(cursor, 2);
    uint32_t value = place == NULL ? 0 : (uint32_t)place[0] << 8 | place[1];
    return (uint16_t)value;
}

static inline uint32_t cursor_be32(struct cursor *cursor)
{
    const uint8_t *place = cursor_take(cursor, 4);
    return place == NULL ? 0 : be32_load(place);
}

static inline uint64_t cursor_be64(struct cursor *cursor)
{
    const uint8_t *place = cursor_take(cursor, 8);
    return place == NULL ? 0 : be64_load(place);
}

static inline double cursor_real(struct cursor *cursor)
{
    uint64_t bits = cursor_be64(cursor);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline uint16_t cursor_le16(struct cursor *cursor)
{
    const uint8_t *place = cursor_take(cursor, 2);
    return place == NULL ? 0 : le16_load(place);
}

static inline uint32_t cursor_le32(struct cursor *cursor)
{
    const uint8_t *place = cursor_take(cursor, 4);
    return place == NULL ? 0 : le32_load(place);
}

static inline uint64_t cursor_le64(struct cursor *cursor)
{
    const uint8_t *place = cursor_take(cursor, 8);
    return place == NULL ? 0 : le64_load(place);
}

static inline struct cursor_text cursor_chars(struct cursor *cursor, size_t size)
{
    const uint8_t *place = cursor_take(cursor, size);
    return place == NULL ? (struct cursor_text){"", 0}
                         : (struct cursor_text){(const char *)place, size};
}

/* TString: one byte of length, or 255 and four bytes. */
static inline struct cursor_text cursor_tstring(struct cursor *cursor)
{
    uint32_t size = cursor_u8(cursor);
    if (size == 255)
        size = cursor_be32(cursor);
    return cursor_chars(cursor, size);
}

static inline bool cursor_text_is(struct cursor_text text, const char *other)
{
    return text.size == strlen(other) && memcmp(text.data, other, text.size) == 0;
}

#endif
