/* key_diff.c - line by line, by the fixed order of key texts.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/key_diff.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/text.h"

#define DIFF_LIMIT ((size_t)4 << 20) /* two key texts, each line with its sign */

struct line {
    const char *text;
    size_t length; /* with the line end */
};

/* The line at `at`; length 0 at the end. */
static struct line line_at(const struct bytes *text, size_t at)
{
    if (at >= text->size)
        return (struct line){NULL, 0};
    const char *start = (const char *)text->data + at;
    const char *end = memchr(start, '\n', text->size - at);
    return (struct line){start,
                         end == NULL ? text->size - at : (size_t)(end - start) + 1};
}

static bool line_equal(const struct line *a, const struct line *b)
{
    return a->length == b->length && memcmp(a->text, b->text, a->length) == 0;
}

static bool line_within(const struct bytes *text, size_t at, const struct line *wanted)
{
    for (struct line line = line_at(text, at); line.length > 0;
         at += line.length, line = line_at(text, at))
        if (line_equal(&line, wanted))
            return true;
    return false;
}

static bool line_add(struct bytes *out, const char *sign, const struct line *line,
                     struct err *err)
{
    if (line->length > 5 && memcmp(line->text, "reco=", 5) == 0)
        return true;
    return text_add(out, sign, err) && bytes_append(out, line->text, line->length, err);
}

bool key_diff(const struct bytes *a, const struct bytes *b, struct bytes *out,
              struct err *err)
{
    size_t i = 0;
    size_t k = 0;
    for (;;) {
        struct line left = line_at(a, i);
        struct line right = line_at(b, k);
        if (left.length == 0 && right.length == 0)
            return true;
        if (left.length > 0 && right.length > 0 && line_equal(&left, &right)) {
            i += left.length;
            k += right.length;
        } else if (left.length > 0 && !line_within(b, k, &left)) {
            if (!line_add(out, "-", &left, err))
                return false;
            i += left.length;
        } else {
            if (!line_add(out, "+", &right, err))
                return false;
            k += right.length;
        }
    }
}

void key_diffs_init(struct key_diffs *diffs)
{
    *diffs = (struct key_diffs){.groups = NULL};
}

void key_diffs_release(struct key_diffs *diffs)
{
    for (size_t i = 0; i < diffs->count; i++)
        bytes_release(&diffs->groups[i].text);
    free(diffs->groups);
    key_diffs_init(diffs);
}

/* Neighbouring segments mostly have the same difference: the last group is asked first.
 */
static struct key_diff_group *group_find(struct key_diffs *diffs,
                                         const struct bytes *text)
{
    for (size_t i = diffs->count; i > 0; i--) {
        struct key_diff_group *group = &diffs->groups[i - 1];
        if (group->text.size == text->size &&
            (text->size == 0 || memcmp(group->text.data, text->data, text->size) == 0))
            return group;
    }
    return NULL;
}

bool key_diffs_add(struct key_diffs *diffs, const struct plan_segment *segment,
                   const struct bytes texts[4], struct err *err)
{
    struct bytes text;
    uint32_t run = segment->id.chunk.run;
    bytes_init(&text, DIFF_LIMIT);
    if (!key_diff(&texts[0], &texts[2], &text, err) ||
        !key_diff(&texts[1], &texts[3], &text, err)) {
        bytes_release(&text);
        return false;
    }
    struct key_diff_group *group = group_find(diffs, &text);
    if (group == NULL) {
        if (diffs->count == diffs->room) {
            diffs->room = diffs->room == 0 ? 16 : 2 * diffs->room;
            diffs->groups = mem_grow(diffs->groups, diffs->room, sizeof *diffs->groups);
        }
        group = &diffs->groups[diffs->count++];
        *group = (struct key_diff_group){
            .text = text, .first_run = run, .last_run = run, .first = segment->id};
    } else {
        bytes_release(&text);
    }
    group->segments++;
    if (run > group->last_run)
        group->last_run = run;
    return true;
}

bool key_diffs_text(const struct key_diffs *diffs, struct bytes *out, struct err *err)
{
    if (diffs->count == 0)
        return text_add(out, "no key differs\n", err);
    for (size_t i = 0; i < diffs->count; i++) {
        const struct key_diff_group *group = &diffs->groups[i];
        const struct chunk_id *chunk = &group->first.chunk;
        if (!text_addf(out, err,
                       "%" PRIu64 " segments, runs %" PRIu32 " to %" PRIu32
                       ", the first is %" PRIu32 "/%u/%u/%" PRIu32 "\n",
                       group->segments, group->first_run, group->last_run, chunk->run,
                       chunk->builder, chunk->number, group->first.ordinal) ||
            !bytes_append(out, group->text.data, group->text.size, err))
            return false;
    }
    return true;
}
