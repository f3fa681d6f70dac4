/* body.c - bytes of an answer that a cache and any number of answers share.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/body.h"

#include <stdatomic.h>
#include <stdlib.h>

struct body {
    atomic_size_t owners;
    struct bytes bytes;
};

struct body *body_new(struct bytes *bytes)
{
    struct body *body = mem_new(1, sizeof *body);
    atomic_init(&body->owners, 1);
    body->bytes = *bytes;
    bytes_init(bytes, bytes->limit);
    if (body->bytes.size < body->bytes.capacity / 2) { /* a packed one, in room for all */
        body->bytes.data = mem_grow(body->bytes.data, body->bytes.size, 1);
        body->bytes.capacity = body->bytes.size;
    }
    return body;
}

struct body *body_ref(struct body *body)
{
    (void)atomic_fetch_add(&body->owners, 1);
    return body;
}

void body_unref(struct body *body)
{
    if (!body || atomic_fetch_sub(&body->owners, 1) > 1)
        return;
    bytes_release(&body->bytes);
    free(body);
}

const uint8_t *body_data(const struct body *body)
{
    return body->bytes.data;
}

size_t body_size(const struct body *body)
{
    return body->bytes.size;
}

size_t body_held(const struct body *body)
{
    return body->bytes.capacity;
}
