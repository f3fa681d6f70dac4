/* walltime.c - when to stop so that the end of an allocation costs nothing at work.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "worker/walltime.h"

/* Of the time that is left, for syncing parts and reporting them. */
#define RESERVE_SHARE   12
#define RESERVE_MAXIMUM ((int64_t)5000000000)

int64_t walltime_until(int64_t now_ns, int64_t left_ns)
{
    int64_t reserve_ns = left_ns > 0 ? left_ns / RESERVE_SHARE : 0;
    if (reserve_ns > RESERVE_MAXIMUM)
        reserve_ns = RESERVE_MAXIMUM;
    int64_t until_ns = now_ns + left_ns - reserve_ns;
    return until_ns > 0 ? until_ns : 1;
}

void walltime_learn(struct walltime *walltime, int64_t segment_ns)
{
    if (segment_ns > walltime->longest_ns)
        walltime->longest_ns = segment_ns;
}

bool walltime_over(const struct walltime *walltime, int64_t now_ns)
{
    int64_t left_ns = walltime->until_ns - now_ns;
    return walltime->until_ns != 0 &&
           (left_ns <= 0 || left_ns / 5 < walltime->longest_ns / 4);
}
