/* service_pilot.h - an honest pilot, and the turns of the service that it leads to.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Streams: reco, skim.all, summary. The product of a stream is a text; its place in a
 * part is where the text stands.
 */
#ifndef SPILLWAY_TESTS_UNIT_COORDINATOR_SERVICE_PILOT_H
#define SPILLWAY_TESTS_UNIT_COORDINATOR_SERVICE_PILOT_H

#include "base/clock.h"
#include "coordinator/repair.h"
#include "coordinator/sweep.h"
#include "coordinator/turn.h"
#include "tests/unit/coordinator/service_world.h"

#define WORLD_STREAMS 5u
#define WORLD_TEXT    256u /* bytes of a product, at most */

static inline void bytes_text(struct bytes *out, const char *text)
{
    struct err err;
    must(bytes_append(out, text, strlen(text), &err), &err);
}

/* A part that is being made. */
struct world_part {
    char file[PRODUCT_FILE];
    struct bytes bytes;
};

static inline void part_begin(struct world_part *part, const struct sha256 *key,
                              uint64_t token)
{
    part_name(key, token, part->file);
    bytes_init(&part->bytes, (size_t)1 << 20);
}

static inline void part_end(struct world *world, struct world_part *part,
                            struct part_size *size)
{
    file_write(world_path(world, part->file), part->bytes.data, part->bytes.size);
    memcpy(size->file, part->file, sizeof size->file);
    size->size = part->bytes.size;
    bytes_release(&part->bytes);
}

static inline struct product product_make(struct world_part *part, const char *stream,
                                          const struct sha256 *key,
                                          const struct event_digest *events)
{
    char text[WORLD_TEXT];
    struct product product = {.key = *key, .events = *events, .entries = events->count};
    (void)snprintf(product.stream, sizeof product.stream, "%s", stream);
    (void)snprintf(text, sizeof text, "%s of %u: %u events\n", stream,
                   be32_load(key->bytes + 1), (unsigned)events->count);
    memcpy(product.place.file, part->file, sizeof part->file);
    product.place.offset = part->bytes.size;
    product.place.length = strlen(text);
    product.bytes_hash = sha256_of(text, strlen(text));
    bytes_text(&part->bytes, text);
    return product;
}

static inline bool steps_make(const struct task *task, const char *stream)
{
    return (task->steps & (stream_is_reco(stream) ? STEP_RECO : STEP_SELECT)) != 0;
}

/* The products of one segment, each in the part of its step; returns how many. */
static inline uint32_t segment_process(struct world_part parts[2],
                                       const struct task *task,
                                       const struct task_segment *segment,
                                       struct product products[WORLD_STREAMS])
{
    static const char *const streams[WORLD_STREAMS] = {"reco", "skim.all", "summary",
                                                       "flow", "hist"};
    struct event_digest events =
        events_of_tests(segment->segment.id.chunk.run, segment->segment.spill);
    uint32_t count = 0;
    for (uint32_t s = 0; s < WORLD_STREAMS; s++) {
        bool reco = stream_is_reco(streams[s]);
        if (steps_make(task, streams[s]))
            products[count++] =
                product_make(&parts[reco ? 0 : 1], streams[s],
                             reco ? &segment->reco_key : &segment->select_key, &events);
    }
    return count;
}

/* What an honest executor says after the first `count` segments. */
static inline struct report report_process(struct world *world, const struct task *task,
                                           uint32_t count)
{
    struct segment_result *results = world_memory(world, count, sizeof *results);
    struct part_size *sizes = world_memory(world, 2, sizeof *sizes);
    struct world_part parts[2];
    struct report report = {.attempt = task->attempt,
                            .token = task->token,
                            .status = count == task->segment_count ? REPORT_DONE
                                                                   : REPORT_PREFIX,
                            .blamed = UINT32_MAX,
                            .host = "node",
                            .segments = results,
                            .segment_count = count,
                            .parts = sizes};
    part_begin(&parts[0], &task->segments[0].reco_key, task->token);
    part_begin(&parts[1], &task->segments[0].select_key, task->token);
    for (uint32_t i = 0; i < count; i++) {
        const struct task_segment *segment = &task->segments[i];
        struct product *products = world_memory(world, WORLD_STREAMS, sizeof *products);
        results[i] = (struct segment_result){
            .index = segment->index,
            .seen = segment->segment.digest,
            .products = products,
            .product_count = segment_process(parts, task, segment, products)};
    }
    for (uint32_t p = 0; p < 2; p++)
        if ((task->steps & (p == 0 ? STEP_RECO : STEP_SELECT)) != 0)
            part_end(world, &parts[p], &sizes[report.part_count++]);
        else
            bytes_release(&parts[p].bytes);
    return report;
}

