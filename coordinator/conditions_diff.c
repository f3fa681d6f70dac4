/* conditions_diff.c - spillway conditions diff: where two tags say something else.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/conditions_diff.h"

#include <inttypes.h>
#include <math.h>

#include "base/text.h"
#include "conditions/payload_diff.h"
#include "coordinator/conditions_compare.h"

/* Two tags at work. */
struct diffing {
    const struct show *show;
    struct source *source;
    const struct diff_request *request;
    struct json_writer writer;
    struct arena arena;
    struct tag tags[2];
    /* Of the type at work: rows of each tag. */
    const char *type;
    const struct tag_row *rows[2];
    /* The difference that may go on in the next piece. */
    struct interval interval;
    const struct tag_row *pending[2];
    bool is_pending;
    size_t count;
    struct err *err; /* of a walk that was ended */
    bool failed;
};

/* ---- values ---- */

static bool fetch(struct diffing *diffing, const struct tag_row *row, struct bytes *bytes,
                  struct err *err)
{
    bytes_init(bytes, PAYLOAD_LIMIT);
    return source_read_payload(diffing->source, row, bytes, err);
}

static bool change_line(struct diffing *diffing, const struct payload_change *change,
                        struct err *err)
{
    struct bytes *out = diffing->show->out;
    switch (change->kind) {
    case PAYLOAD_HEADER:
        return text_addf(out, err, "    header %s: %s -> %s\n", change->column,
                         change->old_value, change->new_value);
    case PAYLOAD_REMOVED:
        return text_addf(out, err, "    - %s %s\n", change->key, change->old_value);
    case PAYLOAD_ADDED:
        return text_addf(out, err, "    + %s %s\n", change->key, change->new_value);
    case PAYLOAD_VALUE:
        break;
    }
    if (!text_addf(out, err, "    %s %s: %s -> %s %s", change->key, change->column,
                   change->old_value, change->new_value, change->unit))
        return false;
    bool is_number = change->relative > 0 && !isinf(change->relative);
    return text_addf(out, err, is_number ? " (%+.3g %%)\n" : "\n",
                     (change->change < 0 ? -100 : 100) * change->relative);
}

static void change_json(struct json_writer *writer, const struct payload_change *change)
{
    static const char *const kinds[] = {"header", "removed", "added", "value"};
    json_open_object(writer, NULL);
    json_put_text(writer, "kind", kinds[change->kind]);
    json_put_text(writer, "key", change->key);
    json_put_text(writer, "column", change->column);
    json_put_text(writer, "unit", change->unit);
    json_put_text(writer, "a", change->old_value);
    json_put_text(writer, "b", change->new_value);
    if (change->kind == PAYLOAD_VALUE && !isinf(change->relative))
        json_put_real(writer, "relative", change->relative);
    json_close_object(writer);
}

static bool changes_show(struct diffing *diffing, const struct payload_diff *diff,
                         struct err *err)
{
    uint64_t most = diffing->request->most;
    size_t shown = diff->count < most ? diff->count : (size_t)most;
    for (size_t i = 0; i < shown; i++) {
        if (diffing->show->json)
            change_json(&diffing->writer, &diff->changes[i]);
        else if (!change_line(diffing, &diff->changes[i], err))
            return false;
    }
    if (diffing->show->json || shown == diff->count)
        return true;
    return text_addf(diffing->show->out, err, "    and %zu more: --most N\n",
                     diff->count - shown);
}

static bool values_show(struct diffing *diffing, const struct payload_type *type,
                        struct err *err)
{
    const struct tag_row *const *rows = diffing->pending;
    struct bytes old_text = {0}, new_text = {0};
    struct arena arena;
    struct payload_diff diff;
    arena_init(&arena, TABLE_MEMORY);
    bool done = fetch(diffing, rows[0], &old_text, err) &&
                fetch(diffing, rows[1], &new_text, err);
    if (done) {
        struct payload_pair pair = {.type = type,
                                    .old_text = &old_text,
                                    .new_text = &new_text,
                                    .old_what = rows[0]->url,
                                    .new_what = rows[1]->url};
        done =
            payload_diff(&pair, &arena, &diff, err) && changes_show(diffing, &diff, err);
    }
    bytes_release(&old_text);
    bytes_release(&new_text);
    arena_release(&arena);
    return done;
}

/* ---- pieces ---- */

static void row_json(struct json_writer *writer, const char *key,
                     const struct tag_row *row)
{
    if (!row) {
        json_put_null(writer, key);
        return;
    }
    json_open_object(writer, key);
    json_put_text(writer, "payload_url", row->url);
    json_put_text(writer, "checksum", row->checksum);
    json_close_object(writer);
}

static void piece_json(struct diffing *diffing)
{
    struct json_writer *writer = &diffing->writer;
    json_open_object(writer, NULL);
    json_put_text(writer, "type", diffing->type);
    show_interval(writer, &diffing->interval);
    row_json(writer, "a", diffing->pending[0]);
    row_json(writer, "b", diffing->pending[1]);
    json_open_array(writer, "changes");
}

static bool piece_line(struct diffing *diffing, struct err *err)
{
    const struct tag_row *const *rows = diffing->pending;
    const struct diff_request *request = diffing->request;
    char start[48], end[48];
    (void)show_moment(diffing->interval.start, start);
    (void)show_moment(diffing->interval.end, end);
    if (rows[0] && rows[1])
        return text_addf(diffing->show->out, err, "%s %s to %s: %s -> %s\n",
                         diffing->type, start, end, rows[0]->url, rows[1]->url);
    return text_addf(diffing->show->out, err, "%s %s to %s: only in %s: %s\n",
                     diffing->type, start, end, rows[0] ? request->a : request->b,
                     rows[0] ? rows[0]->url : rows[1]->url);
}

