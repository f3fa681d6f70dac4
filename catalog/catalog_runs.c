/* catalog_runs.c - the run catalogue: runs, chunks, segments, spills, named texts.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "catalog/catalog_internal.h"

bool catalog_put_run(struct catalog_txn *txn, const struct run *run, struct err *err)
{
    struct key key = key_u32(run->number);
    return wire_run_pack(run, txn_packed(txn), err) &&
           record_put(txn, TABLE_RUNS, key_slice(&key), err);
}

enum lookup catalog_get_run(struct catalog_txn *txn, uint32_t number, struct run *run,
                            struct err *err)
{
    struct key key = key_u32(number);
    struct slice value;
    enum lookup lookup = record_get(txn, TABLE_RUNS, key_slice(&key), &value, err);
    if (lookup != LOOKUP_FOUND)
        return lookup;
    return lookup_of(wire_run_unpack(value.data, value.size, txn_scratch(txn), run, err));
}

enum lookup catalog_next_run(struct catalog_txn *txn, uint32_t from, struct run *run,
                             struct err *err)
{
    struct key key = key_u32(from);
    struct slice value, found;
    enum lookup lookup =
        record_seek(txn, TABLE_RUNS, key_slice(&key), 0, &value, &found, err);
    if (lookup != LOOKUP_FOUND)
        return lookup;
    if (!wire_run_unpack(value.data, value.size, txn_scratch(txn), run, err))
        return LOOKUP_FAILED;
    key = key_u32(run->number);
    return record_own(TABLE_RUNS, found, key_slice(&key), err);
}

bool catalog_put_chunk(struct catalog_txn *txn, const struct chunk *chunk,
                       struct err *err)
{
    struct key key = key_chunk(&chunk->id);
    return wire_chunk_pack(chunk, txn_packed(txn), err) &&
           record_put(txn, TABLE_CHUNKS, key_slice(&key), err);
}

enum lookup catalog_get_chunk(struct catalog_txn *txn, const struct chunk_id *id,
                              struct chunk *chunk, struct err *err)
{
    struct key key = key_chunk(id);
    struct slice value;
    enum lookup lookup = record_get(txn, TABLE_CHUNKS, key_slice(&key), &value, err);
    if (lookup != LOOKUP_FOUND)
        return lookup;
    return lookup_of(
        wire_chunk_unpack(value.data, value.size, txn_scratch(txn), chunk, err));
}

enum lookup catalog_next_chunk(struct catalog_txn *txn, const struct chunk_id *from,
                               struct chunk *chunk, struct err *err)
{
    struct key key = key_chunk(from);
    struct slice value, found;
    enum lookup lookup =
        record_seek(txn, TABLE_CHUNKS, key_slice(&key), 0, &value, &found, err);
    if (lookup != LOOKUP_FOUND)
        return lookup;
    if (!wire_chunk_unpack(value.data, value.size, txn_scratch(txn), chunk, err))
        return LOOKUP_FAILED;
    key = key_chunk(&chunk->id);
    return record_own(TABLE_CHUNKS, found, key_slice(&key), err);
}

/* Removes the records of the chunk with ordinals >= first. */
static bool segments_remove(struct catalog_txn *txn, const struct chunk_id *id,
                            uint32_t first, struct err *err)
{
    struct segment_id from = {.chunk = *id, .ordinal = first};
    struct key key = key_segment(&from), doomed = {.size = 12};
    struct slice value, found;
    for (;;) {
        enum lookup lookup =
            record_seek(txn, TABLE_SEGMENTS, key_slice(&key), 8, &value, &found, err);
        if (lookup != LOOKUP_FOUND)
            return lookup == LOOKUP_ABSENT;
        if (found.size != doomed.size)
            return err_set(err, E_CATALOG_DAMAGED, "a key of segments has %zu bytes",
                           found.size);
        memcpy(doomed.bytes, found.data, doomed.size);
        if (!store_delete(txn->store, TABLE_SEGMENTS, key_slice(&doomed), err))
            return false;
    }
}