/* What an honest merge says: the inputs one behind the other. */
static inline struct report report_merge(struct world *world, const struct task *task)
{
    struct part_size *size = world_memory(world, 1, sizeof *size);
    uint64_t *offsets = world_memory(world, task->input_count, sizeof *offsets);
    struct world_part part;
    struct report report = {.attempt = task->attempt,
                            .token = task->token,
                            .status = REPORT_DONE,
                            .blamed = UINT32_MAX,
                            .host = "node",
                            .input_offsets = offsets,
                            .input_count = task->input_count,
                            .parts = size,
                            .part_count = 1};
    struct product *merged = &report.merged;
    part_begin(&part, &task->merge_key, task->token);
    merged->key = task->merge_key;
    (void)snprintf(merged->stream, sizeof merged->stream, "%s", task->merge_class.stream);
    for (uint32_t i = 0; i < task->input_count; i++) {
        const struct product *input = &task->inputs[i].product;
        struct bytes whole;
        struct err err;
        bytes_init(&whole, (size_t)1 << 20);
        must(disk_read_file(world_path(world, input->place.file), &whole, &err), &err);
        assert_true(input->place.offset + input->place.length <= whole.size);
        offsets[i] = part.bytes.size;
        must(bytes_append(&part.bytes, whole.data + input->place.offset,
                          input->place.length, &err),
             &err);
        bytes_release(&whole);
        event_digest_merge(&merged->events, &input->events);
        merged->entries += input->entries;
    }
    memcpy(merged->place.file, part.file, sizeof part.file);
    merged->place.length = part.bytes.size;
    merged->bytes_hash = sha256_of(part.bytes.data, part.bytes.size);
    part_end(world, &part, size);
    return report;
}

static inline struct report report_all(struct world *world, const struct task *task)
{
    return task->kind == TASK_MERGE ? report_merge(world, task)
                                    : report_process(world, task, task->segment_count);
}

static inline struct report report_failed(const struct task *task, enum err_code code,
                                          uint32_t blamed)
{
    struct report report = {.attempt = task->attempt,
                            .token = task->token,
                            .status = REPORT_FAILED,
                            .blamed = blamed,
                            .host = "node"};
    (void)err_set(&report.failure, code, "it went wrong");
    return report;
}

/* As it comes from the network. */
static inline struct exchange *exchange_of(const struct sync *sync)
{
    struct bytes body;
    struct exchange *exchange;
    struct err err;
    bytes_init(&body, WIRE_MESSAGE_LIMIT);
    must(wire_sync_pack(sync, &body, &err), &err);
    must(exchange_new(EXCHANGE_SYNC, body.data, body.size, &exchange, &err), &err);
    bytes_release(&body);
    return exchange;
}

static inline struct turn turn_of(struct world *world, bool start)
{
    world->served = (struct turn_campaign){.book = &world->book, .core = world->core};
    return (struct turn){.catalog = world->catalog,
                         .campaigns = &world->served,
                         .campaign_count = 1,
                         .log = &world->log,
                         .now_ns = world->now_ns,
                         .start = start};
}

static inline struct turn_result world_turn(struct world *world,
                                            struct exchange **exchanges, uint32_t count)
{
    struct turn turn = turn_of(world, false);
    struct turn_result result;
    struct err err;
    must(turn_run(&turn, exchanges, count, &result, &err), &err);
    return result;
}

/* Loads what the catalog holds, as the service does, and greets the pilot. */
static inline void world_start(struct world *world)
{
    struct turn turn;
    struct turn_result result;
    struct err err;
    struct exchange *exchange = mem_new(1, sizeof *exchange);
    world_load(world);
    turn = turn_of(world, true);
    must(turn_run(&turn, NULL, 0, &result, &err), &err);
    *exchange = (struct exchange){.kind = EXCHANGE_HELLO};
    arena_init(&exchange->arena, 4096);
    world->pilot = clock_random_token();
    exchange->hello_answer.pilot = world->pilot;
    world_turn(world, &exchange, 1);
    exchange_free(exchange);
}

