/* heap.c - settings of the C library's heap, its first piece in large pages.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/heap.h"

#include <malloc.h>
#include <stdlib.h>

#include <sys/mman.h>

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

void heap_limited(uint64_t bytes)
{
    if (bytes != 0 && bytes < KEPT)
        (void)malloc_trim(0);
}
