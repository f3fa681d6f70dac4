/* conditions_edit_rows.c - changes of rows: payloads and when they are valid.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/conditions_edit_rows.h"

#include <inttypes.h>

#include "base/text.h"
#include "conditions/tag.h"
#include "coordinator/conditions_edit_tags.h"
#include "coordinator/conditions_spans.h"

/* ---- a list at work: rows are attached, then what changed is written ---- */

struct workbench {
    const struct index_list *list;
    struct spans spans;
    size_t before; /* contents that were there */
    size_t count;
    size_t capacity;
    struct ledger_row *contents; /* by the numbers of the spans */
};

static void workbench_add(struct workbench *bench, const struct ledger_row *row)
{
    if (bench->count == bench->capacity) {
        bench->capacity = 2 * bench->capacity + 16;
        bench->contents =
            mem_grow(bench->contents, bench->capacity, sizeof *bench->contents);
    }
    bench->contents[bench->count++] = *row;
}

static void workbench_open(struct workbench *bench, const struct index_list *list)
{
    *bench = (struct workbench){.list = list};
    for (size_t i = 0; i < list->count; i++) {
        const struct ledger_row *row = &list->slots[i].row->record;
        spans_add(&bench->spans, row_interval(row), i);
        workbench_add(bench, row);
    }
    bench->before = bench->count;
}

static void workbench_close(struct workbench *bench)
{
    spans_release(&bench->spans);
    free(bench->contents);
}

/* What the status of the list's tag allows. */
static bool may_attach(const struct edit *edit, const struct workbench *bench,
                       struct interval interval, struct refusal *refusal)
{
    const struct index_tag *tag = bench->list->tag;
    enum tag_rule rule = tag ? edit_rule(edit, tag) : RULE_UNLOCKED;
    if (rule == RULE_FROZEN)
        return edit_is_unlocked(edit, tag, "nothing is attached", refusal);
    if (rule == RULE_LOCKED && !spans_is_append(&bench->spans, interval))
        return refuse(refusal, 423,
                      "Tag %s is locked: list %s takes only what starts after its last "
                      "interval, not at %" PRId64 ".%" PRId64 ".",
                      tag->record.name, bench->list->name, interval.start.run,
                      interval.start.spill);
    if (tag && tag->rows - bench->list->count + bench->spans.count + 2 > TAG_ROWS)
        return refuse(refusal, 409, "Tag %s is full: %zu rows.", tag->record.name,
                      tag->rows);
    return true;
}

/* Gives what became of the interval. */
static bool workbench_attach(const struct edit *edit, struct workbench *bench,
                             const struct ledger_row *row, struct interval *made,
                             struct refusal *refusal)
{
    struct interval interval = row_interval(row);
    if (!may_attach(edit, bench, interval, refusal))
        return false;
    workbench_add(bench, row);
    *made = spans_attach(&bench->spans, interval, bench->count - 1, edit->replace);
    return true;
}

static void row_write(struct edit *edit, const struct ledger_row *row)
{
    edit_put(edit, LEDGER_ROW)->row = *row;
}

/* One span as a row of the list; rows that are as they were are not written. */
static void span_write(struct edit *edit, const struct workbench *bench,
                       const struct span *span)
{
    struct ledger_row row = bench->contents[span->content];
    struct interval was = row_interval(&row);
    bool same = span->content < bench->before && !span->copy &&
                moment_compare(was.start, span->interval.start) == 0 &&
                moment_compare(was.end, span->interval.end) == 0;
    if (same)
        return;
    row.list = bench->list->record.id;
    row.start_major = span->interval.start.run;
    row.start_minor = span->interval.start.spill;
    row.end_major = span->interval.end.run;
    row.end_minor = span->interval.end.spill;
    if (span->copy) {
        row.id = library_next_id(edit->library, LEDGER_ROW);
        row.inserted_s = edit->entry.time_s;
    }
    row_write(edit, &row);
}

/* Rows without a span leave the list; they stay as records. */
static void workbench_write(struct edit *edit, const struct workbench *bench)
{
    bool *stays = mem_new(bench->count, sizeof *stays);
    for (size_t i = 0; i < bench->spans.count; i++) {
        const struct span *span = &bench->spans.items[i];
        span_write(edit, bench, span);
        stays[span->content] = stays[span->content] || !span->copy;
    }
    for (size_t i = 0; i < bench->count; i++) {
        if (stays[i])
            continue;
        struct ledger_row row = bench->contents[i];
        row.list = 0;
        row_write(edit, &row);
    }
    free(stays);
}

/* ---- a row from JSON ---- */

