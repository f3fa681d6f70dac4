/* executor_bench.c - the executor with everything on, against a bare read() loop.
 * SPDX-License-Identifier: Apache-2.0
 *
 * executor_bench AREA CAMPAIGN EXECUTOR PAIRS: one task for all segments of the first
 * chunk: decoding, reconstruction, skims, columns, part files, digests. Bytes of the
 * chunk per CPU second of the whole process, its start included, so the chunk should be
 * some hundred megabytes.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/disk.h"
#include "base/text.h"
#include "tests/bench/chain.h"
#include "tests/bench/measure.h"

#define TASK_LIMIT ((size_t)64 << 20)

/* Events of the chunk and bytes of products, as the report tells. */
static void output_tell(struct chain *chain, const char *path, double cpu_s)
{
    struct report report;
    struct bytes packed;
    struct err err;
    uint64_t events = 0;
    bytes_init(&packed, TASK_LIMIT);
    measure_must(
        disk_read_file(path, &packed, &err) &&
            wire_report_unpack(packed.data, packed.size, &chain->arena, &report, &err),
        &err);
    for (uint32_t i = 0; i < report.segment_count; i++)
        events += report.segments[i].seen.count;
    (void)printf(
        "# executor: %.0f events per CPU second, %.2f bytes written for each byte "
        "read, %.1f MB\n",
        (double)events / cpu_s, (double)report.bytes_written / (double)report.bytes_read,
        1e-6 * (double)report.bytes_read);
    bytes_release(&packed);
    measure_remove(path);
}

int main(int count, char **words)
{
    struct chain chain;
    struct chain_chunk chunk;
    struct pairs pairs = {.count = 0};
    struct bytes task;
    struct measured ours = {.cpu_s = 0};
    struct err err = {.text = "executor_bench AREA CAMPAIGN EXECUTOR PAIRS"};
    uint64_t rounds = 0;
    char file[4200], told[4200], parts[4200];
    measure_must(count == 5, &err);
    measure_must(text_to_u64(words[4], MEASURE_PAIRS, &rounds, &err), &err);
    chain_open(&chain, words[1], words[2]);
    measure_must(chain_chunk(&chain, 0, &chunk), &err);
    const char *store = chain.book.campaign.store;
    (void)snprintf(file, sizeof file, "%s/bench.task", store);
    (void)snprintf(told, sizeof told, "%s/bench.report", store);
    (void)snprintf(parts, sizeof parts, "%s/parts", store);
    bytes_init(&task, TASK_LIMIT);
    chain_task(&chain, chunk.segments, chunk.count, &task);
    measure_must(disk_write_durable(file, task.data, task.size, 0644, &err), &err);
    measure_pin();
    (void)measure_read(chunk.chunk.url);
    for (uint64_t i = 0; i < rounds; i++) {
        double bytes = 1e-6 * (double)chunk.chunk.size;
        struct measured bare = measure_read(chunk.chunk.url);
        ours = measure_child(
            (const char *[]){words[3], "--task", file, "--out", told, NULL});
        pairs_add(&pairs, bytes / ours.cpu_s, bytes / bare.cpu_s);
        measure_remove(parts);
    }
    pairs_print(&pairs, "executor", "MB/s");
    output_tell(&chain, told, ours.cpu_s);
    measure_remove(file);
    bytes_release(&task);
    chain_chunk_release(&chunk);
    chain_close(&chain);
    return 0;
}
