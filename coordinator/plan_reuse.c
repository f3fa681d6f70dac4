/* plan_reuse.c - products that are there already under the keys of a plan.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A product counts only while its file is on disk. All campaigns of an area share one
 * store, so that a key has one product and a published name one file.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "coordinator/number_index.h"
#include "coordinator/plan_build.h"

#define PRODUCT_MEMORY ((size_t)16 << 20) /* one product set */

struct known_product {
    struct sha256 key;
    uint32_t number;
    bool present;
};

struct known_file {
    char name[PRODUCT_FILE];
    bool present;
};

struct reuse {
    const char *store;
    struct known_product *products;
    uint32_t count, room;
    struct number_index by_key;
    struct known_file *files;
    uint32_t file_count, file_room;
    struct number_index by_name;
};

static void reuse_release(struct reuse *reuse)
{
    free(reuse->products);
    free(reuse->files);
    number_index_release(&reuse->by_key);
    number_index_release(&reuse->by_name);
}

static bool store_check(const struct reuse *reuse, struct catalog_txn *txn,
                        struct err *err)
{
    struct campaign first;
    enum lookup found = catalog_next_campaign(txn, 1, &first, err);
    if (found == LOOKUP_FOUND && strcmp(first.store, reuse->store) != 0)
        return err_set(err, E_PLAN_STORE,
                       "store %s: this area keeps its products in %s (campaign %s)",
                       reuse->store, first.store, first.name);
    return found != LOOKUP_FAILED;
}

static bool file_look(const struct reuse *reuse, struct catalog_txn *txn,
                      const char *name, bool *present, struct err *err)
{
    struct file_record file;
    struct stat status;
    char path[TASK_URL + PRODUCT_FILE];
    enum lookup found = catalog_get_file(txn, name, &file, err);
    (void)snprintf(path, sizeof path, "%s/%s", reuse->store, name);
    *present = found == LOOKUP_FOUND && file.state != FILE_COLLECTING &&
               stat(path, &status) == 0 && (uint64_t)status.st_size == file.size;
    return found != LOOKUP_FAILED;
}

static bool file_present(struct reuse *reuse, struct catalog_txn *txn, const char *name,
                         bool *present, struct err *err)
{
    uint64_t hash = number_hash(name, strlen(name));
    size_t place = 0;
    uint32_t number;
    while (number_index_next(&reuse->by_name, hash, &place, &number)) {
        if (strcmp(reuse->files[number].name, name) == 0) {
            *present = reuse->files[number].present;
            return true;
        }
    }
    if (!file_look(reuse, txn, name, present, err))
        return false;
    if (reuse->file_count == reuse->file_room) {
        reuse->file_room = reuse->file_room == 0 ? 64 : 2 * reuse->file_room;
        reuse->files = mem_grow(reuse->files, reuse->file_room, sizeof reuse->files[0]);
    }
    struct known_file *file = &reuse->files[reuse->file_count];
    (void)snprintf(file->name, sizeof file->name, "%s", name);
    file->present = *present;
    number_index_add(&reuse->by_name, hash, reuse->file_count++);
    return true;
}

/* All its products; one without bytes needs no file. */
static bool set_present(struct reuse *reuse, struct catalog_txn *txn,
                        const struct product_set *set, bool *present, struct err *err)
{
    *present = true;
    for (uint32_t i = 0; *present && i < set->count; i++)
        if (set->products[i].place.file[0] != 0 &&
            !file_present(reuse, txn, set->products[i].place.file, present, err))
            return false;
    return true;
}

static bool products_read(struct reuse *reuse, struct catalog_txn *txn, struct err *err)
{
    struct product_set set;
    struct arena arena;
    uint32_t from = 1;
    uint32_t number = 0;
    enum lookup found;
    arena_init(&arena, PRODUCT_MEMORY);
    while ((found = catalog_next_products(txn, from, &arena, &set, &number, err)) ==
           LOOKUP_FOUND) {
        bool present;
        if (!set_present(reuse, txn, &set, &present, err)) {
            found = LOOKUP_FAILED;
            break;
        }
        if (reuse->count == reuse->room) {
            reuse->room = reuse->room == 0 ? 1024 : 2 * reuse->room;
            reuse->products =
                mem_grow(reuse->products, reuse->room, sizeof reuse->products[0]);
        }
        reuse->products[reuse->count] = (struct known_product){set.key, number, present};
        number_index_add(&reuse->by_key, le64_load(set.key.bytes), reuse->count++);
        arena_reset(&arena);
        if (number == UINT32_MAX)
            break;
        from = number + 1;
    }
    arena_release(&arena);
    return found != LOOKUP_FAILED;
}

/* The product set of a key: its number when it is present, else 0. */
static uint32_t product_find(const struct reuse *reuse, const struct sha256 *key)
{
    size_t place = 0;
    uint32_t index;
    while (number_index_next(&reuse->by_key, le64_load(key->bytes), &place, &index)) {
        const struct known_product *product = &reuse->products[index];
        if (product->present && sha256_equal(&product->key, key))
            return product->number;
    }
    return 0;
}

static void run_reuse(struct plan *plan, struct plan_run *run, const struct reuse *reuse)
{
    bool reconstruct = plan->campaign.recipe.reconstruct;
    for (uint32_t i = run->first; i < run->first + run->count; i++) {
        struct plan_state *state = &plan->states[i];
        if (reconstruct)
            state->reco_product = product_find(reuse, &plan->segments[i].reco_key);
        state->select_product = product_find(reuse, &plan->segments[i].select_key);
        bool whole =
            state->select_product != 0 && (!reconstruct || state->reco_product != 0);
        bool select_only = !whole && state->reco_product != 0;
        if (whole)
            state->state = SEGMENT_COMMITTED;
        run->reused += whole;
        run->select_only += select_only;
        run->bytes_to_read += whole || select_only ? 0 : plan->bytes[i];
    }
}

bool plan_reuse(struct plan *plan, struct catalog *catalog, struct err *err)
{
    struct reuse reuse = {.store = plan->campaign.store};
    struct catalog_txn *txn;
    if (!catalog_begin(catalog, &txn, err))
        return false;
    number_index_init(&reuse.by_key);
    number_index_init(&reuse.by_name);
    bool done = store_check(&reuse, txn, err) && products_read(&reuse, txn, err);
    catalog_abort(txn);
    for (size_t i = 0; done && i < plan->run_count; i++)
        run_reuse(plan, &plan->runs[i], &reuse);
    reuse_release(&reuse);
    return done;
}
