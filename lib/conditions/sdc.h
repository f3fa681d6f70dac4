/* sdc.h - NA64's calibration texts (SDC): ordered blocks that overlay each other.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Lines are `key = value`, rows of words, or comments from '#' on. `runs` (a, a-b with
 * both ends included, a-... open), `type` and `columns` hold until they are said again,
 * within one file; so do all other keys, which count as columns of every row below. Rows
 * below one set of keys are a block. Files are added in the order in which they overlay.
 *
 * For a run all blocks that cover it apply in order: a row with a new key is added, of a
 * known key each column that the block has replaces the value. The answer changes only
 * where a block begins or ends: the run axis is cut there.
 */
#ifndef SPILLWAY_CONDITIONS_SDC_H
#define SPILLWAY_CONDITIONS_SDC_H

#include "base/arena.h"
#include "base/digest.h"

#define SDC_COLUMNS 64
#define SDC_MEMORY  ((size_t)1 << 30)

struct sdc_row {
    size_t line;
    const char *const *words; /* as many as the block has columns */
};

struct sdc_block {
    const char *path, *type; /* "" when the file says none */
    int64_t first, end;      /* runs, half open; INT64_MAX: open */
    size_t column_count;     /* those of the rows, then the other keys */
    const char *columns[SDC_COLUMNS];
    size_t row_count;
    struct sdc_row *rows;
    struct sha256 hash; /* of all of it but its place in the file */
};

struct sdc {
    struct arena arena;
    size_t count;
    struct sdc_block *blocks;
};

void sdc_init(struct sdc *sdc);
void sdc_release(struct sdc *sdc);

/* Adds the blocks of one file. `path` is kept as it is. E_SDC with path and line. */
bool sdc_read(struct sdc *sdc, const void *text, size_t size, const char *path,
              struct err *err);

/* Runs for which the same blocks apply, in order; at least one. */
struct sdc_piece {
    int64_t first, end;
    size_t block_count;
    const struct sdc_block *const *blocks;
    size_t column_count; /* of all of them, in the order in which they first appear */
    const char *columns[SDC_COLUMNS];
    size_t row_count;
    const char *const *words;          /* row after row; NULL where no block said it */
    const struct sdc_row *const *at;   /* of each row, the last that changed it */
    const struct sdc_block *const *of; /* the block of that */
};

typedef bool (*sdc_seen)(void *user, const struct sdc_piece *piece, struct err *err);

struct sdc_request {
    const char *type;        /* blocks of another one are passed over */
    const char *const *keys; /* columns that make a row; NULL: the first of its block */
    size_t key_count;
};

/* Every piece, ascending. A row without one of the keys is E_SDC. */
bool sdc_flatten(const struct sdc *sdc, const struct sdc_request *request, sdc_seen seen,
                 void *user, struct err *err);

#endif
