/* import.h - run lists into the run catalogue: all of them or nothing.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Readers collect runs, chunks and set-ups of any number of files; import_store merges
 * them into the catalogue in one transaction. Always true: an import never changes a
 * known value unless `replace` is given, and a value that a list does not give never
 * wipes out a known one. So the same import twice changes nothing, and a shift list and a
 * file list of the same runs complete each other.
 */
#ifndef SPILLWAY_COORDINATOR_IMPORT_H
#define SPILLWAY_COORDINATOR_IMPORT_H

#include "catalog/catalog.h"
#include "raw/burst.h"

/* 10^5 runs or chunks of 120 to 160 bytes each: the whole experiment in one file. */
#define IMPORT_LIMIT ((size_t)16 << 20)

struct import_run {
    struct run run;
    const char *path; /* of its list; borrowed from the caller of the reader */
    unsigned line;    /* of a CSV list, 0 otherwise */
};

struct import_setup {
    char name[RUN_NAME];
    bool eot_known;
    struct eot_definition eot;
};

struct import {
    struct import_run *runs;
    size_t run_count, run_room;
    struct chunk *chunks;
    size_t chunk_count, chunk_room;
    struct import_setup *setups;
    size_t setup_count, setup_room;
};

void import_init(struct import *import);
void import_release(struct import *import);
void import_add_run(struct import *import, const struct import_run *run);
void import_add_chunk(struct import *import, const struct chunk *chunk);
void import_add_setup(struct import *import, const struct import_setup *setup);

/* Shift list in the columns of the 2016-2018 table: header checked, no quoting, an empty
 * field is unknown. Its runs are data. E_RUNS_TABLE with file and line. */
bool import_csv(struct import *import, const char *path, const char *text, size_t size,
                struct err *err);

/* runs.yaml. Relative files start at `folder`. `files` are read once, whole, for their
 * size and adler32; `chunks` are taken as they are written. */
bool import_yaml(struct import *import, const char *path, const char *folder,
                 const char *text, size_t size, struct err *err);

/* Reads a file; its name decides the form (.csv, .yaml, .yml). */
bool import_file(struct import *import, const char *path, struct err *err);

/* What an import did. */
struct import_count {
    uint64_t added, changed, unchanged;
};

struct import_result {
    struct import_count runs, chunks, setups;
};

/* Merges and stores. E_RUNS_CONFLICT names the run and the fields with both values. A
 * chunk whose size or checksum is replaced takes the segments of its run with it, unless
 * the run is planned: that is refused. One that only moved keeps them. */
bool import_store(const struct import *import, struct catalog *catalog, bool replace,
                  struct import_result *result, struct err *err);

#endif
