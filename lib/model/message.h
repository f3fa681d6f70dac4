/* message.h - what pilots and the coordinator say to each other over HTTP.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Two calls, both POST with protobuf bodies and the pilot token as bearer:
 * /pilot/hello once, then /pilot/sync again and again. A sync is heartbeat, reports and
 * request for work in one, so one group commit holds all of it. A sync that was not
 * answered is sent again, unchanged: every part of it may arrive twice.
 */
#ifndef SPILLWAY_MODEL_MESSAGE_H
#define SPILLWAY_MODEL_MESSAGE_H

#include "model/task.h"

#define PROTOCOL_VERSION 1u
#define SYNC_REPORTS     256u /* at most, per call */
#define SYNC_TASKS       64u
#define SYNC_HELD        4096u

struct hello {
    uint32_t protocol;
    struct sha256 release;
    struct sha256 fingerprint; /* of the executor's built-in golden segment */
    char host[64];
    uint32_t pid;
    uint32_t executors; /* worker ranks that drive one */
};

struct hello_answer {
    uint64_t pilot;       /* names the pilot in every sync */
    int64_t lease_ns;     /* term of a lease */
    int64_t heartbeat_ns; /* sync at least this often */
};

struct sync {
    uint64_t pilot;
    uint32_t want; /* tasks */
    const struct report *reports;
    uint32_t report_count;
    const uint64_t *held; /* attempts in hand: their leases are renewed */
    uint32_t held_count;
};

enum verdict {
    VERDICT_COMMITTED, /* now or earlier: the same report again is fine */
    VERDICT_NOTED,     /* failure or return taken */
    VERDICT_REFUSED    /* the token is not current: drop it, the coordinator cleans up */
};

struct sync_verdict {
    uint64_t attempt;
    enum verdict verdict;
    char text[128]; /* why refused */
};

struct sync_answer {
    const struct sync_verdict *verdicts; /* one a report, same order */
    uint32_t verdict_count;
    const struct task *tasks;
    uint32_t task_count;
    const uint64_t *lost; /* held attempts whose lease is gone: stop working on them */
    uint32_t lost_count;
    bool drain;        /* take no new work; end when nothing is in hand */
    bool unknown;      /* the coordinator does not know this pilot: hello again */
    uint32_t pause_ms; /* ask again after this time when nothing was given */
};

#endif
