/* chain.c - tasks of a planned campaign, done by an executor without any service.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/bench/chain.h"

#include <stdio.h>
#include <stdlib.h>

#include "coordinator/area.h"
#include "coordinator/tasks.h"
#include "tests/bench/measure.h"

#define CHAIN_MEMORY ((size_t)1 << 30)

static struct catalog_txn *begin(struct chain *chain)
{
    struct catalog_txn *txn;
    struct err err;
    measure_must(catalog_begin(chain->catalog, &txn, &err), &err);
    return txn;
}

void chain_open(struct chain *chain, const char *area, const char *campaign)
{
    struct area place = {.folder = ""};
    struct core *core;
    struct err err;
    (void)snprintf(place.folder, sizeof place.folder, "%s", area);
    *chain = (struct chain){.token = 0};
    arena_init(&chain->arena, CHAIN_MEMORY);
    measure_must(area_catalog(&place, CATALOG_READ, &chain->catalog, &err), &err);
    struct catalog_txn *txn = begin(chain);
    measure_must(book_load(&chain->book, txn, campaign, &core, &err), &err);
    catalog_abort(txn);
    core_free(core);
}

void chain_close(struct chain *chain)
{
    book_release(&chain->book);
    catalog_close(chain->catalog);
    arena_release(&chain->arena);
}

static struct plan_segment planned(struct chain *chain, struct catalog_txn *txn,
                                   uint32_t number)
{
    struct plan_segment segment;
    struct err err = {.text = "a segment of the plan is missing"};
    measure_must(catalog_get_plan_segment(txn, chain->book.campaign.id, number, &segment,
                                          &err) == LOOKUP_FOUND,
                 &err);
    return segment;
}

/* The chunk with this place in the run catalogue. */
static enum lookup chunk_at(struct catalog_txn *txn, uint32_t place, struct chunk *chunk,
                            struct err *err)
{
    struct chunk_id from = {.run = 0};
    enum lookup found;
    while ((found = catalog_next_chunk(txn, &from, chunk, err)) == LOOKUP_FOUND &&
           place-- > 0) {
        from = chunk->id;
        if (!chunk_id_step(&from))
            from = (struct chunk_id){.run = from.run + 1};
    }
    return found;
}

bool chain_chunk(struct chain *chain, uint32_t place, struct chain_chunk *out)
{
    uint32_t count = chain->book.campaign.segment_count;
    struct catalog_txn *txn = begin(chain);
    struct err err;
    *out = (struct chain_chunk){.count = 0};
    enum lookup found = chunk_at(txn, place, &out->chunk, &err);
    measure_must(found != LOOKUP_FAILED, &err);
    if (found == LOOKUP_FOUND)
        out->segments = mem_new(count, sizeof(uint32_t));
    for (uint32_t i = 0; found == LOOKUP_FOUND && i < count; i++) {
        struct plan_segment segment = planned(chain, txn, i);
        if (chunk_id_compare(&out->chunk.id, &segment.id.chunk) == 0)
            out->segments[out->count++] = i;
    }
    catalog_abort(txn);
    return found == LOOKUP_FOUND;
}

void chain_chunk_release(struct chain_chunk *chunk)
{
    free(chunk->segments);
    *chunk = (struct chain_chunk){.count = 0};
}

void chain_task(struct chain *chain, const uint32_t *segments, uint32_t count,
                struct bytes *out)
{
    bool reconstruct = chain->book.campaign.recipe.reconstruct;
    struct core_command lease = {.kind = COMMAND_LEASE,
                                 .attempt = ++chain->token,
                                 .token = chain->token,
                                 .task_kind = TASK_PROCESS,
                                 .steps =
                                     reconstruct ? STEP_RECO | STEP_SELECT : STEP_SELECT,
                                 .segments = segments,
                                 .segment_count = count};
    struct task task;
    struct err err;
    struct catalog_txn *txn = begin(chain);
    measure_must(task_build(&chain->book, txn, &lease, &chain->arena, &task, &err), &err);
    catalog_abort(txn);
    bytes_clear(out);
    measure_must(wire_task_pack(&task, out, &err), &err);
}

void chain_select_task(struct chain *chain, struct bytes *task,
                       const struct bytes *report)
{
    struct task read;
    struct report done;
    struct err err;
    measure_must(
        wire_task_unpack(task->data, task->size, &chain->arena, &read, &err) &&
            wire_report_unpack(report->data, report->size, &chain->arena, &done, &err),
        &err);
    bug_if(read.segment_count != done.segment_count);
    struct task_segment *segments = mem_new(read.segment_count, sizeof *segments);
    for (uint32_t i = 0; i < read.segment_count; i++) {
        struct product_set set = {.products = done.segments[i].products,
                                  .count = done.segments[i].product_count};
        segments[i] = read.segments[i];
        segments[i].reco = *task_find_stream(&set, "reco");
    }
    read.segments = segments;
    read.steps = STEP_SELECT;
    read.token = ++chain->token;
    bytes_clear(task);
    measure_must(wire_task_pack(&read, task, &err), &err);
    free(segments);
}

void chain_merge_task(struct chain *chain, const struct bytes *packed, const char *stream,
                      uint32_t copies, struct bytes *out)
{
    struct report report;
    struct err err;
    measure_must(
        wire_report_unpack(packed->data, packed->size, &chain->arena, &report, &err),
        &err);
    uint32_t count = report.segment_count * copies;
    struct merge_input *inputs = mem_new(count, sizeof *inputs);
    struct sha256 *keys = mem_new(count, sizeof *keys);
    struct task task = {.attempt = ++chain->token,
                        .token = chain->token,
                        .kind = TASK_MERGE,
                        .merge_class = {.period = "bench",
                                        .setup = "bench",
                                        .beam = "bench",
                                        .origin = "mc",
                                        .run = 1},
                        .inputs = inputs,
                        .input_count = count};
    for (uint32_t i = 0; i < count; i++) {
        const struct segment_result *done = &report.segments[i % report.segment_count];
        struct product_set set = {.products = done->products,
                                  .count = done->product_count};
        const struct product *product = task_find_stream(&set, stream);
        bug_if(product == NULL);
        inputs[i] = (struct merge_input){.product = *product, .run = 1, .spill = i + 1};
        keys[i] = product->key;
    }
    (void)snprintf(task.store, sizeof task.store, "%s", chain->book.campaign.store);
    (void)snprintf(task.merge_class.stream, STREAM_NAME, "%s", stream);
    bytes_clear(out);
    measure_must(key_merge_text(out, &task.merge_class, keys, count, &err), &err);
    task.merge_key = key_of(out);
    bytes_clear(out);
    measure_must(wire_task_pack(&task, out, &err), &err);
    free(inputs);
    free(keys);
}
