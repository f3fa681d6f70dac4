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

#define TURN_EXCHANGES 256u

struct turn_result {
    bool complete; /* nothing is open any more */
    bool stuck;    /* but quarantined segments keep the campaign from being complete */
};

/* Exchanges may be none: then time passes (a tick) or, with `start`, the loading ends.
 * `now_ns` is CLOCK_BOOTTIME, `wall_s` for display. Answers are in the exchanges. */
struct turn {
    struct catalog *catalog;
    struct book *book;
    struct core *core;
    struct log *log;
    struct journal *journal; /* NULL: none is written */
    int64_t now_ns;
    int64_t wall_s;
    bool start;
};

bool turn_run(const struct turn *turn, struct exchange **exchanges, uint32_t count,
              struct turn_result *result, struct err *err);

#endif
