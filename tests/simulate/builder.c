/* builder.c - chunks of an event builder.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/simulate/builder.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static bool chunk_open(struct builder *builder, struct err *err)
{
    char name[CHUNK_NAME], path[sizeof builder->sink.path];
    chunk_name(&builder->id, name);
    int size = snprintf(path, sizeof path, "%s/%s", builder->folder, name);
    if (size < 0 || (size_t)size >= sizeof path)
        return err_set(err, E_LIMIT, "%s: the path is too long", builder->folder);
    return sink_open(&builder->sink, path, err);
}

bool builder_start(struct builder *builder, const char *folder, uint64_t chunk_bytes,
                   const struct chunk_id *first, struct err *err)
{
    *builder = (struct builder){
        .folder = folder, .chunk_bytes = chunk_bytes, .id = *first, .sink.fd = -1};
    return chunk_open(builder, err);
}

static bool chunk_close(struct builder *builder, struct err *err)
{
    if (!sink_close(&builder->sink, err))
        return false;
    builder->chunks =
        mem_grow(builder->chunks, builder->count + 1, sizeof *builder->chunks);
    builder->chunks[builder->count++] = (struct chunk){
        .id = builder->id, .size = builder->sink.size, .adler32 = builder->sink.adler32};
    return true;
}

bool builder_add(struct builder *builder, const struct bytes *event, struct err *err)
{
    if (builder->sink.size > 0 &&
        builder->sink.size + event->size > builder->chunk_bytes) {
        if (builder->id.number == BUILDER_CHUNKS)
            return err_set(err, E_LIMIT,
                           "run %" PRIu32 ": more than %d chunks of a builder",
                           builder->id.run, BUILDER_CHUNKS);
        if (!chunk_close(builder, err))
            return false;
        builder->id.number++;
        if (!chunk_open(builder, err))
            return false;
    }
    return sink_add(&builder->sink, event->data, event->size, err);
}

bool builder_finish(struct builder *builder, struct err *err)
{
    return chunk_close(builder, err);
}

void builder_release(struct builder *builder)
{
    sink_release(&builder->sink);
    free(builder->chunks);
    *builder = (struct builder){.sink.fd = -1};
}
