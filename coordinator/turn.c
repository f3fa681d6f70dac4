/* turn.c - one turn of the service: decide, write, commit, then what is owed.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/turn.h"

#include <inttypes.h>
#include <stdlib.h>

#include "coordinator/family.h"
#include "coordinator/groups.h"
#include "coordinator/publish.h"
#include "coordinator/repair.h"
#include "coordinator/sweep.h"
#include "coordinator/twins.h"
#include "coordinator/write.h"

/* Decisions of a turn are copied, for the core keeps its own only until its next step. */
#define TURN_ARENA ((size_t)1 << 30)

struct decision {
    uint32_t campaign;         /* of the turn */
    struct exchange *exchange; /* NULL: nobody asked */
    struct core_commands commands;
    bool forgets; /* products leave the catalog */
};

struct decisions {
    const struct turn *turn;
    struct arena arena;
    struct decision *list;
    uint32_t count;
    uint32_t capacity;
    struct owed *owed;         /* of each campaign */
    const struct order *order; /* recorded with them; NULL: none */
    uint64_t forgotten;        /* segments of campaigns that share what is gone */
};

static void decisions_begin(struct decisions *decisions, const struct turn *turn,
                            struct owed *owed)
{
    *decisions = (struct decisions){.turn = turn, .owed = owed};
    arena_init(&decisions->arena, TURN_ARENA);
}

static void decisions_end(struct decisions *decisions)
{
    arena_release(&decisions->arena);
    free(decisions->list);
}

static struct decision *decision_add(struct decisions *decisions)
{
    if (decisions->count == decisions->capacity) {
        decisions->capacity = decisions->capacity == 0 ? 8 : 2 * decisions->capacity;
        decisions->list =
            mem_grow(decisions->list, decisions->capacity, sizeof *decisions->list);
    }
    return &decisions->list[decisions->count++];
}

/* One step of a core; a copy of its commands whose lists live in the arena. `reports`:
 * places of the event's reports in the exchange, NULL: the same. */
static bool decide(struct decisions *decisions, uint32_t campaign,
                   struct exchange *exchange, struct core_event *event,
                   const uint32_t *reports, struct err *err)
{
    const struct turn_campaign *served = &decisions->turn->campaigns[campaign];
    struct core_commands made;
    void *memory;
    event->now_ns = decisions->turn->now_ns;
    core_step(served->core, event, &made);
    journal_add(served->journal, event, &made);
    if (!arena_take(&decisions->arena, made.count, sizeof *made.list, &memory, err))
        return false;
    struct core_command *copy = memory;
    for (uint32_t i = 0; i < made.count; i++) {
        copy[i] = made.list[i];
        if (reports != NULL && copy[i].report != UINT32_MAX)
            copy[i].report = reports[copy[i].report];
        if (made.list[i].segment_count == 0)
            continue;
        if (!arena_take(&decisions->arena, made.list[i].segment_count, sizeof(uint32_t),
                        &memory, err))
            return false;
        memcpy(memory, made.list[i].segments,
               made.list[i].segment_count * sizeof(uint32_t));
        copy[i].segments = memory;
    }
    *decision_add(decisions) =
        (struct decision){.campaign = campaign,
                          .exchange = exchange,
                          .commands = {.list = copy, .count = made.count},
                          .forgets = event->kind == EVENT_MISSING};
    return true;
}

/* Pilots of one machine have one number; 0 is nobody. */
static uint32_t node_of(const char *host)
{
    if (host[0] == 0)
        return 0;
    struct sha256 hash = sha256_of(host, strlen(host));
    return be32_load(hash.bytes) | 1u;
}

/* The part of a sync that is for one campaign. */
struct share {
    struct core_report reports[SYNC_REPORTS];
    uint32_t places[SYNC_REPORTS];
    uint64_t held[SYNC_HELD];
};

static bool is_served(const struct turn *turn, uint64_t attempt)
{
    for (uint32_t i = 0; i < turn->campaign_count; i++)
        if (core_knows(turn->campaigns[i].core, attempt))
            return true;
    return false;
}

