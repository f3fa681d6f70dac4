/* ttree.c - entries into baskets, baskets into the file.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "output/ttree.h"

#include <stdlib.h>

#include "output/root_classes.h"
#include "output/ttree_record.h"

#define BASKET_EXTRA   19u /* bytes behind the title in the head of a basket's key */
#define BASKET_VERSION 3u
#define BASKET_BUFFER  32000u /* what ROOT takes for a buffer at least */

static bool column_refuse(const struct ttree_target *target,
                          const struct ttree_column *column, const char *why,
                          struct err *err)
{
    return err_set(err, E_MODEL, "%s: column %s of tree %s %s", target->file->target.path,
                   column->name, target->name, why);
}

static uint8_t number_size(const struct ttree *tree, uint32_t c)
{
    return ttree_form(tree->target.columns[c].type)->size;
}

static bool counter_find(struct ttree *tree, uint32_t c, struct err *err)
{
    const struct ttree_column *column = &tree->target.columns[c];
    if (column->rank != 0)
        return column_refuse(&tree->target, column, "has a shape and a counter", err);
    for (uint32_t i = 0; i < c; i++) {
        const struct ttree_column *other = &tree->target.columns[i];
        if (strcmp(other->name, column->counter) != 0)
            continue;
        if (other->type != TTREE_I32 || other->rank != 0 || other->counter != NULL)
            return column_refuse(&tree->target, other, "counts, it must be one i32", err);
        tree->branches[i].counts = true;
        tree->branches[c].counter = i;
        tree->branches[c].width = 0;
        return true;
    }
    return column_refuse(&tree->target, column, "has no counter before it", err);
}

static bool branch_begin(struct ttree *tree, uint32_t c, struct err *err)
{
    const struct ttree_column *column = &tree->target.columns[c];
    struct ttree_branch *branch = &tree->branches[c];
    bytes_init(&branch->data, TTREE_BASKET);
    bytes_init(&branch->starts, TTREE_BASKET);
    branch->width = 1;
    if (column->name[0] == 0 || strlen(column->name) > TTREE_NAME ||
        strpbrk(column->name, ". /\\") != NULL)
        return column_refuse(&tree->target, column, "has a name that is not allowed",
                             err);
    for (uint32_t i = 0; i < c; i++)
        if (strcmp(tree->target.columns[i].name, column->name) == 0)
            return column_refuse(&tree->target, column, "is there twice", err);
    for (uint32_t i = 0; i < column->rank; i++) {
        uint32_t length = column->shape[i];
        if (length == 0 || length > TTREE_BASKET / 8 / branch->width)
            return column_refuse(&tree->target, column, "has a shape beyond its limit",
                                 err);
        branch->width *= length;
    }
    return column->counter == NULL || counter_find(tree, c, err);
}

bool ttree_begin(struct ttree *tree, const struct ttree_target *target, struct err *err)
{
    bug_if(target->basket == 0 || target->column_count > TTREE_COLUMNS);
    *tree = (struct ttree){.target = *target};
    tree->branches = mem_new(target->column_count, sizeof *tree->branches);
    memset(tree->branches, 0, target->column_count * sizeof *tree->branches);
    for (uint32_t c = 0; c < target->column_count; c++)
        if (!branch_begin(tree, c, err))
            return false;
    if (target->compressed)
        tree->compressor = compressor_new();
    return true;
}

void ttree_release(struct ttree *tree)
{
    for (uint32_t c = 0; tree->branches != NULL && c < tree->target.column_count; c++) {
        bytes_release(&tree->branches[c].data);
        bytes_release(&tree->branches[c].starts);
        free(tree->branches[c].baskets);
    }
    free(tree->branches);
    if (tree->compressor != NULL)
        compressor_free(tree->compressor);
    free(tree->packed);
    *tree = (struct ttree){.branches = NULL};
}

static uint32_t basket_head(const struct ttree *tree, uint32_t c)
{
    return BASKET_EXTRA +
           root_key_length("TBasket", tree->target.columns[c].name, tree->target.name);
}

