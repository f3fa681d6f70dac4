/* store.c - LMDB: environment, transactions, cursors, growth, errors.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Default mode only: NOSYNC and MAPASYNC may lose or corrupt committed data on a power
 * loss, NOMETASYNC and WRITEMAP were measured to gain nothing.
 */
#include "catalog/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <lmdb.h>

#include "base/disk.h"
#include "base/text.h"

#define STORE_READERS 256 /* read transactions of other processes at a time */
#define STORE_PATH    4096
#define STORE_NEAR    12u /* longer keys are no numbers that follow each other */

struct store_txn {
    struct store *store;
    MDB_txn *txn;
    MDB_cursor *cursors[STORE_TABLES];

    /* Largest key ever in each table as far as this transaction knows: what is larger
     * can be appended. */
    struct {
        bool known;
        uint16_t size;
        uint8_t key[STORE_KEY];
    } last[STORE_TABLES];

    /* Where the cursor of each table stands after a get; size 0: elsewhere. */
    struct {
        uint8_t size;
        uint8_t key[STORE_NEAR];
    } got[STORE_TABLES];
};

struct store {
    char folder[STORE_PATH];
    MDB_env *env;
    size_t table_count;
    MDB_dbi tables[STORE_TABLES];
    bool write;
    bool full; /* the map: to be doubled when the transaction ends */
    bool busy; /* a transaction is open */
    struct store_txn txn;
};

/* LMDB says EIO for a write that came out short, which is what the first write to a disk
 * that fills up does. Less than this left: the disk was full. */
#define STORE_ROOM ((uint64_t)1 << 20)

static bool disk_is_full(const struct store *store)
{
    struct statvfs disk;
    return statvfs(store->folder, &disk) == 0 &&
           (uint64_t)disk.f_bavail * disk.f_frsize < STORE_ROOM;
}

/* Turns an LMDB or system error into ours; always false. */
static bool fail(struct store *store, int rc, const char *what, struct err *err)
{
    enum err_code code = E_CATALOG_STORE;
    switch (rc) {
    case MDB_MAP_FULL:
        store->full = true;
        return err_set(err, E_CATALOG_GROW, "%s: the map is full", store->folder);
    case MDB_BAD_TXN:
        if (store->full)
            return err_set(err, E_CATALOG_GROW, "%s: the map is full", store->folder);
        break;
    case EIO:
        if (disk_is_full(store))
            return err_set(err, E_DISK_FULL, "%s: %s: the disk is full", store->folder,
                           what);
        break;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        code = E_DISK_FULL;
        break;
    case MDB_INVALID:
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
        code = E_CATALOG_DAMAGED;
        break;
    case MDB_VERSION_MISMATCH:
    case MDB_INCOMPATIBLE:
        code = E_CATALOG_VERSION;
        break;
    case ENOENT:
    case EACCES:
    case EPERM:
    case EROFS:
        code = E_CATALOG_OPEN;
        break;
    default:
        break;
    }
    return err_set(err, code, "%s: %s: %s", store->folder, what, mdb_strerror(rc));
}

static enum lookup found_or(struct store *store, int rc, const char *what,
                            struct err *err)
{
    if (rc == MDB_SUCCESS)
        return LOOKUP_FOUND;
    if (rc == MDB_NOTFOUND)
        return LOOKUP_ABSENT;
    (void)fail(store, rc, what, err);
    return LOOKUP_FAILED;
}

static struct store *store_new(const char *folder, const struct store_options *options)
{
    struct store *store = mem_new(1, sizeof *store);
    bug_if(options->table_count > STORE_TABLES);
    (void)snprintf(store->folder, sizeof store->folder, "%s", folder);
    store->table_count = options->table_count;
    store->write = options->write;
    return store;
}

