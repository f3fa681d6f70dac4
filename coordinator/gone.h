/* gone.h - a merge refused an input: which products are really gone or changed?
 * SPDX-License-Identifier: Apache-2.0
 *
 * Blame needs evidence: a pilot may have a bad mount or bad memory, so the coordinator
 * looks for itself before anything is made again.
 */
#ifndef SPILLWAY_COORDINATOR_GONE_H
#define SPILLWAY_COORDINATOR_GONE_H

#include "coordinator/book.h"
#include "coordinator/owed.h"

struct gone {
    uint32_t steps;              /* that made them */
    struct number_list segments; /* plan numbers; starts empty, the caller frees it */
};

/* Looks at the file that holds input `blamed` of the group (UINT32_MAX: what a raw skim
 * takes its start records from), and gives all segments of the run whose product there
 * is not what the catalog says. None when all is well, or when the store itself cannot be
 * seen. When the file is there all products of the run in it are read. */
bool gone_find(const struct book *book, struct catalog_txn *txn, uint32_t group,
               uint32_t blamed, struct gone *gone, struct err *err);

#endif
