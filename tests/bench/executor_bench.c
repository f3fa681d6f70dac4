/* executor_bench.c - the executor with everything on, against a bare read() loop.
 * SPDX-License-Identifier: Apache-2.0
 *
 * executor_bench AREA CAMPAIGN EXECUTOR PAIRS: tasks for all segments of the first chunk:
 * decoding, reconstruction, skims, columns, part files, digests. Bytes per CPU second of
 * one executor that does TASKS of them, its start included: a chunk of 330 MB three times
 * is as much as one chunk of the experiment (about 1 GB).
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "tests/bench/chain.h"
#include "tests/bench/kept.h"
#include "tests/bench/measure.h"

#define TASK_LIMIT ((size_t)64 << 20)
#define TASKS      3u

/* Events of the chunk and bytes of products, as the last report tells. */
static void output_tell(const struct report *report, double cpu_s)
{
    uint64_t events = 0;
    for (uint32_t i = 0; i < report->segment_count; i++)
        events += report->segments[i].seen.count;
    (void)printf("# executor: %.0f events per CPU second, %.2f bytes written for each "
                 "byte read, %u times %.1f MB\n",
                 (double)events / cpu_s,
                 (double)report->bytes_written / (double)report->bytes_read, TASKS,
                 1e-6 * (double)report->bytes_read);
}

/* CPU seconds of a task. */
static double executor_run(struct chain *chain, const struct chain_chunk *chunk,
                           const char *program, struct report *report)
{
    struct kept kept;
    struct bytes task;
    bytes_init(&task, TASK_LIMIT);
    kept_start(&kept, program);
    for (uint32_t i = 0; i < TASKS; i++) {
        chain_task(chain, chunk->segments, chunk->count, &task);
        kept_do(&kept, &task, &chain->arena, report);
    }
    bytes_release(&task);
    return kept_end(&kept) / TASKS;
}

int main(int count, char **words)
{
    struct chain chain;
    struct chain_chunk chunk;
    struct pairs pairs = {.count = 0};
    struct report report = {.segment_count = 0};
    struct err err = {.text = "executor_bench AREA CAMPAIGN EXECUTOR PAIRS"};
    uint64_t rounds = 0;
    double cpu_s = 1;
    char parts[4200];
    measure_must(count == 5, &err);
    measure_must(text_to_u64(words[4], MEASURE_PAIRS, &rounds, &err), &err);
    chain_open(&chain, words[1], words[2]);
    measure_must(chain_chunk(&chain, 0, &chunk), &err);
    (void)snprintf(parts, sizeof parts, "%s/parts", chain.book.campaign.store);
    measure_pin();
    (void)measure_read(chunk.chunk.url);
    for (uint64_t i = 0; i < rounds; i++) {
        double bytes = 1e-6 * (double)chunk.chunk.size;
        struct measured bare = measure_read(chunk.chunk.url);
        cpu_s = executor_run(&chain, &chunk, words[3], &report);
        pairs_add(&pairs, bytes / cpu_s, bytes / bare.cpu_s);
        measure_remove(parts);
    }
    pairs_print(&pairs, "executor", "MB/s");
    output_tell(&report, cpu_s);
    chain_chunk_release(&chunk);
    chain_close(&chain);
    return 0;
}
