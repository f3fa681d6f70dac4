/* number_index.c - open addressing with linear steps.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/number_index.h"

#include <stdlib.h>

#include "base/random.h"

void number_index_init(struct number_index *index)
{
    *index = (struct number_index){.slots = NULL};
}

void number_index_release(struct number_index *index)
{
    free(index->slots);
    number_index_init(index);
}

static void slot_take(struct number_index *index, uint64_t hash, uint32_t number)
{
    size_t place = (size_t)hash & (index->room - 1);
    while (index->slots[place].used)
        place = (place + 1) & (index->room - 1);
    index->slots[place] = (struct number_slot){hash, number, true};
}

void number_index_add(struct number_index *index, uint64_t hash, uint32_t number)
{
    if (2 * (index->count + 1) > index->room) {
        struct number_index larger = {.room = index->room == 0 ? 64 : 2 * index->room};
        larger.slots = mem_new(larger.room, sizeof larger.slots[0]);
        for (size_t i = 0; i < index->room; i++)
            if (index->slots[i].used)
                slot_take(&larger, index->slots[i].hash, index->slots[i].number);
        larger.count = index->count;
        free(index->slots);
        *index = larger;
    }
    slot_take(index, hash, number);
    index->count++;
}

bool number_index_next(const struct number_index *index, uint64_t hash, size_t *place,
                       uint32_t *number)
{
    for (; *place < index->room; (*place)++) {
        const struct number_slot *slot =
            &index->slots[((size_t)hash + *place) & (index->room - 1)];
        if (!slot->used)
            return false;
        if (slot->hash == hash) {
            *number = slot->number;
            (*place)++;
            return true;
        }
    }
    return false;
}

uint64_t number_hash(const void *data, size_t size)
{
    const uint8_t *bytes = data;
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ bytes[i]) * 0x100000001b3u;
    return random_mix(hash);
}
