/* planned.c - looking for a run in all plans.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/planned.h"

#include <inttypes.h>

/* Plans are in the order of runs. */
static bool plan_holds(struct catalog_txn *txn, const struct campaign *campaign,
                       uint32_t run, bool *holds, struct err *err)
{
    uint32_t low = 0;
    uint32_t high = campaign->segment_count;
    *holds = false;
    while (low < high && !*holds) {
        struct plan_segment segment;
        uint32_t middle = low + (high - low) / 2;
        enum lookup found =
            catalog_get_plan_segment(txn, campaign->id, middle, &segment, err);
        if (found != LOOKUP_FOUND)
            return found == LOOKUP_ABSENT &&
                   err_set(err, E_CATALOG_DAMAGED,
                           "campaign %s: segment %" PRIu32 " is missing", campaign->name,
                           middle);
        *holds = segment.id.chunk.run == run;
        if (segment.id.chunk.run < run)
            low = middle + 1;
        else
            high = middle;
    }
    return true;
}

bool planned_run(struct catalog_txn *txn, uint32_t run, bool *planned,
                 char name[CAMPAIGN_NAME], struct err *err)
{
    struct campaign campaign;
    uint32_t from = 1;
    enum lookup found;
    *planned = false;
    while ((found = catalog_next_campaign(txn, from, &campaign, err)) == LOOKUP_FOUND) {
        if (!plan_holds(txn, &campaign, run, planned, err))
            return false;
        if (*planned) {
            memcpy(name, campaign.name, CAMPAIGN_NAME);
            return true;
        }
        from = campaign.id + 1;
    }
    return found != LOOKUP_FAILED;
}
