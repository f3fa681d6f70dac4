/* show_file.c - a file of events or histograms as one listing, text or JSON.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/show_file.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/text.h"
#include "coordinator/plot.h"

#define SHAPE 64u

/* Where a listing goes: one of both. */
struct listing {
    struct bytes *text;
    struct json_writer *json;
};

static void shape_text(const struct event_column *column, char out[SHAPE])
{
    size_t at = 0;
    out[0] = 0;
    for (uint32_t d = 0; d < column->rank && at + 12 < SHAPE; d++)
        at += (size_t)snprintf(out + at, SHAPE - at, "[%u]", column->shape[d]);
    if (column->list && at + 3 < SHAPE)
        (void)snprintf(out + at, SHAPE - at, "[]");
}

static void column_json(struct json_writer *json, const struct event_column *column,
                        const struct plot_range *range)
{
    char shape[SHAPE];
    shape_text(column, shape);
    json_open_object(json, NULL);
    json_put_text(json, "name", column->name);
    json_put_text(json, "type", column->type);
    json_put_text(json, "shape", shape);
    json_put_text(json, "meaning", column->meaning);
    json_put_u64(json, "numbers", range->numbers);
    json_put_u64(json, "not_finite", range->others);
    if (range->numbers > 0) {
        json_put_real(json, "least", range->least);
        json_put_real(json, "most", range->most);
        json_put_real(json, "mean", range->mean);
        json_put_real(json, "spread", range->spread);
    }
    json_close_object(json);
}

static const char *type_text(const struct event_column *column, char out[8])
{
    static const char letters[] = {[EVENT_BOOL] = 'b',
                                   [EVENT_INT] = 'i',
                                   [EVENT_UINT] = 'u',
                                   [EVENT_REAL] = 'f',
                                   [EVENT_TEXT] = 't'};
    (void)snprintf(out, 8, "%c%u", letters[column->kind], (8 * column->size) & 255);
    return out;
}

static bool columns_text(const struct event_file *file, const struct plot_range *ranges,
                         struct bytes *out, struct err *err)
{
    bool done = text_addf(out, err, "\n%-24s %-4s %12s %12s %12s  %s\n", "column", "type",
                          "least", "most", "mean", "meaning");
    for (uint32_t c = 0; c < file->column_count && done; c++) {
        const struct event_column *column = &file->columns[c];
        char name[PLOT_TEXT + SHAPE], shape[SHAPE], type[8];
        shape_text(column, shape);
        (void)snprintf(name, sizeof name, "%.150s%s", column->name, shape);
        done = text_addf(out, err, "%-24s %-4s", name, type_text(column, type));
        if (done && ranges[c].numbers > 0)
            done = text_addf(out, err, " %12.6g %12.6g %12.6g", ranges[c].least,
                             ranges[c].most, ranges[c].mean);
        else if (done)
            done = text_addf(out, err, " %12s %12s %12s", "-", "-", "-");
        done = done && text_addf(out, err, "  %.100s%s\n", column->meaning,
                                 ranges[c].others > 0 ? " (some are no numbers)" : "");
    }
    return done;
}

static bool events_list(const char *path, const struct listing *listing, struct err *err)
{
    struct event_file file;
    if (!event_file_open(&file, path, err))
        return false;
    struct plot_range *ranges = mem_new(file.column_count + 1u, sizeof *ranges);
    bool done = plot_ranges(&file, ranges, err);
    if (done && listing->json != NULL) {
        json_put_text(listing->json, "name", file.name);
        json_put_text(listing->json, "description", file.description);
        json_put_u64(listing->json, "entries", file.entries);
        json_put_u64(listing->json, "clusters", file.clusters);
        json_open_array(listing->json, "columns");
        for (uint32_t c = 0; c < file.column_count; c++)
            column_json(listing->json, &file.columns[c], &ranges[c]);
        json_close_array(listing->json);
    } else if (done)
        done = text_addf(listing->text, err,
                         "events \"%s\": %" PRIu64 " entries in %" PRIu64
                         " clusters, %u columns\n%s\n",
                         file.name, file.entries, file.clusters, file.column_count,
                         file.description) &&
               columns_text(&file, ranges, listing->text, err);
    free(ranges);
    event_file_close(&file);
    return done;
}

