/* rntuple.h - the envelopes of an RNTuple 1.0: header, page list, footer, anchor.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Bytes only; where they go is the caller's matter (root_file.h). One cluster group, one
 * page a column and cluster, the whole schema in the header, no projected fields: what
 * all readers can read. Little endian but for the anchor.
 */
#ifndef SPILLWAY_OUTPUT_RNTUPLE_H
#define SPILLWAY_OUTPUT_RNTUPLE_H

#include "base/bytes.h"

#define RNTUPLE_CLASS  "ROOT::RNTuple"
#define RNTUPLE_ANCHOR 78u
#define RNTUPLE_LIMIT                                                                    \
    ((size_t)512 << 20) /* of an envelope: ROOT's keys are below 1 GiB */

/* Types of columns. */
enum rntuple_type {
    RNTUPLE_U8 = 0x04,
    RNTUPLE_U32 = 0x08,
    RNTUPLE_F16 = 0x0b,
    RNTUPLE_F32 = 0x0c,
    RNTUPLE_INDEX64 = 0x0f,
    RNTUPLE_SPLIT_U32 = 0x14,
    RNTUPLE_SPLIT_F32 = 0x18
};

/* A field; children follow their parent. */
struct rntuple_field {
    const char *name, *type, *description;
    uint32_t parent; /* number of the field, its own at the top */
    bool collection;
    uint64_t length; /* of a std::array, else 0 */
};

struct rntuple_column {
    enum rntuple_type type;
    uint16_t bits;
    uint32_t field;
};

struct rntuple_schema {
    const char *name, *description, *writer;
    const struct rntuple_field *fields;
    uint32_t field_count;
    const struct rntuple_column *columns; /* in the order of their fields */
    uint32_t column_count;
};

/* Appends the header envelope. */
bool rntuple_header(const struct rntuple_schema *schema, struct bytes *out,
                    struct err *err);

/* The checksum that ends an envelope: page list and footer repeat the header's. */
uint64_t rntuple_check(const struct bytes *envelope);

/* A page behind its key's head; no elements: no page. */
struct rntuple_page {
    uint64_t offset; /* in the file */
    uint32_t size;   /* as stored, without the checksum behind it */
    uint32_t elements;
};

/* Clusters in the order of entries. Takes 24 bytes a cluster and 52 a page of memory. */
struct rntuple_clusters {
    uint32_t column_count;
    uint32_t setting; /* compression, as in the file's header */
    uint64_t entries;
    uint64_t *elements; /* so far, per column */
    uint32_t count;
    struct bytes summaries, pages;
};

void rntuple_clusters_init(struct rntuple_clusters *clusters, uint32_t column_count,
                           uint32_t setting);
void rntuple_clusters_release(struct rntuple_clusters *clusters);

/* `pages`: one a column. E_LIMIT: the page list becomes too large for a key. */
bool rntuple_cluster_add(struct rntuple_clusters *clusters, uint32_t entries,
                         const struct rntuple_page *pages, struct err *err);

/* Appends the page list envelope. */
bool rntuple_page_list(const struct rntuple_clusters *clusters, uint64_t header_check,
                       struct bytes *out, struct err *err);

/* Where an envelope is. */
struct rntuple_link {
    uint64_t offset, size;
};

bool rntuple_footer(const struct rntuple_clusters *clusters, uint64_t header_check,
                    const struct rntuple_link *page_list, struct bytes *out,
                    struct err *err);

/* Payload of the key of class RNTUPLE_CLASS. */
void rntuple_anchor(const struct rntuple_link *header, const struct rntuple_link *footer,
                    uint8_t out[RNTUPLE_ANCHOR]);

#endif
