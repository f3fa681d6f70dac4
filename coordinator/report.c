/* report.c - the accounts of a campaign from plan, states and run catalogue.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/report.h"

#include <inttypes.h>
#include <stdlib.h>

#include "conditions/payload.h"
#include "coordinator/command.h"
#include "coordinator/family.h"
#include "coordinator/skip_plan.h"

#define OUTPUT_LIMIT ((size_t)1 << 30) /* 10^6 losses as JSON */
#define SET_MEMORY   ((size_t)64 << 20)

const char report_usage[] =
    "spillway report CAMPAIGN [--spills] [--json]\n"
    "\n"
    "Per run and in all, with --spills also per spill: selected = delivered + lost + open,\n"
    "in events and spills, and EOT (particles on target), where spills are incomplete under\n"
    "both policies: drop counts nothing of them, scale the share of the delivered physics\n"
    "events. A segment is in all streams or in none, so the account of each stream is this\n"
    "one. The EOT of masked spills and spills without a beam count are told apart. Then the\n"
    "loss list: each lost or quarantined segment with its events, their share of the spill's\n"
    "EOT and the reason, and who accepted it when and why (spillway close), or that\n"
    "complete_at of the campaign did.\n";

/* The run that is being collected. */
struct collected {
    struct eot_segment *segments;
    size_t count, room;
    struct eot_spill *spills;
    size_t spill_count, spill_room;
    size_t first_loss; /* of the run in the report */
};

/* Whether a value set masks its spill, asked once a set. */
struct masks {
    const struct campaign *campaign;
    struct catalog_txn *txn;
    struct arena arena;
    int8_t *known; /* by set: -1 not asked yet */
};

void campaign_report_init(struct campaign_report *report)
{
    *report = (struct campaign_report){.runs = NULL};
}

void campaign_report_release(struct campaign_report *report)
{
    free(report->runs);
    free(report->spills);
    free(report->losses);
    rulings_release(&report->rulings);
    campaign_report_init(report);
}

/* A row of bad_spills without lines says nothing; one that is too large to stand inline
 * has lines. */
static bool value_masks(struct masks *masks, const struct task_value *value, bool *masked,
                        struct err *err)
{
    const struct payload_type *type = payload_type_find(value->effective.type);
    struct table table;
    struct bytes text;
    if (type == NULL || type->kind != PAYLOAD_LIST)
        return true;
    *masked = true;
    if (value->inlined == NULL)
        return true;
    bytes_init(&text, SET_MEMORY);
    bool done =
        bytes_append(&text, value->inlined, (size_t)value->size, err) &&
        payload_parse(type, &text, value->effective.type, &masks->arena, &table, err);
    if (done)
        *masked = table.rows > 0;
    bytes_release(&text);
    return done;
}

static bool set_masks(struct masks *masks, uint32_t set, bool *masked, struct err *err)
{
    const uint32_t *values;
    uint32_t count;
    bool any = false;
    bug_if(set >= masks->campaign->set_count);
    if (masks->known[set] >= 0) {
        *masked = masks->known[set] == 1;
        return true;
    }
    arena_reset(&masks->arena);
    enum lookup found = catalog_get_set(masks->txn, masks->campaign->id, set,
                                        &masks->arena, &values, &count, err);
    for (uint32_t i = 0; found == LOOKUP_FOUND && i < count; i++) {
        struct task_value value;
        found = catalog_get_value(masks->txn, masks->campaign->id, values[i],
                                  &masks->arena, &value, err);
        if (found == LOOKUP_FOUND && !value_masks(masks, &value, &any, err))
            return false;
    }
    if (found != LOOKUP_FOUND)
        return found == LOOKUP_ABSENT && err_set(err, E_CATALOG_DAMAGED,
                                                 "campaign %s: value set %" PRIu32
                                                 " or one of its values is missing",
                                                 masks->campaign->name, set);
    masks->known[set] = any ? 1 : 0;
    *masked = any;
    return true;
}

static void loss_add(struct campaign_report *report, const struct report_loss *loss)
{
    if (report->loss_count == report->loss_room) {
        report->loss_room = report->loss_room == 0 ? 64 : 2 * report->loss_room;
        report->losses =
            mem_grow(report->losses, report->loss_room, sizeof report->losses[0]);
    }
    report->losses[report->loss_count++] = *loss;
}

static void ruling_copy(const struct ruling *ruling, struct report_loss *loss)
{
    memcpy(loss->by, ruling->by, sizeof loss->by);
    memcpy(loss->accepted, ruling->reason, sizeof loss->accepted);
    loss->accepted_s = ruling->unix_s;
}

