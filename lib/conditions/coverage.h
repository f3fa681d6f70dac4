/* coverage.h - which selected runs a manifest leaves without a payload.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_CONDITIONS_COVERAGE_H
#define SPILLWAY_CONDITIONS_COVERAGE_H

#include "conditions/manifest.h"

/* Spills of one run that must be covered: 0 .. UINT32_MAX when not known. */
struct coverage_run {
    uint32_t run;
    uint32_t first_spill;
    uint32_t last_spill; /* included */
};

struct coverage {
    const char *const *types; /* wanted */
    size_t type_count;
    const struct coverage_run *runs; /* selected, sorted by run */
    size_t run_count;
};

/* Appends one line a gap, "TYPE: runs 3574 - 3854" or "TYPE: run 3661 from spill 12", in
 * the order of the wanted types; neighbours in the list of runs are joined. *gaps counts
 * the lines. */
bool coverage_report(const struct manifest *manifest, const struct coverage *wanted,
                     struct bytes *report, size_t *gaps, struct err *err);

#endif
