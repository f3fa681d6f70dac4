/* lead.h - rank 0 of a pilot: leases work from the coordinator, hands it to the ranks.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Pure but for its log line: no clock, no network, no MPI. The loop around it carries
 * letters and calls, and tells the time. Always true:
 * - a report is kept, and sent again unchanged, until the coordinator gave its verdict;
 * - a call that was not answered is repeated byte for byte;
 * - every attempt in hand (queued, at work, reported without verdict) is in each sync;
 * - a rank that fell silent is given up for ever: its task is handed back, no letter
 *   goes to it and none from it is read.
 */
#ifndef SPILLWAY_WORKER_LEAD_H
#define SPILLWAY_WORKER_LEAD_H

#include "base/log.h"
#include "model/message.h"
#include "worker/mail.h"

struct lead_options {
    int first_rank;      /* of the ranks that drive an executor: first .. first + count */
    uint32_t executors;  /* count of them */
    int64_t silence_ns;  /* a rank silent for longer is given up */
    int64_t patience_ns; /* how long to wait for a coordinator that does not answer */
    int64_t until_ns;    /* of walltime.h: drains by itself in time for it, 0 never */
    uint32_t pid;        /* for the hello */
    char host[64];
    uint64_t seed; /* for the jitter of repeated calls */
};

struct lead;

struct lead *lead_new(const struct lead_options *options, struct log *log,
                      int64_t now_ns);
void lead_free(struct lead *lead);

/* Takes a letter of a rank; frees it. */
void lead_mail(struct lead *lead, struct letter *letter, int64_t now_ns);

/* The next rank that was given up: never touch it again. -1: none. */
int lead_take_lost(struct lead *lead);

/* Letters to send. NULL: none. The caller frees it. */
struct letter *lead_take_letter(struct lead *lead);

/* A rank's wish for a blob, for blobs.h. NULL: none. The caller frees it. */
struct letter *lead_take_want(struct lead *lead);

/* Gives up silent ranks, hands out tasks, sends life signs. Call it with all letters
 * that have arrived already taken, else a rank may look silent that is not. */
void lead_step(struct lead *lead, int64_t now_ns);

/* true: make this call now and tell the outcome by one of the three functions below.
 * The body is borrowed until then. */
struct lead_call {
    const char *path; /* "/pilot/hello", "/pilot/sync" */
    const struct bytes *body;
};

bool lead_call_due(struct lead *lead, int64_t now_ns, struct lead_call *call);
void lead_answered(struct lead *lead, const uint8_t *data, size_t size, int64_t now_ns);

/* No connection, no answer, or an answer that says "later". */
void lead_unanswered(struct lead *lead, const struct err *why, int64_t now_ns);

/* The coordinator will never take this pilot: the end. */
void lead_rejected(struct lead *lead, const struct err *why);

/* A signal came: finish segments at work, or at once give them up, hand everything back,
 * end. */
void lead_drain(struct lead *lead, bool at_once, int64_t now_ns);

/* All times that follow are so much earlier than those of a clock: the end of the
 * allocation is not put off by it. */
void lead_slept(struct lead *lead, int64_t slept_ns);

/* true: nothing is left to do; *why says how it ended (code E_NONE: in order). *clean is
 * false when ranks were lost, so that MPI_Finalize must not be called. */
bool lead_over(const struct lead *lead, struct err *why, bool *clean);

/* Letters that end all ranks that still answer; to be sent when it is over. */
void lead_dismiss(struct lead *lead);

#endif
