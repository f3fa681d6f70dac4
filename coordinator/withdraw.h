/* withdraw.h - published files that a newer cut of their run replaced.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A run is cut anew when a lost segment was recovered: the same events are then in an old
 * and in a new file. Always true after a sweep: a file below published/ is named by a
 * merge group that is not VOID, of one campaign at least, or still holds products that
 * wait to be merged.
 */
#ifndef SPILLWAY_COORDINATOR_WITHDRAW_H
#define SPILLWAY_COORDINATOR_WITHDRAW_H

#include "catalog/catalog.h"

/* *replaced: no merge group that counts names this file. */
bool withdraw_replaced(struct catalog_txn *txn, const char *file, bool *replaced,
                       struct err *err);

/* Marks replaced files of the campaign without live products as COLLECTING. */
bool withdraw_files(struct catalog_txn *txn, const struct campaign *campaign,
                    uint64_t *count, struct err *err);

#endif
