/* compress.c - data as ROOT stores them; the only door to zstd.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "output/compress.h"

#include <stdlib.h>
#include <string.h>

#define ZSTD_STATIC_LINKING_ONLY /* the library is pinned and linked statically */
#include <zstd.h>

#include "base/bytes.h"
#include "base/cpu.h"

#if CPU_VECTOR
#    include <immintrin.h>
#endif

/* Of the level, but a hash table of a kilobyte, and where nothing matches it skips three
 * bytes instead of one: less than half the time, fewer bytes of columns. Skipping would
 * switch the coding of literals off. */
#define LEVEL     1
#define HASH_LOG  8
#define MIN_MATCH 7
#define SKIP      3
#define HEAD      9u
#define BLOCK     ((size_t)0xffffff) /* content of a block, at most */

#define WORD   8u
#define RUN    12u /* bytes, at least */
#define MARKED 64u /* words that have their marks together */
#define MARKS  (ZSTD_BLOCKSIZE_MAX / WORD / MARKED) /* of a block, at most */

/* What stands in the data between two runs, and the run behind it. */
struct runs {
    ZSTD_Sequence *list;
    uint32_t count, capacity;
    bool vector; /* find them with AVX-512; they are the same */
};

struct compressor {
    ZSTD_CCtx *pack;
    ZSTD_DCtx *unpack;
    struct runs runs;
};

/* The library's memory comes from where ours does: it ends in the same way. */
static void *memory_new(void *unused, size_t size)
{
    (void)unused;
    return mem_new(1, size);
}

static void memory_free(void *unused, void *block)
{
    (void)unused;
    free(block);
}

static const ZSTD_customMem memory = {.customAlloc = memory_new,
                                      .customFree = memory_free};

static void parameter_set(ZSTD_CCtx *context, ZSTD_cParameter parameter, int value)
{
    bug_if(ZSTD_isError(ZSTD_CCtx_setParameter(context, parameter, value)) != 0);
}

static void literals_code(struct compressor *compressor, bool yes)
{
    /* A frame of sequences leaves its session open. */
    bug_if(ZSTD_isError(ZSTD_CCtx_reset(compressor->pack, ZSTD_reset_session_only)) != 0);
    parameter_set(compressor->pack, ZSTD_c_literalCompressionMode,
                  yes ? ZSTD_ps_enable : ZSTD_ps_disable);
}

struct compressor *compressor_new(void)
{
    struct compressor *compressor = mem_new(1, sizeof *compressor);
    compressor->runs.vector = cpu_vectors() == CPU_VECTORS_AVX512;
    compressor->pack = ZSTD_createCCtx_advanced(memory);
    compressor->unpack = ZSTD_createDCtx_advanced(memory);
    bug_if(compressor->pack == NULL || compressor->unpack == NULL);
    parameter_set(compressor->pack, ZSTD_c_compressionLevel, LEVEL);
    parameter_set(compressor->pack, ZSTD_c_hashLog, HASH_LOG);
    parameter_set(compressor->pack, ZSTD_c_minMatch, MIN_MATCH);
    parameter_set(compressor->pack, ZSTD_c_targetLength, SKIP);
    literals_code(compressor, true);
    parameter_set(compressor->pack, ZSTD_c_blockDelimiters,
                  ZSTD_sf_explicitBlockDelimiters);
    return compressor;
}

void compressor_free(struct compressor *compressor)
{
    if (compressor == NULL)
        return;
    (void)ZSTD_freeCCtx(compressor->pack);
    (void)ZSTD_freeDCtx(compressor->unpack);
    free(compressor->runs.list);
    free(compressor);
}

size_t compress_bound(size_t size)
{
    return (size / BLOCK + 1) * (HEAD + ZSTD_compressBound(BLOCK < size ? BLOCK : size));
}

static void le24_store(uint8_t *place, size_t value)
{
    place[0] = (uint8_t)value;
    place[1] = (uint8_t)(value >> 8);
    place[2] = (uint8_t)(value >> 16);
}

static size_t le24_load(const uint8_t *place)
{
    return (size_t)place[0] | (size_t)place[1] << 8 | (size_t)place[2] << 16;
}

static void run_add(struct runs *runs, size_t literals, size_t length)
{
    if (runs->count == runs->capacity) {
        runs->capacity = runs->capacity == 0 ? 4096 : runs->capacity * 2;
        runs->list = mem_grow(runs->list, runs->capacity, sizeof *runs->list);
    }
    runs->list[runs->count++] = (ZSTD_Sequence){.offset = length == 0 ? 0 : WORD,
                                                .litLength = (unsigned)literals,
                                                .matchLength = (unsigned)length};
}

/* Where the eight bytes at a place differ from those before them: a byte each that is not
 * zero, the first one lowest. */
static uint64_t change_at(const uint8_t *place)
{
    uint64_t word, before;
    memcpy(&word, place, sizeof word);
    memcpy(&before, place - WORD, sizeof before);
    return word ^ before;
}

#if CPU_VECTOR
/* A mark for each of 64 words that is the same as the one before it. */
CPU_AVX512 static uint64_t wide_marks(const uint8_t *place)
{
    uint64_t marks = 0;
    for (uint32_t i = 0; i < MARKED; i += 8) {
        __m512i here = _mm512_loadu_si512(place + (size_t)i * WORD);
        __m512i before = _mm512_loadu_si512(place + (size_t)i * WORD - WORD);
        marks |= (uint64_t)_mm512_cmpeq_epi64_mask(here, before) << i;
    }
    return marks;
}
#endif

