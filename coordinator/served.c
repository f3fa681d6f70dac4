/* served.c - loading, turns and upkeep of the campaigns of one service.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/served.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/text.h"
#include "coordinator/family.h"
#include "coordinator/gate.h"
#include "coordinator/loss_list.h"
#include "coordinator/repair.h"
#include "coordinator/retire.h"
#include "coordinator/sweep.h"
#include "coordinator/withdraw.h"
#include "coordinator/write.h"

/* One of them inside a transaction. */
struct step {
    struct served *served;
    struct served_one *one;
    const struct order *order;
    bool *news;
    bool retired[TURN_CAMPAIGNS];
    uint64_t forgotten; /* segments */
    uint64_t adopted;   /* products */
};

static bool fingerprint_name(const struct served_one *one, char out[80])
{
    char hex[SHA256_HEX];
    sha256_to_hex(&one->book.campaign.recipe.release, hex);
    return snprintf(out, 80, "fingerprint/%s", hex) > 0;
}

static bool put_fingerprint(struct catalog_txn *txn, void *context, struct err *err)
{
    const struct served_one *one = ((struct step *)context)->one;
    char name[80];
    return fingerprint_name(one, name) &&
           catalog_put_text(txn, name, one->fingerprint.bytes, SHA256_SIZE, err);
}

static bool get_fingerprint(struct served_one *one, struct catalog_txn *txn,
                            struct err *err)
{
    char name[80];
    struct bytes bytes;
    bytes_init(&bytes, 4096);
    enum lookup found = fingerprint_name(one, name)
                            ? catalog_get_text(txn, name, &bytes, err)
                            : LOOKUP_FAILED;
    if (found == LOOKUP_FOUND && bytes.size == SHA256_SIZE)
        memcpy(one->fingerprint.bytes, bytes.data, SHA256_SIZE);
    bytes_release(&bytes);
    return found != LOOKUP_FAILED;
}

struct served_one *served_of_release(const struct served *served,
                                     const struct sha256 *release)
{
    for (uint32_t i = 0; i < served->count; i++)
        if (sha256_equal(&served->list[i].book.campaign.recipe.release, release))
            return &served->list[i];
    return NULL;
}

bool served_fingerprint(struct served *served, const struct hello *hello, struct err *err)
{
    struct step step = {.one = served_of_release(served, &hello->release)};
    if (step.one == NULL || !sha256_is_zero(&step.one->fingerprint))
        return true;
    for (uint32_t i = 0; i < served->count; i++)
        if (sha256_equal(&served->list[i].book.campaign.recipe.release, &hello->release))
            served->list[i].fingerprint = hello->fingerprint;
    return write_catalog(served->catalog, put_fingerprint, &step, err);
}

int64_t served_lease_ns(const struct served *served, const struct sha256 *release)
{
    int64_t shortest_ns = INT64_MAX;
    for (uint32_t i = 0; i < served->count; i++) {
        const struct campaign *campaign = &served->list[i].book.campaign;
        if (sha256_equal(&campaign->recipe.release, release) &&
            campaign->policy.lease_ns < shortest_ns)
            shortest_ns = campaign->policy.lease_ns;
    }
    return shortest_ns;
}

uint32_t served_pilots(const struct served *served)
{
    uint32_t most = 0;
    for (uint32_t i = 0; i < served->count; i++) {
        uint32_t pilots = core_count(served->list[i].core).pilots;
        most = pilots > most ? pilots : most;
    }
    return most;
}

int64_t served_deadline(const struct served *served)
{
    int64_t first_ns = INT64_MAX;
    for (uint32_t i = 0; i < served->count; i++)
        if (core_deadline(served->list[i].core) < first_ns)
            first_ns = core_deadline(served->list[i].core);
    return first_ns;
}

/* Before: by priority, then by age. */
static bool goes_before(const struct served_one *a, const struct served_one *b)
{
    if (a->orders.priority != b->orders.priority)
        return a->orders.priority > b->orders.priority;
    return a->book.campaign.id < b->book.campaign.id;
}

static void put_in_order(struct served *served)
{
    for (uint32_t i = 0; i < served->count; i++) {
        uint32_t at = i;
        for (; at > 0 &&
               goes_before(&served->list[i], &served->list[served->order[at - 1]]);
             at--)
            served->order[at] = served->order[at - 1];
        served->order[at] = i;
    }
}

static void unload(struct served_one *one)
{
    journal_close(one->journal);
    core_free(one->core);
    book_release(&one->book);
    one->journal = NULL;
    one->core = NULL;
}

