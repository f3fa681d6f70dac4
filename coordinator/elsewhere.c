/* elsewhere.c - compares the event numbers of the chunks of a run.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/elsewhere.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "raw/date.h"

#define MAP_BYTES (NUMBERS_WORDS * sizeof(uint64_t))
#define NAME      32

struct elsewhere_chunk {
    struct chunk_id id;
    struct bytes numbers;
};

void elsewhere_init(struct elsewhere *elsewhere)
{
    *elsewhere = (struct elsewhere){.map = mem_new(NUMBERS_WORDS, sizeof(uint64_t)),
                                    .all = mem_new(NUMBERS_WORDS, sizeof(uint64_t))};
}

void elsewhere_release(struct elsewhere *elsewhere)
{
    for (size_t i = 0; i < elsewhere->count; i++)
        bytes_release(&elsewhere->chunks[i].numbers);
    free(elsewhere->chunks);
    free(elsewhere->map);
    free(elsewhere->all);
    *elsewhere = (struct elsewhere){.count = 0};
}

/* Room for the numbers of one more chunk. */
static struct bytes *chunk_add(struct elsewhere *elsewhere, const struct chunk_id *chunk)
{
    if (elsewhere->count == elsewhere->room) {
        elsewhere->room = elsewhere->room == 0 ? 64 : 2 * elsewhere->room;
        elsewhere->chunks =
            mem_grow(elsewhere->chunks, elsewhere->room, sizeof elsewhere->chunks[0]);
    }
    struct elsewhere_chunk *added = &elsewhere->chunks[elsewhere->count++];
    added->id = *chunk;
    bytes_init(&added->numbers, WIRE_MESSAGE_LIMIT);
    return &added->numbers;
}

bool elsewhere_add(struct elsewhere *elsewhere, const struct chunk_id *chunk,
                   const struct bytes *numbers, struct err *err)
{
    return bytes_append(chunk_add(elsewhere, chunk), numbers->data, numbers->size, err);
}

static void name_make(const struct chunk_id *chunk, char name[NAME])
{
    (void)snprintf(name, NAME, "numbers.%" PRIu32 ".%u.%u", chunk->run, chunk->builder,
                   chunk->number);
}

bool elsewhere_load(struct elsewhere *elsewhere, struct catalog_txn *txn,
                    const struct chunk_id *chunk, struct err *err)
{
    char name[NAME];
    name_make(chunk, name);
    return catalog_get_text(txn, name, chunk_add(elsewhere, chunk), err) != LOOKUP_FAILED;
}

bool elsewhere_store(struct catalog_txn *txn, const struct chunk_id *chunk,
                     const struct bytes *numbers, struct err *err)
{
    char name[NAME];
    name_make(chunk, name);
    return catalog_put_text(txn, name, numbers->data, numbers->size, err);
}

bool elsewhere_forget(struct catalog_txn *txn, const struct chunk_id *chunk,
                      struct err *err)
{
    return elsewhere_store(txn, chunk, &(struct bytes){.size = 0}, err);
}

/* One spill of a chunk, compared with the others of its run. */
struct compared {
    struct elsewhere *elsewhere;
    const struct bytes *numbers; /* of the chunk */
    struct segment *segments;
    struct elsewhere_list *list;
    uint32_t spill;
    bool named; /* the chunk that has the first common numbers is known */
    struct chunk_id other;
};

/* The numbers of a spill in one chunk go into a map. */
static bool spill_mark(const struct bytes *numbers, uint32_t spill, uint64_t *map,
                       struct err *err)
{
    struct numbers_reader reader = {.data = numbers->data, .size = numbers->size};
    struct numbers set;
    enum lookup found;
    while ((found = numbers_next(&reader, &set, err)) == LOOKUP_FOUND)
        if (set.spill == spill && !numbers_mark(&set, map, err))
            return false;
    return found == LOOKUP_ABSENT;
}

