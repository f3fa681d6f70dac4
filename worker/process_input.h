/* process_input.h - the raw bytes of a chunk, segment by segment, checked.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_WORKER_PROCESS_INPUT_H
#define SPILLWAY_WORKER_PROCESS_INPUT_H

#include <limits.h>

#include "base/bytes.h"
#include "model/segment.h"

/* Segments up to this size are read into memory, larger ones mapped: a spill of the
 * experiment has some hundred megabytes, and a read is as fast as a map and fails with
 * an error instead of a signal. */
#define INPUT_BUFFER ((size_t)512 << 20)

struct input {
    const struct chunk *chunk; /* borrowed */
    const char *scratch;       /* borrowed; folder for a chunk that is fetched, or NULL */
    char path[PATH_MAX];
    int fd; /* -1: not open */
    struct bytes buffer;
    void *map; /* NULL none */
    size_t map_size;
    uint64_t bytes_read;
};

/* `buffer_limit`: larger segments are mapped; at most INPUT_BUFFER counts. */
void input_init(struct input *input, const struct chunk *chunk, const char *scratch,
                size_t buffer_limit);
void input_release(struct input *input);

/* The segment's bytes, valid until the next call. A chunk that is not local is fetched
 * into a file of the scratch folder that has no name any more when this returns.
 * E_WORKER_INPUT: its size or the segment's adler32 is not that of the index. */
bool input_segment(struct input *input, const struct segment *segment,
                   const uint8_t **data, struct err *err);

/* `length` bytes at `offset` of the segment into `out` (emptied first). */
bool input_piece(struct input *input, const struct segment *segment, uint64_t offset,
                 size_t length, struct bytes *out, struct err *err);

/* Puts "chunk NAME: segment N (spill S) at OFFSET: " in front; returns false. */
bool input_wrap(const struct segment *segment, struct err *err);

#endif
