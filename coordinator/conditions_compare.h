/* conditions_compare.h - two lists of intervals side by side.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_CONDITIONS_COMPARE_H
#define SPILLWAY_COORDINATOR_CONDITIONS_COMPARE_H

#include "conditions/interval.h"

/* Intervals sorted by their starts, which differ; the greatest start decides. */
struct compare_side {
    const struct interval *intervals;
    size_t count;
};

/* A piece of the axis on which neither side changes: index of the interval that is valid
 * on each side, INTERVAL_GAP for none. false ends the walk. */
typedef bool (*compare_seen)(void *user, struct interval piece, size_t left,
                             size_t right);

/* The pieces of a window, in order, without holes. */
void compare_intervals(struct interval window, const struct compare_side sides[2],
                       compare_seen seen, void *user);

#endif
