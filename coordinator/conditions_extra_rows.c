/* conditions_extra_rows.c - questions about rows: a range of runs, differences, uses.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <strings.h>

#include "base/text.h"
#include "coordinator/conditions_compare.h"
#include "coordinator/conditions_content.h"
#include "coordinator/conditions_extra.h"
#include "coordinator/conditions_read.h"
#include "model/run.h"

/* ---- range ---- */

static bool range_list(struct answer *answer, const struct index_list *list,
                       struct interval window, struct err *err)
{
    struct bytes *body = &answer->body;
    size_t at = index_slot_at(list, window.start, 0);
    for (size_t i = at == SIZE_MAX ? 0 : at; i < list->count; i++) {
        const struct index_slot *slot = &list->slots[i];
        struct interval interval = row_interval(&slot->row->record);
        if (moment_compare(interval.start, window.end) >= 0)
            return true;
        if (interval_is_empty(interval_common(interval, window)))
            continue;
        if ((body->size > 1 && !bytes_append(body, ",", 1, err)) ||
            !bytes_append(body, slot->text, slot->text_size, err))
            return false;
    }
    return true;
}

static bool run_number(struct answer *answer, const char *name, uint32_t *run)
{
    int64_t number = 0;
    if (!read_number(answer, name, &number))
        return false;
    *run = (uint32_t)number;
    if (number >= 0 && number <= RUN_MAXIMUM)
        return true;
    answer_detail(answer, 400, "A run is a number from 0 to 9999999.");
    return false;
}

void extra_range(struct answer *answer, const struct index *index)
{
    uint32_t from = 0, to = 0;
    char etag[ANSWER_ETAG];
    struct err err;
    const char *name = http_request_query(answer->request, "tag");
    const struct index_tag *tag = read_find_tag(answer, index, name ? name : "");
    if (!tag || !run_number(answer, "from", &from) || !run_number(answer, "to", &to))
        return;
    if (from > to) {
        answer_detail(answer, 400, "'to' is before 'from'.");
        return;
    }
    read_tag_etag(tag, etag);
    answer->caching = "no-cache";
    if (answer_is_known(answer, etag))
        return;
    struct interval window = interval_of_runs(from, to);
    bool done = bytes_append(&answer->body, "[", 1, &err);
    for (size_t i = 0; i < tag->count && done; i++)
        done = range_list(answer, tag->lists[i], window, &err);
    if (!done || !bytes_append(&answer->body, "]", 1, &err))
        answer_detail(answer, 500, err.text);
}

/* ---- diff ---- */

struct diff {
    struct answer *answer;
    const struct index *index;
    struct interval window;
    const char *type;
    const struct index_list *a, *b; /* NULL: the tag has no such type */
    /* The difference that may go on in the next piece. */
    struct interval interval;
    const struct ledger_row *row_a, *row_b;
    bool pending;
};

static const struct ledger_row *list_row(const struct index_list *list, size_t index)
{
    return index == INTERVAL_GAP ? NULL : &list->slots[index].row->record;
}

static bool same_content(const struct index *index, const struct ledger_row *a,
                         const struct ledger_row *b)
{
    struct sha256 hash_a, hash_b;
    uint64_t size;
    if (!a || !b)
        return a == b;
    if (strcmp(a->checksum, b->checksum) == 0)
        return true;
    return content_of_row(index, a, &hash_a, &size) &&
           content_of_row(index, b, &hash_b, &size) && sha256_equal(&hash_a, &hash_b);
}

static void put_content(struct json_writer *writer, const char *key,
                        const struct ledger_row *row)
{
    if (!row) {
        json_put_null(writer, key);
        return;
    }
    json_open_object(writer, key);
    json_put_text(writer, "payload_url", row->url);
    json_put_text(writer, "checksum", row->checksum);
    if (row->size >= 0)
        json_put_i64(writer, "size", row->size);
    else
        json_put_null(writer, "size");
    json_close_object(writer);
}

static void diff_flush(struct diff *diff)
{
    struct json_writer *writer = &diff->answer->writer;
    if (!diff->pending)
        return;
    json_open_object(writer, NULL);
    json_put_text(writer, "payload_type", diff->type);
    json_put_i64(writer, "major_iov", diff->interval.start.run);
    json_put_i64(writer, "minor_iov", diff->interval.start.spill);
    json_put_i64(writer, "major_iov_end", diff->interval.end.run);
    json_put_i64(writer, "minor_iov_end", diff->interval.end.spill);
    put_content(writer, "a", diff->row_a);
    put_content(writer, "b", diff->row_b);
    json_close_object(writer);
    diff->pending = false;
}

static bool diff_piece(void *user, struct interval piece, size_t left, size_t right)
{
    struct diff *diff = user;
    const struct ledger_row *a = list_row(diff->a, left), *b = list_row(diff->b, right);
    if (same_content(diff->index, a, b)) {
        diff_flush(diff);
        return true;
    }
    if (diff->pending && same_content(diff->index, a, diff->row_a) &&
        same_content(diff->index, b, diff->row_b)) {
        diff->interval.end = piece.end;
        return true;
    }
    diff_flush(diff);
    diff->interval = piece;
    diff->row_a = a;
    diff->row_b = b;
    diff->pending = true;
    return true;
}

