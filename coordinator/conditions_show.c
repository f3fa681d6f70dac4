/* conditions_show.c - what a source of conditions says, for people and scripts.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/conditions_show.h"

#include <inttypes.h>

#include "base/json.h"
#include "base/text.h"
#include "conditions/coverage.h"
#include "conditions/effective.h"
#include "conditions/resolve.h"
#include "coordinator/payload_list.h"

#define SHOW_TYPES 64 /* wanted types of a check */

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

/* ---- check ---- */

/* The list "a,b,c" in place, or the types of the manifest. */
struct type_names {
    char text[SHOW_TYPES * TYPE_NAME];
    const char *names[SHOW_TYPES];
    size_t count;
};

static bool names_add(struct type_names *names, const char *name, struct err *err)
{
    if (names->count == SHOW_TYPES)
        return err_set(err, E_USAGE, "more than %d payload types", SHOW_TYPES);
    names->names[names->count++] = name;
    return true;
}

static bool names_of_list(struct type_names *names, const char *list, struct err *err)
{
    if (!text_copy(names->text, sizeof names->text, list, err))
        return false;
    for (char *at = names->text; at;) {
        char *comma = strchr(at, ',');
        if (comma)
            *comma++ = '\0';
        if (!payload_type_find(at))
            return err_set(err, E_PAYLOAD_TYPE,
                           "'%.40s' is no payload type of this release", at);
        if (!names_add(names, at, err))
            return false;
        at = comma;
    }
    return true;
}

static bool names_of_manifest(struct type_names *names, const struct manifest *manifest,
                              struct err *err)
{
    for (size_t i = 0; i < manifest->count; i++) {
        const char *type = manifest->entries[i].type;
        bool again =
            names->count > 0 && strcmp(names->names[names->count - 1], type) == 0;
        if (!again && !names_add(names, type, err))
            return false;
    }
    return true;
}

static bool check_gaps(const struct manifest *manifest, const struct type_names *names,
                       struct bytes *report, size_t *gaps, struct err *err)
{
    uint32_t count = manifest->last_run - manifest->first_run + 1;
    struct coverage_run *runs = mem_new(count, sizeof *runs);
    for (uint32_t i = 0; i < count; i++)
        runs[i] = (struct coverage_run){manifest->first_run + i, 0, UINT32_MAX};
    struct coverage wanted = {names->names, names->count, runs, count};
    bool done = coverage_report(manifest, &wanted, report, gaps, err);
    free(runs);
    return done;
}

static void check_json(struct json_writer *writer, const struct manifest *manifest,
                       const char *hash, char *report)
{
    json_open_object(writer, NULL);
    json_put_text(writer, "manifest", hash);
    json_put_u64(writer, "intervals", manifest->count);
    json_open_array(writer, "gaps");
    for (char *at = report; *at;) {
        char *stop = strchr(at, '\n');
        *stop = '\0';
        json_put_text(writer, NULL, at);
        at = stop + 1;
    }
    json_close_array(writer);
    json_close_object(writer);
}

static bool report_check(const struct show *show, const struct manifest *manifest,
                         struct bytes *report, struct err *err)
{
    struct sha256 hash;
    char hex[SHA256_HEX];
    struct json_writer writer;
    uint8_t *end = NULL;
    if (!manifest_hash(manifest, &hash, err) || !bytes_reserve(report, 1, &end, err))
        return false;
    *end = '\0';
    sha256_to_hex(&hash, hex);
    json_begin(&writer, show->out);
    if (show->json) {
        check_json(&writer, manifest, hex, (char *)report->data);
        return json_end(&writer, err);
    }
    return text_addf(show->out, err, "manifest %s, %zu intervals\n%s", hex,
                     manifest->count, (const char *)report->data);
}

static bool check_manifest(const struct show *show, const struct show_check *check,
                           const struct manifest *manifest, struct type_names *names,
                           struct err *err)
{
    struct bytes report;
    size_t gaps = 0;
    bytes_init(&report, MANIFEST_TEXT);
    bool done = (check->types || names_of_manifest(names, manifest, err)) &&
                check_gaps(manifest, names, &report, &gaps, err) &&
                report_check(show, manifest, &report, err);
    if (done && gaps > 0)
        done = err_set(err, E_CONDITIONS_GAP, "tag %s: %zu gaps in runs %u - %u",
                       check->tag, gaps, manifest->first_run, manifest->last_run);
    bytes_release(&report);
    return done;
}

bool show_check(const struct show *show, struct source *source,
                const struct show_check *check, struct err *err)
{
    struct type_names names = {.count = 0};
    struct manifest manifest;
    enum tag_status status = TAG_OTHER;
    if (check->types && !names_of_list(&names, check->types, err))
        return false;
    struct resolve_request request = {.tag = check->tag,
                                      .first_run = check->first_run,
                                      .last_run = check->last_run,
                                      .types = check->types ? names.names : NULL,
                                      .type_count = names.count};
    if (!resolve_tag(source, &request, &manifest, &status, err))
        return false;
    bool done = check_manifest(show, check, &manifest, &names, err);
    manifest_release(&manifest);
    return done;
}