/* What belongs to no campaign of this turn is for the first one, to be refused. */
static void share_of(const struct turn *turn, const struct exchange *exchange,
                     uint32_t campaign, bool first, struct share *share,
                     struct core_event *event)
{
    const struct turn_campaign *served = &turn->campaigns[campaign];
    const struct sync *sync = &exchange->sync;
    event->reports = share->reports;
    event->held = share->held;
    for (uint32_t i = 0; i < sync->report_count; i++) {
        uint32_t owner = exchange->owners[i];
        if (owner != served->book->campaign.id && !(first && owner == 0))
            continue;
        share->places[event->report_count] = i;
        share->reports[event->report_count++] = exchange->reports[i];
    }
    for (uint32_t i = 0; i < sync->held_count; i++)
        if (core_knows(served->core, sync->held[i]) ||
            (first && !is_served(turn, sync->held[i])))
            share->held[event->held_count++] = sync->held[i];
}

/* Attempts are numbered over all campaigns. */
static uint64_t free_attempt(const struct turn *turn)
{
    uint64_t next = 0;
    for (uint32_t i = 0; i < turn->campaign_count; i++)
        if (core_next_attempt(turn->campaigns[i].core) > next)
            next = core_next_attempt(turn->campaigns[i].core);
    return next;
}

static uint32_t count_leases(const struct core_commands *commands)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < commands->count; i++)
        count += commands->list[i].kind == COMMAND_LEASE ? 1 : 0;
    return count;
}

/* A pilot works for the campaigns of its release. */
static bool works_for(const struct exchange *exchange, const struct turn_campaign *served)
{
    return sha256_is_zero(&exchange->release) ||
           sha256_equal(&exchange->release, &served->book->campaign.recipe.release);
}

/* The first campaign that has work gives it, the next one what is still wanted. */
static bool decide_sync(struct decisions *decisions, struct exchange *exchange,
                        struct err *err)
{
    const struct turn *turn = decisions->turn;
    struct share share; /* 50 kB */
    uint32_t given = 0;
    exchange->asked = 0;
    for (uint32_t i = 0; i < turn->campaign_count; i++) {
        struct core_event event = {.kind = EVENT_SYNC, .pilot = exchange->sync.pilot};
        bool asked = works_for(exchange, &turn->campaigns[i]);
        share_of(turn, exchange, i, exchange->asked == 0 && asked, &share, &event);
        if (!asked && event.report_count + event.held_count == 0)
            continue;
        exchange->asked++;
        uint32_t want =
            exchange->sync.want < SYNC_TASKS ? exchange->sync.want : SYNC_TASKS;
        event.want = asked ? want - given : 0;
        event.tokens = exchange->tokens + given;
        event.token_count = SYNC_TASKS - given;
        event.attempt = turn->campaign_count == 1 ? 0 : free_attempt(turn);
        if (!decide(decisions, i, exchange, &event, share.places, err))
            return false;
        given += count_leases(&decisions->list[decisions->count - 1].commands);
    }
    return true;
}

static bool decide_hello(struct decisions *decisions, struct exchange *exchange,
                         struct err *err)
{
    const struct turn *turn = decisions->turn;
    for (uint32_t i = 0; i < turn->campaign_count; i++) {
        struct core_event event = {.kind = EVENT_HELLO,
                                   .pilot = exchange->hello_answer.pilot,
                                   .node = node_of(exchange->hello.host)};
        if (works_for(exchange, &turn->campaigns[i]) &&
            !decide(decisions, i, exchange, &event, NULL, err))
            return false;
    }
    return true;
}

static void flush_all(const struct turn *turn)
{
    for (uint32_t i = 0; i < turn->campaign_count; i++)
        journal_flush(turn->campaigns[i].journal);
}

