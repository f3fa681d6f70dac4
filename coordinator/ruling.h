/* ruling.h - a manager's word on segments of a campaign: who, when, why; kept for ever.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Losses that were accepted and taken back, events that are skipped, as lines of JSON in
 * one text of the catalog; lines are only ever appended. The last word on a segment, or
 * on an event of it, holds.
 */
#ifndef SPILLWAY_COORDINATOR_RULING_H
#define SPILLWAY_COORDINATOR_RULING_H

#include "catalog/catalog.h"

#define RULING_BY     64
#define RULING_REASON 200

enum ruling_kind {
    RULING_CLOSE,   /* these segments are accepted as lost */
    RULING_RECOVER, /* they are open again */
    RULING_SKIP,    /* they are done without one event */
    RULING_UNSKIP   /* and with it again */
};

struct ruling {
    enum ruling_kind kind;
    char by[RULING_BY]; /* who decided; "" is not known */
    char reason[RULING_REASON];
    int64_t unix_s;
    const uint32_t *segments; /* plan numbers, ascending */
    uint32_t segment_count;
    uint32_t event, type; /* SKIP, UNSKIP: number in the spill, DATE type */
};

struct rulings {
    struct ruling *list; /* in the order in which they were given */
    size_t count;
    struct arena arena; /* of their segments */
};

/* Takes the word of an option; E_USAGE names the option when it is absent, too long or
 * holds control characters. */
bool ruling_word(const char *option, const char *word, char *out, size_t size,
                 struct err *err);

bool ruling_add(struct catalog_txn *txn, uint32_t campaign, const struct ruling *ruling,
                struct err *err);

bool rulings_read(struct rulings *rulings, struct catalog_txn *txn, uint32_t campaign,
                  struct err *err);
void rulings_release(struct rulings *rulings);

/* The last CLOSE or RECOVER on this segment, NULL: none. */
const struct ruling *rulings_last(const struct rulings *rulings, uint32_t segment);

/* The last SKIP or UNSKIP of this event of it, NULL: none. */
const struct ruling *rulings_last_event(const struct rulings *rulings, uint32_t segment,
                                        uint32_t event);

#endif
