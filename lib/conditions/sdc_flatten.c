/* sdc_flatten.c - NA64's calibration texts (SDC): the overlay for every run.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "base/text.h"
#include "conditions/sdc.h"

/* Blocks of one type and where the run axis is cut; one piece at a time is made. */
struct flattener {
    const struct sdc_request *request;
    size_t block_count;
    const struct sdc_block **blocks;
    size_t cut_count;
    int64_t *cuts;
    struct arena arena; /* of the piece */
    struct err *err;
};

/* Rows of a piece, found by their keys. */
struct overlay {
    struct sdc_piece piece;
    size_t most;        /* rows of all blocks */
    const char **words; /* most * column_count */
    size_t *slots;      /* hash table, row + 1 */
    size_t slot_count;  /* a power of two */
    const struct sdc_row **at;
    const struct sdc_block **of;
};

static bool take(struct flattener *flattener, size_t count, size_t size, void **memory)
{
    return arena_take(&flattener->arena, count, size, memory, flattener->err);
}

static size_t column_of(const struct sdc_block *block, const char *name)
{
    size_t i = 0;
    while (i < block->column_count && strcmp(block->columns[i], name) != 0)
        i++;
    return i;
}

/* ---- keys ---- */

static bool key_of(struct flattener *flattener, const struct sdc_block *block,
                   const struct sdc_row *row, size_t key, const char **word)
{
    const char *name = flattener->request->keys[key];
    size_t column = column_of(block, name);
    if (column == block->column_count)
        return err_set(flattener->err, E_SDC, "%s:%zu: the row has no column '%.60s'",
                       block->path, row->line, name);
    *word = row->words[column];
    return true;
}

static uint64_t hash_word(uint64_t hash, const char *word)
{
    for (; *word; word++)
        hash = (hash ^ (unsigned char)*word) * 0x100000001b3u; /* FNV-1a */
    return (hash ^ 0xff) * 0x100000001b3u;
}

static size_t place_of(const struct sdc_piece *piece, const char *name)
{
    for (size_t i = 0; i < piece->column_count; i++) {
        if (strcmp(piece->columns[i], name) == 0)
            return i;
    }
    unreachable();
}

/* Index of the row with these keys, or where a new one goes. Without keys in the request
 * the first column of the block is the key. */
static bool row_find(struct flattener *flattener, struct overlay *overlay,
                     const struct sdc_block *block, const struct sdc_row *row,
                     size_t *index)
{
    const struct sdc_request *request = flattener->request;
    const char *keys[SDC_COLUMNS] = {row->words[0]};
    size_t columns[SDC_COLUMNS] = {0};
    size_t count = request->keys ? request->key_count : 1;
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; request->keys && i < count; i++)
        if (!key_of(flattener, block, row, i, &keys[i]))
            return false;
    for (size_t i = 0; i < count; i++) {
        const char *name = request->keys ? request->keys[i] : block->columns[0];
        hash = hash_word(hash, keys[i]);
        columns[i] = place_of(&overlay->piece, name);
    }
    size_t slot = (size_t)hash & (overlay->slot_count - 1);
    for (; overlay->slots[slot] > 0; slot = (slot + 1) & (overlay->slot_count - 1)) {
        size_t found = overlay->slots[slot] - 1;
        const char **words = &overlay->words[found * overlay->piece.column_count];
        bool same = true;
        for (size_t i = 0; same && i < count; i++)
            same = words[columns[i]] && strcmp(words[columns[i]], keys[i]) == 0;
        if (same) {
            *index = found;
            return true;
        }
    }
    *index = overlay->piece.row_count++;
    overlay->slots[slot] = *index + 1;
    return true;
}

/* ---- pieces ---- */

static bool columns_unite(struct flattener *flattener, struct sdc_piece *piece)
{
    for (size_t b = 0; b < piece->block_count; b++) {
        const struct sdc_block *block = piece->blocks[b];
        for (size_t c = 0; c < block->column_count; c++) {
            size_t i = 0;
            while (i < piece->column_count &&
                   strcmp(piece->columns[i], block->columns[c]) != 0)
                i++;
            if (i < piece->column_count)
                continue;
            if (i == SDC_COLUMNS)
                return err_set(flattener->err, E_SDC,
                               "%s: blocks of more than %d columns together", block->path,
                               SDC_COLUMNS);
            piece->columns[piece->column_count++] = block->columns[c];
        }
    }
    return true;
}