/* Who accepted it. A loss without a manager's word is one of complete_at. */
static void loss_accepted(const struct campaign_report *report, uint32_t number,
                          struct report_loss *loss)
{
    const struct ruling *ruling = rulings_last(&report->rulings, number);
    if (loss->state != SEGMENT_LOST || ruling == NULL || ruling->kind != RULING_CLOSE)
        return;
    ruling_copy(ruling, loss);
}

static struct eot_spill *spill_new(struct collected *collected)
{
    if (collected->spill_count == collected->spill_room) {
        collected->spill_room =
            collected->spill_room == 0 ? 256 : 2 * collected->spill_room;
        collected->spills = mem_grow(collected->spills, collected->spill_room,
                                     sizeof collected->spills[0]);
    }
    return &collected->spills[collected->spill_count++];
}

/* The spill's record, when the segment is the first one of its spill. */
static bool spill_collect(struct collected *collected, struct catalog_txn *txn,
                          const struct plan_segment *planned, bool masked,
                          struct err *err)
{
    struct spill stored;
    uint32_t run = planned->id.chunk.run;
    if (collected->spill_count > 0 &&
        collected->spills[collected->spill_count - 1].number == planned->spill)
        return true;
    enum lookup found = catalog_next_spill(txn, run, planned->spill, &stored, err);
    if (found == LOOKUP_FAILED)
        return false;
    struct eot_spill *spill = spill_new(collected);
    *spill = (struct eot_spill){.number = planned->spill, .masked = masked};
    if (found == LOOKUP_FOUND && stored.number == planned->spill) {
        spill->known = stored.beam_known;
        spill->conflict = stored.beam_conflict;
        spill->count = stored.beam_count;
    }
    return true;
}

static bool segment_collect(struct collected *collected, struct campaign_report *report,
                            struct catalog_txn *txn, const struct plan_segment *planned,
                            const struct plan_state *state, struct err *err)
{
    struct segment segment;
    enum lookup found = catalog_get_segment(txn, &planned->id, &segment, err);
    if (found != LOOKUP_FOUND)
        return found == LOOKUP_ABSENT &&
               err_set(err, E_CATALOG_DAMAGED, "run %" PRIu32 ": a segment is missing",
                       planned->id.chunk.run);
    uint64_t physics = segment.events[EVENT_PHYSICS];
    uint64_t events = physics + segment.events[EVENT_CALIBRATION];
    enum segment_state now = (enum segment_state)state->state;
    if (collected->count == collected->room) {
        collected->room = collected->room == 0 ? 1024 : 2 * collected->room;
        collected->segments =
            mem_grow(collected->segments, collected->room, sizeof collected->segments[0]);
    }
    collected->segments[collected->count++] = (struct eot_segment){
        .spill = planned->spill, .physics = physics, .events = events, .state = now};
    if (now == SEGMENT_LOST || now == SEGMENT_QUARANTINED) {
        const struct report_loss loss = {.event = UINT32_MAX,
                                         .id = planned->id,
                                         .spill = planned->spill,
                                         .events = events,
                                         .physics = physics,
                                         .state = now,
                                         .failure = state->failure};
        loss_add(report, &loss);
    }
    return true;
}

/* The events of the segment just collected that are skipped: losses of their own, unless
 * all of it is lost. */
static bool skips_collect(struct collected *collected, struct campaign_report *report,
                          struct catalog_txn *txn, uint32_t number,
                          const struct plan_segment *planned, struct err *err)
{
    struct eot_segment *segment = &collected->segments[collected->count - 1];
    struct skip_list list;
    struct arena arena;
    if (report->rulings.count == 0 || segment->state == SEGMENT_LOST)
        return true;
    arena_init(&arena, SKIP_MEMORY);
    bool done =
        skip_plan_list(txn, &report->campaign, planned->reco_set, &arena, &list, err);
    arena_release(&arena);
    for (uint32_t i = 0; done && i < list.count; i++) {
        uint32_t event = list.events[i];
        const struct ruling *ruling = rulings_last_event(&report->rulings, number, event);
        struct report_loss loss = {.id = planned->id,
                                   .spill = planned->spill,
                                   .events = 1,
                                   .event = event,
                                   .state = segment->state};
        if (ruling == NULL)
            return err_set(err, E_CATALOG_DAMAGED,
                           "segment %" PRIu32 ": nobody skipped event %" PRIu32, number,
                           event);
        loss.physics = ruling->type == EVENT_PHYSICS;
        ruling_copy(ruling, &loss);
        loss_add(report, &loss);
        segment->skipped++;
        segment->skipped_physics += ruling->type == EVENT_PHYSICS;
    }
    return done;
}

