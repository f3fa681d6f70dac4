/* ledger.c - tables, commits and the chain of the log of a conditions store.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "catalog/ledger.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/disk.h"
#include "base/text.h"
#include "catalog/mount.h"
#include "catalog/owner.h"
#include "catalog/store.h"

/* 1 GiB of addresses and a sparse file: three million rows before it grows. */
#define LEDGER_MAP ((uint64_t)1 << 30)

#define LEDGER_VERSION "spillway-conditions 1"

/* Indices of tables; that of a kind is its number and TABLE_KIND. */
enum {
    TABLE_META, /* "version"; "next": a number a kind */
    TABLE_LOG,  /* number of the entry */
    TABLE_KIND,
    TABLE_COUNT = TABLE_KIND + LEDGER_KINDS
};

static const char *const table_names[TABLE_COUNT] = {
    "meta", "log", "statuses", "tags", "types", "lists", "rows", "blobs"};

struct ledger {
    struct store *store;
    int owner; /* descriptor of owner.lock, -1 for a reader */
    uint64_t next[LEDGER_KINDS];
    uint64_t entries;
    struct sha256 head; /* hash of the last entry */
    struct bytes packed;
};

static struct slice slice_of(const char *text)
{
    return (struct slice){text, strlen(text)};
}

/* ---- opening ---- */

static bool version_check(struct store_txn *txn, const char *folder, struct err *err)
{
    struct slice value;
    enum lookup lookup = store_get(txn, TABLE_META, slice_of("version"), &value, err);
    if (lookup == LOOKUP_FAILED)
        return false;
    if (lookup == LOOKUP_FOUND && value.size == strlen(LEDGER_VERSION) &&
        memcmp(value.data, LEDGER_VERSION, value.size) == 0)
        return true;
    return err_set(err, E_CATALOG_VERSION,
                   "%s is no conditions store of this release (%s)", folder,
                   LEDGER_VERSION);
}

static bool next_read(struct ledger *ledger, struct store_txn *txn, struct err *err)
{
    struct slice value;
    enum lookup lookup = store_get(txn, TABLE_META, slice_of("next"), &value, err);
    for (int i = 0; i < LEDGER_KINDS; i++)
        ledger->next[i] = 1;
    if (lookup != LOOKUP_FOUND)
        return lookup == LOOKUP_ABSENT;
    if (value.size != sizeof ledger->next)
        return err_set(err, E_CATALOG_DAMAGED, "the numbers of the store are damaged");
    for (size_t i = 0; i < LEDGER_KINDS; i++)
        ledger->next[i] = le64_load((const uint8_t *)value.data + 8 * i);
    return true;
}

/* The entry under `key` must be the next one of the chain. */
static bool entry_follows(struct ledger *ledger, struct slice key, struct slice value,
                          struct err *err)
{
    struct ledger_entry entry;
    if (!ledger_unpack_entry(value.data, value.size, &entry, err))
        return false;
    struct sha256 hash = ledger_entry_hash(&entry);
    if (key.size == 8 && be64_load(key.data) == ledger->entries + 1 &&
        entry.number == ledger->entries + 1 &&
        sha256_equal(&entry.previous, &ledger->head) &&
        sha256_equal(&hash, &entry.hash)) {
        ledger->entries++;
        ledger->head = hash;
        return true;
    }
    return err_set(err, E_CATALOG_DAMAGED,
                   "entry %llu of the log does not follow from the one before",
                   (unsigned long long)ledger->entries + 1);
}

static bool chain_check(struct ledger *ledger, struct store_txn *txn, struct err *err)
{
    uint8_t first[8] = {0};
    struct slice key, value;
    enum lookup lookup = store_seek(txn, TABLE_LOG, (struct slice){first, sizeof first},
                                    &key, &value, err);
    while (lookup == LOOKUP_FOUND) {
        if (!entry_follows(ledger, key, value, err))
            return false;
        lookup = store_next(txn, TABLE_LOG, &key, &value, err);
    }
    return lookup == LOOKUP_ABSENT;
}

