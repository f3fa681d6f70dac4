/* ttree_branch.h - what a tree consists of: columns, and the branches made of them.
 * SPDX-License-Identifier: Apache-2.0
 *
 * ttree.h fills branches with entries, ttree_record.h describes them in the file.
 */
#ifndef SPILLWAY_OUTPUT_TTREE_BRANCH_H
#define SPILLWAY_OUTPUT_TTREE_BRANCH_H

#include "output/compress.h"
#include "output/root_file.h"

#define TTREE_COLUMNS 4096u
#define TTREE_RANK    3u
#define TTREE_NAME    200u                /* bytes of a column's name */
#define TTREE_BASKET  ((size_t)256 << 20) /* bytes of a basket; readers end at 1 GiB */

enum ttree_type {
    TTREE_BOOL,
    TTREE_I8,
    TTREE_U8,
    TTREE_I16,
    TTREE_U16,
    TTREE_I32,
    TTREE_U32,
    TTREE_I64,
    TTREE_U64,
    TTREE_F32,
    TTREE_F64
};

#define TTREE_TYPES 11u

struct ttree_column {
    const char *name; /* without dot, space and slash */
    enum ttree_type type;
    uint32_t rank; /* of the shape; 0: one number an entry */
    uint32_t shape[TTREE_RANK];
    const char *counter; /* earlier column of type TTREE_I32 with the length; else NULL */
};

/* All of it is borrowed until the release. */
struct ttree_target {
    struct root_file *file;
    uint32_t directory;
    const char *name, *title;
    const struct ttree_column *columns;
    uint32_t column_count;
    uint32_t basket; /* entries of each basket but the last; at least 1 */
    bool compressed;
};

struct ttree_basket {
    uint64_t seek;  /* of its key */
    uint64_t first; /* entry */
    uint32_t size;  /* of the record */
};

struct ttree_branch {
    uint32_t width;   /* numbers an entry; 0: counted */
    uint32_t counter; /* column, of a counted one */
    bool counts;      /* it is the length of another one */
    int32_t largest;  /* length so far, of one that counts */
    struct bytes data;
    struct bytes starts; /* u32 an entry, big-endian, of a counted one */
    struct ttree_basket *baskets;
    uint32_t basket_count;
    uint64_t plain_bytes, stored_bytes; /* of all records */
    size_t taken;                       /* numbers of the values of this ttree_put() */
};

struct ttree {
    struct ttree_target target;
    struct ttree_branch *branches;
    uint64_t entries;
    uint32_t held; /* entries of the open baskets */
    struct compressor *compressor;
    uint8_t *packed; /* room for a compressed basket */
    size_t packed_size;
};

/* What a type is in a tree. */
struct ttree_form {
    const char *leaf; /* class */
    char code;        /* in the titles of branches */
    uint8_t size;     /* of a number */
    bool is_unsigned;
};

const struct ttree_form *ttree_form(enum ttree_type type);

#endif
