/* catalog_internal.h - tables, keys and the handle, shared by the files of this room.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Keys are big-endian numbers, so the order of bytes is the order of numbers.
 */
#ifndef SPILLWAY_CATALOG_CATALOG_INTERNAL_H
#define SPILLWAY_CATALOG_CATALOG_INTERNAL_H

#include "catalog/catalog.h"
#include "catalog/store.h"

/* Names in catalog.c, same order. New ones come at the end, with a new version. */
enum table {
    TABLE_META,           /* text -> text: "version" */
    TABLE_RUNS,           /* run */
    TABLE_CHUNKS,         /* run, builder, chunk */
    TABLE_SEGMENTS,       /* run, builder, chunk, ordinal */
    TABLE_SPILLS,         /* run, spill */
    TABLE_TEXTS,          /* name -> bytes */
    TABLE_CAMPAIGNS,      /* campaign */
    TABLE_CAMPAIGN_NAMES, /* name -> campaign */
    TABLE_PLAN,           /* campaign, segment */
    TABLE_VALUES,         /* campaign, value */
    TABLE_SETS,           /* campaign, set */
    TABLE_STATES,         /* campaign, segment -> 16 bytes */
    TABLE_GROUPS,         /* campaign, group */
    TABLE_ATTEMPTS,       /* attempt */
    TABLE_LEASES,         /* attempt -> nothing: those in state LEASED */
    TABLE_PRODUCTS,       /* product; nothing: a deleted one, whose number stays taken */
    TABLE_FILES,          /* name */
    TABLE_COUNT
};

struct catalog_txn {
    struct catalog *catalog;
    struct store_txn *store;
    struct arena scratch; /* of one call */
    struct bytes packed;
};

struct catalog {
    struct store *store;
    int owner; /* descriptor of owner.lock, -1 for readers */
    bool write;
    struct catalog_txn txn; /* the one that may be open */
};

/* catalog_open with another first size of the map, a multiple of 4096: for tests. */
bool catalog_open_sized(const char *folder, enum catalog_mode mode, uint64_t map_bytes,
                        struct catalog **catalog, struct err *err);

struct key {
    uint8_t bytes[16];
    size_t size;
};

static inline struct key key_u32(uint32_t number)
{
    struct key key = {.size = 4};
    be32_store(key.bytes, number);
    return key;
}

static inline struct key key_u64(uint64_t number)
{
    struct key key = {.size = 8};
    be64_store(key.bytes, number);
    return key;
}

static inline struct key key_pair(uint32_t first, uint32_t second)
{
    struct key key = {.size = 8};
    be32_store(key.bytes, first);
    be32_store(key.bytes + 4, second);
    return key;
}

static inline struct key key_chunk(const struct chunk_id *id)
{
    return key_pair(id->run, (uint32_t)id->builder << 16 | id->number);
}

static inline struct key key_segment(const struct segment_id *id)
{
    struct key key = key_chunk(&id->chunk);
    key.size = 12;
    be32_store(key.bytes + 8, id->ordinal);
    return key;
}

static inline struct slice key_slice(const struct key *key)
{
    return (struct slice){key->bytes, key->size};
}

static inline struct slice text_slice(const char *text)
{
    return (struct slice){text, strlen(text)};
}

/* Scratch memory of the present call, emptied. */
struct arena *txn_scratch(struct catalog_txn *txn);

/* The pack buffer, emptied. */
struct bytes *txn_packed(struct catalog_txn *txn);

/* Writes what was packed. Writing through a reader's handle is our own mistake. */
bool record_put(struct catalog_txn *txn, enum table table, struct slice key,
                struct err *err);
enum lookup record_get(struct catalog_txn *txn, enum table table, struct slice key,
                       struct slice *value, struct err *err);

/* First record at or after the key whose key starts with the first `prefix` bytes of it.
 * `found` may be NULL. */
enum lookup record_seek(struct catalog_txn *txn, enum table table, struct slice key,
                        size_t prefix, struct slice *value, struct slice *found,
                        struct err *err);

/* FOUND when the record names itself by the key under which it was found: walks go on
 * behind the number that a record gives, and a damaged one must not turn them back. */
enum lookup record_own(enum table table, struct slice found, struct slice key,
                       struct err *err);

/* Number of the last record of a table whose keys are numbers of `size` bytes; 0 none. */
bool record_last(struct catalog_txn *txn, enum table table, size_t size, uint64_t *number,
                 struct err *err);

static inline enum lookup lookup_of(bool done)
{
    return done ? LOOKUP_FOUND : LOOKUP_FAILED;
}

/* plan_state as the 16 bytes of its record, little endian in the order of its members. */
#define PLAN_STATE_SIZE 16
bool plan_state_load(struct slice value, struct plan_state *state, struct err *err);

#endif