/* The campaign as the catalog has it, in a core that is not started. */
static bool load_one(const struct served *served, struct served_one *one, struct err *err)
{
    struct catalog_txn *txn;
    if (!catalog_begin(served->catalog, &txn, err))
        return false;
    bool done = orders_read(txn, one->name, &one->orders, err) &&
                book_load(&one->book, txn, one->name, &one->core, err) &&
                get_fingerprint(one, txn, err);
    catalog_abort(txn);
    if (!done)
        return false;
    core_set_hold(one->core, one->orders.hold);
    one->journal = journal_open(served->journals, one->name, one->core, served->log);
    one->stale = false;
    one->complete = false;
    one->stuck = false;
    one->look = true;
    one->watch = (struct watch){.catalog = served->catalog,
                                .campaign = &one->book.campaign,
                                .core = one->core,
                                .log = served->log};
    return true;
}

static struct turn turn_of(const struct served *served,
                           const struct turn_campaign *campaigns, uint32_t count)
{
    return (struct turn){.catalog = served->catalog,
                         .campaigns = campaigns,
                         .campaign_count = count,
                         .log = served->log,
                         .now_ns = clock_now_ns(),
                         .wall_s = clock_wall_s()};
}

static struct turn_campaign turn_campaign_of(struct served_one *one)
{
    return (struct turn_campaign){
        .book = &one->book, .core = one->core, .journal = one->journal};
}

static bool mark_complete(struct catalog_txn *txn, void *context, struct err *err)
{
    struct served_one *one = ((struct step *)context)->one;
    one->book.campaign.complete = true;
    return catalog_put_campaign(txn, &one->book.campaign, err);
}

bool served_waits_for_gate(const struct served_one *one)
{
    struct core_counts counts = core_count(one->core);
    return one->stuck &&
           counts.by_state[SEGMENT_QUARANTINED] + counts.groups[GROUP_FAILED] == 0;
}

static bool take_result(struct served *served, struct served_one *one,
                        const struct turn_result *result, struct err *err)
{
    struct step step = {.one = one};
    one->stale = one->stale || result->stale;
    if (!result->complete)
        return true;
    one->stuck = result->stuck;
    log_write(served->log, LOG_LEVEL_INFO, "event=%s campaign=%s",
              !result->stuck               ? "complete"
              : served_waits_for_gate(one) ? "waits_for_gate"
                                           : "stuck",
              one->name);
    one->look = true;
    bool lost = core_count(one->core).by_state[SEGMENT_LOST] > 0;
    if (!result->stuck &&
        (!write_catalog(served->catalog, mark_complete, &step, err) ||
         !loss_list_write(served->losses, served->catalog, one->name, lost, err)))
        return false;
    one->complete = !result->stuck;
    return served_sweep(served, err);
}

static bool start_one(struct served *served, struct served_one *one, struct err *err)
{
    struct turn_result result;
    struct turn_campaign campaign = turn_campaign_of(one);
    struct turn turn = turn_of(served, &campaign, 1);
    turn.start = true;
    return turn_run(&turn, NULL, 0, &result, err) &&
           take_result(served, one, &result, err);
}

/* Keys that several of them want. Whenever one was loaded. */
static bool find_twins(struct served *served, struct err *err)
{
    struct book *books[TURN_CAMPAIGNS];
    struct catalog_txn *txn;
    twins_release(&served->twins);
    for (uint32_t i = 0; i < served->count; i++)
        books[i] = &served->list[i].book;
    if (!catalog_begin(served->catalog, &txn, err))
        return false;
    bool done = twins_load(&served->twins, txn, books, served->count, err);
    catalog_abort(txn);
    return done;
}

bool served_start(struct served *served, struct err *err)
{
    if (!find_twins(served, err))
        return false;
    for (uint32_t i = 0; i < served->count; i++)
        if (!start_one(served, &served->list[i], err))
            return false;
    return true;
}

bool served_renew(struct served *served, uint64_t limit, struct err *err)
{
    for (uint32_t i = 0; i < served->count; i++) {
        struct served_one *one = &served->list[i];
        bool full = journal_is_full(one->journal, limit);
        if (!full && !one->stale)
            continue;
        log_write(served->log, LOG_LEVEL_INFO, "event=%s campaign=%s action=loaded_anew",
                  full ? "journal_full" : "catalog_changed", one->name);
        twins_release(&served->twins);
        unload(one);
        if (!load_one(served, one, err) || !find_twins(served, err) ||
            !start_one(served, one, err))
            return false;
    }
    return true;
}

bool served_turn(struct served *served, struct exchange **exchanges, uint32_t count,
                 struct err *err)
{
    struct turn_campaign campaigns[TURN_CAMPAIGNS];
    struct turn_result results[TURN_CAMPAIGNS];
    for (uint32_t i = 0; i < served->count; i++)
        campaigns[i] = turn_campaign_of(&served->list[served->order[i]]);
    struct turn turn = turn_of(served, campaigns, served->count);
    if (!turn_run(&turn, exchanges, count, results, err))
        return false;
    for (uint32_t i = 0; i < served->count; i++)
        if (!take_result(served, &served->list[served->order[i]], &results[i], err))
            return false;
    return true;
}

