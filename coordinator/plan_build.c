/* plan_build.c - selection, coverage, order and keys.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/plan_build.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "conditions/coverage.h"

void plan_init(struct plan *plan)
{
    *plan = (struct plan){.segments = NULL};
    plan_values_init(&plan->values);
    bytes_init(&plan->problems, PLAN_PROBLEMS);
    bytes_init(&plan->notes, PLAN_PROBLEMS);
    bytes_init(&plan->why, PLAN_WHY);
}

void plan_release(struct plan *plan)
{
    free(plan->segments);
    free(plan->states);
    free(plan->bytes);
    free(plan->runs);
    stages_release(&plan->stages);
    plan_values_release(&plan->values);
    bytes_release(&plan->problems);
    bytes_release(&plan->notes);
    bytes_release(&plan->why);
}

static bool run_add(struct plan *plan, const struct run *run)
{
    if (plan->run_count == plan->run_room) {
        plan->run_room = plan->run_room == 0 ? 64 : 2 * plan->run_room;
        plan->runs = mem_grow(plan->runs, plan->run_room, sizeof plan->runs[0]);
    }
    plan->runs[plan->run_count++] = (struct plan_run){.run = *run};
    return true;
}

static bool runs_select(struct plan *plan, struct catalog_txn *txn,
                        const struct selection *selection, struct err *err)
{
    struct run run;
    uint32_t from = 0;
    enum lookup found;
    while ((found = catalog_next_run(txn, from, &run, err)) == LOOKUP_FOUND) {
        enum select_reason reason = selection_takes(selection, &run);
        plan->not_taken[reason]++;
        if (reason == SELECT_TAKEN)
            run_add(plan, &run);
        from = run.number + 1;
    }
    return found != LOOKUP_FAILED;
}

bool plan_run_block(struct plan *plan, struct plan_run *run, const char *reason,
                    struct err *err)
{
    if (run->blocked[0] == 0)
        (void)snprintf(run->blocked, sizeof run->blocked, "%.*s", PLAN_REASON - 1,
                       reason);
    return text_addf(&plan->problems, err, "run %" PRIu32 ": %s\n", run->run.number,
                     reason);
}

static bool chunk_check(struct plan *plan, struct plan_run *run,
                        const struct chunk *chunk, const struct chunk_id *expected,
                        struct err *err)
{
    char name[CHUNK_NAME];
    char reason[PLAN_REASON];
    if (chunk->id.number != expected->number) {
        chunk_name(expected, name);
        (void)snprintf(reason, sizeof reason, "chunk %s is missing in the catalogue",
                       name);
        plan->input_problems++;
        if (!plan_run_block(plan, run, reason, err))
            return false;
    }
    if (!chunk->scanned) {
        chunk_name(&chunk->id, name);
        (void)snprintf(reason, sizeof reason, "chunk %s was not scanned", name);
        plan->input_problems++;
        return plan_run_block(plan, run, reason, err);
    }
    return true;
}

static bool run_check(struct plan *plan, struct catalog_txn *txn, struct plan_run *run,
                      struct err *err)
{
    struct chunk_id from = {.run = run->run.number};
    struct chunk_id expected = {.run = run->run.number};
    struct chunk chunk;
    enum lookup found;
    bool more = true;
    uint32_t count = 0;
    while (more &&
           (found = catalog_next_chunk(txn, &from, &chunk, err)) != LOOKUP_ABSENT) {
        if (found == LOOKUP_FAILED)
            return false;
        if (chunk.id.run != run->run.number)
            break;
        bool same_builder = count > 0 && chunk.id.builder == expected.builder;
        expected.number = same_builder ? (uint16_t)(expected.number + 1) : 1;
        expected.builder = chunk.id.builder;
        if (!chunk_check(plan, run, &chunk, &expected, err))
            return false;
        run->bytes += chunk.size;
        run->segments += chunk.segments;
        expected = chunk.id;
        from = chunk.id;
        more = chunk_id_step(&from);
        count++;
    }
    if (count > 0)
        return true;
    plan->input_problems++;
    return plan_run_block(plan, run, "no chunk in the catalogue", err);
}

static bool runs_read(struct plan *plan, struct catalog *catalog,
                      const struct selection *selection, struct err *err)
{
    struct catalog_txn *txn;
    if (!catalog_begin(catalog, &txn, err))
        return false;
    bool done = runs_select(plan, txn, selection, err);
    for (size_t i = 0; done && i < plan->run_count; i++)
        done = run_check(plan, txn, &plan->runs[i], err);
    catalog_abort(txn);
    return done;
}

/* First and last spill of each run that can be planned. */
static bool spills_read(const struct plan *plan, struct catalog_txn *txn,
                        struct coverage_run *covered, size_t *count, struct err *err)
{
    *count = 0;
    for (size_t i = 0; i < plan->run_count; i++) {
        uint32_t number = plan->runs[i].run.number;
        struct coverage_run run = {.run = number};
        struct spill spill;
        uint32_t from = 0;
        enum lookup found;
        if (plan->runs[i].blocked[0] != 0)
            continue;
        while ((found = catalog_next_spill(txn, number, from, &spill, err)) ==
               LOOKUP_FOUND) {
            if (from == 0)
                run.first_spill = spill.number;
            run.last_spill = spill.number;
            from = spill.number + 1;
        }
        if (found == LOOKUP_FAILED)
            return false;
        covered[(*count)++] = run;
    }
    return true;
}

