/* columns_bench.c - what columns cost to write, and what selecting from them saves.
 * SPDX-License-Identifier: Apache-2.0
 *
 * columns_bench AREA CAMPAIGN EXECUTOR PAIRS [OTHER]: all segments of the first chunk
 * from raw with everything on, then only the selection from the columns which that
 * stored. columns  CPU seconds to encode, compress, hash and write the columns again,
 * against those of the whole executor select   events per CPU second from columns,
 * against those from raw; both by an executor that does RAW_TASKS or SELECT_TASKS of
 * these tasks. What its start takes is taken off: one that goes on for hours does
 * hundreds. select.OTHER: the same with the skims of another campaign
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/disk.h"
#include "base/heap.h"
#include "base/text.h"
#include "coordinator/tasks.h"
#include "output/columns.h"
#include "tests/bench/chain.h"
#include "tests/bench/kept.h"
#include "tests/bench/measure.h"

#define TASK_LIMIT   ((size_t)64 << 20)
#define ROWS         64u /* put at a time, as the executor does */
#define RAW_TASKS    2u
#define SELECT_TASKS 10u

struct bench {
    struct chain chain, other;
    const char *executor, *other_name; /* NULL: there is no other campaign */
    struct bytes raw_task, task, report;
    char task_path[4200], report_path[4200], copy_path[4200];
    struct columns_reader reader;
    struct columns_writer writer;
    struct reco_table table, rows;
};

/* Does a packed task; its report is in bench->report. */
static double task_do(struct bench *bench, const struct bytes *task)
{
    struct err err;
    measure_must(disk_write_durable(bench->task_path, task->data, task->size, 0644, &err),
                 &err);
    struct measured measured = measure_child((const char *[]){
        bench->executor, "--task", bench->task_path, "--out", bench->report_path, NULL});
    bytes_clear(&bench->report);
    measure_must(disk_read_file(bench->report_path, &bench->report, &err), &err);
    return measured.cpu_s;
}

/* Rows that were just made are in a cache: they are copied first, which is not counted.
 */
static double rows_put(struct bench *bench)
{
    double seconds = 0;
    struct err err;
    for (uint32_t from = 0; from < bench->table.rows; from += ROWS) {
        uint32_t left = bench->table.rows - from;
        bench->rows.rows = left < ROWS ? left : ROWS;
        for (int c = 0; c < RECO_COLUMN_COUNT; c++) {
            size_t size =
                reco_column_infos[c].width * reco_type_size(reco_column_infos[c].type);
            memcpy(bench->rows.data[c],
                   (const uint8_t *)bench->table.data[c] + from * size,
                   bench->rows.rows * size);
        }
        double start = measure_cpu_s();
        measure_must(columns_put(&bench->writer, &bench->rows, &err), &err);
        seconds += measure_cpu_s() - start;
    }
    return seconds;
}

/* CPU seconds to write a product's columns again, reading not counted. */
static double product_write(struct bench *bench, const struct product *product,
                            struct pack_writer *pack)
{
    struct err err;
    struct bytes account = {.size = 0};
    char path[4600];
    uint64_t size;
    int fd;
    double seconds = 0;
    (void)snprintf(path, sizeof path, "%s/%s", bench->chain.book.campaign.store,
                   product->place.file);
    measure_must(
        disk_open_read(path, &fd, &size, &err) &&
            columns_open(&bench->reader, fd, path, &product->place, &product->key, &err),
        &err);
    pack_begin(pack);
    columns_start(&bench->writer, pack);
    do {
        measure_must(columns_next(&bench->reader, RECO_ALL_COLUMNS, &bench->table, &err),
                     &err);
        seconds += rows_put(bench);
    } while (bench->table.rows > 0);
    (void)close(fd);
    static const char key[] = "bench\n";
    struct pack_item item = {.key = sha256_of(key, sizeof key - 1),
                             .stream = "reco",
                             .key_text = (const uint8_t *)key,
                             .key_size = sizeof key - 1};
    struct product made;
    double start = measure_cpu_s();
    measure_must(columns_end(&bench->writer, &item.key, &account, &err) &&
                     pack_end(pack, &item, &made, &err),
                 &err);
    return seconds + measure_cpu_s() - start;
}

static double columns_write(struct bench *bench, uint64_t *rows, uint64_t *bytes)
{
    struct report report;
    struct pack_writer pack;
    struct err err;
    double seconds = 0;
    int fd;
    measure_must(wire_report_unpack(bench->report.data, bench->report.size,
                                    &bench->chain.arena, &report, &err),
                 &err);
    measure_remove(bench->copy_path);
    measure_must(disk_create(bench->copy_path, &fd, &err) &&
                     pack_writer_start(&pack, fd, bench->copy_path, &err),
                 &err);
    *rows = 0;
    for (uint32_t i = 0; i < report.segment_count; i++) {
        struct product_set set = {.products = report.segments[i].products,
                                  .count = report.segments[i].product_count};
        const struct product *product = task_find_stream(&set, "reco");
        seconds += product_write(bench, product, &pack);
        *rows += product->entries;
    }
    measure_must(pack_finish(&pack, bytes, &err), &err);
    pack_writer_release(&pack);
    (void)close(fd);
    measure_remove(bench->copy_path);
    return seconds;
}

