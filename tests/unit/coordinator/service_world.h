/* service_world.h - a planned campaign in a folder of its own, for tests of the service.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Run r (from 1) has one chunk with `per_run` segments, segment s is spill s + 1 with s +
 * 1 events; the first holds the start-of-run record.
 */
#ifndef SPILLWAY_TESTS_UNIT_COORDINATOR_SERVICE_WORLD_H
#define SPILLWAY_TESTS_UNIT_COORDINATOR_SERVICE_WORLD_H

#include <ftw.h>
#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <sys/stat.h>

#include <cmocka.h>

#include "base/disk.h"
#include "base/log.h"
#include "base/text.h"
#include "catalog/catalog_internal.h"
#include "coordinator/book.h"
#include "coordinator/tasks.h"
#include "coordinator/turn.h"
#include "coordinator/write.h"

#define WORLD_CAMPAIGN "c1"
#define WORLD_MAP      ((uint64_t)16 << 20)
#define SECOND         ((int64_t)1000000000)

struct world {
    char folder[64]; /* catalog/ and store/ are in it */
    struct catalog *catalog;
    struct book book;
    struct core *core;
    struct turn_campaign served; /* both of them, for a turn */
    struct log log;
    int64_t now_ns;
    uint64_t pilot;
    struct arena arena; /* of tasks and reports; lives as long as the world */
};

static inline void must(bool done, const struct err *err)
{
    if (!done)
        fail_msg("%s %s", err_name((enum err_code)err->code), err->text);
}

static inline struct sha256 key_of_tests(unsigned step, uint32_t number)
{
    struct sha256 key = {{0}};
    key.bytes[0] = (uint8_t)step;
    be32_store(key.bytes + 1, number + 1);
    return key;
}

static inline struct event_digest events_of_tests(uint32_t run, uint32_t spill)
{
    struct event_digest digest = {.count = 0};
    for (uint32_t event = 1; event <= spill; event++)
        event_digest_add(&digest, run, spill, event, EVENT_PHYSICS);
    return digest;
}

static inline struct campaign campaign_of_tests(const char *folder, uint32_t segments)
{
    struct campaign campaign = {.name = WORLD_CAMPAIGN,
                                .tag = "tag",
                                .segment_count = segments,
                                .set_count = 1,
                                .recipe = {.reconstruct = true, .skim_count = 1},
                                .policy = {.task_bytes = 4000,
                                           .merge_bytes = 100000,
                                           .lease_ns = 100 * SECOND,
                                           .retry_delay_ns = SECOND,
                                           .attempts = 3,
                                           .complete_at = 1.0}};
    (void)snprintf(campaign.store, sizeof campaign.store, "%s/store", folder);
    (void)snprintf(campaign.recipe.skims[0].name, RECIPE_NAME, "all");
    campaign.recipe.skims[0].event_types = 1u << EVENT_PHYSICS;
    campaign.recipe.release.bytes[0] = 7;
    return campaign;
}

struct world_plan {
    struct campaign *campaign;
    uint32_t runs, per_run;
};

static inline bool plan_run(struct catalog_txn *txn, const struct world_plan *plan,
                            uint32_t run, struct err *err)
{
    struct run record = run_unknown(run);
    struct segment segments[64];
    struct chunk chunk = {.id = {run, 1, 1},
                          .size = (uint64_t)plan->per_run * 1000,
                          .scanned = true,
                          .segments = plan->per_run};
    assert_true(plan->per_run <= 64);
    record.synthetic = true;
    record.origin = RUN_ORIGIN_MC;
    (void)snprintf(record.particle, sizeof record.particle, "electron");
    record.momentum_gev = 100;
    (void)snprintf(chunk.url, sizeof chunk.url, "/nowhere/%u", run);
    for (uint32_t i = 0; i < plan->per_run; i++) {
        segments[i] = (struct segment){.id = {chunk.id, i},
                                       .spill = i + 1,
                                       .offset = (uint64_t)i * 1000,
                                       .length = 1000,
                                       .digest = events_of_tests(run, i + 1)};
        segments[i].events[EVENT_PHYSICS] = i + 1;
        if (i > 0)
            continue;
        segments[i].events[EVENT_START_OF_RUN] = 1;
        event_digest_add(&segments[i].digest, run, 1, 0, EVENT_START_OF_RUN);
    }
    return catalog_put_run(txn, &record, err) && catalog_put_chunk(txn, &chunk, err) &&
           catalog_put_segments(txn, &chunk.id, segments, plan->per_run, err);
}

/* The catalogue once, the plan for each campaign. */
static inline bool plan_write(struct catalog_txn *txn, void *context, struct err *err)
{
    const struct world_plan *plan = context;
    struct campaign *campaign = plan->campaign;
    campaign->id = 0;
    if (!catalog_put_campaign(txn, campaign, err) ||
        !catalog_put_set(txn, campaign->id, 0, NULL, 0, err))
        return false;
    for (uint32_t run = 1; run <= plan->runs; run++) {
        if (!plan_run(txn, plan, run, err))
            return false;
        for (uint32_t i = 0; i < plan->per_run; i++) {
            uint32_t number = (run - 1) * plan->per_run + i;
            struct plan_segment segment = {.id = {{run, 1, 1}, i},
                                           .spill = i + 1,
                                           .reco_key = key_of_tests(1, number),
                                           .select_key = key_of_tests(2, number)};
            struct plan_state state = {.state = SEGMENT_READY};
            if (!catalog_put_plan_segment(txn, campaign->id, number, &segment, err) ||
                !catalog_put_state(txn, campaign->id, number, &state, err))
                return false;
        }
    }
    return true;
}

