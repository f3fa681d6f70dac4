/* walltime.h - when to stop so that the end of an allocation costs nothing at work.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Pure. Nobody knows how long the next segment takes; it is taken to be at most a quarter
 * longer than the longest one so far.
 */
#ifndef SPILLWAY_WORKER_WALLTIME_H
#define SPILLWAY_WORKER_WALLTIME_H

#include <stdbool.h>
#include <stdint.h>

struct walltime {
    int64_t until_ns;   /* what is to count is reported by then; 0: no end is known */
    int64_t longest_ns; /* segment so far */
};

/* For an allocation that ends `left_ns` from now: a twelfth of that, and 5 s at most, is
 * kept for reports. Never 0. */
int64_t walltime_until(int64_t now_ns, int64_t left_ns);

void walltime_learn(struct walltime *walltime, int64_t segment_ns);

/* Whether a segment begun now might not be done in time. */
bool walltime_over(const struct walltime *walltime, int64_t now_ns);

#endif
