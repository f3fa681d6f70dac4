/* part.c - parts lose what they hold.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/part.h"

#include <stdio.h>

/* One product set. */
#define PART_ARENA ((size_t)4 << 20)

bool part_holds(const struct place *place)
{
    return strncmp(place->file, "parts/", strlen("parts/")) == 0;
}

bool part_collect(struct catalog_txn *txn, const char *name, struct name_list *collect,
                  struct err *err)
{
    struct file_record file;
    enum lookup found = catalog_get_file(txn, name, &file, err);
    if (found != LOOKUP_FOUND || file.live > 0 || file.state != FILE_PART)
        return found != LOOKUP_FAILED;
    file.state = FILE_COLLECTING;
    if (collect != NULL)
        name_list_add(collect, name);
    return catalog_put_file(txn, &file, err);
}

bool part_forget(struct catalog_txn *txn, uint32_t *number, struct name_list *collect,
                 struct err *err)
{
    struct arena arena;
    struct product_set set;
    if (*number == 0)
        return true;
    arena_init(&arena, PART_ARENA);
    enum lookup found = catalog_get_products(txn, *number, &arena, &set, err);
    bool done = found != LOOKUP_FAILED;
    if (found == LOOKUP_FOUND) {
        done = catalog_delete_products(txn, *number, err);
        for (uint32_t i = 0; done && i < set.count; i++)
            if (set.products[i].place.file[0] != 0)
                done = part_collect(txn, set.products[i].place.file, collect, err);
    }
    arena_release(&arena);
    if (done)
        *number = 0;
    return done;
}
