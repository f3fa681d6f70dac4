/* walk_book.h - what the walker has found so far: segments, events, damage.
 * SPDX-License-Identifier: Apache-2.0
 *
 * For walk.c, which finds the events and sums the bytes.
 */
#ifndef SPILLWAY_RAW_WALK_BOOK_H
#define SPILLWAY_RAW_WALK_BOOK_H

#include "raw/walk_head.h"
#include "raw/walk_result.h"

#define WALK_NAMES 64u /* of events, whose digests are made together */

struct walk_book {
    const char *name;                /* of the file, for messages */
    struct walk_result *result;      /* borrowed, filled as the walk goes */
    const struct walk_result *found; /* when the file was walked before, else NULL */
    uint64_t *seen;                  /* bit map of the event numbers of this segment */
    size_t seen_room, seen_words;    /* of it: that there are, that may have bits */
    uint64_t *first;    /* by number, where its bit is set: offset of that event */
    size_t open_damage; /* listed from here on: the good event behind is not known yet */
    struct event_name names[WALK_NAMES]; /* of this segment, not in its digest yet */
    size_t name_count;
    struct walk_event last;
    size_t segment_room, damage_room, burst_room;
};

/* `found` as in walk_again(), or NULL; `result` is empty. */
void walk_book_init(struct walk_book *book, const char *name,
                    const struct walk_result *found, struct walk_result *result);

/* The result stays with the caller. */
void walk_book_release(struct walk_book *book);

/* The current segment; there must be one. Borrowed until the next one is opened. */
static inline struct segment *walk_book_segment(const struct walk_book *book)
{
    return &book->result->segments[book->result->segment_count - 1];
}

/* The next segment, which begins at `offset`. E_RAW_SEGMENTS: too many. */
bool walk_book_open(struct walk_book *book, uint32_t spill, uint64_t offset,
                    struct err *err);

/* Counts the good event at `at` in the current segment. */
void walk_book_event(struct walk_book *book, uint64_t at, const struct walk_head *head);

/* A gap without good event; belongs to the segment before, or to the first. */
void walk_book_gap(struct walk_book *book, const struct walk_damage *gap);

/* Does the event count in a segment of another chunk, or in an earlier one? */
bool walk_book_is_elsewhere(const struct walk_book *book, const struct walk_head *head);
void walk_book_elsewhere(struct walk_book *book, uint64_t at,
                         const struct walk_head *head);

/* Was an event of this number in the segment that this event belongs to? */
bool walk_book_seen(const struct walk_book *book, const struct walk_head *head);

/* After the last event of a file that has one: what the chunk says is the sum of what its
 * segments say. */
bool walk_book_close(struct walk_book *book, uint32_t run, uint64_t file_size,
                     struct err *err);

#endif
