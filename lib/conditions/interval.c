/* interval.c - validity: half open between two moments (run, spill).
 * SPDX-License-Identifier: Apache-2.0
 */
#include "conditions/interval.h"

int moment_compare(struct moment a, struct moment b)
{
    if (a.run != b.run)
        return a.run < b.run ? -1 : 1;
    return (a.spill > b.spill) - (a.spill < b.spill);
}

static struct moment moment_earlier(struct moment a, struct moment b)
{
    return moment_compare(a, b) <= 0 ? a : b;
}

static struct moment moment_later(struct moment a, struct moment b)
{
    return moment_compare(a, b) >= 0 ? a : b;
}

bool interval_is_empty(struct interval interval)
{
    return moment_compare(interval.start, interval.end) >= 0;
}

bool interval_holds(struct interval interval, struct moment moment)
{
    return moment_compare(interval.start, moment) <= 0 &&
           moment_compare(moment, interval.end) < 0;
}

struct interval interval_common(struct interval a, struct interval b)
{
    return (struct interval){moment_later(a.start, b.start),
                             moment_earlier(a.end, b.end)};
}

struct interval interval_of_runs(uint32_t first, uint32_t last)
{
    return (struct interval){{first, 0}, {(int64_t)last + 1, 0}};
}

/* Appends what lies in the window; a gap joins the gap before it. */
static size_t piece_add(struct interval_piece *pieces, size_t count,
                        struct interval window, struct interval_piece piece)
{
    piece.interval = interval_common(piece.interval, window);
    if (interval_is_empty(piece.interval))
        return count;
    if (piece.index == INTERVAL_GAP && count > 0 &&
        pieces[count - 1].index == INTERVAL_GAP) {
        pieces[count - 1].interval.end = piece.interval.end;
        return count;
    }
    pieces[count] = piece;
    return count + 1;
}

size_t interval_cut(struct interval window, const struct interval *intervals,
                    size_t count, struct interval_piece *pieces)
{
    size_t made = 0;
    struct moment reached = window.start;
    for (size_t i = 0; i < count; i++) {
        struct moment next = i + 1 < count ? intervals[i + 1].start : MOMENT_OPEN;
        struct interval valid = {intervals[i].start,
                                 moment_earlier(intervals[i].end, next)};
        struct interval before = {reached, valid.start};
        made = piece_add(pieces, made, window,
                         (struct interval_piece){before, INTERVAL_GAP});
        made = piece_add(pieces, made, window, (struct interval_piece){valid, i});
        reached = moment_later(reached, valid.end);
    }
    struct interval rest = {reached, window.end};
    return piece_add(pieces, made, window, (struct interval_piece){rest, INTERVAL_GAP});
}