static bool run_coverage(struct plan *plan, const struct coverage *all, size_t index,
                         struct plan_run *run, struct err *err)
{
    struct coverage one = *all;
    struct bytes report;
    size_t gaps = 0;
    one.runs = &all->runs[index];
    one.run_count = 1;
    bytes_init(&report, PLAN_PROBLEMS);
    bool done = coverage_report(&plan->values.manifest, &one, &report, &gaps, err);
    if (done && gaps > 0)
        (void)snprintf(run->blocked, sizeof run->blocked, "%zu gaps in the tag: %.*s",
                       gaps, (int)strcspn((const char *)report.data, "\n"),
                       (const char *)report.data);
    bytes_release(&report);
    return done;
}

/* Gaps of the tag: each (type, run range) is a line; the runs in them are blocked. */
static bool coverage_check(struct plan *plan, const struct coverage_run *covered,
                           size_t count, struct err *err)
{
    const char *names[PLAN_TYPES];
    size_t gaps = 0;
    for (size_t i = 0; i < plan->values.type_count; i++)
        names[i] = plan->values.types[i]->name;
    const struct coverage all = {names, plan->values.type_count, covered, count};
    if (!coverage_report(&plan->values.manifest, &all, &plan->problems, &gaps, err))
        return false;
    plan->condition_problems += (uint32_t)gaps;
    size_t index = 0;
    for (size_t i = 0; gaps > 0 && i < plan->run_count; i++)
        if (plan->runs[i].blocked[0] == 0 &&
            !run_coverage(plan, &all, index++, &plan->runs[i], err))
            return false;
    return true;
}

static bool conditions_read(struct plan *plan, struct catalog *catalog,
                            const struct campaign_file *file, const char *folder,
                            struct err *err)
{
    struct catalog_txn *txn;
    size_t count;
    if (plan->run_count == 0)
        return true;
    const struct run_range range = {plan->runs[0].run.number,
                                    plan->runs[plan->run_count - 1].run.number};
    size_t before = plan->problems.size;
    if (!plan_values_resolve(&plan->values, file, &range, folder, &plan->problems, err))
        return false;
    plan->condition_problems += plan->problems.size > before;
    if (!bytes_append(&plan->notes, plan->values.notes.data, plan->values.notes.size,
                      err))
        return false;
    if (plan->values.type_count == 0)
        return true;
    if (!catalog_begin(catalog, &txn, err))
        return false;
    struct coverage_run *covered = mem_new(plan->run_count, sizeof *covered);
    bool done = spills_read(plan, txn, covered, &count, err);
    catalog_abort(txn);
    done =
        done && coverage_check(plan, covered, count, err) && plan_maps_check(plan, err);
    free(covered);
    return done;
}

/* The segments of one run with the chunks they are in. */
struct run_segments {
    struct segment *segments;
    size_t count, room;
    struct chunk *chunks;
    size_t chunk_count, chunk_room;
};

static bool chunks_collect(struct run_segments *all, struct catalog_txn *txn,
                           uint32_t run, struct err *err)
{
    struct chunk_id from = {.run = run};
    struct chunk chunk;
    enum lookup found;
    all->chunk_count = 0;
    while ((found = catalog_next_chunk(txn, &from, &chunk, err)) == LOOKUP_FOUND &&
           chunk.id.run == run) {
        if (all->chunk_count == all->chunk_room) {
            all->chunk_room = all->chunk_room == 0 ? 64 : 2 * all->chunk_room;
            all->chunks = mem_grow(all->chunks, all->chunk_room, sizeof chunk);
        }
        all->chunks[all->chunk_count++] = chunk;
        from = chunk.id;
        if (!chunk_id_step(&from))
            break;
    }
    return found != LOOKUP_FAILED;
}

