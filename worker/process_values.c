/* process_values.c - the bytes of a task's effective values, each got once and verified.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "worker/process_values.h"

#include <stdlib.h>

/* A process that fetches for the whole node is waited for this long. */
#define LOCK_WAIT_NS ((int64_t)30 * 1000000000)

/* For the cache: the lead, else the store and its mirrors. What the lead gives wrongly is
 * not believed. */
static bool blob_fetch(void *user, const struct sha256 *hash, struct bytes *out,
                       struct err *err)
{
    const struct values_source *source = user;
    const struct heal *heal = &source->heal;
    bool given = source->ask != NULL &&
                 source->ask(source->user, heal->store, heal->mirrors, hash, out);
    struct sha256 found = sha256_of(out->data, out->size);
    if (given && sha256_equal(&found, hash))
        return true;
    bytes_clear(out);
    return heal_fetch(heal, hash, out, err);
}

/* A text that lies in an object of the cache. */
static bool blob_get(const struct values_source *source, const struct sha256 *hash,
                     struct cache_object *object, struct bytes *text, struct err *err)
{
    struct values_source own = *source;
    struct cache cache = {.folder = source->cache,
                          .fetch = blob_fetch,
                          .user = &own,
                          .lock_wait_ns = LOCK_WAIT_NS,
                          .most_bytes = VALUES_CACHE,
                          .largest_bytes = text->limit};
    if (source->cache == NULL)
        return blob_fetch(&own, hash, text, err);
    if (!cache_get(&cache, hash, object, err))
        return false;

    union {
        const uint8_t *constant;
        uint8_t *plain;
    } data = {.constant = object->data}; /* nobody writes to a text */

    *text = (struct bytes){data.plain, object->size, object->size, object->size};
    return true;
}

static bool value_get(const struct task_value *value, const struct values_source *source,
                      struct cache_object *object, struct bytes *out, struct err *err)
{
    const struct sha256 *wanted = &value->effective.value;
    if (value->effective.level == FALLBACK_NONE)
        return true;
    bool got = value->inlined != NULL
                   ? bytes_append(out, value->inlined, (size_t)value->size, err)
                   : blob_get(source, wanted, object, out, err);
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
    values->objects = mem_new(task->value_count, sizeof *values->objects);
    values->count = task->value_count;
    for (uint32_t i = 0; i < task->value_count; i++) {
        bytes_init(&values->texts[i], left);
        if (!value_get(&task->values[i], source, &values->objects[i], &values->texts[i],
                       err))
            return false;
        left -= values->texts[i].size;
    }
    return true;
}

void values_release(struct values *values)
{
    for (uint32_t i = 0; i < values->count; i++) {
        bool shared = values->objects != NULL && values->objects[i].data != NULL;
        if (shared)
            cache_object_release(&values->objects[i]);
        else
            bytes_release(&values->texts[i]);
    }
    free(values->texts);
    free(values->objects);
    *values = (struct values){.count = 0};
}
