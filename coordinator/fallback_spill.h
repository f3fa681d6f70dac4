/* fallback_spill.h - whether a spill of a plan counts, and with how much EOT.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_FALLBACK_SPILL_H
#define SPILLWAY_COORDINATOR_FALLBACK_SPILL_H

#include "catalog/catalog.h"

struct fallback_spill {
    bool selected; /* not for bytes at start and end of a run: no events and no count */
    bool known;
    double eot;
};

/* `segments` are all those of one (run, spill) of the plan. */
bool fallback_spill_read(struct catalog_txn *txn, const struct plan_segment *segments,
                         uint32_t count, struct fallback_spill *spill, struct err *err);

#endif
