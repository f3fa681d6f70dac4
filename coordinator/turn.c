/* turn.c - one turn of the service: decide, write, commit, then what is owed.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/turn.h"

#include <stdlib.h>

#include "coordinator/groups.h"
#include "coordinator/publish.h"
#include "coordinator/sweep.h"

/* Decisions of a turn are copied, for the core keeps its own only until its next step. */
#define TURN_ARENA ((size_t)1 << 30)

struct decision {
    struct exchange *exchange; /* NULL: nobody asked */
    struct core_commands commands;
};

struct decisions {
    struct arena arena;
    struct decision *list;
    uint32_t count;
};

/* A copy whose lists live in the arena. */
static bool decide(const struct turn *turn, struct decisions *decisions,
                   struct exchange *exchange, struct core_event *event, struct err *err)
{
    struct core_commands made;
    void *memory;
    event->now_ns = turn->now_ns;
    core_step(turn->core, event, &made);
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
    struct decision *decision = &decisions->list[decisions->count++];
    decision->exchange = exchange;
    decision->commands = (struct core_commands){.list = copy, .count = made.count};
    return true;
}

static bool decide_exchange(const struct turn *turn, struct decisions *decisions,
                            struct exchange *exchange, struct err *err)
{
    struct core_event event = {.pilot = exchange->sync.pilot};
    switch (exchange->kind) {
    case EXCHANGE_HELLO:
        event.kind = EVENT_HELLO;
        event.pilot = exchange->hello_answer.pilot;
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
    return decide(turn, decisions, exchange, &event, err);
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

static bool write_once(const struct turn *turn, const struct decisions *decisions,
                       struct owed *owed, struct err *err)
{
    struct catalog_txn *txn;
    if (!catalog_begin(turn->catalog, &txn, err))
        return false;
    bool done = true;
    for (uint32_t i = 0; done && i < decisions->count; i++) {
        const struct decision *decision = &decisions->list[i];
        if (decision->exchange != NULL)
            exchange_restart(decision->exchange);
        done = apply_commands(turn->book, txn, decision->exchange, &decision->commands,
                              turn->wall_s, owed, err);
    }
    if (!done) {
        catalog_abort(txn);
        return false;
    }
    return catalog_commit(txn, err);
}

/* Again when the map had to grow; each time it is twice as large. */
static bool write_all(const struct turn *turn, const struct decisions *decisions,
                      struct owed *owed, struct err *err)
{
    for (int attempt = 0; attempt < 32; attempt++) {
        owed_clear(owed);
        if (write_once(turn, decisions, owed, err))
            return true;
        if (err->code != E_CATALOG_GROW)
            return false;
    }
    return false;
}

/* One event that nobody asked for: decide and write; what it owes is added to `owed`. */
static bool follow(const struct turn *turn, struct core_event *event, struct owed *owed,
                   struct err *err)
{
    struct decision decision;
    struct decisions decisions = {.list = &decision};
    struct owed more = {.complete = false};
    arena_init(&decisions.arena, TURN_ARENA);
    bool done = decide(turn, &decisions, NULL, event, err) &&
                write_all(turn, &decisions, &more, err);
    arena_release(&decisions.arena);
    for (uint32_t i = 0; i < more.cut.count; i++)
        number_set_add(&owed->cut, more.cut.numbers[i]);
    for (uint32_t i = 0; i < more.publish.count; i++)
        number_set_add(&owed->publish, more.publish.numbers[i]);
    owed->complete = owed->complete || more.complete;
    owed->stuck = owed->stuck || more.stuck;
    owed_release(&more);
    return done;
}

static bool record_groups_once(const struct turn *turn, const struct group_list *list,
                               struct err *err)
{
    struct catalog_txn *txn;
    struct campaign campaign = turn->book->campaign;
    if (!catalog_begin(turn->catalog, &txn, err))
        return false;
    bool done = true;
    for (uint32_t i = 0; done && i < list->count; i++)
        done = catalog_put_group(txn, campaign.id, &list->groups[i], err);
    campaign.group_count += list->count;
    if (!done || !catalog_put_campaign(txn, &campaign, err)) {
        catalog_abort(txn);
        return false;
    }
    return catalog_commit(txn, err);
}

static bool cut_unit(const struct turn *turn, uint32_t unit, struct owed *owed,
                     struct err *err)
{
    struct group_list list = {.count = 0};
    struct catalog_txn *txn;
    if (!catalog_begin(turn->catalog, &txn, err))
        return false;
    bool done = groups_cut(turn->book, txn, unit, &list, err);
    catalog_abort(txn);
    done =
        done && (record_groups_once(turn, &list, err) ||
                 (err->code == E_CATALOG_GROW && record_groups_once(turn, &list, err)));
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
                          struct turn_result *result, struct err *err)
{
    struct merge_group group = turn->book->groups[number];
    const struct campaign *campaign = &turn->book->campaign;
    enum lookup moved = publish_file(campaign, &group, err);
    if (moved == LOOKUP_ABSENT) {
        log_write(turn->log, LOG_LEVEL_WARN, "event=published_file_gone file=%s",
                  group.published);
        result->reload = true;
        return true;
    }
    if (moved == LOOKUP_FAILED || !publish_sidecar(campaign, &group, turn->wall_s, err))
        return false;
    struct core_event event = {
        .kind = EVENT_PUBLISHED, .groups = &group, .group_count = 1};
    log_write(turn->log, LOG_LEVEL_INFO, "event=published file=%s size=%llu",
              group.published, (unsigned long long)group.size);
    return follow(turn, &event, owed, err);
}

static bool remove_files(const struct turn *turn, const struct owed *owed,
                         struct err *err)
{
    const struct campaign *campaign = &turn->book->campaign;
    for (uint32_t i = 0; i < owed->remove.count; i++)
        if (!sweep_remove(campaign, owed->remove.names[i], err))
            return false;
    if (owed->collect.count == 0)
        return true;
    struct catalog_txn *txn;
    if (!catalog_begin(turn->catalog, &txn, err))
        return false;
    bool done = true;
    for (uint32_t i = 0; done && i < owed->collect.count; i++)
        done = sweep_remove(campaign, owed->collect.names[i], err) &&
               catalog_delete_file(txn, owed->collect.names[i], err);
    if (!done) {
        catalog_abort(txn);
        return false;
    }
    return catalog_commit(txn, err);
}

static bool pay(const struct turn *turn, struct owed *owed, struct turn_result *result,
                struct err *err)
{
    /* Publishing and cutting add to the lists behind `i`: a plain loop ends. */
    for (uint32_t p = 0, c = 0; p < owed->publish.count || c < owed->cut.count;) {
        if (p < owed->publish.count) {
            if (!publish_group(turn, owed->publish.numbers[p++], owed, result, err))
                return false;
        } else if (!cut_unit(turn, owed->cut.numbers[c++], owed, err)) {
            return false;
        }
    }
    return remove_files(turn, owed, err);
}

/* A merge that found a bad input: its product is made again. */
static void find_bad_inputs(const struct turn *turn, const struct exchange *exchange,
                            struct turn_result *result)
{
    for (uint32_t i = 0; i < exchange->sync.report_count; i++) {
        const struct report *report = &exchange->sync.reports[i];
        if (report->status != REPORT_FAILED || report->failure.code != E_MERGE_INPUT ||
            exchange->reports[i].token == 0 ||
            exchange->reports[i].already != ATTEMPT_LEASED)
            continue;
        result->reload = true;
        if (exchange->groups[i] == UINT32_MAX)
            continue;
        const struct merge_group *group = &turn->book->groups[exchange->groups[i]];
        uint32_t input = 0;
        for (uint32_t s = group->first; s < group->first + group->count; s++)
            if (turn->book->states[s].state == SEGMENT_COMMITTED &&
                input++ == report->blamed)
                result->dropped = s;
    }
}

/* What went wrong on a pilot is told once, with the ids that lead further. */
static void log_failures(const struct turn *turn, const struct exchange *exchange)
{
    for (uint32_t i = 0; i < exchange->sync.report_count; i++) {
        const struct report *report = &exchange->sync.reports[i];
        if (exchange->verdicts[i].verdict == VERDICT_REFUSED)
            log_write(turn->log, LOG_LEVEL_WARN,
                      "event=report_refused attempt=%llu host=%s why=\"%s\"",
                      (unsigned long long)report->attempt, report->host,
                      exchange->verdicts[i].text);
        else if (report->status == REPORT_FAILED)
            log_write(turn->log, LOG_LEVEL_WARN,
                      "event=attempt_failed attempt=%llu host=%s code=%s signal=%d "
                      "why=\"%s\"",
                      (unsigned long long)report->attempt, report->host,
                      err_name((enum err_code)report->failure.code), report->signal,
                      report->failure.text);
    }
}

static bool decide_all(const struct turn *turn, struct decisions *decisions,
                       struct exchange **exchanges, uint32_t count, struct err *err)
{
    struct core_event event = {.kind = turn->start ? EVENT_START : EVENT_TICK};
    if ((turn->start || count == 0) && !decide(turn, decisions, NULL, &event, err))
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (!decide_exchange(turn, decisions, exchanges[i], err))
            return false;
    return true;
}

bool turn_run(const struct turn *turn, struct exchange **exchanges, uint32_t count,
              struct turn_result *result, struct err *err)
{
    struct decision list[TURN_EXCHANGES + 1];
    struct decisions decisions = {.list = list};
    struct owed owed = {.complete = false};
    bug_if(count > TURN_EXCHANGES);
    *result = (struct turn_result){.dropped = UINT32_MAX};
    arena_init(&decisions.arena, TURN_ARENA);
    bool done = check_all(turn, exchanges, count, err) &&
                decide_all(turn, &decisions, exchanges, count, err) &&
                write_all(turn, &decisions, &owed, err) && pay(turn, &owed, result, err);
    for (uint32_t i = 0; done && i < count; i++) {
        if (exchanges[i]->kind != EXCHANGE_SYNC)
            continue;
        find_bad_inputs(turn, exchanges[i], result);
        log_failures(turn, exchanges[i]);
    }
    result->complete = owed.complete;
    result->stuck = owed.stuck;
    arena_release(&decisions.arena);
    owed_release(&owed);
    return done;
}
