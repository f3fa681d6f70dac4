/* conditions_check.h - all that is wrong with a tag for a selection of runs.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_CONDITIONS_CHECK_H
#define SPILLWAY_COORDINATOR_CONDITIONS_CHECK_H

#include "coordinator/conditions_show.h"

struct check_request {
    const char *tag;
    uint32_t first_run; /* both included */
    uint32_t last_run;
    const char *types; /* "a,b,c"; NULL: those of the tag */
};

/* Fetches and verifies every payload that is valid in these runs, goes on after each
 * fault, and puts all of them into `out` (conditions_faults.h), with the hash of the
 * manifest when the tag can be resolved. E_CONDITIONS_FAULTS with their counts when there
 * is one. When the source itself fails (no answer, a tag that cannot be read) that is the
 * error and nothing is listed: half a list would be taken for the whole. */
bool check_show(const struct show *show, struct source *source,
                const struct check_request *request, struct err *err);

#endif
