/* process_input.c - the raw bytes of a chunk, segment by segment, checked.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "worker/process_input.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include <sys/mman.h>
#include <sys/stat.h>

#include "base/disk.h"
#include "base/text.h"
#include "transfer/transfer.h"

#define LARGE_PAGE ((size_t)2 << 20)

/* The kernel copies whole pages to whole pages a fifth faster than bytes to where they
 * are askew: a byte lies in the buffer as far behind a page as it does in the file. */
#define PAGE ((size_t)4096)

void input_init(struct input *input, const struct chunk *chunk, const char *scratch,
                size_t buffer_limit)
{
    *input = (struct input){.chunk = chunk, .scratch = scratch, .fd = -1};
    bytes_init(&input->buffer, buffer_limit < INPUT_BUFFER ? buffer_limit : INPUT_BUFFER);
}

static void unmap(struct input *input)
{
    if (input->map != NULL)
        (void)munmap(input->map, input->map_size);
    input->map = NULL;
}

void input_release(struct input *input)
{
    unmap(input);
    bytes_release(&input->buffer);
    if (input->fd >= 0)
        (void)close(input->fd);
    input->fd = -1;
}

/* The whole chunk, in a file that vanishes with the last descriptor. */
static bool chunk_fetch(struct input *input, uint64_t *size, struct err *err)
{
    const char *url = input->chunk->url;
    if (input->scratch == NULL)
        return err_set(err, E_USAGE, "%.200s: a --cache folder is needed to fetch it",
                       url);
    int length = snprintf(input->path, sizeof input->path, "%s/chunk.%ld", input->scratch,
                          (long)getpid());
    if (length < 0 || (size_t)length >= sizeof input->path)
        return err_set(err, E_LIMIT, "%.80s...: the path is too long", input->scratch);
    char circuits[PATH_MAX + 16];
    (void)snprintf(circuits, sizeof circuits, "%s/circuits", input->scratch);
    struct transfer_options options = transfer_options_usual((uint64_t)getpid());
    options.circuits = circuits;
    options.authorities = input->authorities;
    struct transfer *transfer = transfer_new(&options);
    (void)unlink(input->path); /* of an earlier process with this number */
    bool done = transfer_get_file(transfer, url, input->chunk->size, input->path, err) &&
                disk_open_read(input->path, &input->fd, size, err);
    (void)unlink(input->path);
    transfer_free(transfer);
    return done;
}

/* A name that is not in its folder, or names no file, is the input's fault and will not
 * mend itself; a folder that is not there may be a mount that comes back. */
static bool file_is_gone(const char *path)
{
    char folder[PATH_MAX];
    struct stat status;
    const char *slash = strrchr(path, '/');
    if (stat(path, &status) == 0)
        return !S_ISREG(status.st_mode);
    if (errno != ENOENT || slash == NULL || slash == path)
        return false;
    memcpy(folder, path, (size_t)(slash - path));
    folder[slash - path] = 0;
    return stat(folder, &status) == 0;
}

static bool chunk_open(struct input *input, const char *path, uint64_t *size,
                       struct err *err)
{
    if (!text_copy(input->path, sizeof input->path, path, err))
        return false;
    if (disk_open_read(path, &input->fd, size, err)) {
        (void)posix_fadvise(input->fd, 0, 0, POSIX_FADV_SEQUENTIAL); /* reads ahead */
        return true;
    }
    if (!file_is_gone(path))
        return false;
    return err_set(err, E_WORKER_INPUT, "%s: input changed: the file is gone", path);
}

/* Opens the chunk if it is not open yet. */
static bool input_open(struct input *input, struct err *err)
{
    uint64_t size = 0;
    if (input->fd >= 0)
        return true;
    const char *local = transfer_local_path(input->chunk->url);
    if (local == NULL ? !chunk_fetch(input, &size, err)
                      : !chunk_open(input, local, &size, err))
        return false;
    if (size == input->chunk->size)
        return true;
    (void)close(input->fd);
    input->fd = -1;
    return err_set(err, E_WORKER_INPUT,
                   "%s: input changed: %" PRIu64 " bytes, %" PRIu64 " when scanned",
                   input->path, size, input->chunk->size);
}

bool input_wrap(const struct segment *segment, struct err *err)
{
    char name[CHUNK_NAME];
    chunk_name(&segment->id.chunk, name);
    return err_wrap(err,
                    "chunk %s: segment %" PRIu32 " (spill %" PRIu32 ") at byte %" PRIu64,
                    name, segment->id.ordinal, segment->spill, segment->offset);
}

