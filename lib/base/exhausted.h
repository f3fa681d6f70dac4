/* exhausted.h - what is tried before a process ends for lack of memory.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_BASE_EXHAUSTED_H
#define SPILLWAY_BASE_EXHAUSTED_H

#include <stdbool.h>

/* Called when an allocation of mem_new() or mem_grow() failed: true when there may be
 * memory now, and it is tried once more. Before threads are started; NULL: none. */
void exhausted_call(bool (*more)(void));

/* For those two. */
bool exhausted_more(void);

#endif
