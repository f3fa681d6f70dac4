/* catalog_products.c - product sets, and the files they point into.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Sets are appended in the order of their commit, so a group of completions writes few
 * pages. A deleted set leaves an empty record: its number is never given again, since a
 * stale number somewhere must not come to mean another product.
 */
#include "base/text.h"
#include "catalog/catalog_internal.h"

static bool file_name_check(const char *name, struct err *err)
{
    size_t size = strnlen(name, PRODUCT_FILE);
    if (size == 0 || size == PRODUCT_FILE)
        return err_set(err, E_MODEL, "a file needs a name of 1 to %d characters",
                       PRODUCT_FILE - 1);
    return true;
}

static bool file_write(struct catalog_txn *txn, const struct file_record *file,
                       struct err *err)
{
    return wire_file_record_pack(file, txn_packed(txn), err) &&
           record_put(txn, TABLE_FILES, text_slice(file->name), err);
}

bool catalog_put_file(struct catalog_txn *txn, const struct file_record *file,
                      struct err *err)
{
    struct file_record known, written = *file;
    enum lookup lookup = catalog_get_file(txn, file->name, &known, err);
    if (lookup == LOOKUP_FAILED)
        return false;
    written.live = lookup == LOOKUP_FOUND ? known.live : 0;
    return file_write(txn, &written, err);
}

enum lookup catalog_get_file(struct catalog_txn *txn, const char *name,
                             struct file_record *file, struct err *err)
{
    struct slice value;
    if (!file_name_check(name, err))
        return LOOKUP_FAILED;
    enum lookup lookup = record_get(txn, TABLE_FILES, text_slice(name), &value, err);
    if (lookup != LOOKUP_FOUND)
        return lookup;
    return lookup_of(
        wire_file_record_unpack(value.data, value.size, txn_scratch(txn), file, err));
}

enum lookup catalog_next_file(struct catalog_txn *txn, const char *from,
                              struct file_record *file, struct err *err)
{
    struct slice value, found;
    /* LMDB wants a key of at least one byte; no name starts with this one or before. */
    struct slice key = from[0] != '\0' ? text_slice(from) : text_slice("\x01");
    enum lookup lookup = record_seek(txn, TABLE_FILES, key, 0, &value, &found, err);
    if (lookup != LOOKUP_FOUND)
        return lookup;
    if (!wire_file_record_unpack(value.data, value.size, txn_scratch(txn), file, err))
        return LOOKUP_FAILED;
    return record_own(TABLE_FILES, found, text_slice(file->name), err);
}

bool catalog_delete_file(struct catalog_txn *txn, const char *name, struct err *err)
{
    struct file_record file;
    enum lookup lookup = catalog_get_file(txn, name, &file, err);
    if (lookup != LOOKUP_FOUND)
        return lookup == LOOKUP_ABSENT;
    if (file.live > 0)
        return err_set(err, E_CATALOG_LINK, "file %s: %u products point into it", name,
                       file.live);
    return store_delete(txn->store, TABLE_FILES, text_slice(name), err);
}

/* Adds to the live count of a file; a product with no file (no bytes) counts nowhere. */
static bool file_count(struct catalog_txn *txn, const char *name, int change,
                       struct err *err)
{
    struct file_record file = {0};
    if (name[0] == '\0' || change == 0)
        return true;
    enum lookup lookup = catalog_get_file(txn, name, &file, err);
    if (lookup == LOOKUP_FAILED)
        return false;
    if (lookup == LOOKUP_ABSENT)
        return err_set(err, E_CATALOG_LINK, "file %s has no record", name);
    if (change < 0 && file.live < (uint32_t)-change)
        return err_set(err, E_CATALOG_DAMAGED, "file %s: its count of products is wrong",
                       name);
    file.live = (uint32_t)((int64_t)file.live + change);
    return file_write(txn, &file, err);
}

/* Neighbouring products mostly lie in one file: one change a file, not a product. */
static bool files_count(struct catalog_txn *txn, const struct product_set *sets,
                        uint32_t count, int sign, struct err *err)
{
    const char *file = "";
    int change = 0;
    for (uint32_t s = 0; s < count; s++)
        for (uint32_t p = 0; p < sets[s].count; p++) {
            const char *own = sets[s].products[p].place.file;
            if (strcmp(own, file) != 0) {
                if (!file_count(txn, file, change, err))
                    return false;
                file = own;
                change = 0;
            }
            change += sign;
        }
    return file_count(txn, file, change, err);
}

static bool set_check(const struct product_set *set, struct err *err)
{
    if (set->count > WIRE_PRODUCTS)
        return err_set(err, E_LIMIT, "%u products in a set, at most %u", set->count,
                       WIRE_PRODUCTS);
    for (uint32_t i = 0; i < set->count; i++)
        if (!sha256_equal(&set->products[i].key, &set->key))
            return err_set(err, E_MODEL, "product %s has not the key of its set",
                           set->products[i].stream);
    return true;
}