static inline void world_open(struct world *world, uint32_t runs, uint32_t per_run)
{
    world_make(world, WORLD_MAP);
    world_plan(world, NULL, runs, per_run);
    world_start(world);
}

static inline bool world_repair_step(struct catalog_txn *txn, void *context,
                                     struct err *err)
{
    return repair_store(txn, WORLD_CAMPAIGN, context, err);
}

static inline bool world_sweep_step(struct catalog_txn *txn, void *context,
                                    struct err *err)
{
    struct world *world = context;
    struct swept swept;
    return sweep_collecting(&world->book.campaign, txn, err) &&
           sweep_parts(&world->book.campaign, txn, &swept, err);
}

/* A coordinator that died and starts again; how many segments the repair forgot. */
static inline uint64_t world_restart(struct world *world)
{
    uint64_t forgotten = 0;
    struct err err;
    world_unload(world);
    must(write_catalog(world->catalog, world_repair_step, &forgotten, &err), &err);
    world_start(world);
    must(write_catalog(world->catalog, world_sweep_step, world, &err), &err);
    return forgotten;
}

/* One sync of the pilot. The caller frees the exchange that it gives. */
static inline struct exchange *world_sync(struct world *world, uint32_t want,
                                          const struct report *reports, uint32_t count)
{
    struct sync sync = {
        .pilot = world->pilot, .want = want, .reports = reports, .report_count = count};
    struct exchange *exchange = exchange_of(&sync);
    world_turn(world, &exchange, 1);
    return exchange;
}

/* The verdict on one report. */
static inline enum verdict world_report(struct world *world, const struct report *report)
{
    struct exchange *exchange = world_sync(world, 0, report, 1);
    enum verdict verdict = exchange->verdicts[0].verdict;
    exchange_free(exchange);
    return verdict;
}

/* A task in the world's arena; false when nothing was given. */
static inline bool world_take(struct world *world, struct task *task)
{
    struct exchange *exchange = world_sync(world, 1, NULL, 0);
    bool given = exchange->task_count == 1;
    if (given) {
        struct bytes packed;
        struct err err;
        bytes_init(&packed, WIRE_MESSAGE_LIMIT);
        must(wire_task_pack(&exchange->tasks[0], &packed, &err), &err);
        must(wire_task_unpack(packed.data, packed.size, &world->arena, task, &err), &err);
        bytes_release(&packed);
    }
    exchange_free(exchange);
    return given;
}

/* Works until nothing of the kind is given; how many tasks. `kind` -1: of all kinds. A
 * task of another kind is handed back. */
static inline uint32_t world_work(struct world *world, int kind)
{
    struct task task;
    uint32_t done = 0;
    while (world_take(world, &task)) {
        if (kind >= 0 && (int)task.kind != kind) {
            struct report back = {.attempt = task.attempt,
                                  .token = task.token,
                                  .status = REPORT_RETURNED,
                                  .blamed = UINT32_MAX};
            assert_int_equal(world_report(world, &back), VERDICT_NOTED);
            return done;
        }
        struct report report = report_all(world, &task);
        assert_int_equal(world_report(world, &report), VERDICT_COMMITTED);
        done++;
    }
    return done;
}

/* Nothing in the catalog contradicts anything else. */
static inline void world_check(struct world *world)
{
    struct catalog_txn *txn;
    struct bytes report;
    uint64_t faults = 0;
    struct err err;
    const char *text = "";
    const char *broken = "";
    bytes_init(&report, (size_t)1 << 20);
    must(catalog_begin(world->catalog, &txn, &err), &err);
    must(catalog_check(txn, &report, &faults, &err), &err);
    catalog_abort(txn);
    if (faults > 0 && text_terminate(&report, &text, &err))
        fail_msg("%s", text);
    bytes_release(&report);
    if (world->core != NULL && !core_invariants(world->core, &broken))
        fail_msg("%s", broken);
}

#endif
