/* wire_made.h - random values of the run catalogue, within the limits of the wire.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_TESTS_PROPERTY_WIRE_MADE_H
#define SPILLWAY_TESTS_PROPERTY_WIRE_MADE_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/random.h"
#include "proto/wire.h"

#define MEMORY ((size_t)16 << 20)

struct maker {
    struct random random;
    struct arena arena;
};

static inline uint32_t number(struct maker *maker, uint32_t maximum)
{
    return (uint32_t)random_below(&maker->random, (uint64_t)maximum + 1);
}

static inline void *room(struct maker *maker, size_t count, size_t size)
{
    void *memory = arena_try(&maker->arena, count, size);
    assert_non_null(memory);
    return memory;
}

/* Random bits of all the struct's plain numbers; texts, enums and pointers come after. */
static inline void scatter(struct maker *maker, void *memory, size_t size)
{
    uint8_t *bytes = memory;
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)random_next(&maker->random);
}

#define SCATTER(member) scatter(maker, &(member), sizeof(member))

/* Any length that fits, zeros behind it. */
static inline void text(struct maker *maker, char *out, size_t size)
{
    uint32_t length = number(maker, (uint32_t)size - 1);
    memset(out, 0, size);
    for (uint32_t i = 0; i < length; i++)
        out[i] = (char)(1 + number(maker, 254));
}

#define TEXT(member) text(maker, member, sizeof(member))

static inline bool coin(struct maker *maker)
{
    return number(maker, 1) == 1;
}

static inline double real(struct maker *maker)
{
    static const double odd[] = {0.0, -0.0, HUGE_VAL, -HUGE_VAL, 5e-324, 0.1};
    return coin(maker) ? odd[number(maker, 5)] : random_unit(&maker->random) * 1e9;
}

static inline double real_or_nan(struct maker *maker)
{
    return coin(maker) ? (double)NAN : real(maker);
}

static inline void make_chunk_id(struct maker *maker, struct chunk_id *id)
{
    id->run = number(maker, RUN_MAXIMUM);
    id->builder = (uint16_t)number(maker, UINT16_MAX);
    id->number = (uint16_t)number(maker, UINT16_MAX);
}

static inline void make_run(struct maker *maker, struct run *run)
{
    run->number = number(maker, RUN_MAXIMUM);
    TEXT(run->period);
    TEXT(run->setup);
    TEXT(run->particle);
    TEXT(run->trigger);
    run->momentum_gev = real_or_nan(maker);
    run->magnet_a = real_or_nan(maker);
    run->type = (enum run_type)number(maker, RUN_TYPE_TEST);
    run->origin = (enum run_origin)number(maker, RUN_ORIGIN_MC);
    run->quality = (enum run_quality)number(maker, RUN_QUALITY_STOPPED);
    SCATTER(run->start_s);
    SCATTER(run->stop_s);
    SCATTER(run->listed_spills);
    SCATTER(run->listed_triggers);
    run->listed_eot = real_or_nan(maker);
    TEXT(run->listed_eot_method);
    TEXT(run->notes);
    run->synthetic = coin(maker);
}

static inline void make_chunk(struct maker *maker, struct chunk *chunk)
{
    make_chunk_id(maker, &chunk->id);
    TEXT(chunk->url);
    SCATTER(chunk->size);
    SCATTER(chunk->adler32);
    chunk->scanned = coin(maker);
    SCATTER(chunk->segments);
    SCATTER(chunk->damaged_bytes);
    SCATTER(chunk->damage_count);
}

static inline void make_segment(struct maker *maker, struct segment *segment)
{
    make_chunk_id(maker, &segment->id.chunk);
    SCATTER(segment->id.ordinal);
    SCATTER(segment->spill);
    segment->offset = random_next(&maker->random) >> 1;
    segment->length = random_next(&maker->random) >> 1;
    SCATTER(segment->adler32);
    SCATTER(segment->events);
    SCATTER(segment->digest);
    SCATTER(segment->damaged_bytes);
    segment->elsewhere_count = number(maker, SEGMENT_ELSEWHERE);
    for (uint32_t i = 0; i < segment->elsewhere_count; i++)
        SCATTER(segment->elsewhere[i]);
}

static inline void make_spill(struct maker *maker, struct spill *spill)
{
    spill->run = number(maker, RUN_MAXIMUM);
    SCATTER(spill->number);
    spill->beam_known = coin(maker);
    spill->beam_conflict = coin(maker);
    spill->beam_count = real_or_nan(maker);
}

#endif
