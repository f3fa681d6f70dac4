/* check_runs.c - the run catalogue: links, and segments that tile their chunks.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <math.h>

#include "catalog/check_internal.h"

static bool run_linked(struct check *check, uint32_t run, const char *what,
                       struct err *err)
{
    struct key key = key_u32(run);
    bool has;
    if (!check_has(check, TABLE_RUNS, key_slice(&key), &has, err))
        return false;
    if (!has)
        check_fault(check, "run %u: %s, but no record of the run", run, what);
    return true;
}

static bool runs_walk(struct check *check, struct err *err)
{
    struct walk walk = {.table = TABLE_RUNS};
    struct run run;
    struct err broken;
    enum lookup lookup;
    while ((lookup = walk_step(check, &walk, err)) == LOOKUP_FOUND) {
        if (!wire_run_unpack(walk.value.data, walk.value.size, txn_scratch(check->txn),
                             &run, &broken))
            check_fault(check, "a run: %s", broken.text);
        else if (walk.key.size != 4 || be32_load(walk.key.data) != run.number)
            check_fault(check, "run %u: stored under another number", run.number);
    }
    return lookup == LOOKUP_ABSENT;
}

/* What the segments of a chunk sum up to. */
struct tiling {
    uint32_t count;
    uint32_t spill; /* of the last one */
    uint64_t end;
    uint64_t damaged;
};

static void segment_add(struct check *check, const struct chunk *chunk, const char *name,
                        const struct segment *segment, struct tiling *tiling)
{
    uint64_t events = 0;
    for (int type = 0; type < EVENT_TYPES; type++)
        events += segment->events[type];
    if (chunk_id_compare(&segment->id.chunk, &chunk->id) != 0 ||
        segment->id.ordinal != tiling->count)
        check_fault(check, "%s: segment %u says it is %u", name, tiling->count,
                    segment->id.ordinal);
    if (segment->offset != tiling->end)
        check_fault(check,
                    "%s: segment %u starts at %" PRIu64
                    ", the one before ends at %" PRIu64,
                    name, tiling->count, segment->offset, tiling->end);
    if (tiling->count > 0 && segment->spill == tiling->spill)
        check_fault(check, "%s: segments %u and %u are both of spill %u", name,
                    tiling->count - 1, tiling->count, segment->spill);
    if (events != segment->digest.count)
        check_fault(check,
                    "%s: segment %u has %" PRIu64 " events by type, %" PRIu64
                    " in its digest",
                    name, tiling->count, events, segment->digest.count);
    tiling->count++;
    tiling->spill = segment->spill;
    tiling->end = segment->offset + segment->length;
    tiling->damaged += segment->damaged_bytes;
}

static void tiling_judge(struct check *check, const struct chunk *chunk, const char *name,
                         const struct tiling *tiling)
{
    if (!chunk->scanned && tiling->count > 0)
        check_fault(check, "%s: not scanned, but has %u segments", name, tiling->count);
    if (!chunk->scanned)
        return;
    if (tiling->count != chunk->segments)
        check_fault(check, "%s: %u segments, %u announced", name, tiling->count,
                    chunk->segments);
    if (tiling->count == 0) /* no event in it: nothing that could own the bytes */
        return;
    if (tiling->end != chunk->size)
        check_fault(check,
                    "%s: segments end at %" PRIu64 ", the chunk has %" PRIu64 " bytes",
                    name, tiling->end, chunk->size);
    if (tiling->damaged != chunk->damaged_bytes)
        check_fault(check,
                    "%s: %" PRIu64 " damaged bytes in segments, %" PRIu64 " in the chunk",
                    name, tiling->damaged, chunk->damaged_bytes);
}

