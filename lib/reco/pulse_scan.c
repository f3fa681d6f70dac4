/* pulse_scan.c - the passes over all samples of a channel, plain and with vectors.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "reco/pulse_scan.h"

#include "base/cpu.h"

/* The samples of one parity in the pedestal window. */
struct window {
    int32_t sum, least, most;
};

static void window_add(struct window *window, int32_t value)
{
    window->sum += value;
    window->least = value < window->least ? value : window->least;
    window->most = value > window->most ? value : window->most;
}

static void base_plain(const uint16_t *samples, const struct pulse_frame *frame,
                       struct pulse_base *base)
{
    const uint16_t *first = samples + frame->pedestal_first;
    const uint32_t parity = frame->pedestal_first & 1;
    const int32_t scale = (int32_t)(frame->pedestal_samples / 2);
    struct window a = {0, UINT16_MAX, 0}, b = a;
    int32_t most[2] = {0, 0};
    for (uint32_t i = 0; i < frame->pedestal_samples; i += 2) {
        window_add(&a, first[i]);
        window_add(&b, first[i + 1]);
    }
    for (uint32_t i = 0; i < frame->samples; i++)
        if (samples[i] > most[i & 1])
            most[i & 1] = samples[i];
    base->spread =
        a.most - a.least > b.most - b.least ? a.most - a.least : b.most - b.least;
    bool crowded = base->spread > (int32_t)frame->spread;
    base->pedestal[parity] = crowded ? a.least * scale : a.sum;
    base->pedestal[!parity] = crowded ? b.least * scale : b.sum;
    int32_t even = most[0] * scale - base->pedestal[0];
    int32_t odd = most[1] * scale - base->pedestal[1];
    base->level = even > odd ? even : odd;
    base->largest = most[0] > most[1] ? most[0] : most[1];
}

static void levels_add(const uint16_t *samples, uint32_t from, uint32_t to,
                       struct pulse_levels *levels)
{
    int32_t before = from == 0 ? -1 : levels->level[from - 1];
    for (uint32_t i = from; i < to; i++) {
        int32_t level = samples[i] * levels->scale - levels->pedestal[i & 1];
        level = level > 0 ? level : 0;
        levels->level[i] = level;
        levels->reached |= (uint64_t)(level >= levels->least) << i;
        levels->up |= (uint64_t)(level > before) << i;
        levels->down |= (uint64_t)(level < before) << i;
        before = level;
    }
}

#if CPU_VECTOR

#    include <immintrin.h>

#    define WIDE 16u /* samples in a vector */
#    define HALF 8u  /* levels in a vector */

/* Lane 0 and 1 of the result have the largest even and odd lane of x, as numbers of 32
 * bits. */
CPU_AVX2 static __m128i parity_max(__m128i x)
{
    x = _mm_max_epu16(x, _mm_shuffle_epi32(x, 0x4e));
    return _mm_cvtepu16_epi32(_mm_max_epu16(x, _mm_shuffle_epi32(x, 0xb1)));
}

CPU_AVX2 static __m128i parity_min(__m128i x)
{
    x = _mm_min_epu16(x, _mm_shuffle_epi32(x, 0x4e));
    return _mm_cvtepu16_epi32(_mm_min_epu16(x, _mm_shuffle_epi32(x, 0xb1)));
}

CPU_AVX2 static __m128i parity_sum(__m128i x)
{
    __m128i even = _mm_and_si128(x, _mm_set1_epi32(0xffff)), odd = _mm_srli_epi32(x, 16);
    __m128i pairs = _mm_hadd_epi32(even, odd);
    return _mm_hadd_epi32(pairs, pairs);
}

/* The larger of lanes 0 and 1. */
CPU_AVX2 static int32_t lanes_max(__m128i x)
{
    return _mm_cvtsi128_si32(_mm_max_epi32(x, _mm_shuffle_epi32(x, 1)));
}

CPU_AVX2 static __m128i load_half(const uint16_t *samples)
{
    return _mm_loadu_si128((const __m128i *)(const void *)samples);
}

CPU_AVX2 static __m256i load_wide(const uint16_t *samples)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)samples);
}

