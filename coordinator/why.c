/* why.c - causes of different keys.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/why.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"

void why_init(struct why *why)
{
    *why = (struct why){.segments = 0};
}

void why_release(struct why *why)
{
    for (size_t i = 0; i < why->cause_count; i++)
        free(why->causes[i].spills);
    free(why->runs);
    why_init(why);
}

static void spill_count(struct why_spill **list, size_t *count, size_t *room,
                        const struct why_spill *one)
{
    struct why_spill *last = *count == 0 ? NULL : &(*list)[*count - 1];
    if (last != NULL && last->run == one->run && last->spill == one->spill) {
        last->segments++;
        return;
    }
    if (*count == *room) {
        *room = *room == 0 ? 64 : 2 * *room;
        *list = mem_grow(*list, *room, sizeof **list);
    }
    bug_if(*list == NULL);
    (*list)[(*count)++] = *one;
}

static void cause_add(struct why *why, const char *name,
                      const struct plan_segment *segment)
{
    struct why_cause *cause = why->causes;
    const struct why_cause *end = why->causes + why->cause_count;
    while (cause < end && strcmp(cause->name, name) != 0)
        cause++;
    if (cause == end) {
        bug_if(why->cause_count == WHY_CAUSES); /* payload types and a few more */
        why->cause_count++;
        *cause = (struct why_cause){.segments = 0};
        (void)snprintf(cause->name, sizeof cause->name, "%s", name);
    }
    const struct why_spill one = {segment->id.chunk.run, segment->spill, 1};
    cause->segments++;
    spill_count(&cause->spills, &cause->count, &cause->room, &one);
}

static void run_add(struct why *why, const struct plan_segment *segment)
{
    const struct why_spill one = {segment->id.chunk.run, 0, 1};
    spill_count(&why->runs, &why->run_count, &why->run_room, &one);
}

/* Types whose value or level differs between two sorted lists. */
static size_t values_differ(const struct effective *a, size_t a_count,
                            const struct effective *b, size_t b_count,
                            const char *names[2 * PLAN_TYPES])
{
    size_t count = 0;
    size_t i = 0;
    size_t k = 0;
    while (i < a_count || k < b_count) {
        int order = i == a_count ? 1 : k == b_count ? -1 : strcmp(a[i].type, b[k].type);
        if (order < 0)
            names[count++] = a[i++].type;
        else if (order > 0)
            names[count++] = b[k++].type;
        else {
            if (a[i].level != b[k].level || !sha256_equal(&a[i].value, &b[k].value))
                names[count++] = b[k].type;
            i++;
            k++;
        }
    }
    return count;
}

/* Adds the causes in two sets; gives their number. */
static size_t sets_differ(struct why *why, const struct plan_view *a, uint32_t a_set,
                          const struct plan_view *b, uint32_t b_set,
                          const struct plan_segment *segment)
{
    struct effective a_values[PLAN_TYPES];
    struct effective b_values[PLAN_TYPES];
    const char *names[2 * PLAN_TYPES];
    size_t a_count = plan_view_set(a, a_set, a_values);
    size_t b_count = plan_view_set(b, b_set, b_values);
    size_t count = values_differ(a_values, a_count, b_values, b_count, names);
    for (size_t i = 0; i < count; i++)
        cause_add(why, names[i], segment);
    return count;
}

/* Whether the two recipes give the same text by `write`. */
static bool recipes_agree(const struct recipe *a, const struct recipe *b,
                          bool (*write)(struct bytes *, const struct recipe *,
                                        struct err *))
{
    struct bytes texts[2];
    struct err err;
    bytes_init(&texts[0], KEY_TEXT_LIMIT);
    bytes_init(&texts[1], KEY_TEXT_LIMIT);
    bool same =
        write(&texts[0], a, &err) && write(&texts[1], b, &err) &&
        texts[0].size == texts[1].size &&
        (texts[0].size == 0 || memcmp(texts[0].data, texts[1].data, texts[0].size) == 0);
    bytes_release(&texts[0]);
    bytes_release(&texts[1]);
    return same;
}

/* What is the same for all segments of two plans. */
struct common {
    const struct plan_view *a, *b;
    bool release, options, skims; /* these differ */
};

static struct common common_of(const struct plan_view *a, const struct plan_view *b)
{
    const struct recipe *left = &a->campaign.recipe;
    const struct recipe *right = &b->campaign.recipe;
    return (struct common){.a = a,
                           .b = b,
                           .release = !sha256_equal(&left->release, &right->release),
                           .options = !recipes_agree(left, right, recipe_reco_text),
                           .skims = !recipes_agree(left, right, recipe_skim_text)};
}

static void segment_differ(struct why *why, const struct common *common,
                           const struct plan_segment *a, const struct plan_segment *b)
{
    size_t causes = (size_t)common->release + common->options + common->skims;
    if (common->release)
        cause_add(why, "release", b);
    if (common->options)
        cause_add(why, "reco options", b);
    if (common->skims)
        cause_add(why, "skims", b);
    causes += sets_differ(why, common->a, a->reco_set, common->b, b->reco_set, b);
    causes += sets_differ(why, common->a, a->select_set, common->b, b->select_set, b);
    if (causes == 0)
        cause_add(why, "input", b);
}

