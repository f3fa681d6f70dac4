/* apply.h - carries out the core's commands inside one catalog transaction.
 * SPDX-License-Identifier: Apache-2.0
 *
 * What must wait for the commit (moving and removing files, cutting groups) is collected
 * in `struct owed`, answers in the exchange. Applying the same commands again, after a
 * transaction that had to be given up because the map grew, gives the same result.
 */
#ifndef SPILLWAY_COORDINATOR_APPLY_H
#define SPILLWAY_COORDINATOR_APPLY_H

#include "coordinator/exchange.h"
#include "coordinator/owed.h"

/* `exchange` is NULL for commands that answer nobody. `wall_s` is for display. */
bool apply_commands(struct book *book, struct catalog_txn *txn, struct exchange *exchange,
                    const struct core_commands *commands, int64_t wall_s,
                    struct owed *owed, struct err *err);

#endif