static bool write_order(struct catalog_txn *txn, void *context, struct err *err)
{
    struct step *step = context;
    return gate_order_write(txn, step->order, step->news, err);
}

static bool check_order(struct served *served, struct step *step, struct err *err)
{
    struct catalog_txn *txn;
    if (!catalog_begin(served->catalog, &txn, err))
        return false;
    bool done = gate_order_check(txn, step->order, step->news, err);
    catalog_abort(txn);
    return done;
}

static bool read_orders(const struct served *served, struct served_one *one,
                        struct err *err)
{
    struct catalog_txn *txn;
    if (!catalog_begin(served->catalog, &txn, err))
        return false;
    bool done = orders_read(txn, one->name, &one->orders, err);
    catalog_abort(txn);
    return done;
}

bool served_order(struct served *served, const struct order *order, bool *news,
                  struct err *err)
{
    struct step step = {.served = served, .order = order, .news = news};
    *news = false;
    for (uint32_t i = 0; i < served->count; i++)
        if (strcmp(served->list[i].name, order->campaign) == 0)
            step.one = &served->list[i];
    if (step.one == NULL)
        return write_catalog(served->catalog, write_order, &step, err);
    struct turn_result result;
    struct turn_campaign campaign = turn_campaign_of(step.one);
    struct turn turn = turn_of(served, &campaign, 1);
    if (!check_order(served, &step, err))
        return false;
    if (!*news)
        return true;
    if (!turn_order(&turn, order, &result, err) ||
        !take_result(served, step.one, &result, err) ||
        !read_orders(served, step.one, err))
        return false;
    step.one->look = true;
    put_in_order(served);
    return true;
}

/* Segments behind open gates of one campaign. */
static bool gated_segments(const struct served *served, const struct served_one *one,
                           struct number_list *segments, struct err *err)
{
    struct catalog_txn *txn;
    struct gates gates;
    if (!catalog_begin(served->catalog, &txn, err))
        return false;
    bool done = gates_read(&gates, txn, &one->book.campaign, clock_wall_s(), err) &&
                gates_release_list(&gates, txn, one->book.campaign.id, segments, err);
    gates_release(&gates);
    catalog_abort(txn);
    return done;
}

static bool open_gates(struct served *served, struct served_one *one, struct err *err)
{
    struct number_list segments = {.count = 0};
    struct turn_result result = {.complete = false};
    struct turn_campaign campaign = turn_campaign_of(one);
    struct turn turn = turn_of(served, &campaign, 1);
    bool done = gated_segments(served, one, &segments, err);
    if (done && segments.count > 0) {
        log_write(served->log, LOG_LEVEL_INFO,
                  "event=gate_open campaign=%s segments=%" PRIu32, one->name,
                  segments.count);
        one->stuck = false;
        done = turn_release(&turn, &segments, &result, err) &&
               take_result(served, one, &result, err);
    }
    free(segments.numbers);
    return done;
}

bool served_gates(struct served *served, struct err *err)
{
    for (uint32_t i = 0; i < served->count; i++) {
        struct served_one *one = &served->list[i];
        bool look = one->look && core_count(one->core).by_state[SEGMENT_PLANNED] > 0 &&
                    one->orders.hold != CORE_CANCELLED;
        one->look = false;
        if (look && !open_gates(served, one, err))
            return false;
    }
    return true;
}

static bool sweep(struct catalog_txn *txn, void *context, struct err *err)
{
    struct step *step = context;
    const struct served *served = step->served;
    for (uint32_t i = 0; i < served->count; i++) {
        const struct campaign *campaign = &served->list[i].book.campaign;
        uint64_t replaced;
        uint32_t retired;
        if (!retire_runs(txn, campaign, &retired, err))
            return false;
        step->retired[i] = retired > 0;
        if (retired > 0)
            log_write(served->log, LOG_LEVEL_INFO,
                      "event=retired campaign=%s files=%u why=amended", campaign->name,
                      retired);
        if (!withdraw_files(txn, campaign, &replaced, err) ||
            !sweep_collecting(campaign, txn, err))
            return false;
        if (replaced > 0)
            log_write(served->log, LOG_LEVEL_INFO, "event=withdrawn files=%" PRIu64,
                      replaced);
    }
    return true;
}

/* All of them have one store. */
static bool sweep_store(struct catalog_txn *txn, void *context, struct err *err)
{
    struct served *served = ((struct step *)context)->served;
    struct swept swept;
    if (!sweep_parts(&served->list[0].book.campaign, txn, &swept, err))
        return false;
    if (swept.removed > 0)
        log_write(served->log, LOG_LEVEL_INFO, "event=swept parts=%" PRIu64,
                  swept.removed);
    if (swept.foreign > served->foreign)
        log_write(served->log, LOG_LEVEL_WARN,
                  "event=foreign_files count=%" PRIu64 " first=%s action=left_alone",
                  swept.foreign, swept.first);
    served->foreign = swept.foreign;
    return true;
}

