/* repair.h - products whose bytes are gone are forgotten, so that they are made again.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Same inputs give the same bytes, so nothing is lost but time. A store is shared by
 * campaigns, and so are product sets: all campaigns of the store are put right together.
 * Their segments become READY, the merge groups of their runs VOID, they are open again.
 */
#ifndef SPILLWAY_COORDINATOR_REPAIR_H
#define SPILLWAY_COORDINATOR_REPAIR_H

#include "catalog/catalog.h"

/* At each start, before the campaign is loaded (a catalog restored from an older backup
 * points at parts that were collected since): finishes what the catalog says is being
 * published, checks that every file is there with its size, and forgets the products of
 * those that are not. *forgotten counts segments, of all campaigns of the store.
 * E_STORE_ABSENT when there is nothing at all below the store: then it is not mounted,
 * and nothing is forgotten. */
bool repair_store(struct catalog_txn *txn, const char *campaign, uint64_t *forgotten,
                  struct err *err);

/* After products of `campaign` were deleted: the same for other campaigns of its store
 * that pointed at them. */
bool repair_shared(struct catalog_txn *txn, const struct campaign *campaign,
                   uint64_t *forgotten, struct err *err);

#endif
