/* check_products.c - files with their live counts, product sets with unique keys.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "catalog/check_internal.h"

static bool file_add(struct check *check, const struct file_record *file, struct err *err)
{
    struct key campaign = key_u32(file->campaign);
    bool has;
    struct file_use *use = &check->files[check->file_count];
    *use = (struct file_use){.name = arena_text(&check->names, file->name),
                             .size = file->size,
                             .state = file->state,
                             .hash = file->hash,
                             .live = file->live};
    bug_if(use->name == NULL);
    check->file_count++;
    if (!check_has(check, TABLE_CAMPAIGNS, key_slice(&campaign), &has, err))
        return false;
    if (!has)
        check_fault(check, "file %s: no campaign %u", file->name, file->campaign);
    return true;
}

bool check_files(struct check *check, struct err *err)
{
    struct walk walk = {.table = TABLE_FILES};
    struct file_record file;
    struct err broken;
    uint64_t count;
    enum lookup lookup;
    if (!store_count(check->txn->store, TABLE_FILES, &count, err))
        return false;
    check->files = mem_new(count, sizeof *check->files);
    while ((lookup = walk_step(check, &walk, err)) == LOOKUP_FOUND) {
        if (!wire_file_record_unpack(walk.value.data, walk.value.size,
                                     txn_scratch(check->txn), &file, &broken)) {
            check_fault(check, "a file: %s", broken.text);
            continue;
        }
        if (walk.key.size != strlen(file.name) ||
            memcmp(walk.key.data, file.name, walk.key.size) != 0)
            check_fault(check, "file %s: stored under another name", file.name);
        else if (!file_add(check, &file, err))
            return false;
    }
    return lookup == LOOKUP_ABSENT;
}

static int file_order(const void *name, const void *file)
{
    return strcmp(name, ((const struct file_use *)file)->name);
}

struct file_use *check_file(struct check *check, const char *name)
{
    return bsearch(name, check->files, check->file_count, sizeof *check->files,
                   file_order);
}

static void product_check(struct check *check, uint32_t number,
                          const struct product_set *set, uint32_t index)
{
    const struct product *product = &set->products[index];
    if (!sha256_equal(&product->key, &set->key))
        check_fault(check, "products %u: stream %s has another key", number,
                    product->stream);
    for (uint32_t i = 0; i < index; i++)
        if (strcmp(set->products[i].stream, product->stream) == 0)
            check_fault(check, "products %u: stream %s twice", number, product->stream);
    if (product->place.file[0] == '\0')
        return;
    struct file_use *file = check_file(check, product->place.file);
    if (file == NULL) {
        check_fault(check, "products %u: stream %s is in file %s, which has no record",
                    number, product->stream, product->place.file);
        return;
    }
    file->counted++;
    if (product->place.offset + product->place.length > file->size)
        check_fault(check, "products %u: stream %s ends behind the end of file %s",
                    number, product->stream, file->name);
}

struct numbered {
    const struct sha256 *key;
    uint32_t number;
};

static int numbered_order(const void *a, const void *b)
{
    const struct numbered *one = a, *two = b;
    int order = memcmp(one->key, two->key, sizeof *one->key);
    return order != 0 ? order : (one->number > two->number) - (one->number < two->number);
}

static void keys_unique(struct check *check)
{
    struct numbered *list = mem_new(check->key_count, sizeof *list);
    size_t count = 0;
    for (uint32_t number = 1; number < check->key_count; number++)
        if (!sha256_is_zero(&check->keys[number]))
            list[count++] = (struct numbered){&check->keys[number], number};
    qsort(list, count, sizeof *list, numbered_order);
    for (size_t i = 1; i < count; i++)
        if (sha256_equal(list[i - 1].key, list[i].key))
            check_fault(check, "products %u and %u have the same key", list[i - 1].number,
                        list[i].number);
    free(list);
}

static bool sets_walk(struct check *check, struct arena *arena, struct err *err)
{
    struct walk walk = {.table = TABLE_PRODUCTS};
    struct product_set set;
    struct err broken;
    uint32_t expected = 1;
    enum lookup lookup;
    for (; (lookup = walk_step(check, &walk, err)) == LOOKUP_FOUND; expected++) {
        uint32_t number = walk.key.size == 4 ? be32_load(walk.key.data) : 0;
        if (number != expected || number >= check->key_count) {
            check_fault(check, "products %u follow products %u", number, expected - 1);
            return true;
        }
        if (walk.value.size == 0)
            continue;
        arena_reset(arena);
        if (!wire_product_set_unpack(walk.value.data, walk.value.size, arena, &set,
                                     &broken)) {
            check_fault(check, "products %u: %s", number, broken.text);
            continue;
        }
        if (sha256_is_zero(&set.key))
            check_fault(check, "products %u have no key", number);
        check->keys[number] = set.key;
        for (uint32_t i = 0; i < set.count; i++)
            product_check(check, number, &set, i);
    }
    return lookup == LOOKUP_ABSENT;
}

bool check_products(struct check *check, struct err *err)
{
    uint64_t count;
    struct arena arena;
    if (!store_count(check->txn->store, TABLE_PRODUCTS, &count, err))
        return false;
    check->key_count = (uint32_t)(count < UINT32_MAX ? count + 1 : UINT32_MAX);
    check->keys = mem_new(check->key_count, sizeof *check->keys);
    arena_init(&arena, WIRE_MESSAGE_LIMIT);
    bool done = sets_walk(check, &arena, err);
    arena_release(&arena);
    if (!done)
        return false;
    keys_unique(check);
    for (size_t i = 0; i < check->file_count; i++) {
        const struct file_use *file = &check->files[i];
        if (file->live != file->counted)
            check_fault(check, "file %s: says %u products, %u point into it", file->name,
                        file->live, file->counted);
        if (file->state == FILE_COLLECTING && file->counted > 0)
            check_fault(check, "file %s: to be removed, but %u products point into it",
                        file->name, file->counted);
    }
    return true;
}
