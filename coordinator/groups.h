/* groups.h - which segments become which published file.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A unit (run) whose segments are all final is cut into merge groups, stream by stream:
 * committed segments in plan order, a new file begins before the size target would be
 * passed. So the cut follows from the products alone, never from tasks or their order.
 * Nothing is merged across runs, hence not across period, set-up, beam, data|mc.
 */
#ifndef SPILLWAY_COORDINATOR_GROUPS_H
#define SPILLWAY_COORDINATOR_GROUPS_H

#include "coordinator/book.h"

struct group_list {
    struct merge_group *groups;
    uint32_t count;
    uint32_t capacity;
};

void group_list_release(struct group_list *list);

/* Appends the groups of a unit, numbered from book->campaign.group_count on. A group
 * whose published file is in the catalog already is PUBLISHED, the others are OPEN. */
bool groups_cut(const struct book *book, struct catalog_txn *txn, uint32_t unit,
                struct group_list *list, struct err *err);

/* The groups of a run become VOID, so that it is cut anew when it is final; one that is
 * publishing has its file and is let finish. */
bool groups_void(struct catalog_txn *txn, const struct campaign *campaign, uint32_t run,
                 struct err *err);

#endif
