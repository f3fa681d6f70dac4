/* plan_stages.c - the sample of a plan, and what waits behind its gates.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <stdlib.h>

#include "base/text.h"
#include "coordinator/plan_build.h"

static bool run_stage(struct plan *plan, struct catalog_txn *txn,
                      const struct plan_run *run, struct err *err)
{
    uint32_t *spills = mem_new(run->count, sizeof *spills);
    bool *events = mem_new(run->count, sizeof *events);
    bool done = true;
    for (uint32_t i = 0; done && i < run->count; i++) {
        struct segment segment;
        const struct plan_segment *planned = &plan->segments[run->first + i];
        enum lookup found = catalog_get_segment(txn, &planned->id, &segment, err);
        done = found == LOOKUP_FOUND ||
               (found == LOOKUP_ABSENT &&
                err_set(err, E_CATALOG_DAMAGED, "run %" PRIu32 ": a segment is missing",
                        run->run.number));
        spills[i] = planned->spill;
        events[i] = done && (segment.events[EVENT_PHYSICS] > 0 ||
                             segment.events[EVENT_CALIBRATION] > 0);
    }
    if (done)
        stages_add_run(&plan->stages, &(struct stage_run){.period = run->run.period,
                                                          .first = run->first,
                                                          .count = run->count,
                                                          .spills = spills,
                                                          .events = events});
    free(spills);
    free(events);
    return done;
}

/* What is there already needs no gate. */
static void rest_wait(struct plan *plan, const struct stage_spans *rest)
{
    for (uint32_t i = 0; i < rest->count; i++)
        for (uint32_t k = 0; k < rest->list[i].count; k++) {
            struct plan_state *state = &plan->states[rest->list[i].first + k];
            if (state->state == SEGMENT_READY)
                state->state = SEGMENT_PLANNED;
        }
}

bool plan_stages(struct plan *plan, struct catalog *catalog,
                 const struct campaign_file *file, struct err *err)
{
    struct catalog_txn *txn;
    if (file->sample_spills == 0)
        return true;
    plan->stages.spills = file->sample_spills;
    plan->stages.gate_days = file->gate_days;
    if (!catalog_begin(catalog, &txn, err))
        return false;
    bool done = true;
    for (size_t i = 0; done && i < plan->run_count; i++)
        done = plan->runs[i].count == 0 || run_stage(plan, txn, &plan->runs[i], err);
    catalog_abort(txn);
    for (uint32_t i = 0; done && i < plan->stages.count; i++)
        rest_wait(plan, &plan->stages.periods[i].rest);
    return done;
}

/* Segments of the spans in a state, and their bytes. */
struct stage_size {
    uint64_t segments, open, bytes;
};

static struct stage_size size_of(const struct plan *plan, const struct stage_spans *spans,
                                 enum segment_state state)
{
    struct stage_size size = {.segments = stage_spans_sum(spans)};
    for (uint32_t i = 0; i < spans->count; i++)
        for (uint32_t k = 0; k < spans->list[i].count; k++) {
            uint32_t number = spans->list[i].first + k;
            if (plan->states[number].state != state)
                continue;
            size.open++;
            size.bytes += plan->bytes[number];
        }
    return size;
}

bool plan_stages_text(const struct plan *plan, struct bytes *out, struct err *err)
{
    const struct stages *stages = &plan->stages;
    for (uint32_t i = 0; i < stages->count; i++) {
        const struct stage_period *period = &stages->periods[i];
        struct stage_size sample = size_of(plan, &period->sample, SEGMENT_READY);
        struct stage_size rest = size_of(plan, &period->rest, SEGMENT_PLANNED);
        if (i == 0 &&
            !text_addf(out, err,
                       "stages: a sample of %" PRIu32 " spills of each run, then a gate "
                       "for each period, which holds %" PRIu32 " days\n",
                       stages->spills, stages->gate_days))
            return false;
        if (!text_addf(out, err,
                       "  period %s: sample of %" PRIu64 " segments, %" PRIu64
                       " to do (%" PRIu64 " bytes); behind its gate %" PRIu64 ", %" PRIu64
                       " to do (%" PRIu64 " bytes)\n",
                       period->name, sample.segments, sample.open, sample.bytes,
                       rest.segments, rest.open, rest.bytes))
            return false;
    }
    return true;
}

static void size_json(struct json_writer *json, const char *key,
                      const struct stage_size *size)
{
    json_open_object(json, key);
    json_put_u64(json, "segments", size->segments);
    json_put_u64(json, "to_do", size->open);
    json_put_u64(json, "bytes", size->bytes);
    json_close_object(json);
}

void plan_stages_json(const struct plan *plan, struct json_writer *json)
{
    const struct stages *stages = &plan->stages;
    if (stages->count == 0)
        return;
    json_open_array(json, "stages");
    for (uint32_t i = 0; i < stages->count; i++) {
        const struct stage_period *period = &stages->periods[i];
        struct stage_size sample = size_of(plan, &period->sample, SEGMENT_READY);
        struct stage_size rest = size_of(plan, &period->rest, SEGMENT_PLANNED);
        json_open_object(json, NULL);
        json_put_text(json, "period", period->name);
        size_json(json, "sample", &sample);
        size_json(json, "rest", &rest);
        json_close_object(json);
    }
    json_close_array(json);
}
