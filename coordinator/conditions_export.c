/* conditions_export.c - spillway conditions export: a tag -> files that people edit.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/disk.h"
#include "base/text.h"
#include "conditions/csv.h"
#include "conditions/source.h"
#include "coordinator/conditions_import.h"

#define CSV_LIMIT (2 * PAYLOAD_LIMIT)

struct options {
    const char *source, *to, *runs, *types;
    uint64_t patience_s;
};

struct exporting {
    const struct options *options;
    const struct area *area;
    struct source *source;
    struct interval window;
    size_t count, rewritten;
    struct bytes report;
};

/* ---- one payload ---- */

static bool file_write(const struct exporting *export, const char *name,
                       const struct bytes *text, struct err *err)
{
    char path[PATH_MAX];
    int written = snprintf(path, sizeof path, "%s/%s", export->options->to, name);
    if (written < 0 || written >= (int)sizeof path)
        return err_set(err, E_LIMIT, "%s: the path is too long", name);
    return disk_write_durable(path, text->data, text->size, 0644, err);
}

/* All lines of comments, whatever their place. */
static bool notes_of(const struct bytes *text, struct bytes *notes, struct err *err)
{
    bool done = true;
    for (size_t at = 0; done && at < text->size;) {
        const uint8_t *line = text->data + at;
        const uint8_t *stop = memchr(line, '\n', text->size - at);
        size_t size = stop ? (size_t)(stop - line) + 1 : text->size - at;
        if (line[0] == '#')
            done = bytes_append(notes, line, size, err);
        at += size;
    }
    return done;
}

/* Whether importing gives these bytes again; a text that was not written by an import may
 * be in another order or form. */
static bool comes_back(const struct bytes *csv, const struct bytes *text, bool *same,
                       struct err *err)
{
    struct bytes copy, again;
    struct sheet *sheet;
    struct interval part;
    sheet_new("export", &sheet);
    bytes_init(&copy, CSV_LIMIT);
    bytes_init(&again, CSV_LIMIT);
    bool done = bytes_append(&copy, csv->data, csv->size, err) &&
                csv_read((char *)copy.data, copy.size, sheet, err) &&
                sheet_next(sheet, &again, &part, err) == LOOKUP_FOUND;
    if (done)
        *same =
            again.size == text->size && memcmp(again.data, text->data, text->size) == 0;
    bytes_release(&again);
    bytes_release(&copy);
    sheet_free(sheet);
    return done;
}

static bool table_export(struct exporting *export, const struct payload_type *type,
                         const struct tag_row *row, const struct bytes *text,
                         const char *name, struct err *err)
{
    char file[128];
    struct arena arena;
    struct table table;
    struct bytes notes, csv;
    bool same = true;
    arena_init(&arena, TABLE_MEMORY);
    bytes_init(&notes, PAYLOAD_LIMIT);
    bytes_init(&csv, CSV_LIMIT);
    (void)snprintf(file, sizeof file, "%s.csv", name);
    bool done = payload_read(type, text, row->url, &arena, &table, err) &&
                notes_of(text, &notes, err) &&
                csv_write(type, &table, &notes, &row->interval, &csv, err) &&
                comes_back(&csv, text, &same, err) && file_write(export, file, &csv, err);
    if (done && !same) {
        export->rewritten++;
        done =
            text_addf(&export->report, err,
                      "%s: %s is not written as an import writes it: imported again it "
                      "has another hash\n",
                      file, row->url);
    }
    bytes_release(&csv);
    bytes_release(&notes);
    arena_release(&arena);
    return done;
}

/* The bytes as they are, and a YAML file that says type and runs. */
static bool blob_export(struct exporting *export, const struct tag_row *row,
                        const struct bytes *text, const char *name, struct err *err)
{
    char file[128];
    struct bytes yaml;
    bytes_init(&yaml, 4096);
    (void)snprintf(file, sizeof file, "%s.payload", name);
    bool done = text_addf(&yaml, err, "type: %s\nfile: %s\nruns: ", row->type, file) &&
                validity_write_runs(&row->interval, &yaml, err) &&
                text_add(&yaml, "\n", err) && file_write(export, file, text, err);
    (void)snprintf(file, sizeof file, "%s.yaml", name);
    done = done && file_write(export, file, &yaml, err);
    bytes_release(&yaml);
    return done;
}

