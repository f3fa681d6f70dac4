/* bytes.h - a growing buffer that gets its maximum at birth; little-endian words.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Always true: size <= capacity <= limit; data is NULL only while capacity is 0.
 * Appending beyond the limit fails with E_LIMIT and leaves the buffer as it was; memory
 * that runs out below the limit aborts (control data are small, a restart is safe).
 */
#ifndef SPILLWAY_BASE_BYTES_H
#define SPILLWAY_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/err.h"

struct bytes {
    uint8_t *data;
    size_t size;
    size_t capacity;
    size_t limit;
};

void bytes_init(struct bytes *bytes, size_t limit);
void bytes_release(struct bytes *bytes);

/* Empties the buffer and keeps its memory. */
void bytes_clear(struct bytes *bytes);

bool bytes_append(struct bytes *bytes, const void *data, size_t size, struct err *err);

/* Makes room for `size` more bytes and gives their place; the caller then adds to
 * bytes->size what it wrote. The place is valid until the next append. */
bool bytes_reserve(struct bytes *bytes, size_t size, uint8_t **place, struct err *err);

/* Gives a buffer without memory `size` bytes on pages of 2 MiB, if it will fill one and
 * the limit allows: what is large is made faster than the kernel hands out its pages of
 * 4 KiB. Without such pages, and beyond `size`, it is a buffer like others. */
void bytes_expect(struct bytes *bytes, size_t size);

/* malloc that aborts when memory is exhausted; never returns NULL. For small control
 * memory only: what is sized by data is checked against a named limit first. */
void *mem_new(size_t count, size_t size) __attribute__((returns_nonnull));
void *mem_grow(void *old, size_t count, size_t size) __attribute__((returns_nonnull));

/* The end of these, for libraries that say only that they do not work: their lack of
 * memory is neither a mistake of ours nor one of the data. `what` they would have done.
 */
noreturn void mem_exhausted(const char *what);

/* Memory that is not cleared, on pages of 2 MiB where it fills one; aborts like the
 * others, and is freed and grown like theirs. */
void *mem_large(size_t count, size_t size) __attribute__((returns_nonnull));
char *mem_text(const char *text) __attribute__((returns_nonnull));

static inline uint16_t le16_load(const void *place)
{
    const uint8_t *p = place;
    return (uint16_t)(p[0] | (uint16_t)(p[1] << 8));
}

static inline uint32_t le32_load(const void *place)
{
    const uint8_t *p = place;
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
           (uint32_t)p[3] << 24;
}

static inline uint64_t le64_load(const void *place)
{
    const uint8_t *p = place;
    return (uint64_t)le32_load(p) | (uint64_t)le32_load(p + 4) << 32;
}

static inline void le32_store(void *place, uint32_t value)
{
    uint8_t *p = place;
    p[0] = (uint8_t)value;
    p[1] = (uint8_t)(value >> 8);
    p[2] = (uint8_t)(value >> 16);
    p[3] = (uint8_t)(value >> 24);
}

static inline void le64_store(void *place, uint64_t value)
{
    uint8_t *p = place;
    le32_store(p, (uint32_t)value);
    le32_store(p + 4, (uint32_t)(value >> 32));
}

static inline uint32_t be32_load(const void *place)
{
    const uint8_t *p = place;
    return (uint32_t)p[3] | (uint32_t)p[2] << 8 | (uint32_t)p[1] << 16 |
           (uint32_t)p[0] << 24;
}

static inline void be32_store(void *place, uint32_t value)
{
    uint8_t *p = place;
    p[3] = (uint8_t)value;
    p[2] = (uint8_t)(value >> 8);
    p[1] = (uint8_t)(value >> 16);
    p[0] = (uint8_t)(value >> 24);
}

static inline uint64_t be64_load(const void *place)
{
    const uint8_t *p = place;
    return (uint64_t)be32_load(p) << 32 | (uint64_t)be32_load(p + 4);
}

static inline void be64_store(void *place, uint64_t value)
{
    uint8_t *p = place;
    be32_store(p, (uint32_t)(value >> 32));
    be32_store(p + 4, (uint32_t)value);
}

#endif
