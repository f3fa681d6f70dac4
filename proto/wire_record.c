/* wire_record.c - the run catalogue: runs, chunks, segments, spills; products and files.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "proto/wire_internal.h"

#define ROW(sort, p, m, ...) WIRE_##sort(Spillway__Run, p, struct run, m, ##__VA_ARGS__)

static const struct wire_field run_rows[] = {
    ROW(U32, number, number, RUN_MAXIMUM),
    ROW(TEXT, period, period),
    ROW(TEXT, setup, setup),
    ROW(TEXT, particle, particle),
    ROW(TEXT, trigger, trigger),
    ROW(REAL_OR_NAN, momentum_gev, momentum_gev),
    ROW(REAL_OR_NAN, magnet_a, magnet_a),
    ROW(U32, type, type, RUN_TYPE_TEST),
    ROW(U32, origin, origin, RUN_ORIGIN_MC),
    ROW(U32, quality, quality, RUN_QUALITY_STOPPED),
    ROW(I64, start_s, start_s),
    ROW(I64, stop_s, stop_s),
    ROW(U64, listed_spills, listed_spills),
    ROW(U64, listed_triggers, listed_triggers),
    ROW(REAL_OR_NAN, listed_eot, listed_eot),
    ROW(TEXT, listed_eot_method, listed_eot_method),
    ROW(TEXT, notes, notes),
    ROW(BOOL, synthetic, synthetic),
};
#undef ROW

const struct wire_form wire_form_run =
    WIRE_FORM("run", spillway__run__descriptor, struct run, run_rows, NULL);
WIRE_PAIR_OF(run, wire_form_run)

#define ROW(sort, p, m, ...)                                                             \
    WIRE_##sort(Spillway__Chunk, p, struct chunk, m, ##__VA_ARGS__)

static const struct wire_field chunk_rows[] = {
    ROW(U32, run, id.run, RUN_MAXIMUM),
    ROW(U16, builder, id.builder, UINT16_MAX),
    ROW(U16, number, id.number, UINT16_MAX),
    ROW(TEXT, url, url),
    ROW(U64, size, size),
    ROW(U32, adler32, adler32, UINT32_MAX),
    ROW(BOOL, scanned, scanned),
    ROW(U32, segments, segments, UINT32_MAX),
    ROW(U64, damaged_bytes, damaged_bytes),
    ROW(U32, damage_count, damage_count, UINT32_MAX),
};
#undef ROW

const struct wire_form wire_form_chunk =
    WIRE_FORM("chunk", spillway__chunk__descriptor, struct chunk, chunk_rows, NULL);
WIRE_PAIR_OF(chunk, wire_form_chunk)

#define ROW(sort, p, m, ...)                                                             \
    WIRE_##sort(Spillway__EventRange, p, struct event_range, m, ##__VA_ARGS__)

static const struct wire_field range_rows[] = {
    ROW(U32, first, first, UINT32_MAX),
    ROW(U32, last, last, UINT32_MAX),
};
#undef ROW

static const struct wire_form range_form =
    WIRE_FORM("event range", spillway__event_range__descriptor, struct event_range,
              range_rows, NULL);

#define ROW(sort, p, m, ...)                                                             \
    WIRE_##sort(Spillway__Segment, p, struct segment, m, ##__VA_ARGS__)

static const struct wire_field segment_rows[] = {
    ROW(U32, run, id.chunk.run, RUN_MAXIMUM),
    ROW(U16, builder, id.chunk.builder, UINT16_MAX),
    ROW(U16, chunk, id.chunk.number, UINT16_MAX),
    ROW(U32, ordinal, id.ordinal, UINT32_MAX),
    ROW(U32, spill, spill, UINT32_MAX),
    ROW(U64, offset, offset),
    ROW(U64, length, length),
    ROW(U32, adler32, adler32, UINT32_MAX),
    ROW(ARRAY, events, events),
    ROW(U64, digest_count, digest.count),
    ROW(U64, digest_low, digest.low),
    ROW(U64, digest_high, digest.high),
    ROW(U64, damaged_bytes, damaged_bytes),
    ROW(INLINE_LIST, elsewhere, elsewhere, elsewhere_count, range_form),
};
#undef ROW

static bool segment_check(const void *model, struct err *err)
{
    const struct segment *segment = model;
    if (segment->length > UINT64_MAX - segment->offset)
        return err_set(err, E_WIRE_VALUE, "offset and length pass the end of all files");
    return true;
}

const struct wire_form wire_form_segment =
    WIRE_FORM("segment", spillway__segment__descriptor, struct segment, segment_rows,
              segment_check);
WIRE_PAIR_OF(segment, wire_form_segment)

#define ROW(sort, p, m, ...)                                                             \
    WIRE_##sort(Spillway__Spill, p, struct spill, m, ##__VA_ARGS__)

static const struct wire_field spill_rows[] = {
    ROW(U32, run, run, RUN_MAXIMUM),          ROW(U32, number, number, UINT32_MAX),
    ROW(BOOL, beam_known, beam_known),        ROW(BOOL, beam_conflict, beam_conflict),
    ROW(REAL_OR_NAN, beam_count, beam_count),
};
#undef ROW

static const struct wire_form spill_form =
    WIRE_FORM("spill", spillway__spill__descriptor, struct spill, spill_rows, NULL);
WIRE_PAIR_OF(spill, spill_form)

#define ROW(sort, p, m, ...)                                                             \
    WIRE_##sort(Spillway__Product, p, struct product, m, ##__VA_ARGS__)

static const struct wire_field product_rows[] = {
    ROW(HASH, key, key),
    ROW(TEXT, stream, stream),
    ROW(HASH, bytes_hash, bytes_hash),
    ROW(U64, events_count, events.count),
    ROW(U64, events_low, events.low),
    ROW(U64, events_high, events.high),
    ROW(U64, entries, entries),
    ROW(TEXT, file, place.file),
    ROW(U64, offset, place.offset),
    ROW(U64, length, place.length),
};
#undef ROW

static bool product_check(const void *model, struct err *err)
{
    const struct place *place = &((const struct product *)model)->place;
    if (place->length > UINT64_MAX - place->offset)
        return err_set(err, E_WIRE_VALUE, "offset and length pass the end of all files");
    return true;
}

const struct wire_form wire_form_product =
    WIRE_FORM("product", spillway__product__descriptor, struct product, product_rows,
              product_check);

bool wire_product_present(const void *product)
{
    return !sha256_is_zero(&((const struct product *)product)->key);
}

#define ROW(sort, p, m, ...)                                                             \
    WIRE_##sort(Spillway__ProductSet, p, struct product_set, m, ##__VA_ARGS__)

static const struct wire_field product_set_rows[] = {
    ROW(HASH, key, key),
    ROW(LIST, products, products, count, wire_form_product, WIRE_PRODUCTS),
};
#undef ROW

static const struct wire_form product_set_form =
    WIRE_FORM("product set", spillway__product_set__descriptor, struct product_set,
              product_set_rows, NULL);
WIRE_PAIR_OF(product_set, product_set_form)

#define ROW(sort, p, m, ...)                                                             \
    WIRE_##sort(Spillway__File, p, struct file_record, m, ##__VA_ARGS__)

static const struct wire_field file_rows[] = {
    ROW(TEXT, name, name),
    ROW(U32, campaign, campaign, UINT32_MAX),
    ROW(U32, state, state, FILE_COLLECTING),
    ROW(U64, size, size),
    ROW(U32, live, live, UINT32_MAX),
    ROW(HASH, hash, hash),
};
#undef ROW

static const struct wire_form file_form =
    WIRE_FORM("file", spillway__file__descriptor, struct file_record, file_rows, NULL);
WIRE_PAIR_OF(file_record, file_form)
