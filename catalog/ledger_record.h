/* ledger_record.h - the records of a conditions store, and their bytes.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Plain values. Numbers are little endian, texts have their length in front: half a
 * million rows are read at each start, and a message a row would take ten times as long.
 * Times are seconds since 1970 and for people only. Number 0 is no record.
 */
#ifndef SPILLWAY_CATALOG_LEDGER_RECORD_H
#define SPILLWAY_CATALOG_LEDGER_RECORD_H

#include "base/bytes.h"
#include "base/digest.h"

#define LEDGER_NAME 81  /* 80 characters in the HSF service; with the NUL */
#define LEDGER_TEXT 256 /* 255 characters of a URL, a checksum, a note */
#define LEDGER_WHAT 512 /* what an entry of the log says */

enum ledger_kind {
    LEDGER_STATUS,
    LEDGER_TAG,
    LEDGER_TYPE,
    LEDGER_LIST,
    LEDGER_ROW,
    LEDGER_BLOB,
    LEDGER_KINDS
};

/* A status of tags, or a payload type. */
struct ledger_word {
    uint64_t id;
    int64_t created_s;
    char name[LEDGER_NAME];
};

struct ledger_tag {
    uint64_t id;
    uint64_t status;
    uint64_t sequence; /* grows with every change of the tag or of what is in it */
    int64_t created_s;
    int64_t updated_s;
    struct sha256 snapshot; /* of a frozen tag: its manifest, a blob; else zero */
    char name[LEDGER_NAME];
    char author[LEDGER_NAME]; /* "" unknown */
};

/* The rows of one type, in at most one tag. */
struct ledger_list {
    uint64_t id;
    uint64_t type;
    uint64_t tag; /* 0: in none */
    int64_t created_s;
};

/* A payload and when it is valid. */
struct ledger_row {
    uint64_t id;
    uint64_t list; /* 0: in none */
    int64_t start_major;
    int64_t start_minor;
    int64_t end_major; /* excluded */
    int64_t end_minor;
    int64_t size; /* bytes of the payload, -1 unknown */
    int64_t inserted_s;
    const char *url;
    const char *checksum; /* MD5 or sha256, hexadecimal */
    const char *extra;    /* NULL: nothing said */
};

/* Bytes that stand in a file of their own. */
struct ledger_blob {
    struct sha256 hash;
    uint64_t size;
    int64_t stored_s;
    char md5[MD5_HEX];
};

struct ledger_record {
    enum ledger_kind kind;

    union {
        struct ledger_word word; /* LEDGER_STATUS, LEDGER_TYPE */
        struct ledger_tag tag;
        struct ledger_list list;
        struct ledger_row row;
        struct ledger_blob blob;
    };
};

/* Who changed what, when. Its hash covers all of it and the entry before. */
struct ledger_entry {
    uint64_t number; /* from 1, without holes */
    int64_t time_s;
    uint64_t sequence; /* of the tag after the change */
    char who[LEDGER_NAME];
    char tag[LEDGER_NAME]; /* "" when no tag was changed */
    char what[LEDGER_WHAT];
    struct sha256 previous; /* zero for the first */
    struct sha256 hash;
};

/* Room for what a record holds. */
#define LEDGER_RECORD ((size_t)2048)

/* Replaces the content of `out`. */
void ledger_pack(const struct ledger_record *record, struct bytes *out);
void ledger_pack_entry(const struct ledger_entry *entry, struct bytes *out);

/* E_CATALOG_DAMAGED for bytes that are no such record. The texts of a row point into
 * `texts`. */
bool ledger_unpack(enum ledger_kind kind, const void *data, size_t size,
                   char texts[3 * LEDGER_TEXT], struct ledger_record *record,
                   struct err *err);
bool ledger_unpack_entry(const void *data, size_t size, struct ledger_entry *entry,
                         struct err *err);

/* The hash that the entry must have: sha256 of the line
 * "NUMBER TIME SEQUENCE WHO TAG PREVIOUS WHAT\n", with "-" for no tag. */
struct sha256 ledger_entry_hash(const struct ledger_entry *entry);

#endif
