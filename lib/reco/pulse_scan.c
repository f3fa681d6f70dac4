/* pulse_scan.c - the passes over all samples of a channel, plain and with vectors.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "reco/pulse_scan.h"

#include <stdbool.h>

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
    base->over = (uint32_t)(most[0] > most[1] ? most[0] : most[1]) >= frame->over;
}

static void levels_plain(const struct pulse_frame *frame, struct pulse_levels *levels)
{
    const int32_t scale = (int32_t)(frame->pedestal_samples / 2);
    int32_t before = -1;
    levels->reached = levels->up = levels->down = levels->fallen = 0;
    for (uint32_t i = 0; i < frame->samples; i++) {
        int32_t level = levels->samples[i] * scale - levels->base.pedestal[i & 1];
        level = level > 0 ? level : 0;
        levels->level[i] = level;
        levels->reached |= (uint64_t)(level >= frame->least) << i;
        levels->up |= (uint64_t)(level > before) << i;
        levels->down |= (uint64_t)(level < before) << i;
        levels->fallen |= (uint64_t)(before > level + frame->tolerance) << i;
        before = level;
    }
}

#if CPU_VECTOR

#    include <immintrin.h>

#    define WIDE  16u /* samples in a vector */
#    define HALF  8u
#    define SCALE 4  /* of a pedestal window of eight samples */
#    define LEAST 17 /* samples: more than a vector, at most two */

#    define SAMPLE_MOST 4095 /* levels then fit into 16 bits */

/* The first and the last sixteen samples, or their levels. */
struct two {
    __m256i front, back;
};

CPU_AVX2 static __m256i load(const void *place)
{
    return _mm256_loadu_si256((const __m256i *)place);
}

/* The even and the odd number in all pairs of the result. */
CPU_AVX2 static __m128i parity_max(__m128i x)
{
    x = _mm_max_epu16(x, _mm_shuffle_epi32(x, 0x4e));
    return _mm_max_epu16(x, _mm_shuffle_epi32(x, 0xb1));
}

CPU_AVX2 static __m128i parity_min(__m128i x)
{
    x = _mm_min_epu16(x, _mm_shuffle_epi32(x, 0x4e));
    return _mm_min_epu16(x, _mm_shuffle_epi32(x, 0xb1));
}

CPU_AVX2 static __m128i parity_sum(__m128i x)
{
    x = _mm_add_epi16(x, _mm_shuffle_epi32(x, 0x4e));
    return _mm_add_epi16(x, _mm_shuffle_epi32(x, 0xb1));
}

/* The largest level. */
CPU_AVX2 static int32_t levels_max(struct two x)
{
    __m256i most = _mm256_max_epi16(x.front, x.back);
    __m128i half =
        _mm_max_epi16(_mm256_castsi256_si128(most), _mm256_extracti128_si256(most, 1));
    __m128i turned = _mm_xor_si128(half, _mm_set1_epi16(INT16_MAX));
    return INT16_MAX - (_mm_cvtsi128_si32(_mm_minpos_epu16(turned)) & UINT16_MAX);
}

/* Is any sample at `over`, which is at most 4095, or above it? */
CPU_AVX2 static bool two_over(struct two samples, uint32_t over)
{
    __m256i most = _mm256_max_epu16(samples.front, samples.back);
    __m256i beyond = _mm256_subs_epu16(most, _mm256_set1_epi16((int16_t)(over - 1)));
    return _mm256_testz_si256(beyond, beyond) == 0;
}

/* What puts the pedestals of `count` samples into the order of the last sixteen: even and
 * odd ones change places when the first of these is odd. */
CPU_AVX2 static __m256i back_order(uint32_t count)
{
    const __m256i same = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
    const __m256i turned = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13));
    return count % 2 != 0 ? turned : same;
}

CPU_AVX2 static struct two two_load(const uint16_t *samples, uint32_t count)
{
    return (struct two){load(samples), load(samples + count - WIDE)};
}

