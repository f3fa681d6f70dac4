/* event_source.h - what an event file is read from: an RNTuple or a pack of columns.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_EVENT_SOURCE_H
#define SPILLWAY_COORDINATOR_EVENT_SOURCE_H

#include "coordinator/event_column.h"
#include "output/columns.h"
#include "output/rntuple_read.h"

struct event_source {
    bool root; /* an RNTuple; else a pack */
    struct root_read file;
    struct rntuple tuple;
    uint32_t cluster; /* the next one */
    struct pack_reader pack;
    struct pack_entry entry;
    struct columns_reader columns;
    bool reading; /* the reader is in a record */
    struct reco_table table;
    uint64_t record; /* the next one */
    uint64_t row;    /* entries before the next block */
};

/* Fill name, columns, counts of the file; its source has the opened file. */
bool event_source_root(struct event_file *file, const char *path, struct err *err);
bool event_source_pack(struct event_file *file, const char *path, struct err *err);

/* The next block, as event_file_next(). */
bool event_source_root_next(struct event_file *file, struct err *err);
bool event_source_pack_next(struct event_file *file, struct err *err);

#endif