static void spill_add(struct campaign_report *report, const struct report_spill *spill)
{
    if (report->spill_count == report->spill_room) {
        report->spill_room = report->spill_room == 0 ? 256 : 2 * report->spill_room;
        report->spills =
            mem_grow(report->spills, report->spill_room, sizeof report->spills[0]);
    }
    report->spills[report->spill_count++] = *spill;
}

/* The segments of the spill that segment `first` is of; returns where the next begins. */
static size_t spill_end(const struct collected *collected, size_t first)
{
    size_t end = first + 1;
    while (end < collected->count &&
           collected->segments[end].spill == collected->segments[first].spill)
        end++;
    return end;
}

/* What each loss of the run costs, spill by spill as they were collected. */
static void losses_close(const struct collected *collected,
                         struct campaign_report *report)
{
    size_t end, loss = collected->first_loss;
    for (size_t first = 0, at = 0; first < collected->count; first = end, at++) {
        end = spill_end(collected, first);
        for (; loss < report->loss_count &&
               report->losses[loss].spill == collected->segments[first].spill;
             loss++)
            report->losses[loss].eot =
                eot_share(collected->segments + first, end - first,
                          &collected->spills[at], report->losses[loss].physics);
    }
}

/* The accounts of the run once more, one spill at a time. */
static void spills_close(const struct collected *collected,
                         struct campaign_report *report, uint32_t run)
{
    size_t end;
    for (size_t first = 0, at = 0; first < collected->count; first = end, at++) {
        struct report_spill one = {.run = run, .spill = collected->segments[first].spill};
        end = spill_end(collected, first);
        eot_account(collected->segments + first, end - first, &collected->spills[at], 1,
                    &one.eot);
        if (one.eot.selected.spills > 0)
            spill_add(report, &one);
    }
}

static void run_close(struct collected *collected, struct campaign_report *report,
                      uint32_t run)
{
    struct report_run one = {.run = run};
    if (collected->count == 0)
        return;
    eot_account(collected->segments, collected->count, collected->spills,
                collected->spill_count, &one.eot);
    eot_add(&report->sum, &one.eot);
    if (report->run_count == report->run_room) {
        report->run_room = report->run_room == 0 ? 64 : 2 * report->run_room;
        report->runs = mem_grow(report->runs, report->run_room, sizeof report->runs[0]);
    }
    report->runs[report->run_count++] = one;
    losses_close(collected, report);
    if (report->by_spill)
        spills_close(collected, report, run);
    collected->first_loss = report->loss_count;
    collected->count = 0;
    collected->spill_count = 0;
}

static bool segments_read(struct campaign_report *report, struct catalog_txn *txn,
                          struct masks *masks, struct collected *collected,
                          const struct family *family, struct err *err)
{
    const struct campaign *campaign = masks->campaign;
    uint32_t run = 0;
    for (uint32_t i = 0; i < campaign->segment_count; i++) {
        size_t losses = report->loss_count;
        struct plan_segment planned;
        struct plan_state state;
        bool masked = false;
        if (report->only != NULL && !stage_spans_have(report->only, i))
            continue;
        enum lookup found = catalog_get_plan_segment(txn, campaign->id, i, &planned, err);
        if (found != LOOKUP_FOUND)
            return found == LOOKUP_ABSENT &&
                   err_set(err, E_CATALOG_DAMAGED,
                           "campaign %s: segment %" PRIu32 " is missing", campaign->name,
                           i);
        if (planned.id.chunk.run != run)
            run_close(collected, report, run);
        run = planned.id.chunk.run;
        if (!family_is(family, campaign->name, run))
            continue;
        if (!catalog_get_states(txn, campaign->id, i, 1, &state, err) ||
            !set_masks(masks, planned.select_set, &masked, err) ||
            !spill_collect(collected, txn, &planned, masked, err) ||
            !segment_collect(collected, report, txn, &planned, &state, err))
            return false;
        if (report->loss_count > losses)
            loss_accepted(report, i, &report->losses[losses]);
        if (!skips_collect(collected, report, txn, i, &planned, err))
            return false;
    }
    run_close(collected, report, run);
    return true;
}

/* The runs that one member of the family answers for. */
static bool member_read(struct campaign_report *report, struct catalog_txn *txn,
                        const struct campaign *member, const struct family *family,
                        struct err *err)
{
    struct collected collected = {.first_loss = report->loss_count};
    struct masks masks = {.campaign = member, .txn = txn};
    rulings_release(&report->rulings);
    if (!rulings_read(&report->rulings, txn, member->id, err))
        return false;
    arena_init(&masks.arena, SET_MEMORY);
    masks.known = mem_new(member->set_count, sizeof masks.known[0]);
    memset(masks.known, -1, member->set_count);
    bool done = segments_read(report, txn, &masks, &collected, family, err);
    free(masks.known);
    arena_release(&masks.arena);
    free(collected.segments);
    free(collected.spills);
    return done;
}

