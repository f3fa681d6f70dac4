/* fork_server.h - a small process that starts executors for one rank.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A process with MPI initialised should not fork: registered memory and the MPI
 * library's own handlers do not survive it well. So a rank starts this server before
 * MPI_Init and asks it over a socket. Server and replacement are both started by
 * posix_spawn of the running program with `--fork-server`: posix_spawn shares the memory
 * until the exec and runs no fork handlers, so starting another one later is safe too.
 *
 * Always true: server and executors die with the rank (PDEATHSIG down the chain), hold
 * none of its files, and are process groups of their own, so that a signal meant for the
 * rank's group does not reach them. A server killed at any time takes its executors with
 * it; the rank sees FORK_LOST and starts another.
 */
#ifndef SPILLWAY_WORKER_FORK_SERVER_H
#define SPILLWAY_WORKER_FORK_SERVER_H

#include <sys/types.h>

#include "base/err.h"

#define FORK_SERVER_FLAG "--fork-server"

struct fork_server {
    pid_t pid; /* 0: none */
    int fd;
};

enum fork_event_kind {
    FORK_STARTED, /* answers one request */
    FORK_REFUSED, /* the same; status is the errno of fork */
    FORK_ENDED,   /* pid ended, status as from waitpid */
    FORK_LOST     /* the server is gone, and with it its executors */
};

struct fork_event {
    enum fork_event_kind kind;
    pid_t pid;
    int status;
};

/* Starts a server which runs `argv` (NULL at its end; argv[0] is a path) on request. The
 * calling program must hand its arguments to fork_server_main() when the first one is
 * FORK_SERVER_FLAG. */
bool fork_server_start(struct fork_server *server, const char *const *argv,
                       struct err *err);

/* Asks for one executor with these files as its stdin, stdout and stderr. The caller
 * closes its own copies. */
bool fork_server_request(struct fork_server *server, const int files[3], struct err *err);

/* Signals an executor, if it has not ended yet. */
void fork_server_signal(struct fork_server *server, pid_t pid, int number);

/* true: *event is the next thing that happened. Never waits. After FORK_LOST the server
 * is stopped and may be started again. */
bool fork_server_poll(struct fork_server *server, struct fork_event *event);

/* Ends the server and its executors. Safe on one that was never started. */
void fork_server_stop(struct fork_server *server);

/* The server itself: argv as given by the kernel. Returns the exit status. */
int fork_server_main(int argc, char **argv);

#endif
