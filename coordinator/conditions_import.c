/* conditions_import.c - spillway conditions import: files that people write -> a tag.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/conditions_import.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/digest.h"
#include "base/text.h"
#include "coordinator/draft.h"
#include "coordinator/import_service.h"
#include "coordinator/run_times.h"
#include "transfer/transfer.h"

struct options {
    const char *to, *tag, *token, *runs, *from, *until;
    const char *sdc, *sdc_type, *columns, *set;
    bool replace;
    uint64_t patience_s;
};

struct import {
    const struct options *options;
    struct area *area;
    struct import_target *target;   /* a folder, */
    struct import_service *service; /* or a service; neither: only look */
    struct validity validity;       /* for files that say none */
    bool times_loaded;
    struct run_times times;
    struct bytes report;
    size_t counts[SPLICE_REFUSED];
};

static bool to_service(const struct options *options)
{
    return options->to && strstr(options->to, "://");
}

static bool options_take(struct options *options, int *argc, char **argv, struct err *err)
{
    const struct command_option table[] = {
        {"to", .text = &options->to},
        {"tag", .text = &options->tag},
        {"token", .text = &options->token},
        {"runs", .text = &options->runs},
        {"from", .text = &options->from},
        {"until", .text = &options->until},
        {"sdc", .text = &options->sdc},
        {"sdc-type", .text = &options->sdc_type},
        {"columns", .text = &options->columns},
        {"set", .text = &options->set},
        {"replace", .flag = &options->replace},
        {"patience", .number = &options->patience_s},
    };
    if (!command_options(table, sizeof table / sizeof *table, argc, argv, err))
        return false;
    if (!options->to != !options->tag)
        return err_set(err, E_USAGE, "--to DIR or URL and --tag TAG belong together");
    if (options->token && !to_service(options))
        return err_set(err, E_USAGE, "--token goes with --to URL");
    if (!options->sdc && (options->sdc_type || options->columns || options->set))
        return err_set(err, E_USAGE,
                       "--sdc-type, --columns and --set go with --sdc TYPE");
    if (options->sdc && (options->runs || options->from))
        return err_set(err, E_USAGE, "SDC texts say their runs themselves");
    return command_words(*argc, 1, INT16_MAX, "at least one file", err) &&
           command_patience(options->patience_s, err);
}

/* What the options say for files that say nothing. */
static bool validity_take(const struct options *options, struct validity *validity,
                          struct err *err)
{
    if (options->runs && options->from)
        return err_set(err, E_USAGE, "--runs or --from, not both");
    if (!options->from != !options->until)
        return err_set(err, E_USAGE, "--from and --until belong together");
    *validity = (struct validity){.known = options->runs || options->from,
                                  .by_time = options->from != NULL};
    if (options->runs)
        return validity_read_runs(options->runs, &validity->interval, err);
    if (!options->from)
        return true;
    if (!validity_read_time(options->from, &validity->from_s, err) ||
        !validity_read_time(options->until, &validity->until_s, err))
        return false;
    return validity->from_s < validity->until_s ||
           err_set(err, E_USAGE, "--until is not behind --from");
}

static bool times_load(struct import *import, struct err *err)
{
    struct catalog *catalog;
    if (import->times_loaded)
        return true;
    if (!area_catalog(import->area, CATALOG_READ, &catalog, err))
        return err_wrap(err, "validity by time needs the run catalogue");
    bool done = run_times_load(catalog, &import->times, err);
    catalog_close(catalog);
    import->times_loaded = done;
    return done;
}

static bool interval_of(struct import *import, const struct draft *draft,
                        struct interval *interval, struct err *err)
{
    const struct validity *validity =
        draft->validity.known ? &draft->validity : &import->validity;
    struct interval whole = validity->interval;
    if (!validity->known)
        return err_set(err, E_VALIDITY,
                       "%s: does not say for which runs it is: give --runs or --from",
                       draft->origin);
    if (validity->by_time &&
        !(times_load(import, err) &&
          run_times_interval(&import->times, validity, &whole, &import->report, err)))
        return err_wrap(err, "%s", draft->origin);
    *interval = interval_common(whole, draft->part);
    return !interval_is_empty(*interval) ||
           err_set(err, E_VALIDITY,
                   "%s: rows from run %" PRId64
                   " on are outside of the runs for which it is valid",
                   draft->origin, draft->part.start.run);
}

