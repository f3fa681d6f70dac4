/* sweep.h - the only place that removes files below the store's parts/.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A part may go when it can never be committed: its token belongs to no current lease and
 * no file record of the catalog names it. Tokens that the catalog does not know (void, or
 * issued after the backup that this catalog was restored from) can never commit.
 */
#ifndef SPILLWAY_COORDINATOR_SWEEP_H
#define SPILLWAY_COORDINATOR_SWEEP_H

#include "coordinator/book.h"

struct swept {
    uint64_t removed;
    uint64_t foreign;         /* files whose name is no part name: left alone */
    char first[PRODUCT_FILE]; /* the first of them, "" none */
};

/* Removes every such part. */
bool sweep_parts(const struct campaign *campaign, struct catalog_txn *txn,
                 struct swept *swept, struct err *err);

/* Removes one file below the store; absent is fine. */
bool sweep_remove(const struct campaign *campaign, const char *name, struct err *err);

/* Removes the file and record of everything that is COLLECTING. */
bool sweep_collecting(const struct campaign *campaign, struct catalog_txn *txn,
                      struct err *err);

#endif
