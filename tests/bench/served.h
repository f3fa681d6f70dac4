/* served.h - one executor that does task after task, as for a worker rank.
 * SPDX-License-Identifier: Apache-2.0
 *
 * What goes wrong ends the program.
 */
#ifndef SPILLWAY_TESTS_BENCH_SERVED_H
#define SPILLWAY_TESTS_BENCH_SERVED_H

#include <sys/types.h>

#include "proto/wire.h"
#include "worker/frame.h"

struct served {
    pid_t pid;
    int tasks, frames; /* pipes */
    struct frame_reader reader;
    struct bytes framed;
};

void served_start(struct served *served, const char *program);

/* Does a packed task; the report's lists are in the arena. */
void served_do(struct served *served, const struct bytes *task, struct arena *arena,
               struct report *report);

/* Waits for its end; gives the CPU seconds that it took from its start on. */
double served_end(struct served *served);

#endif