static bool decide_exchanges(struct decisions *decisions, struct exchange **exchanges,
                             uint32_t count, struct err *err)
{
    for (uint32_t i = 0; i < count; i++) {
        bool done = false;
        switch (exchanges[i]->kind) {
        case EXCHANGE_HELLO:
            done = decide_hello(decisions, exchanges[i], err);
            break;
        case EXCHANGE_SYNC:
            done = decide_sync(decisions, exchanges[i], err);
            break;
        case EXCHANGE_ORDER:
            bug_if(true); /* turn_order */
        }
        if (!done)
            return false;
    }
    return true;
}

static bool decide_all(struct decisions *decisions, struct exchange **exchanges,
                       uint32_t count, struct err *err)
{
    const struct turn *turn = decisions->turn;
    for (uint32_t i = 0; (turn->start || count == 0) && i < turn->campaign_count; i++) {
        struct core_event event = {.kind = turn->start ? EVENT_START : EVENT_TICK};
        if (!decide(decisions, i, NULL, &event, NULL, err))
            return false;
    }
    bool done = decide_exchanges(decisions, exchanges, count, err);
    flush_all(turn);
    return done;
}

static bool check_all(const struct turn *turn, struct exchange **exchanges,
                      uint32_t count, struct err *err)
{
    const struct book *books[TURN_CAMPAIGNS];
    struct catalog_txn *txn;
    bug_if(turn->campaign_count == 0 || turn->campaign_count > TURN_CAMPAIGNS);
    for (uint32_t i = 0; i < turn->campaign_count; i++)
        books[i] = turn->campaigns[i].book;
    if (!catalog_begin(turn->catalog, &txn, err))
        return false;
    bool done = true;
    for (uint32_t i = 0; done && i < count; i++)
        if (exchanges[i]->kind == EXCHANGE_SYNC)
            done = exchange_check(exchanges[i], books, turn->campaign_count, txn, err);
    catalog_abort(txn);
    return done;
}

static bool write_decisions(struct catalog_txn *txn, void *context, struct err *err)
{
    struct decisions *decisions = context;
    const struct turn *turn = decisions->turn;
    decisions->forgotten = 0;
    for (uint32_t i = 0; i < turn->campaign_count; i++)
        owed_clear(&decisions->owed[i]);
    for (uint32_t i = 0; i < decisions->count; i++)
        if (decisions->list[i].exchange != NULL)
            exchange_restart(decisions->list[i].exchange);
    for (uint32_t i = 0; i < decisions->count; i++) {
        const struct decision *decision = &decisions->list[i];
        struct book *book = turn->campaigns[decision->campaign].book;
        if (!apply_commands(book, txn, decision->exchange, &decision->commands,
                            turn->wall_s, &decisions->owed[decision->campaign], err) ||
            (decision->forgets &&
             !repair_shared(txn, &book->campaign, &decisions->forgotten, err)))
            return false;
    }
    return decisions->order == NULL || orders_add(txn, decisions->order, err);
}

/* What a turn has to do for one of its campaigns. */
struct debt {
    const struct turn *turn;
    uint32_t campaign;
    struct owed *owed;
    uint64_t forgotten; /* segments of other campaigns */
};

static struct book *debt_book(const struct debt *debt)
{
    return debt->turn->campaigns[debt->campaign].book;
}

