/* book.h - a campaign as the service holds it in memory, in step with the catalog.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Plain values: the campaign, one 16-byte state a segment, the units (runs) and the merge
 * groups. The core decides on its own copy of the states; the product numbers are only
 * here. When a transaction fails the process ends, so the book is never ahead for long.
 */
#ifndef SPILLWAY_COORDINATOR_BOOK_H
#define SPILLWAY_COORDINATOR_BOOK_H

#include "catalog/catalog.h"
#include "coordinator/core.h"

struct twins;

struct book {
    struct campaign campaign;
    const struct twins *twins; /* NULL: no other campaign is served; else twins.h */
    struct plan_state *states; /* campaign.segment_count */
    struct core_unit *units;
    uint32_t unit_count;
    uint32_t unit_capacity;
    uint32_t unit_run;          /* of the last one */
    struct merge_group *groups; /* campaign.group_count */
    uint32_t group_capacity;
};

/* Reads the campaign's states, units and groups, and gives a core that holds them and
 * the leases. Call core_step with EVENT_START next. */
bool book_load(struct book *book, struct catalog_txn *txn, const char *campaign,
               struct core **core, struct err *err);
void book_release(struct book *book);

/* Steps that a segment in this state still needs. */
uint32_t book_missing_steps(const struct campaign *campaign,
                            const struct plan_state *state);

/* The unit that holds a segment of the plan. */
uint32_t book_unit(const struct book *book, uint32_t segment);

/* Adds or replaces a group (number = count appends). */
void book_put_group(struct book *book, const struct merge_group *group);

/* Streams of the campaign's published files, in order: "reco" (when reconstructing),
 * "skim.NAME" in the order of the recipe, "summary", "flow", "hist" (when
 * reconstructing). */
uint32_t book_streams(const struct campaign *campaign, char (*streams)[STREAM_NAME],
                      uint32_t capacity);

#endif
