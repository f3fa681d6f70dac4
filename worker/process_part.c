/* process_part.c - one file with what a task makes for one step.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "worker/process_part.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include <sys/mman.h>

#include "base/disk.h"
#include "base/text.h"

void part_init(struct part *part)
{
    *part = (struct part){.fd = -1};
}

/* parts/<2 hex> may be new: its own entry and that of "parts" must last as well. */
static bool directory_make(const char *path, struct err *err)
{
    char directory[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t length = (size_t)(slash - path);
    memcpy(directory, path, length);
    directory[length] = 0;
    if (disk_exists(directory))
        return true;
    if (!disk_make_path(directory, err) || !disk_sync_parent(directory, err))
        return false;
    *strrchr(directory, '/') = 0;
    return disk_sync_parent(directory, err);
}

bool part_place(struct part *part, const char *store, const struct sha256 *first_key,
                uint64_t token, struct err *err)
{
    part_name(first_key, token, part->file);
    int length = snprintf(part->path, sizeof part->path, "%s/%s", store, part->file);
    if (length < 0 || (size_t)length >= sizeof part->path)
        return err_set(err, E_LIMIT, "%.80s...: the path is too long", store);
    return directory_make(part->path, err);
}

static bool part_create(struct part *part, const char *store, const struct sha256 *key,
                        uint64_t token, struct err *err)
{
    part->named = store[0] != 0;
    if (part->named)
        return part_place(part, store, key, token, err) &&
               disk_create(part->path, &part->fd, err);
    part->fd = memfd_create("part", MFD_CLOEXEC);
    return part->fd >= 0 || err_errno(err, E_DISK_WRITE, errno, "file in memory");
}

bool part_open(struct part *part, const char *store, const struct sha256 *first_key,
               uint64_t token, struct err *err)
{
    if (part->fd >= 0)
        return true;
    return part_create(part, store, first_key, token, err) &&
           pack_writer_start(&part->pack, part->fd, part->path, err);
}

bool part_add(struct part *part, const struct pack_item *item, struct product *product,
              struct err *err)
{
    if (!pack_end(&part->pack, item, product, err))
        return false;
    return text_copy(product->place.file, sizeof product->place.file, part->file, err);
}

/* Nobody was told of the file. */
static void part_forget(const struct part *part)
{
    if (part->named)
        (void)unlink(part->path);
}

bool part_finish(struct part *part, struct err *err)
{
    if (part->fd < 0)
        return true;
    uint64_t size;
    if (!pack_finish(&part->pack, &size, err) || !disk_sync(part->fd, part->path, err))
        return false;
    int fd = part->fd;
    part->fd = -1;
    pack_writer_release(&part->pack);
    bool lasts = disk_close(fd, part->path, err) &&
                 (!part->named || disk_sync_parent(part->path, err));
    if (!lasts)
        part_forget(part);
    part->size = size;
    return lasts;
}

void part_release(struct part *part)
{
    if (part->fd < 0)
        return;
    pack_writer_release(&part->pack);
    (void)close(part->fd);
    part_forget(part);
    part->fd = -1;
}
