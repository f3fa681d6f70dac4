/* turn_debt.c - what a turn owes after its commit: files to move, remove, make again.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <stdlib.h>

#include "coordinator/family.h"
#include "coordinator/groups.h"
#include "coordinator/publish.h"
#include "coordinator/sweep.h"
#include "coordinator/turn_internal.h"
#include "coordinator/twins.h"
#include "coordinator/write.h"

static struct book *debt_book(const struct debt *debt)
{
    return debt->turn->campaigns[debt->campaign].book;
}

/* One event that nobody asked for: decide and write; what it owes is added. */
static bool follow(struct debt *debt, struct core_event *event, struct err *err)
{
    struct decisions decisions;
    struct owed more[TURN_CAMPAIGNS] = {{.complete = false}};
    turn_decisions_begin(&decisions, debt->turn, more);
    bool done = turn_decide(&decisions, debt->campaign, event, err) &&
                turn_decisions_write(&decisions, err);
    debt->forgotten += decisions.forgotten;
    turn_decisions_end(&decisions);
    owed_merge(debt->owed, &more[debt->campaign]);
    owed_release(&more[debt->campaign]);
    return done;
}

/* Products that a merge found wrong are made again. */
static bool forget_gone(struct debt *debt, const struct exchange *exchange,
                        struct err *err)
{
    for (uint32_t i = 0; i < exchange->sync.report_count; i++) {
        const struct gone *gone = &exchange->gone[i];
        if (gone->segments.count == 0 ||
            exchange->owners[i] != debt_book(debt)->campaign.id)
            continue;
        struct core_event event = {.kind = EVENT_MISSING,
                                   .segments = gone->segments.numbers,
                                   .segment_count = gone->segments.count,
                                   .steps = gone->steps};
        log_write(debt->turn->log, LOG_LEVEL_WARN,
                  "event=products_gone attempt=%" PRIu64 " segments=%u first=%u "
                  "action=made_again",
                  exchange->sync.reports[i].attempt, gone->segments.count,
                  gone->segments.numbers[0]);
        if (!follow(debt, &event, err))
            return false;
    }
    return true;
}

struct cut_record {
    struct campaign campaign; /* as it becomes */
    const struct group_list *list;
};

static bool write_groups(struct catalog_txn *txn, void *context, struct err *err)
{
    struct cut_record *record = context;
    for (uint32_t i = 0; i < record->list->count; i++)
        if (!catalog_put_group(txn, record->campaign.id, &record->list->groups[i], err))
            return false;
    return catalog_put_campaign(txn, &record->campaign, err);
}

/* A run that an amendment answers for is not published by this campaign. */
static bool unit_answers(const struct book *book, struct catalog_txn *txn, uint32_t unit,
                         bool *answers, struct err *err)
{
    struct plan_segment plan;
    enum lookup found = catalog_get_plan_segment(txn, book->campaign.id,
                                                 book->units[unit].first, &plan, err);
    if (found == LOOKUP_ABSENT)
        return err_set(err, E_CATALOG_DAMAGED, "plan segment %u is missing",
                       book->units[unit].first);
    return found == LOOKUP_FOUND &&
           family_answers(txn, book->campaign.name, plan.id.chunk.run, answers, err);
}

static bool make_groups(const struct debt *debt, uint32_t unit, struct group_list *list,
                        struct err *err)
{
    const struct book *book = debt_book(debt);
    struct catalog_txn *txn;
    if (!catalog_begin(debt->turn->catalog, &txn, err))
        return false;
    bool answers = false;
    bool done = unit_answers(book, txn, unit, &answers, err) &&
                (!answers || groups_cut(book, txn, unit, list, err));
    catalog_abort(txn);
    struct cut_record record = {.campaign = book->campaign, .list = list};
    record.campaign.group_count += list->count;
    return done && write_catalog(debt->turn->catalog, write_groups, &record, err);
}

static bool cut_unit(struct debt *debt, uint32_t unit, struct err *err)
{
    struct group_list list = {.count = 0};
    bool done = make_groups(debt, unit, &list, err);
    if (done) {
        struct core_event event = {.kind = EVENT_GROUPS,
                                   .unit = unit,
                                   .groups = list.groups,
                                   .group_count = list.count};
        for (uint32_t i = 0; i < list.count; i++)
            book_put_group(debt_book(debt), &list.groups[i]);
        done = follow(debt, &event, err);
    }
    group_list_release(&list);
    return done;
}

