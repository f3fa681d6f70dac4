/* runs.c - the runs command: filling the catalogue, and its subcommands.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/runs.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "coordinator/command.h"
#include "coordinator/import.h"
#include "coordinator/run_summary.h"
#include "coordinator/run_view.h"
#include "coordinator/scan.h"

#define OUTPUT_LIMIT ((size_t)1 << 30) /* 10^6 runs of 1 kB as JSON */

const char runs_usage[] =
    "spillway runs import FILE... [--replace] [--json]\n"
    "spillway runs scan [RUN | FIRST-LAST]... [--again] [--json]\n"
    "spillway runs list [--setup NAME] [--json]\n"
    "spillway runs show RUN [--json]\n"
    "spillway runs summary [--json]\n"
    "\n"
    "import   takes run lists (.csv with the columns of the 2016-2018 table, or .yaml)\n"
    "         into the run catalogue: all files or nothing. Lists complete each other;\n"
    "         a value that contradicts the catalogue is refused unless --replace.\n"
    "scan     reads chunks that were not read before (--again: all), checks size and\n"
    "         adler32 against the catalogue and records segments, damage and the beam\n"
    "         count of each spill. A bad chunk is named; the others go on. An event that\n"
    "         two segments of a run have counts in the one that was scanned first.\n"
    "list     one line a run.\n"
    "show     everything about a run.\n"
    "summary  physics runs, spills, triggers and EOT per set-up, beside published\n"
    "         totals, and the rows that are not to be used one by one.\n"
    "\n"
    "A list in YAML; all but run may be left out, relative files start at the list:\n"
    "  setups:\n"
    "    - {name: 2018-invisible-100, eot: {source: 3, scaler_word: 0, scale: 1}}\n"
    "  runs:\n"
    "    - run: 4060\n"
    "      period: 2018\n"
    "      setup: 2018-invisible-100\n"
    "      particle: electron\n"
    "      momentum_gev: 100\n"
    "      type: physics           # calibration, hadron, muon, pedestal, scan, led, test\n"
    "      origin: data            # or mc\n"
    "      quality: good           # unstable, bad, stopped\n"
    "      magnet_a: -800\n"
    "      trigger: phys\n"
    "      start_s: 1527800000     # Unix seconds\n"
    "      stop_s: 1527805000\n"
    "      synthetic: false\n"
    "      chunks:                 # size and checksum as the tape catalogue has them\n"
    "        - {file: raw/cdr01001-004060.dat, size: 1073741824, adler32: 1a2b3c4d}\n"
    "      files: [raw/cdr01002-004060.dat]   # read once for size and checksum\n"
    "A file with another name needs builder and number beside file.\n";

static void count_json(struct json_writer *json, const char *name,
                       const struct import_count *count)
{
    json_open_object(json, name);
    json_put_u64(json, "added", count->added);
    json_put_u64(json, "changed", count->changed);
    json_put_u64(json, "unchanged", count->unchanged);
    json_close_object(json);
}

static bool import_report(const struct import_result *result, bool as_json,
                          struct bytes *out, struct err *err)
{
    const struct {
        const char *name;
        const struct import_count *count;
    } rows[] = {{"runs", &result->runs},
                {"chunks", &result->chunks},
                {"setups", &result->setups}};
    struct json_writer json;
    json_begin(&json, out);
    if (as_json)
        json_open_object(&json, NULL);
    for (size_t i = 0; i < 3; i++) {
        const struct import_count *count = rows[i].count;
        if (as_json)
            count_json(&json, rows[i].name, count);
        else if (!text_addf(out, err,
                            "%-7s %" PRIu64 " added, %" PRIu64 " changed, %" PRIu64
                            " unchanged\n",
                            rows[i].name, count->added, count->changed, count->unchanged))
            return false;
    }
    if (!as_json)
        return true;
    json_close_object(&json);
    return json_end(&json, err);
}

static bool import_words(struct area *area, int argc, char **argv, struct bytes *out,
                         struct err *err)
{
    bool replace = false;
    bool json = false;
    const struct command_option options[] = {{.name = "replace", .flag = &replace},
                                             {.name = "json", .flag = &json}};
    struct catalog *catalog = NULL;
    struct import import;
    struct import_result result;
    if (!command_options(options, 2, &argc, argv, err) ||
        !command_words(argc, 1, INT32_MAX, "a run list", err))
        return false;
    import_init(&import);
    bool done = area_catalog(area, CATALOG_WRITE, &catalog, err);
    for (int i = 1; done && i < argc; i++)
        done = import_file(&import, argv[i], err);
    done = done && import_store(&import, catalog, replace, &result, err) &&
           import_report(&result, json, out, err);
    import_release(&import);
    catalog_close(catalog);
    return done;
}

