/* window.c - sliding a buffer over a file with pread.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "raw/window.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include <sys/mman.h>
#include <sys/stat.h>

#include "base/bytes.h"
#include "base/disk.h"

#define COMPARED ((size_t)64 << 10) /* bytes of two places at a time */

/* The kernel copies whole pages to whole pages a fifth faster than bytes to where they
 * are askew: pieces of the file are read from a page on, to a page. */
#define PAGE ((size_t)4096)
#define KEPT ((size_t)64 << 10) /* room before them, for what was there already */

/* The buffer is in one large page where there are such: after each call of the system a
 * virtual machine may have forgotten where small ones are. */
#define LARGE_PAGE ((size_t)2 << 20)

_Static_assert(KEPT + WINDOW_BYTES <= LARGE_PAGE, "the whole buffer");

bool window_init(struct window *window, int fd, const char *name, struct err *err)
{
    struct stat status;
    if (fstat(fd, &status) != 0)
        return err_errno(err, E_DISK_READ, errno, "%s: cannot get the size", name);
    (void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL); /* reads ahead */
    *window =
        (struct window){.fd = fd, .name = name, .file_size = (uint64_t)status.st_size};
    const bool small = window->file_size <= WINDOW_BYTES;
    const size_t page = small ? PAGE : LARGE_PAGE;
    const size_t room = small ? KEPT + (size_t)window->file_size : LARGE_PAGE;
    window->memory = mem_grow(NULL, room + page, 1); /* of which `room` is touched */
    uint8_t *aligned = window->memory + (page - (uintptr_t)window->memory % page);
    if (!small)
        (void)madvise(aligned, room, MADV_HUGEPAGE);
    window->piece = aligned + KEPT;
    window->data = window->piece;
    return true;
}

void window_release(struct window *window)
{
    free(window->memory);
    *window = (struct window){.fd = -1};
}

bool window_slide(struct window *window, uint64_t at, struct err *err)
{
    bug_if(at >= window->file_size);
    uint64_t from = window->at + window->size;
    size_t kept = window_left(window, at);
    if (kept > KEPT || (kept == 0 && at != from)) {
        from = at - at % PAGE;
        at = from;
        kept = 0;
    }
    uint64_t left = window->file_size - from;
    size_t size = left < WINDOW_BYTES ? (size_t)left : WINDOW_BYTES;
    if (kept > 0)
        memmove(window->piece - kept, window->data + (at - window->at), kept);
    window->size = 0;
    if (!disk_read_at(window->fd, window->name, from, window->piece, size, err))
        return false;
    window->data = window->piece - kept;
    window->at = at;
    window->size = kept + size;
    return true;
}

bool window_peek(struct window *window, uint64_t at, size_t size, const uint8_t **data,
                 struct err *err)
{
    bug_if(size > WINDOW_PEEK || at > window->file_size || size > window->file_size - at);
    if (window_left(window, at) >= size) {
        *data = window->data + (at - window->at);
        return true;
    }
    if (!disk_read_at(window->fd, window->name, at, window->peeked, size, err))
        return false;
    *data = window->peeked;
    return true;
}

bool window_compare(const struct window *window, uint64_t first, uint64_t second,
                    size_t size, bool *same, struct err *err)
{
    uint8_t *pieces = mem_new(2, COMPARED);
    bool done = true;
    *same = true;
    while (done && *same && size > 0) {
        size_t piece = size < COMPARED ? size : COMPARED;
        done =
            disk_read_at(window->fd, window->name, first, pieces, piece, err) &&
            disk_read_at(window->fd, window->name, second, pieces + COMPARED, piece, err);
        *same = done && memcmp(pieces, pieces + COMPARED, piece) == 0;
        first += piece;
        second += piece;
        size -= piece;
    }
    free(pieces);
    return done;
}
