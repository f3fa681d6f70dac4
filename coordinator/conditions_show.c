/* conditions_show.c - what a source of conditions says, for people and scripts.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/conditions_show.h"

#include <inttypes.h>

#include "base/json.h"
#include "base/text.h"
#include "conditions/effective.h"
#include "conditions/payload.h"
#include "coordinator/payload_list.h"

const char *show_moment(struct moment moment, char out[48])
{
    if (moment_compare(moment, MOMENT_OPEN) == 0)
        return "open";
    (void)snprintf(out, 48, "%" PRId64 ".%" PRId64, moment.run, moment.spill);
    return out;
}

void show_interval(struct json_writer *writer, const struct interval *interval)
{
    json_put_i64(writer, "first_run", interval->start.run);
    json_put_i64(writer, "first_spill", interval->start.spill);
    json_put_i64(writer, "end_run", interval->end.run);
    json_put_i64(writer, "end_spill", interval->end.spill);
}

bool show_types(const struct show *show, struct err *err)
{
    return show->json ? payload_list_json(show->out, err)
                      : payload_list_text(show->out, err);
}

/* ---- tags ---- */

struct tag_list {
    const struct show *show;
    struct json_writer writer;
};

static bool list_tag(void *user, const struct tag_listing *listing, struct err *err)
{
    struct tag_list *list = user;
    if (!list->show->json)
        return text_addf(list->show->out, err, "%-40s %-10s %8" PRId64 " rows\n",
                         listing->name, tag_status_name(listing->status), listing->rows);
    json_open_object(&list->writer, NULL);
    json_put_text(&list->writer, "name", listing->name);
    json_put_text(&list->writer, "status", tag_status_name(listing->status));
    if (listing->rows >= 0)
        json_put_i64(&list->writer, "rows", listing->rows);
    else
        json_put_null(&list->writer, "rows");
    json_close_object(&list->writer);
    return true;
}

bool show_tags(const struct show *show, struct source *source, struct err *err)
{
    struct tag_list list = {.show = show};
    json_begin(&list.writer, show->out);
    if (show->json)
        json_open_array(&list.writer, NULL);
    if (!source_list_tags(source, list_tag, &list, err))
        return false;
    if (show->json)
        json_close_array(&list.writer);
    return json_end(&list.writer, err);
}

/* ---- one tag ---- */

static bool row_line(struct bytes *out, const struct tag_row *row, struct err *err)
{
    char start[48], end[48], size[24] = "-";
    if (row->size >= 0)
        (void)snprintf(size, sizeof size, "%" PRId64, row->size);
    return text_addf(out, err, "%-16s %12s %12s %10s %s %s\n", row->type,
                     show_moment(row->interval.start, start),
                     show_moment(row->interval.end, end), size, row->checksum, row->url);
}

static void row_json(struct json_writer *writer, const struct tag_row *row)
{
    json_put_text(writer, "type", row->type);
    show_interval(writer, &row->interval);
    if (row->size >= 0)
        json_put_i64(writer, "size", row->size);
    else
        json_put_null(writer, "size");
    json_put_text(writer, "checksum", row->checksum);
    json_put_text(writer, "payload_url", row->url);
}

static bool tag_lines(const struct show *show, const struct tag *tag, struct err *err)
{
    if (!text_addf(show->out, err, "tag %s, %s\n", tag->name,
                   tag_status_name(tag->status)))
        return false;
    for (size_t i = 0; i < tag->count; i++) {
        if (!row_line(show->out, &tag->rows[i], err))
            return false;
    }
    return true;
}

static bool tag_json(const struct show *show, const struct tag *tag, struct err *err)
{
    struct json_writer writer;
    json_begin(&writer, show->out);
    json_open_object(&writer, NULL);
    json_put_text(&writer, "name", tag->name);
    json_put_text(&writer, "status", tag_status_name(tag->status));
    json_open_array(&writer, "rows");
    for (size_t i = 0; i < tag->count; i++) {
        json_open_object(&writer, NULL);
        row_json(&writer, &tag->rows[i]);
        json_close_object(&writer);
    }
    json_close_array(&writer);
    json_close_object(&writer);
    return json_end(&writer, err);
}