static struct interval *list_intervals(const struct index_list *list, size_t *count)
{
    *count = list ? list->count : 0;
    struct interval *intervals = mem_new(*count, sizeof *intervals);
    for (size_t i = 0; i < *count; i++)
        intervals[i] = row_interval(&list->slots[i].row->record);
    return intervals;
}

static void diff_type(struct diff *diff, const char *type, const struct index_list *a,
                      const struct index_list *b)
{
    size_t count_a, count_b;
    struct interval *intervals_a = list_intervals(a, &count_a);
    struct interval *intervals_b = list_intervals(b, &count_b);
    struct compare_side sides[2] = {{intervals_a, count_a}, {intervals_b, count_b}};
    diff->type = type;
    diff->a = a;
    diff->b = b;
    compare_intervals(diff->window, sides, diff_piece, diff);
    diff_flush(diff);
    free(intervals_a);
    free(intervals_b);
}

static void diff_types(struct diff *diff, const struct index_tag *a,
                       const struct index_tag *b)
{
    for (size_t i = 0, j = 0; i < a->count || j < b->count;) {
        const struct index_list *left = i < a->count ? a->lists[i] : NULL;
        const struct index_list *right = j < b->count ? b->lists[j] : NULL;
        int order = left ? -1 : 1; /* lists are sorted by type */
        if (left && right)
            order = strcmp(left->type->name, right->type->name);
        if (left && order <= 0)
            diff_type(diff, left->type->name, left, order == 0 ? right : NULL);
        else if (right)
            diff_type(diff, right->type->name, NULL, right);
        i += order <= 0;
        j += order >= 0;
    }
}

/* The whole axis, one run, or one spill. */
static bool diff_window(struct answer *answer, struct interval *window)
{
    int64_t run = 0, spill = 0;
    *window = (struct interval){{0, 0}, MOMENT_OPEN};
    if (!http_request_query(answer->request, "run"))
        return true;
    if (!read_number(answer, "run", &run))
        return false;
    bool has_spill = http_request_query(answer->request, "spill") != NULL;
    if (has_spill && !read_number(answer, "spill", &spill))
        return false;
    if (run < 0 || spill < 0 || run == INT64_MAX || spill == INT64_MAX) {
        answer_detail(answer, 400, "run and spill are whole numbers from 0.");
        return false;
    }
    *window = has_spill ? (struct interval){{run, spill}, {run, spill + 1}}
                        : (struct interval){{run, 0}, {run + 1, 0}};
    return true;
}

static const struct index_tag *diff_tag(struct answer *answer, const struct index *index,
                                        const char *which)
{
    const char *name = http_request_query(answer->request, which);
    return read_find_tag(answer, index, name ? name : "");
}

void extra_diff(struct answer *answer, const struct index *index)
{
    struct diff diff = {.answer = answer, .index = index};
    const struct index_tag *a = diff_tag(answer, index, "a");
    const struct index_tag *b = a ? diff_tag(answer, index, "b") : NULL;
    if (!a || !b || !diff_window(answer, &diff.window))
        return;
    struct json_writer *writer = &answer->writer;
    json_open_object(writer, NULL);
    json_put_text(writer, "a", a->record.name);
    json_put_u64(writer, "sequence_a", a->record.sequence);
    json_put_text(writer, "b", b->record.name);
    json_put_u64(writer, "sequence_b", b->record.sequence);
    json_open_array(writer, "differences");
    diff_types(&diff, a, b);
    json_close_array(writer);
    json_close_object(writer);
}

/* ---- uses ---- */

static void put_use(struct json_writer *writer, const struct index *index,
                    const struct index_row *row)
{
    const struct index_list *list = row->list;
    json_open_object(writer, NULL);
    json_put_text(writer, "global_tag", list->tag->record.name);
    json_put_text(writer, "status", index_status(index, list->tag->record.status)->name);
    json_put_text(writer, "payload_type", list->type->name);
    json_put_text(writer, "payload_list", list->name);
    json_put_u64(writer, "piov_id", row->record.id);
    json_put_text(writer, "payload_url", row->record.url);
    json_put_i64(writer, "major_iov", row->record.start_major);
    json_put_i64(writer, "minor_iov", row->record.start_minor);
    json_put_i64(writer, "major_iov_end", row->record.end_major);
    json_put_i64(writer, "minor_iov_end", row->record.end_minor);
    json_close_object(writer);
}

/* Names of the payload that was asked for. */
struct names {
    const char *given;
    char hex[SHA256_HEX];
    const char *md5;
};

static bool is_named(const struct names *names, const char *checksum)
{
    return strcasecmp(checksum, names->given) == 0 || strcmp(checksum, names->hex) == 0 ||
           (names->md5 && strcmp(checksum, names->md5) == 0);
}

void extra_uses(struct answer *answer, const struct index *index)
{
    struct names names = {.given = answer->words[0]};
    const struct ledger_blob *blob = index_blob(index, names.given);
    if (blob) {
        sha256_to_hex(&blob->hash, names.hex);
        names.md5 = blob->md5[0] ? blob->md5 : NULL;
    }
    json_open_array(&answer->writer, NULL);
    for (uint64_t i = 1; i <= index_last(index, LEDGER_ROW); i++) {
        const struct index_row *row = index_row(index, i);
        if (row && row->list && row->list->tag && is_named(&names, row->record.checksum))
            put_use(&answer->writer, index, row);
    }
    json_close_array(&answer->writer);
}
