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

/* Read, summed and looked at while it is in a core's second-level cache. */
#define INPUT_PIECE ((size_t)256 << 10)

struct input {
    const struct chunk *chunk; /* borrowed */
    const char *scratch;       /* borrowed; folder for a chunk that is fetched, or NULL */
    const char *authorities;   /* borrowed; as in transfer_options */
    char path[PATH_MAX];
    int fd; /* -1: not open */
    struct bytes buffer;
    size_t start; /* of the segment in it */
    void *map;    /* NULL none */
    size_t map_size;
    uint64_t bytes_read;
    /* The segment that is read: */
    const struct segment *segment; /* borrowed */
    const uint8_t *data;
    size_t ready;     /* bytes of it that are there */
    uint32_t adler32; /* of these */
};

/* `buffer_limit`: larger segments are mapped; at most INPUT_BUFFER counts. */
void input_init(struct input *input, const struct chunk *chunk, const char *scratch,
                size_t buffer_limit);
void input_release(struct input *input);

/* Begins a segment: *data is where its bytes will be, until the next one begins; none is
 * there yet. */
bool input_begin(struct input *input, const struct segment *segment, const uint8_t **data,
                 struct err *err);

/* Makes sure that the first `upto` bytes are there (at most all). */
bool input_ready(struct input *input, size_t upto, struct err *err);

/* All bytes, and E_WORKER_INPUT when their adler32 is not that of the index: until then
 * nothing that was read may count. */
bool input_check(struct input *input, struct err *err);

/* `length` bytes at `offset` of the segment into `out` (emptied first). */
bool input_piece(struct input *input, const struct segment *segment, uint64_t offset,
                 size_t length, struct bytes *out, struct err *err);

/* Puts "chunk NAME: segment N (spill S) at OFFSET: " in front; returns false. */
bool input_wrap(const struct segment *segment, struct err *err);

#endif
