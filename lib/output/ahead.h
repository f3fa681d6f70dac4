/* ahead.h - pieces of a file, of any size and in its order, read ahead of their need.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The file is read from page to page, each byte once: what of a piece was there already
 * is kept before the place where the rest is read to.
 */
#ifndef SPILLWAY_OUTPUT_AHEAD_H
#define SPILLWAY_OUTPUT_AHEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Stays in the cache between reading and hashing. */
#define AHEAD_PIECE ((size_t)512 << 10)

struct ahead {
    int fd;
    const char *path;      /* for messages; borrowed */
    uint64_t file_size;    /* bytes */
    uint8_t *memory;       /* all of it */
    uint8_t *place;        /* in it, on a page: the file is read to here */
    size_t before, behind; /* bytes of memory before and from `place` */
    const uint8_t *data;   /* what is here of the file */
    uint64_t start;        /* where that begins in the file */
    size_t held;           /* bytes of it */
};

/* Borrows `fd` and `path`. */
void ahead_init(struct ahead *ahead, int fd, const char *path, uint64_t file_size);
void ahead_release(struct ahead *ahead);

/* `size` bytes at `offset`, inside of the file and not before the piece asked for last;
 * *data is there until the next call. E_DISK_READ. */
bool ahead_at(struct ahead *ahead, uint64_t offset, size_t size, const uint8_t **data,
              struct err *err);

#endif