/* The environment, with a map of at least `map_bytes` and the whole file. */
static bool env_open(struct store *store, uint64_t map_bytes, unsigned flags,
                     struct err *err)
{
    char path[STORE_PATH + 16];
    struct stat status;
    (void)snprintf(path, sizeof path, "%s/data.mdb", store->folder);
    bool there = stat(path, &status) == 0;
    if (there && status.st_size == 0) /* LMDB would take it for a new one */
        return err_set(err, E_CATALOG_DAMAGED, "%s is empty: it was truncated", path);
    if (there && (uint64_t)status.st_size > map_bytes)
        map_bytes = (uint64_t)status.st_size;
    int rc = mdb_env_create(&store->env);
    if (rc == 0)
        rc = mdb_env_set_maxdbs(store->env, STORE_TABLES);
    if (rc == 0)
        rc = mdb_env_set_maxreaders(store->env, STORE_READERS);
    if (rc == 0)
        rc = mdb_env_set_mapsize(store->env, map_bytes);
    if (rc == 0)
        rc = mdb_env_open(store->env, store->folder, flags | MDB_NOTLS, 0644);
    return rc == 0 || fail(store, rc, "cannot open data.mdb", err);
}

/* Pages behind the end of the file would be SIGBUS; only truncation makes them. */
static bool file_is_whole(struct store *store, struct err *err)
{
    struct stat status;
    MDB_envinfo info;
    MDB_stat pages;
    int fd;
    int rc = mdb_env_get_fd(store->env, &fd);
    if (rc == 0)
        rc = mdb_env_info(store->env, &info);
    if (rc == 0)
        rc = mdb_env_stat(store->env, &pages);
    if (rc == 0 && fstat(fd, &status) != 0)
        rc = errno;
    if (rc != 0)
        return fail(store, rc, "cannot examine data.mdb", err);
    uint64_t needed = ((uint64_t)info.me_last_pgno + 1) * pages.ms_psize;
    if ((uint64_t)status.st_size < needed)
        return err_set(err, E_CATALOG_DAMAGED,
                       "%s/data.mdb has %llu bytes and needs %llu: it was truncated",
                       store->folder, (unsigned long long)status.st_size,
                       (unsigned long long)needed);
    return true;
}

/* Makes the file as long as the map; holes cost no space. */
static bool file_extend(struct store *store, struct err *err)
{
    struct stat status;
    MDB_envinfo info;
    int fd;
    int rc = mdb_env_get_fd(store->env, &fd);
    if (rc == 0)
        rc = mdb_env_info(store->env, &info);
    if (rc == 0 && fstat(fd, &status) != 0)
        rc = errno;
    if (rc == 0 && (uint64_t)status.st_size < info.me_mapsize &&
        ftruncate(fd, (off_t)info.me_mapsize) != 0)
        rc = errno;
    return rc == 0 || fail(store, rc, "cannot extend data.mdb", err);
}

static bool tables_open(struct store *store, const struct store_options *options,
                        MDB_txn *txn, unsigned flags, struct err *err)
{
    for (size_t i = 0; i < options->table_count; i++) {
        int rc = mdb_dbi_open(txn, options->tables[i], flags, &store->tables[i]);
        if (rc == MDB_NOTFOUND || rc == MDB_INCOMPATIBLE)
            return err_set(err, E_CATALOG_VERSION,
                           "%s/data.mdb has no table \"%s\": it is not a store of ours "
                           "or of another version",
                           store->folder, options->tables[i]);
        if (rc != 0)
            return fail(store, rc, "cannot open a table", err);
    }
    return true;
}

static bool tables_ready(struct store *store, const struct store_options *options,
                         struct err *err)
{
    MDB_txn *txn;
    int rc = mdb_txn_begin(store->env, NULL, MDB_RDONLY, &txn);
    if (rc != 0)
        return fail(store, rc, "cannot begin", err);
    if (!tables_open(store, options, txn, 0, err)) {
        mdb_txn_abort(txn);
        return false;
    }
    rc = mdb_txn_commit(txn); /* keeps the table handles */
    return rc == 0 || fail(store, rc, "cannot end reading", err);
}

bool store_open(const char *folder, const struct store_options *options,
                struct store **store, struct err *err)
{
    struct store *opened = store_new(folder, options);
    int dead;
    bool done =
        env_open(opened, options->map_bytes, options->write ? 0 : MDB_RDONLY, err) &&
        file_is_whole(opened, err) && tables_ready(opened, options, err) &&
        (!options->write || file_extend(opened, err));
    if (!done) {
        store_close(opened);
        return false;
    }
    (void)mdb_reader_check(opened->env, &dead); /* slots of killed readers */
    *store = opened;
    return true;
}