static struct store_options ledger_options(bool write)
{
    return (struct store_options){.tables = table_names,
                                  .table_count = TABLE_COUNT,
                                  .map_bytes = LEDGER_MAP,
                                  .write = write};
}

static bool ledger_fill(struct ledger *ledger, const char *folder, struct err *err)
{
    struct store_txn *txn = NULL;
    struct store_options options = ledger_options(true);
    bool done = disk_make_path(folder, err) && mount_is_local(folder, err) &&
                owner_take(folder, &ledger->owner, err) &&
                store_create(folder, &options, slice_of("version"),
                             slice_of(LEDGER_VERSION), err) &&
                store_open(folder, &options, &ledger->store, err) &&
                store_begin(ledger->store, &txn, err) &&
                version_check(txn, folder, err) && next_read(ledger, txn, err) &&
                chain_check(ledger, txn, err);
    store_abort(txn);
    return done;
}

bool ledger_open(const char *folder, struct ledger **ledger, struct err *err)
{
    struct ledger *opened = mem_new(1, sizeof *opened);
    opened->owner = -1;
    bytes_init(&opened->packed, LEDGER_RECORD);
    if (!ledger_fill(opened, folder, err)) {
        ledger_close(opened);
        return err_wrap(err, "conditions store");
    }
    *ledger = opened;
    return true;
}

void ledger_close(struct ledger *ledger)
{
    if (ledger == NULL)
        return;
    store_close(ledger->store);
    if (ledger->owner >= 0)
        (void)close(ledger->owner); /* gives the lock back */
    bytes_release(&ledger->packed);
    free(ledger);
}

bool ledger_exists(const char *folder)
{
    char path[4096];
    int length = snprintf(path, sizeof path, "%s/data.mdb", folder);
    return length > 0 && (size_t)length < sizeof path && disk_exists(path);
}

/* ---- reading ---- */

bool ledger_each(struct ledger *ledger, enum ledger_kind kind, ledger_seen seen,
                 void *user, struct err *err)
{
    static const uint8_t first[1];
    char texts[3 * LEDGER_TEXT];
    struct store_txn *txn = NULL;
    struct slice key, value;
    if (!store_begin(ledger->store, &txn, err))
        return false;
    size_t table = TABLE_KIND + (size_t)kind;
    enum lookup lookup =
        store_seek(txn, table, (struct slice){first, sizeof first}, &key, &value, err);
    while (lookup == LOOKUP_FOUND) {
        struct ledger_record record;
        if (!ledger_unpack(kind, value.data, value.size, texts, &record, err) ||
            !seen(user, &record, err))
            lookup = LOOKUP_FAILED;
        else
            lookup = store_next(txn, table, &key, &value, err);
    }
    store_abort(txn);
    return lookup == LOOKUP_ABSENT;
}

bool ledger_log(struct ledger *ledger, uint64_t from, uint64_t limit,
                ledger_entry_seen seen, void *user, struct err *err)
{
    uint8_t first[8];
    struct store_txn *txn = NULL;
    struct slice key, value;
    be64_store(first, from);
    if (!store_begin(ledger->store, &txn, err))
        return false;
    enum lookup lookup = store_seek(txn, TABLE_LOG, (struct slice){first, sizeof first},
                                    &key, &value, err);
    for (uint64_t i = 0; i < limit && lookup == LOOKUP_FOUND; i++) {
        struct ledger_entry entry;
        if (!ledger_unpack_entry(value.data, value.size, &entry, err) ||
            !seen(user, &entry, err))
            lookup = LOOKUP_FAILED;
        else
            lookup = store_next(txn, TABLE_LOG, &key, &value, err);
    }
    store_abort(txn);
    return lookup != LOOKUP_FAILED;
}

/* ---- writing ---- */

