/* run_times.c - validity by time -> runs, through the run catalogue.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/run_times.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/text.h"

bool run_times_load(struct catalog *catalog, struct run_times *times, struct err *err)
{
    struct catalog_txn *txn;
    struct run run;
    uint32_t from = 0;
    size_t capacity = 0;
    enum lookup found;
    *times = (struct run_times){.count = 0};
    if (!catalog_begin(catalog, &txn, err))
        return false;
    while ((found = catalog_next_run(txn, from, &run, err)) == LOOKUP_FOUND) {
        if (times->count == capacity) {
            capacity = capacity > 0 ? 2 * capacity : 1024;
            times->runs = mem_grow(times->runs, capacity, sizeof *times->runs);
        }
        times->runs[times->count++] =
            (struct run_time){run.number, run.start_s, run.stop_s};
        from = run.number + 1;
    }
    catalog_abort(txn);
    return found == LOOKUP_ABSENT;
}

void run_times_release(struct run_times *times)
{
    free(times->runs);
    *times = (struct run_times){.count = 0};
}

static bool starts_ascend(const struct run_times *times, struct err *err)
{
    const struct run_time *last = NULL;
    for (size_t i = 0; i < times->count; i++) {
        const struct run_time *run = &times->runs[i];
        if (run->start_s == 0)
            continue;
        if (last && run->start_s < last->start_s)
            return err_set(err, E_VALIDITY,
                           "run %" PRIu32 " started before run %" PRIu32
                           " in the catalogue: a time is no range of runs",
                           run->run, last->run);
        last = run;
    }
    return true;
}

/* Index of the first run that started at a time or later; count when none did. */
static bool first_from(const struct run_times *times, int64_t time, size_t *index,
                       struct err *err)
{
    size_t unknown = SIZE_MAX;
    size_t i = 0;
    for (; i < times->count; i++) {
        const struct run_time *run = &times->runs[i];
        if (run->start_s >= time && run->start_s != 0)
            break;
        if (run->start_s != 0)
            unknown = SIZE_MAX;
        else if (unknown == SIZE_MAX)
            unknown = i;
    }
    *index = i;
    if (unknown == SIZE_MAX)
        return true;
    char text[VALIDITY_TIME];
    validity_write_time(time, text);
    return err_set(err, E_VALIDITY,
                   "run %" PRIu32 " has no start time in the catalogue: it may be before "
                   "or after %s",
                   times->runs[unknown].run, text);
}

static bool report_start(const struct run_times *times, size_t first, int64_t from,
                         struct bytes *report, struct err *err)
{
    const struct run_time *run = &times->runs[first];
    char text[VALIDITY_TIME];
    validity_write_time(from, text);
    if (!text_addf(report, err,
                   "from %s: from run %" PRIu32 " on, which started %" PRId64
                   " s later\n",
                   text, run->run, run->start_s - from))
        return false;
    if (first == 0 || run[-1].stop_s <= from)
        return true;
    return text_addf(report, err,
                     "    run %" PRIu32 " went on for %" PRId64
                     " s behind that and is not covered\n",
                     run[-1].run, run[-1].stop_s - from);
}

static bool report_end(const struct run_times *times, size_t end, int64_t until,
                       struct bytes *report, struct err *err)
{
    const struct run_time *last = &times->runs[end - 1];
    char text[VALIDITY_TIME];
    validity_write_time(until, text);
    if (!text_addf(report, err, "until %s: through run %" PRIu32, text, last->run))
        return false;
    if (last->stop_s > until)
        return text_addf(report, err, ", which went on for %" PRId64 " s behind that\n",
                         last->stop_s - until);
    return text_addf(report, err, "%s\n",
                     end == times->count ? ", the last one of the catalogue" : "");
}

bool run_times_interval(const struct run_times *times, const struct validity *validity,
                        struct interval *interval, struct bytes *report, struct err *err)
{
    size_t first = 0, end = 0;
    char text[VALIDITY_TIME];
    bool open = validity->until_s == INT64_MAX;
    if (!starts_ascend(times, err) || !first_from(times, validity->from_s, &first, err) ||
        (!open && !first_from(times, validity->until_s, &end, err)))
        return false;
    if (first == times->count || (!open && end <= first)) {
        validity_write_time(validity->from_s, text);
        return err_set(err, E_VALIDITY,
                       "no run of the catalogue started in the time from %s on", text);
    }
    if (!report_start(times, first, validity->from_s, report, err) ||
        (!open && !report_end(times, end, validity->until_s, report, err)))
        return false;
    interval->start = (struct moment){times->runs[first].run, 0};
    interval->end = open ? MOMENT_OPEN : (struct moment){times->runs[end - 1].run + 1, 0};
    return true;
}