void why_compare(struct why *why, const struct plan_view *a, const struct plan_view *b)
{
    const struct common common = common_of(a, b);
    uint32_t i = 0;
    uint32_t k = 0;
    while (i < a->count || k < b->count) {
        int order = i == a->count ? 1
                    : k == b->count
                        ? -1
                        : plan_segment_order(&a->segments[i], &b->segments[k]);
        why->only_a += order < 0;
        why->only_b += order > 0;
        if (order == 0) {
            const struct plan_segment *left = &a->segments[i];
            const struct plan_segment *right = &b->segments[k];
            why->segments++;
            run_add(why, right);
            if (!plan_segment_same(left, right)) {
                why->different++;
                why->select_only += sha256_equal(&left->reco_key, &right->reco_key);
                segment_differ(why, &common, left, right);
            }
        }
        i += order <= 0;
        k += order >= 0;
    }
}

void why_rerun(struct why *why, const struct plan_view *earlier, const struct plan *plan)
{
    struct plan_view view;
    plan_view_init(&view);
    plan_view_of(&view, plan);
    const struct common common = common_of(earlier, &view);
    uint32_t i = 0;
    for (uint32_t k = 0; k < plan->count; k++) {
        const struct plan_segment *segment = &plan->segments[k];
        run_add(why, segment);
        if (plan->states[k].state == SEGMENT_COMMITTED)
            continue;
        while (i < earlier->count &&
               plan_segment_order(&earlier->segments[i], segment) < 0)
            i++;
        if (i == earlier->count ||
            plan_segment_order(&earlier->segments[i], segment) != 0)
            cause_add(why, "new", segment);
        else if (plan_segment_same(&earlier->segments[i], segment))
            cause_add(why, "no product", segment);
        else
            segment_differ(why, &common, &earlier->segments[i], segment);
    }
    plan_view_release(&view);
}

static uint32_t run_total(const struct why *why, uint32_t run)
{
    size_t low = 0;
    size_t high = why->run_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (why->runs[middle].run < run)
            low = middle + 1;
        else
            high = middle;
    }
    return low < why->run_count && why->runs[low].run == run ? why->runs[low].segments
                                                             : 0;
}

/* End of the part of one run that starts at `first`, and whether it is the whole run. */
static size_t run_end(const struct why *why, const struct why_cause *cause, size_t first,
                      bool *whole)
{
    uint64_t segments = 0;
    size_t end = first;
    while (end < cause->count && cause->spills[end].run == cause->spills[first].run)
        segments += cause->spills[end++].segments;
    *whole = segments == run_total(why, cause->spills[first].run);
    return end;
}

static bool spills_text(const struct why_cause *cause, size_t first, size_t end,
                        struct bytes *out, struct err *err)
{
    if (!text_addf(out, err, "run %" PRIu32 " spill", cause->spills[first].run))
        return false;
    while (first < end) {
        size_t last = first;
        while (last + 1 < end &&
               cause->spills[last + 1].spill == cause->spills[last].spill + 1)
            last++;
        if (!text_addf(out, err, " %" PRIu32, cause->spills[first].spill) ||
            (last > first &&
             !text_addf(out, err, "-%" PRIu32, cause->spills[last].spill)))
            return false;
        first = last + 1;
    }
    return true;
}

/* "run 9001, runs 9003-9005, run 9007 spill 2 4-6": whole runs that follow one another
 * among the compared ones are not joined over runs that were not compared. */
static bool where_text(const struct why *why, const struct why_cause *cause,
                       struct bytes *out, struct err *err)
{
    size_t at = 0;
    while (at < cause->count) {
        bool whole;
        bool next_whole = true;
        size_t end = run_end(why, cause, at, &whole);
        uint32_t first = cause->spills[at].run;
        uint32_t last = first;
        if (at > 0 && !text_add(out, ", ", err))
            return false;
        if (!whole) {
            if (!spills_text(cause, at, end, out, err))
                return false;
            at = end;
            continue;
        }
        while (end < cause->count && cause->spills[end].run == last + 1) {
            size_t next = run_end(why, cause, end, &next_whole);
            if (!next_whole)
                break;
            last++;
            end = next;
        }
        bool done = first == last
                        ? text_addf(out, err, "run %" PRIu32, first)
                        : text_addf(out, err, "runs %" PRIu32 "-%" PRIu32, first, last);
        if (!done)
            return false;
        at = end;
    }
    return true;
}

bool why_text(const struct why *why, struct bytes *out, struct err *err)
{
    for (size_t i = 0; i < why->cause_count; i++) {
        const struct why_cause *cause = &why->causes[i];
        if (!text_addf(out, err, "  %s: %" PRIu64 " segments, ", cause->name,
                       cause->segments) ||
            !where_text(why, cause, out, err) || !text_add(out, "\n", err))
            return false;
    }
    return true;
}

void why_json(const struct why *why, struct json_writer *json)
{
    json_open_array(json, "causes");
    for (size_t i = 0; i < why->cause_count; i++) {
        const struct why_cause *cause = &why->causes[i];
        json_open_object(json, NULL);
        json_put_text(json, "name", cause->name);
        json_put_u64(json, "segments", cause->segments);
        json_open_array(json, "spills");
        for (size_t k = 0; k < cause->count; k++) {
            json_open_object(json, NULL);
            json_put_u64(json, "run", cause->spills[k].run);
            json_put_u64(json, "spill", cause->spills[k].spill);
            json_put_u64(json, "segments", cause->spills[k].segments);
            json_close_object(json);
        }
        json_close_array(json);
        json_close_object(json);
    }
    json_close_array(json);
}
