/* columns.h - reconstructed events of a segment, sealed: the payload of stream "reco".
 * SPDX-License-Identifier: Apache-2.0
 *
 *   pages    per cluster, column after column: the page, u64 XXH3 of its bytes
 *   table    per cluster: u32 rows (1 to 16384, only the last has fewer than 16384), per
 *            column: u32 size of the page as stored, u64 its XXH3
 *   account  text about the rows that is no row, handed on as it is (what decoding met,
 *            as a summary line)
 *   tail     "SPWYCOL3", u32 clusters, u32 columns, u64 rows, u32 size of the account,
 *            u32 0, sha256 of the schema, key, u64 XXH3 of table, account and tail up to
 *            here
 *
 * All numbers little endian. A page has rows x shape numbers of one column in its
 * encoding (model/reco_table.h), then as compress.h stores it: what an RNTuple wants, so
 * a merged file holds the payload as it is. Pages tile the payload up to the table, so
 * their places follow from the sizes. The bytes are a function of rows and key alone.
 */
#ifndef SPILLWAY_OUTPUT_COLUMNS_H
#define SPILLWAY_OUTPUT_COLUMNS_H

#include "model/reco_table.h"
#include "output/compress.h"
#include "output/pack.h"

#define COLUMNS_ACCOUNT  ((size_t)1 << 16)
#define COLUMNS_CHECK    8u /* bytes behind a page */
#define COLUMNS_CLUSTERS 4096u
#define COLUMNS_PAGES    ((size_t)64 << 20) /* of a cluster as stored, at most */
#define COLUMNS_LIMIT                                                                    \
    ((uint64_t)1000 << 20) /* of a payload: ROOT's keys are below 1 GiB */

/* sha256 of the lines "name <tab> type <tab> shape <tab> encoding <tab> unit <tab>
 * meaning" of all columns. */
struct sha256 columns_schema(void);

/* A page on its way between table and file. */
struct columns_page {
    struct compressor *compressor;
    void *coded; /* as the encoding of the column wants it */
    uint8_t *stored;
};

/* Writes into the open record of a pack, one payload after another. Numbers wait for
 * their cluster to be full, in as many bytes as they have in files: a caller can hand
 * over some rows at a time, while they are in a cache. */
struct columns_writer {
    struct columns_page page;
    bool vector; /* cpu_has_half() */
    uint8_t *waiting[RECO_COLUMN_COUNT];
    uint32_t waiting_rows; /* at most RECO_CLUSTER */
    struct pack_writer *pack;
    struct bytes table;
    uint64_t rows; /* of the clusters written */
    uint32_t clusters;
};

void columns_writer_init(struct columns_writer *writer);
void columns_writer_release(struct columns_writer *writer);
void columns_start(struct columns_writer *writer, struct pack_writer *pack);

/* All rows of the table. Up to RECO_CLUSTER rows wait; the record of the pack must be
 * open when there are more. E_LIMIT: the payload is larger than a key of a ROOT file. */
bool columns_put(struct columns_writer *writer, const struct reco_table *table,
                 struct err *err);

/* What waits, table, account and tail. `key`: of the record. */
bool columns_end(struct columns_writer *writer, const struct sha256 *key,
                 const struct bytes *account, struct err *err);

/* Reads payloads, one after another, at places of open files; nothing is believed. */
struct columns_reader {
    struct columns_page page;
    bool vector; /* cpu_has_half() */
    int fd;
    const char *path;   /* for messages; borrowed */
    uint64_t offset;    /* of the next cluster */
    struct bytes table; /* account and tail: what stands behind the pages */
    uint64_t rows;
    uint32_t clusters;
    uint32_t next;    /* cluster */
    uint32_t account; /* bytes */
    struct sha256 key;
};

void columns_reader_init(struct columns_reader *reader);
void columns_reader_release(struct columns_reader *reader);

/* E_COLUMNS_FORMAT when it is none of ours, is damaged, has another schema or another key
 * than `key`. */
bool columns_open(struct columns_reader *reader, int fd, const char *path,
                  const struct place *place, const struct sha256 *key, struct err *err);

/* The next cluster into `table` (capacity RECO_CLUSTER), rows 0 at the end. Of the set
 * `wanted` (reco_set() of columns) only; the others are left as they are. */
bool columns_next(struct columns_reader *reader, uint64_t wanted,
                  struct reco_table *table, struct err *err);

/* The next cluster as stored, each page checked; replaces the content of `out`, which is
 * empty at the end. What then is left of the payload is reader->table. */
bool columns_copy(struct columns_reader *reader, struct bytes *out, struct err *err);

/* The account; replaces the content of `out`. */
bool columns_account(const struct columns_reader *reader, struct bytes *out,
                     struct err *err);

/* Of cluster n, counted from 0: rows, and size of a page as stored. */
uint32_t columns_cluster_rows(const struct columns_reader *reader, uint32_t n);
uint32_t columns_page_size(const struct columns_reader *reader, uint32_t n, int column);

#endif
