/* process.h - does one task: raw bytes or stored columns in, parts and a report out.
 * SPDX-License-Identifier: Apache-2.0
 *
 * What it writes is a function of the task's keys alone. Always true: products of a
 * segment count only after its bytes and its events were found to be those of the index;
 * a reported file is synced with its directory and never touched again.
 */
#ifndef SPILLWAY_WORKER_PROCESS_H
#define SPILLWAY_WORKER_PROCESS_H

#include "worker/process_values.h"

/* What the segment at work is asked to do, event by event. */
enum process_urge {
    PROCESS_GO_ON,
    PROCESS_QUIT,  /* be given up: what is done before it is reported now */
    PROCESS_LATE,  /* fail: it took too long */
    PROCESS_MEMORY /* fail: it needs more memory than it may have */
};

struct process_options {
    const char *cache_path;  /* folder of the node for conditions and fetched chunks */
    const char *store;       /* instead of the task's, NULL: the task's */
    const char *authorities; /* as in transfer_options, for chunks and mirrors */
    void (*told)(void *user,
                 const char *text); /* of mirrors, as in heal.h; may be NULL */
    bool in_memory;   /* parts are never named: only their digests are wanted */
    const char *host; /* into the report */
    /* Called before each segment with its plan number (a merge: UINT32_MAX). */
    bool (*begin)(void *user, uint32_t index, struct err *err);
    values_ask ask; /* for blobs of conditions; NULL: there is nobody to ask */
    /* true: report what is done and hand back the rest. */
    bool (*stop)(void *user);
    /* Told before each event is reconstructed, and UINT32_MAX when it is; may be NULL. */
    void (*at)(void *user, uint32_t event);
    enum process_urge (*urge)(void *user); /* before each event; NULL: always goes on */
    void *user;
};

/* Once a segment is read and its products are being written it is not given up any more.
 * Fills *report, whose lists live in `arena`. Failures are in the report. */
void process_task(const struct task *task, const struct process_options *options,
                  struct arena *arena, struct report *report);

#endif
