/* turn.h - one turn of the service: a batch of exchanges, one transaction, its debts.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Order, always: check reports, let the core decide, write all of it in one transaction,
 * commit; then move files into place and cut new groups (each in a transaction of its
 * own); only then may the exchanges be answered. Any failure is final for the process:
 * the catalog is the truth, and the next start reads it.
 */
#ifndef SPILLWAY_COORDINATOR_TURN_H
#define SPILLWAY_COORDINATOR_TURN_H

#include "base/log.h"
#include "coordinator/apply.h"
#include "coordinator/journal.h"
#include "coordinator/orders.h"

#define TURN_EXCHANGES 256u
#define TURN_CAMPAIGNS 64u

/* A campaign that is served. All of one turn differ and share one store. */
struct turn_campaign {
    struct book *book;
    struct core *core;
    struct journal *journal; /* NULL: none is written */
};

struct turn_result {
    bool complete; /* nothing is open any more */
    bool stuck;    /* but quarantined segments keep the campaign from being complete */
    bool stale; /* products that it shares are gone: load it anew before the next turn */
};

/* Exchanges may be none: then time passes (a tick) or, with `start`, the loading ends.
 * Work is taken from the campaigns in their order. `now_ns` is CLOCK_BOOTTIME, `wall_s`
 * for display. Answers are in the exchanges. */
struct turn {
    struct catalog *catalog;
    const struct turn_campaign *campaigns;
    uint32_t campaign_count; /* 1 .. TURN_CAMPAIGNS */
    struct log *log;
    int64_t now_ns;
    int64_t wall_s;
    bool start;
};

/* `results`: one a campaign. */
bool turn_run(const struct turn *turn, struct exchange **exchanges, uint32_t count,
              struct turn_result *results, struct err *err);

/* A manager's order to the only campaign of the turn: decided, and recorded in the same
 * transaction. */
bool turn_order(const struct turn *turn, const struct order *order,
                struct turn_result *result, struct err *err);

/* What waits behind gates that are open is released to the core of the only campaign. */
bool turn_release(const struct turn *turn, const struct number_list *segments,
                  struct turn_result *result, struct err *err);

#endif