static int run_order(const void *a, const void *b)
{
    const struct report_run *left = a;
    const struct report_run *right = b;
    return (left->run > right->run) - (left->run < right->run);
}

static int spill_order(const void *a, const void *b)
{
    const struct report_spill *left = a;
    const struct report_spill *right = b;
    if (left->run != right->run)
        return left->run > right->run ? 1 : -1;
    return (left->spill > right->spill) - (left->spill < right->spill);
}

static int loss_order(const void *a, const void *b)
{
    const struct report_loss *left = a;
    const struct report_loss *right = b;
    return segment_id_compare(&left->id, &right->id);
}

/* Runs and losses come member by member. */
static void sort_all(struct campaign_report *report)
{
    if (report->run_count > 0)
        qsort(report->runs, report->run_count, sizeof *report->runs, run_order);
    if (report->spill_count > 0)
        qsort(report->spills, report->spill_count, sizeof *report->spills, spill_order);
    if (report->loss_count > 0)
        qsort(report->losses, report->loss_count, sizeof *report->losses, loss_order);
}

static bool family_read(struct campaign_report *report, struct catalog_txn *txn,
                        const struct family *family, struct err *err)
{
    const struct campaign *campaign = &report->campaign;
    bool whole = strcmp(family->base, campaign->name) == 0;
    bool amended = false;
    bool done = member_read(report, txn, campaign, family, err);
    for (uint32_t i = 0; done && whole && i < family->count; i++) {
        struct campaign member;
        if (family->steps[i].rollback)
            continue;
        enum lookup found =
            catalog_get_campaign(txn, family->steps[i].member, &member, err);
        if (found == LOOKUP_ABSENT)
            err_set(err, E_CATALOG_DAMAGED, "amendment %s is missing",
                    family->steps[i].member);
        done = found == LOOKUP_FOUND && member_read(report, txn, &member, family, err);
        amended = true;
    }
    if (amended)
        sort_all(report);
    return done;
}

static bool campaign_find(struct campaign_report *report, struct catalog_txn *txn,
                          const char *name, struct err *err)
{
    enum lookup found = catalog_get_campaign(txn, name, &report->campaign, err);
    if (found == LOOKUP_ABSENT)
        return err_set(err, E_NOT_FOUND, "no campaign %.48s in the catalog", name);
    return found == LOOKUP_FOUND;
}

bool campaign_report_part(struct campaign_report *report, struct catalog_txn *txn,
                          const char *name, const struct stage_spans *only,
                          struct err *err)
{
    struct family family;
    report->only = only;
    if (!campaign_find(report, txn, name, err))
        return false;
    bool done = family_load(&family, txn, name, err) &&
                member_read(report, txn, &report->campaign, &family, err) &&
                report_fallbacks(report, txn, err);
    family_release(&family);
    return done;
}

bool campaign_report_read(struct campaign_report *report, struct catalog_txn *txn,
                          const char *name, struct err *err)
{
    struct family family;
    if (!campaign_find(report, txn, name, err))
        return false;
    bool done = family_load(&family, txn, name, err) &&
                family_read(report, txn, &family, err) &&
                report_fallbacks(report, txn, err);
    family_release(&family);
    return done;
}

static bool report_words(struct area *area, int argc, char **argv, struct bytes *out,
                         struct err *err)
{
    bool json = false, spills = false;
    const struct command_option options[] = {{.name = "json", .flag = &json},
                                             {.name = "spills", .flag = &spills}};
    struct catalog *catalog = NULL;
    struct catalog_txn *txn = NULL;
    struct campaign_report report;
    if (!command_options(options, 2, &argc, argv, err) ||
        !command_words(argc, 1, 1, "one campaign", err))
        return false;
    campaign_report_init(&report);
    report.by_spill = spills;
    bool done = area_catalog(area, CATALOG_READ, &catalog, err) &&
                catalog_begin(catalog, &txn, err) &&
                campaign_report_read(&report, txn, argv[1], err);
    catalog_abort(txn);
    catalog_close(catalog);
    if (done)
        done = json ? campaign_report_json(&report, out, err)
                    : campaign_report_text(&report, out, err);
    campaign_report_release(&report);
    return done;
}

int report_command(struct area *area, int argc, char **argv)
{
    struct err err;
    struct bytes out;
    bytes_init(&out, OUTPUT_LIMIT);
    bool done = report_words(area, argc, argv, &out, &err);
    int status = command_print(&out);
    if (!done)
        status = command_error(&err);
    bytes_release(&out);
    return status;
}
