/* stock.c - a run catalogue of any size, and a plan for it, without any raw file.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/bench/stock.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/bench/measure.h"

#define SEGMENT_BYTES ((uint64_t)16 << 20)
#define TASK          16u
#define SECOND_NS     ((int64_t)1000000000)

/* One run after another, each in a transaction. */
struct work {
    const struct stock *stock;
    uint32_t run; /* from 0 */
    struct campaign campaign;
};

typedef bool work_step(struct catalog_txn *txn, struct work *work, struct err *err);

/* Again while the map grows. */
static void in_transaction(struct catalog *catalog, work_step *step, struct work *work)
{
    struct err err;
    for (;;) {
        struct catalog_txn *txn;
        measure_must(catalog_begin(catalog, &txn, &err), &err);
        if (!step(txn, work, &err))
            catalog_abort(txn);
        else if (catalog_commit(txn, &err))
            return;
        measure_must(err.code == E_CATALOG_GROW, &err);
    }
}

static uint32_t run_spills(const struct stock *stock)
{
    return stock->chunks * stock->spills;
}

uint32_t stock_segments(const struct stock *stock)
{
    return stock->runs * stock->builders * run_spills(stock);
}

static struct segment_id id_of(const struct stock *stock, uint32_t run, uint32_t builder,
                               uint32_t spill)
{
    return (struct segment_id){
        .chunk = {.run = STOCK_RUN + run,
                  .builder = (uint16_t)(builder + 1),
                  .number = (uint16_t)((spill - 1) / stock->spills + 1)},
        .ordinal = (spill - 1) % stock->spills};
}

static struct segment segment_of(const struct segment_id *id, uint32_t spill)
{
    struct sha256 hash = sha256_of(id, sizeof *id);
    struct segment segment = {.id = *id,
                              .spill = spill,
                              .offset = id->ordinal * SEGMENT_BYTES,
                              .length = SEGMENT_BYTES,
                              .adler32 = le32_load(hash.bytes),
                              .digest = {.count = 1000,
                                         .low = le64_load(hash.bytes + 8),
                                         .high = le64_load(hash.bytes + 16)}};
    segment.events[EVENT_PHYSICS] = 1000;
    return segment;
}

static bool chunk_put(struct catalog_txn *txn, const struct work *work, uint32_t builder,
                      uint32_t number, struct err *err)
{
    const struct stock *stock = work->stock;
    uint32_t first = number * stock->spills + 1;
    struct segment *segments = mem_new(stock->spills, sizeof *segments);
    for (uint32_t i = 0; i < stock->spills; i++) {
        struct segment_id id = id_of(stock, work->run, builder, first + i);
        segments[i] = segment_of(&id, first + i);
    }
    struct chunk chunk = {.id = segments[0].id.chunk,
                          .size = stock->spills * SEGMENT_BYTES,
                          .scanned = true,
                          .segments = stock->spills};
    char name[CHUNK_NAME];
    chunk_name(&chunk.id, name);
    (void)snprintf(chunk.url, sizeof chunk.url, "/nowhere/%s", name);
    bool done = catalog_put_chunk(txn, &chunk, err) &&
                catalog_put_segments(txn, &chunk.id, segments, stock->spills, err);
    free(segments);
    return done;
}

static bool run_put(struct catalog_txn *txn, struct work *work, struct err *err)
{
    struct run run = run_unknown(STOCK_RUN + work->run);
    run.type = RUN_TYPE_PHYSICS;
    run.origin = RUN_ORIGIN_DATA;
    run.quality = RUN_QUALITY_GOOD;
    run.synthetic = true;
    (void)snprintf(run.period, sizeof run.period, "bench");
    (void)snprintf(run.setup, sizeof run.setup, "2022-electron-100");
    (void)snprintf(run.particle, sizeof run.particle, "electron");
    bool done = catalog_put_run(txn, &run, err);
    for (uint32_t spill = 1; done && spill <= run_spills(work->stock); spill++)
        done = catalog_put_spill(txn,
                                 &(struct spill){.run = run.number,
                                                 .number = spill,
                                                 .beam_known = true,
                                                 .beam_count = 5e6},
                                 err);
    for (uint32_t b = 0; done && b < work->stock->builders; b++)
        for (uint32_t c = 0; done && c < work->stock->chunks; c++)
            done = chunk_put(txn, work, b, c, err);
    return done;
}

void stock_runs(struct catalog *catalog, const struct stock *stock)
{
    struct work work = {.stock = stock};
    for (; work.run < stock->runs; work.run++)
        in_transaction(catalog, run_put, &work);
}

static bool campaign_put(struct catalog_txn *txn, struct work *work, struct err *err)
{
    work->campaign.id = 0;
    return catalog_put_campaign(txn, &work->campaign, err) &&
           catalog_put_set(txn, work->campaign.id, 0, NULL, 0, err);
}

/* In merge order: spill, builder. */
static bool run_plan(struct catalog_txn *txn, struct work *work, struct err *err)
{
    const struct plan_state ready = {.state = SEGMENT_READY};
    const struct stock *stock = work->stock;
    uint32_t number = work->run * stock->builders * run_spills(stock);
    bool done = true;
    for (uint32_t spill = 1; done && spill <= run_spills(stock); spill++)
        for (uint32_t b = 0; done && b < stock->builders; b++, number++) {
            struct plan_segment plan = {.id = id_of(stock, work->run, b, spill),
                                        .spill = spill};
            plan.reco_key = sha256_of(&plan.id, sizeof plan.id);
            plan.select_key = sha256_of(&plan.reco_key, sizeof plan.reco_key);
            done = catalog_put_plan_segment(txn, work->campaign.id, number, &plan, err) &&
                   catalog_put_state(txn, work->campaign.id, number, &ready, err);
        }
    return done;
}

void stock_plan(struct catalog *catalog, const struct stock *stock, const char *store)
{
    static const char *const skims[] = {"ecal_calib", "eminvis_loose", "random"};
    struct work work = {.stock = stock};
    struct campaign *campaign = &work.campaign;
    (void)snprintf(campaign->name, sizeof campaign->name, STOCK_CAMPAIGN);
    (void)snprintf(campaign->store, sizeof campaign->store, "%s", store);
    campaign->segment_count = stock_segments(stock);
    campaign->set_count = 1;
    campaign->policy = (struct campaign_policy){.task_bytes = UINT64_MAX,
                                                .task_segments = TASK,
                                                .merge_bytes = (uint64_t)4 << 30,
                                                .lease_ns = 600 * SECOND_NS,
                                                .retry_delay_ns = SECOND_NS,
                                                .attempts = 3,
                                                .complete_at = 1};
    campaign->recipe.reconstruct = true;
    for (; campaign->recipe.skim_count < 3; campaign->recipe.skim_count++)
        (void)snprintf(campaign->recipe.skims[campaign->recipe.skim_count].name,
                       RECIPE_NAME, "%s", skims[campaign->recipe.skim_count]);
    in_transaction(catalog, campaign_put, &work);
    for (; work.run < stock->runs; work.run++)
        in_transaction(catalog, run_plan, &work);
}
