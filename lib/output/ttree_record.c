/* ttree_record.c - the record of a TTree, as ROOT 6 streams version 20 of the class.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "output/ttree_record.h"

#include <stdio.h>
#include <stdlib.h>

#include "output/root_classes.h"

#define TREE_VERSION   20
#define BRANCH_VERSION 13
#define LEAF_VERSION   2
#define TITLE          512u
#define BASKET_SIZE    32000u
#define BASKETS_LEAST  10u
#define SCAN_FIELD     25u
#define OFFSETS        1000u /* entries that ROOT expects of a counted branch */
#define MOST_ENTRIES   UINT64_C(1000000000000)
#define AUTO_SAVE      ((uint64_t)-300000000)
#define ESTIMATE       1000000u
#define IO_CHECKSUM    0x1AA12F10u /* of ROOT::TIOFeatures, a class without version */

/* "name", "name[2][6][6]" or "name[counter]". */
static void leaf_title(const struct ttree_column *column, char out[TITLE])
{
    int size = snprintf(out, TITLE, "%s", column->name);
    if (column->counter != NULL)
        size += snprintf(out + size, TITLE - (size_t)size, "[%s]", column->counter);
    for (uint32_t i = 0; i < column->rank; i++)
        size += snprintf(out + size, TITLE - (size_t)size, "[%u]", column->shape[i]);
}

static void features_put(struct root_stream *stream)
{
    size_t start = root_open(stream, 0);
    root_put_u32(stream, IO_CHECKSUM);
    root_put_u8(stream, 0);
    root_close(stream, start);
}

static void empty_array_put(struct root_stream *stream)
{
    root_close(stream, root_array_open(stream, 0));
}

/* Smallest and largest value, which readers use of a leaf that counts only. */
static void range_put(struct root_stream *stream, const struct ttree_branch *branch,
                      uint8_t size)
{
    static const uint8_t zeros[8];
    root_put_bytes(stream, zeros, size);
    if (branch->counts)
        root_put_u32(stream, (uint32_t)branch->largest);
    else
        root_put_bytes(stream, zeros, size);
}

/* leaves[c] becomes the place of the leaf, for references. */
static void leaf_put(struct root_stream *stream, const struct ttree *tree, uint32_t c,
                     size_t *leaves)
{
    const struct ttree_column *column = &tree->target.columns[c];
    const struct ttree_branch *branch = &tree->branches[c];
    const struct ttree_form *form = ttree_form(column->type);
    char title[TITLE];
    leaf_title(column, title);
    leaves[c] = root_object_open(stream, form->leaf);
    size_t outer = root_open(stream, 1);
    size_t leaf = root_open(stream, LEAF_VERSION);
    root_put_named(stream, column->name, title);
    root_put_u32(stream, branch->width == 0 ? 1 : branch->width);
    root_put_u32(stream, form->size);
    root_put_u32(stream, 0); /* offset */
    root_put_u8(stream, branch->counts);
    root_put_u8(stream, form->is_unsigned);
    if (branch->width == 0)
        root_put_reference(stream, leaves[branch->counter]);
    else
        root_put_u32(stream, 0);
    root_close(stream, leaf);
    range_put(stream, branch, form->size);
    root_close(stream, outer);
    root_close(stream, leaves[c]);
}

/* Sizes, first entries and places; the entry behind the last basket is that of the tree.
 */
static void baskets_put(struct root_stream *stream, const struct ttree *tree,
                        const struct ttree_branch *branch, uint32_t room)
{
    uint32_t n = branch->basket_count;
    root_put_u8(stream, 1);
    for (uint32_t i = 0; i < room; i++)
        root_put_u32(stream, i < n ? branch->baskets[i].size : 0);
    root_put_u8(stream, 1);
    for (uint32_t i = 0; i < room; i++) {
        uint64_t first = i < n ? branch->baskets[i].first : 0;
        root_put_u64(stream, i == n ? tree->entries : first);
    }
    root_put_u8(stream, 1);
    for (uint32_t i = 0; i < room; i++)
        root_put_u64(stream, i < n ? branch->baskets[i].seek : 0);
}

