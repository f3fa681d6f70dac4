/* turn_internal.h - decisions and debts of a turn, for its own files only.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The files form a tower: turn_decide, turn_debt, turn.
 */
#ifndef SPILLWAY_COORDINATOR_TURN_INTERNAL_H
#define SPILLWAY_COORDINATOR_TURN_INTERNAL_H

#include "coordinator/turn.h"

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

/* `owed`: one a campaign, borrowed. */
void turn_decisions_begin(struct decisions *decisions, const struct turn *turn,
                          struct owed *owed);
void turn_decisions_end(struct decisions *decisions);

/* One event that nobody asked for; it is in the journal then. */
bool turn_decide(struct decisions *decisions, uint32_t campaign, struct core_event *event,
                 struct err *err);

/* What all exchanges say; none is a tick, or the start. */
bool turn_decide_all(struct decisions *decisions, struct exchange **exchanges,
                     uint32_t count, struct err *err);

/* All of them in one transaction; what they owe is in the list of each campaign. */
bool turn_decisions_write(struct decisions *decisions, struct err *err);

/* What a turn has to do for one of its campaigns. */
struct debt {
    const struct turn *turn;
    uint32_t campaign;
    struct owed *owed;
    uint64_t forgotten; /* segments of other campaigns */
};

/* Publishes, cuts and removes. */
bool turn_pay(struct debt *debt, struct err *err);

/* All campaigns of a turn. First what is gone: a campaign that shares it is loaded anew,
 * and what it owes then. */
bool turn_pay_all(const struct turn *turn, struct exchange **exchanges, uint32_t count,
                  struct owed *owed, struct turn_result *results, struct err *err);

#endif
