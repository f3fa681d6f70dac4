/* apply_merge.h - a merged file takes over from its parts.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_APPLY_MERGE_H
#define SPILLWAY_COORDINATOR_APPLY_MERGE_H

#include "coordinator/book.h"
#include "coordinator/owed.h"

/* Writes the new state of a group. `report` is that of its merge when it becomes
 * PUBLISHING, else NULL: in the same transaction the products of the group move to the
 * published name (the file follows right after the commit, or at the next start), and
 * parts that hold nothing any more become COLLECTING. */
bool apply_group(struct book *book, struct catalog_txn *txn, const struct report *report,
                 const struct core_command *command, struct owed *owed, struct err *err);

#endif