static bool histogram_list(const struct histogram_read *histogram, const char *folder,
                           const struct listing *listing, struct err *err)
{
    struct plot plot;
    plot_of_histogram(&plot, histogram);
    char name[2 * PLOT_TEXT];
    (void)snprintf(name, sizeof name, "%.150s%s%s", folder, folder[0] == 0 ? "" : "/",
                   plot.name);
    bool done = true;
    if (listing->json != NULL) {
        json_open_object(listing->json, NULL);
        json_put_text(listing->json, "name", name);
        json_put_text(listing->json, "title", plot.title);
        json_put_i64(listing->json, "dimensions", plot.dimensions);
        json_put_real(listing->json, "entries", plot.entries);
        json_put_real(listing->json, "mean", plot.mean);
        json_put_real(listing->json, "spread", plot.spread);
        json_close_object(listing->json);
    } else
        done =
            text_addf(listing->text, err, "%-40s %dD %12.10g %12.6g %12.6g  %s\n", name,
                      plot.dimensions, plot.entries, plot.mean, plot.spread, plot.title);
    plot_release(&plot);
    return done;
}

/* Keys of the file; histograms are listed, and counted for the line above them. */
static bool keys_list(const struct root_read *file, const struct listing *listing,
                      struct err *err)
{
    struct root_read_key *key = mem_new(1, sizeof *key);
    struct root_read_key *folder = mem_new(1, sizeof *folder);
    bool done = true;
    bool first = true;
    for (uint64_t at = ROOT_READ_BEGIN; done && at < file->header.end; at += key->size) {
        struct histogram_read histogram;
        done = root_read_key(file, at, key, err);
        if (!done || !histogram_is(key))
            continue;
        folder->name[0] = 0;
        done = key->parent == ROOT_READ_BEGIN ||
               root_read_key(file, key->parent, folder, err);
        done = done && histogram_read_key(&histogram, file, key, err);
        if (!done)
            break;
        if (first && listing->json == NULL)
            done = text_addf(listing->text, err, "\n%-40s    %12s %12s %12s\n",
                             "histogram", "entries", "mean", "spread");
        first = false;
        const char *name = key->parent == ROOT_READ_BEGIN ? "" : folder->name;
        done = done && histogram_list(&histogram, name, listing, err);
        histogram_read_release(&histogram);
    }
    free(key);
    free(folder);
    return done;
}

/* Is there an RNTuple in it? */
static bool tuple_is_in(const struct root_read *file)
{
    struct err err;
    struct root_read_key *key = mem_new(1, sizeof *key);
    bool found = false;
    uint64_t at = ROOT_READ_BEGIN;
    while (!found && at < file->header.end && root_read_key(file, at, key, &err)) {
        found = strcmp(key->class_name, ROOT_CLASS_TUPLE) == 0;
        at += key->size;
    }
    free(key);
    return found;
}

static bool root_list(const char *path, const struct listing *listing, struct err *err)
{
    struct root_read file;
    if (!root_read_open(&file, path, err))
        return false;
    bool done = true;
    if (listing->json != NULL) {
        json_put_text(listing->json, "kind", "ROOT file");
        json_put_u64(listing->json, "bytes", file.size);
    } else
        done = text_addf(listing->text, err, "%s: ROOT file, %" PRIu64 " bytes\n", path,
                         file.size);
    if (done && tuple_is_in(&file))
        done = events_list(path, listing, err);
    if (listing->json != NULL)
        json_open_array(listing->json, "histograms");
    done = done && keys_list(&file, listing, err);
    if (listing->json != NULL)
        json_close_array(listing->json);
    root_read_close(&file);
    return done;
}

bool show_file(const char *path, bool json, struct bytes *out, struct err *err)
{
    struct json_writer writer;
    const struct listing listing = {.text = out, .json = json ? &writer : NULL};
    if (json) {
        json_begin(&writer, out);
        json_open_object(&writer, NULL);
        json_put_text(&writer, "path", path);
    }
    bool done;
    if (root_read_is_root(path))
        done = root_list(path, &listing, err);
    else {
        if (json)
            json_put_text(&writer, "kind", "part");
        done = (json || text_addf(out, err, "%s: part\n", path)) &&
               events_list(path, &listing, err);
    }
    if (json)
        json_close_object(&writer);
    return done && (!json || json_end(&writer, err));
}
