/* elsewhere.c - compares the event numbers of the chunks of a run.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/elsewhere.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

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

/* What is compared with one segment. */
struct compared {
    struct elsewhere *elsewhere;
    const struct numbers *own;
    struct elsewhere_found found;
};

/* All sets of the spill from the reader go into the map of all; the first chunk with one
 * of the numbers is remembered. */
static bool sets_take(struct compared *compared, struct numbers_reader *reader,
                      const struct chunk_id *chunk, struct err *err)
{
    struct elsewhere *elsewhere = compared->elsewhere;
    struct numbers set;
    enum lookup found;
    while ((found = numbers_next(reader, &set, err)) == LOOKUP_FOUND) {
        struct numbers_common common;
        if (set.spill != compared->own->spill)
            continue;
        memset(elsewhere->map, 0, MAP_BYTES);
        if (!numbers_mark(&set, elsewhere->map, err) ||
            !numbers_mark(&set, elsewhere->all, err) ||
            !numbers_common(compared->own, elsewhere->map, &common, err))
            return false;
        if (common.count > 0 && compared->found.events == 0) {
            compared->found.other = *chunk;
            compared->found.events = common.count;
        }
    }
    return found == LOOKUP_ABSENT;
}

/* The segment whose numbers are compared->own; `before` are those of its chunk. */
static bool segment_compare(struct compared *compared, struct numbers_reader *before,
                            struct segment *segment, struct err *err)
{
    struct elsewhere *elsewhere = compared->elsewhere;
    struct numbers_common common;
    memset(elsewhere->all, 0, MAP_BYTES);
    for (size_t i = 0; i < elsewhere->count; i++) {
        const struct elsewhere_chunk *chunk = &elsewhere->chunks[i];
        struct numbers_reader reader = {.data = chunk->numbers.data,
                                        .size = chunk->numbers.size};
        if (!sets_take(compared, &reader, &chunk->id, err))
            return false;
    }
    if (!sets_take(compared, before, &segment->id.chunk, err))
        return false;
    if (compared->found.events == 0)
        return true;
    if (!numbers_common(compared->own, elsewhere->all, &common, err))
        return false;
    char name[CHUNK_NAME];
    chunk_name(&compared->found.other, name);
    if (common.range_count > SEGMENT_ELSEWHERE)
        return err_set(err, E_SCAN,
                       "spill %" PRIu32 ": %" PRIu32
                       " events in more than %u stretches are in %s too",
                       segment->spill, common.count, SEGMENT_ELSEWHERE, name);
    memcpy(segment->elsewhere, common.ranges, sizeof segment->elsewhere);
    segment->elsewhere_count = common.range_count;
    compared->found.segment = segment->id;
    compared->found.spill = segment->spill;
    compared->found.events = common.count;
    compared->found.first = common.ranges[0].first;
    return true;
}

bool elsewhere_find(struct elsewhere *elsewhere, const struct bytes *numbers,
                    struct segment *segments, size_t count, struct elsewhere_list *list,
                    struct err *err)
{
    struct numbers_reader reader = {.data = numbers->data, .size = numbers->size};
    for (size_t i = 0; i < count; i++) {
        struct numbers own;
        struct numbers_reader before = {.data = numbers->data, .size = reader.at};
        struct compared compared = {.elsewhere = elsewhere, .own = &own};
        if (numbers_next(&reader, &own, err) != LOOKUP_FOUND ||
            own.spill != segments[i].spill)
            return err_set(err, E_MODEL, "event numbers of segment %zu are missing", i);
        if (!segment_compare(&compared, &before, &segments[i], err))
            return false;
        if (compared.found.events == 0)
            continue;
        list->found = mem_grow(list->found, list->count + 1, sizeof *list->found);
        list->found[list->count++] = compared.found;
    }
    return true;
}