static bool number_of(const struct json *body, const char *name, bool required,
                      int64_t *number, struct refusal *refusal)
{
    const struct json *value = json_get(body, name);
    if (!value && !required)
        return true;
    if (!value)
        return refuse_field(refusal, name, "This field is required.");
    if (!json_i64(value, number) || *number < 0)
        return refuse_field(refusal, name,
                            "A whole number from 0 to 9223372036854775807 is required.");
    return true;
}

/* MD5 or sha256, in lower case. */
static bool checksum_of(struct edit *edit, const char *given, const char **checksum,
                        struct refusal *refusal)
{
    static const char digits[] = "0123456789abcdefABCDEF";
    size_t length = strlen(given);
    if ((length != MD5_HEX - 1 && length != SHA256_HEX - 1) ||
        strspn(given, digits) != length)
        return refuse_field(refusal, "checksum",
                            "An MD5 or sha256 in hexadecimal is required.");
    char *text = arena_text(&edit->arena, given);
    if (!text)
        return refuse(refusal, 413, "The change is too large.");
    for (char *c = text; *c; c++)
        *c = (char)(*c >= 'A' && *c <= 'F' ? *c + ('a' - 'A') : *c);
    *checksum = text;
    return true;
}

/* One URL names one content, or a frozen tag could change under its rows; and what is
 * said about bytes that are here must be true. */
static bool content_agrees(const struct edit *edit, struct ledger_row *row,
                           struct refusal *refusal)
{
    const char *known = index_url_checksum(edit->index, row->url);
    if (known && strcmp(known, row->checksum) != 0)
        return refuse(refusal, 409,
                      "%.200s is known with checksum %.64s: other bytes need another "
                      "payload_url.",
                      row->url, known);
    const struct ledger_blob *blob = index_blob(edit->index, row->checksum);
    if (blob && row->size < 0)
        row->size = (int64_t)blob->size;
    if (blob && row->size != (int64_t)blob->size)
        return refuse(refusal, 422,
                      "%.200s: size %" PRId64 " is stated, its bytes are %" PRIu64 ".",
                      row->url, row->size, blob->size);
    return true;
}

static bool url_check(const char *url, struct refusal *refusal)
{
    return tag_url_is_safe(url) ||
           refuse_field(refusal, "payload_url",
                        "A relative path of letters, digits and _.-+ without . or .. "
                        "is required.");
}

static bool end_check(const struct ledger_row *row, struct refusal *refusal)
{
    return !interval_is_empty(row_interval(row)) ||
           refuse(refusal, 422,
                  "The end %" PRId64 ".%" PRId64 " is not behind the start %" PRId64
                  ".%" PRId64 ".",
                  row->end_major, row->end_minor, row->start_major, row->start_minor);
}

static bool texts_of(struct edit *edit, const struct json *body, struct ledger_row *row,
                     struct refusal *refusal)
{
    const char *checksum = NULL;
    const struct json *extra = json_get(body, "extra");
    if (!edit_text(body, "payload_url", LEDGER_TEXT - 1, &row->url, refusal) ||
        !edit_text(body, "checksum", LEDGER_TEXT - 1, &checksum, refusal) ||
        !checksum_of(edit, checksum, &row->checksum, refusal))
        return false;
    if (!url_check(row->url, refusal))
        return false;
    return !extra || json_is_null(extra) ||
           edit_text(body, "extra", LEDGER_TEXT - 1, &row->extra, refusal);
}

static bool row_of(struct edit *edit, const struct json *body, struct ledger_row *row,
                   struct refusal *refusal)
{
    *row = (struct ledger_row){.end_major = INT64_MAX,
                               .end_minor = INT64_MAX,
                               .size = -1,
                               .inserted_s = edit->entry.time_s};
    bool sized = json_get(body, "size") && !json_is_null(json_get(body, "size"));
    if (!json_is_object(body))
        return refuse_field(refusal, "non_field_errors",
                            "Invalid data. Expected a dictionary.");
    if (!texts_of(edit, body, row, refusal) ||
        !number_of(body, "major_iov", true, &row->start_major, refusal) ||
        !number_of(body, "minor_iov", true, &row->start_minor, refusal) ||
        !number_of(body, "major_iov_end", false, &row->end_major, refusal) ||
        !number_of(body, "minor_iov_end", false, &row->end_minor, refusal) ||
        (sized && !number_of(body, "size", true, &row->size, refusal)))
        return false;
    if (!end_check(row, refusal) || !content_agrees(edit, row, refusal))
        return false;
    row->id = library_next_id(edit->library, LEDGER_ROW);
    return true;
}

/* ---- changes ---- */

