/* raw_file.c - a raw file walked, mapped and read event by event.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/raw_file.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include <sys/mman.h>

#include "base/disk.h"

/* As err_exit_status(E_DISK_READ), which no signal handler may call. */
#define STATUS_STORAGE 15

/* Pages of events that were given out are let go by so many bytes. */
#define BEHIND ((uint64_t)32 << 20)

/* Only a map of a file that lost bytes after it was opened raises SIGBUS here. */
static void shorter_now(int number)
{
    static const char said[] =
        "spillway: error E_DISK_READ: the raw file was made shorter "
        "while it was read\n";
    (void)number;
    ssize_t written = write(STDERR_FILENO, said, sizeof said - 1);
    _exit(written < 0 ? 1 : STATUS_STORAGE);
}

static bool file_map(struct raw_file *file, int fd, struct err *err)
{
    void *map = mmap(NULL, file->size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (map == MAP_FAILED)
        return err_errno(err, E_DISK_READ, errno, "%s: cannot be mapped", file->path);
    (void)madvise(map, file->size, MADV_SEQUENTIAL);
    const struct sigaction action = {.sa_handler = shorter_now};
    (void)sigaction(SIGBUS, &action, NULL);
    file->data = map;
    return true;
}

bool raw_file_open(struct raw_file *file, const char *path, struct err *err)
{
    int fd;
    struct raw_file made = {.path = path};
    if (!disk_open_read(path, &fd, &made.size, err))
        return false;
    bool done = walk_fd(fd, path, &(struct chunk_id){.run = 0}, &made.walk, err);
    if (done) {
        made.size = made.walk.chunk.size;
        done = file_map(&made, fd, err);
    }
    (void)close(fd);
    if (done) {
        once_init(&made.once);
        *file = made;
    } else
        walk_result_release(&made.walk);
    return done;
}

/* The map as it was made; events are read only. */
static void *map_at(const struct raw_file *file, uint64_t offset)
{
    union {
        const uint8_t *data;
        void *map;
    } borrowed = {.data = file->data + offset};

    return borrowed.map;
}

void raw_file_close(struct raw_file *file)
{
    walk_result_release(&file->walk);
    once_release(&file->once);
    if (file->data != NULL)
        (void)munmap(map_at(file, 0), file->size);
    *file = (struct raw_file){.path = NULL};
}

void raw_file_rewind(struct raw_file *file)
{
    file->segment = 0;
    file->open = false;
    file->behind = 0;
}

/* Pages before `offset` need not stay resident; who looks there again has them read. */
static void pages_leave(struct raw_file *file, uint64_t offset)
{
    if (offset < file->behind + BEHIND)
        return;
    uint64_t size = (offset - file->behind) / BEHIND * BEHIND;
    (void)madvise(map_at(file, file->behind), size, MADV_DONTNEED);
    file->behind += size;
}

enum lookup raw_file_next(struct raw_file *file, struct date_event *event,
                          uint64_t *offset)
{
    struct date_gap gap;
    while (file->segment < file->walk.segment_count) {
        const struct segment *segment = &file->walk.segments[file->segment];
        const uint8_t *data = file->data + segment->offset;
        if (!file->open) {
            file->reader = (struct date_reader){.data = data,
                                                .size = segment->length,
                                                .run = file->walk.chunk.id.run,
                                                .spill = segment->spill,
                                                .super = file->walk.super};
            once_start(&file->once, NULL);
        }
        file->open = true;
        if (date_reader_next(&file->reader, event, &gap) == LOOKUP_FOUND) {
            enum damage_class damage;
            if (!once_take(&file->once, event, &damage))
                continue;
            *offset = segment->offset + (uint64_t)(event->data - data);
            pages_leave(file, *offset);
            return LOOKUP_FOUND;
        }
        file->open = false;
        file->segment++;
    }
    return LOOKUP_ABSENT;
}
