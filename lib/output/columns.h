/* columns.h - reconstructed events of a segment as bytes: the payload of stream "reco".
 * SPDX-License-Identifier: Apache-2.0
 *
 *   "SPWYCOL1", u32 size of the description, u32 columns, the description: one line a
 *       column, "name <tab> type <tab> shape <tab> unit <tab> meaning", shape "[2][6][6]"
 *   per cluster: "CLST", u32 rows (1 to 16384, only the last has fewer than 16384),
 *       column after column: rows x shape numbers, little endian
 *   "CEND", u32 clusters, u64 rows, u32 size of the account, the account: text about the
 *       rows that is no row, handed on as it is (what decoding met, as a summary line)
 *
 * The bytes are a function of the rows alone.
 */
#ifndef SPILLWAY_OUTPUT_COLUMNS_H
#define SPILLWAY_OUTPUT_COLUMNS_H

#include "model/reco_table.h"
#include "output/pack.h"

#define COLUMNS_ACCOUNT ((size_t)1 << 16)

/* Writes into the open record of a pack. */
struct columns_writer {
    struct pack_writer *pack;
    uint64_t rows;
    uint32_t clusters;
    bool ended; /* a cluster with fewer rows was put: it is the last */
};

bool columns_start(struct columns_writer *writer, struct pack_writer *pack,
                   struct err *err);

/* One cluster: all rows of the table, at most RECO_CLUSTER; none writes nothing. */
bool columns_put(struct columns_writer *writer, const struct reco_table *table,
                 struct err *err);
bool columns_end(struct columns_writer *writer, const struct bytes *account,
                 struct err *err);

/* Reads a block at a place of an open file; nothing in it is believed. */
struct columns_reader {
    int fd;
    const char *path; /* for messages; borrowed */
    uint64_t offset;
    uint64_t end;
    uint64_t rows;
    uint32_t clusters;
    bool ended;       /* the last cluster was read */
    bool finished;    /* and the counts behind it agree */
    uint32_t account; /* size of the account, the last bytes of the block */
};

/* E_COLUMNS_FORMAT when it is none of ours or describes other columns. */
bool columns_open(struct columns_reader *reader, int fd, const char *path,
                  const struct place *place, struct err *err);

/* The next cluster into `table` (capacity RECO_CLUSTER), rows 0 at the end, where the
 * counts are checked. */
bool columns_next(struct columns_reader *reader, struct reco_table *table,
                  struct err *err);

/* The account, once columns_next() has come to the end; replaces the content of `out`. */
bool columns_account(const struct columns_reader *reader, struct bytes *out,
                     struct err *err);

#endif
