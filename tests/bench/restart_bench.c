/* restart_bench.c - from opening the catalog to the first lease.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Usage: restart_bench [--segments N] FOLDER. Makes a catalog of one planned campaign,
 * then does what the service does at its start: open, look for missing files, load,
 * start, lease. Yardstick: one read of the plan's records. Fails above 5 s for 10^6
 * segments.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "coordinator/book.h"
#include "coordinator/repair.h"

#define CHUNK_SEGMENTS 1000u
#define LIMIT_S        5.0

static void must(bool done, const struct err *err)
{
    if (done)
        return;
    (void)fprintf(stderr, "restart_bench: %s\n", err->text);
    exit(1);
}

/* Runs a piece of work again while the map grows. */
static void in_transaction(struct catalog *catalog,
                           bool (*work)(struct catalog_txn *, uint32_t, struct err *),
                           uint32_t argument)
{
    struct err err;
    for (;;) {
        struct catalog_txn *txn;
        must(catalog_begin(catalog, &txn, &err), &err);
        if (!work(txn, argument, &err))
            catalog_abort(txn);
        else if (catalog_commit(txn, &err))
            return;
        must(err.code == E_CATALOG_GROW, &err);
    }
}

static bool put_campaign(struct catalog_txn *txn, uint32_t count, struct err *err)
{
    struct campaign campaign;
    memset(&campaign, 0, sizeof campaign);
    (void)snprintf(campaign.name, sizeof campaign.name, "bench");
    (void)snprintf(campaign.store, sizeof campaign.store, "/nowhere");
    campaign.segment_count = count;
    campaign.set_count = 1;
    campaign.policy = (struct campaign_policy){.task_bytes = 1 << 28,
                                               .lease_ns = (int64_t)60 * 1000000000,
                                               .attempts = 3,
                                               .complete_at = 1};
    campaign.recipe.skim_count = 1;
    (void)snprintf(campaign.recipe.skims[0].name, RECIPE_NAME, "all");
    return catalog_put_campaign(txn, &campaign, err) &&
           catalog_put_set(txn, campaign.id, 0, NULL, 0, err);
}

static bool put_chunk(struct catalog_txn *txn, uint32_t number, struct err *err)
{
    static struct segment segments[CHUNK_SEGMENTS];
    struct chunk chunk = {.id = {.run = 1 + number / 100, .builder = 1},
                          .size = (uint64_t)CHUNK_SEGMENTS * 1000000,
                          .scanned = true,
                          .segments = CHUNK_SEGMENTS};
    chunk.id.number = (uint16_t)(1 + number % 100);
    (void)snprintf(chunk.url, sizeof chunk.url, "/nowhere/%u", number);
    if (!catalog_put_chunk(txn, &chunk, err))
        return false;
    for (uint32_t i = 0; i < CHUNK_SEGMENTS; i++) {
        segments[i] = (struct segment){.id = {chunk.id, i},
                                       .spill = 1 + i,
                                       .offset = (uint64_t)i * 1000000,
                                       .length = 1000000};
        struct plan_segment plan = {.id = segments[i].id, .spill = segments[i].spill};
        struct plan_state state = {.state = SEGMENT_READY};
        uint32_t dense = number * CHUNK_SEGMENTS + i;
        le32_store(plan.select_key.bytes, dense + 1);
        if (!catalog_put_plan_segment(txn, 1, dense, &plan, err) ||
            !catalog_put_state(txn, 1, dense, &state, err))
            return false;
    }
    return catalog_put_segments(txn, &chunk.id, segments, CHUNK_SEGMENTS, err);
}

static double seconds_since(int64_t start_ns)
{
    return (double)(clock_now_ns() - start_ns) * 1e-9;
}

static bool first_lease(struct core *core)
{
    struct core_commands commands;
    uint64_t token = 7;
    struct core_event event = {.kind = EVENT_START, .now_ns = 1};
    core_step(core, &event, &commands);
    event = (struct core_event){.kind = EVENT_HELLO, .now_ns = 2, .pilot = 5};
    core_step(core, &event, &commands);
    event = (struct core_event){.kind = EVENT_SYNC,
                                .now_ns = 3,
                                .pilot = 5,
                                .want = 1,
                                .tokens = &token,
                                .token_count = 1};
    core_step(core, &event, &commands);
    for (uint32_t i = 0; i < commands.count; i++)
        if (commands.list[i].kind == COMMAND_LEASE)
            return true;
    return false;
}

static double restart(const char *folder)
{
    struct err err;
    struct catalog *catalog;
    struct catalog_txn *txn;
    struct book book;
    struct core *core;
    uint64_t forgotten;
    int64_t start_ns = clock_now_ns();
    must(catalog_open(folder, CATALOG_WRITE, &catalog, &err), &err);
    must(catalog_begin(catalog, &txn, &err), &err);
    must(repair_store(txn, "bench", &forgotten, &err), &err);
    must(catalog_commit(txn, &err), &err);
    must(catalog_begin(catalog, &txn, &err), &err);
    must(book_load(&book, txn, "bench", &core, &err), &err);
    catalog_abort(txn);
    bool leased = first_lease(core);
    double seconds = seconds_since(start_ns);
    core_free(core);
    book_release(&book);
    catalog_close(catalog);
    must(leased || err_set(&err, E_NOT_FOUND, "nothing was leased"), &err);
    return seconds;
}

static double yardstick(const char *folder, uint32_t count)
{
    struct err err;
    struct catalog *catalog;
    struct catalog_txn *txn;
    int64_t start_ns = clock_now_ns();
    must(catalog_open(folder, CATALOG_READ, &catalog, &err), &err);
    must(catalog_begin(catalog, &txn, &err), &err);
    for (uint32_t i = 0; i < count; i++) {
        struct plan_segment plan;
        must(catalog_get_plan_segment(txn, 1, i, &plan, &err) == LOOKUP_FOUND, &err);
    }
    catalog_abort(txn);
    catalog_close(catalog);
    return seconds_since(start_ns);
}

int main(int argc, char **argv)
{
    uint64_t count = 1000000;
    struct err err = {.text = ""};
    int place = 1;
    if (argc == 4 && strcmp(argv[1], "--segments") == 0) {
        must(text_to_u64(argv[2], 10000000, &count, &err), &err);
        place = 3;
    }
    if (argc != place + 1)
        return 2;
    count = count / CHUNK_SEGMENTS * CHUNK_SEGMENTS;
    struct catalog *catalog;
    must(catalog_open(argv[place], CATALOG_WRITE, &catalog, &err), &err);
    in_transaction(catalog, put_campaign, (uint32_t)count);
    for (uint32_t i = 0; i < count / CHUNK_SEGMENTS; i++)
        in_transaction(catalog, put_chunk, i);
    catalog_close(catalog);
    double bare = yardstick(argv[place], (uint32_t)count);
    double ours = restart(argv[place]);
    (void)printf("restart_%llu %.3f_s %.3f_s %.2f\n", (unsigned long long)count, ours,
                 bare, ours / bare);
    return ours <= LIMIT_S * (count > 1000000 ? (double)count / 1e6 : 1.0) ? 0 : 1;
}