void store_close(struct store *store)
{
    if (store == NULL)
        return;
    bug_if(store->busy);
    if (store->env != NULL)
        mdb_env_close(store->env);
    free(store);
}

static bool first_record(struct store *store, const struct store_options *options,
                         struct slice key, struct slice value, struct err *err)
{
    MDB_txn *txn;
    int rc = mdb_txn_begin(store->env, NULL, 0, &txn);
    if (rc != 0)
        return fail(store, rc, "cannot begin", err);
    if (!tables_open(store, options, txn, MDB_CREATE, err)) {
        mdb_txn_abort(txn);
        return false;
    }
    MDB_val name = {key.size, NULL}, data = {value.size, NULL};
    memcpy(&name.mv_data, &key.data, sizeof key.data);
    memcpy(&data.mv_data, &value.data, sizeof value.data);
    rc = mdb_put(txn, store->tables[0], &name, &data, 0);
    if (rc != 0)
        mdb_txn_abort(txn);
    else
        rc = mdb_txn_commit(txn);
    return rc == 0 || fail(store, rc, "cannot write", err);
}

/* data.mdb of the folder `fresh`, ready to be renamed. */
static bool fresh_make(const char *fresh, const struct store_options *options,
                       struct slice key, struct slice value, struct err *err)
{
    struct store *store = store_new(fresh, options);
    bool done = env_open(store, options->map_bytes, MDB_NOLOCK, err) &&
                first_record(store, options, key, value, err) && file_extend(store, err);
    int rc = done ? mdb_env_sync(store->env, 1) : 0;
    if (rc != 0)
        done = fail(store, rc, "cannot sync", err);
    store_close(store);
    return done;
}

bool store_create(const char *folder, const struct store_options *options,
                  struct slice key, struct slice value, struct err *err)
{
    char path[STORE_PATH], fresh[STORE_PATH], made[STORE_PATH + 16];
    int long_enough = snprintf(path, sizeof path, "%s/data.mdb", folder);
    (void)snprintf(fresh, sizeof fresh, "%s/fresh", folder);
    (void)snprintf(made, sizeof made, "%s/data.mdb", fresh);
    if (long_enough < 0 || long_enough >= STORE_PATH - 16)
        return err_set(err, E_CATALOG_OPEN, "the name of the folder is too long");
    if (disk_exists(path))
        return true;
    (void)unlink(made); /* of a life that was killed here */
    if (!disk_make_path(fresh, err) || !fresh_make(fresh, options, key, value, err))
        return false;
    if (rename(made, path) != 0)
        return err_errno(err, E_CATALOG_OPEN, errno, "%s: cannot rename", made);
    (void)rmdir(fresh);
    return disk_sync_parent(path, err);
}

bool store_begin(struct store *store, struct store_txn **txn, struct err *err)
{
    bug_if(store->busy);
    struct store_txn *begun = &store->txn;
    unsigned flags = store->write ? 0 : MDB_RDONLY;
    int rc = mdb_txn_begin(store->env, NULL, flags, &begun->txn);
    if (rc == MDB_MAP_RESIZED) { /* the owner has a larger map now */
        rc = mdb_env_set_mapsize(store->env, 0);
        if (rc == 0)
            rc = mdb_txn_begin(store->env, NULL, flags, &begun->txn);
    }
    if (rc != 0)
        return fail(store, rc, "cannot begin", err);
    begun->store = store;
    for (size_t i = 0; i < store->table_count; i++) {
        begun->cursors[i] = NULL;
        begun->last[i].known = false;
        begun->got[i].size = 0;
    }
    store->busy = true;
    *txn = begun;
    return true;
}

/* Ends the bookkeeping; a full map is doubled now that no transaction is open. */
static bool txn_end(struct store *store, struct err *err)
{
    int dead;
    MDB_envinfo info;
    store->busy = false;
    if (!store->full)
        return true;
    store->full = false;
    (void)mdb_reader_check(store->env, &dead);
    int rc = mdb_env_info(store->env, &info);
    if (rc == 0)
        rc = mdb_env_set_mapsize(store->env, info.me_mapsize * 2);
    if (rc != 0)
        return fail(store, rc, "cannot enlarge the map", err);
    return file_extend(store, err);
}