bool served_sweep(struct served *served, struct err *err)
{
    struct step step = {.served = served};
    if (!write_catalog(served->catalog, sweep, &step, err))
        return false;
    for (uint32_t i = 0; i < served->count; i++) {
        served->list[i].stale = served->list[i].stale || step.retired[i];
        served->list[i].look = true;
    }
    return write_catalog(served->catalog, sweep_store, &step, err);
}

/* The first campaign in order that has pilots at work, NULL none. */
static const struct served_one *at_work(const struct served *served, uint32_t before)
{
    for (uint32_t i = 0; i < before; i++) {
        const struct served_one *one = &served->list[served->order[i]];
        if (core_count(one->core).leases > 0)
            return one;
    }
    return NULL;
}

bool served_watch(struct served *served, struct err *err)
{
    for (uint32_t i = 0; i < served->count; i++) {
        struct served_one *one = &served->list[served->order[i]];
        one->watch.ahead = at_work(served, i) != NULL;
        if (!watch_look(&one->watch, clock_now_ns(), clock_wall_s(), err))
            return false;
    }
    return true;
}

/* What is gone is made again; what another campaign made is not. */
static bool repair(struct catalog_txn *txn, void *context, struct err *err)
{
    struct step *step = context;
    const char *names[TURN_CAMPAIGNS] = {step->served->list[0].name};
    for (uint32_t i = 1; i < step->served->count; i++)
        names[i] = step->served->list[i].name;
    return repair_store(txn, names[0], &step->forgotten, err) &&
           twins_adopt(txn, names, step->served->count, &step->adopted, err);
}

static bool names_differ(const char *const *names, uint32_t count, struct err *err)
{
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t k = 0; k < i; k++)
            if (strcmp(names[i], names[k]) == 0)
                return err_set(err, E_USAGE, "campaign %s is named twice", names[i]);
    return count <= TURN_CAMPAIGNS ||
           err_set(err, E_USAGE, "at most %u campaigns are served at once",
                   TURN_CAMPAIGNS);
}

/* All that are not cancelled. */
static bool add_members(struct served *served, char (*members)[CAMPAIGN_NAME],
                        uint32_t count, struct err *err)
{
    served->list = mem_new(count, sizeof *served->list);
    for (uint32_t i = 0; i < count; i++) {
        struct served_one *one = &served->list[served->count];
        memcpy(one->name, members[i], sizeof one->name);
        if (!read_orders(served, one, err))
            return false;
        if (one->orders.hold != CORE_CANCELLED)
            served->count++;
    }
    if (served->count == 0)
        return err_set(err, E_ORDER, "campaign %s was cancelled", members[0]);
    if (served->count < count)
        log_write(served->log, LOG_LEVEL_WARN,
                  "event=cancelled campaigns=%u action=not_served",
                  count - served->count);
    return true;
}

/* The campaigns with their amendments. */
static bool add_names(struct served *served, const char *const *names, uint32_t count,
                      struct err *err)
{
    struct catalog_txn *txn;
    char(*members)[CAMPAIGN_NAME] = NULL;
    uint32_t member_count = 0;
    if (!names_differ(names, count, err) || !catalog_begin(served->catalog, &txn, err))
        return false;
    bool done =
        family_expand(txn, names, count, TURN_CAMPAIGNS, &members, &member_count, err);
    catalog_abort(txn);
    done = done && add_members(served, members, member_count, err);
    free(members);
    return done;
}

bool served_load(struct served *served, const char *const *names, uint32_t count,
                 struct err *err)
{
    if (!add_names(served, names, count, err))
        return false;
    struct step step = {.served = served};
    if (!write_catalog(served->catalog, repair, &step, err))
        return false;
    if (step.forgotten > 0)
        log_write(served->log, LOG_LEVEL_WARN,
                  "event=products_missing segments=%" PRIu64 " action=made_again",
                  step.forgotten);
    if (step.adopted > 0)
        log_write(served->log, LOG_LEVEL_INFO,
                  "event=products_found products=%" PRIu64 " action=used_again",
                  step.adopted);
    for (uint32_t i = 0; i < served->count; i++)
        if (!load_one(served, &served->list[i], err))
            return false;
    put_in_order(served);
    return served_sweep(served, err);
}

void served_release(struct served *served)
{
    twins_release(&served->twins);
    for (uint32_t i = 0; i < served->count; i++)
        unload(&served->list[i]);
    free(served->list);
    *served = (struct served){.count = 0};
}
