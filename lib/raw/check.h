/* check.h - everything that is wrong with a raw file, place by place.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The walker has read the file; then its good events are shown twice, in order: first to
 * learn what is regular in this file (data sources and their chips, the step of event
 * numbers), then to find what is not. The pieces of each event are read by the decoder's
 * code and by the walker's, and compared. Memory does not grow with the file: places
 * beyond CHECK_PLACES are only counted.
 */
#ifndef SPILLWAY_RAW_CHECK_H
#define SPILLWAY_RAW_CHECK_H

#include "raw/check_chips.h"
#include "raw/check_numbers.h"
#include "raw/slink.h"

#define CHECK_PLACES  65536u
#define CHECK_SOURCES (SLINK_SOURCES + 1) /* the last one: not known, or none */
#define CHECK_KINDS   2 /* physics and calibration events have different sources */
#define CHECK_MASK    (SLINK_SOURCES / 64)

struct check_place {
    enum damage_class damage;
    uint32_t source;         /* SLINK_SOURCES: not known, or none */
    uint64_t offset, length; /* bytes in the file */
    uint64_t loss;           /* bytes that nobody gets; 0: marked, or not in the file */
    uint64_t missing;        /* event numbers that are not there */
    struct walk_event before, after; /* good events; inside of one both are that */
};

struct check_sum {
    uint64_t places, loss;
};

struct check {
    const struct walk_result *walk; /* borrowed */
    struct check_place *places;     /* after check_finish by offset */
    size_t listed, room;
    struct check_sum (*sums)[CHECK_SOURCES]; /* by class and source, of all places */
    uint64_t total;                          /* places */
    uint64_t good_bytes;    /* of good events, as the decoder's code saw them */
    uint64_t lost_inside;   /* of these: pieces that are lost */
    uint64_t missing;       /* event numbers that are not in the file */
    uint64_t first_of_run;  /* blocks that describe modules instead of data */
    uint64_t disagreements; /* events in which walker and decoder saw other pieces */

    /* Learned in the first round: in how many events, of which kind, a source is. */
    uint64_t events[CHECK_KINDS];
    uint64_t with[CHECK_KINDS][SLINK_SOURCES];

    struct check_chips *chips;
    struct check_numbers numbers;
    uint64_t *gap_missing;   /* by the walker's list */
    struct walk_event shown; /* the last event of the second round */
    const uint8_t *shown_data;
    uint64_t shown_at;
};

/* For one file after another. `maps`, NULL for none, must outlive the check. */
void check_init(struct check *check, const struct map_chips *maps);
void check_release(struct check *check);

/* Forgets the file before. `walk` must be there as long as this file is looked at. */
void check_start(struct check *check, const struct walk_result *walk);

/* First round, for each good event. */
void check_learn(struct check *check, const struct date_event *event);

/* Second round, for each good event again, with its offset in the file. */
void check_event(struct check *check, const struct date_event *event, uint64_t offset);

/* After the last event: the walker's damage joins, all places are put in order. */
void check_finish(struct check *check);

#endif
