/* number_index.h - numbers found by a 64-bit hash: open addressing, never removed from.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Several numbers may have one hash; the caller compares what they stand for. Memory: 16
 * bytes a slot, at most half of them used.
 */
#ifndef SPILLWAY_COORDINATOR_NUMBER_INDEX_H
#define SPILLWAY_COORDINATOR_NUMBER_INDEX_H

#include "base/bytes.h"

struct number_slot {
    uint64_t hash;
    uint32_t number;
    bool used;
};

struct number_index {
    struct number_slot *slots;
    size_t room; /* 0 or a power of two */
    size_t count;
};

void number_index_init(struct number_index *index);
void number_index_release(struct number_index *index);
void number_index_add(struct number_index *index, uint64_t hash, uint32_t number);

/* Steps through the numbers with this hash; *place starts at 0. */
bool number_index_next(const struct number_index *index, uint64_t hash, size_t *place,
                       uint32_t *number);

/* FNV-1a with a final mix: for texts and number lists of our own, not for hostile ones
 * that must not collide. */
uint64_t number_hash(const void *data, size_t size);

#endif