static void marks_make(const uint8_t *place, size_t words, bool vector, uint64_t *marks)
{
    for (size_t at = 0; at < words; at += MARKED, place += (size_t)MARKED * WORD) {
        size_t count = words - at < MARKED ? words - at : MARKED;
        uint64_t *own = &marks[at / MARKED];
#if CPU_VECTOR
        if (vector && count == MARKED) {
            *own = wide_marks(place);
            continue;
        }
#endif
        (void)vector;
        *own = 0;
        for (size_t i = 0; i < count; i++)
            *own |= (uint64_t)(change_at(place + i * WORD) == 0) << i;
    }
}

/* The first word from `at` on, of which there is one, that has a mark, or with `flip` of
 * all bits that has none; `words` when there is no such. */
static size_t marks_next(const uint64_t *marks, size_t at, size_t words, uint64_t flip)
{
    size_t group = at / MARKED;
    uint64_t left = (marks[group] ^ flip) & UINT64_MAX << at % MARKED;
    while (left == 0) {
        if (++group * MARKED >= words)
            return words;
        left = marks[group] ^ flip;
    }
    size_t found = group * MARKED + (size_t)__builtin_ctzll(left);
    return found < words ? found : words;
}

/* The runs of one of zstd's blocks, closed by what is left behind the last one. `first`:
 * the first byte that has a word before it. Looks at whole words, and for the ends of a
 * run into those beside it. */
static void block_runs(struct runs *runs, const uint8_t *data, size_t first, size_t size)
{
    uint64_t marks[MARKS];
    const size_t words = size < first ? 0 : (size - first) / WORD;
    size_t done = 0, behind = 0;
    marks_make(data + first, words, runs->vector, marks);
    for (size_t at = 0; at < words; at = behind) {
        at = marks_next(marks, at, words, 0);
        if (at == words)
            break;
        behind = marks_next(marks, at, words, UINT64_MAX);
        size_t start = first + at * WORD, end = first + behind * WORD;
        if (at > 0)
            start -= (size_t)__builtin_clzll(change_at(data + start - WORD)) / 8;
        if (behind < words)
            end += (size_t)__builtin_ctzll(change_at(data + end)) / 8;
        if (end - start < RUN)
            continue;
        run_add(runs, start - done, end - start);
        done = end;
    }
    run_add(runs, size - done, 0);
}

/* One frame, whose matches are runs only. */
static size_t frame_of_runs(struct compressor *compressor, void *out, size_t room,
                            const uint8_t *data, size_t size)
{
    struct runs *runs = &compressor->runs;
    runs->count = 0;
    for (size_t at = 0; at < size; at += ZSTD_BLOCKSIZE_MAX) {
        size_t part = size - at < ZSTD_BLOCKSIZE_MAX ? size - at : ZSTD_BLOCKSIZE_MAX;
        block_runs(runs, data + at, at == 0 ? WORD : 0, part);
    }
    return ZSTD_compressSequences(compressor->pack, out, room, runs->list, runs->count,
                                  data, size);
}

static size_t blocks_put(struct compressor *compressor, bool runs, const void *data,
                         size_t size, void *out)
{
    const uint8_t *from = data;
    uint8_t *to = out;
    size_t stored = 0;
    for (size_t at = 0; at < size && stored < size; at += BLOCK) {
        size_t part = size - at < BLOCK ? size - at : BLOCK;
        size_t room = ZSTD_compressBound(part);
        uint8_t *place = to + stored + HEAD;
        size_t made =
            runs ? frame_of_runs(compressor, place, room, from + at, part)
                 : ZSTD_compress2(compressor->pack, place, room, from + at, part);
        bug_if(ZSTD_isError(made) != 0);
        if (made > BLOCK) /* it has no such number: a block that cannot be written */
            made = size;
        memcpy(to + stored, "ZS\1", 3);
        le24_store(to + stored + 3, made);
        le24_store(to + stored + 6, part);
        stored += HEAD + made;
    }
    if (stored < size)
        return stored;
    if (size > 0)
        memcpy(out, data, size);
    return size;
}

size_t compress_data(struct compressor *compressor, const void *data, size_t size,
                     void *out)
{
    return blocks_put(compressor, false, data, size, out);
}

size_t compress_runs(struct compressor *compressor, const void *data, size_t size,
                     bool literals, void *out)
{
    literals_code(compressor, literals);
    size_t stored = blocks_put(compressor, true, data, size, out);
    literals_code(compressor, true);
    return stored;
}

bool decompress_data(struct compressor *compressor, const void *stored,
                     size_t stored_size, void *out, size_t size, struct err *err)
{
    const uint8_t *from = stored;
    uint8_t *to = out;
    size_t done = 0;
    if (stored_size == size) {
        if (size > 0)
            memcpy(out, stored, size);
        return true;
    }
    for (size_t at = 0; at < stored_size;) {
        size_t left = stored_size - at;
        if (left < HEAD || memcmp(from + at, "ZS\1", 3) != 0)
            return err_set(err, E_COMPRESS_FORMAT, "no zstd block starts at byte %zu",
                           at);
        size_t packed = le24_load(from + at + 3);
        size_t part = le24_load(from + at + 6);
        if (packed > left - HEAD || part > size - done || part == 0)
            return err_set(err, E_COMPRESS_FORMAT, "the block at byte %zu is too large",
                           at);
        size_t made = ZSTD_decompressDCtx(compressor->unpack, to + done, part,
                                          from + at + HEAD, packed);
        if (made != part)
            return err_set(err, E_COMPRESS_FORMAT, "the block at byte %zu: %s", at,
                           ZSTD_isError(made) ? ZSTD_getErrorName(made) : "too short");
        at += HEAD + packed;
        done += part;
    }
    return done == size ||
           err_set(err, E_COMPRESS_FORMAT, "%zu bytes came out of %zu", done, size);
}
