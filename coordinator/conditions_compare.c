/* conditions_compare.c - two lists of intervals side by side.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/conditions_compare.h"

#include "base/bytes.h"

struct cut {
    struct interval_piece *pieces;
    size_t count;
};

static struct cut cut_side(struct interval window, const struct compare_side *side)
{
    struct cut cut = {.pieces = mem_new(2 * side->count + 1, sizeof *cut.pieces)};
    cut.count = interval_cut(window, side->intervals, side->count, cut.pieces);
    return cut;
}

/* Both tile the window, so they are walked together. */
void compare_intervals(struct interval window, const struct compare_side sides[2],
                       compare_seen seen, void *user)
{
    struct cut left = cut_side(window, &sides[0]), right = cut_side(window, &sides[1]);
    size_t i = 0, j = 0;
    while (i < left.count && j < right.count) {
        struct interval a = left.pieces[i].interval, b = right.pieces[j].interval;
        if (!seen(user, interval_common(a, b), left.pieces[i].index,
                  right.pieces[j].index))
            break;
        int order = moment_compare(a.end, b.end);
        i += order <= 0;
        j += order >= 0;
    }
    free(left.pieces);
    free(right.pieces);
}
