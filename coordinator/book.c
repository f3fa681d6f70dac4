/* book.c - loading a campaign.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/book.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "coordinator/pace.h"
#include "coordinator/segment_order.h"

/* Leases of 4096 segment numbers each, read one at a time: far below this. */
#define BOOK_ARENA ((size_t)64 << 20)

/* Segments that are read at a time. */
#define BOOK_BATCH 16384u

struct batch {
    uint32_t first; /* in the plan */
    uint32_t count;
    struct segment_id ids[BOOK_BATCH];
    uint64_t bytes[BOOK_BATCH];
    uint32_t order[BOOK_BATCH]; /* of their records */
};

uint32_t book_missing_steps(const struct campaign *campaign,
                            const struct plan_state *state)
{
    uint32_t steps = state->select_product == 0 ? STEP_SELECT : 0;
    if (campaign->recipe.reconstruct && state->reco_product == 0)
        steps |= STEP_RECO;
    return steps;
}

uint32_t book_streams(const struct campaign *campaign, char (*streams)[STREAM_NAME],
                      uint32_t capacity)
{
    uint32_t count = 0;
    const struct recipe *recipe = &campaign->recipe;
    if (recipe->reconstruct && count < capacity)
        (void)snprintf(streams[count++], STREAM_NAME, "reco");
    for (uint32_t i = 0; i < recipe->skim_count && count < capacity; i++)
        (void)snprintf(streams[count++], STREAM_NAME, "skim.%s", recipe->skims[i].name);
    if (count < capacity)
        (void)snprintf(streams[count++], STREAM_NAME, "summary");
    if (count < capacity)
        (void)snprintf(streams[count++], STREAM_NAME, "flow");
    if (recipe->reconstruct && count < capacity)
        (void)snprintf(streams[count++], STREAM_NAME, "hist");
    return count;
}

uint32_t book_unit(const struct book *book, uint32_t segment)
{
    uint32_t low = 0;
    uint32_t high = book->unit_count;
    bug_if(segment >= book->campaign.segment_count);
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (book->units[middle].first <= segment)
            low = middle;
        else
            high = middle;
    }
    return low;
}

void book_put_group(struct book *book, const struct merge_group *group)
{
    uint32_t count = book->campaign.group_count;
    bug_if(group->number > count);
    if (group->number == count) {
        if (count == book->group_capacity) {
            book->group_capacity = count == 0 ? 64 : 2 * count;
            book->groups =
                mem_grow(book->groups, book->group_capacity, sizeof *book->groups);
        }
        book->campaign.group_count = count + 1;
    }
    book->groups[group->number] = *group;
}

static bool there(enum lookup found, uint32_t number, struct err *err)
{
    if (found == LOOKUP_ABSENT)
        return err_set(err, E_CATALOG_DAMAGED,
                       "segment %u of the plan is not in the catalog", number);
    return found == LOOKUP_FOUND;
}

/* A plan goes from spill to spill through all builders, the records of segments from
 * chunk to chunk: they are read in their own order, else each would be a search of its
 * own through the whole table. */
static bool read_batch(struct catalog_txn *txn, uint32_t campaign, struct batch *batch,
                       struct err *err)
{
    struct plan_segment plan;
    struct segment record;
    for (uint32_t i = 0; i < batch->count; i++) {
        uint32_t number = batch->first + i;
        if (!there(catalog_get_plan_segment(txn, campaign, number, &plan, err), number,
                   err))
            return false;
        batch->ids[i] = plan.id;
    }
    segment_order(batch->ids, sizeof *batch->ids, batch->count, batch->order);
    for (uint32_t i = 0; i < batch->count; i++) {
        uint32_t at = batch->order[i];
        if (!there(catalog_get_segment(txn, &batch->ids[at], &record, err),
                   batch->first + at, err))
            return false;
        batch->bytes[at] = record.length;
    }
    return true;
}

/* Units are runs: segments of one follow each other. */
static void count_in_unit(struct book *book, uint32_t number, uint32_t run)
{
    if (book->unit_count == 0 || book->unit_run != run) {
        if (book->unit_count == book->unit_capacity) {
            book->unit_capacity = book->unit_capacity == 0 ? 64 : 2 * book->unit_capacity;
            book->units = mem_grow(book->units, book->unit_capacity, sizeof *book->units);
        }
        book->units[book->unit_count++] = (struct core_unit){.first = number};
        book->unit_run = run;
    }
    book->units[book->unit_count - 1].count++;
}

static void add_units(struct book *book, struct core *core)
{
    for (uint32_t i = 0; i < book->unit_count; i++)
        core_add_unit(core, &book->units[i]);
}

