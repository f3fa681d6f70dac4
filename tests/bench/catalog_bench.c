/* catalog_bench.c - durable completions, planning, restart, against the bare disk.
 * SPDX-License-Identifier: Apache-2.0
 *
 * catalog_bench FOLDER SEGMENTS. F is the rate of "overwrite 4 kB, fdatasync" in a
 * zero-filled file beside the catalog, taken before and after each stage. A completion is
 * what one committed segment writes: its state, a reco set of one product, a select set
 * of three, and a tenth of an attempt and of a part (tasks of ten segments). Segments
 * come in random order inside a window of 4096, as they do from many pilots. Wall time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/disk.h"
#include "base/random.h"
#include "base/text.h"
#include "catalog/catalog_internal.h"
#include "tests/bench/measure.h"

#define CAMPAIGN 1u
#define WINDOW   4096u
#define TASK     10u

struct bench {
    const char *folder;
    struct catalog *catalog;
    uint32_t segments;
    uint64_t attempt;
    struct random random;
};

static struct plan_segment planned(uint32_t number)
{
    struct plan_segment segment = {
        .id = {.chunk = {.run = 4000 + number / 100000,
                         .builder = 1,
                         .number = (uint16_t)(number / 100 % 1000)},
               .ordinal = number % 100},
        .spill = number % 100,
        .reco_set = number / 50,
        .select_set = number / 50 + 1};
    segment.reco_key = sha256_of(&number, sizeof number);
    segment.select_key = sha256_of(&segment.reco_key, sizeof segment.reco_key);
    return segment;
}

static struct catalog_txn *begin(struct bench *bench)
{
    struct catalog_txn *txn = NULL;
    struct err err = {0};
    measure_must(catalog_begin(bench->catalog, &txn, &err), &err);
    return txn;
}

static bool plan_load(struct bench *bench, struct err *err)
{
    const struct plan_state ready = {.state = SEGMENT_READY};
    struct catalog_txn *txn = begin(bench);
    bool done = true;
    for (uint32_t i = 0; done && i < bench->segments; i++) {
        struct plan_segment segment = planned(i);
        done = catalog_put_plan_segment(txn, CAMPAIGN, i, &segment, err) &&
               catalog_put_state(txn, CAMPAIGN, i, &ready, err);
    }
    if (done)
        return catalog_commit(txn, err);
    catalog_abort(txn);
    return false;
}

/* The same records, written to a flat file and synced once. */
static double plan_flat(struct bench *bench)
{
    struct bytes out;
    struct err err = {0};
    char path[4200];
    int fd;
    (void)snprintf(path, sizeof path, "%s/flat", bench->folder);
    bytes_init(&out, 1 << 20);
    int64_t start = clock_now_ns();
    measure_must(disk_create(path, &fd, &err), &err);
    for (uint32_t i = 0; i < bench->segments; i++) {
        struct plan_segment segment = planned(i);
        uint8_t state[PLAN_STATE_SIZE] = {SEGMENT_READY};
        measure_must(wire_plan_segment_pack(&segment, &out, &err), &err);
        measure_must(bytes_append(&out, state, sizeof state, &err), &err);
        if (out.size > out.limit - 4096) {
            measure_must(disk_write(fd, path, out.data, out.size, &err), &err);
            bytes_clear(&out);
        }
    }
    measure_must(disk_write(fd, path, out.data, out.size, &err), &err);
    measure_must(disk_sync(fd, path, &err), &err);
    double taken = measure_since_s(start);
    (void)close(fd);
    (void)unlink(path);
    bytes_release(&out);
    return taken;
}

static void plan_stage(struct bench *bench)
{
    struct err err = {0};
    double flat = plan_flat(bench);
    int64_t start = clock_now_ns();
    while (!plan_load(bench, &err))
        if (err.code != E_CATALOG_GROW)
            measure_must(false, &err);
    double taken = measure_since_s(start);
    (void)printf("catalog.plan %.3fs %.3fs %.2f\n", taken, flat, taken / flat);
}

/* Both tables by bare cursors, nothing decoded. */
static double restart_bare(struct catalog_txn *txn, uint64_t *sum)
{
    static const enum table tables[] = {TABLE_STATES, TABLE_PLAN};
    const struct slice first = {"", 1};
    struct err err = {0};
    struct slice key, value;
    int64_t start = clock_now_ns();
    for (size_t t = 0; t < 2; t++) {
        enum lookup lookup = store_seek(txn->store, tables[t], first, &key, &value, &err);
        for (; lookup == LOOKUP_FOUND;
             lookup = store_next(txn->store, tables[t], &key, &value, &err))
            *sum += *(const uint8_t *)value.data;
    }
    return measure_since_s(start);
}

/* What a restart reads: all states, all plan segments. */
static void restart_stage(struct bench *bench)
{
    struct err err = {0};
    struct plan_state *states = mem_new(bench->segments, sizeof *states);
    struct plan_segment segment;
    uint64_t sum = 0;
    struct catalog_txn *txn = begin(bench);
    double bare = restart_bare(txn, &sum);
    int64_t start = clock_now_ns();
    measure_must(catalog_get_states(txn, CAMPAIGN, 0, bench->segments, states, &err),
                 &err);
    double taken_states = measure_since_s(start);
    for (uint32_t i = 0; i < bench->segments; i++) {
        if (catalog_get_plan_segment(txn, CAMPAIGN, i, &segment, &err) != LOOKUP_FOUND)
            measure_must(false, &err);
        sum += segment.spill;
    }
    double taken = measure_since_s(start);
    catalog_abort(txn);
    (void)printf("catalog.states %.3fs %.3fs %.2f\n", taken_states, bare,
                 taken_states / bare);
    (void)printf("catalog.all %.3fs %.3fs %.2f\n", taken, bare, taken / bare);
    if (sum == 0)
        abort();
    free(states);
}

