/* skip.c - spillway skip: an event that is taken out of a campaign, and back in.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The list of skipped events is a value of the segment, so it is in its keys and in no
 * other ones. Only the catalog is changed: the next coordinator does the segment again.
 */
#include "coordinator/skip.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "coordinator/command.h"
#include "coordinator/groups.h"
#include "coordinator/part.h"
#include "coordinator/repair.h"
#include "coordinator/ruling.h"
#include "coordinator/skip_find.h"
#include "coordinator/skip_plan.h"
#include "coordinator/who.h"
#include "coordinator/write.h"

const char skip_usage[] =
    "spillway skip CAMPAIGN --run R --spill S --event E --reason TEXT [--by WHO]\n"
    "              [--undo] [--json]\n"
    "\n"
    "Takes one event out of a campaign that reconstructs, because it crashes the\n"
    "reconstruction: spillway status names it (\"at event E\"). Its segment is ready again\n"
    "and done without it; the event is on the loss list (spillway report) with who, when\n"
    "and why, and its spill counts as incomplete. The keys of that segment change, those\n"
    "of no other one. --undo takes it back in, also after publication.\n"
    "WHO is the login name unless it is given. No coordinator may run meanwhile. Then:\n"
    "spillway run CAMPAIGN.yaml.\n"
    "\n"
    "Exit status 2: there is no such event, it is skipped already, or its segment is\n"
    "committed with it; nothing was changed.\n";

struct skipping {
    const char *campaign;
    struct skip_event event;
    struct ruling ruling;
    bool undo;
    uint32_t segments; /* that changed */
};

/* Its products, if any, are those of the keys that it had. */
static bool segment_reopen(struct catalog_txn *txn, const struct campaign *campaign,
                           uint32_t number, struct plan_state *state, struct err *err)
{
    uint64_t forgotten = 0;
    bool committed = state->state == SEGMENT_COMMITTED;
    if (committed && (!part_forget(txn, &state->reco_product, NULL, err) ||
                      !part_forget(txn, &state->select_product, NULL, err) ||
                      !repair_shared(txn, campaign, &forgotten, err)))
        return false;
    bool gated = state->state == SEGMENT_PLANNED; /* it stays behind its gate */
    *state = (struct plan_state){.state = gated ? SEGMENT_PLANNED : SEGMENT_READY,
                                 .attempts = state->attempts};
    return catalog_put_state(txn, campaign->id, number, state, err);
}

static bool segment_skip(struct catalog_txn *txn, struct campaign *campaign,
                         uint32_t number, const struct skipping *skipping,
                         struct err *err)
{
    struct plan_segment plan;
    struct plan_state state;
    struct skip_list list;
    struct arena arena;
    bool added = true;
    uint32_t event = skipping->event.event;
    if (catalog_get_plan_segment(txn, campaign->id, number, &plan, err) != LOOKUP_FOUND)
        return err_set(err, E_CATALOG_DAMAGED, "plan segment %" PRIu32 " is missing",
                       number);
    arena_init(&arena, SKIP_MEMORY);
    bool done = catalog_get_states(txn, campaign->id, number, 1, &state, err) &&
                skip_plan_list(txn, campaign, plan.reco_set, &arena, &list, err);
    arena_release(&arena);
    if (!done)
        return false;
    if (skipping->undo && !skip_remove(&list, event))
        return err_set(err, E_USAGE, "event %" PRIu32 " is not skipped", event);
    if (!skipping->undo && state.state == SEGMENT_COMMITTED)
        return err_set(err, E_USAGE,
                       "event %" PRIu32 ": its segment is committed with it", event);
    if (!skipping->undo && !skip_add(&list, event, &added, err))
        return false;
    if (!added)
        return err_set(err, E_USAGE, "event %" PRIu32 " is skipped already", event);
    bool valid = state.state != SEGMENT_COMMITTED;
    return (valid || groups_void(txn, campaign, plan.id.chunk.run, err)) &&
           skip_plan_change(txn, campaign, number, &list, err) &&
           segment_reopen(txn, campaign, number, &state, err);
}

