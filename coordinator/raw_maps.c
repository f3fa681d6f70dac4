/* raw_maps.c - channel maps checked for a range of runs.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/raw_maps.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "coordinator/command.h"
#include "coordinator/map_report.h"
#include "coordinator/select.h"
#include "model/run.h"

#define OUTPUT_LIMIT ((size_t)64 << 20)

/* Without --runs all that the maps know: the runs before and behind are no gap. */
static struct run_range runs_known(const struct map_cover *cover)
{
    struct run_range range = {0, RUN_MAXIMUM};
    size_t from = 0, to = cover->count;
    while (from < to && cover->spans[from].share_count == 0)
        range.first = cover->spans[from++].last + 1;
    while (to > from && cover->spans[to - 1].share_count == 0)
        range.last = cover->spans[--to].first - 1;
    return range;
}

/* The lines of `lines`, each behind its runs. */
static bool faults_print(const struct map_span *span, const struct bytes *lines,
                         struct bytes *out, uint32_t *faults, struct err *err)
{
    char runs[MAP_REPORT_RUNS];
    map_report_runs(span->first, span->last, runs);
    for (size_t at = 0; at < lines->size;) {
        const char *text = (const char *)lines->data + at;
        const char *end = memchr(text, '\n', lines->size - at);
        size_t length = end == NULL ? lines->size - at : (size_t)(end - text);
        if (!text_addf(out, err, "%s: %.*s\n", runs, (int)length, text))
            return false;
        (*faults)++;
        at += length + 1;
    }
    return true;
}

static bool span_print(const struct map_cover *cover, const struct map_span *span,
                       struct bytes *out, uint32_t *faults, struct err *err)
{
    char runs[MAP_REPORT_RUNS], lead[MAP_REPORT_RUNS + 16];
    struct bytes lines;
    bytes_init(&lines, OUTPUT_LIMIT);
    map_report_runs(span->first, span->last, runs);
    (void)snprintf(lead, sizeof lead, "%s: note: ", runs);
    bool done = map_report_faults(span, &lines, err) &&
                faults_print(span, &lines, out, faults, err) &&
                map_report_notes(cover, span, lead, out, err);
    bytes_release(&lines);
    return done;
}

static bool spans_print(const struct map_cover *cover, const struct run_range *range,
                        struct bytes *out, uint32_t *faults, struct err *err)
{
    for (size_t i = 0; i < cover->count; i++) {
        struct map_span span = cover->spans[i];
        if (span.last < range->first || span.first > range->last)
            continue;
        if (span.first < range->first)
            span.first = range->first;
        if (span.last > range->last)
            span.last = range->last;
        if (!span_print(cover, &span, out, faults, err))
            return false;
    }
    return true;
}

static bool maps_check(const char *path, const char *runs, struct bytes *out,
                       struct err *err)
{
    const struct map_cover_request request = {.path = path, .last = RUN_MAXIMUM};
    struct run_range range;
    struct map_cover cover;
    uint32_t faults = 0;
    if ((runs != NULL && !run_range_read(runs, &range, err)) ||
        !map_cover_read(&request, &cover, err))
        return false;
    if (runs == NULL)
        range = runs_known(&cover);
    bool done = map_report_table(&cover, out, err) && text_add(out, "\n", err);
    size_t before = out->size;
    done = done && spans_print(&cover, &range, out, &faults, err);
    if (done && out->size == before)
        done = text_add(out, "no gap, no channel twice\n", err);
    map_cover_release(&cover);
    if (done && faults > 0)
        done = err_set(err, E_MAP_RUNS, "%s: %" PRIu32 " faults, listed above", path,
                       faults);
    return done;
}

int raw_maps(int argc, char **argv)
{
    struct err err;
    struct bytes out;
    const char *runs = NULL;
    const struct command_option options[] = {{.name = "runs", .text = &runs}};
    if (!command_options(options, 1, &argc, argv, &err) ||
        !command_words(argc, 1, 1, "a file or folder of channel maps", &err))
        return command_error(&err);
    bytes_init(&out, OUTPUT_LIMIT);
    bool done = maps_check(argv[1], runs, &out, &err);
    int status = out.size == 0 ? 0 : command_print(&out);
    if (!done)
        status = command_error(&err);
    bytes_release(&out);
    return status;
}
