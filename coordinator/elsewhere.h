/* elsewhere.h - events of a chunk that other segments of its run have already.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The catalogue keeps for each scanned chunk which event numbers its segments have. An
 * event counts in the segment that was scanned first, by the order of the chunks when a
 * run is scanned at once; in another one it is damage, and the segment's ranges say so.
 */
#ifndef SPILLWAY_COORDINATOR_ELSEWHERE_H
#define SPILLWAY_COORDINATOR_ELSEWHERE_H

#include "catalog/catalog.h"
#include "model/numbers.h"

/* The numbers of the chunks of one run. */
struct elsewhere {
    struct elsewhere_chunk *chunks;
    size_t count, room;
    uint64_t *map, *all; /* of numbers */
};

/* Events of one segment that do not count in it. */
struct elsewhere_found {
    struct segment_id segment;
    uint32_t spill, events, first;
    struct chunk_id
        other; /* a chunk that has events of that spill which this one has too */
};

struct elsewhere_list {
    struct elsewhere_found *found; /* the caller's to free */
    size_t count, room;
};

void elsewhere_init(struct elsewhere *elsewhere);
void elsewhere_release(struct elsewhere *elsewhere);

/* Adds the numbers that a chunk has, as numbers_add() packed them. */
bool elsewhere_add(struct elsewhere *elsewhere, const struct chunk_id *chunk,
                   const struct bytes *numbers, struct err *err);

/* Adds those of a scanned chunk from the catalogue. One that was scanned before numbers
 * were kept has none. */
bool elsewhere_load(struct elsewhere *elsewhere, struct catalog_txn *txn,
                    const struct chunk_id *chunk, struct err *err);
bool elsewhere_store(struct catalog_txn *txn, const struct chunk_id *chunk,
                     const struct bytes *numbers, struct err *err);
bool elsewhere_forget(struct catalog_txn *txn, const struct chunk_id *chunk,
                      struct err *err);

/* Sets the ranges of all segments of a chunk whose numbers are given, in their order, and
 * appends to the list. E_SCAN when a segment needs more ranges than it has. */
bool elsewhere_find(struct elsewhere *elsewhere, const struct bytes *numbers,
                    struct segment *segments, size_t count, struct elsewhere_list *list,
                    struct err *err);

#endif
