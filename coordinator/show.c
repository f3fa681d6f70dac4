/* show.c - spillway show: which listing or picture is wanted.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/show.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/disk.h"
#include "base/json.h"
#include "base/text.h"
#include "coordinator/command.h"
#include "coordinator/plot_text.h"
#include "coordinator/raw_inspect.h"
#include "coordinator/show_file.h"

const char show_usage[] =
    "spillway show FILE   kind of the file, its events, columns with their ranges,\n"
    "                     histograms; of a raw file or raw skim its events by type\n"
    "  --column NAME      a histogram of a column, or of one cell: 'ECAL_ene[1][2][3]'\n"
    "  --histogram NAME   a stored histogram, with or without its directory\n"
    "  --svg OUT          the picture of it, instead of the text\n"
    "  --json             the same as JSON; not for raw files\n";

#define OUTPUT ((size_t)256 << 20)

struct show_options {
    const char *column, *histogram, *svg;
    bool json;
};

enum show_kind { SHOW_ROOT, SHOW_PART, SHOW_RAW };

static bool kind_of(const char *path, enum show_kind *kind, struct err *err)
{
    int fd;
    uint64_t size;
    char magic[8] = "";
    if (!disk_open_read(path, &fd, &size, err))
        return false;
    bool done =
        size < sizeof magic || disk_read_at(fd, path, 0, magic, sizeof magic, err);
    (void)close(fd);
    if (done)
        *kind = memcmp(magic, "root", 4) == 0       ? SHOW_ROOT
                : memcmp(magic, "SPWYPACK", 8) == 0 ? SHOW_PART
                                                    : SHOW_RAW;
    return done;
}

/* Files of histograms say in the title of "provenance" that they are simulated. */
static void synthetic_mark(const struct root_read *file, struct root_read_key *key,
                           struct plot *plot)
{
    struct err err;
    if (root_read_find(file, "TObjString", "provenance", key, &err) == LOOKUP_FOUND &&
        strcmp(key->title, PLOT_SYNTHETIC) == 0)
        plot_mark(plot->title);
}

static bool histogram_find(const char *path, const char *name, struct plot *plot,
                           struct err *err)
{
    struct root_read file;
    struct histogram_read histogram;
    if (!root_read_open(&file, path, err))
        return false;
    struct root_read_key *key = mem_new(1, sizeof *key);
    enum lookup found = root_read_find(&file, NULL, name, key, err);
    bool done = found == LOOKUP_FOUND;
    if (found == LOOKUP_ABSENT || (done && !histogram_is(key)))
        done = err_set(err, E_NOT_FOUND, "%s has no histogram \"%s\"", path, name);
    done = done && histogram_read_key(&histogram, &file, key, err);
    if (done) {
        plot_of_histogram(plot, &histogram);
        synthetic_mark(&file, key, plot);
        histogram_read_release(&histogram);
    }
    free(key);
    root_read_close(&file);
    return done;
}

static void axis_json(struct json_writer *json, const char *name,
                      const struct plot_axis *axis)
{
    json_open_object(json, name);
    json_put_text(json, "title", axis->title);
    json_open_array(json, "edges");
    for (uint32_t b = 0; b <= axis->bins; b++)
        json_put_real(json, NULL, axis->edges[b]);
    json_close_array(json);
    if (axis->labels != NULL) {
        json_open_array(json, "labels");
        for (uint32_t b = 0; b < axis->bins; b++)
            json_put_text(json, NULL, axis->labels[b]);
        json_close_array(json);
    }
    json_close_object(json);
}

static bool plot_json(const struct plot *plot, struct bytes *out, struct err *err)
{
    struct json_writer json;
    size_t cells = (size_t)plot->x.bins * (plot->dimensions == 2 ? plot->y.bins : 1);
    json_begin(&json, out);
    json_open_object(&json, NULL);
    json_put_text(&json, "name", plot->name);
    json_put_text(&json, "title", plot->title);
    json_put_real(&json, "entries", plot->entries);
    json_put_real(&json, "mean", plot->mean);
    json_put_real(&json, "spread", plot->spread);
    json_put_real(&json, "below", plot->below);
    json_put_real(&json, "above", plot->above);
    axis_json(&json, "x", &plot->x);
    if (plot->dimensions == 2)
        axis_json(&json, "y", &plot->y);
    json_open_array(&json, "cells");
    for (size_t i = 0; i < cells; i++)
        json_put_real(&json, NULL, plot->cells[i]);
    json_close_array(&json);
    json_close_object(&json);
    return json_end(&json, err);
}

static bool plot_show(const char *path, const struct show_options *options,
                      struct bytes *out, struct err *err)
{
    struct plot plot;
    if (options->column != NULL ? !plot_of_column(&plot, path, options->column, err)
                                : !histogram_find(path, options->histogram, &plot, err))
        return false;
    bool done;
    if (options->svg != NULL)
        done = plot_svg(&plot, out, err) &&
               disk_write_durable(options->svg, out->data, out->size, 0644, err);
    else
        done = options->json ? plot_json(&plot, out, err) : plot_text(&plot, out, err);
    plot_release(&plot);
    return done;
}

static bool options_check(const struct show_options *options, enum show_kind kind,
                          struct err *err)
{
    bool plot = options->column != NULL || options->histogram != NULL;
    if (options->column != NULL && options->histogram != NULL)
        return err_set(err, E_USAGE, "--column or --histogram, not both");
    if (options->svg != NULL && (!plot || options->json))
        return err_set(err, E_USAGE, "--svg goes with --column or --histogram, alone");
    if (options->histogram != NULL && kind != SHOW_ROOT)
        return err_set(err, E_USAGE, "only ROOT files have histograms");
    if (kind == SHOW_RAW && (plot || options->json))
        return err_set(err, E_USAGE, "a raw file has neither columns nor histograms");
    return true;
}

int show_command(struct area *area, int argc, char **argv)
{
    struct err err;
    struct show_options options = {.column = NULL};
    const struct command_option table[] = {
        {.name = "column", .text = &options.column},
        {.name = "histogram", .text = &options.histogram},
        {.name = "svg", .text = &options.svg},
        {.name = "json", .flag = &options.json}};
    enum show_kind kind = SHOW_RAW;
    (void)area; /* files are named by their path */
    if (!command_options(table, sizeof table / sizeof table[0], &argc, argv, &err) ||
        !command_words(argc, 1, 1, "one file", &err) || !kind_of(argv[1], &kind, &err) ||
        !options_check(&options, kind, &err))
        return command_error(&err);
    if (kind == SHOW_RAW)
        return raw_inspect(argc, argv);
    struct bytes out;
    bytes_init(&out, OUTPUT);
    bool done = options.column != NULL || options.histogram != NULL
                    ? plot_show(argv[1], &options, &out, &err)
                    : show_file(argv[1], options.json, &out, &err);
    int status = 0;
    if (!done)
        status = command_error(&err);
    else if (options.svg == NULL)
        status = command_print(&out);
    bytes_release(&out);
    return status;
}
