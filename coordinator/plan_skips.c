/* plan_skips.c - events of the planned runs that other campaigns skip.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A skip is a word on one campaign: the next one may have a release that reads the event.
 * So it is named here and not taken over.
 */
#include <inttypes.h>

#include "base/text.h"
#include "coordinator/plan_build.h"
#include "coordinator/skipped.h"

/* Whose skips are told in which plan. */
struct telling {
    struct plan *plan;
    const char *campaign;
};

static int run_order(const void *a, const void *b)
{
    uint32_t number = *(const uint32_t *)a;
    const struct plan_run *run = b;
    return number < run->run.number ? -1 : number > run->run.number;
}

static bool tell(const struct skipped *skipped, void *context, struct err *err)
{
    const struct telling *telling = context;
    struct plan *plan = telling->plan;
    const struct ruling *ruling = skipped->ruling;
    uint32_t run = skipped->segment.id.chunk.run;
    if (plan->run_count == 0 || bsearch(&run, plan->runs, plan->run_count,
                                        sizeof plan->runs[0], run_order) == NULL)
        return true;
    return text_addf(
        &plan->notes, err,
        "run %" PRIu32 " spill %" PRIu32 " event %" PRIu32
        ": skipped in campaign %s by %s (%s), not here: spillway skip, if it "
        "crashes again\n",
        run, skipped->segment.spill, ruling->event, telling->campaign, ruling->by,
        ruling->reason);
}

bool plan_skips(struct plan *plan, struct catalog *catalog, struct err *err)
{
    struct catalog_txn *txn;
    struct campaign other;
    enum lookup found = LOOKUP_FOUND;
    if (!plan->campaign.recipe.reconstruct)
        return true;
    if (!catalog_begin(catalog, &txn, err))
        return false;
    for (uint32_t id = 1; found == LOOKUP_FOUND; id = other.id + 1) {
        found = catalog_next_campaign(txn, id, &other, err);
        struct telling telling = {plan, other.name};
        if (found == LOOKUP_FOUND &&
            !skipped_each(txn, other.id, 0, other.segment_count, tell, &telling, err))
            found = LOOKUP_FAILED;
    }
    catalog_abort(txn);
    return found == LOOKUP_ABSENT;
}
