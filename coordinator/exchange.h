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

enum exchange_kind { EXCHANGE_HELLO, EXCHANGE_SYNC };

struct exchange {
    enum exchange_kind kind;
    void *request; /* handle of the HTTP server, borrowed */
    char host[64]; /* of the pilot, as it said in its hello; "" unknown */
    struct arena arena;
    struct hello hello;
    struct sync sync;
    struct core_report reports[SYNC_REPORTS];
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
    bool drain;
};

/* A heap object; `body` is decoded. Fails for a body that is no such message. */
bool exchange_new(enum exchange_kind kind, const void *body, size_t size,
                  struct exchange **exchange, struct err *err);
void exchange_free(struct exchange *exchange);

/* Fills exchange->reports and tokens for the core. */
bool exchange_check(struct exchange *exchange, const struct book *book,
                    struct catalog_txn *txn, struct err *err);

/* Forgets the answer made so far: the transaction is run again. */
void exchange_restart(struct exchange *exchange);

/* Packs the answer of a sync. pause_ms is told when no task was given. */
bool exchange_answer(const struct exchange *exchange, uint32_t pause_ms,
                     struct bytes *out, struct err *err);

#endif
