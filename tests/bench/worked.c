/* worked.c - products of four kilobytes, in part files of nothing but a size.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/bench/worked.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/disk.h"
#include "coordinator/book.h"
#include "tests/bench/measure.h"

#define PRODUCT_BYTES 4096u

/* The file of a part: its size counts, its bytes do not. */
static void part_make(const char *store, const struct sha256 *key, uint64_t token,
                      uint64_t size, struct part_size *part)
{
    char path[4096 + PRODUCT_FILE];
    struct err err;
    int fd;
    *part = (struct part_size){.size = size};
    part_name(key, token, part->file);
    (void)snprintf(path, sizeof path, "%s/%s", store, part->file);
    *strrchr(path, '/') = 0;
    measure_must(disk_make_path(path, &err), &err);
    path[strlen(path)] = '/';
    measure_must(disk_create(path, &fd, &err), &err);
    if (ftruncate(fd, (off_t)size) != 0)
        abort();
    (void)close(fd);
}

void worked_report(const char *store, const struct campaign *campaign,
                   const struct task *task, struct arena *arena, struct report *report)
{
    char streams[STREAMS][STREAM_NAME];
    uint32_t count = book_streams(campaign, streams, STREAMS);
    uint32_t segments = task->segment_count;
    struct segment_result *results = arena_try(arena, segments, sizeof *results);
    struct product *products = arena_try(arena, segments * count, sizeof *products);
    struct part_size *parts = arena_try(arena, 2, sizeof *parts);
    bug_if(results == NULL || products == NULL || parts == NULL);
    uint64_t size = (uint64_t)segments * count * PRODUCT_BYTES;
    part_make(store, &task->segments[0].reco_key, task->token, size, &parts[0]);
    part_make(store, &task->segments[0].select_key, task->token, size, &parts[1]);
    for (uint32_t i = 0; i < segments; i++) {
        const struct task_segment *segment = &task->segments[i];
        results[i] = (struct segment_result){.index = segment->index,
                                             .seen = segment->segment.digest,
                                             .products = &products[i * count],
                                             .product_count = count};
        for (uint32_t s = 0; s < count; s++) {
            struct product *product = &products[i * count + s];
            bool reco = stream_is_reco(streams[s]);
            *product = (struct product){
                .key = reco ? segment->reco_key : segment->select_key,
                .bytes_hash = segment->reco_key,
                .events = segment->segment.digest,
                .entries = 1000,
                .place = {.offset = (uint64_t)(i * count + s) * PRODUCT_BYTES,
                          .length = PRODUCT_BYTES}};
            memcpy(product->stream, streams[s], STREAM_NAME);
            memcpy(product->place.file, parts[reco ? 0 : 1].file, PRODUCT_FILE);
        }
    }
    *report = (struct report){.attempt = task->attempt,
                              .token = task->token,
                              .status = REPORT_DONE,
                              .blamed = UINT32_MAX,
                              .segments = results,
                              .segment_count = segments,
                              .parts = parts,
                              .part_count = 2,
                              .host = "node0123.cluster"};
}
