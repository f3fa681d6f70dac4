/* conditions_spans.c - what attaching an interval does to the others of a list.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/conditions_spans.h"

#include "base/bytes.h"

void spans_release(struct spans *spans)
{
    free(spans->items);
    *spans = (struct spans){0};
}

/* Room for `more` spans behind the last. */
static void spans_grow(struct spans *spans, size_t more)
{
    if (spans->count + more <= spans->capacity)
        return;
    spans->capacity = 2 * (spans->count + more);
    spans->items = mem_grow(spans->items, spans->capacity, sizeof *spans->items);
}

static bool is_before(struct moment a, struct moment b)
{
    return moment_compare(a, b) < 0;
}

void spans_add(struct spans *spans, struct interval interval, size_t content)
{
    bug_if(interval_is_empty(interval));
    bug_if(spans->count > 0 &&
           is_before(interval.start, spans->items[spans->count - 1].interval.end));
    spans_grow(spans, 1);
    spans->items[spans->count++] = (struct span){interval, content, false};
}

/* Index of the first span that starts at the moment or later. */
static size_t first_from(const struct spans *spans, struct moment moment)
{
    size_t low = 0, high = spans->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (is_before(spans->items[middle].interval.start, moment))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The spans [from, to) give way to `count` others. */
static void spans_replace(struct spans *spans, size_t from, size_t to,
                          const struct span *others, size_t count)
{
    spans_grow(spans, count);
    memmove(&spans->items[from + count], &spans->items[to],
            (spans->count - to) * sizeof *spans->items);
    memcpy(&spans->items[from], others, count * sizeof *others);
    spans->count = spans->count - (to - from) + count;
}

struct interval spans_attach(struct spans *spans, struct interval interval,
                             size_t content, bool replace)
{
    struct span pieces[3];
    size_t count = 0;
    bug_if(interval_is_empty(interval));
    size_t from = first_from(spans, interval.start);
    if (moment_compare(interval.end, MOMENT_OPEN) == 0 && !replace) {
        bool same =
            from < spans->count &&
            moment_compare(spans->items[from].interval.start, interval.start) == 0;
        size_t next = same ? from + 1 : from;
        if (next < spans->count)
            interval.end = spans->items[next].interval.start;
    }
    size_t to = first_from(spans, interval.end);
    if (from > 0 && is_before(interval.start, spans->items[from - 1].interval.end))
        from--;
    if (from < to && is_before(spans->items[from].interval.start, interval.start)) {
        pieces[count] = spans->items[from];
        pieces[count++].interval.end = interval.start;
    }
    pieces[count++] = (struct span){interval, content, false};
    if (from < to && is_before(interval.end, spans->items[to - 1].interval.end)) {
        const struct span *last = &spans->items[to - 1];
        pieces[count] = *last;
        pieces[count].copy =
            last->copy || is_before(last->interval.start, interval.start);
        pieces[count++].interval.start = interval.end;
    }
    spans_replace(spans, from, to, pieces, count);
    return interval;
}

bool spans_is_append(const struct spans *spans, struct interval interval)
{
    if (spans->count == 0)
        return true;
    struct interval last = spans->items[spans->count - 1].interval;
    bool is_open = moment_compare(last.end, MOMENT_OPEN) == 0;
    return is_before(is_open ? last.start : last.end, interval.start) ||
           (!is_open && moment_compare(last.end, interval.start) == 0);
}
