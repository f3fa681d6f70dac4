/* window.h - a file seen through one buffer that slides forward; memory stays flat.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_RAW_WINDOW_H
#define SPILLWAY_RAW_WINDOW_H

#include "base/err.h"

/* Small enough to stay in a core's second-level cache while it is looked at (1 MiB where
 * it was measured), large enough that the cost of a system call does not matter: in a
 * virtual machine one can take two microseconds. */
#define WINDOW_BYTES ((size_t)512 << 10)
#define WINDOW_PEEK  128u

struct window {
    int fd;
    const char *name;
    uint64_t file_size;
    uint8_t *memory; /* of all that follows */
    uint8_t *piece;  /* where the file is read to */
    uint8_t *data;   /* begins before, when bytes of the piece before are kept */
    uint64_t at;     /* offset of data[0] in the file */
    size_t size;     /* bytes in data */
    uint8_t peeked[WINDOW_PEEK];
};

/* The file must be open for reading and must not change its size meanwhile. */
bool window_init(struct window *window, int fd, const char *name, struct err *err);
void window_release(struct window *window);

/* Slides the window so that `at` (inside the file) is in its first page, and most of
 * WINDOW_BYTES lie behind it, as far as the file has them. Bytes that it has at and
 * behind `at` are not read again. */
bool window_slide(struct window *window, uint64_t at, struct err *err);

/* `size` bytes (at most WINDOW_PEEK, inside the file) at `at`, from the window or read on
 * the side; the window stays where it is. Borrowed until the next call. */
bool window_peek(struct window *window, uint64_t at, size_t size, const uint8_t **data,
                 struct err *err);

/* How many bytes of the window lie at and behind `at`; 0: slide first. */
static inline size_t window_left(const struct window *window, uint64_t at)
{
    if (at < window->at || at >= window->at + window->size)
        return 0;
    return (size_t)(window->at + window->size - at);
}

/* Have two places of the file the same `size` bytes? They are read on the side. */
bool window_compare(const struct window *window, uint64_t first, uint64_t second,
                    size_t size, bool *same, struct err *err);

#endif
