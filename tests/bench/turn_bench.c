/* turn_bench.c - durable completions through the real turn of the service.
 * SPDX-License-Identifier: Apache-2.0
 *
 * turn_bench FOLDER SEGMENTS: four pilots report tasks of 16 segments, 16 tasks a sync,
 * so a turn commits 1024 segments and leases as many; their part files lie in a store.
 * Timed is what the service does with a body once it has it: unpack, check, decide, one
 * durable transaction, pack the answer. Yardstick: F, overwrites of 4 kB with fdatasync a
 * second in a zero-filled file, taken before and after.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "coordinator/turn.h"
#include "tests/bench/measure.h"
#include "tests/bench/stock.h"
#include "tests/bench/worked.h"

#define PILOTS 4u
#define TASKS  16u

struct bench {
    struct catalog *catalog;
    struct book book;
    struct core *core;
    struct log log;
    char store[4096];
    struct bytes bodies[PILOTS]; /* of the next turn */
    uint64_t completions;
    double wall_s, cpu_s;
};

static void turn(struct bench *bench, struct exchange **exchanges, uint32_t count,
                 bool start)
{
    struct turn_result result;
    struct err err;
    const struct turn_campaign served = {.book = &bench->book, .core = bench->core};
    const struct turn turn = {.catalog = bench->catalog,
                              .campaigns = &served,
                              .campaign_count = 1,
                              .log = &bench->log,
                              .now_ns = clock_now_ns(),
                              .wall_s = clock_wall_s(),
                              .start = start};
    measure_must(turn_run(&turn, exchanges, count, &result, &err), &err);
}

static void sync_pack(struct bytes *body, const struct sync *sync)
{
    struct err err;
    bytes_clear(body);
    measure_must(wire_sync_pack(sync, body, &err), &err);
}

/* All pilots say hello; their first sync asks for work. */
static void pilots_start(struct bench *bench)
{
    struct exchange *exchanges[PILOTS];
    struct bytes body;
    struct err err;
    bytes_init(&body, WIRE_MESSAGE_LIMIT);
    measure_must(
        wire_hello_pack(&(struct hello){.protocol = PROTOCOL_VERSION}, &body, &err),
        &err);
    for (uint32_t p = 0; p < PILOTS; p++) {
        measure_must(
            exchange_new(EXCHANGE_HELLO, body.data, body.size, &exchanges[p], &err),
            &err);
        exchanges[p]->hello_answer.pilot = p + 1;
        bytes_init(&bench->bodies[p], WIRE_MESSAGE_LIMIT);
        sync_pack(&bench->bodies[p], &(struct sync){.pilot = p + 1, .want = TASKS});
    }
    turn(bench, exchanges, PILOTS, false);
    for (uint32_t p = 0; p < PILOTS; p++)
        exchange_free(exchanges[p]);
    bytes_release(&body);
}

/* The next sync of a pilot: reports of the tasks that it was just given. */
static void pilot_work(struct bench *bench, uint32_t pilot, struct exchange *exchange)
{
    struct report reports[SYNC_TASKS];
    struct sync sync = {.pilot = pilot + 1,
                        .want = TASKS,
                        .reports = reports,
                        .report_count = exchange->task_count};
    struct err err = {.text = "a good report was refused"};
    for (uint32_t i = 0; i < exchange->sync.report_count; i++) {
        measure_must(exchange->verdicts[i].verdict == VERDICT_COMMITTED, &err);
        bench->completions += exchange->sync.reports[i].segment_count;
    }
    for (uint32_t i = 0; i < exchange->task_count; i++)
        worked_report(bench->store, &bench->book.campaign, &exchange->tasks[i],
                      &exchange->arena, &reports[i]);
    sync_pack(&bench->bodies[pilot], &sync);
}

/* One turn with all pilots, as the service does it; only this is timed. */
static void pilots_sync(struct bench *bench)
{
    struct exchange *exchanges[PILOTS];
    struct bytes answer;
    struct err err;
    bytes_init(&answer, WIRE_MESSAGE_LIMIT);
    int64_t start_ns = clock_now_ns();
    double cpu_s = measure_cpu_s();
    for (uint32_t p = 0; p < PILOTS; p++)
        measure_must(exchange_new(EXCHANGE_SYNC, bench->bodies[p].data,
                                  bench->bodies[p].size, &exchanges[p], &err),
                     &err);
    turn(bench, exchanges, PILOTS, false);
    for (uint32_t p = 0; p < PILOTS; p++) {
        bytes_clear(&answer);
        measure_must(exchange_answer(exchanges[p], &answer, &err), &err);
    }
    bench->cpu_s += measure_cpu_s() - cpu_s;
    bench->wall_s += measure_since_s(start_ns);
    bytes_release(&answer);
    for (uint32_t p = 0; p < PILOTS; p++) {
        pilot_work(bench, p, exchanges[p]);
        exchange_free(exchanges[p]);
    }
}

static void bench_open(struct bench *bench, const char *folder, uint32_t segments)
{
    struct stock stock = {
        .runs = 1, .builders = 10, .chunks = (segments + 999) / 1000, .spills = 100};
    struct catalog_txn *txn;
    struct err err;
    char path[4200];
    *bench = (struct bench){
        .log = {.fd = STDERR_FILENO, .level = LOG_LEVEL_WARN, .room = "bench"}};
    (void)snprintf(bench->store, sizeof bench->store, "%s/store", folder);
    (void)snprintf(path, sizeof path, "%s/catalog", folder);
    measure_must(catalog_open(path, CATALOG_WRITE, &bench->catalog, &err), &err);
    stock_runs(bench->catalog, &stock);
    stock_plan(bench->catalog, &stock, bench->store);
    measure_must(catalog_begin(bench->catalog, &txn, &err), &err);
    measure_must(book_load(&bench->book, txn, STOCK_CAMPAIGN, &bench->core, &err), &err);
    catalog_abort(txn);
    turn(bench, NULL, 0, true);
}

int main(int count, char **words)
{
    struct bench bench;
    struct pairs pairs = {.count = 0};
    struct err err = {.text = "turn_bench FOLDER SEGMENTS"};
    uint64_t segments = 0;
    measure_must(count == 3, &err);
    measure_must(text_to_u64(words[2], 10000000, &segments, &err), &err);
    bench_open(&bench, words[1], (uint32_t)(segments + segments / 4));
    pilots_start(&bench);
    pilots_sync(&bench); /* leases, and no reports yet */
    bench.wall_s = bench.cpu_s = 0;
    double flushes = measure_flushes(words[1]);
    while (bench.completions < segments)
        pilots_sync(&bench);
    flushes = (flushes + measure_flushes(words[1])) / 2;
    double each = (double)bench.completions;
    pairs_add(&pairs, each / bench.wall_s, flushes);
    pairs_print(&pairs, "completions.turn", "/s");
    (void)printf("# completions.turn: %.1f us of CPU each\n", 1e6 * bench.cpu_s / each);
    for (uint32_t p = 0; p < PILOTS; p++)
        bytes_release(&bench.bodies[p]);
    core_free(bench.core);
    book_release(&bench.book);
    catalog_close(bench.catalog);
    return 0;
}