static inline void world_load(struct world *world)
{
    struct catalog_txn *txn;
    struct err err;
    must(catalog_begin(world->catalog, &txn, &err), &err);
    must(book_load(&world->book, txn, WORLD_CAMPAIGN, &world->core, &err), &err);
    catalog_abort(txn);
}

static inline void world_unload(struct world *world)
{
    core_free(world->core);
    book_release(&world->book);
    world->core = NULL;
}

/* An empty catalog; in memory where that is a folder, for each commit is synced. */
static inline void world_make(struct world *world, uint64_t map_bytes)
{
    struct err err;
    char path[128];
    *world = (struct world){.now_ns = 1000 * SECOND, .log = {.fd = -1}};
    arena_init(&world->arena, (size_t)256 << 20);
    (void)snprintf(world->folder, sizeof world->folder, "%s/spillway-service-XXXXXX",
                   access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    assert_non_null(mkdtemp(world->folder));
    (void)snprintf(path, sizeof path, "%s/catalog", world->folder);
    must(catalog_open_sized(path, CATALOG_WRITE, map_bytes, &world->catalog, &err), &err);
}

/* Plans, but starts nothing. `policy` NULL: as campaign_of_tests. */
static inline void world_plan(struct world *world, const struct campaign_policy *policy,
                              uint32_t runs, uint32_t per_run)
{
    struct err err;
    struct campaign campaign = campaign_of_tests(world->folder, runs * per_run);
    if (policy != NULL)
        campaign.policy = *policy;
    struct world_plan plan = {&campaign, runs, per_run};
    must(write_catalog(world->catalog, plan_write, &plan, &err), &err);
}

static inline int world_remove(const char *path, const struct stat *status, int type,
                               struct FTW *place)
{
    (void)status, (void)type, (void)place;
    return remove(path);
}

static inline void world_close(struct world *world)
{
    world_unload(world);
    catalog_close(world->catalog);
    arena_release(&world->arena);
    (void)nftw(world->folder, world_remove, 8, FTW_DEPTH | FTW_PHYS);
}

static inline void *world_memory(struct world *world, size_t count, size_t size)
{
    void *memory = arena_try(&world->arena, count, size);
    assert_non_null(memory);
    return memory;
}

/* STORE/name */
static inline const char *world_path(struct world *world, const char *name)
{
    char *path = world_memory(world, 1, PATH_MAX);
    (void)snprintf(path, PATH_MAX, "%s/store/%s", world->folder, name);
    return path;
}

static inline void file_write(const char *path, const void *data, size_t size)
{
    struct err err;
    char parent[PATH_MAX];
    (void)snprintf(parent, sizeof parent, "%.*s", (int)(strrchr(path, '/') - path), path);
    must(disk_make_path(parent, &err), &err);
    must(disk_write_durable(path, data, size, 0644, &err), &err);
}

/* nftw gives its visitor nothing of ours. */
static const char *files_word;
static uint32_t files_count;

static inline int files_visit(const char *path, const struct stat *status, int type,
                              struct FTW *place)
{
    (void)status, (void)place;
    files_count += type == FTW_F && strstr(path, files_word) != NULL;
    return 0;
}

/* Files below a folder of the store whose path holds `word`. */
static inline uint32_t world_files(struct world *world, const char *folder,
                                   const char *word)
{
    files_word = word;
    files_count = 0;
    (void)nftw(world_path(world, folder), files_visit, 8, FTW_PHYS);
    return files_count;
}

static inline struct plan_state world_state(struct world *world, uint32_t number)
{
    struct catalog_txn *txn;
    struct plan_state state;
    struct err err;
    must(catalog_begin(world->catalog, &txn, &err), &err);
    must(catalog_get_states(txn, world->book.campaign.id, number, 1, &state, &err), &err);
    catalog_abort(txn);
    return state;
}

static inline struct product world_product(struct world *world, uint32_t number,
                                           const char *stream)
{
    struct catalog_txn *txn;
    struct product_set set;
    struct err err;
    struct plan_state state = world_state(world, number);
    uint32_t id = task_product_number(&state, stream);
    must(catalog_begin(world->catalog, &txn, &err), &err);
    enum lookup found = catalog_get_products(txn, id, &world->arena, &set, &err);
    catalog_abort(txn);
    assert_int_equal(found, LOOKUP_FOUND);
    const struct product *product = task_find_stream(&set, stream);
    assert_non_null(product);
    return *product;
}

static inline uint32_t world_groups(const struct world *world, enum group_state state)
{
    return core_count(world->core).groups[state];
}

static inline uint32_t world_segments(const struct world *world, enum segment_state state)
{
    return core_count(world->core).by_state[state];
}

#endif