static bool overlay_make(struct flattener *flattener, struct overlay *overlay)
{
    void *words = NULL, *slots = NULL, *at = NULL, *of = NULL;
    for (size_t i = 0; i < overlay->piece.block_count; i++)
        overlay->most += overlay->piece.blocks[i]->row_count;
    overlay->slot_count = 16;
    while (overlay->slot_count < 2 * overlay->most)
        overlay->slot_count *= 2;
    if (!take(flattener, overlay->most * overlay->piece.column_count, sizeof(char *),
              &words) ||
        !take(flattener, overlay->slot_count, sizeof(size_t), &slots) ||
        !take(flattener, overlay->most, sizeof(void *), &at) ||
        !take(flattener, overlay->most, sizeof(void *), &of))
        return false;
    overlay->words = words;
    overlay->slots = slots;
    overlay->at = at;
    overlay->of = of;
    return true;
}

static bool block_apply(struct flattener *flattener, struct overlay *overlay,
                        const struct sdc_block *block)
{
    size_t places[SDC_COLUMNS] = {0};
    struct sdc_piece *piece = &overlay->piece;
    for (size_t c = 0; c < block->column_count; c++)
        places[c] = place_of(piece, block->columns[c]);
    for (size_t r = 0; r < block->row_count; r++) {
        const struct sdc_row *row = &block->rows[r];
        size_t index = 0;
        if (!row_find(flattener, overlay, block, row, &index))
            return false;
        for (size_t c = 0; c < block->column_count; c++)
            overlay->words[index * piece->column_count + places[c]] = row->words[c];
        overlay->at[index] = row;
        overlay->of[index] = block;
    }
    return true;
}

/* The blocks that apply for one stretch of runs; none is no piece. */
static bool piece_make(struct flattener *flattener, int64_t first, int64_t end,
                       sdc_seen seen, void *user)
{
    struct overlay overlay = {.piece = {.first = first, .end = end}};
    void *memory = NULL;
    arena_reset(&flattener->arena);
    if (!take(flattener, flattener->block_count, sizeof(void *), &memory))
        return false;
    const struct sdc_block **blocks = memory;
    for (size_t i = 0; i < flattener->block_count; i++) {
        const struct sdc_block *block = flattener->blocks[i];
        if (block->first <= first && first < block->end)
            blocks[overlay.piece.block_count++] = block;
    }
    overlay.piece.blocks = blocks;
    if (overlay.piece.block_count == 0)
        return true;
    if (!columns_unite(flattener, &overlay.piece) || !overlay_make(flattener, &overlay))
        return false;
    for (size_t i = 0; i < overlay.piece.block_count; i++) {
        if (!block_apply(flattener, &overlay, blocks[i]))
            return false;
    }
    overlay.piece.words = overlay.words;
    overlay.piece.at = overlay.at;
    overlay.piece.of = overlay.of;
    return seen(user, &overlay.piece, flattener->err);
}

static int compare_cuts(const void *left, const void *right)
{
    const int64_t *a = left;
    const int64_t *b = right;
    return (*a > *b) - (*a < *b);
}

bool sdc_flatten(const struct sdc *sdc, const struct sdc_request *request, sdc_seen seen,
                 void *user, struct err *err)
{
    struct flattener flattener = {.request = request, .err = err};
    bool done = true;
    flattener.blocks = mem_new(sdc->count + 1, sizeof(void *));
    flattener.cuts = mem_new(2 * sdc->count + 1, sizeof *flattener.cuts);
    arena_init(&flattener.arena, SDC_MEMORY);
    for (size_t i = 0; i < sdc->count; i++) {
        if (strcmp(sdc->blocks[i].type, request->type) != 0)
            continue;
        flattener.blocks[flattener.block_count++] = &sdc->blocks[i];
        flattener.cuts[flattener.cut_count++] = sdc->blocks[i].first;
        flattener.cuts[flattener.cut_count++] = sdc->blocks[i].end;
    }
    qsort(flattener.cuts, flattener.cut_count, sizeof *flattener.cuts, compare_cuts);
    for (size_t i = 0; done && i + 1 < flattener.cut_count; i++) {
        if (flattener.cuts[i] < flattener.cuts[i + 1])
            done = piece_make(&flattener, flattener.cuts[i], flattener.cuts[i + 1], seen,
                              user);
    }
    arena_release(&flattener.arena);
    free(flattener.cuts);
    free(flattener.blocks);
    return done;
}