static struct product product_of(const struct sha256 *key, const char *stream,
                                 const char *file)
{
    struct product product = {.key = *key,
                              .bytes_hash = *key,
                              .events = {.count = 1000, .low = 1, .high = 2},
                              .entries = 1000,
                              .place = {.offset = 4096, .length = 100000}};
    (void)snprintf(product.stream, sizeof product.stream, "%s", stream);
    (void)snprintf(product.place.file, sizeof product.place.file, "%s", file);
    return product;
}

static bool set_put(struct catalog_txn *txn, const struct sha256 *key, bool reco,
                    const char *file, uint32_t *number, struct err *err)
{
    static const char *const streams[] = {"hist", "skim.invisible", "summary"};
    struct product products[3];
    uint32_t count = reco ? 1 : 3;
    for (uint32_t i = 0; i < count; i++)
        products[i] = product_of(key, reco ? "reco" : streams[i], file);
    const struct product_set set = {.key = *key, .products = products, .count = count};
    return catalog_put_products(txn, &set, number, err);
}

/* One task of ten segments: attempt, part, products, states. */
static bool task_commit(struct bench *bench, struct catalog_txn *txn,
                        const uint32_t *numbers, struct err *err)
{
    struct plan_segment segment = planned(numbers[0]);
    struct file_record file = {.campaign = CAMPAIGN, .state = FILE_PART, .size = 1 << 20};
    struct attempt attempt = {.number = ++bench->attempt,
                              .token = random_next(&bench->random),
                              .campaign = CAMPAIGN,
                              .state = ATTEMPT_COMMITTED,
                              .steps = STEP_RECO | STEP_SELECT,
                              .host = "node0123.cluster",
                              .segments = numbers,
                              .segment_count = TASK,
                              .committed = TASK};
    part_name(&segment.reco_key, attempt.token, file.name);
    bool done =
        catalog_put_attempt(txn, &attempt, err) && catalog_put_file(txn, &file, err);
    for (uint32_t i = 0; done && i < TASK; i++) {
        struct plan_state state = {.state = SEGMENT_COMMITTED, .attempts = 1};
        segment = planned(numbers[i]);
        done =
            set_put(txn, &segment.reco_key, true, file.name, &state.reco_product, err) &&
            set_put(txn, &segment.select_key, false, file.name, &state.select_product,
                    err) &&
            catalog_put_state(txn, CAMPAIGN, numbers[i], &state, err);
    }
    return done;
}

static bool group_commit(struct bench *bench, uint32_t group, uint32_t done_so_far,
                         struct err *err)
{
    uint32_t numbers[TASK];
    struct catalog_txn *txn = begin(bench);
    bool done = true;
    for (uint32_t i = 0; done && i < group; i += TASK) {
        for (uint32_t n = 0; n < TASK; n++) {
            uint32_t place = done_so_far + (uint32_t)random_below(&bench->random, WINDOW);
            numbers[n] = place % bench->segments;
        }
        done = task_commit(bench, txn, numbers, err);
    }
    if (done)
        return catalog_commit(txn, err);
    catalog_abort(txn);
    return false;
}

static void completion_stage(struct bench *bench, uint32_t group, int groups)
{
    struct err err = {0};
    double rate = measure_flushes(bench->folder);
    int64_t start = clock_now_ns(), cpu = clock_cpu_ns();
    for (int i = 0; i < groups; i++) {
        uint64_t attempt = bench->attempt;
        while (!group_commit(bench, group, (uint32_t)i * group, &err)) {
            if (err.code != E_CATALOG_GROW)
                measure_must(false, &err);
            bench->attempt = attempt;
        }
    }
    double ours = (double)group * groups / measure_since_s(start);
    double cpu_us = (double)(clock_cpu_ns() - cpu) * 1e-3 / (double)group / groups;
    rate = (rate + measure_flushes(bench->folder)) / 2;
    (void)printf("completions.G%u %.0f/s %.0f/s %.2f\n", group, ours, rate, ours / rate);
    (void)printf("# completions.G%u: %.1f us of CPU each\n", group, cpu_us);
}

int main(int argc, char **argv)
{
    struct bench bench = {.random = {.state = 1}};
    struct campaign campaign = {.name = "bench"};
    struct err err = {.text = "catalog_bench FOLDER SEGMENTS"};
    uint64_t segments = 0;
    measure_must(argc == 3, &err);
    measure_must(text_to_u64(argv[2], 100000000, &segments, &err), &err);
    bench.folder = argv[1];
    bench.segments = (uint32_t)(segments > WINDOW ? segments : WINDOW);
    measure_must(catalog_open(bench.folder, CATALOG_WRITE, &bench.catalog, &err), &err);
    struct catalog_txn *txn = begin(&bench);
    measure_must(catalog_put_campaign(txn, &campaign, &err) && catalog_commit(txn, &err),
                 &err);
    plan_stage(&bench);
    restart_stage(&bench);
    completion_stage(&bench, TASK, 100);
    completion_stage(&bench, 100, 50);
    completion_stage(&bench, 1000, bench.segments < 100000 ? 5 : 60);
    catalog_close(bench.catalog);
    return 0;
}
