/* memory_bench.c - peak memory of one executor after ten times as many events.
 * SPDX-License-Identifier: Apache-2.0
 *
 * memory_bench AREA CAMPAIGN EXECUTOR: the segments of the campaign in three tasks of one
 * executor: a fifth of the first chunk, its rest, the second chunk. The peak is the
 * executor's own (getrusage), as its reports tell it.
 */
#include <inttypes.h>
#include <stdio.h>

#include "tests/bench/chain.h"
#include "tests/bench/kept.h"
#include "tests/bench/measure.h"

#define MEGABYTE 1e6

/* Does these segments; returns the peak so far and adds the events. */
static double task_do(struct kept *kept, struct chain *chain,
                      const struct chain_chunk *chunk, uint32_t first, uint64_t *events)
{
    struct report report;
    struct bytes task;
    uint32_t last = first == 0 ? (chunk->count + 4) / 5 : chunk->count;
    bytes_init(&task, FRAME_LIMIT);
    chain_task(chain, chunk->segments + first, last - first, &task);
    kept_do(kept, &task, &chain->arena, &report);
    bytes_release(&task);
    for (uint32_t i = 0; i < report.segment_count; i++)
        *events += report.segments[i].seen.count;
    return (double)report.peak_memory_bytes / MEGABYTE;
}

int main(int count, char **words)
{
    struct kept kept;
    struct chain chain;
    struct chain_chunk chunk;
    struct pairs pairs = {.count = 0};
    struct err err = {.text = "memory_bench AREA CAMPAIGN EXECUTOR"};
    char parts[4200];
    uint64_t few = 0, all = 0;
    measure_must(count == 4, &err);
    chain_open(&chain, words[1], words[2]);
    kept_start(&kept, words[3]);
    measure_must(chain_chunk(&chain, 0, &chunk), &err);
    double early = task_do(&kept, &chain, &chunk, 0, &few);
    all = few;
    double late = task_do(&kept, &chain, &chunk, (chunk.count + 4) / 5, &all);
    for (uint32_t place = 1; chain_chunk(&chain, place, &chunk); place++) {
        (void)task_do(&kept, &chain, &chunk, 0, &all);
        late = task_do(&kept, &chain, &chunk, (chunk.count + 4) / 5, &all);
    }
    (void)kept_end(&kept);
    pairs_add(&pairs, late, early);
    pairs_print(&pairs, "memory", "MB");
    (void)printf("# memory: peak after %" PRIu64 " and after %" PRIu64 " events\n", all,
                 few);
    (void)snprintf(parts, sizeof parts, "%s/parts", chain.book.campaign.store);
    measure_remove(parts);
    chain_close(&chain);
    return 0;
}