/* Samples above the pedestal of their parity; `pedestal` has the pair of both in all. */
CPU_AVX2 static struct two two_levels(struct two samples, __m256i pedestal, __m256i order)
{
    return (struct two){
        _mm256_sub_epi16(_mm256_slli_epi16(samples.front, 2), pedestal),
        _mm256_sub_epi16(_mm256_slli_epi16(samples.back, 2),
                         _mm256_shuffle_epi8(pedestal, order)),
    };
}

/* No sample is at `over`. */
CPU_AVX2 static void base_wide(struct two all, __m128i window, uint32_t spread,
                               __m256i order, struct pulse_base *base)
{
    __m128i least = parity_min(window), pedestal = parity_sum(window);
    __m128i width = _mm_sub_epi16(parity_max(window), least);
    width = _mm_max_epu16(width, _mm_srli_epi32(width, 16));
    base->spread = _mm_cvtsi128_si32(width) & UINT16_MAX;
    if (base->spread > (int32_t)spread)
        pedestal = _mm_slli_epi16(least, 2); /* times the scale */
    base->level =
        levels_max(two_levels(all, _mm256_broadcastsi128_si256(pedestal), order));
    base->over = 0;
    _mm_storel_epi64((__m128i *)(void *)base->pedestal, _mm_cvtepu16_epi32(pedestal));
}

CPU_AVX2 static void bases_wide(const uint16_t *const *samples, uint32_t count,
                                const struct pulse_frame *frame, struct pulse_base *bases)
{
    const __m256i order = back_order(frame->samples);
    const uint32_t first = frame->pedestal_first, spread = frame->spread;
    for (uint32_t i = 0; i < count; i++) {
        const struct two all = two_load(samples[i], frame->samples);
        const void *window = samples[i] + first;
        if (two_over(all, frame->over))
            base_plain(samples[i], frame, &bases[i]);
        else
            base_wide(all, _mm_loadu_si128((const __m128i *)window), spread, order,
                      &bases[i]);
    }
}

/* A bit for each of `count` samples from what the two vectors say. */
CPU_AVX2 static uint64_t sample_bits(struct two masks, uint32_t count)
{
    __m256i bytes = _mm256_packs_epi16(masks.front, masks.back);
    bytes = _mm256_permute4x64_epi64(bytes, 0xd8);
    uint32_t bits = (uint32_t)_mm256_movemask_epi8(bytes);
    return (bits & UINT16_MAX) | bits >> 16 << (count - WIDE);
}

CPU_AVX2 static struct two above(struct two a, struct two b)
{
    return (struct two){_mm256_cmpgt_epi16(a.front, b.front),
                        _mm256_cmpgt_epi16(a.back, b.back)};
}

CPU_AVX2 static struct two same(int32_t number)
{
    __m256i all = _mm256_set1_epi16((int16_t)number);
    return (struct two){all, all};
}

/* Not below 0. */
CPU_AVX2 static __m256i risen(__m256i levels)
{
    return _mm256_max_epi16(levels, _mm256_setzero_si256());
}

CPU_AVX2 static void levels_store(__m256i levels, int32_t *out)
{
    __m256i low = _mm256_cvtepi16_epi32(_mm256_castsi256_si128(levels));
    __m256i high = _mm256_cvtepi16_epi32(_mm256_extracti128_si256(levels, 1));
    _mm256_storeu_si256((__m256i *)(void *)out, low);
    _mm256_storeu_si256((__m256i *)(void *)(out + HALF), high);
}

