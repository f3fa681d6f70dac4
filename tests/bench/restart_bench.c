/* restart_bench.c - from opening the catalog to the first lease.
 * SPDX-License-Identifier: Apache-2.0
 *
 * restart_bench FOLDER RUNS: makes a catalog of one planned campaign, 10 000 segments a
 * run, then does what the service does at its start: open, look for missing files, load,
 * begin a journal, start, lease. Wall time. Yardstick: one read of the plan's records.
 * Then the memory of book and core a segment, all of which are open; yardstick: 300
 * bytes. Then what spillway status reads and counts; yardstick: the plan again.
 */
#include <malloc.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/text.h"
#include "coordinator/book.h"
#include "coordinator/journal.h"
#include "coordinator/repair.h"
#include "coordinator/status.h"
#include "coordinator/stuck.h"
#include "tests/bench/measure.h"
#include "tests/bench/stock.h"

/* Of service memory for an open segment: 10^8 segments in 30 GB. */
#define SEGMENT_BYTES 300.0

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

static double memory_in_use(void)
{
    struct mallinfo2 now = mallinfo2();
    return (double)now.uordblks + (double)now.hblkhd;
}

/* *bytes: what the loaded campaign takes. */
static double restart(const char *folder, double *bytes)
{
    struct err err = {.text = "nothing was leased"};
    struct catalog *catalog;
    struct catalog_txn *txn;
    struct book book;
    struct core *core;
    uint64_t forgotten;
    int64_t start_ns = clock_now_ns();
    measure_must(catalog_open(folder, CATALOG_WRITE, &catalog, &err), &err);
    measure_must(catalog_begin(catalog, &txn, &err), &err);
    measure_must(repair_store(txn, STOCK_CAMPAIGN, &forgotten, &err), &err);
    measure_must(catalog_commit(txn, &err), &err);
    double before = memory_in_use();
    measure_must(catalog_begin(catalog, &txn, &err), &err);
    measure_must(book_load(&book, txn, STOCK_CAMPAIGN, &core, &err), &err);
    catalog_abort(txn);
    struct log log = {.fd = -1};
    struct journal *journal = journal_open(folder, STOCK_CAMPAIGN, core, &log);
    journal_close(journal);
    err = (struct err){.text = "no journal, or nothing was leased"};
    measure_must(journal != NULL && first_lease(core), &err);
    double seconds = measure_since_s(start_ns);
    *bytes = memory_in_use() - before;
    core_free(core);
    book_release(&book);
    catalog_close(catalog);
    return seconds;
}

static double status(const char *folder)
{
    struct err err = {.text = "/dev/null cannot be written"};
    struct catalog *catalog;
    struct catalog_txn *txn;
    struct status status;
    FILE *nowhere = fopen("/dev/null", "we");
    measure_must(nowhere != NULL, &err);
    int64_t start_ns = clock_now_ns();
    measure_must(catalog_open(folder, CATALOG_READ, &catalog, &err), &err);
    measure_must(catalog_begin(catalog, &txn, &err), &err);
    measure_must(status_read(txn, STOCK_CAMPAIGN, &status, &err), &err);
    measure_must(stuck_print(txn, &status.campaign, nowhere, &err), &err);
    catalog_abort(txn);
    catalog_close(catalog);
    double seconds = measure_since_s(start_ns);
    (void)fclose(nowhere);
    return seconds;
}

static double yardstick(const char *folder, uint32_t count)
{
    struct err err = {.text = "a segment is missing"};
    struct catalog *catalog;
    struct catalog_txn *txn;
    int64_t start_ns = clock_now_ns();
    measure_must(catalog_open(folder, CATALOG_READ, &catalog, &err), &err);
    measure_must(catalog_begin(catalog, &txn, &err), &err);
    for (uint32_t i = 0; i < count; i++) {
        struct plan_segment plan;
        measure_must(catalog_get_plan_segment(txn, 1, i, &plan, &err) == LOOKUP_FOUND,
                     &err);
    }
    catalog_abort(txn);
    catalog_close(catalog);
    return measure_since_s(start_ns);
}

int main(int count, char **words)
{
    struct stock stock = {.builders = 10, .chunks = 10, .spills = 100};
    struct pairs pairs = {.count = 0};
    struct pairs memory = {.count = 0};
    struct pairs looked = {.count = 0};
    double bytes = 0;
    struct catalog *catalog;
    struct err err = {.text = "restart_bench FOLDER RUNS"};
    uint64_t runs = 0;
    measure_must(count == 3, &err);
    measure_must(text_to_u64(words[2], 1000, &runs, &err), &err);
    stock.runs = (uint32_t)runs;
    measure_must(catalog_open(words[1], CATALOG_WRITE, &catalog, &err), &err);
    stock_runs(catalog, &stock);
    stock_plan(catalog, &stock, "/nowhere");
    catalog_close(catalog);
    double bare = yardstick(words[1], stock_segments(&stock));
    pairs_add(&pairs, restart(words[1], &bytes), bare);
    pairs_print(&pairs, "restart", "s");
    pairs_add(&memory, bytes / stock_segments(&stock), SEGMENT_BYTES);
    pairs_print(&memory, "memory_per_segment", "B");
    pairs_add(&looked, status(words[1]), bare);
    pairs_print(&looked, "status", "s");
    return 0;
}
