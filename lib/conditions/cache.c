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
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/disk.h"
#include "conditions/resolve.h"

#define CACHE_POLL_NS 20000000L /* between two looks at a taken lock */

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
    if (!disk_make_path(path, err))
        return false;
    (void)snprintf(path + length, (size_t)(PATH_MAX - length), "/%s", hex);
    return true;
}

static bool has_hash(const struct bytes *bytes, const struct sha256 *hash)
{
    struct sha256 found = sha256_of(bytes->data, bytes->size);
    return sha256_equal(&found, hash);
}

/* A regular file of that name with that content; a damaged one is set aside. Foreign
 * things (links, folders) are not followed. */
static bool read_object(const struct cache *cache, const char *path,
                        const struct sha256 *hash, struct bytes *out)
{
    struct stat status;
    struct err unused;
    char aside[PATH_MAX];
    bytes_clear(out);
    if (lstat(path, &status) != 0 || !S_ISREG(status.st_mode))
        return false;
    if (!disk_read_file(path, out, &unused))
        return false;
    if (has_hash(out, hash))
        return true;
    if (place(cache, "quarantine", hash, aside, &unused))
        (void)rename(path, aside);
    bytes_clear(out);
    return false;
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
    while (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0) {
        bool taken = errno == EWOULDBLOCK || errno == EINTR;
        if (!taken || waited_ns >= cache->lock_wait_ns) {
            (void)close(fd);
            return -1;
        }
        struct timespec pause = {.tv_nsec = CACHE_POLL_NS};
        (void)nanosleep(&pause, NULL);
        waited_ns += CACHE_POLL_NS;
    }
    return fd;
}

static bool fetch_verified(const struct cache *cache, const struct sha256 *hash,
                           struct bytes *out, struct err *err)
{
    char hex[SHA256_HEX];
    bytes_clear(out);
    if (!cache->fetch(cache->user, hash, out, err))
        return false;
    sha256_to_hex(hash, hex);
    return has_hash(out, hash) ||
           err_set(err, E_PAYLOAD_HASH, "what was fetched as %s is something else", hex);
}

bool cache_get(const struct cache *cache, const struct sha256 *hash, struct bytes *out,
               struct err *err)
{
    char path[PATH_MAX];
    struct err unused;
    bool usable = place(cache, "objects", hash, path, &unused);
    if (usable && read_object(cache, path, hash, out))
        return true;
    int lock = usable ? lock_take(cache, hash) : -1;
    /* Somebody else may have filled it while we waited. */
    bool done = lock >= 0 && read_object(cache, path, hash, out);
    if (!done) {
        done = fetch_verified(cache, hash, out, err);
        if (done && lock >= 0)
            (void)disk_write_durable(path, out->data, out->size, 0444, &unused);
    }
    if (lock >= 0)
        (void)close(lock);
    return done;
}

/* A blob that is gone from a store that is there will not come back by itself; a store
 * that is not there may. */
static bool blob_gone(const char *store, const char *path)
{
    char folder[PATH_MAX];
    int length = snprintf(folder, sizeof folder, "%s/conditions", store);
    return length > 0 && length < (int)sizeof folder && disk_exists(folder) &&
           !disk_exists(path);
}

bool cache_fetch_from_store(void *user, const struct sha256 *hash, struct bytes *out,
                            struct err *err)
{
    char name[RESOLVE_NAME];
    char path[PATH_MAX];
    const char *store = user;
    resolve_blob_name(hash, name);
    int length = snprintf(path, sizeof path, "%s/%s", store, name);
    if (length < 0 || length >= (int)sizeof path)
        return err_set(err, E_LIMIT, "%.200s...: the path of the store is too long",
                       store);
    if (disk_read_file(path, out, err))
        return true;
    return blob_gone(store, path)
               ? err_set(err, E_CONDITIONS_FETCH, "%s: is gone from the store", path)
               : false;
}
