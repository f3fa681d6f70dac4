/* core_set.c - a set of numbers as a tree of bit masks.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "base/bytes.h"
#include "coordinator/core_internal.h"

static uint32_t words_for(uint32_t bits)
{
    return bits / 64 + (bits % 64 != 0 ? 1 : 0);
}

static uint64_t bit_of(uint32_t number)
{
    return (uint64_t)1 << (number % 64);
}

void core_set_reserve(struct core_set *set, uint32_t capacity)
{
    if (capacity <= set->capacity)
        return;
    struct core_set grown = {.capacity = capacity};
    uint32_t bits = capacity;
    do {
        bug_if(grown.levels == CORE_SET_LEVELS);
        uint32_t count = words_for(bits);
        grown.bits[grown.levels] = bits;
        grown.words[grown.levels++] = mem_new(count, sizeof *grown.words[0]);
        bits = count;
    } while (bits > 1);
    for (uint32_t i = core_set_next(set, 0); i != CORE_NONE;
         i = core_set_next(set, i + 1))
        core_set_add(&grown, i);
    core_set_release(set);
    *set = grown;
}

void core_set_release(struct core_set *set)
{
    for (uint32_t i = 0; i < set->levels; i++)
        free(set->words[i]);
    *set = (struct core_set){.levels = 0};
}

void core_set_add(struct core_set *set, uint32_t number)
{
    bug_if(number >= set->capacity);
    for (uint32_t i = 0; i < set->levels; i++) {
        uint64_t *word = &set->words[i][number / 64];
        bool known = *word != 0;
        *word |= bit_of(number);
        if (known)
            return;
        number /= 64;
    }
}

void core_set_remove(struct core_set *set, uint32_t number)
{
    bug_if(number >= set->capacity);
    for (uint32_t i = 0; i < set->levels; i++) {
        uint64_t *word = &set->words[i][number / 64];
        *word &= ~bit_of(number);
        if (*word != 0)
            return;
        number /= 64;
    }
}

bool core_set_has(const struct core_set *set, uint32_t number)
{
    return number < set->capacity && (set->words[0][number / 64] & bit_of(number)) != 0;
}

uint32_t core_set_next(const struct core_set *set, uint32_t from)
{
    if (from >= set->capacity)
        return CORE_NONE;
    uint32_t level = 0;
    uint32_t at = from;
    uint64_t word = set->words[0][at / 64] & (UINT64_MAX << (at % 64));
    while (word == 0) {
        at = at / 64 + 1; /* the first word of this level behind the one looked at */
        if (++level == set->levels || at >= set->bits[level])
            return CORE_NONE;
        word = set->words[level][at / 64] & (UINT64_MAX << (at % 64));
    }
    at = at / 64 * 64 + (uint32_t)__builtin_ctzll(word);
    while (level > 0) {
        level--;
        at = at * 64 + (uint32_t)__builtin_ctzll(set->words[level][at]);
    }
    return at;
}
