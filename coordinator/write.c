/* write.c - begin, step, commit; again after the map grew.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/write.h"

#define GROWTHS 64 /* each at least adds a fixed step; the address space ends before */

bool write_catalog(struct catalog *catalog, write_step step, void *context,
                   struct err *err)
{
    struct err failure;
    for (int i = 0; i < GROWTHS; i++) {
        struct catalog_txn *txn;
        if (!catalog_begin(catalog, &txn, err))
            return false;
        if (!step(txn, context, &failure))
            catalog_abort(txn);
        else if (catalog_commit(txn, &failure))
            return true;
        if (failure.code != E_CATALOG_GROW)
            break;
    }
    *err = failure;
    return false;
}
