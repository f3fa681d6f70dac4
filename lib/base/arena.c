/* arena.c - a chain of blocks, reused after each reset.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/arena.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/bytes.h"

/* A first block of 1 KiB, for there are many arenas with a few values, then of 64 KiB.
 * Larger values get their own block. What has become large goes on by pages of 2 MiB:
 * the first touch of 4 KiB ones is half of the time that it takes to fill them. */
#define ARENA_FIRST ((size_t)1024)
#define ARENA_BLOCK ((size_t)65536)
#define ARENA_LARGE ((size_t)8 << 20)
#define LARGE_PAGE  ((size_t)2 << 20)

struct arena_block {
    struct arena_block *next;
    size_t size;
    size_t used;
    size_t mapped; /* bytes, with the head; 0: of the heap */
    alignas(max_align_t) unsigned char data[];
};

void arena_init(struct arena *arena, size_t limit)
{
    *arena = (struct arena){.limit = limit};
}

void arena_reset(struct arena *arena)
{
    for (struct arena_block *block = arena->first; block != NULL; block = block->next)
        block->used = 0;
    arena->current = arena->first;
    arena->used = 0;
}

void arena_release(struct arena *arena)
{
    struct arena_block *block = arena->first;
    while (block != NULL) {
        struct arena_block *next = block->next;
        if (block->mapped > 0)
            (void)munmap(block, block->mapped);
        else
            free(block);
        block = next;
    }
    *arena = (struct arena){.limit = arena->limit};
}

/* A block with room for so much, and what more its last page of 2 MiB holds; NULL when
 * the kernel has none. Mapped, for the heap would leave a hole behind each. Kernels put
 * it at the start of a large page by themselves; where one does not, the block is slower.
 */
static struct arena_block *block_map(size_t *room)
{
    size_t size = sizeof(struct arena_block) + *room;
    size = (size + LARGE_PAGE - 1) / LARGE_PAGE * LARGE_PAGE;
    void *map =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED)
        return NULL;
    (void)madvise(map, size, MADV_HUGEPAGE);
    struct arena_block *block = map;
    block->mapped = size;
    *room = size - sizeof *block;
    return block;
}

static struct arena_block *arena_room(struct arena *arena, size_t size)
{
    struct arena_block *last = NULL;
    struct arena_block *block = NULL;
    for (block = arena->current; block != NULL; block = block->next) {
        if (block->size - block->used >= size)
            return block;
        last = block;
    }
    size_t room = last == NULL ? ARENA_FIRST : ARENA_BLOCK;
    if (room < size)
        room = size;
    if (arena->used >= ARENA_LARGE || size >= ARENA_LARGE)
        block = block_map(&room);
    if (block == NULL) { /* only what is handed out is cleared */
        block = mem_grow(NULL, 1, sizeof *block + room);
        block->mapped = 0;
    }
    block->next = NULL;
    block->used = 0;
    block->size = room;
    if (last == NULL)
        arena->first = block;
    else
        last->next = block;
    return block;
}

/* *taken: what it takes, rounded up. */
static void *arena_cut(struct arena *arena, size_t count, size_t size, size_t *taken)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX - 64)
        return NULL;
    bytes =
        (bytes + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
    if (bytes == 0)
        bytes = alignof(max_align_t);
    if (bytes > arena->limit - arena->used)
        return NULL;
    struct arena_block *block = arena_room(arena, bytes);
    void *memory = block->data + block->used;
    block->used += bytes;
    arena->current = block;
    arena->used += bytes;
    *taken = bytes;
    return memory;
}

void *arena_raw(struct arena *arena, size_t count, size_t size)
{
    size_t taken;
    return arena_cut(arena, count, size, &taken);
}

void *arena_try(struct arena *arena, size_t count, size_t size)
{
    size_t taken;
    void *memory = arena_cut(arena, count, size, &taken);
    if (memory != NULL)
        memset(memory, 0, taken);
    return memory;
}

bool arena_take(struct arena *arena, size_t count, size_t size, void **memory,
                struct err *err)
{
    void *place = arena_try(arena, count, size);
    if (place == NULL)
        return err_set(err, E_LIMIT, "%zu x %zu bytes are above the memory limit of %zu",
                       count, size, arena->limit);
    *memory = place;
    return true;
}

char *arena_text(struct arena *arena, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = arena_try(arena, size, 1);
    if (copy != NULL)
        memcpy(copy, text, size);
    return copy;
}