/* One transaction; again from its start when the map grew. */
static bool skipping_step(struct catalog_txn *txn, void *context, struct err *err)
{
    struct skipping *skipping = context;
    struct campaign campaign;
    struct skip_places places;
    enum lookup found = catalog_get_campaign(txn, skipping->campaign, &campaign, err);
    if (found == LOOKUP_ABSENT)
        err_set(err, E_NOT_FOUND, "campaign \"%s\" is not planned", skipping->campaign);
    if (found != LOOKUP_FOUND)
        return false;
    if (!campaign.recipe.reconstruct)
        return err_set(err, E_USAGE,
                       "campaign %s does not reconstruct: no event can crash it",
                       campaign.name);
    if (!skip_find(txn, &campaign, &skipping->event, &places, err))
        return false;
    for (uint32_t i = 0; i < places.count; i++)
        if (!segment_skip(txn, &campaign, places.numbers[i], skipping, err))
            return false;
    skipping->segments = places.count;
    skipping->ruling.event = skipping->event.event;
    skipping->ruling.type = places.type;
    skipping->ruling.segments = places.numbers;
    skipping->ruling.segment_count = places.count;
    campaign.complete = false;
    bool done = ruling_add(txn, campaign.id, &skipping->ruling, err) &&
                catalog_put_campaign(txn, &campaign, err);
    skipping->ruling.segments = NULL;
    return done;
}

static bool number_take(const char *option, uint64_t word, uint32_t *number,
                        struct err *err)
{
    if (word == UINT64_MAX)
        return err_set(err, E_USAGE, "--%s is needed", option);
    if (word >= UINT32_MAX)
        return err_set(err, E_USAGE, "--%s: %" PRIu64 " is too large", option, word);
    *number = (uint32_t)word;
    return true;
}

static bool skipping_words(struct area *area, int argc, char **argv,
                           struct skipping *skipping, bool *json, struct err *err)
{
    uint64_t run = UINT64_MAX, spill = UINT64_MAX, event = UINT64_MAX;
    const char *by = NULL, *reason = NULL;
    struct catalog *catalog = NULL;
    struct ruling *ruling = &skipping->ruling;
    const struct command_option options[] = {
        {.name = "run", .number = &run},           {.name = "spill", .number = &spill},
        {.name = "event", .number = &event},       {.name = "by", .text = &by},
        {.name = "reason", .text = &reason},       {.name = "json", .flag = json},
        {.name = "undo", .flag = &skipping->undo},
    };
    if (!command_options(options, sizeof options / sizeof options[0], &argc, argv, err) ||
        !command_words(argc, 1, 1, "one campaign", err) ||
        !number_take("run", run, &skipping->event.run, err) ||
        !number_take("spill", spill, &skipping->event.spill, err) ||
        !number_take("event", event, &skipping->event.event, err) ||
        !who_read(by, ruling->by, err) ||
        !ruling_word("reason", reason, ruling->reason, sizeof ruling->reason, err) ||
        !area_catalog(area, CATALOG_WRITE, &catalog, err))
        return false;
    skipping->campaign = argv[1];
    ruling->kind = skipping->undo ? RULING_UNSKIP : RULING_SKIP;
    ruling->unix_s = clock_wall_s();
    bool done = write_catalog(catalog, skipping_step, skipping, err);
    catalog_close(catalog);
    return done;
}

int skip_command(struct area *area, int argc, char **argv)
{
    struct err err;
    bool json = false;
    struct skipping skipping = {.campaign = NULL};
    const struct skip_event *event = &skipping.event;
    if (!skipping_words(area, argc, argv, &skipping, &json, &err))
        return command_error(&err);
    if (json)
        (void)printf("{\"segments\":%" PRIu32 "}\n", skipping.segments);
    else
        (void)printf("campaign %s: run %" PRIu32 " spill %" PRIu32 " event %" PRIu32
                     " is %s; %" PRIu32 " segments are ready again\n",
                     skipping.campaign, event->run, event->spill, event->event,
                     skipping.undo ? "taken back in" : "skipped", skipping.segments);
    return 0;
}
