/* check_numbers.h - the numbers of events: in order, without holes, as many as were told.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A file of one event builder has every number of a spill; builders that take turns have
 * every second or third. The regular step is that of three quarters of all neighbours;
 * where there is none (builders that take what comes) holes cannot be told.
 */
#ifndef SPILLWAY_RAW_CHECK_NUMBERS_H
#define SPILLWAY_RAW_CHECK_NUMBERS_H

#include "raw/date.h"
#include "raw/walk.h"

#define NUMBERS_STEPS 16u    /* the largest step that is tried */
#define NUMBERS_JUMPS 65536u /* of a segment; what is behind is not told */

/* Between two neighbours lie more numbers than the step. */
struct numbers_jump {
    uint64_t from, offset; /* of the event before and of that behind it */
    uint32_t first;        /* number that should have come */
    struct walk_event before, after;
};

struct check_numbers {
    uint64_t distance[NUMBERS_STEPS + 1]; /* neighbours by distance; 0: all others */
    uint32_t step;                        /* 0: none is regular */
    struct walk_event learned;            /* the event before, in the first round */
    struct walk_event last;               /* the same in the second: of the file */
    struct walk_event highest;            /* of this spill */
    uint64_t highest_at;
    struct walk_event start; /* of burst */
    uint64_t start_at;
    struct numbers_jump *jumps;
    size_t jump_count, jump_room;
    uint64_t *seen; /* bit map of this spill's numbers */
};

/* What was found: for the list of places. */
struct numbers_found {
    enum damage_class damage;
    uint64_t from, offset; /* of the event before and of this one */
    uint64_t missing;
    struct walk_event before, after;
};

typedef void numbers_tell(void *user, const struct numbers_found *found);

void numbers_init(struct check_numbers *numbers);
void numbers_release(struct check_numbers *numbers);

/* Another file. */
void numbers_start(struct check_numbers *numbers);
void numbers_learn(struct check_numbers *numbers, const struct date_header *header);

/* Between the rounds. */
void numbers_settle(struct check_numbers *numbers);

/* Second round: EVENT_ORDER, BURST_COUNT at once, EVENT_MISSING when its spill ends. */
void numbers_show(struct check_numbers *numbers, const struct date_header *header,
                  uint64_t offset, numbers_tell *tell, void *user);
void numbers_finish(struct check_numbers *numbers, numbers_tell *tell, void *user);

#endif
