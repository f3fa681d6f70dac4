/* root_values.h - known values for ROOT files, and how tests/jsroot/dump.mjs says them.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_TESTS_SYSTEM_ROOT_VALUES_H
#define SPILLWAY_TESTS_SYSTEM_ROOT_VALUES_H

#include "output/root_file.h"
#include "output/ttree.h"

#define VALUES_COLUMNS 64u

struct column {
    struct ttree_column is;
    char name[32];
    uint32_t width;      /* 0: counted */
    uint32_t counter;    /* column */
    bool counts;         /* it is the length of the counted ones, in a tree a column */
    bool split;          /* in an RNTuple: bytes transposed */
    bool half;           /* in an RNTuple: floats in 16 bits, which hold all its values */
    struct bytes values; /* as the machine holds them */
};

struct columns {
    struct column of[VALUES_COLUMNS];
    uint32_t count;
    uint32_t entries;
};

/* Ends the program with the error unless done. */
void must(bool done, const struct err *err);

/* A column of single numbers named by kind and type. */
struct column *column_add(struct columns *columns, enum ttree_type type,
                          const char *kind);

/* Numbers of one entry. */
uint32_t column_length(const struct columns *columns, const struct column *column,
                       uint32_t entry);

/* Random numbers, edges among them, for all columns. */
void columns_fill(struct columns *columns);

/* The lines "leaf", "columns" and "column" of a TTree, or without the first of an
 * RNTuple.
 */
void columns_print(const struct columns *columns, const char *name, bool tree);

/* A new ROOT file; `filler` GiB of nothing stand first in it. */
void values_begin(struct root_file *file, const char *path, uint32_t filler);
void values_end(struct root_file *file, uint64_t classes);

/* A file with a tree of all types. */
void tree_values(struct columns *columns, const char *path, uint32_t basket,
                 uint32_t filler);

/* A file with an RNTuple of all encodings that we write. */
void ntuple_values(struct columns *columns, const char *path, uint32_t cluster,
                   uint32_t filler);

/* A file with histograms in directories, of so many entries each. */
void hist_values(const char *path, uint32_t entries);

#endif
