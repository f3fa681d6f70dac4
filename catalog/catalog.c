/* catalog.c - opening, owning, transactions; the helpers of all tables.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <unistd.h>

#include "base/disk.h"
#include "base/text.h"
#include "catalog/catalog_internal.h"
#include "catalog/mount.h"
#include "catalog/owner.h"

/* 1 GiB of addresses and a sparse file: a plan of 5 million segments before it grows. */
#define CATALOG_MAP ((uint64_t)1 << 30)

/* Records that need no arena of the caller: a campaign of 16 skims with 32 cuts is 40 kB
 * as a struct, about the same again as message. */
#define CATALOG_SCRATCH ((size_t)4 << 20)

#define VERSION_NAME   "spillway-catalog "
#define VERSION_NUMBER 1u

static const char *const table_names[TABLE_COUNT] = {
    "meta",      "runs",           "chunks", "segments", "spills", "texts",
    "campaigns", "campaign_names", "plan",   "values",   "sets",   "states",
    "groups",    "attempts",       "leases", "products", "files"};

static bool version_check(struct catalog *catalog, const char *folder, struct err *err)
{
    struct catalog_txn *txn = NULL;
    struct slice value;
    char text[64] = "";
    uint64_t number;
    struct err ignored;
    const size_t prefix = sizeof VERSION_NAME - 1;
    if (!catalog_begin(catalog, &txn, err))
        return false;
    enum lookup lookup = record_get(txn, TABLE_META, text_slice("version"), &value, err);
    if (lookup == LOOKUP_FOUND && value.size < sizeof text)
        memcpy(text, value.data, value.size);
    catalog_abort(txn);
    if (lookup == LOOKUP_FAILED)
        return false;
    if (strncmp(text, VERSION_NAME, prefix) != 0 ||
        !text_to_u64(text + prefix, UINT32_MAX, &number, &ignored))
        return err_set(err, E_CATALOG_VERSION, "%s is not a catalog of Spillway", folder);
    if (number != VERSION_NUMBER)
        return err_set(err, E_CATALOG_VERSION,
                       "%s is a catalog of version %llu, this release knows version %u",
                       folder, (unsigned long long)number, VERSION_NUMBER);
    return true;
}

static bool catalog_fill(struct catalog *catalog, const char *folder, uint64_t map_bytes,
                         struct err *err)
{
    const struct store_options options = {.tables = table_names,
                                          .table_count = TABLE_COUNT,
                                          .map_bytes = map_bytes,
                                          .write = catalog->write};
    char version[32];
    (void)snprintf(version, sizeof version, "%s%u", VERSION_NAME, VERSION_NUMBER);
    if (catalog->write && !disk_make_path(folder, err))
        return false;
    if (!mount_is_local(folder, err))
        return false;
    if (catalog->write && (!owner_take(folder, &catalog->owner, err) ||
                           !store_create(folder, &options, text_slice("version"),
                                         text_slice(version), err)))
        return false;
    return store_open(folder, &options, &catalog->store, err) &&
           version_check(catalog, folder, err);
}

bool catalog_open_sized(const char *folder, enum catalog_mode mode, uint64_t map_bytes,
                        struct catalog **catalog, struct err *err)
{
    struct catalog *opened = mem_new(1, sizeof *opened);
    opened->owner = -1;
    opened->write = mode == CATALOG_WRITE;
    opened->txn.catalog = opened;
    arena_init(&opened->txn.scratch, CATALOG_SCRATCH);
    bytes_init(&opened->txn.packed, WIRE_MESSAGE_LIMIT);
    if (!catalog_fill(opened, folder, map_bytes, err)) {
        catalog_close(opened);
        return err_wrap(err, "catalog");
    }
    *catalog = opened;
    return true;
}

bool catalog_open(const char *folder, enum catalog_mode mode, struct catalog **catalog,
                  struct err *err)
{
    return catalog_open_sized(folder, mode, CATALOG_MAP, catalog, err);
}

void catalog_close(struct catalog *catalog)
{
    if (catalog == NULL)
        return;
    store_close(catalog->store);
    if (catalog->owner >= 0)
        (void)close(catalog->owner); /* gives the lock back */
    arena_release(&catalog->txn.scratch);
    bytes_release(&catalog->txn.packed);
    free(catalog);
}

bool catalog_set_owner_url(struct catalog *catalog, const char *url, struct err *err)
{
    bug_if(!catalog->write);
    return owner_set_url(catalog->owner, "catalog", url, err);
}

bool catalog_owner(const char *folder, long *pid, char url[256], struct err *err)
{
    return owner_find(folder, pid, url, err);
}

bool catalog_begin(struct catalog *catalog, struct catalog_txn **txn, struct err *err)
{
    if (!store_begin(catalog->store, &catalog->txn.store, err))
        return err_wrap(err, "catalog");
    *txn = &catalog->txn;
    return true;
}

bool catalog_commit(struct catalog_txn *txn, struct err *err)
{
    return store_commit(txn->store, err) || err_wrap(err, "catalog");
}

void catalog_abort(struct catalog_txn *txn)
{
    if (txn != NULL)
        store_abort(txn->store);
}

bool catalog_copy(struct catalog *catalog, const char *folder, struct err *err)
{
    return store_copy(catalog->store, folder, err) ||
           err_wrap(err, "copy of the catalog");
}

struct arena *txn_scratch(struct catalog_txn *txn)
{
    arena_reset(&txn->scratch);
    return &txn->scratch;
}

struct bytes *txn_packed(struct catalog_txn *txn)
{
    bytes_clear(&txn->packed);
    return &txn->packed;
}

bool record_put(struct catalog_txn *txn, enum table table, struct slice key,
                struct err *err)
{
    bug_if(!txn->catalog->write);
    return store_put(txn->store, table, key,
                     (struct slice){txn->packed.data, txn->packed.size}, err);
}

enum lookup record_get(struct catalog_txn *txn, enum table table, struct slice key,
                       struct slice *value, struct err *err)
{
    return store_get(txn->store, table, key, value, err);
}

enum lookup record_seek(struct catalog_txn *txn, enum table table, struct slice key,
                        size_t prefix, struct slice *value, struct slice *found,
                        struct err *err)
{
    struct slice at;
    enum lookup lookup = store_seek(txn->store, table, key, &at, value, err);
    if (lookup != LOOKUP_FOUND)
        return lookup;
    if (at.size < prefix || memcmp(at.data, key.data, prefix) != 0)
        return LOOKUP_ABSENT;
    if (found != NULL)
        *found = at;
    return LOOKUP_FOUND;
}

enum lookup record_own(enum table table, struct slice found, struct slice key,
                       struct err *err)
{
    if (found.size == key.size && memcmp(found.data, key.data, key.size) == 0)
        return LOOKUP_FOUND;
    (void)err_set(err, E_CATALOG_DAMAGED,
                  "a record of table %s is stored under the key of another one",
                  table_names[table]);
    return LOOKUP_FAILED;
}

bool record_last(struct catalog_txn *txn, enum table table, size_t size, uint64_t *number,
                 struct err *err)
{
    struct slice key, value;
    enum lookup lookup = store_last(txn->store, table, &key, &value, err);
    if (lookup == LOOKUP_FAILED)
        return false;
    if (lookup == LOOKUP_FOUND && key.size != size)
        return err_set(err, E_CATALOG_DAMAGED, "a key of table %s has %zu bytes",
                       table_names[table], key.size);
    *number = 0;
    if (lookup == LOOKUP_FOUND)
        *number = size == 4 ? be32_load(key.data) : be64_load(key.data);
    return true;
}
