/* segment_order.c - identities of segments in their order, by a radix sort.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/segment_order.h"

#include <stdlib.h>

#include "base/bytes.h"

#define DIGITS 12u /* bytes of an identity */

struct place {
    uint64_t chunk;
    uint32_t ordinal;
    uint32_t number;
};

struct ids {
    const uint8_t *first;
    size_t stride;
};

static const struct segment_id *id_of(const struct ids *ids, uint32_t number)
{
    return (const void *)(ids->first + number * ids->stride);
}

/* From the least: four bytes of the ordinal, eight of the chunk. */
static unsigned digit_of(const struct place *place, unsigned digit)
{
    uint64_t word = digit < 4 ? place->ordinal : place->chunk >> 8 * (digit - 4);
    return (digit < 4 ? (unsigned)(word >> 8 * digit) : (unsigned)word) & 255;
}

static void by_digit(const struct place *from, struct place *to, uint32_t count,
                     unsigned digit)
{
    uint32_t starts[256] = {0};
    uint32_t next = 0;
    for (uint32_t i = 0; i < count; i++)
        starts[digit_of(&from[i], digit)]++;
    for (unsigned value = 0; value < 256; value++) {
        uint32_t many = starts[value];
        starts[value] = next;
        next += many;
    }
    for (uint32_t i = 0; i < count; i++)
        to[starts[digit_of(&from[i], digit)]++] = from[i];
}

/* Numbers from .. end - 1; `places` and `other` have room for each. Digits in which all
 * agree change nothing. */
static void order_part(const struct ids *ids, uint32_t from, uint32_t end,
                       struct place *places, struct place *other, uint32_t *order)
{
    struct place differ = {.chunk = 0};
    uint32_t count = end - from;
    for (uint32_t i = 0; i < count; i++) {
        const struct segment_id *id = id_of(ids, from + i);
        places[i] =
            (struct place){.chunk = (uint64_t)id->chunk.run << 32 |
                                    (uint64_t)id->chunk.builder << 16 | id->chunk.number,
                           .ordinal = id->ordinal,
                           .number = from + i};
        differ.chunk |= places[i].chunk ^ places[0].chunk;
        differ.ordinal |= places[i].ordinal ^ places[0].ordinal;
    }
    for (unsigned digit = 0; digit < DIGITS; digit++) {
        if (digit_of(&differ, digit) == 0)
            continue;
        by_digit(places, other, count, digit);
        struct place *ordered = other;
        other = places;
        places = ordered;
    }
    for (uint32_t i = 0; i < count; i++)
        order[from + i] = places[i].number;
}

/* Where the part that begins at `from` ends: its run, or everything. */
static uint32_t part_end(const struct ids *ids, uint32_t from, uint32_t count,
                         bool ascending)
{
    if (!ascending || from == count)
        return count;
    uint32_t end = from + 1;
    while (end < count && id_of(ids, end)->chunk.run == id_of(ids, from)->chunk.run)
        end++;
    return end;
}

void segment_order(const struct segment_id *ids, size_t stride, uint32_t count,
                   uint32_t *order)
{
    const struct ids all = {.first = (const uint8_t *)ids, .stride = stride};
    bool ascending = true;
    uint32_t largest = 0;
    for (uint32_t i = 1; i < count; i++)
        if (id_of(&all, i)->chunk.run < id_of(&all, i - 1)->chunk.run)
            ascending = false;
    for (uint32_t from = 0, end; from < count; from = end) {
        end = part_end(&all, from, count, ascending);
        largest = end - from > largest ? end - from : largest;
    }
    struct place *places = mem_large(largest, 2 * sizeof *places);
    for (uint32_t from = 0, end; from < count; from = end) {
        end = part_end(&all, from, count, ascending);
        order_part(&all, from, end, places, places + largest, order);
    }
    free(places);
}
