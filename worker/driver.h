/* driver.h - one executor: hands it a task, waits for its report, survives its death.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Always true: every task that was submitted and not dropped gives exactly one report,
 * from the executor or, when that died or took too long, made here. Nothing waits: a
 * step does what can be done now. A dead executor is replaced when the next task comes.
 */
#ifndef SPILLWAY_WORKER_DRIVER_H
#define SPILLWAY_WORKER_DRIVER_H

#include "model/task.h"
#include "worker/at_work.h"
#include "worker/fork_server.h"
#include "worker/frame.h"

/* An executor that is not ready after this time counts as not started: it computes its
 * golden segment first, milliseconds of work. */
#define DRIVER_START_NS ((int64_t)60 * 1000000000)

/* A segment that takes too long is given up by its executor, so that those before it
 * count; one that does not answer within this time is killed. */
#define DRIVER_LATE_NS ((int64_t)2 * 1000000000)

enum driver_state {
    DRIVER_ABSENT,
    DRIVER_STARTING, /* asked for, or running and not ready yet */
    DRIVER_IDLE,
    DRIVER_BUSY,
    DRIVER_DYING /* SIGKILL is on its way */
};

enum driver_news {
    DRIVER_NOTHING,
    DRIVER_READY,  /* release and fingerprint are known */
    DRIVER_REPORT, /* `report` holds the packed report of the task */
    DRIVER_WANT,   /* the executor waits for an answer to `wanted` */
    DRIVER_FAILED  /* no task was in hand and the executor did not start: `failure` */
};

struct driver {
    struct fork_server server;
    const char *const *argv; /* borrowed */
    const char *log_path;    /* borrowed; stderr of the executor, emptied at each start */
    char host[64];
    enum driver_state state;
    pid_t pid;
    int input;  /* task pipe, -1 none */
    int output; /* frame pipe, -1 none */
    int64_t deadline_ns;
    struct frame_reader reader;
    bool tasked;
    uint64_t attempt, token;
    int64_t duration_ns;
    bool late;         /* it was told that the segment at work took too long */
    struct at_work at; /* the event */
    uint32_t at_work;  /* plan number of the segment begun, UINT32_MAX none */
    struct bytes sending;
    size_t sent;
    struct sha256 release, fingerprint; /* of the last FRAME_READY */
    struct bytes report;
    struct bytes wanted; /* body of a FRAME_WANT */
    struct err failure;
    uint32_t failed_starts; /* in a row */
};

/* Starts the fork server (before MPI_Init). The owner may set `at` afterwards. */
bool driver_init(struct driver *driver, const char *const *argv, const char *log_path,
                 struct err *err);

/* Ends executor and fork server. */
void driver_release(struct driver *driver);

struct driver_task {
    uint64_t attempt, token;
    int64_t duration_ns; /* for one segment, 0: no limit */
    const uint8_t *data; /* the packed task; copied */
    size_t size;
};

/* Takes a task; one at a time. Starts an executor when there is none. */
void driver_submit(struct driver *driver, const struct driver_task *task, int64_t now_ns);

/* Answers a DRIVER_WANT; the body of the message is copied. */
void driver_answer(struct driver *driver, const void *body, size_t size);

/* Starts an executor if there is none, so that its fingerprint becomes known. */
void driver_wake(struct driver *driver, int64_t now_ns);

/* Gives up the task without a report and ends the executor. */
void driver_drop(struct driver *driver, int64_t now_ns);

/* Asks the executor to finish its segment, or at once to give it up, and to report.
 * DRIVER_REPORT: it had not begun, and the task is handed back. */
enum driver_news driver_drain(struct driver *driver, bool at_once);

enum driver_news driver_step(struct driver *driver, int64_t now_ns);

#endif
