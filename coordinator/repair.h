/* repair.h - products whose bytes are gone or wrong are forgotten, so that they are made
 * again.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Runs before a campaign is loaded: at each start (a catalog restored from an older
 * backup points at parts that were collected since) and when a merge found an input
 * missing or changed. Same inputs give the same bytes, so nothing is lost but time.
 */
#ifndef SPILLWAY_COORDINATOR_REPAIR_H
#define SPILLWAY_COORDINATOR_REPAIR_H

#include "coordinator/book.h"

/* Finishes what the catalog says is publishing, checks that every file of the campaign is
 * there with its size, and forgets the products of those that are not; their segments
 * become READY, the merge groups of their units VOID. `dropped` names plan segments
 * to forget in any case. *forgotten counts segments. */
bool repair_campaign(struct catalog_txn *txn, const char *campaign,
                     const uint32_t *dropped, uint32_t dropped_count, uint64_t *forgotten,
                     struct err *err);

#endif
