/* cache.c - objects on a node by their sha256: fetched once, verified, shared.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The kernel drops a flock when its holder dies, so no dead process can hang the others.
 * Reading needs no lock: an object has its name only when it is whole.
 */
#include "conditions/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/disk.h"

/* Between two looks at a taken lock: doubled each time, since many wait on one node. */
#define CACHE_POLL_FIRST_NS 1000000L
#define CACHE_POLL_LAST_NS  64000000L

/* One folder; nothing of a cache is synced: what a crash of the machine leaves is found
 * out by its hash, and a sync for each of 10^4 objects would take minutes. */
static bool folder_make(const char *path)
{
    return mkdir(path, 0755) == 0 || errno == EEXIST;
}

/* FOLDER/KIND/<2 hex>, made from the end on since it is there nearly always. */
static bool folders_make(const struct cache *cache, char *path, int length,
                         struct err *err)
{
    if (folder_make(path))
        return true;
    if (errno != ENOENT)
        return err_errno(err, E_DISK_WRITE, errno, "%s", path);
    path[length - 3] = '\0';
    bool made =
        folder_make(path) ||
        (errno == ENOENT && disk_make_path(cache->folder, err) && folder_make(path));
    path[length - 3] = '/';
    return (made && folder_make(path)) || err_errno(err, E_DISK_WRITE, errno, "%s", path);
}

/* FOLDER/KIND/<2 hex>/NAME, with its folder made. */
static bool place(const struct cache *cache, const char *kind, const struct sha256 *hash,
                  char path[PATH_MAX], struct err *err)
{
    char hex[SHA256_HEX];
    sha256_to_hex(hash, hex);
    int length = snprintf(path, PATH_MAX, "%s/%s/%.2s", cache->folder, kind, hex);
    if (length < 0 || length + 1 + SHA256_HEX > PATH_MAX)
        return err_set(err, E_LIMIT, "%.200s...: the path of the cache is too long",
                       cache->folder);
    if (!folders_make(cache, path, length, err))
        return false;
    (void)snprintf(path + length, (size_t)(PATH_MAX - length), "/%s", hex);
    return true;
}

static bool has_hash(const void *data, size_t size, const struct sha256 *hash)
{
    struct sha256 found = sha256_of(data, size);
    return sha256_equal(&found, hash);
}

static void set_aside(const struct cache *cache, const char *path,
                      const struct sha256 *hash)
{
    char aside[PATH_MAX];
    struct err unused;
    if (place(cache, "quarantine", hash, aside, &unused))
        (void)rename(path, aside);
}

/* A regular file, not through a link and without waiting for the other end of a pipe;
 * with the lease. A file system without flock gives none, and unlinked files stay mapped
 * anyway. */
static int object_open(const char *path, size_t *size)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return -1;
    (void)flock(fd, LOCK_SH | LOCK_NB);
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        (void)close(fd);
        return -1;
    }
    *size = (size_t)status.st_size;
    return fd;
}

/* Maps an object that is there and sound; a damaged one is set aside. Its time of access
 * is set by hand, since file systems seldom do it. */
static bool object_map(const struct cache *cache, const char *path,
                       const struct sha256 *hash, struct cache_object *object)
{
    static const struct timespec used[2] = {{.tv_nsec = UTIME_NOW},
                                            {.tv_nsec = UTIME_OMIT}};
    size_t size = 0;
    int fd = object_open(path, &size);
    if (fd < 0)
        return false;
    void *map = NULL;
    if (size == 0) { /* lost its content with the power: written again */
        (void)close(fd);
        return false;
    }
    if (size <= cache->largest_bytes)
        map = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
    if (map && map != MAP_FAILED && has_hash(map, size, hash)) {
        (void)futimens(fd, used);
        *object = (struct cache_object){.data = map, .size = size, .map = map, .fd = fd};
        return true;
    }
    if (map != MAP_FAILED)
        set_aside(cache, path, hash);
    if (map && map != MAP_FAILED)
        (void)munmap(map, size);
    (void)close(fd);
    return false;
}

