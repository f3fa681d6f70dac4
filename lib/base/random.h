/* random.h - numbers that look random and are the same on every machine.
 * SPDX-License-Identifier: Apache-2.0
 *
 * SplitMix64 (Steele, Lea, Flood, OOPSLA 2014) as generator and as hash: for simulation,
 * jitter and hash-chosen fractions, never for secrets.
 */
#ifndef SPILLWAY_BASE_RANDOM_H
#define SPILLWAY_BASE_RANDOM_H

#include <stdint.h>

struct random {
    uint64_t state;
};

static inline uint64_t random_mix(uint64_t value)
{
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
    return value ^ (value >> 31);
}

static inline uint64_t random_next(struct random *random)
{
    random->state += 0x9e3779b97f4a7c15u;
    return random_mix(random->state);
}

/* 0 <= value < limit, limit > 0; the bias of the multiply is below limit / 2^64. */
static inline uint64_t random_below(struct random *random, uint64_t limit)
{
    return (uint64_t)(((unsigned __int128)random_next(random) * limit) >> 64);
}

/* 0 <= value < 1, 53 bits. */
static inline double random_unit(struct random *random)
{
    return (double)(random_next(random) >> 11) * 0x1p-53;
}

#endif