static bool chunk_tiled(struct check *check, const struct chunk *chunk, struct err *err)
{
    struct walk walk = {.table = TABLE_SEGMENTS, .from = key_chunk(&chunk->id)};
    struct tiling tiling = {0};
    struct segment segment;
    struct err broken;
    char name[CHUNK_NAME];
    enum lookup lookup;
    chunk_name(&chunk->id, name);
    while ((lookup = walk_step(check, &walk, err)) == LOOKUP_FOUND) {
        if (wire_segment_unpack(walk.value.data, walk.value.size, txn_scratch(check->txn),
                                &segment, &broken))
            segment_add(check, chunk, name, &segment, &tiling);
        else
            check_fault(check, "%s: %s", name, broken.text);
    }
    if (lookup == LOOKUP_FAILED)
        return false;
    tiling_judge(check, chunk, name, &tiling);
    return true;
}

static bool chunks_walk(struct check *check, struct err *err)
{
    struct walk walk = {.table = TABLE_CHUNKS};
    struct chunk chunk;
    struct err broken;
    enum lookup lookup;
    while ((lookup = walk_step(check, &walk, err)) == LOOKUP_FOUND) {
        if (!wire_chunk_unpack(walk.value.data, walk.value.size, txn_scratch(check->txn),
                               &chunk, &broken)) {
            check_fault(check, "a chunk: %s", broken.text);
            continue;
        }
        struct key key = key_chunk(&chunk.id);
        if (walk.key.size != key.size || memcmp(walk.key.data, key.bytes, key.size) != 0)
            check_fault(check, "run %u: a chunk is stored under another number",
                        chunk.id.run);
        if (!run_linked(check, chunk.id.run, "has a chunk", err) ||
            !chunk_tiled(check, &chunk, err))
            return false;
    }
    return lookup == LOOKUP_ABSENT;
}

/* Segments of chunks that have no record: one look a chunk. */
static bool orphans_walk(struct check *check, struct err *err)
{
    struct key at = {.size = 12};
    struct slice key, value;
    enum lookup lookup;
    while ((lookup = store_seek(check->txn->store, TABLE_SEGMENTS, key_slice(&at), &key,
                                &value, err)) == LOOKUP_FOUND) {
        bool has = false;
        if (key.size != at.size) {
            check_fault(check, "a segment has a key of %zu bytes", key.size);
            return true;
        }
        memcpy(at.bytes, key.data, at.size);
        const struct slice chunk = {at.bytes, 8};
        if (!check_has(check, TABLE_CHUNKS, chunk, &has, err))
            return false;
        if (!has)
            check_fault(check, "run %u: segments of a chunk without record",
                        be32_load(at.bytes));
        if (be64_load(at.bytes) == UINT64_MAX)
            return true;
        be64_store(at.bytes, be64_load(at.bytes) + 1);
        be32_store(at.bytes + 8, 0);
    }
    return lookup == LOOKUP_ABSENT;
}

static bool spills_walk(struct check *check, struct err *err)
{
    struct walk walk = {.table = TABLE_SPILLS};
    struct spill spill;
    struct err broken;
    enum lookup lookup;
    while ((lookup = walk_step(check, &walk, err)) == LOOKUP_FOUND) {
        if (!wire_spill_unpack(walk.value.data, walk.value.size, txn_scratch(check->txn),
                               &spill, &broken)) {
            check_fault(check, "a spill: %s", broken.text);
            continue;
        }
        struct key key = key_pair(spill.run, spill.number);
        if (walk.key.size != key.size || memcmp(walk.key.data, key.bytes, key.size) != 0)
            check_fault(check, "run %u: spill %u is stored under another number",
                        spill.run, spill.number);
        if (spill.beam_known && isnan(spill.beam_count))
            check_fault(check, "run %u: spill %u: known beam count without a number",
                        spill.run, spill.number);
        if (!run_linked(check, spill.run, "has a spill", err))
            return false;
    }
    return lookup == LOOKUP_ABSENT;
}

bool check_runs(struct check *check, struct err *err)
{
    return runs_walk(check, err) && chunks_walk(check, err) && orphans_walk(check, err) &&
           spills_walk(check, err);
}
