/* cache.h - objects on a node by their sha256: fetched once, verified, shared.
 * SPDX-License-Identifier: Apache-2.0
 *
 * FOLDER/objects/<2 hex>/<sha256>, mode 0444. Filling takes a lock (flock on
 * FOLDER/locks/<2 hex>, on a local disk; the kernel drops it when a process dies), so
 * that one process of a node fetches; the others find the object when they get the lock.
 * A lock that is not given within its time limit leads to a private fetch. Always true:
 * what cache_get gives has the hash that was asked for. A damaged object is moved to
 * FOLDER/quarantine and fetched again.
 *
 * All processes of a node map the same file, so that its pages are there once. Who uses
 * an object holds a shared flock on it: a lease that ends with the process. Objects that
 * were not used for longest go first when the folder is above its size, leased ones
 * never. What is not a regular file with the name of a hash is not ours and is left
 * alone.
 */
#ifndef SPILLWAY_CONDITIONS_CACHE_H
#define SPILLWAY_CONDITIONS_CACHE_H

#include "base/bytes.h"
#include "base/digest.h"

/* Appends the object's bytes to `out`, from wherever they are. */
typedef bool (*cache_fetch)(void *user, const struct sha256 *hash, struct bytes *out,
                            struct err *err);

struct cache {
    const char *folder; /* borrowed */
    cache_fetch fetch;
    void *user;
    int64_t lock_wait_ns;
    uint64_t most_bytes;  /* of all objects; 0: no limit */
    size_t largest_bytes; /* of one object */
};

/* An object in use. */
struct cache_object {
    const uint8_t *data;
    size_t size;
    void *map; /* NULL: `copy` holds the bytes */
    int fd;    /* the lease, while mapped */
    struct bytes copy;
};

/* E_PAYLOAD_HASH when what was fetched is not what was asked for. A full or read-only
 * disk costs the sharing, not the call: the object is then a copy of this process. */
bool cache_get(const struct cache *cache, const struct sha256 *hash,
               struct cache_object *object, struct err *err);
void cache_object_release(struct cache_object *object);

/* Removes objects that nobody uses, longest unused first, until all together are not
 * above `most_bytes` (cache_trim.c). What cannot be removed stays. */
void cache_trim(const char *folder, uint64_t most_bytes);

#endif
