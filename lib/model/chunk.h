/* chunk.h - one raw file of a run as cut by the DAQ's event builder.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_MODEL_CHUNK_H
#define SPILLWAY_MODEL_CHUNK_H

#include "base/err.h"

#define CHUNK_URL 512 /* with the NUL */

struct chunk_id {
    uint32_t run;
    uint16_t builder;
    uint16_t number; /* within the builder, from 1 */
};

struct chunk {
    struct chunk_id id;
    char url[CHUNK_URL]; /* absolute path or URL */
    uint64_t size;       /* bytes */
    uint32_t adler32;    /* of the whole file */
    bool scanned;        /* the three fields below and the segments are known */
    uint32_t segments;
    uint64_t damaged_bytes; /* bytes outside good events */
    uint32_t damage_count;  /* places of damage */
};

/* Order of all lists: run, builder, number. */
int chunk_id_compare(const struct chunk_id *a, const struct chunk_id *b);

/* Makes it the next id of its run, whether such a chunk exists or not; false at the end
 * of all builders. */
bool chunk_id_step(struct chunk_id *id);

#define CHUNK_NAME 32

/* "cdrBBCCC-RRRRRR.dat", builder and chunk number as in the file names of NA64. */
void chunk_name(const struct chunk_id *id, char out[CHUNK_NAME]);

/* The reverse, from the last part of a path or URL; false when it is no such name. */
bool chunk_name_parse(const char *path, struct chunk_id *id);

#endif