/* The first chunk with some of the numbers of a set; else it is the chunk itself. */
static bool other_find(struct compared *compared, const struct numbers *set,
                       const struct chunk_id *self, struct err *err)
{
    const struct elsewhere *elsewhere = compared->elsewhere;
    struct numbers_common common = {.count = 0};
    compared->other = *self;
    for (size_t i = 0; i < elsewhere->count && common.count == 0; i++) {
        const struct elsewhere_chunk *chunk = &elsewhere->chunks[i];
        memset(elsewhere->map, 0, MAP_BYTES);
        if (!spill_mark(&chunk->numbers, compared->spill, elsewhere->map, err) ||
            !numbers_common(set, elsewhere->map, &common, err))
            return false;
        if (common.count > 0)
            compared->other = chunk->id;
    }
    compared->named = true;
    return true;
}

/* What the segment has in common with those before it. */
static bool segment_set(struct compared *compared, const struct numbers *set,
                        const struct numbers_common *common, struct segment *segment,
                        struct err *err)
{
    struct elsewhere_list *list = compared->list;
    char name[CHUNK_NAME];
    if (!compared->named && !other_find(compared, set, &segment->id.chunk, err))
        return false;
    chunk_name(&compared->other, name);
    if (common->range_count > SEGMENT_ELSEWHERE)
        return err_set(err, E_SCAN,
                       "spill %" PRIu32 ": %" PRIu32
                       " events in more than %u stretches are in %s too",
                       segment->spill, common->count, SEGMENT_ELSEWHERE, name);
    memcpy(segment->elsewhere, common->ranges, sizeof segment->elsewhere);
    segment->elsewhere_count = common->range_count;
    if (list->count == list->room) {
        list->room = list->room == 0 ? 16 : 2 * list->room;
        list->found = mem_grow(list->found, list->room, sizeof *list->found);
    }
    list->found[list->count++] =
        (struct elsewhere_found){.segment = segment->id,
                                 .spill = segment->spill,
                                 .events = common->count,
                                 .first = common->ranges[0].first,
                                 .other = compared->other};
    return true;
}

/* All segments of one spill: each is compared with the other chunks and with the segments
 * before it, so the work grows with the numbers and not with the segments. */
static bool spill_compare(struct compared *compared, struct err *err)
{
    struct elsewhere *elsewhere = compared->elsewhere;
    struct numbers_reader reader = {.data = compared->numbers->data,
                                    .size = compared->numbers->size};
    struct numbers set;
    struct numbers_common common;
    enum lookup found = LOOKUP_FOUND;
    memset(elsewhere->all, 0, MAP_BYTES);
    for (size_t i = 0; i < elsewhere->count; i++)
        if (!spill_mark(&elsewhere->chunks[i].numbers, compared->spill, elsewhere->all,
                        err))
            return false;
    for (size_t i = 0; (found = numbers_next(&reader, &set, err)) == LOOKUP_FOUND; i++) {
        if (set.spill != compared->spill)
            continue;
        if (!numbers_common(&set, elsewhere->all, &common, err) ||
            (common.count > 0 &&
             !segment_set(compared, &set, &common, &compared->segments[i], err)) ||
            !numbers_mark(&set, elsewhere->all, err))
            return false;
    }
    return found == LOOKUP_ABSENT;
}

bool elsewhere_find(struct elsewhere *elsewhere, const struct bytes *numbers,
                    struct segment *segments, size_t count, struct elsewhere_list *list,
                    struct err *err)
{
    uint64_t compared_spills[DATE_SPILL_LIMIT / 64] = {0};
    for (size_t i = 0; i < count; i++) {
        uint32_t spill = segments[i].spill % DATE_SPILL_LIMIT;
        uint64_t bit = (uint64_t)1 << spill % 64;
        struct compared compared = {.elsewhere = elsewhere,
                                    .numbers = numbers,
                                    .segments = segments,
                                    .list = list,
                                    .spill = segments[i].spill};
        if ((compared_spills[spill / 64] & bit) != 0)
            continue;
        compared_spills[spill / 64] |= bit;
        if (!spill_compare(&compared, err))
            return false;
    }
    return true;
}