/* CPU seconds of an executor that is started and has nothing to do. */
static double start_only(const struct bench *bench)
{
    struct kept kept;
    kept_start(&kept, bench->executor);
    return kept_end(&kept);
}

/* CPU seconds of a task of all steps, by an executor that does some. */
static double raw_many(struct bench *bench, const struct chain_chunk *chunk)
{
    struct kept kept;
    struct report report;
    kept_start(&kept, bench->executor);
    for (uint32_t i = 0; i < RAW_TASKS; i++) {
        chain_task(&bench->chain, chunk->segments, chunk->count, &bench->task);
        kept_do(&kept, &bench->task, &bench->chain.arena, &report);
    }
    return (kept_end(&kept) - start_only(bench)) / RAW_TASKS;
}

/* The same of a selection from the columns that bench->report names. */
static double select_many(struct bench *bench, struct chain *chain,
                          const struct chain_chunk *chunk)
{
    struct kept kept;
    struct report report;
    kept_start(&kept, bench->executor);
    for (uint32_t i = 0; i < SELECT_TASKS; i++) {
        chain_task(chain, chunk->segments, chunk->count, &bench->task);
        chain_select_task(chain, &bench->task, &bench->report);
        kept_do(&kept, &bench->task, &chain->arena, &report);
    }
    return (kept_end(&kept) - start_only(bench)) / SELECT_TASKS;
}

static void measure_pairs(struct bench *bench, const struct chain_chunk *chunk,
                          uint64_t rounds)
{
    struct pairs columns = {.count = 0}, select = {.count = 0}, other = {.count = 0};
    uint64_t rows = 0, bytes = 0;
    char parts[4200], name[64];
    (void)snprintf(parts, sizeof parts, "%s/parts", bench->chain.book.campaign.store);
    for (uint64_t i = 0; i < rounds; i++) {
        double raw_s = task_do(bench, &bench->raw_task);
        pairs_add(&columns, columns_write(bench, &rows, &bytes), raw_s);
        double n = (double)rows, many_s = raw_many(bench, chunk);
        pairs_add(&select, n / select_many(bench, &bench->chain, chunk), n / many_s);
        if (bench->other_name != NULL)
            pairs_add(&other, n / select_many(bench, &bench->other, chunk), n / many_s);
        measure_remove(parts);
    }
    pairs_print(&columns, "columns", "s");
    pairs_print(&select, "select", "events/s");
    (void)snprintf(name, sizeof name, "select.%s", bench->other_name);
    if (bench->other_name != NULL)
        pairs_print(&other, name, "events/s");
    (void)printf("# columns: %" PRIu64 " events, %.0f bytes each\n", rows,
                 (double)bytes / (double)(rows == 0 ? 1 : rows));
}

int main(int count, char **words)
{
    static struct bench bench;
    struct chain_chunk chunk;
    struct err err = {.text = "columns_bench AREA CAMPAIGN EXECUTOR PAIRS [OTHER]"};
    uint64_t rounds = 0;
    heap_prepare(); /* as the executor, whose writing this is */
    measure_must(count == 5 || count == 6, &err);
    measure_must(text_to_u64(words[4], MEASURE_PAIRS, &rounds, &err), &err);
    chain_open(&bench.chain, words[1], words[2]);
    const char *store = bench.chain.book.campaign.store;
    bench.executor = words[3];
    bench.other_name = words[5]; /* or the NULL at the end */
    if (bench.other_name != NULL)
        chain_open(&bench.other, words[1], bench.other_name);
    bytes_init(&bench.raw_task, TASK_LIMIT);
    bytes_init(&bench.task, TASK_LIMIT);
    bytes_init(&bench.report, TASK_LIMIT);
    columns_reader_init(&bench.reader);
    columns_writer_init(&bench.writer);
    reco_table_init(&bench.table, RECO_CLUSTER);
    reco_table_init(&bench.rows, ROWS);
    (void)snprintf(bench.task_path, sizeof bench.task_path, "%s/bench.task", store);
    (void)snprintf(bench.report_path, sizeof bench.report_path, "%s/bench.report", store);
    (void)snprintf(bench.copy_path, sizeof bench.copy_path, "%s/bench.copy", store);
    measure_must(chain_chunk(&bench.chain, 0, &chunk), &err);
    chain_task(&bench.chain, chunk.segments, chunk.count, &bench.raw_task);
    measure_pin();
    (void)measure_read(chunk.chunk.url);
    measure_pairs(&bench, &chunk, rounds);
    measure_remove(bench.task_path);
    measure_remove(bench.report_path);
    bytes_release(&bench.raw_task);
    bytes_release(&bench.task);
    bytes_release(&bench.report);
    columns_reader_release(&bench.reader);
    columns_writer_release(&bench.writer);
    reco_table_release(&bench.table);
    reco_table_release(&bench.rows);
    chain_chunk_release(&chunk);
    if (bench.other_name != NULL)
        chain_close(&bench.other);
    chain_close(&bench.chain);
    return 0;
}
