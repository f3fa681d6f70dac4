/* segment.h - the unit of identity, commit and output, and the table of its life.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A segment is the longest run of consecutive events of one chunk with one spill number;
 * other bytes (damage) belong to the segment before, at the start of a file to the first.
 * So the segments of a chunk tile it: offsets and lengths account for every byte.
 */
#ifndef SPILLWAY_MODEL_SEGMENT_H
#define SPILLWAY_MODEL_SEGMENT_H

#include "base/bytes.h"
#include "model/chunk.h"
#include "model/event_digest.h"

/* DATE event types 0 to 15; larger ones are counted as 0. */
#define EVENT_TYPES 16

enum event_type {
    EVENT_OTHER = 0,
    EVENT_START_OF_RUN = 1,
    EVENT_END_OF_RUN = 2,
    EVENT_START_OF_RUN_FILES = 3,
    EVENT_END_OF_RUN_FILES = 4,
    EVENT_START_OF_BURST = 5,
    EVENT_END_OF_BURST = 6,
    EVENT_PHYSICS = 7,
    EVENT_CALIBRATION = 8
};

/* Events are selected by skims; everything else is a record and kept in each skim. */
static inline bool event_type_is_event(uint32_t type)
{
    return type == EVENT_PHYSICS || type == EVENT_CALIBRATION;
}

struct segment_id {
    struct chunk_id chunk;
    uint32_t ordinal; /* within the chunk, from 0 */
};

/* Event numbers `first` to `last`. */
struct event_range {
    uint32_t first, last;
};

/* Copies are a stretch of a file, so a segment has one range, or none. Each is 8 bytes of
 * every segment in memory. */
#define SEGMENT_ELSEWHERE 16u

struct segment {
    struct segment_id id;
    uint32_t spill;
    uint64_t offset; /* bytes from the start of the chunk */
    uint64_t length;
    uint32_t adler32;             /* of these bytes */
    uint32_t events[EVENT_TYPES]; /* by type */
    struct event_digest digest;   /* of all events and records */
    uint64_t damaged_bytes;       /* of the length, outside good events */
    /* Its events of these numbers count in other segments, which have them too. */
    struct event_range elsewhere[SEGMENT_ELSEWHERE];
    uint32_t elsewhere_count;
};

/* Does an event of this number, physics or calibration, count elsewhere? */
static inline bool segment_elsewhere(const struct segment *segment, uint32_t event)
{
    for (uint32_t i = 0; i < segment->elsewhere_count; i++)
        if (segment->elsewhere[i].first <= event && event <= segment->elsewhere[i].last)
            return true;
    return false;
}

int segment_id_compare(const struct segment_id *a, const struct segment_id *b);

/* Life of a segment in a campaign. Stored: append only. */
enum segment_state {
    SEGMENT_PLANNED,     /* in the plan; its stage is not open */
    SEGMENT_READY,       /* may be leased */
    SEGMENT_LEASED,      /* a pilot has it until the deadline of the lease */
    SEGMENT_WAITING,     /* becomes ready at its deadline (retry delay) */
    SEGMENT_QUARANTINED, /* a person decides, with the evidence of its attempts */
    SEGMENT_COMMITTED,   /* its products are in the catalog: final */
    SEGMENT_LOST         /* accepted as lost, with a reason: final until recovered */
};

#define SEGMENT_STATES 7

/* The one table of allowed moves. COMMITTED -> READY: a product was found missing. */
bool segment_may_move(enum segment_state from, enum segment_state to);
const char *segment_state_name(enum segment_state state);

/* Who must act on a segment in this state ("pilot", "coordinator", "manager", "-"). */
const char *segment_state_owner(enum segment_state state);

/* Until when, and why it was not done by then; "-" of final states. */
const char *segment_state_deadline(enum segment_state state);
const char *segment_state_reason(enum segment_state state);
bool segment_state_is_final(enum segment_state state);

/* The pictures in lib/model/README.md, one "from -> to" line a move, and one "state |
 * owner | deadline | reason" line a state that is not final; a test compares. */
bool segment_life_text(struct bytes *out, struct err *err);
bool segment_duties_text(struct bytes *out, struct err *err);

#endif
