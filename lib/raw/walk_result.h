/* walk_result.h - what the structure walker finds in a chunk.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_RAW_WALK_RESULT_H
#define SPILLWAY_RAW_WALK_RESULT_H

#include "model/segment.h"
#include "raw/damage.h"

/* Above these the file is not believed: E_RAW_SEGMENTS. 4096 spills can be in a run, and
 * two builders may alternate them a few times. */
#define WALK_SEGMENTS 65536u
/* Places of damage that are listed one by one; the others are only counted. */
#define WALK_DAMAGE 65536u

struct walk_event {
    bool known; /* false: there is none on that side */
    uint32_t spill, event, type;
};

struct walk_damage {
    enum damage_class damage;
    uint64_t offset, length;
    struct walk_event before, after; /* good events around it */
};

/* An end-of-burst record, for the beam count. */
struct walk_burst_end {
    uint32_t spill;
    uint64_t offset;
    uint32_t length;
};

struct walk_result {
    struct chunk chunk; /* id, size, adler32, scanned, segments, damaged_bytes and
                           damage_count; url empty */
    uint64_t events[EVENT_TYPES];
    struct event_digest digest;
    bool super; /* there are super-events: for a date_reader of any part of the file */
    struct segment *segments;
    size_t segment_count;
    struct walk_damage *damage; /* by offset; at most WALK_DAMAGE */
    size_t damage_listed;
    struct walk_burst_end *burst_ends;
    size_t burst_end_count;
    struct bytes numbers; /* of the events of each segment, as model/numbers.h has them */
};

#endif
