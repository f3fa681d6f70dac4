/* pulse_scan.c - the passes over all samples of a channel, plain and with vectors.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "reco/pulse_scan.h"

#include "base/cpu.h"

static void largest_add(const uint16_t *samples, uint32_t from, uint32_t to,
                        struct pulse_scan *scan)
{
    for (uint32_t i = from; i < to; i++)
        if (samples[i] > scan->largest[i & 1])
            scan->largest[i & 1] = samples[i];
}

static void window_add(const uint16_t *samples, uint32_t from, uint32_t to,
                       struct pulse_scan *scan)
{
    for (uint32_t i = from; i < to; i++) {
        int32_t value = samples[i];
        uint32_t parity = i & 1;
        scan->sum[parity] += value;
        if (value < scan->least[parity])
            scan->least[parity] = value;
        if (value > scan->most[parity])
            scan->most[parity] = value;
    }
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

/* Lane 0 and 1 of the result have the largest even and odd lane of x. */
CPU_AVX2 static __m128i parity_max(__m128i x)
{
    x = _mm_max_epu16(x, _mm_srli_si128(x, 8));
    return _mm_max_epu16(x, _mm_srli_si128(x, 4));
}

CPU_AVX2 static __m128i parity_min(__m128i x)
{
    x = _mm_min_epu16(x, _mm_shuffle_epi32(x, 0x4e));
    return _mm_min_epu16(x, _mm_shuffle_epi32(x, 0xb1));
}

/* The sum of four numbers of 32 bits. */
CPU_AVX2 static int32_t lanes_sum(__m128i x)
{
    x = _mm_add_epi32(x, _mm_srli_si128(x, 8));
    return _mm_cvtsi128_si32(_mm_add_epi32(x, _mm_srli_si128(x, 4)));
}

CPU_AVX2 static __m128i load_half(const uint16_t *samples)
{
    return _mm_loadu_si128((const __m128i *)(const void *)samples);
}

CPU_AVX2 static __m256i load_wide(const uint16_t *samples)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)samples);
}

/* A window of eight samples from an even one. */
CPU_AVX2 static void window_eight(const uint16_t *samples, struct pulse_scan *scan)
{
    __m128i x = load_half(samples);
    uint32_t least = (uint32_t)_mm_cvtsi128_si32(parity_min(x));
    uint32_t most = (uint32_t)_mm_cvtsi128_si32(parity_max(x));
    scan->sum[0] = lanes_sum(_mm_and_si128(x, _mm_set1_epi32(0xffff)));
    scan->sum[1] = lanes_sum(_mm_srli_epi32(x, 16));
    scan->least[0] = (int32_t)(least & 0xffff);
    scan->least[1] = (int32_t)(least >> 16);
    scan->most[0] = (int32_t)(most & 0xffff);
    scan->most[1] = (int32_t)(most >> 16);
}

/* The last vector overlaps the one before; an odd last sample comes alone. */
CPU_AVX2 static void largest_wide(const uint16_t *samples, uint32_t count,
                                  struct pulse_scan *scan)
{
    uint32_t even = count & ~1u;
    __m256i most = load_wide(samples + even - WIDE);
    for (uint32_t i = 0; i + WIDE < even; i += WIDE)
        most = _mm256_max_epu16(most, load_wide(samples + i));
    __m128i both =
        _mm_max_epu16(_mm256_castsi256_si128(most), _mm256_extracti128_si256(most, 1));
    uint32_t largest = (uint32_t)_mm_cvtsi128_si32(parity_max(both));
    scan->largest[0] = (int32_t)(largest & 0xffff);
    scan->largest[1] = (int32_t)(largest >> 16);
    largest_add(samples, even, count, scan);
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

CPU_AVX2 static void scan_wide(const uint16_t *samples, const struct pulse_frame *frame,
                               struct pulse_scan *scan)
{
    uint32_t first = frame->pedestal_first;
    if (first % 2 == 0 && frame->pedestal_samples == HALF)
        window_eight(samples + first, scan);
    else
        window_add(samples, first, first + frame->pedestal_samples, scan);
    largest_wide(samples, frame->samples, scan);
}

static bool is_wide(const struct pulse_frame *frame)
{
    return frame->vector && frame->samples >= WIDE;
}

#endif

void pulse_scan(const uint16_t *samples, const struct pulse_frame *frame,
                struct pulse_scan *scan)
{
    *scan = (struct pulse_scan){.least = {UINT16_MAX, UINT16_MAX}};
    uint32_t first = frame->pedestal_first;
#if CPU_VECTOR
    if (is_wide(frame)) {
        scan_wide(samples, frame, scan);
        return;
    }
#endif
    window_add(samples, first, first + frame->pedestal_samples, scan);
    largest_add(samples, 0, frame->samples, scan);
}

void pulse_levels(const uint16_t *samples, const struct pulse_frame *frame,
                  struct pulse_levels *levels)
{
    levels->reached = levels->up = levels->down = 0;
#if CPU_VECTOR
    if (is_wide(frame)) {
        levels_wide(samples, frame->samples, levels);
        return;
    }
#endif
    levels_add(samples, 0, frame->samples, levels);
}
