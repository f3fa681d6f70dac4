/* clock.h - the time. Only mains and loops ask; everyone else is told.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_BASE_CLOCK_H
#define SPILLWAY_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

/* CLOCK_BOOTTIME in nanoseconds: never jumps, counts suspends; for every decision. */
int64_t clock_now_ns(void);

/* Seconds since 1970, for display only. */
int64_t clock_wall_s(void);

/* CPU seconds of this process and of the calling thread, in nanoseconds. */
int64_t clock_cpu_ns(void);

void clock_sleep_ns(int64_t duration_ns);

/* CLOCK_MONOTONIC `duration_ns` from now (below 0 counts as 0): the end of a wait on a
 * condition variable of that clock, for nothing else. */
struct timespec clock_wait_end(int64_t duration_ns);

/* 64 bits from the kernel's random source: tokens, never results. */
uint64_t clock_random_token(void);

/* Some of them; none is 0. */
void clock_random_tokens(uint64_t *tokens, uint32_t count);

#endif
