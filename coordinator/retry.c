/* retry.c - spillway retry: quarantined and lost segments, merges that were given up.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Only the catalog is changed: the next coordinator finds the segments READY and cuts the
 * units that they belong to anew.
 */
#include "coordinator/retry.h"

#include <inttypes.h>
#include <stdio.h>

#include "coordinator/command.h"
#include "coordinator/groups.h"
#include "coordinator/write.h"

const char retry_usage[] =
    "spillway retry CAMPAIGN [--run R] [--lost] [--json]\n"
    "\n"
    "After the cause was mended: quarantined segments are ready again, with a clean\n"
    "record, and merges that were given up are made anew; of run R only, or of all.\n"
    "--lost: also segments that were accepted as lost; a complete campaign is open again.\n"
    "No coordinator may run meanwhile. Then: spillway run CAMPAIGN.yaml.\n";

static bool run_wanted(const struct retry_options *options, uint32_t run)
{
    return !options->one_run || options->run == run;
}

static bool retry_segment(struct catalog_txn *txn, uint32_t campaign, uint32_t number,
                          const struct retry_options *options,
                          struct retry_counts *counts, struct err *err)
{
    struct plan_segment plan;
    struct plan_state state;
    if (!catalog_get_states(txn, campaign, number, 1, &state, err))
        return false;
    bool lost = state.state == SEGMENT_LOST && options->lost &&
                state.failure != E_AMENDED; /* no loss */
    if (state.state != SEGMENT_QUARANTINED && !lost)
        return true;
    if (catalog_get_plan_segment(txn, campaign, number, &plan, err) != LOOKUP_FOUND)
        return err_set(err, E_CATALOG_DAMAGED, "plan segment %" PRIu32 " is missing",
                       number);
    if (!run_wanted(options, plan.id.chunk.run))
        return true;
    if (lost)
        counts->lost++;
    else
        counts->quarantined++;
    state.state = SEGMENT_READY;
    state.blame = 0;
    state.deaths = 0;
    state.failure = E_NONE;
    return catalog_put_state(txn, campaign, number, &state, err);
}

static bool get_group(struct catalog_txn *txn, uint32_t campaign, uint32_t number,
                      struct merge_group *group, struct err *err)
{
    enum lookup found = catalog_get_group(txn, campaign, number, group, err);
    if (found == LOOKUP_ABSENT)
        return err_set(err, E_CATALOG_DAMAGED, "merge group %" PRIu32 " is missing",
                       number);
    return found == LOOKUP_FOUND;
}

static bool retry_merges(struct catalog_txn *txn, const struct campaign *campaign,
                         const struct retry_options *options, struct retry_counts *counts,
                         struct err *err)
{
    for (uint32_t i = 0; i < campaign->group_count; i++) {
        struct merge_group group;
        if (!get_group(txn, campaign->id, i, &group, err))
            return false;
        if (group.state != GROUP_FAILED || !run_wanted(options, group.merge_class.run))
            continue;
        counts->merges++;
        if (!groups_void(txn, campaign, group.merge_class.run, err))
            return false;
    }
    return true;
}

/* In one transaction of the caller: quarantined (and lost) segments become READY with
 * no blame and no deaths; the merge groups of a run with a merge that was given up become
 * VOID, so that the run is cut anew. Nothing else changes. */
static bool retry_campaign(struct catalog_txn *txn, const char *name,
                           const struct retry_options *options,
                           struct retry_counts *counts, struct err *err)
{
    struct campaign campaign;
    *counts = (struct retry_counts){.merges = 0};
    enum lookup found = catalog_get_campaign(txn, name, &campaign, err);
    if (found == LOOKUP_ABSENT)
        err_set(err, E_NOT_FOUND, "campaign \"%s\" is not planned", name);
    if (found != LOOKUP_FOUND)
        return false;
    for (uint32_t i = 0; i < campaign.segment_count; i++)
        if (!retry_segment(txn, campaign.id, i, options, counts, err))
            return false;
    if (!retry_merges(txn, &campaign, options, counts, err))
        return false;
    if (counts->lost == 0 || !campaign.complete)
        return true;
    campaign.complete = false;
    return catalog_put_campaign(txn, &campaign, err);
}

/* One transaction on the catalog. */
struct retry {
    const char *campaign;
    struct retry_options options;
    struct retry_counts counts;
};

static bool retry_step(struct catalog_txn *txn, void *context, struct err *err)
{
    struct retry *retry = context;
    return retry_campaign(txn, retry->campaign, &retry->options, &retry->counts, err);
}

static bool retry_words(struct area *area, int argc, char **argv, struct retry *retry,
                        bool *json, struct err *err)
{
    uint64_t run = UINT64_MAX;
    struct catalog *catalog = NULL;
    const struct command_option options[] = {
        {.name = "run", .number = &run},
        {.name = "lost", .flag = &retry->options.lost},
        {.name = "json", .flag = json}};
    if (!command_options(options, 3, &argc, argv, err) ||
        !command_words(argc, 1, 1, "one campaign", err))
        return false;
    retry->options.one_run = run != UINT64_MAX;
    if (retry->options.one_run && run > UINT32_MAX)
        return err_set(err, E_USAGE, "--run: %" PRIu64 " is no run number", run);
    retry->options.run = (uint32_t)run;
    retry->campaign = argv[1];
    if (!area_catalog(area, CATALOG_WRITE, &catalog, err))
        return false;
    bool done = write_catalog(catalog, retry_step, retry, err);
    catalog_close(catalog);
    return done;
}

int retry_command(struct area *area, int argc, char **argv)
{
    struct err err;
    struct retry retry = {.campaign = NULL};
    bool json = false;
    if (!retry_words(area, argc, argv, &retry, &json, &err))
        return command_error(&err);
    const struct retry_counts *counts = &retry.counts;
    if (json)
        (void)printf("{\"quarantined\":%" PRIu32 ",\"lost\":%" PRIu32
                     ",\"merges\":%" PRIu32 "}\n",
                     counts->quarantined, counts->lost, counts->merges);
    else
        (void)printf("campaign %s: %" PRIu32 " quarantined and %" PRIu32
                     " lost segments are ready again, %" PRIu32 " merges are made anew\n",
                     retry.campaign, counts->quarantined, counts->lost, counts->merges);
    return 0;
}
