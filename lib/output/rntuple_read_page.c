/* rntuple_read_page.c - the numbers of a column out of its pages.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A page that is split holds the first bytes of all its numbers, then the second ones and
 * so on; signed numbers are then zigzag (sign in the lowest bit), indices steps from the
 * number before.
 */
#include "output/rntuple_read.h"

#include <inttypes.h>

#include "base/digest.h"
#include "base/disk.h"
#include "output/compress_read.h"

#define CHECKSUM 8u

static bool page_wrong(const struct rntuple *tuple, const struct rntuple_page *page,
                       const char *what, struct err *err)
{
    return err_set(err, E_RNTUPLE_FORMAT, "%s: page at byte %" PRIu64 ": %s",
                   tuple->file->path, page->offset, what);
}

/* The page as it was before it was packed, `size` bytes. */
static bool page_read(const struct rntuple *tuple, const struct rntuple_page *page,
                      struct bytes *out, size_t size, struct err *err)
{
    struct bytes stored;
    uint8_t *place = NULL, *unpacked = NULL;
    const char *why = "larger packed than unpacked";
    bytes_clear(out);
    if (page->size > size)
        return page_wrong(tuple, page, why, err);
    why = NULL;
    bytes_init(&stored, out->limit + CHECKSUM);
    bool done = bytes_reserve(&stored, page->size + CHECKSUM, &place, err) &&
                disk_read_at(tuple->file->fd, tuple->file->path, page->offset, place,
                             page->size + CHECKSUM, err);
    if (done && xxh3_of(place, page->size) != le64_load(place + page->size))
        done = page_wrong(tuple, page, "its checksum is another", err);
    if (done && page->size != size && !compress_sizes(place, page->size, size, &why))
        done = page_wrong(tuple, page, why, err);
    done = done && bytes_reserve(out, size, &unpacked, err);
    if (done && page->size == size)
        memcpy(unpacked, place, size);
    else if (done && !compress_unpack(place, page->size, unpacked, size, &why))
        done = page_wrong(tuple, page, why, err);
    bytes_release(&stored);
    if (done)
        out->size = size;
    return done;
}

static uint64_t number_load(const uint8_t *page, size_t i, size_t count, size_t bytes,
                            bool split)
{
    uint64_t value = 0;
    for (size_t b = 0; b < bytes; b++)
        value |= (uint64_t)page[split ? b * count + i : i * bytes + b] << (8 * b);
    return value;
}

static void number_store(uint8_t *out, uint64_t value, size_t bytes)
{
    for (size_t b = 0; b < bytes; b++)
        out[b] = (uint8_t)(value >> (8 * b));
}

/* A float of 16 bits (5 of them the exponent, 10 the fraction) as one of 32. */
static uint32_t half_widen(uint32_t half)
{
    uint32_t sign = (half & 0x8000u) << 16;
    uint32_t exponent = half >> 10 & 31u;
    uint32_t fraction = half & 1023u;
    if (exponent == 31)
        return sign | 255u << 23 | fraction << 13;
    if (exponent == 0 && fraction == 0)
        return sign;
    uint32_t power = exponent == 0 ? 113 : exponent + 112;
    for (; exponent == 0 && (fraction & 1024u) == 0; power--)
        fraction <<= 1;
    return sign | power << 23 | (fraction & 1023u) << 13;
}

static void page_decode(const struct rntuple_column *column, const uint8_t *page,
                        size_t count, uint8_t *out)
{
    size_t bytes = column->bits / 8u;
    uint64_t before = 0;
    if (column->kind == RNTUPLE_BIT) {
        for (size_t i = 0; i < count; i++)
            out[i] = (uint8_t)(page[i / 8] >> (i % 8) & 1);
        return;
    }
    if (!column->split && bytes == column->size) {
        memcpy(out, page, count * bytes);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        uint64_t value = number_load(page, i, count, bytes, column->split);
        if (column->split && column->kind == RNTUPLE_INDEX)
            before = value += before;
        else if (column->split && column->kind == RNTUPLE_INT)
            value = (value >> 1) ^ (0 - (value & 1));
        else if (column->kind == RNTUPLE_REAL && bytes == 2)
            value = half_widen((uint32_t)value);
        number_store(out + i * column->size, value, column->size);
    }
}

bool rntuple_column_read(const struct rntuple *tuple, uint32_t cluster, uint32_t column,
                         struct bytes *out, struct err *err)
{
    const struct rntuple_column *info = &tuple->schema.columns[column];
    const struct rntuple_range *range = rntuple_range_of(tuple, cluster, column);
    struct bytes page;
    bool done = true;
    bytes_clear(out);
    bytes_init(&page, out->limit);
    for (uint32_t i = 0; i < range->count && done; i++) {
        const struct rntuple_page *place = &tuple->pages[range->first + i];
        uint8_t *numbers = NULL;
        uint64_t size = rntuple_page_bytes(info, place->elements);
        if (size > out->limit)
            return err_set(err, E_LIMIT,
                           "%s: column %u of cluster %u has %" PRIu64
                           " numbers, too many to be read at once",
                           tuple->file->path, column, cluster, range->elements);
        done = page_read(tuple, place, &page, (size_t)size, err) &&
               bytes_reserve(out, (size_t)place->elements * info->size, &numbers, err);
        if (done) {
            page_decode(info, page.data, place->elements, numbers);
            out->size += (size_t)place->elements * info->size;
        }
    }
    bytes_release(&page);
    return done;
}
