/* skip_plan.h - which events of a planned segment are skipped: read, and changed.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_SKIP_PLAN_H
#define SPILLWAY_COORDINATOR_SKIP_PLAN_H

#include "catalog/catalog.h"
#include "model/skip.h"

/* One set of values of a segment, with their rows. */
#define SKIP_MEMORY ((size_t)64 << 20)

/* The list of a value set, empty when it has none. Uses the arena. */
bool skip_plan_list(struct catalog_txn *txn, const struct campaign *campaign,
                    uint32_t set, struct arena *arena, struct skip_list *list,
                    struct err *err);

/* Gives the segment this list: a value and a set of its own, new keys. The counts of the
 * campaign rise; the caller stores it. Its states and products are the caller's. */
bool skip_plan_change(struct catalog_txn *txn, struct campaign *campaign, uint32_t number,
                      const struct skip_list *list, struct err *err);

#endif
