/* conditions_pages.c - the JSON bodies of the read API, in the shapes of nopayloaddb.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/conditions_pages.h"

#include <inttypes.h>

/* A folder of files has no history of rows; clients read these members and ignore them.
 */
#define PAGE_TIME "1970-01-01T00:00:00.000000"

#define PAGE_LIST_NAME (TAG_NAME + 16)

static int64_t status_id(enum tag_status status)
{
    return (int64_t)status + 1;
}

static const char *list_type(const struct library_tag *tag,
                             const struct library_list *list)
{
    return tag->tag.rows[list->first].type;
}

/* "<type>_<id>", as the service names its lists. */
static void list_name(const struct library_tag *tag, const struct library_list *list,
                      char out[PAGE_LIST_NAME])
{
    (void)snprintf(out, PAGE_LIST_NAME, "%.80s_%" PRIu32, list_type(tag, list), list->id);
}

static const char *status_of(const struct library_tag *tag)
{
    return tag->error[0] ? "unreadable" : tag_status_name(tag->tag.status);
}

static void put_id_name(struct json_writer *writer, int64_t id, const char *name)
{
    json_put_i64(writer, "id", id);
    json_put_text(writer, "name", name);
}

void page_statuses(struct json_writer *writer)
{
    json_open_array(writer, NULL);
    for (int i = TAG_UNLOCKED; i <= TAG_FROZEN; i++) {
        json_open_object(writer, NULL);
        put_id_name(writer, status_id((enum tag_status)i),
                    tag_status_name((enum tag_status)i));
        json_put_text(writer, "created", PAGE_TIME);
        json_close_object(writer);
    }
    json_close_array(writer);
}

void page_tag_row(struct json_writer *writer, const struct library_tag *tag)
{
    json_open_object(writer, NULL);
    put_id_name(writer, tag->id, tag->name);
    json_put_null(writer, "author");
    json_put_text(writer, "status", status_of(tag));
    json_put_u64(writer, "payload_lists_count", tag->list_count);
    json_put_u64(writer, "payload_iov_count", tag->tag.count);
    json_put_text(writer, "created", PAGE_TIME);
    json_put_text(writer, "updated", PAGE_TIME);
    json_close_object(writer);
}

void page_tag_rows(struct json_writer *writer, const struct library *library)
{
    json_open_array(writer, NULL);
    for (size_t i = 0; i < library_count(library); i++)
        page_tag_row(writer, library_at(library, i));
    json_close_array(writer);
}

/* The four ends under their names. */
static void put_ends(struct json_writer *writer, const struct interval *interval)
{
    json_put_i64(writer, "major_iov", interval->start.run);
    json_put_i64(writer, "minor_iov", interval->start.spill);
    json_put_i64(writer, "major_iov_end", interval->end.run);
    json_put_i64(writer, "minor_iov_end", interval->end.spill);
}

static void put_size(struct json_writer *writer, const char *key, int64_t size)
{
    if (size >= 0)
        json_put_i64(writer, key, size);
    else
        json_put_null(writer, key);
}

static void put_row(struct json_writer *writer, const struct tag_row *row, uint64_t id,
                    const char *list)
{
    char combined[48]; /* run + spill / 10^19, as a text */
    (void)snprintf(combined, sizeof combined, "%" PRId64 ".%019" PRId64,
                   row->interval.start.run, row->interval.start.spill);
    json_open_object(writer, NULL);
    json_put_u64(writer, "id", id);
    json_put_text(writer, "payload_url", row->url);
    json_put_text(writer, "checksum", row->checksum);
    put_size(writer, "size", row->size);
    json_put_text(writer, "comb_iov", combined);
    put_ends(writer, &row->interval);
    json_put_text(writer, "payload_list", list);
    json_put_text(writer, "inserted", PAGE_TIME);
    json_close_object(writer);
}

static void put_list_rows(struct json_writer *writer, const struct library_tag *tag,
                          const struct library_list *list)
{
    char name[PAGE_LIST_NAME];
    list_name(tag, list, name);
    for (size_t i = 0; i < list->count; i++)
        put_row(writer, &tag->tag.rows[list->first + i],
                tag->first_row_id + list->first + i, name);
}

static void put_list_head(struct json_writer *writer, const struct library_tag *tag,
                          const struct library_list *list)
{
    char name[PAGE_LIST_NAME];
    list_name(tag, list, name);
    put_id_name(writer, list->id, name);
    json_put_text(writer, "global_tag", tag->name);
    json_put_text(writer, "payload_type", list_type(tag, list));
    json_put_text(writer, "created", PAGE_TIME);
}

