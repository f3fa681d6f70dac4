/* worker_rank.h - a rank that drives one executor: letters in, letters out.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Does one task after another, in the order in which they came. Does not know how letters
 * travel. Never waits.
 */
#ifndef SPILLWAY_WORKER_WORKER_RANK_H
#define SPILLWAY_WORKER_WORKER_RANK_H

#include "worker/driver.h"
#include "worker/mail.h"

#define RANK_ALIVE_NS ((int64_t)1000000000)

/* An executor that waits for a blob takes it from the store after this time: less than
 * others on the node wait for its lock (process_values.c). */
#define RANK_WANT_NS ((int64_t)15 * 1000000000)

/* Starts of the executor that fail in a row before the rank calls itself broken. */
#define RANK_STARTS 3u

struct worker_rank {
    struct driver *driver; /* borrowed */
    int lead;              /* rank of the lead, for the letters' address */
    uint64_t attempt;      /* at work, 0 none */
    struct post waiting;   /* letters with the tasks behind it */
    bool draining;         /* takes no new work */
    int64_t told_ns;       /* when the lead was last told anything */
    int64_t heard_ns;      /* when it was last heard */
    bool ready;            /* the lead was told of an executor */
    bool broken;
    bool wanting;         /* the executor waits for a blob */
    int64_t wanted_ns;    /* since when */
    struct sha256 wanted; /* which one */
    bool over;            /* the lead said so */
    bool clean;           /* with all ranks alive */
    struct post outbox;
};

void worker_rank_init(struct worker_rank *rank, struct driver *driver, int lead,
                      int64_t now_ns);

/* Takes a letter of the lead; frees it. */
void worker_rank_mail(struct worker_rank *rank, struct letter *letter, int64_t now_ns);

/* A signal came: finish the segment at work, or at once give it up, report the prefix,
 * hand back the rest. */
void worker_rank_drain(struct worker_rank *rank, bool at_once, int64_t now_ns);

/* Does what can be done now; true when something was done. */
bool worker_rank_step(struct worker_rank *rank, int64_t now_ns);

#endif