/* Levels of channels without a sample at `over`. */
CPU_AVX2 static void level_wide(const struct pulse_frame *frame, __m256i order,
                                struct pulse_levels *levels)
{
    const uint32_t count = frame->samples, back = count - WIDE;
    const uint16_t *samples = levels->samples;
    const uint32_t pair =
        (uint32_t)levels->base.pedestal[0] | (uint32_t)levels->base.pedestal[1] << 16;
    const __m256i pedestal = _mm256_set1_epi32((int32_t)pair);
    const __m256i odd_first = _mm256_set1_epi32((int32_t)(pair >> 16 | pair << 16));
    struct two level = two_levels(two_load(samples, count), pedestal, order);
    level = (struct two){risen(level.front), risen(level.back)};
    /* The levels before these, -1 before the first. */
    __m256i shifted = _mm256_permute2x128_si256(_mm256_set1_epi16(-1), level.front, 0x20);
    __m256i earlier = _mm256_slli_epi16(load(samples + back - 1), 2);
    earlier = _mm256_sub_epi16(earlier, count % 2 != 0 ? pedestal : odd_first);
    const struct two before = {_mm256_alignr_epi8(level.front, shifted, 14),
                               risen(earlier)};
    const struct two tolerance = same(frame->tolerance);
    const struct two least = {_mm256_add_epi16(level.front, tolerance.front),
                              _mm256_add_epi16(level.back, tolerance.back)};
    levels->reached = sample_bits(above(level, same(frame->least - 1)), count);
    levels->up = sample_bits(above(level, before), count);
    levels->down = sample_bits(above(before, level), count);
    levels->fallen = sample_bits(above(before, least), count);
    levels_store(level.front, levels->level);
    levels_store(level.back, levels->level + back);
}

CPU_AVX2 static void levels_wide(struct pulse_levels *levels, uint32_t count,
                                 const struct pulse_frame *frame)
{
    const __m256i order = back_order(frame->samples);
    for (uint32_t i = 0; i < count; i++)
        if (levels[i].base.over)
            levels_plain(frame, &levels[i]);
        else
            level_wide(frame, order, &levels[i]);
}

CPU_AVX2 static uint64_t below_wide(const int32_t *level, uint32_t count, int32_t height)
{
    const __m256i limit = _mm256_set1_epi32(height);
    uint64_t bits = 0;
    for (uint32_t i = 0; i < count; i += HALF) {
        __m256i under = _mm256_cmpgt_epi32(limit, load(level + i));
        bits |= (uint64_t)(uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(under)) << i;
    }
    return bits & (((uint64_t)1 << count) - 1);
}

/* The shape for which this is made: what the experiment records. */
static bool frame_fits(const struct pulse_frame *frame)
{
    return frame->vectors != CPU_VECTORS_NONE && frame->samples >= LEAST &&
           frame->samples <= 2 * WIDE && frame->pedestal_samples == 2 * SCALE &&
           frame->pedestal_first % 2 == 0 && frame->over <= SAMPLE_MOST;
}

#endif

void pulse_bases(const uint16_t *const *samples, uint32_t count,
                 const struct pulse_frame *frame, struct pulse_base *bases)
{
#if CPU_VECTOR
    if (frame_fits(frame)) {
        bases_wide(samples, count, frame, bases);
        return;
    }
#endif
    for (uint32_t i = 0; i < count; i++)
        base_plain(samples[i], frame, &bases[i]);
}

void pulse_levels(struct pulse_levels *levels, uint32_t count,
                  const struct pulse_frame *frame)
{
#if CPU_VECTOR
    if (frame_fits(frame)) {
        levels_wide(levels, count, frame);
        return;
    }
#endif
    for (uint32_t i = 0; i < count; i++)
        levels_plain(frame, &levels[i]);
}

uint64_t pulse_below(const struct pulse_levels *levels, const struct pulse_frame *frame,
                     uint32_t count, int32_t height)
{
    uint64_t bits = 0;
#if CPU_VECTOR
    if (frame->vectors != CPU_VECTORS_NONE)
        return below_wide(levels->level, count, height);
#else
    (void)frame;
#endif
    for (uint32_t i = 0; i < count; i++)
        bits |= (uint64_t)(levels->level[i] < height) << i;
    return bits;
}
