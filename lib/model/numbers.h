/* numbers.h - which event numbers a segment has, in few bytes.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Sets of one chunk in a row. A set is a spill and rows of numbers with a constant step:
 * a builder that takes every second event is one row. All numbers are packed by seven
 * bits a byte, the lowest first, the eighth bit says that more follow: spill, size of the
 * rows in bytes, then for each row first number (minus that of the row before), step
 * and count.
 */
#ifndef SPILLWAY_MODEL_NUMBERS_H
#define SPILLWAY_MODEL_NUMBERS_H

#include "model/segment.h"

#define NUMBERS_LIMIT (1u << 20) /* an event number has 20 bits */
#define NUMBERS_WORDS (NUMBERS_LIMIT / 64)

/* Appends the set of the bits of a map of `words` words, at most NUMBERS_WORDS. */
bool numbers_add(struct bytes *out, uint32_t spill, const uint64_t *map, size_t words,
                 struct err *err);

/* One set of a row of sets; borrows the bytes. */
struct numbers {
    uint32_t spill;
    const uint8_t *rows;
    size_t size;
};

struct numbers_reader {
    const uint8_t *data;
    size_t size, at;
};

/* The next set. FAILED, E_MODEL: these are no such bytes. */
enum lookup numbers_next(struct numbers_reader *reader, struct numbers *set,
                         struct err *err);

/* Sets the bits of the set in a map of NUMBERS_WORDS words. E_MODEL as above; some bits
 * may be set then. */
bool numbers_mark(const struct numbers *set, uint64_t *map, struct err *err);

/* The numbers of a set whose bits are in a map, as ranges: between two numbers of a range
 * the set has no other one. */
struct numbers_common {
    uint32_t count;       /* of numbers */
    uint32_t range_count; /* may be more than are kept */
    struct event_range ranges[SEGMENT_ELSEWHERE];
};

bool numbers_common(const struct numbers *set, const uint64_t *map,
                    struct numbers_common *common, struct err *err);

#endif
