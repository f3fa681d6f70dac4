/* process_values.h - the bytes of a task's effective values, each got once and verified.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Inline in the task, else from the node's cache, else from the lead of the pilot, else
 * from the store or its mirrors. Got before the first segment begins, so that a missing
 * one is blamed on nobody's segment.
 */
#ifndef SPILLWAY_WORKER_PROCESS_VALUES_H
#define SPILLWAY_WORKER_PROCESS_VALUES_H

#include "conditions/cache.h"
#include "conditions/heal.h"
#include "model/task.h"

/* All payloads of a task together; a channel map is 0.1 MiB, a table less. */
#define VALUES_LIMIT ((size_t)1 << 30)

/* All objects of a node's cache together: years of LED rows. */
#define VALUES_CACHE ((uint64_t)8 << 30)

struct values {
    struct bytes *texts; /* one per value of the task; empty for FALLBACK_NONE */
    uint32_t count;
    struct cache_object *objects; /* texts that stand in the cache lie in these */
};

/* Appends the bytes of a blob of the store to `out`, not verified; false when it is not
 * to be had this way. */
typedef bool (*values_ask)(void *user, const char *store, const char *mirrors,
                           const struct sha256 *hash, struct bytes *out);

struct values_source {
    struct heal heal;
    const char *cache; /* NULL: nothing is kept */
    values_ask ask;    /* NULL: only the store and its mirrors */
    void *user;
};

/* The message names type and hash of the value that could not be had. */
bool values_get(struct values *values, const struct task *task,
                const struct values_source *source, struct err *err);
void values_release(struct values *values);

#endif
