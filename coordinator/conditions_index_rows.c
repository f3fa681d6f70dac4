/* conditions_index_rows.c - rows, their places in lists, and what is said about them.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <search.h>

#include "base/json.h"
#include "base/text.h"
#include "coordinator/conditions_index_internal.h"

/* Nine members of a row as JSON: texts of 255 bytes, escaped six times as long. */
#define ROW_TEXT ((size_t)8192)

/* What all rows with one URL have in common. */
struct url_node {
    const char *url; /* of one of them; of `kept` */
    const char *checksum;
    size_t count;
    char *kept;
};

/* ---- URLs ---- */

static int compare_urls(const void *left, const void *right)
{
    const struct url_node *a = left, *b = right;
    return strcmp(a->url, b->url);
}

static struct url_node *url_find(const struct index *index, const char *url)
{
    struct url_node wanted = {.url = url};
    void *const *node = tfind(&wanted, &index->urls, compare_urls);
    return node ? *node : NULL;
}

static void url_add(struct index *index, const struct ledger_row *row)
{
    struct url_node *node = url_find(index, row->url);
    if (node) {
        node->count++;
        return;
    }
    size_t url = strlen(row->url) + 1, checksum = strlen(row->checksum) + 1;
    node = mem_new(1, sizeof *node);
    node->kept = mem_new(1, url + checksum);
    memcpy(node->kept, row->url, url);
    memcpy(node->kept + url, row->checksum, checksum);
    node->url = node->kept;
    node->checksum = node->kept + url;
    node->count = 1;
    if (!tsearch(node, &index->urls, compare_urls))
        mem_exhausted("a node of a tree");
}

static void url_drop(struct index *index, const char *url)
{
    struct url_node *node = url_find(index, url);
    bug_if(!node);
    if (--node->count > 0)
        return;
    (void)tdelete(node, &index->urls, compare_urls);
    free(node->kept);
    free(node);
}

const char *index_url_checksum(const struct index *index, const char *url)
{
    const struct url_node *node = url_find(index, url);
    return node ? node->checksum : NULL;
}

/* ---- what the point query says ---- */

static void row_say(struct index_row *row)
{
    const struct ledger_row *record = &row->record;
    struct json_writer writer;
    struct bytes out;
    struct err err;
    bytes_init(&out, ROW_TEXT);
    json_begin(&writer, &out);
    json_open_array(&writer, NULL);
    json_put_text(&writer, NULL, row->list->type->name);
    json_put_text(&writer, NULL, record->url);
    json_put_text(&writer, NULL, record->checksum);
    if (record->size >= 0)
        json_put_i64(&writer, NULL, record->size);
    else
        json_put_null(&writer, NULL);
    json_put_i64(&writer, NULL, record->start_major);
    json_put_i64(&writer, NULL, record->start_minor);
    json_put_i64(&writer, NULL, record->end_major);
    json_put_i64(&writer, NULL, record->end_minor);
    if (record->extra)
        json_put_text(&writer, NULL, record->extra);
    else
        json_put_null(&writer, NULL);
    json_close_array(&writer);
    bug_if(!json_end(&writer, &err)); /* ROW_TEXT is enough */
    free(row->text);
    row->text = mem_new(1, out.size);
    memcpy(row->text, out.data, out.size);
    row->text_size = out.size;
    bytes_release(&out);
}

/* ---- places ---- */

/* Index of the first slot that starts at the moment or later. */
static size_t slot_place(const struct index_list *list, struct moment moment)
{
    size_t low = 0, high = list->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (moment_compare(list->slots[middle].start, moment) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Slot `at` starts at or before the moment, the one behind it does not. */
static bool is_at(const struct index_list *list, struct moment moment, size_t at)
{
    return moment_compare(list->slots[at].start, moment) <= 0 &&
           (at + 1 == list->count ||
            moment_compare(list->slots[at + 1].start, moment) > 0);
}

size_t index_slot_at(const struct index_list *list, struct moment moment, size_t guess)
{
    if (guess < list->count && is_at(list, moment, guess))
        return guess;
    size_t place = slot_place(list, moment);
    bool exact =
        place < list->count && moment_compare(list->slots[place].start, moment) == 0;
    if (exact)
        return place;
    return place > 0 ? place - 1 : SIZE_MAX;
}

void index_row_detach(struct index_row *row)
{
    struct index_list *list = row->list;
    if (!list)
        return;
    struct moment start = {row->record.start_major, row->record.start_minor};
    size_t place = slot_place(list, start);
    bug_if(place >= list->count || list->slots[place].row != row);
    list->count--;
    memmove(&list->slots[place], &list->slots[place + 1],
            (list->count - place) * sizeof *list->slots);
    if (list->tag)
        list->tag->rows--;
    row->list = NULL;
}

static bool row_attach(struct index_row *row, struct index_list *list, struct err *err)
{
    struct moment start = {row->record.start_major, row->record.start_minor};
    size_t place = slot_place(list, start);
    if (place < list->count && moment_compare(list->slots[place].start, start) == 0)
        return err_set(err, E_CATALOG_LINK,
                       "list %s has two rows that start at %" PRId64 ".%" PRId64,
                       list->name, start.run, start.spill);
    if (list->count == list->capacity) {
        list->capacity = 2 * list->capacity + 8;
        list->slots = mem_grow(list->slots, list->capacity, sizeof *list->slots);
    }
    memmove(&list->slots[place + 1], &list->slots[place],
            (list->count - place) * sizeof *list->slots);
    row->list = list;
    row_say(row);
    list->slots[place] = (struct index_slot){start, row->text, row->text_size, row};
    list->count++;
    if (list->tag)
        list->tag->rows++;
    return true;
}

/* ---- rows ---- */

/* Copies a text to *place, moves *place behind it. */
static const char *keep_text(char **place, const char *text)
{
    if (!text)
        return NULL;
    size_t size = strlen(text) + 1;
    char *kept = *place;
    memcpy(kept, text, size);
    *place += size;
    return kept;
}

static struct index_row *row_new(const struct ledger_row *record)
{
    size_t size = strlen(record->url) + strlen(record->checksum) + 2 +
                  (record->extra ? strlen(record->extra) + 1 : 0);
    struct index_row *row = mem_new(1, sizeof *row + size);
    char *place = (char *)(row + 1);
    row->record = *record;
    row->record.url = keep_text(&place, record->url);
    row->record.checksum = keep_text(&place, record->checksum);
    row->record.extra = keep_text(&place, record->extra);
    return row;
}

bool index_row_put(struct index *index, const struct ledger_row *record, struct err *err)
{
    struct index_list *list = index_list(index, record->list);
    if (record->list != 0 && !list)
        return err_set(err, E_CATALOG_LINK,
                       "row %" PRIu64 " is in a list that is not there", record->id);
    struct index_row *old = index_row(index, record->id);
    struct index_row *row = row_new(record);
    url_add(index, &row->record);
    if (old)
        index_row_drop(index, old);
    numbered_set(&index->kinds[LEDGER_ROW], row->record.id, row);
    return !list || row_attach(row, list, err);
}

void index_row_drop(struct index *index, struct index_row *row)
{
    index_row_detach(row);
    numbered_set(&index->kinds[LEDGER_ROW], row->record.id, NULL);
    url_drop(index, row->record.url);
    row->next = index->gone;
    index->gone = row;
}

void index_rows_bury(struct index *index)
{
    while (index->gone) {
        struct index_row *row = index->gone;
        index->gone = row->next;
        free(row->text);
        free(row);
    }
}
