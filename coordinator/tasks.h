/* tasks.h - turns a lease into the task that a worker gets.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_TASKS_H
#define SPILLWAY_COORDINATOR_TASKS_H

#include "coordinator/book.h"

/* Fills `task` from the catalog for a COMMAND_LEASE; everything it points to lives in
 * `arena` or in the book. */
bool task_build(const struct book *book, struct catalog_txn *txn,
                const struct core_command *lease, struct arena *arena, struct task *task,
                struct err *err);

/* The product of one stream of a product set, NULL when it has none. */
const struct product *task_find_stream(const struct product_set *set, const char *stream);

/* Raw skims begin with the start records of the run: the first committed segment of the
 * unit that has any; UINT32_MAX when there is none, or the stream is no raw skim. */
bool task_prologue(const struct book *book, struct catalog_txn *txn,
                   const struct merge_group *group, uint32_t *segment, struct err *err);

/* Number of the product set that holds `stream` for this state. */
uint32_t task_product_number(const struct plan_state *state, const char *stream);

/* The product of one stream of a committed segment; E_CATALOG_DAMAGED when there is none.
 */
bool task_product(const struct book *book, struct catalog_txn *txn, uint32_t segment,
                  const char *stream, struct product *product, struct err *err);

#endif
