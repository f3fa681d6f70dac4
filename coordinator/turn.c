/* turn.c - one turn of the service: decide, write, commit, then what is owed.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/turn.h"

#include <inttypes.h>
#include <stdlib.h>

#include "coordinator/groups.h"
#include "coordinator/publish.h"
#include "coordinator/repair.h"
#include "coordinator/sweep.h"
#include "coordinator/write.h"

/* Decisions of a turn are copied, for the core keeps its own only until its next step. */
#define TURN_ARENA ((size_t)1 << 30)

struct decision {
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
    struct owed *owed;
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

/* One step of the core; a copy of its commands whose lists live in the arena. */
static bool decide(struct decisions *decisions, struct exchange *exchange,
                   struct core_event *event, struct err *err)
{
    struct core_commands made;
    void *memory;
    event->now_ns = decisions->turn->now_ns;
    core_step(decisions->turn->core, event, &made);
    journal_add(decisions->turn->journal, event, &made);
    if (!arena_take(&decisions->arena, made.count, sizeof *made.list, &memory, err))
        return false;
    struct core_command *copy = memory;
    for (uint32_t i = 0; i < made.count; i++) {
        copy[i] = made.list[i];
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
        (struct decision){.exchange = exchange,
                          .commands = {.list = copy, .count = made.count},
                          .forgets = event->kind == EVENT_MISSING};
    return true;
}

/* Products that a merge found wrong are made again. */
static bool decide_gone(struct decisions *decisions, const struct exchange *exchange,
                        struct err *err)
{
    for (uint32_t i = 0; i < exchange->sync.report_count; i++) {
        const struct gone *gone = &exchange->gone[i];
        if (gone->segments.count == 0)
            continue;
        struct core_event event = {.kind = EVENT_MISSING,
                                   .segments = gone->segments.numbers,
                                   .segment_count = gone->segments.count,
                                   .steps = gone->steps};
        log_write(decisions->turn->log, LOG_LEVEL_WARN,
                  "event=products_gone attempt=%" PRIu64 " segments=%u first=%u "
                  "action=made_again",
                  exchange->sync.reports[i].attempt, gone->segments.count,
                  gone->segments.numbers[0]);
        if (!decide(decisions, NULL, &event, err))
            return false;
    }
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

static bool decide_exchange(struct decisions *decisions, struct exchange *exchange,
                            struct err *err)
{
    struct core_event event = {.pilot = exchange->sync.pilot};
    switch (exchange->kind) {
    case EXCHANGE_HELLO:
        event.kind = EVENT_HELLO;
        event.pilot = exchange->hello_answer.pilot;
        event.node = node_of(exchange->hello.host);
        break;
    case EXCHANGE_SYNC:
        event.kind = EVENT_SYNC;
        event.want = exchange->sync.want;
        event.reports = exchange->reports;
        event.report_count = exchange->sync.report_count;
        event.held = exchange->sync.held;
        event.held_count = exchange->sync.held_count;
        event.tokens = exchange->tokens;
        event.token_count = SYNC_TASKS;
        break;
    }
    return decide(decisions, exchange, &event, err) &&
           decide_gone(decisions, exchange, err);
}

static bool decide_all(struct decisions *decisions, struct exchange **exchanges,
                       uint32_t count, struct err *err)
{
    bool start = decisions->turn->start;
    struct core_event event = {.kind = start ? EVENT_START : EVENT_TICK};
    if ((start || count == 0) && !decide(decisions, NULL, &event, err))
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (!decide_exchange(decisions, exchanges[i], err))
            return false;
    journal_flush(decisions->turn->journal);
    return true;
}

static bool check_all(const struct turn *turn, struct exchange **exchanges,
                      uint32_t count, struct err *err)
{
    struct catalog_txn *txn;
    if (!catalog_begin(turn->catalog, &txn, err))
        return false;
    bool done = true;
    for (uint32_t i = 0; done && i < count; i++)
        if (exchanges[i]->kind == EXCHANGE_SYNC)
            done = exchange_check(exchanges[i], turn->book, txn, err);
    catalog_abort(txn);
    return done;
}

static bool write_decisions(struct catalog_txn *txn, void *context, struct err *err)
{
    const struct decisions *decisions = context;
    const struct turn *turn = decisions->turn;
    owed_clear(decisions->owed);
    for (uint32_t i = 0; i < decisions->count; i++)
        if (decisions->list[i].exchange != NULL)
            exchange_restart(decisions->list[i].exchange);
    for (uint32_t i = 0; i < decisions->count; i++) {
        const struct decision *decision = &decisions->list[i];
        if (!apply_commands(turn->book, txn, decision->exchange, &decision->commands,
                            turn->wall_s, decisions->owed, err) ||
            (decision->forgets && !repair_shared(txn, &turn->book->campaign, err)))
            return false;
    }
    return true;
}

/* One event that nobody asked for: decide and write; what it owes is added to `owed`. */
static bool follow(const struct turn *turn, struct core_event *event, struct owed *owed,
                   struct err *err)
{
    struct decisions decisions;
    struct owed more = {.complete = false};
    decisions_begin(&decisions, turn, &more);
    bool done = decide(&decisions, NULL, event, err);
    journal_flush(turn->journal);
    done = done && write_catalog(turn->catalog, write_decisions, &decisions, err);
    decisions_end(&decisions);
    owed_merge(owed, &more);
    owed_release(&more);
    return done;
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

static bool make_groups(const struct turn *turn, uint32_t unit, struct group_list *list,
                        struct err *err)
{
    struct catalog_txn *txn;
    if (!catalog_begin(turn->catalog, &txn, err))
        return false;
    bool done = groups_cut(turn->book, txn, unit, list, err);
    catalog_abort(txn);
    struct cut_record record = {.campaign = turn->book->campaign, .list = list};
    record.campaign.group_count += list->count;
    return done && write_catalog(turn->catalog, write_groups, &record, err);
}

static bool cut_unit(const struct turn *turn, uint32_t unit, struct owed *owed,
                     struct err *err)
{
    struct group_list list = {.count = 0};
    bool done = make_groups(turn, unit, &list, err);
    if (done) {
        struct core_event event = {.kind = EVENT_GROUPS,
                                   .unit = unit,
                                   .groups = list.groups,
                                   .group_count = list.count};
        for (uint32_t i = 0; i < list.count; i++)
            book_put_group(turn->book, &list.groups[i]);
        done = follow(turn, &event, owed, err);
    }
    group_list_release(&list);
    return done;
}

static bool publish_group(const struct turn *turn, uint32_t number, struct owed *owed,
                          struct err *err)
{
    struct merge_group group = turn->book->groups[number];
    const struct campaign *campaign = &turn->book->campaign;
    enum lookup moved = publish_file(campaign, &group, err);
    if (moved == LOOKUP_ABSENT)
        return err_set(err, E_PARTS_ABSENT,
                       "group %u: %s was merged, but neither it nor %s is in %s", number,
                       group.part, group.published, campaign->store);
    if (moved == LOOKUP_FAILED || !publish_sidecar(campaign, &group, turn->wall_s, err))
        return false;
    struct core_event event = {
        .kind = EVENT_PUBLISHED, .groups = &group, .group_count = 1};
    log_write(turn->log, LOG_LEVEL_INFO, "event=published file=%s size=%" PRIu64,
              group.published, group.size);
    return follow(turn, &event, owed, err);
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

static bool remove_files(const struct turn *turn, const struct owed *owed,
                         struct err *err)
{
    struct collected collected = {&turn->book->campaign, &owed->collect};
    for (uint32_t i = 0; i < owed->remove.count; i++)
        if (!sweep_remove(collected.campaign, owed->remove.names[i], err))
            return false;
    return owed->collect.count == 0 ||
           write_catalog(turn->catalog, write_collected, &collected, err);
}

/* Publishing and cutting add to the lists behind the place: a plain loop ends. */
static bool pay(const struct turn *turn, struct owed *owed, struct err *err)
{
    for (uint32_t p = 0, c = 0; p < owed->publish.count || c < owed->cut.count;) {
        bool done = p < owed->publish.count
                        ? publish_group(turn, owed->publish.numbers[p++], owed, err)
                        : cut_unit(turn, owed->cut.numbers[c++], owed, err);
        if (!done)
            return false;
    }
    return remove_files(turn, owed, err);
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

bool turn_run(const struct turn *turn, struct exchange **exchanges, uint32_t count,
              struct turn_result *result, struct err *err)
{
    struct decisions decisions;
    struct owed owed = {.complete = false};
    decisions_begin(&decisions, turn, &owed);
    bool done = check_all(turn, exchanges, count, err) &&
                decide_all(&decisions, exchanges, count, err) &&
                write_catalog(turn->catalog, write_decisions, &decisions, err) &&
                pay(turn, &owed, err);
    decisions_end(&decisions);
    for (uint32_t i = 0; done && i < count; i++)
        if (exchanges[i]->kind == EXCHANGE_SYNC)
            log_failures(turn, exchanges[i]);
    *result = (struct turn_result){.complete = owed.complete, .stuck = owed.stuck};
    owed_release(&owed);
    return done;
}