/* Progress of a scan, on a terminal only. */
struct progress {
    bool shown;
    int64_t start_ns;
    uint64_t bytes, bytes_total;
};

static void scan_progress(void *user, const struct chunk *chunk,
                          const struct err *failure)
{
    struct progress *progress = user;
    if (failure != NULL)
        (void)fprintf(stderr, "%sspillway: error %s: %s\n", progress->shown ? "\r" : "",
                      err_name((enum err_code)failure->code), failure->text);
    progress->bytes += chunk->size;
    if (!progress->shown)
        return;
    double elapsed = (double)(clock_now_ns() - progress->start_ns) / 1e9;
    double rest = progress->bytes == 0
                      ? 0
                      : elapsed * (double)(progress->bytes_total - progress->bytes) /
                            (double)progress->bytes;
    (void)fprintf(stderr, "\rscanned %.1f of %.1f MB, %.0f s left ",
                  (double)progress->bytes / 1e6, (double)progress->bytes_total / 1e6,
                  rest);
}

static void scan_copies_tell(void *user, const struct elsewhere_found *found)
{
    const struct progress *progress = user;
    char chunk[CHUNK_NAME], other[CHUNK_NAME];
    chunk_name(&found->segment.chunk, chunk);
    chunk_name(&found->other, other);
    (void)fprintf(stderr,
                  "%srun %" PRIu32 " spill %" PRIu32 ": %" PRIu32
                  " events of %s are in %s too, the first is event %" PRIu32
                  ": they count there\n",
                  progress->shown ? "\r" : "", found->segment.chunk.run, found->spill,
                  found->events, chunk, other, found->first);
}

static bool scan_report(const struct scan_total *total, bool as_json, struct bytes *out,
                        struct err *err)
{
    struct json_writer json;
    if (!as_json)
        return text_addf(out, err,
                         "%" PRIu64 " chunks scanned (%" PRIu64 " bytes, %" PRIu64
                         " segments), %" PRIu64 " known before, %" PRIu64 " failed\n"
                         "%" PRIu64 " chunks with damage, %" PRIu64
                         " spills with different beam counts, %" PRIu64
                         " damaged end-of-burst records, %" PRIu64
                         " events that another segment has\n",
                         total->chunks, total->bytes, total->segments, total->known,
                         total->failed, total->damaged, total->conflicts, total->unread,
                         total->elsewhere);
    json_begin(&json, out);
    json_open_object(&json, NULL);
    json_put_u64(&json, "chunks", total->chunks);
    json_put_u64(&json, "bytes", total->bytes);
    json_put_u64(&json, "segments", total->segments);
    json_put_u64(&json, "known", total->known);
    json_put_u64(&json, "failed", total->failed);
    json_put_u64(&json, "damaged", total->damaged);
    json_put_u64(&json, "beam_conflicts", total->conflicts);
    json_put_u64(&json, "beam_damaged", total->unread);
    json_put_u64(&json, "elsewhere", total->elsewhere);
    json_close_object(&json);
    return json_end(&json, err);
}

static bool scan_runs(struct catalog *catalog, const struct run_filter *filter,
                      bool again, struct scan_total *total, struct err *err)
{
    struct progress progress = {.shown = isatty(STDERR_FILENO) == 1,
                                .start_ns = clock_now_ns()};
    const struct scan_options options = {.again = again,
                                         .seen = scan_progress,
                                         .copies = scan_copies_tell,
                                         .user = &progress};
    struct run_list runs;
    run_list_init(&runs);
    bool done = run_list_read(catalog, filter, &runs, err);
    for (size_t i = 0; done && i < runs.count; i++)
        progress.bytes_total +=
            again ? runs.views[i].bytes : runs.views[i].bytes_not_scanned;
    for (size_t i = 0; done && i < runs.count; i++)
        done = scan_run(catalog, &runs.views[i].run, &options, total, err);
    if (progress.shown)
        (void)fputs("\n", stderr);
    run_list_release(&runs);
    return done;
}

