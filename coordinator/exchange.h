/* exchange.h - one call of a pilot: what it said, what was decided, what it is told.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Reports come from the network: exchange_check holds each against the catalog (attempt,
 * token, segments, keys, part names) and looks whether the named parts are there with
 * their sizes, before the core hears of them. One that does not match gets token 0, which
 * the core refuses.
 */
#ifndef SPILLWAY_COORDINATOR_EXCHANGE_H
#define SPILLWAY_COORDINATOR_EXCHANGE_H

#include "coordinator/gone.h"
#include "coordinator/orders.h"

enum exchange_kind { EXCHANGE_HELLO, EXCHANGE_SYNC, EXCHANGE_ORDER };

struct exchange {
    enum exchange_kind kind;
    void *request; /* handle of the HTTP server, borrowed */
    size_t size;   /* bytes of the message */
    char host[64]; /* of the pilot, as it said in its hello; "" unknown */
    struct arena arena;
    struct sha256 release; /* of the pilot; zero: unknown, any campaign may be asked */
    struct hello hello;
    struct sync sync;
    struct order order;
    struct core_report reports[SYNC_REPORTS];
    uint32_t owners[SYNC_REPORTS];  /* campaign of the attempt, 0: not served here */
    struct gone gone[SYNC_REPORTS]; /* products that a failed merge found wrong */
    uint64_t tokens[SYNC_TASKS];

    /* The answer. */
    struct hello_answer hello_answer;
    struct sync_verdict verdicts[SYNC_REPORTS];
    struct retry_decision decisions[SYNC_REPORTS]; /* on failures, for the log */
    struct task tasks[SYNC_TASKS];
    uint32_t task_count;
    uint64_t lost[SYNC_HELD];
    uint32_t lost_count;
    bool unknown;
    uint32_t asked, finished; /* campaigns that were asked; that have no more work */
    bool drain;               /* none of them has */
    uint32_t pause_ms;        /* until it asks again when no task was given */
    bool news;                /* the order changed something */
};

/* A heap object; `body` is decoded. Fails for a body that is no such message. */
bool exchange_new(enum exchange_kind kind, const void *body, size_t size,
                  struct exchange **exchange, struct err *err);
void exchange_free(struct exchange *exchange);

/* Fills exchange->reports, owners and tokens for the cores. `books`: what is served. */
bool exchange_check(struct exchange *exchange, const struct book *const *books,
                    uint32_t count, struct catalog_txn *txn, struct err *err);

/* Forgets the answer made so far: the transaction is run again. */
void exchange_restart(struct exchange *exchange);

/* Packs the answer of a sync. */
bool exchange_answer(const struct exchange *exchange, struct bytes *out, struct err *err);

#endif
