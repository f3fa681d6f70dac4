/* walk.h - the structure walker: what is in a chunk, without decoding it.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Reads a chunk once with flat memory. Every byte is accounted: the segments tile the
 * file, and what is in no good event is on the list of damage. Shares no code with the
 * decoders, because the two are compared: the index of the walker says what a decoder
 * must have seen.
 */
#ifndef SPILLWAY_RAW_WALK_H
#define SPILLWAY_RAW_WALK_H

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

/* Walks the file. `id` is what its name says: events of another run are damage, and a
 * file of another run altogether is E_RAW_RUN. E_RAW_EMPTY: no bytes; E_RAW_NO_EVENT: no
 * event at all; E_RAW_LAYOUT: a header layout that is not read. */
bool walk_chunk(const char *path, const struct chunk_id *id, struct walk_result *result,
                struct err *err);

/* The same for an open file; `name` is for messages. The file offset is not used. */
bool walk_fd(int fd, const char *name, const struct chunk_id *id,
             struct walk_result *result, struct err *err);

/* The same file again, whose segments were found before: events that are elsewhere by
 * them are damage and count in no segment. */
bool walk_again(const char *path, const struct walk_result *found,
                struct walk_result *result, struct err *err);

void walk_result_release(struct walk_result *result);

#endif
