/* evidence.h - what the sample of a period came to, as a document to decide on.
 * SPDX-License-Identifier: Apache-2.0
 *
 * JSON; for each run of the sample events, spills and EOT as the report counts them,
 * seen, kept, rejected and damaged of each skim, damage by class, a digest of each
 * stream; then fallbacks and losses. It holds no date, host or attempt: the same sample
 * gives the same bytes, so its sha256 names what was looked at.
 */
#ifndef SPILLWAY_COORDINATOR_EVIDENCE_H
#define SPILLWAY_COORDINATOR_EVIDENCE_H

#include "coordinator/gate.h"

/* Of one of the gates; reads summaries in the store. Appends the document to `out` and,
 * for people, a line a run to `lines`. *sample: gate_sample_hash of what it tells of. */
struct evidence {
    struct bytes document, lines;
    struct sha256 hash; /* of the document */
    struct sha256 sample;
};

void evidence_init(struct evidence *evidence);
void evidence_release(struct evidence *evidence);
bool evidence_make(struct evidence *evidence, struct catalog_txn *txn,
                   const struct campaign *campaign, const struct stage_period *period,
                   struct err *err);

#endif
