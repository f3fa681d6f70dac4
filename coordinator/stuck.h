/* stuck.h - what keeps a campaign open, with the evidence.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_STUCK_H
#define SPILLWAY_COORDINATOR_STUCK_H

#include <stdio.h>

#include "catalog/catalog.h"

/* Quarantined segments and given-up merges that are printed; the rest is counted. */
#define STUCK_SHOWN 10u

/* A line for each: chunk, segment, spill, offset, and what the last attempt that blamed
 * it said, with its number and host. Reads all attempts of the catalog. */
bool stuck_print(struct catalog_txn *txn, const struct campaign *campaign, FILE *out,
                 struct err *err);

#endif