/* The numbers with the most significant byte first. */
static void numbers_turn(uint8_t *out, const uint8_t *in, size_t count, uint8_t size)
{
    for (size_t i = 0; i < count; i++, in += size, out += size) {
        uint16_t two;
        uint32_t four;
        uint64_t eight;
        if (size == 1) {
            out[0] = in[0];
        } else if (size == 2) {
            memcpy(&two, in, 2);
            out[0] = (uint8_t)(two >> 8);
            out[1] = (uint8_t)two;
        } else if (size == 4) {
            memcpy(&four, in, 4);
            be32_store(out, four);
        } else {
            memcpy(&eight, in, 8);
            be64_store(out, eight);
        }
    }
}

/* The length of an entry of a counted column: `entry` counts from where the values start,
 * the counter's numbers of this round lie behind those that it has taken already. */
static bool length_read(struct ttree *tree, const struct ttree_branch *branch,
                        const void *counts, uint32_t entry, uint32_t *length,
                        struct err *err)
{
    int32_t value;
    memcpy(&value, (const uint8_t *)counts + (size_t)entry * sizeof value, sizeof value);
    if (value < 0)
        return column_refuse(&tree->target, &tree->target.columns[branch->counter],
                             "is negative, it counts", err);
    struct ttree_branch *counter = &tree->branches[branch->counter];
    if (value > counter->largest)
        counter->largest = value;
    *length = (uint32_t)value;
    return true;
}

/* Numbers of `entries` entries of a counted column; their starts go to the table. */
static bool lengths_sum(struct ttree *tree, uint32_t c, const void *counts,
                        uint32_t entries, size_t *numbers, struct err *err)
{
    struct ttree_branch *branch = &tree->branches[c];
    uint64_t at = basket_head(tree, c) + branch->data.size;
    size_t sum = 0;
    for (uint32_t i = 0; i < entries; i++) {
        uint8_t start[4];
        uint32_t length = 0;
        be32_store(start, (uint32_t)at);
        if (!length_read(tree, branch, counts, i, &length, err) ||
            !bytes_append(&branch->starts, start, sizeof start, err))
            return false;
        sum += length;
        at += (uint64_t)length * number_size(tree, c);
        if (at > TTREE_BASKET)
            return err_set(err, E_LIMIT, "%s: a basket of column %s passes %zu bytes",
                           tree->target.file->target.path, tree->target.columns[c].name,
                           TTREE_BASKET);
    }
    *numbers = sum;
    return true;
}

/* Entries from `done` on of the values of this ttree_put(). */
static bool column_put(struct ttree *tree, uint32_t c, const void *const *values,
                       uint32_t done, uint32_t entries, struct err *err)
{
    struct ttree_branch *branch = &tree->branches[c];
    uint8_t size = number_size(tree, c);
    size_t numbers = (size_t)branch->width * entries;
    if (branch->width == 0) {
        const uint8_t *counts = values[branch->counter];
        if (!lengths_sum(tree, c, counts + (size_t)done * 4, entries, &numbers, err))
            return false;
    }
    uint8_t *place;
    if (!bytes_reserve(&branch->data, numbers * size, &place, err))
        return err_wrap(err, "column %s", tree->target.columns[c].name);
    if (numbers > 0) {
        const uint8_t *from = values[c];
        numbers_turn(place, from + branch->taken * size, numbers, size);
    }
    branch->data.size += numbers * size;
    branch->taken += numbers;
    return true;
}

/* What stands behind the title in the head of a basket's key. */
static void basket_extra(const struct ttree *tree, uint32_t c, uint32_t plain,
                         uint8_t extra[BASKET_EXTRA])
{
    const struct ttree_branch *branch = &tree->branches[c];
    uint32_t head = basket_head(tree, c);
    uint32_t each =
        branch->width == 0 ? 4 * tree->held + 8 : branch->width * number_size(tree, c);
    uint32_t buffer = head + plain < BASKET_BUFFER ? BASKET_BUFFER : head + plain;
    extra[0] = 0;
    extra[1] = BASKET_VERSION;
    be32_store(extra + 2, buffer);
    be32_store(extra + 6, each);
    be32_store(extra + 10, tree->held);
    be32_store(extra + 14, head + (uint32_t)branch->data.size);
    extra[18] = 0;
}

