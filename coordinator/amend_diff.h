/* amend_diff.h - what an amendment changes: new keys against those that hold now.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_AMEND_DIFF_H
#define SPILLWAY_COORDINATOR_AMEND_DIFF_H

#include "coordinator/family.h"
#include "coordinator/plan_build.h"

struct amend_count {
    uint32_t segments;
    uint64_t events; /* physics and calibration */
    uint32_t spills;
};

/* Of a run: segments = changed + kept; changed = rerun + reused. */
struct amend_run {
    uint32_t run;
    struct amend_count changed; /* their keys are others */
    struct amend_count kept;
    struct amend_count rerun;  /* changed, and no product is there */
    struct amend_count reused; /* changed, all products are there */
    uint32_t files; /* published now; withdrawn once replaced, 0 if all is kept */
};

struct amend_diff {
    struct amend_run *runs;
    size_t count;
};

/* The plan holds the runs; who answers for them now is asked of the family. */
bool amend_diff_make(struct amend_diff *diff, const struct plan *plan,
                     const struct family *family, struct catalog_txn *txn,
                     struct err *err);
void amend_diff_release(struct amend_diff *diff);

/* For people: a line a run and the sums. */
bool amend_diff_text(const struct amend_diff *diff, struct bytes *out, struct err *err);
bool amend_diff_json(const struct amend_diff *diff, struct bytes *out, struct err *err);

#endif