bool catalog_put_segments(struct catalog_txn *txn, const struct chunk_id *id,
                          const struct segment *segments, size_t count, struct err *err)
{
    if (count > UINT32_MAX)
        return err_set(err, E_LIMIT, "%zu segments in a chunk", count);
    for (size_t i = 0; i < count; i++) {
        const struct segment_id expected = {.chunk = *id, .ordinal = (uint32_t)i};
        struct key key = key_segment(&expected);
        if (segment_id_compare(&expected, &segments[i].id) != 0)
            return err_set(err, E_MODEL, "segment %zu of run %u has another identity", i,
                           id->run);
        if (!wire_segment_pack(&segments[i], txn_packed(txn), err) ||
            !record_put(txn, TABLE_SEGMENTS, key_slice(&key), err))
            return false;
    }
    return segments_remove(txn, id, (uint32_t)count, err);
}

enum lookup catalog_get_segment(struct catalog_txn *txn, const struct segment_id *id,
                                struct segment *segment, struct err *err)
{
    struct key key = key_segment(id);
    struct slice value;
    enum lookup lookup = record_get(txn, TABLE_SEGMENTS, key_slice(&key), &value, err);
    if (lookup != LOOKUP_FOUND)
        return lookup;
    return lookup_of(
        wire_segment_unpack(value.data, value.size, txn_scratch(txn), segment, err));
}

enum lookup catalog_next_segment(struct catalog_txn *txn, const struct segment_id *from,
                                 struct segment *segment, struct err *err)
{
    struct key key = key_segment(from);
    struct slice value, found;
    enum lookup lookup =
        record_seek(txn, TABLE_SEGMENTS, key_slice(&key), 0, &value, &found, err);
    if (lookup != LOOKUP_FOUND)
        return lookup;
    if (!wire_segment_unpack(value.data, value.size, txn_scratch(txn), segment, err))
        return LOOKUP_FAILED;
    key = key_segment(&segment->id);
    return record_own(TABLE_SEGMENTS, found, key_slice(&key), err);
}

bool catalog_put_spill(struct catalog_txn *txn, const struct spill *spill,
                       struct err *err)
{
    struct key key = key_pair(spill->run, spill->number);
    return wire_spill_pack(spill, txn_packed(txn), err) &&
           record_put(txn, TABLE_SPILLS, key_slice(&key), err);
}

enum lookup catalog_next_spill(struct catalog_txn *txn, uint32_t run, uint32_t from,
                               struct spill *spill, struct err *err)
{
    struct key key = key_pair(run, from);
    struct slice value, found;
    enum lookup lookup =
        record_seek(txn, TABLE_SPILLS, key_slice(&key), 4, &value, &found, err);
    if (lookup != LOOKUP_FOUND)
        return lookup;
    if (!wire_spill_unpack(value.data, value.size, txn_scratch(txn), spill, err))
        return LOOKUP_FAILED;
    key = key_pair(spill->run, spill->number);
    return record_own(TABLE_SPILLS, found, key_slice(&key), err);
}

static bool text_name_check(const char *name, struct err *err)
{
    size_t size = strlen(name);
    if (size == 0 || size > STORE_KEY)
        return err_set(err, E_MODEL, "a text needs a name of 1 to %d characters",
                       STORE_KEY);
    return true;
}

bool catalog_put_text(struct catalog_txn *txn, const char *name, const void *data,
                      size_t size, struct err *err)
{
    return text_name_check(name, err) && bytes_append(txn_packed(txn), data, size, err) &&
           record_put(txn, TABLE_TEXTS, text_slice(name), err);
}

enum lookup catalog_get_text(struct catalog_txn *txn, const char *name, struct bytes *out,
                             struct err *err)
{
    struct slice value;
    if (!text_name_check(name, err))
        return LOOKUP_FAILED;
    enum lookup lookup = record_get(txn, TABLE_TEXTS, text_slice(name), &value, err);
    if (lookup != LOOKUP_FOUND)
        return lookup;
    return lookup_of(bytes_append(out, value.data, value.size, err));
}