static void say_row(struct edit *edit, const char *what, const struct ledger_row *row,
                    struct interval interval, const char *list)
{
    char end[48] = "open";
    if (moment_compare(interval.end, MOMENT_OPEN) != 0)
        (void)snprintf(end, sizeof end, "%" PRId64 ".%" PRId64, interval.end.run,
                       interval.end.spill);
    edit_say(edit, "%s row %" PRIu64 " from %" PRId64 ".%" PRId64 " to %s %s%s%.64s",
             what, row->id, interval.start.run, interval.start.spill, end, list,
             *list ? " " : "", row->checksum);
}

bool edit_make_row(struct edit *edit, const struct json *body, struct refusal *refusal)
{
    struct ledger_row row;
    if (!row_of(edit, body, &row, refusal))
        return false;
    row_write(edit, &row);
    edit->made = row.id;
    say_row(edit, "new", &row, row_interval(&row), "");
    return true;
}

static bool find_row(const struct edit *edit, const struct json *body,
                     struct index_row **row, struct refusal *refusal)
{
    int64_t id = 0;
    if (!number_of(body, "piov_id", true, &id, refusal))
        return false;
    *row = index_row(edit->index, (uint64_t)id);
    return *row || refuse(refusal, 404, "There is no payload IOV %" PRId64 ".", id);
}

bool edit_attach_row(struct edit *edit, const struct json *body, struct refusal *refusal)
{
    const char *name = NULL;
    struct index_list *list = NULL;
    struct index_row *row = NULL;
    struct workbench bench;
    struct interval made = {{0, 0}, {0, 0}};
    if (!edit_text(body, "payload_list", INDEX_LIST_NAME, &name, refusal) ||
        !edit_find_list(edit, name, &list, refusal) ||
        !find_row(edit, body, &row, refusal))
        return false;
    edit->made = row->record.id;
    if (row->list == list)
        return true; /* a request that is repeated */
    if (row->list)
        return refuse(refusal, 409, "Payload IOV %" PRIu64 " is in list %s.",
                      row->record.id, row->list->name);
    workbench_open(&bench, list);
    bool done = workbench_attach(edit, &bench, &row->record, &made, refusal) &&
                edit_touch(edit, list->tag, NULL, refusal);
    if (done)
        workbench_write(edit, &bench);
    workbench_close(&bench);
    say_row(edit, edit->replace ? "attached, replacing what follows," : "attached",
            &row->record, made, list->name);
    return done;
}

static bool row_of_put(struct edit *edit, const struct edit_put *put,
                       struct ledger_row *row, struct refusal *refusal)
{
    char hex[SHA256_HEX];
    sha256_to_hex(&put->hash, hex);
    *row = (struct ledger_row){.start_major = put->interval.start.run,
                               .start_minor = put->interval.start.spill,
                               .end_major = put->interval.end.run,
                               .end_minor = put->interval.end.spill,
                               .size = (int64_t)put->size,
                               .inserted_s = edit->entry.time_s,
                               .url = put->url,
                               .checksum = arena_text(&edit->arena, hex)};
    if (!row->checksum)
        return refuse(refusal, 413, "The change is too large.");
    return url_check(row->url, refusal) && end_check(row, refusal) &&
           content_agrees(edit, row, refusal);
}

bool edit_put_payload(struct edit *edit, const struct edit_put *put,
                      struct refusal *refusal)
{
    struct ledger_row row;
    struct edit_place place = {.list = NULL};
    struct workbench bench;
    struct interval made = put->interval;
    bool done = true;
    if (!row_of_put(edit, put, &row, refusal) ||
        !edit_need_list(edit, put->tag, put->type, put->create, &place, refusal))
        return false;
    row.id = library_next_id(edit->library, LEDGER_ROW);
    row.list = place.id;
    if (place.list) {
        workbench_open(&bench, place.list);
        done = workbench_attach(edit, &bench, &row, &made, refusal);
        if (done)
            workbench_write(edit, &bench);
        workbench_close(&bench);
    } else {
        row_write(edit, &row);
    }
    edit->made = row.id;
    say_row(edit, edit->replace ? "put, replacing what follows," : "put", &row, made,
            put->type);
    return done;
}

/* ---- many ---- */

struct bulk {
    size_t count;
    struct workbench *benches;
};

static bool bulk_bench(struct edit *edit, struct bulk *bulk, const struct json *item,
                       struct workbench **bench, struct refusal *refusal)
{
    const char *name = NULL;
    struct index_list *list = NULL;
    if (!edit_text(item, "payload_list", INDEX_LIST_NAME, &name, refusal) ||
        !edit_find_list(edit, name, &list, refusal))
        return false;
    /* Rows of one list usually stand together. */
    for (size_t i = bulk->count; i-- > 0;) {
        if (bulk->benches[i].list == list) {
            *bench = &bulk->benches[i];
            return true;
        }
    }
    if (!edit_touch(edit, list->tag, NULL, refusal))
        return false;
    bulk->benches = mem_grow(bulk->benches, bulk->count + 1, sizeof *bulk->benches);
    *bench = &bulk->benches[bulk->count++];
    workbench_open(*bench, list);
    return true;
}

