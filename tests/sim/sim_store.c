/* sim_store.c - files by token, and what the service does to them.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "base/bytes.h"
#include "tests/sim/sim.h"

uint64_t sim_token(struct sim *sim)
{
    struct sim_store *store = &sim->store;
    if (store->token_count + 1 >= store->token_capacity) {
        store->token_capacity = 2 * store->token_capacity + 1024;
        store->files = mem_grow(store->files, store->token_capacity, 1);
        store->settled = mem_grow(store->settled, store->token_capacity, 1);
    }
    uint64_t token = ++store->token_count;
    store->files[token] = SIM_FILE_NONE;
    store->settled[token] = 0;
    return token;
}

void sim_file_remove(struct sim *sim, uint64_t token)
{
    sim->store.files[token] = SIM_FILE_REMOVED;
}

void sim_sweep(struct sim *sim, bool settled_too)
{
    struct sim_store *store = &sim->store;
    uint8_t *counts = mem_new(store->token_count + 1, 1);
    for (uint32_t i = 0; i < sim->catalog.attempt_count; i++) {
        const struct sim_attempt *attempt = &sim->catalog.attempts[i];
        if (attempt->state == ATTEMPT_LEASED || attempt->state == ATTEMPT_COMMITTED)
            counts[attempt->token] = 1;
    }
    for (uint64_t token = 1; token <= store->token_count; token++) {
        if (store->files[token] != SIM_FILE_THERE || counts[token] != 0)
            continue;
        sim_check(sim, !settled_too || store->settled[token] == 0,
                  "a file of an answered report was neither taken nor removed");
        sim_file_remove(sim, token);
    }
    free(counts);
}

static void void_groups(struct sim *sim, uint32_t unit)
{
    for (uint32_t i = 0; i < sim->catalog.group_count; i++) {
        struct sim_group *group = &sim->catalog.groups[i];
        if (group->unit != unit || group->state == GROUP_VOID)
            continue;
        if (group->state == GROUP_PUBLISHING)
            sim_record_published(sim, i);
        group->state = GROUP_VOID;
    }
}

void sim_repair(struct sim *sim)
{
    struct sim_catalog *catalog = &sim->catalog;
    for (uint32_t unit = 0; unit < sim->unit_count; unit++) {
        uint32_t first = sim->units[unit].first;
        bool touched = false;
        for (uint32_t i = first; i < first + sim->units[unit].count; i++) {
            if (catalog->products[i] == 0 ||
                sim->store.files[catalog->products[i]] == SIM_FILE_THERE)
                continue;
            catalog->products[i] = 0;
            catalog->states[i].state = SEGMENT_READY;
            catalog->complete = false;
            touched = true;
        }
        if (touched)
            void_groups(sim, unit);
    }
}

static void record_group(struct sim *sim, const struct sim_group *group)
{
    struct sim_catalog *catalog = &sim->catalog;
    catalog->groups = sim_room(catalog->groups, catalog->group_count,
                               &catalog->group_capacity, sizeof *catalog->groups);
    struct sim_group *added = &catalog->groups[catalog->group_count++];
    *added = *group;
    added->state = sim_published(catalog, group->key) ? GROUP_PUBLISHED : GROUP_OPEN;
}

/* The key follows from the stream and the committed segments, not from who made them. */
void sim_record_groups(struct sim *sim, uint32_t unit)
{
    uint32_t first = sim->units[unit].first;
    uint32_t end = first + sim->units[unit].count;
    for (uint32_t stream = 0; stream < SIM_STREAMS; stream++) {
        struct sim_group group = {.count = 0};
        uint32_t members = 0;
        for (uint32_t i = first; i < end; i++) {
            if (sim->catalog.states[i].state != SEGMENT_COMMITTED)
                continue;
            if (members == SIM_GROUP_SPAN) {
                record_group(sim, &group);
                members = 0;
            }
            if (members++ == 0)
                group = (struct sim_group){
                    .unit = unit, .stream = stream, .first = i, .key = stream + 1};
            group.count = i - group.first + 1;
            group.key = random_mix(group.key + i + 1);
        }
        if (members > 0)
            record_group(sim, &group);
    }
}

void sim_record_published(struct sim *sim, uint32_t number)
{
    struct sim_catalog *catalog = &sim->catalog;
    const struct sim_group *group = &catalog->groups[number];
    sim_check(sim, sim->store.files[group->token] == SIM_FILE_THERE,
              "a group is published whose merged file is not there");
    if (sim_published(catalog, group->key))
        return;
    catalog->published =
        sim_room(catalog->published, catalog->published_count,
                 &catalog->published_capacity, sizeof *catalog->published);
    catalog->published[catalog->published_count++] = group->key;
}

bool sim_over(const struct sim *sim)
{
    return sim->catalog.complete || sim->catalog.hold == CORE_CANCELLED;
}

/* A campaign that was cancelled publishes what it was publishing and no more. */
static void check_end_group(struct sim *sim, const struct sim_group *group,
                            uint8_t *delivered)
{
    if (!sim->catalog.complete) {
        sim_check(sim, group->state != GROUP_LEASED && group->state != GROUP_PUBLISHING,
                  "cancelled with a group at work");
        if (group->state != GROUP_PUBLISHED)
            return;
    }
    sim_check(sim, group->state == GROUP_PUBLISHED,
              "complete with a group not published");
    for (uint32_t i = group->first; i < group->first + group->count; i++)
        if (sim->catalog.states[i].state == SEGMENT_COMMITTED)
            delivered[SIM_STREAMS * i + group->stream]++;
}

static void check_end_segment(struct sim *sim, uint32_t number, const uint8_t *delivered)
{
    const struct sim_catalog *catalog = &sim->catalog;
    uint64_t product = catalog->products[number];
    bool committed = catalog->states[number].state == SEGMENT_COMMITTED;
    sim_check(sim,
              !catalog->complete || committed ||
                  catalog->states[number].state == SEGMENT_LOST,
              "complete with a segment that is not final");
    sim_check(sim, committed == (product != 0),
              "a committed segment has no product, or another one has");
    sim_check(sim, !committed || sim->store.files[product] == SIM_FILE_THERE,
              "the part of a committed segment is not there");
    for (uint32_t stream = 0; stream < SIM_STREAMS; stream++)
        sim_check(sim,
                  delivered[stream] == (committed ? 1 : 0) ||
                      (!catalog->complete && delivered[stream] == 0),
                  "a segment is not exactly once in the published files");
}

void sim_check_end(struct sim *sim)
{
    const struct sim_catalog *catalog = &sim->catalog;
    uint8_t *delivered = mem_new((size_t)SIM_STREAMS * catalog->segment_count, 1);
    for (uint32_t i = 0; i < catalog->group_count; i++)
        if (catalog->groups[i].state != GROUP_VOID)
            check_end_group(sim, &catalog->groups[i], delivered);
    for (uint32_t i = 0; i < catalog->segment_count; i++)
        check_end_segment(sim, i, &delivered[(size_t)SIM_STREAMS * i]);
    for (uint32_t i = 0; i < catalog->attempt_count; i++)
        sim_check(sim, catalog->attempts[i].state != ATTEMPT_LEASED,
                  "the end with a lease");
    free(delivered);
    sim_sweep(sim, true);
}
