/* pace.h - what events cost, as attempts in the catalog measured it.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_PACE_H
#define SPILLWAY_COORDINATOR_PACE_H

#include "catalog/catalog.h"
#include "coordinator/memory_line.h"

/* Attempts that are used, and looked at, from the newest on. */
#define PACE_ATTEMPTS 256u
#define PACE_LOOKED   4096u

/* Of attempts that committed all of their segments, with these steps. */
struct pace {
    uint32_t attempts;
    uint64_t segments, events, bytes; /* of them all; input bytes */
    int64_t wall_ns;
    double event_ns;       /* these two by a straight line through */
    double task_ns;        /* wall time over events; task_ns beside the events */
    uint64_t written;      /* bytes */
    uint64_t memory_bytes; /* the most that one of them used */
    struct memory_line memory;
    double spread;   /* standard deviation of the log of a segment's time by that line */
    uint64_t merged; /* bytes, by merges of the same campaigns */
    int64_t merge_ns;
    char campaign[CAMPAIGN_NAME]; /* of the newest one */
};

/* Of the campaign; one with id 0 has none of its own, then those of all that have the
 * same set-up and reconstruct as it does. ABSENT: there is none. */
enum lookup pace_read(struct catalog_txn *txn, const struct campaign *campaign,
                      uint32_t steps, struct pace *pace, struct err *err);

/* Physics and calibration events and bytes of a segment of the plan. */
bool pace_segment(struct catalog_txn *txn, const struct segment_id *id, uint32_t *events,
                  uint64_t *bytes, struct err *err);

#endif