/* Rows of a bulk must not replace each other or what is there: the second of two with one
 * start would hide the first. */
static bool start_is_free(const struct workbench *bench, struct moment start,
                          struct refusal *refusal)
{
    size_t low = 0, high = bench->spans.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (moment_compare(bench->spans.items[middle].interval.start, start) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == bench->spans.count ||
        moment_compare(bench->spans.items[low].interval.start, start) != 0)
        return true;
    return refuse(refusal, 409,
                  "List %s has a row that starts at %" PRId64 ".%" PRId64 ".",
                  bench->list->name, start.run, start.spill);
}

static bool bulk_item(struct edit *edit, struct bulk *bulk, const struct json *item,
                      struct refusal *refusal)
{
    struct workbench *bench = NULL;
    struct ledger_row row;
    struct interval made;
    return bulk_bench(edit, bulk, item, &bench, refusal) &&
           row_of(edit, item, &row, refusal) &&
           start_is_free(bench, row_interval(&row).start, refusal) &&
           workbench_attach(edit, bench, &row, &made, refusal);
}

static int compare_urls(const void *left, const void *right)
{
    const struct ledger_row *const *a = left, *const *b = right;
    return strcmp((*a)->url, (*b)->url);
}

/* What content_agrees sees to, among the new rows themselves. */
static bool urls_agree(const struct bulk *bulk, size_t count, struct refusal *refusal)
{
    const struct ledger_row **rows = mem_new(count, sizeof(struct ledger_row *));
    size_t found = 0;
    bool agree = true;
    for (size_t b = 0; b < bulk->count; b++) {
        const struct workbench *bench = &bulk->benches[b];
        for (size_t i = bench->before; i < bench->count; i++)
            rows[found++] = &bench->contents[i];
    }
    qsort(rows, found, sizeof(struct ledger_row *), compare_urls);
    for (size_t i = 1; i < found && agree; i++) {
        if (strcmp(rows[i - 1]->url, rows[i]->url) == 0 &&
            strcmp(rows[i - 1]->checksum, rows[i]->checksum) != 0)
            agree =
                refuse(refusal, 409, "%.200s is there with two checksums.", rows[i]->url);
    }
    free(rows);
    return agree;
}

bool edit_bulk(struct edit *edit, const struct json *body, struct refusal *refusal)
{
    struct bulk bulk = {0};
    size_t count = json_count(body);
    if (!json_is_array(body))
        return refuse_field(refusal, "non_field_errors", "Expected a list of items.");
    bool done = true;
    for (size_t i = 0; i < count && done; i++) {
        char text[sizeof refusal->text];
        done = bulk_item(edit, &bulk, json_at(body, i), refusal);
        memcpy(text, refusal->text, sizeof text);
        if (!done)
            (void)snprintf(refusal->text, sizeof refusal->text, "Item %zu: %.440s", i + 1,
                           text);
    }
    done = done && urls_agree(&bulk, count, refusal);
    for (size_t i = 0; i < bulk.count; i++) {
        if (done)
            workbench_write(edit, &bulk.benches[i]);
        workbench_close(&bulk.benches[i]);
    }
    edit_say(edit, "%zu rows in bulk into %zu lists", count, bulk.count);
    free(bulk.benches);
    return done;
}

/* ---- deleting ---- */

bool edit_delete_row(struct edit *edit, const char *tag_name, const char *type,
                     struct interval interval, struct refusal *refusal)
{
    struct index_tag *tag = NULL;
    if (!edit_find_tag(edit, tag_name, &tag, refusal) ||
        !edit_is_unlocked(edit, tag, "its rows stay", refusal))
        return false;
    const struct index_list *list = index_tag_list(tag, type);
    size_t at = list ? index_slot_at(list, interval.start, 0) : SIZE_MAX;
    const struct index_row *row = at != SIZE_MAX ? list->slots[at].row : NULL;
    struct interval found = row ? row_interval(&row->record) : (struct interval){0};
    if (!row || moment_compare(found.start, interval.start) != 0 ||
        moment_compare(found.end, interval.end) != 0)
        return refuse(refusal, 404, "Tag %s has no such interval of type %.80s.",
                      tag->record.name, type);
    if (!edit_touch(edit, tag, NULL, refusal))
        return false;
    edit_drop(edit, LEDGER_ROW, row->record.id);
    say_row(edit, "deleted", &row->record, found, list->name);
    return true;
}
