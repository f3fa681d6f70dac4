/* campaign_file.h - campaign.yaml as values: selection, recipe, conditions, policy.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Defaults, where the file says nothing: types physics; origin data; quality good,
 * unstable and unknown (published EOT include unstable runs, and the lists before 2017
 * have no ratings); task 256 MiB; merge 4 GB; 3 attempts, 30 s apart, 600 s and 2048 MB
 * for a segment; lease 120 s; complete at 1; eot_partial drop; no budget for
 * allowed fallbacks; no stages; with them, an approval holds for 30 days.
 * Purpose physics takes no synthetic run.
 */
#ifndef SPILLWAY_COORDINATOR_CAMPAIGN_FILE_H
#define SPILLWAY_COORDINATOR_CAMPAIGN_FILE_H

#include "base/arena.h"
#include "coordinator/config.h"
#include "coordinator/select.h"
#include "model/campaign.h"

struct campaign_file {
    struct campaign campaign; /* no id, manifest, plan or creation time yet */
    struct selection selection;
    uint32_t priority; /* orders.h */
    uint32_t allowed;  /* bit mask of enum fallback: what may be used at all */
    double budget[FALLBACK_LEVELS]; /* share of the EOT that may rest on each, 0 to 1 */
    const char *const *mirrors;     /* of the conditions source, in their order */
    uint32_t mirror_count;
    const char *const *acknowledged; /* payload types with unverified numbers */
    uint32_t acknowledged_count;
    uint32_t sample_spills; /* of each run, 0: no stages */
    uint32_t gate_days;     /* for which an approval holds */
};

/* `folder` is the absolute folder of the file: relative paths start there. `release` goes
 * into the recipe. Lists and words are in `arena`. */
bool campaign_file_parse(const struct config_file *file, const char *folder,
                         const struct sha256 *release, struct arena *arena,
                         struct campaign_file *out, struct err *err);

/* Reads, then parses. */
bool campaign_file_read(const char *path, const struct sha256 *release,
                        struct arena *arena, struct campaign_file *out, struct err *err);

#endif
