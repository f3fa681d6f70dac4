/* plan_maps.c - the channel maps of a plan against its runs, before anything is run.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A run for which a map has no channel, or one channel for two detectors, would fail in
 * every task: it is blocked. Detectors with fewer channels than in other runs of the map
 * are only told, since detectors come and go.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/disk.h"
#include "base/text.h"
#include "conditions/resolve.h"
#include "coordinator/map_report.h"
#include "coordinator/plan_build.h"
#include "model/run.h"

#define MAP_TYPE "channel_map"

/* Is any spill of the run in the interval? */
static bool entry_holds(const struct manifest_entry *entry, uint32_t run)
{
    const struct interval whole = interval_of_runs(run, run);
    return !interval_is_empty(interval_common(entry->interval, whole));
}

static bool run_fault(struct plan *plan, struct plan_run *run, const char *reason,
                      struct err *err)
{
    char text[PLAN_REASON];
    (void)snprintf(text, sizeof text, MAP_TYPE ": %.*s", PLAN_REASON - 20, reason);
    plan->condition_problems++;
    return plan_run_block(plan, run, text, err);
}

static const struct map_span *span_of(const struct map_cover *cover, uint32_t run)
{
    size_t i = 0;
    while (run > cover->spans[i].last)
        i++;
    return &cover->spans[i];
}

static bool run_check(struct plan *plan, struct plan_run *run,
                      const struct map_cover *cover, struct err *err)
{
    const struct map_span *span = span_of(cover, run->run.number);
    char lead[48];
    const char *text;
    struct bytes faults;
    bytes_init(&faults, PLAN_PROBLEMS);
    (void)snprintf(lead, sizeof lead, "run %" PRIu32 ": " MAP_TYPE ": ", run->run.number);
    bool done = map_report_faults(span, &faults, err) &&
                map_report_notes(cover, span, lead, &plan->notes, err);
    if (done && faults.size > 0)
        done = text_terminate(&faults, &text, err) && run_fault(plan, run, text, err);
    bytes_release(&faults);
    return done;
}

static bool map_load(const struct plan *plan, const struct manifest_entry *entry,
                     struct map_cover *cover, struct err *err)
{
    char name[RESOLVE_NAME];
    char path[TASK_URL + RESOLVE_NAME];
    struct bytes text;
    resolve_blob_name(&entry->hash, name);
    (void)snprintf(path, sizeof path, "%s/%s", plan->values.folder, name);
    bytes_init(&text, MAP_MAX_TEXT);
    bool done = disk_read_file(path, &text, err);
    if (done) {
        const struct map_cover_request request = {
            .xml = text.data, .size = text.size, .name = MAP_TYPE, .last = RUN_MAXIMUM};
        done = map_cover_read(&request, cover, err);
    }
    bytes_release(&text);
    return done;
}

/* A map that cannot be read blocks the runs that it is for. */
static bool entry_check(struct plan *plan, const struct manifest_entry *entry,
                        struct err *err)
{
    struct map_cover cover = {.count = 0};
    struct err inner;
    bool done = true;
    bool loaded = map_load(plan, entry, &cover, &inner);
    if (!loaded && inner.kind != ERR_CONDITIONS) {
        *err = inner;
        return false;
    }
    for (size_t i = 0; done && i < plan->run_count; i++) {
        struct plan_run *run = &plan->runs[i];
        if (run->blocked[0] == 0 && entry_holds(entry, run->run.number))
            done = loaded ? run_check(plan, run, &cover, err)
                          : run_fault(plan, run, inner.text, err);
    }
    map_cover_release(&cover);
    return done;
}

bool plan_maps_check(struct plan *plan, struct err *err)
{
    const struct manifest *manifest = &plan->values.manifest;
    for (size_t i = 0; i < manifest->count; i++) {
        const struct manifest_entry *entry = &manifest->entries[i];
        if (strcmp(entry->type, MAP_TYPE) == 0 && !entry->gap &&
            !entry_check(plan, entry, err))
            return false;
    }
    return true;
}