static bool publish_group(struct debt *debt, uint32_t number, struct err *err)
{
    struct merge_group group = debt_book(debt)->groups[number];
    const struct campaign *campaign = &debt_book(debt)->campaign;
    enum lookup moved = publish_file(campaign, &group, err);
    if (moved == LOOKUP_ABSENT)
        return err_set(err, E_PARTS_ABSENT,
                       "group %u: %s was merged, but neither it nor %s is in %s", number,
                       group.part, group.published, campaign->store);
    if (moved == LOOKUP_FAILED ||
        !publish_sidecar(debt->turn->catalog, campaign, &group, debt->turn->wall_s, err))
        return false;
    struct core_event event = {
        .kind = EVENT_PUBLISHED, .groups = &group, .group_count = 1};
    log_write(debt->turn->log, LOG_LEVEL_INFO, "event=published file=%s size=%" PRIu64,
              group.published, group.size);
    return follow(debt, &event, err);
}

struct collected {
    const struct campaign *campaign;
    const struct name_list *list;
};

static bool write_collected(struct catalog_txn *txn, void *context, struct err *err)
{
    const struct collected *collected = context;
    for (uint32_t i = 0; i < collected->list->count; i++)
        if (!sweep_remove(collected->campaign, collected->list->names[i], err) ||
            !catalog_delete_file(txn, collected->list->names[i], err))
            return false;
    return true;
}

static bool remove_files(const struct debt *debt, struct err *err)
{
    const struct owed *owed = debt->owed;
    struct collected collected = {&debt_book(debt)->campaign, &owed->collect};
    for (uint32_t i = 0; i < owed->remove.count; i++)
        if (!sweep_remove(collected.campaign, owed->remove.names[i], err))
            return false;
    return owed->collect.count == 0 ||
           write_catalog(debt->turn->catalog, write_collected, &collected, err);
}

/* Publishing and cutting add to the lists behind the place: a plain loop ends. */
bool turn_pay(struct debt *debt, struct err *err)
{
    const struct owed *owed = debt->owed;
    for (uint32_t p = 0, c = 0; p < owed->publish.count || c < owed->cut.count;) {
        bool done = p < owed->publish.count
                        ? publish_group(debt, owed->publish.numbers[p++], err)
                        : cut_unit(debt, owed->cut.numbers[c++], err);
        if (!done)
            return false;
    }
    return remove_files(debt, err);
}

/* What one campaign made of keys that others want is theirs as well. */
static bool tell_twins(const struct turn *turn, uint32_t maker, struct owed *owed,
                       const struct turn_result *results, struct err *err)
{
    static const uint32_t steps[] = {STEP_RECO, STEP_SELECT};
    const struct book *book = turn->campaigns[maker].book;
    struct number_list segments = {.count = 0};
    bool done = true;
    for (uint32_t i = 0; owed[maker].made.count > 0 && i < turn->campaign_count; i++)
        for (uint32_t s = 0; done && i != maker && !results[i].stale && s < 2; s++) {
            struct debt debt = {.turn = turn, .campaign = i, .owed = &owed[i]};
            segments.count = 0;
            twins_claim(book->twins, &owed[maker].made, book, debt_book(&debt), steps[s],
                        &segments);
            struct core_event event = {.kind = EVENT_FOUND,
                                       .steps = steps[s],
                                       .segments = segments.numbers,
                                       .segment_count = segments.count};
            done = segments.count == 0 || follow(&debt, &event, err);
        }
    free(segments.numbers);
    return done;
}

/* First what is gone: a campaign that shares it is loaded anew, and what it owes then. */
bool turn_pay_all(const struct turn *turn, struct exchange **exchanges, uint32_t count,
                  struct owed *owed, struct turn_result *results, struct err *err)
{
    for (uint32_t i = 0; i < turn->campaign_count; i++) {
        struct debt debt = {.turn = turn, .campaign = i, .owed = &owed[i]};
        for (uint32_t k = 0; !results[i].stale && k < count; k++)
            if (!forget_gone(&debt, exchanges[k], err))
                return false;
        for (uint32_t k = 0; debt.forgotten > 0 && k < turn->campaign_count; k++)
            results[k].stale = results[k].stale || k != i;
    }
    for (uint32_t i = 0; i < turn->campaign_count; i++)
        if (!results[i].stale && !tell_twins(turn, i, owed, results, err))
            return false;
    for (uint32_t i = 0; i < turn->campaign_count; i++) {
        struct debt debt = {.turn = turn, .campaign = i, .owed = &owed[i]};
        if (!results[i].stale && !turn_pay(&debt, err))
            return false;
        results[i].complete = owed[i].complete;
        results[i].stuck = owed[i].stuck;
    }
    return true;
}