static bool segments_collect(struct run_segments *all, struct catalog_txn *txn,
                             uint32_t run, struct err *err)
{
    struct segment_id from = {.chunk = {.run = run}};
    enum lookup found = LOOKUP_FOUND;
    uint64_t expected = 0;
    all->count = 0;
    for (size_t i = 0; i < all->chunk_count; i++)
        expected += all->chunks[i].segments;
    while (all->count < expected) {
        if (all->count == all->room) {
            all->room = all->room == 0 ? 1024 : 2 * all->room;
            all->segments = mem_grow(all->segments, all->room, sizeof all->segments[0]);
        }
        struct segment *segment = &all->segments[all->count];
        found = catalog_next_segment(txn, &from, segment, err);
        if (found != LOOKUP_FOUND || segment->id.chunk.run != run)
            break;
        from = segment->id;
        from.ordinal++;
        all->count++;
    }
    if (found == LOOKUP_FAILED || all->count == expected)
        return found != LOOKUP_FAILED;
    return err_set(err, E_CATALOG_DAMAGED,
                   "run %" PRIu32 ": %zu segments, its chunks count %" PRIu64, run,
                   all->count, expected);
}

static int merge_order(const void *a, const void *b)
{
    const struct segment *left = a;
    const struct segment *right = b;
    if (left->spill != right->spill)
        return left->spill < right->spill ? -1 : 1;
    return segment_id_compare(&left->id, &right->id);
}

static int chunk_order(const void *a, const void *b)
{
    const struct chunk_id *id = a;
    const struct chunk *chunk = b;
    return chunk_id_compare(id, &chunk->id);
}

static void segment_add(struct plan *plan, const struct plan_segment *segment,
                        uint64_t bytes)
{
    if (plan->count == plan->room) {
        plan->room = plan->room == 0 ? 1024 : 2 * plan->room;
        plan->segments = mem_grow(plan->segments, plan->room, sizeof plan->segments[0]);
        plan->states = mem_grow(plan->states, plan->room, sizeof plan->states[0]);
        plan->bytes = mem_grow(plan->bytes, plan->room, sizeof plan->bytes[0]);
    }
    plan->segments[plan->count] = *segment;
    plan->states[plan->count] = (struct plan_state){.state = SEGMENT_READY};
    plan->bytes[plan->count++] = bytes;
}

static bool segment_plan(struct plan *plan, const struct chunk *chunk,
                         const struct segment *segment, struct key_maker *keys,
                         struct err *err)
{
    const struct plan_values *values = &plan->values;
    struct plan_segment planned = {.id = segment->id, .spill = segment->spill};
    bool same = plan_values_known(values, segment->id.chunk.run, segment->spill);
    if (!plan_values_at(&plan->values, segment->id.chunk.run, segment->spill, err))
        return false;
    const struct key_input input = {.chunk = chunk,
                                    .segment = segment,
                                    .recipe = &plan->campaign.recipe,
                                    .reco_values = values->reco,
                                    .reco_count = values->reco_count,
                                    .select_values = values->select,
                                    .select_count = values->select_count,
                                    .same_values = same};
    if (!key_maker_make(keys, &input, err))
        return false;
    if (plan->campaign.recipe.reconstruct)
        planned.reco_key = keys->reco_key;
    planned.select_key = keys->select_key;
    planned.reco_set = values->reco_set;
    planned.select_set = values->select_set;
    segment_add(plan, &planned, segment->length);
    return true;
}

/* A missing value blocks the run and is a problem; other errors end the planning. */
static bool run_plan(struct plan *plan, struct plan_run *run,
                     const struct run_segments *all, struct key_maker *keys,
                     struct err *err)
{
    struct err inner;
    run->first = plan->count;
    for (size_t i = 0; i < all->count; i++) {
        const struct segment *segment = &all->segments[i];
        const struct chunk *chunk =
            bsearch(&segment->id.chunk, all->chunks, all->chunk_count,
                    sizeof all->chunks[0], chunk_order);
        bug_if(chunk == NULL); /* the counts of the chunks were compared */
        run->events +=
            segment->events[EVENT_PHYSICS] + segment->events[EVENT_CALIBRATION];
        if (segment_plan(plan, chunk, segment, keys, &inner))
            continue;
        if (inner.code != E_EFFECTIVE && inner.code != E_MANIFEST) {
            *err = inner;
            return false;
        }
        plan->count = run->first;
        plan->condition_problems++;
        return plan_run_block(plan, run, inner.text, err);
    }
    run->count = plan->count - run->first;
    return true;
}