static bool draft_report(struct import *import, const struct draft *draft,
                         const struct interval *interval, enum splice found,
                         struct err *err)
{
    static const char *const said[] = {[SPLICE_SAME] = ", already there",
                                       [SPLICE_ADDED] = "",
                                       [SPLICE_CHANGED] = ", others cut"};
    struct sha256 hash = sha256_of(draft->text->data, draft->text->size);
    char hex[SHA256_HEX];
    sha256_to_hex(&hash, hex);
    return text_addf(&import->report, err, "%s ", draft->type->name) &&
           validity_write_runs(interval, &import->report, err) &&
           text_addf(&import->report, err, " %.12s %zu bytes %s%s, from %s%s\n", hex,
                     draft->text->size, value_source_name(draft->marks.source),
                     draft->marks.synthetic ? " SYNTHETIC" : "", draft->origin,
                     import->target ? said[found] : "");
}

static bool draft_take(void *user, const struct draft *draft, struct err *err)
{
    struct import *import = user;
    struct import_row row = {.type = draft->type->name,
                             .ending = draft->type->kind == PAYLOAD_BLOB ? "xml" : "txt",
                             .text = draft->text};
    enum splice found = SPLICE_ADDED;
    if (!interval_of(import, draft, &row.interval, err))
        return false;
    if (import->target)
        found = import_target_put(import->target, &row, import->options->replace, err);
    if (import->service)
        found = import_service_add(import->service, &row, err);
    if (found == SPLICE_REFUSED)
        return err_wrap(err, "%s", draft->origin);
    import->counts[found]++;
    return draft_report(import, draft, &row.interval, found, err);
}

/* Of what an export writes for a map, X.payload and the X.yaml that says its type and
 * runs, the second is read and names the first. */
static bool is_beside_yaml(int count, char **paths, const char *path)
{
    const char *end = strrchr(path, '.');
    if (end == NULL || strcmp(end, ".payload") != 0)
        return false;
    size_t stem = (size_t)(end - path);
    for (int i = 0; i < count; i++)
        if (strncmp(paths[i], path, stem) == 0 && strcmp(paths[i] + stem, ".yaml") == 0)
            return true;
    return false;
}

static bool files_read(struct import *import, int count, char **paths, struct err *err)
{
    const struct options *options = import->options;
    bool done = true;
    if (options->sdc) {
        const struct draft_sdc sdc = {.type = options->sdc,
                                      .name = options->sdc_type ? options->sdc_type : "",
                                      .columns = options->columns,
                                      .constants = options->set};
        return draft_read_sdc((const char *const *)paths, (size_t)count, &sdc, draft_take,
                              import, err);
    }
    int beside = 0;
    for (int i = 0; done && i < count; i++)
        if (is_beside_yaml(count, paths, paths[i]))
            beside++;
        else
            done = draft_read(paths[i], draft_take, import, err);
    if (done && beside > 0)
        (void)fprintf(stderr,
                      "spillway: %d .payload beside a .yaml of the same name: read only "
                      "where that names it\n",
                      beside);
    return done;
}

static bool target_open(struct import *import, struct err *err)
{
    const struct options *options = import->options;
    const struct remote_options remote = {.url = options->to,
                                          .token = options->token,
                                          .places = &import->area->bearer,
                                          .authorities = import->area->authorities,
                                          .patience_s = options->patience_s};
    if (to_service(options))
        return import_service_open(&remote, options->tag, options->replace,
                                   &import->service, err);
    return !options->to ||
           import_target_open(options->to, options->tag, &import->target, err);
}

/* After all files were read. */
static bool target_end(struct import *import, struct import_sent *sent, struct err *err)
{
    if (import->service)
        return import_service_send(import->service, sent, err);
    *sent = (struct import_sent){import->counts[SPLICE_ADDED] +
                                     import->counts[SPLICE_CHANGED],
                                 import->counts[SPLICE_SAME]};
    return !import->target || import_target_commit(import->target, err);
}

static bool import_run(struct import *import, int argc, char **argv, struct err *err)
{
    const struct options *options = import->options;
    struct import_sent sent;
    if (!validity_take(options, &import->validity, err) || !target_open(import, err) ||
        !files_read(import, argc - 1, argv + 1, err) || !target_end(import, &sent, err))
        return false;
    return text_addf(&import->report, err, "%zu payloads%s%s, %zu were there already\n",
                     sent.put, options->to ? " put into " : " checked",
                     options->to ? options->tag : "", sent.same);
}

int conditions_import(struct area *area, int argc, char **argv)
{
    struct options options = {.patience_s = TRANSFER_PATIENCE_S};
    struct import import = {.options = &options, .area = area};
    struct err err = {0};
    int status = 0;
    bytes_init(&import.report, (size_t)256 << 20);
    bool done = options_take(&options, &argc, argv, &err) &&
                import_run(&import, argc, argv, &err);
    status = done ? command_print(&import.report) : command_error(&err);
    import_target_close(import.target);
    import_service_close(import.service);
    run_times_release(&import.times);
    bytes_release(&import.report);
    return status;
}
