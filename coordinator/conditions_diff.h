/* conditions_diff.h - spillway conditions diff: where two tags say something else.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_CONDITIONS_DIFF_H
#define SPILLWAY_COORDINATOR_CONDITIONS_DIFF_H

#include "conditions/source.h"
#include "coordinator/conditions_show.h"

/* Types and intervals that differ within the runs, both included; of payloads whose type
 * this release knows also the values, largest change first, at most `most` of each. Both
 * tags come from one source, of any kind. */
struct diff_request {
    const char *a;
    const char *b;
    uint32_t first_run;
    uint32_t last_run;
    uint64_t most;
};

bool diff_show(const struct show *show, struct source *source,
               const struct diff_request *request, struct err *err);

#endif