static bool piece_show(struct diffing *diffing, struct err *err)
{
    const struct payload_type *type = payload_type_find(diffing->type);
    if (!diffing->is_pending)
        return true;
    diffing->is_pending = false;
    diffing->count++;
    if (diffing->show->json)
        piece_json(diffing);
    else if (!piece_line(diffing, err))
        return false;
    bool done = !type || !diffing->pending[0] || !diffing->pending[1] ||
                values_show(diffing, type, err);
    if (diffing->show->json) {
        json_close_array(&diffing->writer);
        json_close_object(&diffing->writer);
    }
    return done;
}

static bool same_row(const struct tag_row *a, const struct tag_row *b)
{
    return a == b || (a && b && strcmp(a->checksum, b->checksum) == 0);
}

/* MD5 on one side and sha256 on the other say nothing: then the bytes decide. */
static bool same_content(struct diffing *diffing, const struct tag_row *a,
                         const struct tag_row *b, bool *same, struct err *err)
{
    struct bytes left = {0}, right = {0};
    *same = same_row(a, b);
    if (*same || !a || !b || strlen(a->checksum) == strlen(b->checksum))
        return true;
    bool done = fetch(diffing, a, &left, err) && fetch(diffing, b, &right, err);
    *same = done && left.size == right.size &&
            (left.size == 0 || memcmp(left.data, right.data, left.size) == 0);
    bytes_release(&left);
    bytes_release(&right);
    return done;
}

static bool piece_take(struct diffing *diffing, struct interval piece,
                       const struct tag_row *a, const struct tag_row *b, struct err *err)
{
    bool same = false;
    if (!same_content(diffing, a, b, &same, err))
        return false;
    if (same)
        return piece_show(diffing, err);
    if (diffing->is_pending && same_row(a, diffing->pending[0]) &&
        same_row(b, diffing->pending[1])) {
        diffing->interval.end = piece.end;
        return true;
    }
    if (!piece_show(diffing, err))
        return false;
    diffing->interval = piece;
    diffing->pending[0] = a;
    diffing->pending[1] = b;
    diffing->is_pending = true;
    return true;
}

static bool piece_seen(void *user, struct interval piece, size_t left, size_t right)
{
    struct diffing *diffing = user;
    const struct tag_row *a = left == INTERVAL_GAP ? NULL : &diffing->rows[0][left];
    const struct tag_row *b = right == INTERVAL_GAP ? NULL : &diffing->rows[1][right];
    diffing->failed = !piece_take(diffing, piece, a, b, diffing->err);
    return !diffing->failed;
}

/* ---- types ---- */

/* Rows of a type from `at` on. */
static size_t type_count(const struct tag *tag, size_t at, const char *type)
{
    size_t count = 0;
    while (at + count < tag->count && strcmp(tag->rows[at + count].type, type) == 0)
        count++;
    return count;
}

static bool type_show(struct diffing *diffing, const size_t at[2], const size_t count[2],
                      struct err *err)
{
    struct interval window =
        interval_of_runs(diffing->request->first_run, diffing->request->last_run);
    struct compare_side sides[2];
    struct interval *intervals[2];
    diffing->err = err;
    diffing->failed = false;
    for (int side = 0; side < 2; side++) {
        diffing->rows[side] = &diffing->tags[side].rows[at[side]];
        intervals[side] = mem_new(count[side], sizeof *intervals[side]);
        for (size_t i = 0; i < count[side]; i++)
            intervals[side][i] = diffing->rows[side][i].interval;
        sides[side] = (struct compare_side){intervals[side], count[side]};
    }
    compare_intervals(window, sides, piece_seen, diffing);
    free(intervals[0]);
    free(intervals[1]);
    return !diffing->failed && piece_show(diffing, err);
}

static bool types_show(struct diffing *diffing, struct err *err)
{
    const struct tag *tags = diffing->tags;
    size_t at[2] = {0, 0};
    while (at[0] < tags[0].count || at[1] < tags[1].count) {
        const char *names[2];
        for (int side = 0; side < 2; side++)
            names[side] =
                at[side] < tags[side].count ? tags[side].rows[at[side]].type : NULL;
        bool left = names[0] && (!names[1] || strcmp(names[0], names[1]) <= 0);
        diffing->type = left ? names[0] : names[1];
        size_t count[2];
        for (int side = 0; side < 2; side++)
            count[side] = type_count(&tags[side], at[side], diffing->type);
        if (!type_show(diffing, at, count, err))
            return false;
        at[0] += count[0];
        at[1] += count[1];
    }
    return true;
}

bool diff_show(const struct show *show, struct source *source,
               const struct diff_request *request, struct err *err)
{
    struct diffing diffing = {.show = show, .source = source, .request = request};
    arena_init(&diffing.arena, 2 * TAG_MEMORY);
    json_begin(&diffing.writer, show->out);
    bool done =
        source_read_tag(source, request->a, &diffing.arena, &diffing.tags[0], err) &&
        source_read_tag(source, request->b, &diffing.arena, &diffing.tags[1], err);
    if (done && show->json)
        json_open_array(&diffing.writer, NULL);
    done = done && types_show(&diffing, err);
    if (done && show->json) {
        json_close_array(&diffing.writer);
        done = json_end(&diffing.writer, err);
    } else if (done && diffing.count == 0) {
        done =
            text_addf(show->out, err, "%s and %s say the same\n", request->a, request->b);
    }
    arena_release(&diffing.arena);
    return done;
}
