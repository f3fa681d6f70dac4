/* bytes.c - the growing buffer and memory that does not fail.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/exhausted.h"

#define LARGE_PAGE ((size_t)2 << 20)

void mem_exhausted(const char *what)
{
    (void)fprintf(stderr, "out of memory: %s\n", what);
    abort();
}

static noreturn void mem_lacks(size_t count, size_t size)
{
    char what[64];
    (void)snprintf(what, sizeof what, "%zu x %zu bytes", count, size);
    mem_exhausted(what);
}

void *mem_grow(void *old, size_t count, size_t size)
{
    if (count == 0)
        count = 1;
    size = size == 0 ? 1 : size;
    void *memory = reallocarray(old, count, size);
    if (memory == NULL && exhausted_more())
        memory = reallocarray(old, count, size);
    if (memory == NULL)
        mem_lacks(count, size);
    return memory;
}

void *mem_new(size_t count, size_t size)
{
    count = count == 0 ? 1 : count;
    size = size == 0 ? 1 : size;
    void *memory = calloc(count, size);
    if (memory == NULL && exhausted_more())
        memory = calloc(count, size);
    if (memory == NULL)
        mem_lacks(count, size);
    return memory;
}

/* NULL when the kernel has none. */
static void *large_pages(size_t size)
{
    void *memory = aligned_alloc(LARGE_PAGE, size);
    if (memory != NULL)
        (void)madvise(memory, size, MADV_HUGEPAGE);
    return memory;
}

void *mem_large(size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes < LARGE_PAGE ||
        bytes > SIZE_MAX - LARGE_PAGE)
        return mem_grow(NULL, count, size);
    void *memory = large_pages((bytes + LARGE_PAGE - 1) / LARGE_PAGE * LARGE_PAGE);
    return memory != NULL ? memory : mem_grow(NULL, count, size);
}

char *mem_text(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = mem_new(size, 1);
    memcpy(copy, text, size);
    return copy;
}

void bytes_init(struct bytes *bytes, size_t limit)
{
    *bytes = (struct bytes){.limit = limit};
}

void bytes_release(struct bytes *bytes)
{
    free(bytes->data);
    *bytes = (struct bytes){.limit = bytes->limit};
}

void bytes_clear(struct bytes *bytes)
{
    bytes->size = 0;
}

bool bytes_reserve(struct bytes *bytes, size_t size, uint8_t **place, struct err *err)
{
    if (size > bytes->limit - bytes->size)
        return err_set(err, E_LIMIT, "%zu bytes are above the limit of %zu", size,
                       bytes->limit - bytes->size);
    size_t needed = bytes->size + size;
    if (needed > bytes->capacity || bytes->data == NULL) {
        size_t capacity = bytes->capacity < 256 ? 256 : bytes->capacity;
        while (capacity < needed)
            capacity = capacity > bytes->limit / 2 ? bytes->limit : capacity * 2;
        if (capacity > bytes->limit)
            capacity = bytes->limit;
        bytes->data = mem_grow(bytes->data, capacity, 1);
        bytes->capacity = capacity;
    }
    *place = bytes->data + bytes->size;
    return true;
}

void bytes_expect(struct bytes *bytes, size_t size)
{
    if (bytes->data != NULL || size < LARGE_PAGE || size > bytes->limit)
        return;
    size_t capacity = (size + LARGE_PAGE - 1) / LARGE_PAGE * LARGE_PAGE;
    if (capacity > bytes->limit)
        return;
    bytes->data = large_pages(capacity);
    if (bytes->data != NULL) /* else the appends will tell */
        bytes->capacity = capacity;
}

bool bytes_append(struct bytes *bytes, const void *data, size_t size, struct err *err)
{
    uint8_t *place = NULL;
    if (!bytes_reserve(bytes, size, &place, err))
        return false;
    if (size > 0)
        memcpy(place, data, size);
    bytes->size += size;
    return true;
}
