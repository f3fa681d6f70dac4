/* amend_diff.c - the plan of an amendment beside the plans that answer now.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/amend_diff.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "coordinator/plan_view.h"

void amend_diff_release(struct amend_diff *diff)
{
    free(diff->runs);
    *diff = (struct amend_diff){.count = 0};
}

/* One run beside the plan that answers for it. */
struct beside {
    const struct plan *plan;
    const struct plan_view *now;
    struct catalog_txn *txn;
    struct amend_run *out;
};

static int order_to(const void *key, const void *row)
{
    return plan_segment_order(key, row);
}

static const struct plan_segment *find_now(const struct plan_view *now,
                                           const struct plan_segment *segment)
{
    return now->count == 0 ? NULL
                           : bsearch(segment, now->segments, now->count,
                                     sizeof *now->segments, order_to);
}

/* `spill` is the last one that was counted. */
static void count_add(struct amend_count *count, uint64_t events, uint32_t spill,
                      uint32_t *last)
{
    count->segments++;
    count->events += events;
    count->spills += spill != *last ? 1 : 0;
    *last = spill;
}

static bool run_compare(const struct beside *beside, const struct plan_run *run,
                        struct err *err)
{
    struct amend_run *out = beside->out;
    uint32_t last[4] = {UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX};
    for (uint32_t i = run->first; i < run->first + run->count; i++) {
        const struct plan_segment *segment = &beside->plan->segments[i];
        const struct plan_segment *now = find_now(beside->now, segment);
        struct segment record;
        enum lookup found = catalog_get_segment(beside->txn, &segment->id, &record, err);
        if (found == LOOKUP_ABSENT)
            err_set(err, E_CATALOG_DAMAGED, "run %" PRIu32 ": a segment is missing",
                    run->run.number);
        if (found != LOOKUP_FOUND)
            return false;
        uint64_t events = record.events[EVENT_PHYSICS] + record.events[EVENT_CALIBRATION];
        uint32_t spill = segment->spill;
        if (now != NULL && plan_segment_same(now, segment)) {
            count_add(&out->kept, events, spill, &last[0]);
            continue;
        }
        count_add(&out->changed, events, spill, &last[1]);
        if (beside->plan->states[i].state == SEGMENT_COMMITTED)
            count_add(&out->reused, events, spill, &last[2]);
        else
            count_add(&out->rerun, events, spill, &last[3]);
    }
    return true;
}

static bool count_files(const struct beside *beside, struct err *err)
{
    const struct campaign *campaign = &beside->now->campaign;
    for (uint32_t i = 0; i < campaign->group_count; i++) {
        struct merge_group group;
        enum lookup found = catalog_get_group(beside->txn, campaign->id, i, &group, err);
        if (found == LOOKUP_ABSENT)
            err_set(err, E_CATALOG_DAMAGED, "merge group %" PRIu32 " is missing", i);
        if (found != LOOKUP_FOUND)
            return false;
        if (group.state == GROUP_PUBLISHED && group.merge_class.run == beside->out->run)
            beside->out->files++;
    }
    return true;
}

bool amend_diff_make(struct amend_diff *diff, const struct plan *plan,
                     const struct family *family, struct catalog_txn *txn,
                     struct err *err)
{
    struct plan_view now;
    const char *loaded = "";
    bool done = true;
    *diff = (struct amend_diff){.count = plan->run_count};
    diff->runs = mem_new(plan->run_count, sizeof *diff->runs);
    plan_view_init(&now);
    for (size_t i = 0; done && i < plan->run_count; i++) {
        const struct plan_run *run = &plan->runs[i];
        struct beside beside = {plan, &now, txn, &diff->runs[i]};
        const char *answer = family_answer(family, run->run.number);
        diff->runs[i].run = run->run.number;
        if (strcmp(answer, loaded) != 0) {
            plan_view_release(&now);
            plan_view_init(&now);
            done = plan_view_load(&now, txn, answer, err);
            loaded = answer;
        }
        done = done && run_compare(&beside, run, err) &&
               (diff->runs[i].changed.segments == 0 || count_files(&beside, err));
    }
    plan_view_release(&now);
    return done;
}

static void sum_add(struct amend_count *sum, const struct amend_count *one)
{
    sum->segments += one->segments;
    sum->events += one->events;
    sum->spills += one->spills;
}

static struct amend_run add_up(const struct amend_diff *diff, uint32_t *changed)
{
    struct amend_run sum = {.run = 0};
    *changed = 0;
    for (size_t i = 0; i < diff->count; i++) {
        const struct amend_run *run = &diff->runs[i];
        *changed += run->changed.segments > 0 ? 1 : 0;
        sum_add(&sum.changed, &run->changed);
        sum_add(&sum.kept, &run->kept);
        sum_add(&sum.rerun, &run->rerun);
        sum_add(&sum.reused, &run->reused);
        sum.files += run->files;
    }
    return sum;
}

static bool count_text(const char *word, const struct amend_count *count,
                       struct bytes *out, struct err *err)
{
    return text_addf(
        out, err, "  %s: %" PRIu32 " segments, %" PRIu64 " events, %" PRIu32 " spills\n",
        word, count->segments, count->events, count->spills);
}

bool amend_diff_text(const struct amend_diff *diff, struct bytes *out, struct err *err)
{
    uint32_t changed;
    struct amend_run sum = add_up(diff, &changed);
    for (size_t i = 0; i < diff->count; i++) {
        const struct amend_run *run = &diff->runs[i];
        if (!text_addf(out, err,
                       "run %" PRIu32 ": %" PRIu32 " segments invalidated (%" PRIu32
                       " run again, %" PRIu32 " found), %" PRIu32 " kept; %" PRIu32
                       " published files replaced\n",
                       run->run, run->changed.segments, run->rerun.segments,
                       run->reused.segments, run->kept.segments, run->files))
            return false;
    }
    return text_addf(out, err, "%" PRIu32 " of %zu runs change:\n", changed,
                     diff->count) &&
           count_text("invalidated", &sum.changed, out, err) &&
           count_text("run again", &sum.rerun, out, err) &&
           count_text("found", &sum.reused, out, err) &&
           count_text("kept", &sum.kept, out, err) &&
           text_addf(out, err, "  published files replaced: %" PRIu32 "\n", sum.files);
}

static void count_json(struct json_writer *json, const char *key,
                       const struct amend_count *count)
{
    json_open_object(json, key);
    json_put_u64(json, "segments", count->segments);
    json_put_u64(json, "events", count->events);
    json_put_u64(json, "spills", count->spills);
    json_close_object(json);
}

static void run_json(struct json_writer *json, const struct amend_run *run)
{
    count_json(json, "invalidated", &run->changed);
    count_json(json, "rerun", &run->rerun);
    count_json(json, "found", &run->reused);
    count_json(json, "kept", &run->kept);
    json_put_u64(json, "files_replaced", run->files);
}

bool amend_diff_json(const struct amend_diff *diff, struct bytes *out, struct err *err)
{
    struct json_writer json;
    uint32_t changed;
    struct amend_run sum = add_up(diff, &changed);
    json_begin(&json, out);
    json_open_object(&json, NULL);
    json_put_u64(&json, "runs_changed", changed);
    run_json(&json, &sum);
    json_open_array(&json, "runs");
    for (size_t i = 0; i < diff->count; i++) {
        json_open_object(&json, NULL);
        json_put_u64(&json, "run", diff->runs[i].run);
        run_json(&json, &diff->runs[i]);
        json_close_object(&json);
    }
    json_close_array(&json);
    json_close_object(&json);
    return json_end(&json, err) && bytes_append(out, "\n", 1, err);
}
