/* interval.h - validity: half open between two moments (run, spill).
 * SPDX-License-Identifier: Apache-2.0
 *
 * Moments are ordered by run, then spill; both are 64-bit because the conditions service
 * uses 2^63-1 as "open end".
 */
#ifndef SPILLWAY_CONDITIONS_INTERVAL_H
#define SPILLWAY_CONDITIONS_INTERVAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct moment {
    int64_t run;
    int64_t spill;
};

struct interval {
    struct moment start; /* included */
    struct moment end;   /* excluded */
};

#define MOMENT_OPEN ((struct moment){INT64_MAX, INT64_MAX})

int moment_compare(struct moment a, struct moment b);

bool interval_is_empty(struct interval interval);
bool interval_holds(struct interval interval, struct moment moment);

/* What two intervals have in common; empty when nothing. */
struct interval interval_common(struct interval a, struct interval b);

/* All spills of the runs first .. last, both included. */
struct interval interval_of_runs(uint32_t first, uint32_t last);

/* A piece of the axis: covered by the given interval, or by none (a gap). */
struct interval_piece {
    struct interval interval;
    size_t index; /* of the interval, INTERVAL_GAP for none */
};

#define INTERVAL_GAP SIZE_MAX

/* Cuts `window` into pieces without overlap or hole, in order. `intervals` are sorted by
 * their starts; of several with one start only the last one counts. The greatest start at
 * or before a moment decides, and when that interval has ended there is a gap: an
 * earlier, longer one is not consulted (as in the conditions service). `pieces` has room
 * for 2 * count + 1; the number of pieces is given back. */
size_t interval_cut(struct interval window, const struct interval *intervals,
                    size_t count, struct interval_piece *pieces);

#endif