/* Two segments of a spill with the same events: one of the chunks is a copy of the other,
 * and both were scanned before event numbers were kept: they would be delivered twice.
 * The segments are in the order of merging. */
static bool copies_check(struct plan *plan, struct plan_run *run,
                         const struct run_segments *all, struct err *err)
{
    for (size_t i = 0; i < all->count; i++) {
        const struct segment *a = &all->segments[i], *b = a + 1;
        const struct segment *end = all->segments + all->count;
        if (a->events[EVENT_PHYSICS] + a->events[EVENT_CALIBRATION] == 0)
            continue;
        while (b < end && b->spill == a->spill &&
               !event_digest_equal(&a->digest, &b->digest))
            b++;
        if (b == end || b->spill != a->spill)
            continue;
        char first[CHUNK_NAME], second[CHUNK_NAME], reason[PLAN_REASON];
        chunk_name(&a->id.chunk, first);
        chunk_name(&b->id.chunk, second);
        (void)snprintf(reason, sizeof reason,
                       "spill %" PRIu32 ": chunks %s and %s hold the same events",
                       a->spill, first, second);
        plan->input_problems++;
        return plan_run_block(plan, run, reason, err);
    }
    return true;
}

/* Room for all of them at once: a plan of a million fills a hundred megabytes. It is what
 * the chunks say; whether they are there is looked at later, so there is a limit, beyond
 * which the room grows with what comes. */
#define ROOM_EXPECTED 4000000u

static void segments_expect(struct plan *plan)
{
    uint64_t count = 0;
    for (size_t i = 0; i < plan->run_count; i++)
        count += plan->runs[i].blocked[0] == 0 ? plan->runs[i].segments : 0;
    plan->room = count > ROOM_EXPECTED ? ROOM_EXPECTED : (uint32_t)count;
    plan->segments = mem_large(plan->room, sizeof plan->segments[0]);
    plan->states = mem_large(plan->room, sizeof plan->states[0]);
    plan->bytes = mem_large(plan->room, sizeof plan->bytes[0]);
}

static bool segments_read(struct plan *plan, struct catalog *catalog, struct err *err)
{
    struct run_segments all = {.count = 0};
    struct key_maker keys;
    struct catalog_txn *txn;
    if (!catalog_begin(catalog, &txn, err))
        return false;
    key_maker_init(&keys);
    segments_expect(plan);
    bool done = true;
    for (size_t i = 0; done && i < plan->run_count; i++) {
        struct plan_run *run = &plan->runs[i];
        if (run->blocked[0] != 0)
            continue;
        done = chunks_collect(&all, txn, run->run.number, err) &&
               segments_collect(&all, txn, run->run.number, err);
        if (done && all.count > 0) {
            qsort(all.segments, all.count, sizeof all.segments[0], merge_order);
            done = copies_check(plan, run, &all, err) &&
                   (run->blocked[0] != 0 || run_plan(plan, run, &all, &keys, err));
        }
    }
    catalog_abort(txn);
    key_maker_release(&keys);
    free(all.segments);
    free(all.chunks);
    return done;
}

bool plan_build(struct plan *plan, struct catalog *catalog,
                const struct campaign_file *file, const char *folder, struct err *err)
{
    plan->campaign = file->campaign;
    plan->priority = file->priority;
    if (!runs_read(plan, catalog, &file->selection, err) ||
        !conditions_read(plan, catalog, file, folder, err) ||
        !segments_read(plan, catalog, err) ||
        !plan_fallbacks(plan, catalog, file->budget, err) ||
        !plan_skips(plan, catalog, err) || !plan_reuse(plan, catalog, err) ||
        !plan_stages(plan, catalog, file, err))
        return false;
    plan->campaign.manifest = plan->values.hash;
    plan->campaign.segment_count = plan->count;
    plan->campaign.value_count = plan->values.table.count;
    plan->campaign.set_count = plan->values.table.set_count;
    return true;
}

bool plan_check(const struct plan *plan, struct err *err)
{
    uint32_t problems = plan->input_problems + plan->condition_problems;
    if (problems > 0)
        return err_set(err, plan->input_problems > 0 ? E_PLAN_INPUT : E_PLAN_CONDITIONS,
                       "campaign %s: %" PRIu32 " problems, listed above",
                       plan->campaign.name, problems);
    if (plan->run_count == 0)
        return err_set(err, E_PLAN_INPUT, "campaign %s: no run is selected",
                       plan->campaign.name);
    return true;
}
