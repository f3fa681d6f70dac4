/* kept.h - one executor that does task after task, as for a worker rank.
 * SPDX-License-Identifier: Apache-2.0
 *
 * What goes wrong ends the program.
 */
#ifndef SPILLWAY_TESTS_BENCH_KEPT_H
#define SPILLWAY_TESTS_BENCH_KEPT_H

#include <sys/types.h>

#include "proto/wire.h"
#include "worker/frame.h"

struct kept {
    pid_t pid;
    int tasks, frames; /* pipes */
    struct frame_reader reader;
    struct bytes framed;
};

void kept_start(struct kept *kept, const char *program);

/* Does a packed task; the report's lists are in the arena. */
void kept_do(struct kept *kept, const struct bytes *task, struct arena *arena,
             struct report *report);

/* Waits for its end; gives the CPU seconds that it took from its start on. */
double kept_end(struct kept *kept);

#endif
