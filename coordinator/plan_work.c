/* plan_work.c - the work of a plan, as a simulation takes it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/plan_work.h"

#include <stdlib.h>

#include "base/bytes.h"
#include "coordinator/book.h"

static bool missing(const char *what, uint32_t number, enum lookup found, struct err *err)
{
    if (found == LOOKUP_ABSENT)
        return err_set(err, E_CATALOG_DAMAGED, "%s %u is not in the catalog", what,
                       number);
    return found == LOOKUP_FOUND;
}

static bool load_segment(struct plan_work *work, struct catalog_txn *txn,
                         const struct segment_id *id, uint32_t number, struct err *err)
{
    struct core_segment *segment = &work->segments[number];
    segment->id = *id;
    segment->steps = book_missing_steps(&work->campaign, &segment->state);
    if (!pace_segment(txn, id, &work->events[number], &segment->bytes, err))
        return false;
    struct forecast_work *out = &work->work;
    if (number == 0 || id->chunk.run != work->segments[number - 1].id.chunk.run)
        work->units[out->unit_count++] = (struct core_unit){.first = number};
    work->units[out->unit_count - 1].count++;
    if (!segment_state_is_final((enum segment_state)segment->state.state)) {
        work->open++;
        work->planned += segment->state.state == SEGMENT_PLANNED ? 1 : 0;
        work->open_events += work->events[number];
    }
    return true;
}

static bool load_stored(struct plan_work *work, struct catalog_txn *txn, struct err *err)
{
    uint32_t campaign = work->campaign.id;
    for (uint32_t i = 0; i < work->work.segment_count; i++) {
        struct plan_segment plan;
        if (!missing("plan segment", i,
                     catalog_get_plan_segment(txn, campaign, i, &plan, err), err) ||
            !catalog_get_states(txn, campaign, i, 1, &work->segments[i].state, err) ||
            !load_segment(work, txn, &plan.id, i, err))
            return false;
    }
    work->groups = mem_new(work->campaign.group_count, sizeof *work->groups);
    for (uint32_t i = 0; i < work->campaign.group_count; i++) {
        enum lookup found = catalog_get_group(txn, campaign, i, &work->groups[i], err);
        if (!missing("merge group", i, found, err))
            return false;
        if (work->groups[i].state == GROUP_LEASED)
            work->groups[i].state = GROUP_OPEN;
    }
    work->work.groups = work->groups;
    work->work.group_count = work->campaign.group_count;
    return true;
}

static bool load_plan(struct plan_work *work, struct catalog_txn *txn,
                      const struct plan *plan, struct err *err)
{
    for (uint32_t i = 0; i < plan->count; i++) {
        work->segments[i].state = plan->states[i];
        if (!load_segment(work, txn, &plan->segments[i].id, i, err))
            return false;
    }
    return true;
}

/* Steps that most open segments miss. */
static uint32_t usual_steps(const struct plan_work *work)
{
    uint32_t counts[(STEP_RECO | STEP_SELECT) + 1] = {0};
    uint32_t most = 0;
    for (uint32_t i = 0; i < work->work.segment_count; i++)
        counts[work->segments[i].steps]++;
    for (uint32_t steps = 1; steps <= (STEP_RECO | STEP_SELECT); steps++)
        if (most == 0 || counts[steps] > counts[most])
            most = steps;
    return most;
}

bool plan_work_load(struct plan_work *work, struct catalog_txn *txn,
                    const struct plan *plan, struct err *err)
{
    char streams[STREAMS][STREAM_NAME];
    *work = (struct plan_work){.open = 0};
    enum lookup found =
        catalog_get_campaign(txn, plan->campaign.name, &work->campaign, err);
    if (found == LOOKUP_FAILED)
        return false;
    bool stored = found == LOOKUP_FOUND;
    if (!stored)
        work->campaign = plan->campaign;
    uint32_t count = stored ? work->campaign.segment_count : plan->count;
    work->segments = mem_new(count, sizeof *work->segments);
    work->events = mem_new(count, sizeof *work->events);
    work->units = mem_new(count, sizeof *work->units);
    work->work = (struct forecast_work){
        .policy = work->campaign.policy,
        .segments = work->segments,
        .events = work->events,
        .segment_count = count,
        .units = work->units,
        .streams = book_streams(&work->campaign, streams, STREAMS)};
    bool done = stored ? load_stored(work, txn, err) : load_plan(work, txn, plan, err);
    if (!done)
        plan_work_release(work);
    else
        work->steps = usual_steps(work);
    return done;
}

void plan_work_release(struct plan_work *work)
{
    free(work->segments);
    free(work->events);
    free(work->units);
    free(work->groups);
    *work = (struct plan_work){.open = 0};
}