static bool row_export(struct exporting *export, const struct tag_row *row,
                       struct err *err)
{
    const struct payload_type *type = payload_type_find(row->type);
    char name[96];
    struct bytes text;
    if (!type)
        return text_addf(&export->report, err, "%s: no type of this release, left out\n",
                         row->type);
    (void)snprintf(name, sizeof name, "%s_%" PRId64 ".%" PRId64, row->type,
                   row->interval.start.run, row->interval.start.spill);
    bytes_init(&text, PAYLOAD_LIMIT);
    bool done =
        source_read_payload(export->source, row, &text, err) &&
        (type->kind == PAYLOAD_BLOB ? blob_export(export, row, &text, name, err)
                                    : table_export(export, type, row, &text, name, err));
    bytes_release(&text);
    export->count += done;
    return done;
}

/* ---- tag ---- */

static bool is_wanted(const char *list, const char *type)
{
    size_t length = strlen(type);
    for (const char *at = list; at && *at;) {
        size_t size = strcspn(at, ",");
        if (size == length && memcmp(at, type, size) == 0)
            return true;
        at += size + (at[size] == ',');
    }
    return !list;
}

static bool tag_export(struct exporting *export, const char *name, struct err *err)
{
    struct arena arena;
    struct tag tag;
    arena_init(&arena, TAG_MEMORY);
    bool done = source_read_tag(export->source, name, &arena, &tag, err) &&
                disk_make_path(export->options->to, err);
    for (size_t i = 0; done && i < tag.count; i++) {
        struct tag_row row = tag.rows[i];
        const struct tag_row *next = i + 1 < tag.count ? &tag.rows[i + 1] : NULL;
        if (next && strcmp(next->type, row.type) == 0 &&
            moment_compare(next->interval.start, row.interval.end) < 0)
            row.interval.end = next->interval.start;
        if (is_wanted(export->options->types, row.type) &&
            !interval_is_empty(interval_common(row.interval, export->window)))
            done = row_export(export, &row, err);
    }
    arena_release(&arena);
    return done;
}

static bool export_run(struct exporting *export, const char *tag, struct err *err)
{
    const struct options *options = export->options;
    struct source_options source = {
        .url = options->source,
        .transfer = transfer_options_patient(clock_random_token(),
                                             (uint32_t)options->patience_s)};
    source.transfer.bearer = &export->area->bearer;
    source.transfer.authorities = export->area->authorities;
    if (!options->source || !options->to)
        return err_set(err, E_USAGE, "--source URL and --to DIR are needed");
    if (options->runs && !validity_read_runs(options->runs, &export->window, err))
        return false;
    if (!source_open(&source, &export->source, err))
        return false;
    bool done = tag_export(export, tag, err) &&
                text_addf(&export->report, err, "%zu payloads of %s written to %s\n",
                          export->count, tag, options->to);
    source_close(export->source);
    return done;
}

int conditions_export(struct area *area, int argc, char **argv)
{
    struct options options = {.patience_s = TRANSFER_PATIENCE_S};
    struct exporting export = {
        .options = &options, .area = area, .window = {{0, 0}, MOMENT_OPEN}};
    struct err err = {0};
    const struct command_option table[] = {
        {"source", .text = &options.source},
        {"to", .text = &options.to},
        {"runs", .text = &options.runs},
        {"types", .text = &options.types},
        {"patience", .number = &options.patience_s},
    };
    bytes_init(&export.report, (size_t)64 << 20);
    bool done = command_options(table, sizeof table / sizeof *table, &argc, argv, &err) &&
                command_words(argc, 1, 1, "a tag", &err) &&
                command_patience(options.patience_s, &err) &&
                export_run(&export, argv[1], &err);
    int status = done ? command_print(&export.report) : command_error(&err);
    bytes_release(&export.report);
    return status;
}
