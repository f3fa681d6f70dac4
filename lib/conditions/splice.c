/* splice.c - a row more in a tag, such that its intervals stay disjoint.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "conditions/splice.h"

#include <inttypes.h>
#include <stdio.h>

/* Where the interval of a row really ends: at the next start of its type. */
static struct moment real_end(const struct tag *tag, size_t index)
{
    const struct tag_row *row = &tag->rows[index];
    const struct tag_row *next = index + 1 < tag->count ? row + 1 : NULL;
    struct moment end = row->interval.end;
    if (next && strcmp(next->type, row->type) == 0 &&
        moment_compare(next->interval.start, end) < 0)
        end = next->interval.start;
    return end;
}

static bool is_same(const struct tag_row *a, const struct tag_row *b,
                    struct interval interval)
{
    return strcmp(a->checksum, b->checksum) == 0 &&
           moment_compare(interval.start, b->interval.start) == 0 &&
           moment_compare(interval.end, b->interval.end) == 0;
}

struct splicer {
    struct tag_row *rows;
    size_t count;
    bool cut; /* another row is not as it was */
};

static struct moment earlier(struct moment a, struct moment b)
{
    return moment_compare(a, b) < 0 ? a : b;
}

static struct moment later(struct moment a, struct moment b)
{
    return moment_compare(a, b) < 0 ? b : a;
}

/* What is left of rows in front of the new one, or behind it. */
static void keep_rows(struct splicer *splicer, const struct tag *tag,
                      const size_t range[2], const struct tag_row *new, bool front)
{
    for (size_t i = range[0]; i < range[1]; i++) {
        const struct tag_row *row = &tag->rows[i];
        struct interval old = {row->interval.start, real_end(tag, i)};
        struct interval rest = old;
        if (front)
            rest.end = earlier(old.end, new->interval.start);
        else
            rest.start = later(old.start, new->interval.end);
        if (!interval_is_empty(interval_common(old, new->interval)))
            splicer->cut = true;
        if (interval_is_empty(rest))
            continue;
        splicer->rows[splicer->count] = *row;
        splicer->rows[splicer->count++].interval = rest;
    }
}

static bool refuse(const struct tag_row *row, const struct tag_row *new, struct err *err)
{
    return err_set(err, E_TAG_ROW,
                   "%s from run %" PRId64 " spill %" PRId64
                   ": the tag has another payload from run %" PRId64 " spill %" PRId64
                   " on: give --replace, or shorter runs",
                   new->type, new->interval.start.run, new->interval.start.spill,
                   row->interval.start.run, row->interval.start.spill);
}

/* Rows of the same type that start inside the new one. */
static enum splice look(const struct tag *tag, const struct tag_row *row, bool replace,
                        struct err *err)
{
    enum splice found = SPLICE_ADDED;
    for (size_t i = 0; i < tag->count; i++) {
        const struct tag_row *old = &tag->rows[i];
        if (strcmp(old->type, row->type) != 0)
            continue;
        if (is_same(old, row, (struct interval){old->interval.start, real_end(tag, i)}))
            return SPLICE_SAME;
        if (!replace && interval_holds(row->interval, old->interval.start)) {
            (void)refuse(old, row, err);
            found = SPLICE_REFUSED;
        }
    }
    return found;
}

enum splice splice_row(struct tag *tag, const struct tag_row *row, bool replace,
                       struct arena *arena, struct err *err)
{
    void *memory = NULL;
    enum splice found = look(tag, row, replace, err);
    if (found != SPLICE_ADDED)
        return found;
    if (!arena_take(arena, 2 * tag->count + 1, sizeof(struct tag_row), &memory, err))
        return SPLICE_REFUSED;
    struct splicer splicer = {.rows = memory};
    size_t first = 0;
    while (first < tag->count && strcmp(tag->rows[first].type, row->type) < 0)
        splicer.rows[splicer.count++] = tag->rows[first++];
    size_t end = first;
    while (end < tag->count && strcmp(tag->rows[end].type, row->type) == 0)
        end++;
    keep_rows(&splicer, tag, (const size_t[2]){first, end}, row, true);
    splicer.rows[splicer.count++] = *row;
    keep_rows(&splicer, tag, (const size_t[2]){first, end}, row, false);
    while (end < tag->count)
        splicer.rows[splicer.count++] = tag->rows[end++];
    tag->rows = splicer.rows;
    tag->count = splicer.count;
    return splicer.cut ? SPLICE_CHANGED : SPLICE_ADDED;
}
