/* conditions_pages.c - the JSON bodies of the HSF API, in the shapes of nopayloaddb.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/conditions_pages.h"

#include <inttypes.h>

static void put_id_name(struct json_writer *writer, uint64_t id, const char *name)
{
    json_put_u64(writer, "id", id);
    json_put_text(writer, "name", name);
}

/* "2018-05-01T12:00:00.000000", UTC as the original writes it. Rows of one change have
 * one time: the last text is worth keeping. */
static void put_time(struct json_writer *writer, const char *key, int64_t time_s)
{
    static _Thread_local char text[64] = "1970-01-01T00:00:00.000000";
    static _Thread_local int64_t said_s;
    struct tm parts;
    time_t time = (time_t)time_s;
    if (time_s != said_s) {
        if (!gmtime_r(&time, &parts))
            parts = (struct tm){.tm_year = 70, .tm_mday = 1};
        (void)strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S.000000", &parts);
        said_s = time_s;
    }
    json_put_text(writer, key, text);
}

static void put_text_or_null(struct json_writer *writer, const char *key,
                             const char *text)
{
    if (text)
        json_put_text(writer, key, text);
    else
        json_put_null(writer, key);
}

static void put_size(struct json_writer *writer, int64_t size)
{
    if (size >= 0)
        json_put_i64(writer, "size", size);
    else
        json_put_null(writer, "size");
}

/* ---- words ---- */

static void put_word(struct json_writer *writer, const struct ledger_word *word)
{
    put_id_name(writer, word->id, word->name);
    put_time(writer, "created", word->created_s);
}

void page_word(struct json_writer *writer, const struct ledger_word *word)
{
    json_open_object(writer, NULL);
    put_word(writer, word);
    json_close_object(writer);
}

void page_words(struct json_writer *writer, const struct index *index,
                enum ledger_kind kind)
{
    json_open_array(writer, NULL);
    for (uint64_t i = 1; i <= index_last(index, kind); i++) {
        const struct ledger_word *word =
            kind == LEDGER_STATUS ? index_status(index, i) : index_type(index, i);
        if (word)
            page_word(writer, word);
    }
    json_close_array(writer);
}

/* ---- tags ---- */

static const char *status_of(const struct index *index, const struct index_tag *tag)
{
    return tag->error[0] ? "unreadable" : index_status(index, tag->record.status)->name;
}

static const char *author_of(const struct index_tag *tag)
{
    return tag->record.author[0] ? tag->record.author : NULL;
}

void page_tag(struct json_writer *writer, const struct index *index,
              const struct index_tag *tag, enum page_tag_form form)
{
    const struct ledger_tag *record = &tag->record;
    json_open_object(writer, NULL);
    put_id_name(writer, record->id, record->name);
    put_text_or_null(writer, "author", author_of(tag));
    if (form == PAGE_TAG_MOVED)
        json_put_u64(writer, "status", record->status);
    else
        json_put_text(writer, "status", status_of(index, tag));
    if (form == PAGE_TAG_LISTED) {
        json_put_u64(writer, "payload_lists_count", tag->count);
        json_put_u64(writer, "payload_iov_count", tag->rows);
    }
    put_time(writer, "created", record->created_s);
    put_time(writer, "updated", record->updated_s);
    json_close_object(writer);
}

void page_tags(struct json_writer *writer, const struct index *index)
{
    json_open_array(writer, NULL);
    for (uint64_t i = 1; i <= index_last(index, LEDGER_TAG); i++) {
        const struct index_tag *tag = index_tag(index, i);
        if (tag)
            page_tag(writer, index, tag, PAGE_TAG_LISTED);
    }
    json_close_array(writer);
}

/* ---- rows ---- */

static void put_interval(struct json_writer *writer, const struct ledger_row *record)
{
    json_put_i64(writer, "major_iov", record->start_major);
    json_put_i64(writer, "minor_iov", record->start_minor);
    json_put_i64(writer, "major_iov_end", record->end_major);
    json_put_i64(writer, "minor_iov_end", record->end_minor);
}

/* major + minor / 10^19 as a text; mostly the minor is 0, which needs no printf. */
static void put_combined(struct json_writer *writer, const struct ledger_row *record)
{
    char combined[48] = "";
    size_t at = sizeof combined - 1 - 20;
    int64_t major = record->start_major;
    if (major < 0 || record->start_minor != 0) {
        at = 0;
        (void)snprintf(combined, sizeof combined, "%" PRId64 ".%019" PRId64, major,
                       record->start_minor);
    } else {
        memcpy(combined + at, ".0000000000000000000", 20);
        do
            combined[--at] = (char)('0' + major % 10);
        while ((major /= 10) > 0);
    }
    json_put_text(writer, "comb_iov", combined + at);
}

