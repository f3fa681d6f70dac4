/* awake.h - time in which the process could run.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Pure. A job that the batch system suspends, or a laptop that sleeps, goes on later as
 * if nothing had been: nobody was silent while nobody could listen.
 */
#ifndef SPILLWAY_WORKER_AWAKE_H
#define SPILLWAY_WORKER_AWAKE_H

#include <stdint.h>

/* A longer time between two looks at the clock counts as this one. */
#define AWAKE_STEP_NS ((int64_t)2000000000)

struct awake {
    int64_t seen_ns;  /* by the clock at the last look, 0: none yet */
    int64_t slept_ns; /* in all */
};

/* The clock without the time slept. */
int64_t awake_now(struct awake *awake, int64_t clock_ns);

#endif