/* Behind the data of a counted column stands the table of starts: how many, the starts,
 * a zero. */
static bool starts_append(struct ttree_branch *branch, uint32_t entries, struct err *err)
{
    uint8_t word[4];
    be32_store(word, entries + 1);
    if (!bytes_append(&branch->data, word, sizeof word, err) ||
        !bytes_append(&branch->data, branch->starts.data, branch->starts.size, err))
        return false;
    be32_store(word, 0);
    return bytes_append(&branch->data, word, sizeof word, err);
}

/* The stored form of the data: *stored points to it. */
static size_t basket_pack(struct ttree *tree, const struct bytes *data,
                          const uint8_t **stored)
{
    *stored = data->data;
    if (!tree->target.compressed || data->size == 0)
        return data->size;
    size_t room = compress_bound(data->size);
    if (room > tree->packed_size) {
        tree->packed = mem_grow(tree->packed, room, 1);
        tree->packed_size = room;
    }
    *stored = tree->packed;
    return compress_data(tree->compressor, data->data, data->size, tree->packed);
}

static void basket_note(struct ttree *tree, struct ttree_branch *branch,
                        const struct root_place *place, size_t plain)
{
    uint32_t n = branch->basket_count;
    if ((n & (n - 1)) == 0)
        branch->baskets = mem_grow(branch->baskets, n == 0 ? 1 : 2 * (size_t)n,
                                   sizeof *branch->baskets);
    uint64_t size = place->payload + place->size - place->key;
    branch->baskets[n] = (struct ttree_basket){
        .seek = place->key,
        .first = tree->entries,
        .size = (uint32_t)size,
    };
    branch->basket_count++;
    branch->plain_bytes += place->payload - place->key + plain;
    branch->stored_bytes += size;
}

static bool basket_write(struct ttree *tree, uint32_t c, struct err *err)
{
    struct ttree_branch *branch = &tree->branches[c];
    uint32_t tail = branch->width == 0 ? 4 * tree->held + 8 : 0;
    uint8_t extra[BASKET_EXTRA];
    basket_extra(tree, c, (uint32_t)branch->data.size + tail, extra);
    if (tail > 0 && !starts_append(branch, tree->held, err))
        return err_wrap(err, "column %s", tree->target.columns[c].name);
    const uint8_t *stored;
    size_t size = basket_pack(tree, &branch->data, &stored);
    struct root_key key = {.class_name = "TBasket",
                           .name = tree->target.columns[c].name,
                           .title = tree->target.name,
                           .directory = tree->target.directory,
                           .cycle = (uint16_t)branch->basket_count,
                           .hidden = true,
                           .extra = extra,
                           .extra_size = BASKET_EXTRA};
    struct root_place place;
    struct root_file *file = tree->target.file;
    if (!root_key_begin(file, &key, NULL, err) ||
        !root_key_add(file, stored, size, err) ||
        !root_key_end(file, (uint32_t)branch->data.size, &place, err))
        return false;
    basket_note(tree, branch, &place, branch->data.size);
    bytes_clear(&branch->data);
    bytes_clear(&branch->starts);
    return true;
}

static bool baskets_write(struct ttree *tree, struct err *err)
{
    for (uint32_t c = 0; c < tree->target.column_count; c++)
        if (!basket_write(tree, c, err))
            return false;
    tree->entries += tree->held;
    tree->held = 0;
    return true;
}

bool ttree_put(struct ttree *tree, const void *const *values, uint32_t entries,
               struct err *err)
{
    for (uint32_t c = 0; c < tree->target.column_count; c++)
        tree->branches[c].taken = 0;
    for (uint32_t done = 0; done < entries;) {
        uint32_t some = tree->target.basket - tree->held;
        if (some > entries - done)
            some = entries - done;
        for (uint32_t c = 0; c < tree->target.column_count; c++)
            if (!column_put(tree, c, values, done, some, err))
                return false;
        done += some;
        tree->held += some;
        if (tree->held == tree->target.basket && !baskets_write(tree, err))
            return false;
    }
    return true;
}

bool ttree_end(struct ttree *tree, struct err *err)
{
    return (tree->held == 0 || baskets_write(tree, err)) && ttree_record_put(tree, err);
}