static bool scan_words(struct area *area, int argc, char **argv, struct bytes *out,
                       struct err *err)
{
    bool again = false;
    bool json = false;
    const struct command_option options[] = {{.name = "again", .flag = &again},
                                             {.name = "json", .flag = &json}};
    struct catalog *catalog = NULL;
    struct run_filter filter = {.setup = NULL};
    struct scan_total total = {.chunks = 0};
    if (!command_options(options, 2, &argc, argv, err) ||
        !run_filter_words(&filter, argc - 1, argv + 1, err) ||
        !area_catalog(area, CATALOG_WRITE, &catalog, err))
        return false;
    bool done = scan_runs(catalog, &filter, again, &total, err) &&
                scan_report(&total, json, out, err);
    catalog_close(catalog);
    if (!done || total.failed == 0)
        return done;
    return err_set(err, E_SCAN, "%" PRIu64 " chunks could not be scanned", total.failed);
}

static bool view_words(struct area *area, int argc, char **argv, struct bytes *out,
                       struct err *err)
{
    bool show = strcmp(argv[0], "show") == 0;
    bool json = false;
    struct run_filter filter = {.setup = NULL};
    const struct command_option options[] = {{.name = "json", .flag = &json},
                                             {.name = "setup", .text = &filter.setup}};
    struct catalog *catalog = NULL;
    struct run_list runs;
    if (!command_options(options, show ? 1 : 2, &argc, argv, err) ||
        !command_words(argc, show ? 1 : 0, show ? 1 : INT32_MAX, "a run number", err) ||
        !run_filter_words(&filter, argc - 1, argv + 1, err) ||
        !area_catalog(area, CATALOG_READ, &catalog, err))
        return false;
    run_list_init(&runs);
    bool done = run_list_read(catalog, &filter, &runs, err);
    if (done && show && runs.count == 0)
        done = err_set(err, E_NOT_FOUND, "run %s is not in the catalogue", argv[1]);
    else if (done && show)
        done = json ? run_show_json(catalog, &runs.views[0], out, err)
                    : run_show_text(catalog, &runs.views[0], out, err);
    else if (done)
        done = json ? run_list_json(&runs, out, err) : run_list_text(&runs, out, err);
    run_list_release(&runs);
    catalog_close(catalog);
    return done;
}

static bool summary_words(struct area *area, int argc, char **argv, struct bytes *out,
                          struct err *err)
{
    bool json = false;
    const struct command_option options[] = {{.name = "json", .flag = &json}};
    const struct run_filter filter = {.setup = NULL};
    struct catalog *catalog = NULL;
    struct run_list runs;
    struct run_summary summary;
    if (!command_options(options, 1, &argc, argv, err) ||
        !command_words(argc, 0, 0, "no word", err) ||
        !area_catalog(area, CATALOG_READ, &catalog, err))
        return false;
    run_list_init(&runs);
    run_summary_init(&summary);
    bool done = run_list_read(catalog, &filter, &runs, err);
    for (size_t i = 0; done && i < runs.count; i++)
        run_summary_add(&summary, &runs.views[i].run);
    if (done)
        done = json ? run_summary_json(&summary, out, err)
                    : run_summary_text(&summary, out, err);
    run_summary_release(&summary);
    run_list_release(&runs);
    catalog_close(catalog);
    return done;
}

static bool word_run(struct area *area, int argc, char **argv, struct bytes *out,
                     struct err *err)
{
    const char *word = argc > 0 ? argv[0] : "";
    if (strcmp(word, "import") == 0)
        return import_words(area, argc, argv, out, err);
    if (strcmp(word, "scan") == 0)
        return scan_words(area, argc, argv, out, err);
    if (strcmp(word, "list") == 0 || strcmp(word, "show") == 0)
        return view_words(area, argc, argv, out, err);
    if (strcmp(word, "summary") == 0)
        return summary_words(area, argc, argv, out, err);
    return err_set(err, E_USAGE, "runs %s: import, scan, list, show or summary", word);
}

int runs_command(struct area *area, int argc, char **argv)
{
    struct err err;
    struct bytes out;
    bytes_init(&out, OUTPUT_LIMIT);
    bool done = word_run(area, argc - 1, argv + 1, &out, &err);
    int status = command_print(&out);
    if (!done)
        status = command_error(&err);
    bytes_release(&out);
    return status;
}
