/* skipped.h - which events of a campaign are skipped, with who said so and why.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_SKIPPED_H
#define SPILLWAY_COORDINATOR_SKIPPED_H

#include "catalog/catalog.h"
#include "coordinator/ruling.h"

/* One event in one segment of the plan; the ruling is what holds. */
struct skipped {
    uint32_t number; /* of the segment */
    struct plan_segment segment;
    const struct ruling *ruling;
};

/* Calls `each` for all of plan segments first .. first + count - 1, in the order of the
 * rulings, until it gives false. A campaign without rulings costs one look-up. */
typedef bool (*skipped_visit)(const struct skipped *skipped, void *context,
                              struct err *err);
bool skipped_each(struct catalog_txn *txn, uint32_t campaign, uint32_t first,
                  uint32_t count, skipped_visit each, void *context, struct err *err);

#endif