static void branch_put(struct root_stream *stream, const struct ttree *tree, uint32_t c,
                       size_t *leaves)
{
    const struct ttree_column *column = &tree->target.columns[c];
    const struct ttree_branch *branch = &tree->branches[c];
    char title[TITLE];
    leaf_title(column, title);
    size_t end = strlen(title);
    (void)snprintf(title + end, TITLE - end, "/%c", ttree_form(column->type)->code);
    uint32_t room = branch->basket_count + 1;
    if (room < BASKETS_LEAST)
        room = BASKETS_LEAST;
    size_t object = root_object_open(stream, "TBranch");
    size_t start = root_open(stream, BRANCH_VERSION);
    root_put_named(stream, column->name, title);
    root_put_fill(stream);
    root_put_u32(stream, tree->target.compressed ? COMPRESS_SETTING : 0);
    root_put_u32(stream, BASKET_SIZE);
    root_put_u32(stream, branch->width == 0 ? OFFSETS : 0);
    root_put_u32(stream, branch->basket_count);
    root_put_u64(stream, tree->entries);
    features_put(stream);
    root_put_u32(stream, 0); /* offset */
    root_put_u32(stream, room);
    root_put_u32(stream, 0); /* split level */
    root_put_u64(stream, tree->entries);
    root_put_u64(stream, 0); /* first entry */
    root_put_u64(stream, branch->plain_bytes);
    root_put_u64(stream, branch->stored_bytes);
    empty_array_put(stream); /* branches below */
    size_t array = root_array_open(stream, 1);
    leaf_put(stream, tree, c, leaves);
    root_close(stream, array);
    empty_array_put(stream); /* baskets in memory */
    baskets_put(stream, tree, branch, room);
    root_put_text(stream, ""); /* file of the baskets: this one */
    root_close(stream, start);
    root_close(stream, object);
}

static void counts_put(struct root_stream *stream, const struct ttree *tree)
{
    uint64_t plain = 0;
    uint64_t stored = 0;
    for (uint32_t c = 0; c < tree->target.column_count; c++) {
        plain += tree->branches[c].plain_bytes;
        stored += tree->branches[c].stored_bytes;
    }
    root_put_u64(stream, tree->entries);
    root_put_u64(stream, plain);
    root_put_u64(stream, stored);
    root_put_u64(stream, 0); /* saved */
    root_put_u64(stream, stored);
    root_put_f64(stream, 1.0); /* weight */
    root_put_u32(stream, 0);   /* timer */
    root_put_u32(stream, SCAN_FIELD);
    root_put_u32(stream, 0); /* update */
    root_put_u32(stream, OFFSETS);
    root_put_u32(stream, 0); /* ranges of clusters */
    root_put_u64(stream, MOST_ENTRIES);
    root_put_u64(stream, MOST_ENTRIES);
    root_put_u64(stream, 0); /* memory */
    root_put_u64(stream, AUTO_SAVE);
    root_put_u64(stream, tree->target.basket);
    root_put_u64(stream, ESTIMATE);
    root_put_u8(stream, 0); /* no ends and sizes of clusters */
    root_put_u8(stream, 0);
}

static void tree_put(struct root_stream *stream, const struct ttree *tree, size_t *leaves)
{
    uint32_t count = tree->target.column_count;
    size_t start = root_open(stream, TREE_VERSION);
    root_put_named(stream, tree->target.name, tree->target.title);
    root_put_line(stream);
    root_put_fill(stream);
    root_put_marker(stream);
    counts_put(stream, tree);
    features_put(stream);
    size_t array = root_array_open(stream, count);
    for (uint32_t c = 0; c < count; c++)
        branch_put(stream, tree, c, leaves);
    root_close(stream, array);
    array = root_array_open(stream, count);
    for (uint32_t c = 0; c < count; c++)
        root_put_reference(stream, leaves[c]);
    root_close(stream, array);
    for (int i = 0; i < 7; i++) /* aliases, index, friends, user's list: none */
        root_put_u32(stream, 0);
    root_close(stream, start);
}

bool ttree_record_put(const struct ttree *tree, struct err *err)
{
    struct root_key key = {.class_name = "TTree",
                           .name = tree->target.name,
                           .title = tree->target.title,
                           .directory = tree->target.directory};
    struct root_stream stream;
    root_stream_init(&stream, root_key_length(key.class_name, key.name, key.title));
    size_t *leaves = mem_new(tree->target.column_count, sizeof *leaves);
    tree_put(&stream, tree, leaves);
    free(leaves);
    bool done = root_stream_check(&stream, err) &&
                root_key_put(tree->target.file, &key, &stream.bytes, NULL, err);
    root_stream_release(&stream);
    return done;
}