static void cursors_close(struct store_txn *txn)
{
    for (size_t i = 0; i < txn->store->table_count; i++)
        if (txn->cursors[i] != NULL)
            mdb_cursor_close(txn->cursors[i]);
}

bool store_commit(struct store_txn *txn, struct err *err)
{
    struct store *store = txn->store;
    struct err end;
    cursors_close(txn);
    int rc = mdb_txn_commit(txn->txn);
    bool done = rc == 0 || fail(store, rc, "cannot commit", err);
    if (!txn_end(store, &end)) {
        *err = end;
        return false;
    }
    return done;
}

void store_abort(struct store_txn *txn)
{
    struct err err;
    if (txn == NULL)
        return;
    cursors_close(txn);
    mdb_txn_abort(txn->txn);
    (void)txn_end(txn->store, &err); /* a map that stays full says so again */
}

static bool cursor_of(struct store_txn *txn, size_t table, MDB_cursor **cursor,
                      struct err *err)
{
    bug_if(table >= txn->store->table_count);
    if (txn->cursors[table] == NULL) {
        int rc =
            mdb_cursor_open(txn->txn, txn->store->tables[table], &txn->cursors[table]);
        if (rc != 0) {
            txn->cursors[table] = NULL;
            return fail(txn->store, rc, "cannot read", err);
        }
    }
    *cursor = txn->cursors[table];
    txn->got[table].size = 0; /* it is about to move */
    return true;
}

/* LMDB takes keys as pointers to changeable bytes and does not change them. */
static MDB_val val_of(struct slice slice)
{
    MDB_val val = {.mv_size = slice.size};
    memcpy(&val.mv_data, &slice.data, sizeof slice.data);
    return val;
}

static enum lookup step(struct store_txn *txn, size_t table, MDB_cursor_op op,
                        struct slice *key, struct slice *value, struct err *err)
{
    MDB_cursor *cursor = NULL;
    MDB_val at = val_of(*key), data = {0, NULL};
    if (!cursor_of(txn, table, &cursor, err))
        return LOOKUP_FAILED;
    int rc = mdb_cursor_get(cursor, &at, &data, op);
    if (rc == MDB_SUCCESS) {
        *key = (struct slice){at.mv_data, at.mv_size};
        *value = (struct slice){data.mv_data, data.mv_size};
    }
    return found_or(txn->store, rc, "cannot read", err);
}

/* The key is the next number behind what was got last. */
static bool is_next(const struct store_txn *txn, size_t table, struct slice key)
{
    size_t size = txn->got[table].size;
    const uint8_t *got = txn->got[table].key;
    if (size < 4 || size != key.size || memcmp(got, key.data, size - 4) != 0)
        return false;
    uint32_t number = be32_load((const uint8_t *)key.data + size - 4);
    return number > 0 && be32_load(got + size - 4) == number - 1;
}

/* Number after number is a step of the cursor each, not a search in the whole table. */
enum lookup store_get(struct store_txn *txn, size_t table, struct slice key,
                      struct slice *value, struct err *err)
{
    struct slice found = key;
    enum lookup lookup = LOOKUP_ABSENT;
    if (is_next(txn, table, key))
        lookup = step(txn, table, MDB_NEXT, &found, value, err);
    if (lookup == LOOKUP_ABSENT ||
        (lookup == LOOKUP_FOUND &&
         (found.size != key.size || memcmp(found.data, key.data, key.size) != 0)))
        lookup = step(txn, table, MDB_SET_KEY, &key, value, err);
    if (lookup == LOOKUP_FOUND && key.size <= STORE_NEAR) {
        txn->got[table].size = (uint8_t)key.size;
        memcpy(txn->got[table].key, key.data, key.size);
    }
    return lookup;
}

enum lookup store_seek(struct store_txn *txn, size_t table, struct slice key,
                       struct slice *found, struct slice *value, struct err *err)
{
    *found = key;
    return step(txn, table, MDB_SET_RANGE, found, value, err);
}

enum lookup store_next(struct store_txn *txn, size_t table, struct slice *found,
                       struct slice *value, struct err *err)
{
    *found = (struct slice){NULL, 0};
    return step(txn, table, MDB_NEXT, found, value, err);
}