void page_row(struct json_writer *writer, const struct index_row *row, bool paged)
{
    const struct ledger_row *record = &row->record;
    const struct index_list *list = row->list;
    json_open_object(writer, NULL);
    json_put_u64(writer, "id", record->id);
    json_put_text(writer, "payload_url", record->url);
    json_put_text(writer, "checksum", record->checksum);
    put_size(writer, record->size);
    put_text_or_null(writer, "extra", record->extra);
    if (!paged)
        put_combined(writer, record);
    put_interval(writer, record);
    put_text_or_null(writer, "payload_list", list ? list->name : NULL);
    if (paged) {
        const struct index_tag *tag = list ? list->tag : NULL;
        put_text_or_null(writer, "global_tag", tag ? tag->record.name : NULL);
        put_text_or_null(writer, "payload_type", list ? list->type->name : NULL);
    }
    put_time(writer, "inserted", record->inserted_s);
    json_close_object(writer);
}

void page_rows(struct json_writer *writer, const struct index *index)
{
    json_open_array(writer, NULL);
    for (uint64_t i = 1; i <= index_last(index, LEDGER_ROW); i++) {
        const struct index_row *row = index_row(index, i);
        if (row)
            page_row(writer, row, false);
    }
    json_close_array(writer);
}

/* ---- lists ---- */

static void put_list_head(struct json_writer *writer, const struct index_list *list)
{
    put_id_name(writer, list->record.id, list->name);
    put_text_or_null(writer, "global_tag", list->tag ? list->tag->record.name : NULL);
    json_put_text(writer, "payload_type", list->type->name);
}

static void put_list_whole(struct json_writer *writer, const struct index_list *list)
{
    json_open_object(writer, NULL);
    put_list_head(writer, list);
    json_open_array(writer, "payload_iov");
    for (size_t i = 0; i < list->count; i++)
        page_row(writer, list->slots[i].row, false);
    json_close_array(writer);
    put_time(writer, "created", list->record.created_s);
    json_close_object(writer);
}

void page_list(struct json_writer *writer, const struct index_list *list,
               enum page_list_form form)
{
    json_open_object(writer, NULL);
    if (form == PAGE_LIST_NUMBERS) {
        put_id_name(writer, list->record.id, list->name);
        if (list->tag)
            json_put_u64(writer, "global_tag", list->record.tag);
        else
            json_put_null(writer, "global_tag");
        json_put_u64(writer, "payload_type", list->record.type);
    } else {
        put_list_head(writer, list);
    }
    if (form == PAGE_LIST_COUNTED)
        json_put_u64(writer, "iov_count", list->count);
    put_time(writer, "created", list->record.created_s);
    json_close_object(writer);
}

void page_lists(struct json_writer *writer, const struct index *index)
{
    json_open_array(writer, NULL);
    for (uint64_t i = 1; i <= index_last(index, LEDGER_LIST); i++) {
        const struct index_list *list = index_list(index, i);
        if (list)
            put_list_whole(writer, list);
    }
    json_close_array(writer);
}

void page_list_names(struct json_writer *writer, const struct index_tag *tag)
{
    json_open_object(writer, NULL);
    for (size_t i = 0; i < tag->count; i++)
        json_put_text(writer, tag->lists[i]->type->name, tag->lists[i]->name);
    json_close_object(writer);
}

/* ---- whole tags ---- */

static void put_status(struct json_writer *writer, const struct ledger_word *status)
{
    json_open_object(writer, "status");
    put_id_name(writer, status->id, status->name);
    json_put_text(writer, "description", "");
    put_time(writer, "created", status->created_s);
    json_close_object(writer);
}

void page_dump(struct json_writer *writer, const struct index *index,
               const struct index_tag *tag)
{
    json_open_object(writer, NULL);
    put_id_name(writer, tag->record.id, tag->record.name);
    put_text_or_null(writer, "author", author_of(tag));
    put_status(writer, index_status(index, tag->record.status));
    json_put_text(writer, "payloads", PAGE_PAYLOADS); /* spares a question */
    json_open_array(writer, "payload_lists");
    for (size_t i = 0; i < tag->count; i++)
        put_list_whole(writer, tag->lists[i]);
    json_close_array(writer);
    put_time(writer, "created", tag->record.created_s);
    put_time(writer, "updated", tag->record.updated_s);
    json_close_object(writer);
}

void page_dumps(struct json_writer *writer, const struct index *index)
{
    json_open_array(writer, NULL);
    for (uint64_t i = 1; i <= index_last(index, LEDGER_TAG); i++) {
        const struct index_tag *tag = index_tag(index, i);
        if (tag && !tag->error[0])
            page_dump(writer, index, tag);
    }
    json_close_array(writer);
}

/* ---- a moment ---- */

static void put_moment_object(struct json_writer *writer, const struct index_row *row)
{
    json_open_object(writer, NULL);
    json_put_text(writer, "payload_type_name", row->list->type->name);
    json_put_text(writer, "payload_url", row->record.url);
    json_put_text(writer, "checksum", row->record.checksum);
    put_size(writer, row->record.size);
    put_interval(writer, &row->record);
    put_text_or_null(writer, "revision", row->record.extra);
    json_close_object(writer);
}

void page_moment(struct json_writer *writer, const struct index_tag *tag,
                 struct moment moment)
{
    size_t at = 0;
    json_open_array(writer, NULL);
    for (size_t i = 0; tag && i < tag->count; i++) {
        at = index_slot_at(tag->lists[i], moment, at);
        if (at != SIZE_MAX)
            put_moment_object(writer, tag->lists[i]->slots[at].row);
    }
    json_close_array(writer);
}
