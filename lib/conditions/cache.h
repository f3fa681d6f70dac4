/* cache.h - objects on a node by their sha256: fetched once, verified, shared.
 * SPDX-License-Identifier: Apache-2.0
 *
 * FOLDER/objects/<2 hex>/<sha256>, mode 0444. Filling takes a lock (flock on
 * FOLDER/locks/<2 hex>, on a local disk; the kernel drops it when a process dies), so
 * that one process of a node fetches; the others find the object when they get the lock.
 * A lock that is not given within its time limit leads to a private fetch. Always true:
 * what cache_get gives has the hash that was asked for. A damaged object is moved to
 * FOLDER/quarantine and fetched again.
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
};

/* From STORE/conditions/<2 hex>/<sha256>; `user` is the path of the store as a text.
 * E_CONDITIONS_FETCH when the store is there and the blob is not. */
bool cache_fetch_from_store(void *user, const struct sha256 *hash, struct bytes *out,
                            struct err *err);

/* The object's bytes replace the content of `out`. E_PAYLOAD_HASH when what was fetched
 * is not what was asked for. A full or read-only disk costs the sharing, not the call. */
bool cache_get(const struct cache *cache, const struct sha256 *hash, struct bytes *out,
               struct err *err);

#endif
