/* chain.h - tasks of a planned campaign, done by an executor without any service.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Tasks are built by the coordinator's own code from the catalog of an area; nothing is
 * recorded there. Parts go to the campaign's store.
 */
#ifndef SPILLWAY_TESTS_BENCH_CHAIN_H
#define SPILLWAY_TESTS_BENCH_CHAIN_H

#include "coordinator/book.h"

struct chain {
    struct catalog *catalog;
    struct book book;
    struct arena arena; /* of tasks and reports */
    uint64_t token;     /* of the task made last */
};

/* All of this ends the program on an error. */
void chain_open(struct chain *chain, const char *area, const char *campaign);
void chain_close(struct chain *chain);

/* A chunk with the plan numbers of its segments, in order. */
struct chain_chunk {
    struct chunk chunk;
    uint32_t *segments;
    uint32_t count;
};

/* The chunk with this place, from 0, in the run catalogue; false behind the last. */
bool chain_chunk(struct chain *chain, uint32_t place, struct chain_chunk *out);
void chain_chunk_release(struct chain_chunk *chunk);

/* Packs a task (replaces the content of `out`): all steps of these segments. */
void chain_task(struct chain *chain, const uint32_t *segments, uint32_t count,
                struct bytes *out);

/* Turns a packed task and its packed report into the task that selects again from the
 * stored columns. */
void chain_select_task(struct chain *chain, struct bytes *task,
                       const struct bytes *report);

/* Merges what a packed report has of one stream, as one group; all of it `copies` times
 * over, so that little data make a large file. */
void chain_merge_task(struct chain *chain, const struct bytes *packed, const char *stream,
                      uint32_t copies, struct bytes *out);

#endif
