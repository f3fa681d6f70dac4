/* builder.h - an event builder: one row of chunks of a run.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_TESTS_SIMULATE_BUILDER_H
#define SPILLWAY_TESTS_SIMULATE_BUILDER_H

#include "model/chunk.h"
#include "tests/simulate/sink.h"

#define BUILDER_CHUNKS 999 /* three digits in the name */

struct builder {
    const char *folder; /* of the chunks */
    uint64_t chunk_bytes;
    struct chunk_id id; /* of the chunk being written */
    struct sink sink;
    struct chunk *chunks; /* those that are finished: id, size, adler32 */
    size_t count;
};

/* Opens chunk 1. */
bool builder_start(struct builder *builder, const char *folder, uint64_t chunk_bytes,
                   const struct chunk_id *first, struct err *err);

/* Appends one event; begins the next chunk when this one would pass its limit. */
bool builder_add(struct builder *builder, const struct bytes *event, struct err *err);
bool builder_finish(struct builder *builder, struct err *err);
void builder_release(struct builder *builder);

#endif
