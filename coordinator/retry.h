/* retry.h - what a person releases after the cause was mended is tried again.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_RETRY_H
#define SPILLWAY_COORDINATOR_RETRY_H

#include "coordinator/area.h"

struct retry_options {
    bool lost;    /* lost segments too, not only quarantined ones */
    bool one_run; /* only this run: */
    uint32_t run;
};

struct retry_counts {
    uint32_t quarantined; /* segments that are READY now */
    uint32_t lost;
    uint32_t merges; /* that were given up */
};

/* In one transaction of the caller: quarantined (and lost) segments become READY with
 * no blame and no deaths; the merge groups of a run with a merge that was given up become
 * VOID, so that the run is cut anew. Nothing else changes. */
bool retry_campaign(struct catalog_txn *txn, const char *campaign,
                    const struct retry_options *options, struct retry_counts *counts,
                    struct err *err);

extern const char retry_usage[];
int retry_command(struct area *area, int argc, char **argv);

#endif
