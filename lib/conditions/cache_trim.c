/* cache_trim.c - what leaves a cache that is above its size.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conditions/cache.h"

/* An object that is there. */
struct kept {
    struct sha256 hash;
    uint64_t size;
    struct timespec used;
};

struct census {
    const char *folder;
    struct kept *objects;
    size_t count, room;
    uint64_t bytes;
};

static bool object_path(const char *folder, const struct sha256 *hash,
                        char path[PATH_MAX])
{
    char hex[SHA256_HEX];
    sha256_to_hex(hash, hex);
    int length = snprintf(path, PATH_MAX, "%s/objects/%.2s/%s", folder, hex, hex);
    return length > 0 && length < PATH_MAX;
}

static void object_count(struct census *census, const char *name)
{
    struct kept kept;
    struct stat status;
    struct err unused;
    char path[PATH_MAX];
    if (!sha256_from_hex(name, &kept.hash, &unused) ||
        !object_path(census->folder, &kept.hash, path) || lstat(path, &status) != 0 ||
        !S_ISREG(status.st_mode))
        return;
    kept.size = (uint64_t)status.st_size;
    kept.used = status.st_atim;
    if (census->count == census->room) {
        census->room = census->room > 0 ? 2 * census->room : 256;
        census->objects =
            mem_grow(census->objects, census->room, sizeof *census->objects);
    }
    census->objects[census->count++] = kept;
    census->bytes += kept.size;
}

static void folder_count(struct census *census, unsigned number)
{
    char path[PATH_MAX];
    int length = snprintf(path, sizeof path, "%s/objects/%02x", census->folder, number);
    DIR *folder = length > 0 && length < (int)sizeof path ? opendir(path) : NULL;
    if (!folder)
        return;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
        object_count(census, entry->d_name);
    (void)closedir(folder);
}

static int kept_compare(const void *left, const void *right)
{
    const struct kept *a = left;
    const struct kept *b = right;
    if (a->used.tv_sec != b->used.tv_sec)
        return a->used.tv_sec < b->used.tv_sec ? -1 : 1;
    return (a->used.tv_nsec > b->used.tv_nsec) - (a->used.tv_nsec < b->used.tv_nsec);
}

/* Used later than now, by the clock of the file system: that jumped. Such an object would
 * outlive all that come, each of which would leave at once; so it is the first to go. */
static void forget_the_future(struct census *census)
{
    struct stat status;
    if (utimensat(AT_FDCWD, census->folder, NULL, 0) != 0 ||
        stat(census->folder, &status) != 0)
        return;
    for (size_t i = 0; i < census->count; i++)
        if (census->objects[i].used.tv_sec > status.st_mtim.tv_sec)
            census->objects[i].used = (struct timespec){0};
}

/* Only when nobody holds a lease. */
static bool object_remove(const char *folder, const struct kept *kept)
{
    char path[PATH_MAX];
    if (!object_path(folder, &kept->hash, path))
        return false;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    bool removed = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 && unlink(path) == 0;
    if (fd >= 0)
        (void)close(fd);
    return removed;
}

void cache_trim(const char *folder, uint64_t most_bytes)
{
    struct census census = {.folder = folder};
    for (unsigned i = 0; i < 256; i++)
        folder_count(&census, i);
    forget_the_future(&census);
    if (census.bytes > most_bytes)
        qsort(census.objects, census.count, sizeof *census.objects, kept_compare);
    for (size_t i = 0; i < census.count && census.bytes > most_bytes; i++) {
        if (object_remove(folder, &census.objects[i]))
            census.bytes -= census.objects[i].size;
    }
    free(census.objects);
}
