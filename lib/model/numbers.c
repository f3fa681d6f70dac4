/* numbers.c - rows of event numbers, packed.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "model/numbers.h"

#define ROW_BYTES 12 /* three numbers of at most four bytes */

/* Appends seven bits a byte. */
static void packed_put(uint8_t *place, size_t *size, uint32_t number)
{
    for (; number >= 0x80; number >>= 7)
        place[(*size)++] = (uint8_t)(number | 0x80);
    place[(*size)++] = (uint8_t)number;
}

/* At most 28 bits, and no zeros in front. */
static bool packed_take(const uint8_t *data, size_t size, size_t *at, uint32_t *number)
{
    *number = 0;
    for (uint32_t shift = 0; shift < 28 && *at < size; shift += 7) {
        uint8_t byte = data[(*at)++];
        *number |= (uint32_t)(byte & 0x7F) << shift;
        if (byte < 0x80)
            return byte != 0 || shift == 0;
    }
    return false;
}

/* The first bit from `from` on, the end of the map when there is none. */
static uint32_t bit_next(const uint64_t *map, size_t words, uint32_t from)
{
    size_t word = from / 64;
    if (word >= words)
        return (uint32_t)(64 * words);
    uint64_t bits = map[word] >> from % 64 << from % 64;
    while (bits == 0 && ++word < words)
        bits = map[word];
    return bits == 0 ? (uint32_t)(64 * words)
                     : (uint32_t)(64 * word) + (uint32_t)__builtin_ctzll(bits);
}

/* A row goes on while the next number is one step further. */
static bool row_add(struct bytes *out, const uint64_t *map, size_t words,
                    uint32_t *number, uint32_t before, struct err *err)
{
    uint8_t *place;
    size_t size = 0;
    const uint32_t first = *number, end = (uint32_t)(64 * words);
    uint32_t next = bit_next(map, words, first + 1), step = 1, count = 1;
    if (next < end)
        step = next - first;
    for (; next < end && next == first + count * step; count++)
        next = bit_next(map, words, next + 1);
    if (!bytes_reserve(out, ROW_BYTES, &place, err))
        return false;
    packed_put(place, &size, first - before);
    packed_put(place, &size, step);
    packed_put(place, &size, count);
    out->size += size;
    *number = next;
    return true;
}

bool numbers_add(struct bytes *out, uint32_t spill, const uint64_t *map, size_t words,
                 struct err *err)
{
    struct bytes rows;
    uint8_t *place;
    uint32_t before = 0;
    size_t size = 0;
    bool done = true;
    bug_if(words > NUMBERS_WORDS);
    bytes_init(&rows, out->limit);
    for (uint32_t number = bit_next(map, words, 0); done && number < 64 * words;) {
        uint32_t first = number;
        done = row_add(&rows, map, words, &number, before, err);
        before = first;
    }
    done = done && bytes_reserve(out, ROW_BYTES + rows.size, &place, err);
    if (done) {
        packed_put(place, &size, spill);
        packed_put(place, &size, (uint32_t)rows.size);
        if (rows.size > 0)
            memcpy(place + size, rows.data, rows.size);
        out->size += size + rows.size;
    }
    bytes_release(&rows);
    return done;
}

enum lookup numbers_next(struct numbers_reader *reader, struct numbers *set,
                         struct err *err)
{
    uint32_t spill, size;
    size_t at = reader->at;
    if (at == reader->size)
        return LOOKUP_ABSENT;
    if (!packed_take(reader->data, reader->size, &at, &spill) ||
        !packed_take(reader->data, reader->size, &at, &size) ||
        size > reader->size - at) {
        (void)err_set(err, E_MODEL, "event numbers of a chunk: no set at byte %zu",
                      reader->at);
        return LOOKUP_FAILED;
    }
    *set = (struct numbers){spill, reader->data + at, size};
    reader->at = at + size;
    return LOOKUP_FOUND;
}

struct row {
    uint32_t first, step, count;
};

/* The next row of a set that has more bytes. */
static bool row_take(const struct numbers *set, size_t *at, struct row *row,
                     struct err *err)
{
    uint32_t delta;
    bool good = packed_take(set->rows, set->size, at, &delta) &&
                packed_take(set->rows, set->size, at, &row->step) &&
                packed_take(set->rows, set->size, at, &row->count) && row->step > 0 &&
                row->count > 0 && delta < NUMBERS_LIMIT;
    if (good) {
        row->first += delta;
        good = row->first + (uint64_t)row->step * (row->count - 1) < NUMBERS_LIMIT;
    }
    return good ||
           err_set(err, E_MODEL, "event numbers of spill %u: a row is wrong", set->spill);
}

bool numbers_mark(const struct numbers *set, uint64_t *map, struct err *err)
{
    struct row row = {.first = 0};
    size_t at = 0;
    while (at < set->size) {
        if (!row_take(set, &at, &row, err))
            return false;
        for (uint32_t i = 0; i < row.count; i++) {
            uint32_t number = row.first + i * row.step;
            map[number / 64] |= (uint64_t)1 << number % 64;
        }
    }
    return true;
}

/* The next number of the set; *open: the one before it was common too. */
static void common_add(struct numbers_common *common, uint32_t number, bool *open)
{
    const bool begins = !*open;
    *open = true;
    common->count++;
    common->range_count += begins ? 1 : 0;
    if (common->range_count > SEGMENT_ELSEWHERE)
        return;
    struct event_range *range = &common->ranges[common->range_count - 1];
    if (begins)
        range->first = number;
    range->last = number;
}

bool numbers_common(const struct numbers *set, const uint64_t *map,
                    struct numbers_common *common, struct err *err)
{
    struct row row = {.first = 0};
    size_t at = 0;
    bool open = false;
    *common = (struct numbers_common){.count = 0};
    while (at < set->size) {
        if (!row_take(set, &at, &row, err))
            return false;
        for (uint32_t i = 0; i < row.count; i++) {
            uint32_t number = row.first + i * row.step;
            if ((map[number / 64] >> number % 64 & 1) != 0)
                common_add(common, number, &open);
            else
                open = false;
        }
    }
    return true;
}