static void add_batch(struct book *book, struct core *core, const struct batch *batch)
{
    for (uint32_t i = 0; i < batch->count; i++) {
        uint32_t number = batch->first + i;
        struct core_segment segment = {
            .id = batch->ids[i], .bytes = batch->bytes[i], .state = book->states[number]};
        segment.steps = book_missing_steps(&book->campaign, &segment.state);
        core_add_segment(core, &segment);
        count_in_unit(book, number, segment.id.chunk.run);
    }
}

static bool load_segments(struct book *book, struct catalog_txn *txn, struct core *core,
                          struct err *err)
{
    uint32_t left = book->campaign.segment_count;
    struct batch *batch = mem_large(1, sizeof *batch);
    bool done = true;
    for (batch->first = 0; done && left > 0; batch->first += batch->count) {
        batch->count = left < BOOK_BATCH ? left : BOOK_BATCH;
        left -= batch->count;
        done = read_batch(txn, book->campaign.id, batch, err);
        if (done)
            add_batch(book, core, batch);
    }
    free(batch);
    return done;
}

static bool load_groups(struct book *book, struct catalog_txn *txn, struct core *core,
                        struct err *err)
{
    uint32_t count = book->campaign.group_count;
    book->campaign.group_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct merge_group group;
        enum lookup found = catalog_get_group(txn, book->campaign.id, i, &group, err);
        if (found == LOOKUP_ABSENT)
            return err_set(err, E_CATALOG_DAMAGED,
                           "merge group %u of %u is not in the catalog", i, count);
        if (found == LOOKUP_FAILED)
            return false;
        book_put_group(book, &group);
        core_add_group(core, &group);
    }
    return true;
}

static bool load_leases(struct book *book, struct catalog_txn *txn, struct core *core,
                        struct err *err)
{
    struct arena arena;
    arena_init(&arena, BOOK_ARENA);
    struct attempt lease = {.number = 0};
    enum lookup found = LOOKUP_FOUND;
    while (found == LOOKUP_FOUND) {
        arena_reset(&arena);
        found = catalog_next_lease(txn, lease.number + 1, &arena, &lease, err);
        if (found == LOOKUP_FOUND && lease.campaign == book->campaign.id)
            core_add_lease(core, &lease);
    }
    arena_release(&arena);
    return found == LOOKUP_ABSENT;
}

/* What the attempts of earlier lives took. */
static bool load_paces(const struct book *book, struct catalog_txn *txn,
                       struct core *core, struct err *err)
{
    for (uint32_t steps = 1; steps <= (STEP_RECO | STEP_SELECT); steps++) {
        struct pace pace;
        enum lookup found = pace_read(txn, &book->campaign, steps, &pace, err);
        if (found == LOOKUP_FAILED)
            return false;
        core_add_pace(core, &(struct core_pace){.steps = steps,
                                                .count = pace.attempts,
                                                .bytes = pace.bytes,
                                                .wall_ns = (uint64_t)pace.wall_ns,
                                                .written = pace.written,
                                                .memory = pace.memory});
    }
    return true;
}

static bool next_attempt(struct catalog_txn *txn, uint64_t *number, struct err *err)
{
    if (!catalog_last_attempt(txn, number, err))
        return false;
    *number += 1;
    return true;
}

bool book_load(struct book *book, struct catalog_txn *txn, const char *campaign,
               struct core **core, struct err *err)
{
    *book = (struct book){.unit_count = 0};
    struct core *loaded = NULL;
    uint64_t attempt = 0;
    bool done = false;
    enum lookup found = catalog_get_campaign(txn, campaign, &book->campaign, err);
    if (found == LOOKUP_ABSENT)
        err_set(err, E_NOT_FOUND, "campaign \"%s\" is not planned", campaign);
    if (found != LOOKUP_FOUND || !next_attempt(txn, &attempt, err))
        return false;
    uint32_t count = book->campaign.segment_count;
    book->states = mem_large(count, sizeof *book->states);
    if (!catalog_get_states(txn, book->campaign.id, 0, count, book->states, err))
        goto out;
    loaded = core_new(&book->campaign.policy, attempt);
    core_expect(loaded, count);
    if (!load_segments(book, txn, loaded, err))
        goto out;
    add_units(book, loaded);
    done = load_groups(book, txn, loaded, err) && load_leases(book, txn, loaded, err) &&
           load_paces(book, txn, loaded, err);
out:
    if (!done) {
        core_free(loaded);
        book_release(book);
        return false;
    }
    *core = loaded;
    return true;
}

void book_release(struct book *book)
{
    free(book->states);
    free(book->units);
    free(book->groups);
    *book = (struct book){.unit_count = 0};
}
