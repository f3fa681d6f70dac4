/* write.h - one transaction on the catalog, run again when its map had to grow.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_WRITE_H
#define SPILLWAY_COORDINATOR_WRITE_H

#include "catalog/catalog.h"

/* Writes into the transaction. May be called several times: it starts its own counters
 * anew each time. */
typedef bool (*write_step)(struct catalog_txn *txn, void *context, struct err *err);

/* All of what `step` writes is in the catalog, or, when it fails, nothing. */
bool write_catalog(struct catalog *catalog, write_step step, void *context,
                   struct err *err);

#endif
