/* rntuple_read.h - reads RNTuples out of ROOT files: schema, clusters, pages, numbers.
 * SPDX-License-Identifier: Apache-2.0
 *
 * It shares nothing with the writer. Everything is untrusted: each envelope and each page
 * is compared with its checksum before it is looked into, each place with the file.
 */
#ifndef SPILLWAY_OUTPUT_RNTUPLE_READ_H
#define SPILLWAY_OUTPUT_RNTUPLE_READ_H

#include "output/rntuple_read_schema.h"
#include "output/root_read.h"

#define RNTUPLE_GROUPS   ((uint32_t)1 << 16)
#define RNTUPLE_CLUSTERS ((uint32_t)1 << 20)
#define RNTUPLE_RANGES   ((uint64_t)1 << 23) /* clusters x columns */
#define RNTUPLE_PAGES    ((uint64_t)1 << 24) /* of a file: 16 bytes of memory each */
#define RNTUPLE_ENVELOPE ((size_t)1 << 28)   /* of a page list, unpacked */
#define RNTUPLE_PAGE     ((uint64_t)1 << 30) /* bytes of a page, unpacked */

struct rntuple_extent {
    uint64_t offset;
    uint64_t size;
};

struct rntuple_page {
    uint64_t offset;
    uint32_t size; /* as stored, without the 8 bytes of checksum behind it */
    uint32_t elements;
};

/* Pages of one column in one cluster. */
struct rntuple_range {
    uint64_t first; /* page */
    uint32_t count;
    uint32_t compression;
    uint64_t elements;
    uint64_t offset; /* elements of the column in earlier clusters, as the file says */
};

struct rntuple_cluster {
    uint64_t first; /* entry */
    uint64_t entries;
};

struct rntuple {
    const struct root_read *file; /* borrowed */
    struct bytes header;          /* the envelope: texts of the schema live here */
    uint64_t checksum;            /* of the header, repeated in the other envelopes */
    struct rntuple_schema schema;
    uint64_t entries;
    struct rntuple_extent *envelopes; /* header, footer, page lists, as stored */
    uint32_t envelope_count;
    uint32_t group_count;
    struct rntuple_cluster *clusters;
    uint32_t cluster_count;
    struct rntuple_range *ranges; /* clusters x columns */
    struct rntuple_page *pages;
    uint64_t page_count;
};

/* Anchor, header, footer and page lists with their checksums and counts; no page is read.
 * E_RNTUPLE_FORMAT names the byte. The file must stay open; release what was opened. */
bool rntuple_open(struct rntuple *tuple, const struct root_read *file,
                  const struct root_read_key *anchor, struct err *err);
void rntuple_release(struct rntuple *tuple);

/* Pages of a column in a cluster. */
const struct rntuple_range *rntuple_range_of(const struct rntuple *tuple,
                                             uint32_t cluster, uint32_t column);

/* Bytes of a page once unpacked. */
uint64_t rntuple_page_bytes(const struct rntuple_column *column, uint64_t elements);

/* The numbers of a column in a cluster, column.size bytes each, little endian, in place
 * of the content of `out`; the limit of `out` bounds the memory. Checks what it reads. */
bool rntuple_column_read(const struct rntuple *tuple, uint32_t cluster, uint32_t column,
                         struct bytes *out, struct err *err);

#endif
