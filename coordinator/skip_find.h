/* skip_find.h - in which segments of a plan an event is.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_SKIP_FIND_H
#define SPILLWAY_COORDINATOR_SKIP_FIND_H

#include "catalog/catalog.h"

/* A spill lies in a few chunks, each of which cuts it into a few segments. */
#define SKIP_PLACES 64u

struct skip_event {
    uint32_t run, spill, event;
};

/* Segments that hold the event, by plan number. */
struct skip_places {
    uint32_t numbers[SKIP_PLACES];
    uint32_t count;
    uint32_t type; /* of the event */
};

/* Reads the raw bytes of all segments of the spill. E_NOT_FOUND when the campaign has no
 * such spill, or no event of that number is to be reconstructed in it. */
bool skip_find(struct catalog_txn *txn, const struct campaign *campaign,
               const struct skip_event *event, struct skip_places *places,
               struct err *err);

#endif
