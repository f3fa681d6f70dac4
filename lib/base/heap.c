/* heap.c - settings of the C library's heap, its first piece in large pages.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/heap.h"

#include <malloc.h>
#include <stdlib.h>

#include <sys/mman.h>
#include <unistd.h>

#define MEGABYTE   ((size_t)1 << 20)
#define LARGE_PAGE (2 * MEGABYTE)

/* What an executor has at a time, but for the buffer of its segment. */
#define ROOM (40 * MEGABYTE)

/* Free memory at the end of the heap that is kept. */
#define KEPT (64 * MEGABYTE)

/* Blocks from here on come from the kernel and go back to it. From a heap they would have
 * to be cleared, which touches every page of what is mostly left alone. */
#define LARGE (3 * MEGABYTE)

#define STEP ((size_t)128 << 10) /* by which the heap grows: what the library does */

/* Free places of the heap that would take a block; with more of them it is large enough.
 */
#define HOLES 32u

/* More than this is not asked for at a time. */
#define LONGEST ((size_t)1 << 30)

/* The addresses before the first large page: nobody uses them. */
static void *volatile apart;

void heap_prepare(void)
{
    (void)mallopt(M_MMAP_THRESHOLD, (int)LARGE);
    (void)mallopt(M_TRIM_THRESHOLD, (int)KEPT);
    (void)mallopt(M_TOP_PAD, (int)(ROOM + LARGE_PAGE));
    uint8_t *start = malloc(1); /* the heap grows by this much more */
    (void)mallopt(M_TOP_PAD, (int)STEP);
    if (start == NULL)
        return;
    size_t before = (LARGE_PAGE - (uintptr_t)start % LARGE_PAGE) % LARGE_PAGE;
    (void)madvise(start + before, ROOM, MADV_HUGEPAGE);
    apart = malloc(before);
    free(start);
}

void heap_expect(size_t bytes)
{
    void *holes[HOLES];
    uint32_t count = 0;
    uint8_t *start = sbrk(0);
    if (bytes < LARGE_PAGE)
        return;
    (void)mallopt(M_MMAP_THRESHOLD, (int)LARGE);
    (void)mallopt(M_TOP_PAD, (int)(bytes < LONGEST ? bytes : LONGEST));
    while (count < HOLES && sbrk(0) == start) /* until nothing in it fits */
        holes[count++] = malloc(LARGE - STEP);
    uint8_t *end = sbrk(0);
    size_t before = (LARGE_PAGE - (uintptr_t)start % LARGE_PAGE) % LARGE_PAGE;
    if (end > start && (size_t)(end - start) > before)
        (void)madvise(start + before, (size_t)(end - start) - before, MADV_HUGEPAGE);
    while (count > 0)
        free(holes[--count]);
}

void heap_settle(void)
{
    (void)mallopt(M_TOP_PAD, (int)STEP);
    (void)malloc_trim(STEP);
}

void heap_limited(uint64_t bytes)
{
    if (bytes != 0 && bytes < KEPT)
        (void)malloc_trim(0);
}