bool show_tag(const struct show *show, struct source *source, const char *name,
              struct err *err)
{
    struct arena arena;
    struct tag tag;
    arena_init(&arena, TAG_MEMORY);
    bool done = source_read_tag(source, name, &arena, &tag, err) &&
                (show->json ? tag_json(show, &tag, err) : tag_lines(show, &tag, err));
    arena_release(&arena);
    return done;
}

/* ---- one moment ---- */

/* The value of one row, or why there is none. */
struct row_value {
    const struct tag_row *row;
    struct effective value;
    bool found;
    struct err problem;
};

static bool spill_value(const struct payload_type *type, const struct bytes *bytes,
                        struct moment moment, struct row_value *out, struct err *err)
{
    struct spill_table *table = NULL;
    struct bytes row;
    struct effective_request request = {.run = (uint32_t)moment.run,
                                        .spill = (uint32_t)moment.spill};
    if (!spill_table_new(type, bytes, out->row->url, &table, err))
        return false;
    bytes_init(&row, EFFECTIVE_ROW);
    out->found = effective_of_spill(table, &request, &row, &out->value, &out->problem);
    bytes_release(&row);
    spill_table_free(table);
    if (out->found || out->problem.code == E_EFFECTIVE)
        return true;
    *err = out->problem;
    return false;
}

static bool row_value(struct source *source, struct moment moment, struct row_value *out,
                      struct err *err)
{
    const struct payload_type *type = payload_type_find(out->row->type);
    struct bytes bytes;
    bytes_init(&bytes, PAYLOAD_LIMIT);
    bool done = source_read_payload(source, out->row, &bytes, err);
    if (done && type && effective_needs_bytes(type)) {
        done = spill_value(type, &bytes, moment, out, err);
    } else if (done) {
        out->value.value = sha256_of(bytes.data, bytes.size);
        out->found = true;
    }
    bytes_release(&bytes);
    return done;
}

static bool value_line(struct bytes *out, const struct row_value *value, struct err *err)
{
    char hex[SHA256_HEX];
    if (!value->found)
        return text_addf(out, err, "%-16s %-12s %s\n", value->row->type, "no value",
                         value->problem.text);
    sha256_to_hex(&value->value.value, hex);
    return text_addf(out, err, "%-16s %-12s %s %s\n", value->row->type,
                     fallback_name(value->value.level), hex, value->row->url);
}

static void value_json(struct json_writer *writer, const struct row_value *value)
{
    char hex[SHA256_HEX];
    sha256_to_hex(&value->value.value, hex);
    json_open_object(writer, NULL);
    row_json(writer, value->row);
    json_put_text(writer, "level",
                  value->found ? fallback_name(value->value.level) : "no value");
    if (value->found)
        json_put_text(writer, "value", hex);
    else
        json_put_null(writer, "value");
    json_close_object(writer);
}

static bool show_values(const struct show *show, struct source *source,
                        const struct tag *tag, struct moment moment, struct err *err)
{
    struct json_writer writer;
    json_begin(&writer, show->out);
    if (show->json)
        json_open_array(&writer, NULL);
    for (size_t i = 0; i < tag->count; i++) {
        struct row_value value = {.row = &tag->rows[i]};
        if (!row_value(source, moment, &value, err))
            return false;
        if (show->json)
            value_json(&writer, &value);
        else if (!value_line(show->out, &value, err))
            return false;
    }
    if (show->json)
        json_close_array(&writer);
    return json_end(&writer, err);
}

bool show_at(const struct show *show, struct source *source, const char *name,
             struct moment moment, struct err *err)
{
    struct arena arena;
    struct tag tag;
    arena_init(&arena, TAG_MEMORY);
    bool done = source_read_moment(source, name, moment, &arena, &tag, err) &&
                show_values(show, source, &tag, moment, err);
    if (done && tag.count == 0)
        done = err_set(err, E_CONDITIONS_GAP,
                       "tag %s: nothing is valid for run %" PRId64 " spill %" PRId64,
                       name, moment.run, moment.spill);
    arena_release(&arena);
    return done;
}