void cache_object_release(struct cache_object *object)
{
    if (object->map) {
        (void)munmap(object->map, object->size);
        (void)close(object->fd);
    }
    bytes_release(&object->copy);
    *object = (struct cache_object){.fd = -1};
}

/* -1 when the lock cannot be had in time, or not at all (a read-only disk). */
static int lock_take(const struct cache *cache, const struct sha256 *hash)
{
    char path[PATH_MAX];
    struct err unused;
    if (!place(cache, "locks", hash, path, &unused))
        return -1;
    char *slash = strrchr(path, '/');
    memcpy(slash, "/lock", 6); /* one lock for a folder of objects */
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    int64_t waited_ns = 0;
    struct timespec pause = {.tv_nsec = CACHE_POLL_FIRST_NS};
    while (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0) {
        bool taken = errno == EWOULDBLOCK || errno == EINTR;
        if (!taken || waited_ns >= cache->lock_wait_ns) {
            (void)close(fd);
            return -1;
        }
        (void)nanosleep(&pause, NULL);
        waited_ns += pause.tv_nsec;
        if (pause.tv_nsec < CACHE_POLL_LAST_NS)
            pause.tv_nsec *= 2;
    }
    return fd;
}

static bool fetch_verified(const struct cache *cache, const struct sha256 *hash,
                           struct bytes *out, struct err *err)
{
    char hex[SHA256_HEX];
    if (!cache->fetch(cache->user, hash, out, err))
        return false;
    sha256_to_hex(hash, hex);
    return has_hash(out->data, out->size, hash) ||
           err_set(err, E_PAYLOAD_HASH, "what was fetched as %s is something else", hex);
}

/* Under its name whole or not at all; the caller holds the lock, so that no other process
 * writes under the temporary name. */
static bool object_write(const char *path, const struct bytes *bytes)
{
    char temporary[PATH_MAX];
    struct err unused;
    int length = snprintf(temporary, sizeof temporary, "%s.tmp", path);
    if (length < 0 || length >= (int)sizeof temporary)
        return false;
    (void)unlink(temporary); /* of a process that was killed */
    int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
    if (fd < 0)
        return false;
    bool done = disk_write(fd, temporary, bytes->data, bytes->size, &unused);
    done = close(fd) == 0 && done && disk_rename(temporary, path, &unused);
    if (!done)
        (void)unlink(temporary);
    return done;
}

/* Keeps what was fetched and gives the shared form of it, when that can be. */
static void object_keep(const struct cache *cache, const char *path,
                        const struct sha256 *hash, struct cache_object *object)
{
    struct cache_object shared;
    if (!object_write(path, &object->copy))
        return;
    if (object_map(cache, path, hash, &shared)) {
        cache_object_release(object);
        *object = shared;
    }
    if (cache->most_bytes > 0)
        cache_trim(cache->folder, cache->most_bytes);
}

/* By the lock's owner (`lock` >= 0), or privately. */
static bool object_fetch(const struct cache *cache, const char *path,
                         const struct sha256 *hash, int lock, struct cache_object *object,
                         struct err *err)
{
    struct cache_object made = {.fd = -1};
    bytes_init(&made.copy, cache->largest_bytes);
    if (!fetch_verified(cache, hash, &made.copy, err)) {
        bytes_release(&made.copy);
        return false;
    }
    made.data = made.copy.data;
    made.size = made.copy.size;
    if (lock >= 0)
        object_keep(cache, path, hash, &made);
    *object = made;
    return true;
}

bool cache_get(const struct cache *cache, const struct sha256 *hash,
               struct cache_object *object, struct err *err)
{
    char path[PATH_MAX];
    struct err unused;
    bool usable = place(cache, "objects", hash, path, &unused);
    if (usable && object_map(cache, path, hash, object))
        return true;
    int lock = usable ? lock_take(cache, hash) : -1;
    /* Somebody else may have filled it while we waited. */
    bool done = (lock >= 0 && object_map(cache, path, hash, object)) ||
                object_fetch(cache, path, hash, lock, object, err);
    if (lock >= 0)
        (void)close(lock);
    return done;
}
