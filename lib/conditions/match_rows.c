/* match_rows.c - whether the rows of a whole tag belong together.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "conditions/match_rows.h"

#include <stdlib.h>

#include "conditions/match.h"
#include "conditions/payload.h"
#include "model/run.h"

struct matcher {
    struct source *source;
    const struct tag *tag;
    struct match match;
    struct manifest manifest;
};

static bool is_linked(const char *type)
{
    const struct match_link *link;
    for (size_t i = 0; (link = match_link_at(i)) != NULL; i++) {
        if (strcmp(link->type, type) == 0 || strcmp(link->other, type) == 0)
            return true;
    }
    return false;
}

/* The payload of a row, its labels noted. */
static bool row_read(struct matcher *matcher, const struct tag_row *row,
                     struct manifest_entry *entry, struct err *err)
{
    struct bytes text;
    bytes_init(&text, PAYLOAD_LIMIT);
    bool done = source_read_payload(matcher->source, row, &text, err);
    if (done) {
        entry->hash = sha256_of(text.data, text.size);
        entry->size = text.size;
        const struct match_payload payload = {row->type, row->url, &text, entry->hash};
        done = match_read(&matcher->match, &payload, err);
    }
    bytes_release(&text);
    return done;
}

/* The rows first .. end are of one type; the whole axis becomes entries and gaps. */
static bool type_add(struct matcher *matcher, size_t first, size_t end, struct err *err)
{
    const struct tag_row *rows = &matcher->tag->rows[first];
    size_t count = end - first;
    struct interval *intervals = mem_new(count, sizeof *intervals);
    struct interval_piece *pieces = mem_new(2 * count + 1, sizeof *pieces);
    struct manifest_entry *entries = mem_new(count, sizeof *entries);
    bool done = true;
    for (size_t i = 0; done && i < count; i++) {
        intervals[i] = rows[i].interval;
        entries[i] = (struct manifest_entry){.gap = false};
        memcpy(entries[i].type, rows[i].type, strlen(rows[i].type) + 1);
        done = row_read(matcher, &rows[i], &entries[i], err);
    }
    size_t made =
        done ? interval_cut(interval_of_runs(0, RUN_MAXIMUM), intervals, count, pieces)
             : 0;
    for (size_t i = 0; done && i < made; i++) {
        bool gap = pieces[i].index == INTERVAL_GAP;
        struct manifest_entry entry = entries[gap ? 0 : pieces[i].index];
        entry.interval = pieces[i].interval;
        if (gap) {
            entry.gap = true;
            entry.hash = (struct sha256){{0}};
            entry.size = 0;
        }
        done = manifest_add(&matcher->manifest, &entry, err);
    }
    free(entries);
    free(pieces);
    free(intervals);
    return done;
}

bool match_rows(struct source *source, const struct tag *tag, struct err *err)
{
    struct matcher matcher = {.source = source, .tag = tag};
    bool done = true;
    manifest_init(&matcher.manifest, 0, RUN_MAXIMUM);
    for (size_t first = 0; done && first < tag->count;) {
        size_t end = first + 1;
        while (end < tag->count &&
               strcmp(tag->rows[end].type, tag->rows[first].type) == 0)
            end++;
        if (is_linked(tag->rows[first].type))
            done = type_add(&matcher, first, end, err);
        first = end;
    }
    done = done && match_check(&matcher.match, &matcher.manifest, err);
    match_release(&matcher.match);
    manifest_release(&matcher.manifest);
    return done;
}
