/* arena.h - memory that is freed all at once: one arena per task, one per event.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Always true: what was given lives until the arena is reset or released; blocks are
 * kept over a reset, so an event loop allocates nothing after its first events.
 */
#ifndef SPILLWAY_BASE_ARENA_H
#define SPILLWAY_BASE_ARENA_H

#include "base/err.h"

struct arena_block;

struct arena {
    struct arena_block *first;
    struct arena_block *current;
    size_t used;  /* bytes given since the last reset */
    size_t limit; /* never more than this many bytes at a time */
};

void arena_init(struct arena *arena, size_t limit);
void arena_reset(struct arena *arena);
void arena_release(struct arena *arena);

/* Not zeroed, for a caller that fills all of it: else as arena_try(). */
void *arena_raw(struct arena *arena, size_t count, size_t size);

/* Zeroed, aligned for any type. NULL when the limit would be passed: the caller turns
 * that into an error which names the limit. */
void *arena_try(struct arena *arena, size_t count, size_t size);

/* The same with E_LIMIT filled in. */
bool arena_take(struct arena *arena, size_t count, size_t size, void **memory,
                struct err *err);

/* A copy of a text, NULL as above. */
char *arena_text(struct arena *arena, const char *text);

#endif
