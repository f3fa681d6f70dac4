/* plan_values.h - the conditions of a plan: manifest, and the values of each spill.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The tag is resolved once. Payloads go under a folder as conditions/<2 hex>/<sha256>:
 * the store of the campaign, or the cache of the area in a dry run. Always true: a set
 * holds exactly the types that its step declares, sorted; a missing value is an error and
 * never a default.
 */
#ifndef SPILLWAY_COORDINATOR_PLAN_VALUES_H
#define SPILLWAY_COORDINATOR_PLAN_VALUES_H

#include "conditions/effective.h"
#include "conditions/manifest.h"
#include "coordinator/campaign_file.h"
#include "coordinator/value_table.h"
#include "transfer/transfer.h"

#define PLAN_TYPES 64 /* payload types of a release */

/* A table over spills that was read last; runs come in order, so one a type is enough. */
struct plan_ladder {
    struct sha256 hash;
    struct spill_table *table;
};

struct plan_values {
    struct manifest manifest;
    struct sha256 hash;               /* of the manifest; zero without conditions */
    bool frozen;                      /* the tag cannot change any more */
    const char *folder;               /* where the payloads are; borrowed */
    uint32_t allowed;                 /* bit mask of enum fallback */
    struct transfer_options transfer; /* with the service; the caller may change them */
    const struct payload_type *types[PLAN_TYPES]; /* declared, sorted by name */
    size_t type_count;
    struct plan_ladder ladders[PLAN_TYPES];
    struct bytes notes; /* what came from mirrors of the source, a line each */
    struct bytes row;
    struct value_table table;
    /* Of the last (run, spill) asked for: both steps, sorted by type. */
    bool known;
    uint32_t run, spill;
    uint32_t reco_set, select_set;
    size_t reco_count, select_count;
    struct effective reco[PLAN_TYPES], select[PLAN_TYPES];
};

void plan_values_init(struct plan_values *values);
void plan_values_release(struct plan_values *values);

/* Resolves the campaign's tag for the runs first .. last into `folder`. For physics, a
 * payload whose numbers are unverified or synthetic and whose type is not acknowledged is
 * added to `problems`, a line each. Without conditions there are no types and no values.
 */
bool plan_values_resolve(struct plan_values *values, const struct campaign_file *file,
                         const struct run_range *runs, const char *folder,
                         struct bytes *problems, struct err *err);

/* The fields above are those of this (run, spill) already. */
static inline bool plan_values_known(const struct plan_values *values, uint32_t run,
                                     uint32_t spill)
{
    return values->known && values->run == run && values->spill == spill;
}

/* Sets of this (run, spill), in the fields above; E_EFFECTIVE and E_MANIFEST when a value
 * is missing. */
bool plan_values_at(struct plan_values *values, uint32_t run, uint32_t spill,
                    struct err *err);

#endif