static bool segment_map(struct input *input, const struct segment *segment,
                        struct err *err)
{
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    uint64_t start = segment->offset / page * page;
    input->map_size = (size_t)(segment->offset - start + segment->length);
    void *map =
        mmap(NULL, input->map_size, PROT_READ, MAP_PRIVATE, input->fd, (off_t)start);
    if (map == MAP_FAILED)
        return err_errno(err, E_DISK_READ, errno, "%s: cannot be mapped", input->path);
    (void)madvise(map, input->map_size, MADV_SEQUENTIAL);
    input->map = map;
    input->data = (const uint8_t *)map + (segment->offset - start);
    return true;
}

bool input_piece(struct input *input, const struct segment *segment, uint64_t offset,
                 size_t length, struct bytes *out, struct err *err)
{
    uint8_t *place;
    bug_if(offset > segment->length || length > segment->length - offset);
    bytes_clear(out);
    if (!input_open(input, err) || !bytes_reserve(out, length, &place, err) ||
        !disk_read_at(input->fd, input->path, segment->offset + offset, place, length,
                      err))
        return false;
    out->size = length;
    input->bytes_read += length;
    return true;
}

/* The segment is inside the chunk; else the task contradicts itself. */
static bool segment_fits(const struct input *input, const struct segment *segment,
                         struct err *err)
{
    if (segment->length <= input->chunk->size &&
        segment->offset <= input->chunk->size - segment->length)
        return true;
    return err_set(err, E_WORKER_TASK, "%" PRIu64 " bytes do not fit into the chunk",
                   segment->length);
}

/* Room for a segment, in large pages where there are such: fewer faults. They begin with
 * the segment and end behind it, so that all of it is in them. */
static bool buffer_make(struct input *input, const struct segment *segment,
                        struct err *err)
{
    struct bytes *buffer = &input->buffer;
    const size_t size = (size_t)segment->length + PAGE;
    const size_t before = buffer->capacity;
    uint8_t *place;
    bytes_clear(buffer);
    if (size < LARGE_PAGE || buffer->limit - size < 2 * LARGE_PAGE) {
        if (!bytes_reserve(buffer, size, &place, err))
            return false;
        input->start = (size_t)(segment->offset - (uintptr_t)place) % PAGE;
        input->data = place + input->start;
        return true;
    }
    if (!bytes_reserve(buffer, size + 2 * LARGE_PAGE, &place, err))
        return false;
    size_t first = (LARGE_PAGE - (uintptr_t)place % LARGE_PAGE) % LARGE_PAGE;
    input->start = first + (size_t)(segment->offset % PAGE);
    input->data = place + input->start;
    if (buffer->capacity != before)
        (void)madvise(place + first, (buffer->capacity - first) / LARGE_PAGE * LARGE_PAGE,
                      MADV_HUGEPAGE);
    return true;
}

bool input_begin(struct input *input, const struct segment *segment, const uint8_t **data,
                 struct err *err)
{
    if (!input_open(input, err) || !segment_fits(input, segment, err))
        return false;
    unmap(input);
    input->segment = segment;
    input->ready = 0;
    input->adler32 = ADLER32_START;
    if (segment->length > input->buffer.limit || /* nor with a page more */
        input->buffer.limit - segment->length < PAGE) {
        if (!segment_map(input, segment, err))
            return false;
    } else if (!buffer_make(input, segment, err)) {
        return false;
    }
    *data = input->data;
    return true;
}

bool input_ready(struct input *input, size_t upto, struct err *err)
{
    const size_t length = (size_t)input->segment->length;
    bug_if(upto > length);
    while (input->ready < upto) {
        size_t at = input->ready, left = length - at;
        size_t whole = INPUT_PIECE - (input->segment->offset + at) % PAGE;
        size_t size = left < whole ? left : whole;
        if (input->map == NULL &&
            !disk_read_at(input->fd, input->path, input->segment->offset + at,
                          input->buffer.data + input->start + at, size, err))
            return false;
        input->adler32 = adler32_add(input->adler32, input->data + at, size);
        input->ready += size;
        input->bytes_read += size;
    }
    return true;
}

bool input_check(struct input *input, struct err *err)
{
    if (!input_ready(input, (size_t)input->segment->length, err))
        return false;
    if (input->adler32 == input->segment->adler32)
        return true;
    return err_set(err, E_WORKER_INPUT,
                   "input changed: adler32 %08" PRIx32 ", %08" PRIx32 " when scanned",
                   input->adler32, input->segment->adler32);
}
