/* close.c - spillway close and recover: losses that a manager accepts, and takes back.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Only the catalog is changed. The next coordinator cuts the units anew that the segments
 * belong to, also where they were published, and writes the loss list when all is done.
 */
#include "coordinator/close.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "coordinator/command.h"
#include "coordinator/ruling.h"
#include "coordinator/select.h"
#include "coordinator/who.h"
#include "coordinator/write.h"

const char close_usage[] =
    "spillway close CAMPAIGN --reason TEXT [--by WHO] [--runs R|R1-R2] [--json]\n"
    "\n"
    "Accepts what is quarantined, of these runs or of all, as lost. Who (the login name\n"
    "unless it is given), when and why is recorded; spillway report lists it with every\n"
    "loss. It is refused where it would leave a stream below its share of never_below in\n"
    "the campaign file.\n"
    "No coordinator may run meanwhile. Then: spillway run CAMPAIGN.yaml. A campaign that\n"
    "completes so has its loss list in losses/CAMPAIGN.json of the area.\n"
    "\n"
    "Exit status 10: never_below forbids it; nothing was changed.\n";

const char recover_usage[] =
    "spillway recover CAMPAIGN [--runs R|R1-R2] [--reason TEXT] [--by WHO] [--json]\n"
    "\n"
    "Opens exactly the segments again that were accepted as lost, of these runs or of all,\n"
    "with a clean record. Published files of their runs are replaced when they are done.\n"
    "No coordinator may run meanwhile. Then: spillway run CAMPAIGN.yaml.\n";

struct closing {
    const char *campaign;
    struct run_range runs;
    struct ruling ruling;
    uint32_t *numbers; /* segments that change */
    uint32_t count;
};

/* The share of the segments that stays possible, against each stream's. */
static bool floors_hold(const struct campaign *campaign, uint32_t lost, struct err *err)
{
    double share = 1 - (double)lost / (double)campaign->segment_count;
    const struct campaign_policy *policy = &campaign->policy;
    for (uint32_t i = 0; i < policy->floor_count; i++)
        if (share < policy->floors[i].share)
            return err_set(err, E_CAMPAIGN_STUCK,
                           "campaign %s: %" PRIu32 " of %" PRIu32
                           " segments would be lost, which leaves %.4f of stream %s; "
                           "never_below says %.4f",
                           campaign->name, lost, campaign->segment_count, share,
                           policy->floors[i].stream, policy->floors[i].share);
    return true;
}

static bool segment_turn(struct catalog_txn *txn, const struct campaign *campaign,
                         uint32_t number, struct plan_state *state,
                         struct closing *closing, struct err *err)
{
    struct plan_segment plan;
    if (catalog_get_plan_segment(txn, campaign->id, number, &plan, err) != LOOKUP_FOUND)
        return err_set(err, E_CATALOG_DAMAGED, "plan segment %" PRIu32 " is missing",
                       number);
    uint32_t run = plan.id.chunk.run;
    if (run < closing->runs.first || run > closing->runs.last)
        return true;
    closing->numbers[closing->count++] = number;
    state->state = closing->ruling.kind == RULING_CLOSE ? SEGMENT_LOST : SEGMENT_READY;
    if (closing->ruling.kind == RULING_RECOVER) {
        state->blame = 0;
        state->deaths = 0;
        state->failure = E_NONE;
    }
    return catalog_put_state(txn, campaign->id, number, state, err);
}

static bool segments_turn(struct catalog_txn *txn, const struct campaign *campaign,
                          struct closing *closing, struct err *err)
{
    bool accepts = closing->ruling.kind == RULING_CLOSE;
    uint8_t from = accepts ? SEGMENT_QUARANTINED : SEGMENT_LOST;
    uint32_t lost = 0;
    closing->count = 0;
    for (uint32_t i = 0; i < campaign->segment_count; i++) {
        struct plan_state state;
        if (!catalog_get_states(txn, campaign->id, i, 1, &state, err) ||
            (state.state == from && state.failure != E_AMENDED && /* no loss */
             !segment_turn(txn, campaign, i, &state, closing, err)))
            return false;
        lost += state.state == SEGMENT_LOST && state.failure != E_AMENDED;
    }
    return !accepts || closing->count == 0 || floors_hold(campaign, lost, err);
}

/* One transaction; again from its start when the map grew. */
static bool closing_step(struct catalog_txn *txn, void *context, struct err *err)
{
    struct closing *closing = context;
    struct campaign campaign;
    enum lookup found = catalog_get_campaign(txn, closing->campaign, &campaign, err);
    if (found == LOOKUP_ABSENT)
        err_set(err, E_NOT_FOUND, "campaign \"%s\" is not planned", closing->campaign);
    if (found != LOOKUP_FOUND)
        return false;
    free(closing->numbers);
    closing->numbers = mem_new(campaign.segment_count, sizeof *closing->numbers);
    if (!segments_turn(txn, &campaign, closing, err))
        return false;
    if (closing->count == 0)
        return true;
    closing->ruling.segments = closing->numbers;
    closing->ruling.segment_count = closing->count;
    campaign.complete = false;
    return ruling_add(txn, campaign.id, &closing->ruling, err) &&
           catalog_put_campaign(txn, &campaign, err);
}

static bool closing_words(struct area *area, int argc, char **argv,
                          struct closing *closing, bool *json, struct err *err)
{
    const char *by = NULL, *reason = NULL, *runs = NULL;
    struct catalog *catalog = NULL;
    struct ruling *ruling = &closing->ruling;
    bool must = ruling->kind == RULING_CLOSE;
    const struct command_option options[] = {{.name = "by", .text = &by},
                                             {.name = "reason", .text = &reason},
                                             {.name = "runs", .text = &runs},
                                             {.name = "json", .flag = json}};
    if (!command_options(options, 4, &argc, argv, err) ||
        !command_words(argc, 1, 1, "one campaign", err) ||
        !who_read(by, ruling->by, err) ||
        ((must || reason != NULL) &&
         !ruling_word("reason", reason, ruling->reason, sizeof ruling->reason, err)) ||
        (runs != NULL && !run_range_read(runs, &closing->runs, err)) ||
        !area_catalog(area, CATALOG_WRITE, &catalog, err))
        return false;
    closing->campaign = argv[1];
    ruling->unix_s = clock_wall_s();
    bool done = write_catalog(catalog, closing_step, closing, err);
    catalog_close(catalog);
    return done;
}

static int closing_command(struct area *area, int argc, char **argv,
                           enum ruling_kind kind)
{
    struct err err;
    bool json = false;
    struct closing closing = {.runs = {0, RUN_MAXIMUM}, .ruling = {.kind = kind}};
    bool accepts = kind == RULING_CLOSE;
    bool done = closing_words(area, argc, argv, &closing, &json, &err);
    if (done && json)
        (void)printf("{\"%s\":%" PRIu32 "}\n", accepts ? "lost" : "ready", closing.count);
    else if (done)
        (void)printf("campaign %s: %" PRIu32 " %s\n", closing.campaign, closing.count,
                     accepts ? "quarantined segments are accepted as lost"
                             : "lost segments are ready again");
    free(closing.numbers);
    return done ? 0 : command_error(&err);
}

int close_command(struct area *area, int argc, char **argv)
{
    return closing_command(area, argc, argv, RULING_CLOSE);
}

int recover_command(struct area *area, int argc, char **argv)
{
    return closing_command(area, argc, argv, RULING_RECOVER);
}
