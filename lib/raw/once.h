/* once.h - which event numbers of a segment were there before.
 * SPDX-License-Identifier: Apache-2.0
 *
 * For who reads a segment with date_reader: of events with one number the first in the
 * order of the file counts, whatever the others hold. The walker does the same in its own
 * code. Records of bursts and runs have no number of their own and always count.
 */
#ifndef SPILLWAY_RAW_ONCE_H
#define SPILLWAY_RAW_ONCE_H

#include "model/segment.h"
#include "raw/date.h"

struct once {
    uint64_t *seen;                /* bit map of the numbers */
    uint32_t words;                /* of the map that may have bits */
    const struct segment *segment; /* borrowed, or NULL */
    const uint8_t **first; /* by number, where its bit is set: the event's bytes */
};

/* Memory for all DATE_EVENT_LIMIT numbers (8 MiB, touched where there are events). */
void once_init(struct once *once);
void once_release(struct once *once);

/* Before the first event of a segment, whose bytes must stay where they are; NULL when no
 * index says which of its events count elsewhere. */
void once_start(struct once *once, const struct segment *segment);

/* true: the event counts. false: its number was there before, and *damage is REPEATED for
 * the same bytes or CONFLICT for others; or it is ELSEWHERE. */
bool once_take(struct once *once, const struct date_event *event,
               enum damage_class *damage);

#endif
