/* heap.h - the C library's heap for a process that does one large task after another.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The first touch of a page costs a microsecond, on some virtual machines twenty, so what
 * tasks need again and again lies in a few large pages that the process keeps.
 */
#ifndef SPILLWAY_BASE_HEAP_H
#define SPILLWAY_BASE_HEAP_H

#include <stddef.h>
#include <stdint.h>

/* For the start of a program, before it has other threads. Takes addresses for 40 MiB,
 * but no memory that is not used. Without large pages all works the same. */
void heap_prepare(void);

/* For so many bytes in small blocks, soon: the heap grows by them at once, in large
 * pages. They are taken when they are touched; heap_settle gives back what is free after
 * it. */
void heap_expect(size_t bytes);
void heap_settle(void);

/* For a process that may have only so much data memory from now on: free memory goes back
 * to the kernel when the heap could hide that there is less. 0: no limit. */
void heap_limited(uint64_t bytes);

#endif
