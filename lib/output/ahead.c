/* ahead.c - a buffer whose reads begin and end with pages of the file.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "output/ahead.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/disk.h"

/* The kernel copies whole pages to whole pages a fifth faster than bytes to where they
 * are askew. */
#define PAGE ((size_t)4096)

/* For what is kept and what is read, each: together a large page. */
#define ROOM ((size_t)1 << 20)

static size_t pages_up(size_t size)
{
    return (size + PAGE - 1) / PAGE * PAGE;
}

void ahead_init(struct ahead *ahead, int fd, const char *path, uint64_t file_size)
{
    *ahead = (struct ahead){.fd = fd, .path = path, .file_size = file_size};
}

void ahead_release(struct ahead *ahead)
{
    free(ahead->memory);
    *ahead = (struct ahead){.fd = -1};
}

/* Room for `kept` bytes, which stay, and `size` behind them. */
static void room_make(struct ahead *ahead, size_t kept, size_t size)
{
    const uint8_t *from = kept > 0 ? ahead->data + (ahead->held - kept) : NULL;
    if (kept <= ahead->before && size <= ahead->behind) {
        if (kept > 0)
            memmove(ahead->place - kept, from, kept);
        return;
    }
    const size_t most = ahead->file_size < ROOM ? (size_t)ahead->file_size : ROOM;
    const size_t before = pages_up(kept > most ? kept : most);
    const size_t behind = pages_up(size > most ? size : most);
    uint8_t *memory = mem_large(before + behind + PAGE, 1);
    uint8_t *place = memory + before;
    place += (PAGE - (uintptr_t)place % PAGE) % PAGE;
    if (kept > 0)
        memcpy(place - kept, from, kept);
    free(ahead->memory);
    ahead->memory = memory;
    ahead->place = place;
    ahead->before = before;
    ahead->behind = behind;
}

static bool fill(struct ahead *ahead, uint64_t offset, size_t size, struct err *err)
{
    const uint64_t end = ahead->start + ahead->held;
    const size_t kept = offset < end ? (size_t)(end - offset) : 0;
    const uint64_t from = kept > 0 ? end : offset - offset % PAGE;
    const uint64_t left = ahead->file_size - from;
    size_t wanted = pages_up((size_t)(offset + size - from));
    wanted = wanted < AHEAD_PIECE ? AHEAD_PIECE : wanted;
    wanted = left < wanted ? (size_t)left : wanted;
    room_make(ahead, kept, wanted);
    ahead->data = ahead->place - kept;
    ahead->start = from - kept;
    ahead->held = kept + wanted;
    if (disk_read_at(ahead->fd, ahead->path, from, ahead->place, wanted, err))
        return true;
    ahead->held = 0;
    return false;
}

bool ahead_at(struct ahead *ahead, uint64_t offset, size_t size, const uint8_t **data,
              struct err *err)
{
    bug_if(offset < ahead->start || offset > ahead->file_size ||
           size > ahead->file_size - offset);
    if (offset + size > ahead->start + ahead->held && !fill(ahead, offset, size, err))
        return false;
    *data = ahead->data + (offset - ahead->start);
    return true;
}