/* Largest even and odd sample in lanes 0 and 1. The last vector overlaps the one before;
 * an odd last sample comes alone. */
CPU_AVX2 static __m128i largest_wide(const uint16_t *samples, uint32_t count)
{
    uint32_t even = count & ~1u;
    __m256i most = load_wide(samples + even - WIDE);
    for (uint32_t i = 0; i + WIDE < even; i += WIDE)
        most = _mm256_max_epu16(most, load_wide(samples + i));
    __m128i both =
        _mm_max_epu16(_mm256_castsi256_si128(most), _mm256_extracti128_si256(most, 1));
    if (even < count)
        both = _mm_max_epu16(both, _mm_cvtsi32_si128(samples[even]));
    return parity_max(both);
}

/* A pedestal window of eight samples from an even one. */
CPU_AVX2 static void base_wide(const uint16_t *samples, const struct pulse_frame *frame,
                               struct pulse_base *base)
{
    __m128i window = load_half(samples + frame->pedestal_first);
    __m128i least = parity_min(window), pedestal = parity_sum(window);
    __m128i width = _mm_sub_epi32(parity_max(window), least);
    base->spread = lanes_max(width);
    if (base->spread > (int32_t)frame->spread)
        pedestal = _mm_slli_epi32(least, 2); /* times the scale */
    __m128i largest = largest_wide(samples, frame->samples);
    base->level = lanes_max(_mm_sub_epi32(_mm_slli_epi32(largest, 2), pedestal));
    base->largest = lanes_max(largest);
    _mm_storel_epi64((__m128i *)(void *)base->pedestal, pedestal);
}

CPU_AVX2 static uint64_t lane_bits(__m256i lanes, uint32_t first)
{
    return (uint64_t)(uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(lanes)) << first;
}

CPU_AVX2 static void levels_wide(const uint16_t *samples, uint32_t count,
                                 struct pulse_levels *levels)
{
    const __m256i scale = _mm256_set1_epi32(levels->scale);
    const __m256i below = _mm256_set1_epi32(levels->least - 1);
    const __m256i turn = _mm256_setr_epi32(7, 0, 1, 2, 3, 4, 5, 6);
    const int32_t even = levels->pedestal[0], odd = levels->pedestal[1];
    const __m256i pedestal =
        _mm256_setr_epi32(even, odd, even, odd, even, odd, even, odd);
    __m256i last = _mm256_set1_epi32(-1); /* lane 0: the level before the vector */
    uint32_t i = 0;
    for (; i + HALF <= count; i += HALF) {
        __m256i sample = _mm256_cvtepu16_epi32(load_half(samples + i));
        __m256i level = _mm256_sub_epi32(_mm256_mullo_epi32(sample, scale), pedestal);
        level = _mm256_max_epi32(level, _mm256_setzero_si256());
        _mm256_storeu_si256((__m256i *)(void *)(levels->level + i), level);
        __m256i turned = _mm256_permutevar8x32_epi32(level, turn);
        __m256i before = _mm256_blend_epi32(turned, last, 1);
        levels->reached |= lane_bits(_mm256_cmpgt_epi32(level, below), i);
        levels->up |= lane_bits(_mm256_cmpgt_epi32(level, before), i);
        levels->down |= lane_bits(_mm256_cmpgt_epi32(before, level), i);
        last = turned;
    }
    levels_add(samples, i, count, levels);
}

#endif

void pulse_base(const uint16_t *samples, const struct pulse_frame *frame,
                struct pulse_base *base)
{
#if CPU_VECTOR
    if (frame->vector && frame->samples >= WIDE && frame->pedestal_samples == HALF &&
        frame->pedestal_first % 2 == 0) {
        base_wide(samples, frame, base);
        return;
    }
#endif
    base_plain(samples, frame, base);
}

void pulse_levels(const uint16_t *samples, const struct pulse_frame *frame,
                  struct pulse_levels *levels)
{
    levels->reached = levels->up = levels->down = 0;
#if CPU_VECTOR
    if (frame->vector) {
        levels_wide(samples, frame->samples, levels);
        return;
    }
#endif
    levels_add(samples, 0, frame->samples, levels);
}
