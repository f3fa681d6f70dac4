/* part.h - parts lose what they hold: to published files, or because it is gone.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A part that holds no product any more becomes COLLECTING in the same transaction; its
 * file and record are removed after the commit, or by the next sweep.
 */
#ifndef SPILLWAY_COORDINATOR_PART_H
#define SPILLWAY_COORDINATOR_PART_H

#include "catalog/catalog.h"
#include "coordinator/owed.h"

/* true when the place is in a part, not in a published file. */
bool part_holds(const struct place *place);

/* When `name` is a part without products it becomes COLLECTING and is added to `collect`
 * (NULL: left to the sweep). */
bool part_collect(struct catalog_txn *txn, const char *name, struct name_list *collect,
                  struct err *err);

/* Deletes a product set and sets *number to 0; the bytes are gone or wrong. 0 and one
 * that was deleted before are fine. */
bool part_forget(struct catalog_txn *txn, uint32_t *number, struct name_list *collect,
                 struct err *err);

#endif