uint64_t ledger_next_id(struct ledger *ledger, enum ledger_kind kind)
{
    bug_if(kind == LEDGER_BLOB);
    return ledger->next[kind]++;
}

static uint64_t record_id(const struct ledger_record *record)
{
    switch (record->kind) {
    case LEDGER_STATUS:
    case LEDGER_TYPE:
        return record->word.id;
    case LEDGER_TAG:
        return record->tag.id;
    case LEDGER_LIST:
        return record->list.id;
    case LEDGER_ROW:
        return record->row.id;
    case LEDGER_BLOB:
    case LEDGER_KINDS:
        break;
    }
    unreachable();
}

static bool change_put(struct ledger *ledger, struct store_txn *txn,
                       const struct ledger_change *change, struct err *err)
{
    const struct ledger_record *record = &change->record;
    uint8_t number[8];
    struct slice key = {number, sizeof number};
    if (record->kind == LEDGER_BLOB)
        key = (struct slice){record->blob.hash.bytes, SHA256_SIZE};
    else
        be64_store(number, record_id(record));
    size_t table = TABLE_KIND + (size_t)record->kind;
    if (change->gone)
        return store_delete(txn, table, key, err);
    ledger_pack(record, &ledger->packed);
    return store_put(txn, table, key,
                     (struct slice){ledger->packed.data, ledger->packed.size}, err);
}

static bool next_put(struct ledger *ledger, struct store_txn *txn, struct err *err)
{
    uint8_t numbers[8 * LEDGER_KINDS];
    for (size_t i = 0; i < LEDGER_KINDS; i++)
        le64_store(numbers + 8 * i, ledger->next[i]);
    return store_put(txn, TABLE_META, slice_of("next"),
                     (struct slice){numbers, sizeof numbers}, err);
}

static bool entry_put(struct ledger *ledger, struct store_txn *txn,
                      const struct ledger_entry *entry, struct err *err)
{
    uint8_t number[8];
    be64_store(number, entry->number);
    ledger_pack_entry(entry, &ledger->packed);
    return store_put(txn, TABLE_LOG, (struct slice){number, sizeof number},
                     (struct slice){ledger->packed.data, ledger->packed.size}, err);
}

static bool commit_once(struct ledger *ledger, const struct ledger_change *changes,
                        size_t count, const struct ledger_entry *entry, struct err *err)
{
    struct store_txn *txn = NULL;
    if (!store_begin(ledger->store, &txn, err))
        return false;
    bool done = true;
    for (size_t i = 0; i < count && done; i++)
        done = change_put(ledger, txn, &changes[i], err);
    done = done && next_put(ledger, txn, err) && entry_put(ledger, txn, entry, err);
    if (done)
        return store_commit(txn, err);
    store_abort(txn);
    return false;
}

bool ledger_commit(struct ledger *ledger, const struct ledger_change *changes,
                   size_t count, struct ledger_entry *entry, struct err *err)
{
    entry->number = ledger->entries + 1;
    entry->previous = ledger->head;
    entry->hash = ledger_entry_hash(entry);
    bool done;
    do /* a map that was full is twice as large at the next try */
        done = commit_once(ledger, changes, count, entry, err);
    while (!done && err->code == E_CATALOG_GROW);
    if (!done)
        return err_wrap(err, "conditions store");
    ledger->entries = entry->number;
    ledger->head = entry->hash;
    return true;
}

bool ledger_copy(const char *folder, const char *to, struct err *err)
{
    struct store *store = NULL;
    struct store_txn *txn = NULL;
    struct store_options options = ledger_options(false);
    bool done = mount_is_local(folder, err) &&
                store_open(folder, &options, &store, err) &&
                store_begin(store, &txn, err) && version_check(txn, folder, err);
    store_abort(txn);
    done = done && store_copy(store, to, err);
    store_close(store);
    return done || err_wrap(err, "copy of the conditions store");
}