bool catalog_put_product_sets(struct catalog_txn *txn, const struct product_set *sets,
                              uint32_t count, uint32_t *first, struct err *err)
{
    uint64_t last;
    if (!record_last(txn, TABLE_PRODUCTS, 4, &last, err))
        return false;
    if (count > UINT32_MAX - last)
        return err_set(err, E_LIMIT, "no number is left for products");
    for (uint32_t s = 0; s < count; s++)
        if (!set_check(&sets[s], err))
            return false;
    if (!files_count(txn, sets, count, 1, err))
        return false;
    for (uint32_t s = 0; s < count; s++) {
        struct key key = key_u32((uint32_t)last + 1 + s);
        if (!wire_product_set_pack(&sets[s], txn_packed(txn), err) ||
            !record_put(txn, TABLE_PRODUCTS, key_slice(&key), err))
            return false;
    }
    *first = (uint32_t)last + 1;
    return true;
}

bool catalog_put_products(struct catalog_txn *txn, const struct product_set *set,
                          uint32_t *number, struct err *err)
{
    return catalog_put_product_sets(txn, set, 1, number, err);
}

enum lookup catalog_get_products(struct catalog_txn *txn, uint32_t number,
                                 struct arena *arena, struct product_set *set,
                                 struct err *err)
{
    struct key key = key_u32(number);
    struct slice value;
    enum lookup lookup = record_get(txn, TABLE_PRODUCTS, key_slice(&key), &value, err);
    if (lookup != LOOKUP_FOUND || value.size == 0)
        return lookup == LOOKUP_FAILED ? lookup : LOOKUP_ABSENT;
    return lookup_of(wire_product_set_unpack(value.data, value.size, arena, set, err));
}

enum lookup catalog_next_products(struct catalog_txn *txn, uint32_t from,
                                  struct arena *arena, struct product_set *set,
                                  uint32_t *number, struct err *err)
{
    struct key key = key_u32(from);
    struct slice value, found;
    enum lookup lookup =
        store_seek(txn->store, TABLE_PRODUCTS, key_slice(&key), &found, &value, err);
    while (lookup == LOOKUP_FOUND && value.size == 0)
        lookup = store_next(txn->store, TABLE_PRODUCTS, &found, &value, err);
    if (lookup != LOOKUP_FOUND)
        return lookup;
    uint32_t at = found.size == 4 ? be32_load(found.data) : 0;
    if (!wire_product_set_unpack(value.data, value.size, arena, set, err)) {
        (void)err_wrap(err, "products %u", at);
        return LOOKUP_FAILED;
    }
    *number = at;
    return LOOKUP_FOUND;
}

/* The set in an arena of its own: calls about files reset the scratch memory. */
static bool set_copy(struct catalog_txn *txn, uint32_t number, struct arena *arena,
                     struct product_set *set, struct err *err)
{
    arena_init(arena, WIRE_MESSAGE_LIMIT);
    enum lookup lookup = catalog_get_products(txn, number, arena, set, err);
    if (lookup == LOOKUP_ABSENT)
        (void)err_set(err, E_CATALOG_LINK, "there are no products %u", number);
    return lookup == LOOKUP_FOUND;
}

static bool product_move(struct catalog_txn *txn, const struct product_set *set,
                         struct product *moved, const struct place *to, struct err *err)
{
    if (!file_count(txn, moved->place.file, -1, err) ||
        !file_count(txn, to->file, 1, err))
        return false;
    moved->place = *to;
    return wire_product_set_pack(set, txn_packed(txn), err);
}

/* A changeable copy of the products of the set, and the one of this stream in it. */
static bool product_find(struct product_set *set, struct arena *arena, const char *stream,
                         struct product **found, struct err *err)
{
    void *memory = NULL;
    if (!arena_take(arena, set->count, sizeof *set->products, &memory, err))
        return false;
    struct product *products = memory;
    *found = NULL;
    for (uint32_t i = 0; i < set->count; i++) {
        products[i] = set->products[i];
        if (strcmp(products[i].stream, stream) == 0)
            *found = &products[i];
    }
    set->products = products;
    return *found != NULL ||
           err_set(err, E_CATALOG_LINK, "no product of stream %s", stream);
}

bool catalog_move_product(struct catalog_txn *txn, uint32_t number, const char *stream,
                          const struct place *to, struct err *err)
{
    struct arena arena;
    struct product_set set;
    struct product *moved;
    struct key key = key_u32(number);
    bool done = set_copy(txn, number, &arena, &set, err) &&
                product_find(&set, &arena, stream, &moved, err) &&
                product_move(txn, &set, moved, to, err) &&
                record_put(txn, TABLE_PRODUCTS, key_slice(&key), err);
    arena_release(&arena);
    return done || err_wrap(err, "move of products %u", number);
}

bool catalog_delete_products(struct catalog_txn *txn, uint32_t number, struct err *err)
{
    struct arena arena;
    struct product_set set;
    struct key key = key_u32(number);
    bool done =
        set_copy(txn, number, &arena, &set, err) && files_count(txn, &set, 1, -1, err);
    (void)txn_packed(txn);
    done = done && record_put(txn, TABLE_PRODUCTS, key_slice(&key), err);
    arena_release(&arena);
    return done || err_wrap(err, "removal of products %u", number);
}
