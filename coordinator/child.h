/* child.h - a program that the supervisor keeps running.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The child is in a process group of its own and dies with the supervisor (PDEATHSIG).
 */
#ifndef SPILLWAY_COORDINATOR_CHILD_H
#define SPILLWAY_COORDINATOR_CHILD_H

#include <sys/types.h>

#include "base/err.h"

struct child {
    const char *name;
    pid_t pid;  /* 0: not running */
    int status; /* of waitpid, when it ended */
    int64_t start_ns;
    uint64_t log_start;    /* size of its log when it was started */
    unsigned quick_deaths; /* in a row, without progress in between */
};

/* Starts argv[0]; stdout and stderr are appended to the file `log`. */
bool child_start(struct child *child, char *const *argv, const char *log, int64_t now_ns,
                 struct err *err);

/* true when the child is running; reaps it otherwise. */
bool child_alive(struct child *child);

/* Signals the child's process, not its group; nothing when it is not running. */
void child_signal(const struct child *child, int number);

/* Waits until it ended or `wait_ns` passed. */
bool child_wait(struct child *child, int64_t wait_ns);

/* SIGTERM, up to `wait_ns`, then SIGKILL. */
void child_stop(struct child *child, int64_t wait_ns);

#endif
