/* world.h - a catalog in a folder of its own, for tests of the catalog.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_TESTS_UNIT_CATALOG_WORLD_H
#define SPILLWAY_TESTS_UNIT_CATALOG_WORLD_H

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/text.h"
#include "catalog/catalog_internal.h"

#define SMALL_MAP ((uint64_t)1 << 20)

struct world {
    char folder[64];
    struct catalog *catalog;
    struct arena arena;
};

static inline void must(bool done, const struct err *err)
{
    if (!done)
        fail_msg("%s %s", err_name((enum err_code)err->code), err->text);
}

static inline int world_make(void **state)
{
    struct world *world = mem_new(1, sizeof *world);
    struct err err = {0};
    (void)snprintf(world->folder, sizeof world->folder, "/tmp/spillway-catalog-XXXXXX");
    assert_non_null(mkdtemp(world->folder));
    must(catalog_open_sized(world->folder, CATALOG_WRITE, SMALL_MAP, &world->catalog,
                            &err),
         &err);
    arena_init(&world->arena, (size_t)16 << 20);
    *state = world;
    return 0;
}

static inline int remove_one(const char *path, const struct stat *status, int type,
                             struct FTW *place)
{
    (void)status, (void)type, (void)place;
    return remove(path);
}

static inline int world_end(void **state)
{
    struct world *world = *state;
    catalog_close(world->catalog);
    arena_release(&world->arena);
    (void)nftw(world->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(world);
    return 0;
}

static inline struct catalog_txn *begin(struct world *world)
{
    struct catalog_txn *txn = NULL;
    struct err err = {0};
    must(catalog_begin(world->catalog, &txn, &err), &err);
    return txn;
}

static inline void commit(struct catalog_txn *txn)
{
    struct err err = {0};
    must(catalog_commit(txn, &err), &err);
}

static inline void reopen(struct world *world)
{
    struct err err = {0};
    catalog_close(world->catalog);
    world->catalog = NULL;
    must(catalog_open_sized(world->folder, CATALOG_WRITE, SMALL_MAP, &world->catalog,
                            &err),
         &err);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, world_make, world_end)

#endif
