/* event_column.h - columns of events as read from a file, and the numbers in them.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_EVENT_COLUMN_H
#define SPILLWAY_COORDINATOR_EVENT_COLUMN_H

#include "base/bytes.h"

#define EVENT_RANK    6u
#define EVENT_COLUMNS 4096u
#define EVENT_NUMBERS ((size_t)512 << 20) /* bytes of a column in a cluster */

enum event_kind { EVENT_BOOL, EVENT_INT, EVENT_UINT, EVENT_REAL, EVENT_TEXT };

struct event_column {
    char *name;
    char *type;    /* in the file's own words */
    char *meaning; /* empty: the file does not say */
    enum event_kind kind;
    uint32_t size; /* bytes of a number */
    uint32_t rank; /* of the shape, 0: one number */
    uint32_t shape[EVENT_RANK];
    uint32_t width;         /* numbers of an event; of a list: of an element of it */
    bool list;              /* its length differs from event to event */
    bool wanted;            /* set by the caller before the first block; at first false */
    uint32_t source, index; /* where the reader finds numbers and the ends of lists */
};

/* Numbers of one column in a block, little endian. */
struct event_cells {
    struct bytes numbers;
    struct bytes ends; /* of a list: u64 an event, elements up to its end */
};

struct event_block {
    uint64_t first; /* entry */
    uint32_t rows;
    struct event_cells *cells; /* one a column, empty unless wanted */
};

struct event_source; /* a ROOT file or a pack */

struct event_file {
    char *name;        /* of the RNTuple; of a part "reco" */
    char *description; /* as the file says */
    uint64_t entries;
    uint64_t clusters;
    struct event_column *columns;
    uint32_t column_count;
    uint64_t from, to; /* entries that are wanted, `to` not any more; at first all */
    struct event_source *source;
    struct event_block block;
};

/* A new column at the end, with copies of these texts. */
struct event_column *event_column_add(struct event_file *file, const char *name,
                                      const char *type, const char *meaning);

/* Where the numbers of an event start in a column's cells, and how many they are. */
struct event_span {
    uint64_t start, count;
};

/* false when the column's cells do not hold them: damaged. */
bool event_span_of(const struct event_file *file, uint32_t column, uint32_t row,
                   struct event_span *span);

/* A number; integers beyond 2^53 lose bits. */
double event_real(const struct event_column *column, const struct event_cells *cells,
                  uint64_t i);
uint64_t event_bits(const struct event_column *column, const struct event_cells *cells,
                    uint64_t i);

/* Appends a number as text: integers exactly, reals with the fewest digits that give the
 * same number back. */
bool event_number_add(struct bytes *out, const struct event_column *column,
                      const struct event_cells *cells, uint64_t i, struct err *err);

#endif
