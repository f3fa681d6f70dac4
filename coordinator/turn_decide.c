/* turn_decide.c - what the cores decide in a turn, kept until it is written.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "coordinator/repair.h"
#include "coordinator/turn_internal.h"
#include "coordinator/write.h"

/* Decisions of a turn are copied, for the core keeps its own only until its next step. */
#define TURN_ARENA ((size_t)1 << 30)

void turn_decisions_begin(struct decisions *decisions, const struct turn *turn,
                          struct owed *owed)
{
    *decisions = (struct decisions){.turn = turn, .owed = owed};
    arena_init(&decisions->arena, TURN_ARENA);
}

void turn_decisions_end(struct decisions *decisions)
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

bool turn_decide(struct decisions *decisions, uint32_t campaign, struct core_event *event,
                 struct err *err)
{
    bool done = decide(decisions, campaign, NULL, event, NULL, err);
    flush_all(decisions->turn);
    return done;
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

bool turn_decide_all(struct decisions *decisions, struct exchange **exchanges,
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

bool turn_decisions_write(struct decisions *decisions, struct err *err)
{
    return write_catalog(decisions->turn->catalog, write_decisions, decisions, err);
}
