/* store.h - ordered tables of bytes that survive kill -9: the only door to LMDB.
 * SPDX-License-Identifier: Apache-2.0
 *
 * One environment in one folder (data.mdb, lock.mdb), default durable mode. Keys are
 * ordered as bytes. Always true:
 * - data.mdb exists whole or not at all: a new one is made aside and renamed. So an empty
 *   or short one is damage, never a new store.
 * - data.mdb is as long as the map (a sparse file): a shorter one was truncated, which
 *   opening refuses, and no page of the map lies behind the end of the file.
 * - What a slice points at is valid until the next change or the end of the transaction.
 * Never used after fork, never opened twice in one process (both are LMDB's rules).
 */
#ifndef SPILLWAY_CATALOG_STORE_H
#define SPILLWAY_CATALOG_STORE_H

#include "base/bytes.h"

#define STORE_TABLES 32  /* at most, per environment */
#define STORE_KEY    511 /* bytes of a key: LMDB's compiled limit */

struct slice {
    const void *data;
    size_t size;
};

struct store;
struct store_txn;

struct store_options {
    const char *const *tables; /* names; a table is then known by its index */
    size_t table_count;
    uint64_t map_bytes; /* to start with, a multiple of the page size; it doubles */
    bool write;         /* false: read only, the store must exist */
};

/* Makes a store with empty tables and one record (`key`, `value`) in table 0, when the
 * folder has none. The caller makes sure that nobody else does it now. */
bool store_create(const char *folder, const struct store_options *options,
                  struct slice key, struct slice value, struct err *err);

/* A store that lacks one of the tables is refused with E_CATALOG_VERSION, one that is
 * truncated or no LMDB file with E_CATALOG_DAMAGED. */
bool store_open(const char *folder, const struct store_options *options,
                struct store **store, struct err *err);
void store_close(struct store *store);

/* One transaction at a time per store. When a change fails because the map is full it
 * gives E_CATALOG_GROW, and the end of the transaction doubles the map. */
bool store_begin(struct store *store, struct store_txn **txn, struct err *err);
bool store_commit(struct store_txn *txn, struct err *err); /* ends it either way */
void store_abort(struct store_txn *txn);

enum lookup store_get(struct store_txn *txn, size_t table, struct slice key,
                      struct slice *value, struct err *err);

/* First record at or after `key`; from there on store_next steps through the table. */
enum lookup store_seek(struct store_txn *txn, size_t table, struct slice key,
                       struct slice *found, struct slice *value, struct err *err);
enum lookup store_next(struct store_txn *txn, size_t table, struct slice *found,
                       struct slice *value, struct err *err);
enum lookup store_last(struct store_txn *txn, size_t table, struct slice *found,
                       struct slice *value, struct err *err);

/* Adds or replaces. Records that come in the order of their keys fill whole pages. */
bool store_put(struct store_txn *txn, size_t table, struct slice key, struct slice value,
               struct err *err);

/* An absent key is fine. */
bool store_delete(struct store_txn *txn, size_t table, struct slice key, struct err *err);

/* Records in the table. */
bool store_count(struct store_txn *txn, size_t table, uint64_t *count, struct err *err);

/* FOLDER/data.mdb, compacted, whole or not at all; FOLDER is made when absent and must
 * not hold one. No transaction may be open. */
bool store_copy(struct store *store, const char *folder, struct err *err);

#endif
