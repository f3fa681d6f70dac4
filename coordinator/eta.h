/* eta.h - when work will be done, from how it went so far: a median and a 90 % interval.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Pure. Any unit of work and of time that does not change; times are seconds.
 */
#ifndef SPILLWAY_COORDINATOR_ETA_H
#define SPILLWAY_COORDINATOR_ETA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ETA_POINTS 128u

/* So much was done at that time. */
struct eta_point {
    double at_s;
    double done;
};

/* Ascending in both. */
struct eta_history {
    struct eta_point points[ETA_POINTS];
    uint32_t count;
};

/* When it is full every second point is forgotten. One that goes back in time or in what
 * is done begins a new history. */
void eta_add(struct eta_history *history, double at_s, double done);

/* Seconds from the last point on. */
struct eta {
    double median_s;
    double low_s, high_s; /* both 0 while too little is known for an interval */
};

/* `left` is what is not done; `latency_s` how long a task is in hand, 0 unknown: a last
 * one that is late makes the interval wider. False: nothing was done between the points.
 */
bool eta_of(const struct eta_history *history, double left, double latency_s,
            struct eta *eta);

/* "1h02m", "3m21s". */
const char *eta_time(double seconds, char *out, size_t size);

/* "3m21s (90 %: 2m50s to 4m05s)". */
const char *eta_text(const struct eta *eta, char *out, size_t size);

#endif