enum lookup store_last(struct store_txn *txn, size_t table, struct slice *found,
                       struct slice *value, struct err *err)
{
    *found = (struct slice){NULL, 0};
    return step(txn, table, MDB_LAST, found, value, err);
}

static int key_compare(struct slice a, const uint8_t *b, size_t size)
{
    int order = memcmp(a.data, b, a.size < size ? a.size : size);
    return order != 0 ? order : (a.size > size) - (a.size < size);
}

/* Whether the key comes after all of the table; remembers it then. */
static bool key_is_last(struct store_txn *txn, size_t table, struct slice key, bool *last,
                        struct err *err)
{
    struct slice found, value;
    if (!txn->last[table].known) {
        enum lookup lookup = store_last(txn, table, &found, &value, err);
        if (lookup == LOOKUP_FAILED)
            return false;
        txn->last[table].size =
            (uint16_t)(lookup == LOOKUP_FOUND && found.size <= STORE_KEY ? found.size
                                                                         : 0);
        if (txn->last[table].size > 0)
            memcpy(txn->last[table].key, found.data, txn->last[table].size);
        txn->last[table].known = true;
    }
    *last = key_compare(key, txn->last[table].key, txn->last[table].size) > 0;
    if (*last) {
        memcpy(txn->last[table].key, key.data, key.size);
        txn->last[table].size = (uint16_t)key.size;
    }
    return true;
}

bool store_put(struct store_txn *txn, size_t table, struct slice key, struct slice value,
               struct err *err)
{
    MDB_cursor *cursor = NULL;
    bool last;
    bug_if(key.size == 0 || key.size > STORE_KEY);
    if (!cursor_of(txn, table, &cursor, err) || !key_is_last(txn, table, key, &last, err))
        return false;
    MDB_val name = val_of(key), data = val_of(value);
    int rc = mdb_cursor_put(cursor, &name, &data, last ? MDB_APPEND : 0);
    return rc == 0 || fail(txn->store, rc, "cannot write", err);
}

bool store_delete(struct store_txn *txn, size_t table, struct slice key, struct err *err)
{
    MDB_cursor *cursor = NULL;
    struct slice value;
    enum lookup lookup = store_get(txn, table, key, &value, err);
    if (lookup != LOOKUP_FOUND)
        return lookup == LOOKUP_ABSENT;
    if (!cursor_of(txn, table, &cursor, err))
        return false;
    int rc = mdb_cursor_del(cursor, 0);
    return rc == 0 || fail(txn->store, rc, "cannot delete", err);
}

bool store_count(struct store_txn *txn, size_t table, uint64_t *count, struct err *err)
{
    MDB_stat stat;
    int rc = mdb_stat(txn->txn, txn->store->tables[table], &stat);
    if (rc != 0)
        return fail(txn->store, rc, "cannot read", err);
    *count = stat.ms_entries;
    return true;
}

bool store_copy(struct store *store, const char *folder, struct err *err)
{
    char path[STORE_PATH], partial[STORE_PATH];
    int fd;
    bug_if(store->busy);
    int length = snprintf(partial, sizeof partial, "%s/data.mdb.partial", folder);
    (void)snprintf(path, sizeof path, "%s/data.mdb", folder);
    if (length < 0 || length >= STORE_PATH)
        return err_set(err, E_CATALOG_OPEN, "the name of the folder is too long");
    if (!disk_make_path(folder, err))
        return false;
    if (disk_exists(path))
        return err_set(err, E_CATALOG_OPEN, "%s exists: copy into a new folder", path);
    (void)unlink(partial);
    if (!disk_create(partial, &fd, err))
        return false;
    int rc = mdb_env_copyfd2(store->env, fd, MDB_CP_COMPACT);
    bool done = rc == 0 || fail(store, rc, "cannot copy", err);
    done = done && disk_sync(fd, partial, err);
    (void)close(fd);
    if (done && rename(partial, path) != 0)
        done = err_errno(err, E_CATALOG_OPEN, errno, "%s: cannot rename", partial);
    if (!done)
        (void)unlink(partial);
    return done && disk_sync_parent(path, err);
}