/* One event that nobody asked for: decide and write; what it owes is added. */
static bool follow(struct debt *debt, struct core_event *event, struct err *err)
{
    struct decisions decisions;
    struct owed more[TURN_CAMPAIGNS] = {{.complete = false}};
    decisions_begin(&decisions, debt->turn, more);
    bool done = decide(&decisions, debt->campaign, NULL, event, NULL, err);
    flush_all(debt->turn);
    done = done && write_catalog(debt->turn->catalog, write_decisions, &decisions, err);
    debt->forgotten += decisions.forgotten;
    decisions_end(&decisions);
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
static bool pay(struct debt *debt, struct err *err)
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

/* What went wrong on a pilot is told once, with the ids that lead further. */
static void log_failures(const struct turn *turn, const struct exchange *exchange)
{
    for (uint32_t i = 0; i < exchange->sync.report_count; i++) {
        const struct report *report = &exchange->sync.reports[i];
        if (exchange->verdicts[i].verdict == VERDICT_REFUSED)
            log_write(turn->log, LOG_LEVEL_WARN,
                      "event=report_refused attempt=%" PRIu64 " pilot=%016" PRIx64
                      " host=%s why=\"%s\"",
                      report->attempt, exchange->sync.pilot, report->host,
                      exchange->verdicts[i].text);
        else if (report->status == REPORT_FAILED)
            log_write(turn->log, LOG_LEVEL_WARN,
                      "event=attempt_failed attempt=%" PRIu64 " pilot=%016" PRIx64
                      " host=%s code=%s signal=%d rule=%u action=%s passive_rule=%u "
                      "why=\"%s\"",
                      report->attempt, exchange->sync.pilot, report->host,
                      err_name((enum err_code)report->failure.code), report->signal,
                      exchange->decisions[i].rule,
                      retry_action_name((enum retry_action)exchange->decisions[i].action),
                      exchange->decisions[i].passive, report->failure.text);
    }
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
static bool pay_all(const struct turn *turn, struct exchange **exchanges, uint32_t count,
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
        if (!results[i].stale && !pay(&debt, err))
            return false;
        results[i].complete = owed[i].complete;
        results[i].stuck = owed[i].stuck;
    }
    return true;
}

bool turn_run(const struct turn *turn, struct exchange **exchanges, uint32_t count,
              struct turn_result *results, struct err *err)
{
    struct decisions decisions;
    struct owed owed[TURN_CAMPAIGNS] = {{.complete = false}};
    for (uint32_t i = 0; i < turn->campaign_count; i++)
        results[i] = (struct turn_result){.complete = false};
    decisions_begin(&decisions, turn, owed);
    bool done = check_all(turn, exchanges, count, err) &&
                decide_all(&decisions, exchanges, count, err) &&
                write_catalog(turn->catalog, write_decisions, &decisions, err) &&
                pay_all(turn, exchanges, count, owed, results, err);
    decisions_end(&decisions);
    for (uint32_t i = 0; done && i < count; i++)
        if (exchanges[i]->kind == EXCHANGE_SYNC)
            log_failures(turn, exchanges[i]);
    for (uint32_t i = 0; i < turn->campaign_count; i++)
        owed_release(&owed[i]);
    return done;
}

/* One event, NULL none, and one order, NULL none, to the only campaign of the turn. */
static bool turn_one(const struct turn *turn, struct core_event *event,
                     const struct order *order, struct turn_result *result,
                     struct err *err)
{
    struct decisions decisions;
    struct owed owed = {.complete = false};
    struct debt debt = {.turn = turn, .owed = &owed};
    bug_if(turn->campaign_count != 1);
    decisions_begin(&decisions, turn, &owed);
    decisions.order = order;
    bool done = event == NULL || decide(&decisions, 0, NULL, event, NULL, err);
    flush_all(turn);
    done = done && write_catalog(turn->catalog, write_decisions, &decisions, err) &&
           pay(&debt, err);
    decisions_end(&decisions);
    *result = (struct turn_result){.complete = owed.complete, .stuck = owed.stuck};
    owed_release(&owed);
    return done;
}

bool turn_order(const struct turn *turn, const struct order *order,
                struct turn_result *result, struct err *err)
{
    struct core_event event = {.kind = EVENT_HOLD, .hold = order_hold(order)};
    bool decides = order->kind != ORDER_PRIORITY && order->kind != ORDER_GATE;
    return turn_one(turn, decides ? &event : NULL, order, result, err);
}

bool turn_release(const struct turn *turn, const struct number_list *segments,
                  struct turn_result *result, struct err *err)
{
    struct core_event event = {.kind = EVENT_RELEASE,
                               .segments = segments->numbers,
                               .segment_count = segments->count};
    return turn_one(turn, &event, NULL, result, err);
}
