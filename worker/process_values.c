/* process_values.c - the bytes of a task's effective values, each got once and verified.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "worker/process_values.h"

#include <stdlib.h>

#include "conditions/cache.h"

/* A process that fetches for the whole node is waited for this long. */
#define LOCK_WAIT_NS ((int64_t)30 * 1000000000)

static bool blob_get(const struct values_source *source, const struct sha256 *hash,
                     struct bytes *out, struct err *err)
{
    char *store = mem_text(source->store); /* `user` is not const */
    struct cache cache = {source->cache, cache_fetch_from_store, store, LOCK_WAIT_NS};
    bool done = source->cache != NULL ? cache_get(&cache, hash, out, err)
                                      : cache_fetch_from_store(store, hash, out, err);
    free(store);
    return done;
}

static bool value_get(const struct task_value *value, const struct values_source *source,
                      struct bytes *out, struct err *err)
{
    const struct sha256 *wanted = &value->effective.value;
    if (value->effective.level == FALLBACK_NONE)
        return true;
    bool got = value->inlined != NULL
                   ? bytes_append(out, value->inlined, (size_t)value->size, err)
                   : blob_get(source, wanted, out, err);
    struct sha256 hash = sha256_of(out->data, out->size);
    if (got && !sha256_equal(&hash, wanted))
        got = err_set(err, E_PAYLOAD_HASH, "its bytes have another hash");
    if (got)
        return true;
    char hex[SHA256_HEX];
    sha256_to_hex(wanted, hex);
    return err_wrap(err, "value %s of type %s", hex, value->effective.type);
}

bool values_get(struct values *values, const struct task *task,
                const struct values_source *source, struct err *err)
{
    size_t left = VALUES_LIMIT;
    values->texts = mem_new(task->value_count, sizeof *values->texts);
    values->count = task->value_count;
    for (uint32_t i = 0; i < task->value_count; i++) {
        bytes_init(&values->texts[i], left);
        if (!value_get(&task->values[i], source, &values->texts[i], err))
            return false;
        left -= values->texts[i].size;
    }
    return true;
}

void values_release(struct values *values)
{
    for (uint32_t i = 0; i < values->count; i++)
        bytes_release(&values->texts[i]);
    free(values->texts);
    *values = (struct values){.count = 0};
}