void page_dump(struct json_writer *writer, const struct library_tag *tag)
{
    json_open_object(writer, NULL);
    put_id_name(writer, tag->id, tag->name);
    json_put_null(writer, "author");
    json_open_object(writer, "status");
    put_id_name(writer, status_id(tag->tag.status), status_of(tag));
    json_put_text(writer, "description", "");
    json_put_text(writer, "created", PAGE_TIME);
    json_close_object(writer);
    json_open_array(writer, "payload_lists");
    for (size_t i = 0; i < tag->list_count; i++) {
        json_open_object(writer, NULL);
        put_list_head(writer, tag, &tag->lists[i]);
        json_open_array(writer, "payload_iov");
        put_list_rows(writer, tag, &tag->lists[i]);
        json_close_array(writer);
        json_close_object(writer);
    }
    json_close_array(writer);
    json_put_text(writer, "created", PAGE_TIME);
    json_put_text(writer, "updated", PAGE_TIME);
    json_close_object(writer);
}

void page_dumps(struct json_writer *writer, const struct library *library)
{
    json_open_array(writer, NULL);
    for (size_t i = 0; i < library_count(library); i++)
        page_dump(writer, library_at(library, i));
    json_close_array(writer);
}

void page_list_names(struct json_writer *writer, const struct library_tag *tag)
{
    char name[PAGE_LIST_NAME];
    json_open_object(writer, NULL);
    for (size_t i = 0; i < tag->list_count; i++) {
        list_name(tag, &tag->lists[i], name);
        json_put_text(writer, list_type(tag, &tag->lists[i]), name);
    }
    json_close_object(writer);
}

/* Whether a tag before this one has the type as well. */
static bool type_is_known(const struct library *library, size_t before, const char *type)
{
    for (size_t i = 0; i < before; i++) {
        const struct library_tag *tag = library_at(library, i);
        for (size_t l = 0; l < tag->list_count; l++) {
            if (strcmp(list_type(tag, &tag->lists[l]), type) == 0)
                return true;
        }
    }
    return false;
}

void page_types(struct json_writer *writer, const struct library *library)
{
    int64_t id = 1;
    json_open_array(writer, NULL);
    for (size_t i = 0; i < library_count(library); i++) {
        const struct library_tag *tag = library_at(library, i);
        for (size_t l = 0; l < tag->list_count; l++) {
            const char *type = list_type(tag, &tag->lists[l]);
            if (type_is_known(library, i, type))
                continue;
            json_open_object(writer, NULL);
            put_id_name(writer, id++, type);
            json_put_text(writer, "created", PAGE_TIME);
            json_close_object(writer);
        }
    }
    json_close_array(writer);
}

void page_lists(struct json_writer *writer, const struct library *library)
{
    json_open_array(writer, NULL);
    for (size_t i = 0; i < library_count(library); i++) {
        const struct library_tag *tag = library_at(library, i);
        for (size_t l = 0; l < tag->list_count; l++) {
            json_open_object(writer, NULL);
            put_list_head(writer, tag, &tag->lists[l]);
            json_close_object(writer);
        }
    }
    json_close_array(writer);
}

void page_rows(struct json_writer *writer, const struct library *library)
{
    json_open_array(writer, NULL);
    for (size_t i = 0; i < library_count(library); i++) {
        const struct library_tag *tag = library_at(library, i);
        for (size_t l = 0; l < tag->list_count; l++)
            put_list_rows(writer, tag, &tag->lists[l]);
    }
    json_close_array(writer);
}

static void put_moment_object(struct json_writer *writer, const struct tag_row *row)
{
    json_open_object(writer, NULL);
    json_put_text(writer, "payload_type_name", row->type);
    json_put_text(writer, "payload_url", row->url);
    json_put_text(writer, "checksum", row->checksum);
    put_size(writer, "size", row->size);
    put_ends(writer, &row->interval);
    json_put_null(writer, "revision");
    json_close_object(writer);
}

static void put_moment_array(struct json_writer *writer, const struct tag_row *row)
{
    json_open_array(writer, NULL);
    json_put_text(writer, NULL, row->type);
    json_put_text(writer, NULL, row->url);
    json_put_text(writer, NULL, row->checksum);
    put_size(writer, NULL, row->size);
    json_put_i64(writer, NULL, row->interval.start.run);
    json_put_i64(writer, NULL, row->interval.start.spill);
    json_put_i64(writer, NULL, row->interval.end.run);
    json_put_i64(writer, NULL, row->interval.end.spill);
    json_put_null(writer, NULL);
    json_close_array(writer);
}

void page_moment(struct json_writer *writer, const struct library_tag *tag,
                 struct moment moment, bool as_objects)
{
    json_open_array(writer, NULL);
    for (size_t i = 0; tag && i < tag->list_count; i++) {
        const struct tag_row *row = library_row_at(tag, &tag->lists[i], moment);
        if (row && as_objects)
            put_moment_object(writer, row);
        else if (row)
            put_moment_array(writer, row);
    }
    json_close_array(writer);
}
