/* child.h - a program that the supervisor keeps running.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The child is in a process group of its own and dies with the supervisor (PDEATHSIG).
 * One that ends soon after its start is not started again at once: a program that cannot
 * work must not make its supervisor run hot.
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
    int64_t end_ns;
    uint64_t log_start;    /* size of its log when it was started */
    unsigned quick_deaths; /* in a row, each within ten seconds after its start */
};

/* Starts words[0], looked for in PATH; a NULL ends the list, of 31 words at most. stdout
 * and stderr are appended to the file `log`. */
bool child_start(struct child *child, const char *const *words, const char *log,
                 struct err *err);

/* true when the child is running; reaps it otherwise. */
bool child_alive(struct child *child);

/* When one that is not running may be started: after a quick death a tenth of a second
 * later, twice as long after each further one, at most five seconds. */
int64_t child_due_ns(const struct child *child);

/* Signals the child's process, not its group; nothing when it is not running. */
void child_signal(const struct child *child, int number);

/* Waits until it ended or `wait_ns` passed. */
bool child_wait(struct child *child, int64_t wait_ns);

/* SIGTERM, up to `wait_ns`, then SIGKILL. */
void child_stop(struct child *child, int64_t wait_ns);

#endif
