/* lead_internal.h - the state of the lead, shared by its files.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_WORKER_LEAD_INTERNAL_H
#define SPILLWAY_WORKER_LEAD_INTERNAL_H

#include "base/arena.h"
#include "base/random.h"
#include "worker/lead.h"
#include "worker/walltime.h"

/* One task in the rank and one waiting for it. */
#define LEAD_PREFETCH 2u

/* A task with less input than this takes a few milliseconds at most: a rank may hold
 * LEAD_AHEAD of them, and as many as fit into an answer wait here for each rank, or it
 * would stand still between two letters, and all of them between two syncs. */
#define LEAD_SMALL_BYTES ((uint64_t)1 << 20)
#define LEAD_AHEAD       16u

#define LEAD_ALIVE_NS ((int64_t)1000000000)

/* Between two syncs, so that many short tasks share one. */
#define LEAD_GAP_NS ((int64_t)1000000)

/* Repeated calls: 0.25 s, doubled up to 10 s. */
#define LEAD_RETRY_FIRST_NS ((int64_t)250000000)
#define LEAD_RETRY_LAST_NS  ((int64_t)10000000000)

/* After a signal an unreachable coordinator is waited for this long only: the batch
 * system kills soon, and unreported work is merely done again. */
#define LEAD_DRAIN_NS ((int64_t)10000000000)

/* Reports of one sync; the codec's limit is twice that. */
#define LEAD_SYNC_BYTES ((size_t)32 << 20)

/* A report of 4096 segments with 20 streams of 400 bytes. */
#define LEAD_REPORT_LIMIT ((size_t)256 << 20)

/* Tasks of one answer, unpacked: the wire limit and the same again for lists. */
#define LEAD_ANSWER_LIMIT ((size_t)512 << 20)

enum slot_state {
    SLOT_NEW, /* its executor was not heard of yet */
    SLOT_READY,
    SLOT_BROKEN, /* alive, starts no executor */
    SLOT_GONE    /* silent or of another kind: never touched again */
};

struct lead_task {
    struct lead_task *next;
    uint64_t attempt, token;
    int64_t duration_ns;
    bool small;
    bool dropped; /* its rank was told to stop and has not answered yet */
    struct bytes data;
};

struct lead_report {
    struct lead_report *next;
    struct arena arena; /* of the report's lists */
    struct report report;
    size_t size;  /* packed */
    bool in_call; /* part of the call that waits for its answer */
};

struct lead_slot {
    enum slot_state state;
    int64_t heard_ns;
    struct lead_task *tasks; /* that the rank has, in the order in which it does them */
    bool lost_told;          /* lead_take_lost() gave it */
};

enum call_kind { CALL_NONE, CALL_HELLO, CALL_SYNC };

struct lead {
    struct lead_options options;
    struct log *log;
    struct lead_slot *slots;
    struct lead_task *queue;     /* first to be handed out first */
    struct lead_report *reports; /* in order of arrival */
    bool small;                  /* all tasks of the last answer were */
    struct post outbox;
    struct post wants;
    int64_t alive_ns; /* last life sign to the ranks */

    bool identified; /* the first executor told release and fingerprint */
    struct sha256 release, fingerprint;

    bool known; /* by the coordinator, as `pilot` */
    uint64_t pilot;
    int64_t heartbeat_ns;

    enum call_kind call; /* waits for its answer */
    struct bytes body;
    struct arena answer; /* of the last one, kept for the next */
    int64_t call_at_ns;  /* not before */
    int64_t ask_at_ns;   /* for work, not before */
    int64_t answered_ns; /* last time */
    int64_t silent_ns;   /* first unanswered call since then, 0 none */
    int64_t retry_ns;    /* next delay */
    struct random random;

    struct walltime walltime;
    bool draining;
    bool at_once;       /* segments at work are given up */
    int64_t drained_ns; /* by a signal or the walltime at this time, 0: not */
    bool lost;          /* a rank was given up */
    bool finished;
    struct err why;
    struct err broken; /* why the last rank that cannot work cannot, E_NONE none */
};

/* lead_hand.c: tasks and reports in hand. */
void lead_task_free(struct lead_task *task);
void lead_queue_add(struct lead *lead, const struct task *task);
bool lead_holds(const struct lead *lead, uint64_t attempt);

/* Appends to a list; takes the task with this number out of one, NULL when absent. */
void lead_task_append(struct lead_task **list, struct lead_task *task);
struct lead_task *lead_task_take(struct lead_task **list, uint64_t attempt);

uint32_t lead_in_hand(const struct lead *lead);

/* Keeps a packed report; false when it is none for this attempt. How long its segments
 * took is learned. */
bool lead_report_add(struct lead *lead, uint64_t attempt, const uint8_t *data,
                     size_t size, struct err *err);

/* Makes a report for a task that nobody works on any more. */
void lead_report_make(struct lead *lead, const struct lead_task *task,
                      enum report_status status, const struct err *failure);
void lead_report_remove(struct lead *lead, uint64_t attempt);
void lead_hand_release(struct lead *lead);

#endif
