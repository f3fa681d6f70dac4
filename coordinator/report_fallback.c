/* report_fallback.c - what a planned campaign rests on, read from the catalog.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <stdlib.h>

#include "coordinator/fallback_spill.h"
#include "coordinator/report.h"

#define SET_MEMORY ((size_t)64 << 20)

/* The segments of the spill that is being collected, and what reads its values. */
struct gathering {
    struct campaign_report *report;
    struct catalog_txn *txn;
    struct arena arena;
    struct plan_segment *segments;
    uint32_t count, room;
};

static bool set_add(struct gathering *gathering, uint32_t set, const double *eot,
                    struct err *err)
{
    const struct campaign *campaign = &gathering->report->campaign;
    const uint32_t *values;
    uint32_t count;
    arena_reset(&gathering->arena);
    enum lookup found = catalog_get_set(gathering->txn, campaign->id, set,
                                        &gathering->arena, &values, &count, err);
    for (uint32_t i = 0; found == LOOKUP_FOUND && i < count; i++) {
        struct task_value value;
        found = catalog_get_value(gathering->txn, campaign->id, values[i],
                                  &gathering->arena, &value, err);
        if (found == LOOKUP_FOUND)
            fallback_add_value(&gathering->report->fallbacks, value.effective.type,
                               value.effective.level, eot);
    }
    return found == LOOKUP_FOUND ||
           (found == LOOKUP_ABSENT &&
            err_set(err, E_CATALOG_DAMAGED,
                    "campaign %s: value set %" PRIu32 " or one of its values is missing",
                    campaign->name, set));
}

static bool spill_close(struct gathering *gathering, struct err *err)
{
    struct fallback_spill spill;
    const struct plan_segment *first = gathering->segments;
    if (gathering->count == 0)
        return true;
    if (!fallback_spill_read(gathering->txn, first, gathering->count, &spill, err))
        return false;
    gathering->count = 0;
    const double *eot = spill.known ? &spill.eot : NULL;
    if (!spill.selected)
        return true;
    fallback_add_spill(&gathering->report->fallbacks, eot);
    return set_add(gathering, first->reco_set, eot, err) &&
           set_add(gathering, first->select_set, eot, err);
}

static bool segment_add(struct gathering *gathering, const struct plan_segment *segment,
                        struct err *err)
{
    const struct plan_segment *first = gathering->segments;
    bool other = gathering->count > 0 && (first->spill != segment->spill ||
                                          first->id.chunk.run != segment->id.chunk.run);
    if (other && !spill_close(gathering, err))
        return false;
    if (gathering->count == gathering->room) {
        gathering->room = gathering->room == 0 ? 64 : 2 * gathering->room;
        gathering->segments =
            mem_grow(gathering->segments, gathering->room, sizeof gathering->segments[0]);
    }
    gathering->segments[gathering->count++] = *segment;
    return true;
}

bool report_fallbacks(struct campaign_report *report, struct catalog_txn *txn,
                      struct err *err)
{
    struct gathering gathering = {.report = report, .txn = txn};
    const struct campaign *campaign = &report->campaign;
    bool done = true;
    arena_init(&gathering.arena, SET_MEMORY);
    for (uint32_t i = 0; done && i < campaign->segment_count; i++) {
        struct plan_segment planned;
        if (report->only != NULL && !stage_spans_have(report->only, i))
            continue;
        enum lookup found = catalog_get_plan_segment(txn, campaign->id, i, &planned, err);
        if (found == LOOKUP_ABSENT)
            (void)err_set(err, E_CATALOG_DAMAGED,
                          "campaign %s: segment %" PRIu32 " is missing", campaign->name,
                          i);
        done = found == LOOKUP_FOUND && segment_add(&gathering, &planned, err);
    }
    done = done && spill_close(&gathering, err);
    arena_release(&gathering.arena);
    free(gathering.segments);
    return done;
}
