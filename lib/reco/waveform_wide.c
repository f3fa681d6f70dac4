/* waveform_wide.c - many channels measured at once with AVX-512.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Steps without a branch on what the samples are. Sixteen channels at a time get
 * pedestal and largest level. Of those that reach the threshold each is one vector, whose
 * maxima go to a list of all channels. That list is worked off.
 */
#include "reco/waveform_wide.h"

#if CPU_VECTOR

#    include <immintrin.h>
#    include <stddef.h>

#    define SAMPLES     32u   /* of a vector */
#    define WINDOW      8u    /* samples of the pedestal window */
#    define GROUP       16u   /* channels */
#    define HALF        8u    /* of them */
#    define LEAST_COUNT 3u    /* channels: AVX2 is quicker with less */
#    define SAMPLE_MOST 4095u /* levels then fit into 16 bits */

/* Between two maxima a sample falls, so a vector has at most half as many. */
#    define MAXIMA (SAMPLES / 2 * WAVEFORM_ROW)

_Static_assert(SAMPLES / 2 <= WAVEFORM_MAXIMA, "all maxima are kept");
_Static_assert(WAVEFORM_ROW == 2 * GROUP, "a bit for each channel of a row");
_Static_assert(offsetof(struct waveform, flags) == 0 &&
                   offsetof(struct waveform, count) == 4 &&
                   offsetof(struct waveform, base.pedestal) == 8 &&
                   offsetof(struct waveform, base.level) == 16 &&
                   offsetof(struct waveform, base.over) == 20 &&
                   offsetof(struct waveform, base.spread) == 24 &&
                   offsetof(struct waveform, largest) == 32 &&
                   offsetof(struct waveform, maxima) == 64,
               "the head of a waveform is two vectors");

bool waveform_wide_fits(const struct pulse_frame *frame, uint32_t count)
{
    return frame->vectors == CPU_VECTORS_AVX512 && count >= LEAST_COUNT &&
           frame->samples >= WINDOW && frame->samples <= SAMPLES &&
           frame->pedestal_samples == WINDOW && frame->pedestal_first % 2 == 0 &&
           frame->over <= SAMPLE_MOST;
}

/* Numbers of sixteen channels, one in 32 bits. */
struct group {
    __m512i pedestal; /* of the even samples and, in the upper half, of the odd ones */
    __m512i level, spread;
    __mmask16 crowded, over;
};

/* What the next step takes from all groups. */
struct row {
    uint32_t pedestal[WAVEFORM_ROW];
    int32_t level[WAVEFORM_ROW];
    uint32_t reached, over; /* a bit for each channel */
};

CPU_AVX512 static __m512i most_of_four(const uint16_t *const *samples, __mmask32 there)
{
    __m512i a = _mm512_maskz_loadu_epi16(there, samples[0]);
    __m512i b = _mm512_maskz_loadu_epi16(there, samples[1]);
    __m512i c = _mm512_maskz_loadu_epi16(there, samples[2]);
    __m512i d = _mm512_maskz_loadu_epi16(there, samples[3]);
    a = _mm512_max_epu16(_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
    c = _mm512_max_epu16(_mm512_unpacklo_epi32(c, d), _mm512_unpackhi_epi32(c, d));
    return _mm512_max_epu16(_mm512_unpacklo_epi64(a, c), _mm512_unpackhi_epi64(a, c));
}

/* The largest even and the largest odd sample. */
CPU_AVX512 static __m512i most_of(const uint16_t *const *samples, __mmask32 there)
{
    __m512i a = most_of_four(samples, there), b = most_of_four(samples + 4, there);
    __m512i c = most_of_four(samples + 8, there), d = most_of_four(samples + 12, there);
    a = _mm512_max_epu16(_mm512_shuffle_i32x4(a, b, 0x44),
                         _mm512_shuffle_i32x4(a, b, 0xEE));
    c = _mm512_max_epu16(_mm512_shuffle_i32x4(c, d, 0x44),
                         _mm512_shuffle_i32x4(c, d, 0xEE));
    return _mm512_max_epu16(_mm512_shuffle_i32x4(a, c, 0x88),
                            _mm512_shuffle_i32x4(a, c, 0xDD));
}

/* Windows of every fourth channel. */
CPU_AVX512 static __m512i windows_load(const uint16_t *const *samples, uint32_t first)
{
    __m512i x = _mm512_castsi128_si512(
        _mm_loadu_si128((const __m128i *)(const void *)(samples[0] + first)));
    x = _mm512_inserti32x4(
        x, _mm_loadu_si128((const __m128i *)(const void *)(samples[4] + first)), 1);
    x = _mm512_inserti32x4(
        x, _mm_loadu_si128((const __m128i *)(const void *)(samples[8] + first)), 2);
    return _mm512_inserti32x4(
        x, _mm_loadu_si128((const __m128i *)(const void *)(samples[12] + first)), 3);
}

/* Sums, least and most samples of the windows, even and odd. */
CPU_AVX512 static void windows_scan(const uint16_t *const *samples, uint32_t first,
                                    __m512i *sum, __m512i *least, __m512i *most)
{
    __m512i a = windows_load(samples, first), b = windows_load(samples + 1, first);
    __m512i c = windows_load(samples + 2, first), d = windows_load(samples + 3, first);
    __m512i early = _mm512_unpacklo_epi32(a, b), late = _mm512_unpackhi_epi32(a, b);
    __m512i early_too = _mm512_unpacklo_epi32(c, d);
    __m512i late_too = _mm512_unpackhi_epi32(c, d);
    a = _mm512_unpacklo_epi64(early, early_too); /* the first two samples of all */
    b = _mm512_unpackhi_epi64(early, early_too);
    c = _mm512_unpacklo_epi64(late, late_too);
    d = _mm512_unpackhi_epi64(late, late_too);
    *sum = _mm512_add_epi16(_mm512_add_epi16(a, b), _mm512_add_epi16(c, d));
    *least = _mm512_min_epu16(_mm512_min_epu16(a, b), _mm512_min_epu16(c, d));
    *most = _mm512_max_epu16(_mm512_max_epu16(a, b), _mm512_max_epu16(c, d));
}

/* The larger half of each pair. */
CPU_AVX512 static __m512i larger(__m512i pairs)
{
    __m512i both = _mm512_max_epu16(pairs, _mm512_srli_epi32(pairs, 16));
    return _mm512_and_si512(both, _mm512_set1_epi32(UINT16_MAX));
}

CPU_AVX512 static struct group group_of(const uint16_t *const *samples,
                                        const struct pulse_frame *frame)
{
    const __mmask32 there = (__mmask32)(((uint64_t)1 << frame->samples) - 1);
    struct group group;
    __m512i sum, least, most;
    windows_scan(samples, frame->pedestal_first, &sum, &least, &most);
    group.spread = larger(_mm512_sub_epi16(most, least));
    group.crowded =
        _mm512_cmpgt_epi32_mask(group.spread, _mm512_set1_epi32((int32_t)frame->spread));
    group.pedestal =
        _mm512_mask_mov_epi32(sum, group.crowded, _mm512_slli_epi16(least, 2));
    most = most_of(samples, there);
    group.over =
        _mm512_cmpge_epi32_mask(larger(most), _mm512_set1_epi32((int32_t)frame->over));
    most = _mm512_sub_epi16(_mm512_slli_epi16(most, 2), group.pedestal);
    group.level = _mm512_max_epi32(_mm512_srai_epi32(_mm512_slli_epi32(most, 16), 16),
                                   _mm512_srai_epi32(most, 16));
    return group;
}

/* What stands in the first half of the head of a waveform. */
struct head {
    uint32_t flags, count;
    struct pulse_base base;
    uint32_t nothing;
};

_Static_assert(sizeof(struct head) == 32, "half a vector");

/* Heads of eight channels, the even ones first. */
CPU_AVX512 static void heads_make(__m256i flags, __m256i pedestal, __m256i level,
                                  __m256i spread, struct head heads[HALF])
{
    const __m512i front = _mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11);
    const __m512i back = _mm512_setr_epi64(4, 5, 12, 13, 6, 7, 14, 15);
    __m512i a = _mm512_cvtepu32_epi64(flags), b = _mm512_cvtepu16_epi32(pedestal);
    __m512i c = _mm512_cvtepu32_epi64(level), d = _mm512_cvtepu32_epi64(spread);
    __m512i even = _mm512_unpacklo_epi64(a, b), even_too = _mm512_unpacklo_epi64(c, d);
    __m512i odd = _mm512_unpackhi_epi64(a, b), odd_too = _mm512_unpackhi_epi64(c, d);
    _mm512_storeu_si512(heads, _mm512_permutex2var_epi64(even, front, even_too));
    _mm512_storeu_si512(heads + 2, _mm512_permutex2var_epi64(even, back, even_too));
    _mm512_storeu_si512(heads + 4, _mm512_permutex2var_epi64(odd, front, odd_too));
    _mm512_storeu_si512(heads + 6, _mm512_permutex2var_epi64(odd, back, odd_too));
}

CPU_AVX512 static void heads_store(const struct group *group, uint32_t count,
                                   struct waveform *out)
{
    const __m512i flags = _mm512_maskz_set1_epi32(group->crowded, WAVEFORM_PILEUP);
    struct head heads[GROUP];
    heads_make(_mm512_castsi512_si256(flags), _mm512_castsi512_si256(group->pedestal),
               _mm512_castsi512_si256(group->level),
               _mm512_castsi512_si256(group->spread), heads);
    heads_make(_mm512_extracti64x4_epi64(flags, 1),
               _mm512_extracti64x4_epi64(group->pedestal, 1),
               _mm512_extracti64x4_epi64(group->level, 1),
               _mm512_extracti64x4_epi64(group->spread, 1), heads + HALF);
    for (uint32_t i = 0; i < count; i++) {
        const struct head *head = &heads[(i & HALF) + i % 2 * 4 + i % HALF / 2];
        _mm256_storeu_si256((__m256i *)(void *)&out[i],
                            _mm256_loadu_si256((const __m256i *)(const void *)head));
        _mm256_storeu_si256((__m256i *)(void *)&out[i].largest, _mm256_setzero_si256());
    }
}

/* Sixteen channels from `from` on, or those that are left. */
CPU_AVX512 static void group_measure(const uint16_t *const *samples, uint32_t from,
                                     uint32_t count, const struct pulse_frame *frame,
                                     struct row *row, struct waveform *out)
{
    const uint16_t *all[GROUP];
    const uint32_t left = count - from < GROUP ? count - from : GROUP;
    const uint32_t there = (1u << left) - 1;
    for (uint32_t i = 0; i < GROUP; i++) /* the first again where there is none */
        all[i] = samples[i < left ? from + i : from];
    struct group group = group_of(all, frame);
    heads_store(&group, left, out + from);
    _mm512_storeu_si512(row->pedestal + from, group.pedestal);
    _mm512_storeu_si512(row->level + from, group.level);
    uint32_t reached =
        _mm512_cmpge_epi32_mask(group.level, _mm512_set1_epi32(frame->least));
    row->reached |= (reached & ~(uint32_t)group.over & there) << from;
    row->over |= (group.over & there) << from;
}

/* Maxima by channel and sample, and the channels they are of by their place in the list.
 * What is written in whole vectors may go beyond the last one. */
struct list {
    uint32_t channels, maxima;
    uint32_t channel[WAVEFORM_ROW], fallen[WAVEFORM_ROW];
    int16_t level[WAVEFORM_ROW][SAMPLES];
    uint8_t place[MAXIMA + SAMPLES], sample[MAXIMA + SAMPLES];
    int32_t height[MAXIMA + HALF], last[MAXIMA + HALF], timed[MAXIMA + HALF];
    int32_t rest[MAXIMA + HALF], rise[MAXIMA + HALF];
    double amplitude[MAXIMA + HALF], time_ns[MAXIMA + HALF];
};

/* Of the samples that rise those behind which the next change is a fall, or none comes:
 * the sum carries each over the equal samples behind it. */
CPU_AVX512 static uint32_t maxima_mark(uint64_t rising, uint64_t up, uint64_t down,
                                       uint32_t samples)
{
    const uint64_t end = (uint64_t)1 << samples;
    uint64_t equal = ~(up | down) & (end - 1);
    uint64_t changes = ((rising << 1) + equal) & ~equal;
    return (uint32_t)_pdep_u64(_pext_u64(down | end, changes), rising);
}

/* A channel that reaches the threshold. */
CPU_AVX512 static void channel_add(struct list *list, const uint16_t *samples,
                                   uint32_t pedestal, const struct pulse_frame *frame)
{
    const __mmask32 there = (__mmask32)(((uint64_t)1 << frame->samples) - 1);
    const __m512i numbers =
        _mm512_set_epi16(31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16,
                         15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    const __m512i less = _mm512_set1_epi16(-1);
    __m512i level = _mm512_slli_epi16(_mm512_maskz_loadu_epi16(there, samples), 2);
    level = _mm512_sub_epi16(level, _mm512_set1_epi32((int32_t)pedestal));
    level = _mm512_max_epi16(level, _mm512_setzero_si512());
    __m512i before = _mm512_mask_permutexvar_epi16(
        less, 0xFFFFFFFEu, _mm512_add_epi16(numbers, less), level);
    __m512i most = _mm512_set1_epi16((int16_t)frame->tolerance);
    most = _mm512_add_epi16(level, most);
    uint32_t up = _mm512_mask_cmpgt_epi16_mask(there, level, before);
    uint32_t down = _mm512_mask_cmplt_epi16_mask(there, level, before);
    uint32_t reached =
        _mm512_cmpge_epi16_mask(level, _mm512_set1_epi16((int16_t)frame->least));
    uint32_t maxima = maxima_mark(up & reached, up, down, frame->samples);
    _mm512_storeu_si512(list->level[list->channels], level);
    list->fallen[list->channels] = _mm512_mask_cmpgt_epi16_mask(there, before, most);
    __m256i marked = _mm256_maskz_compress_epi8(maxima, _mm512_cvtepi16_epi8(numbers));
    _mm256_storeu_si256((__m256i *)(void *)(list->sample + list->maxima), marked);
    _mm256_storeu_si256((__m256i *)(void *)(list->place + list->maxima),
                        _mm256_set1_epi8((char)list->channels));
    list->maxima += (uint32_t)_mm_popcnt_u32(maxima);
    list->channels++;
}

/* Half height on the rising edge before each maximum: behind the last sample below half,
 * when none behind it falls. */
CPU_AVX512 static void edges_find(struct list *list, uint32_t search_first)
{
    for (uint32_t i = 0; i < list->maxima; i++) {
        const uint32_t place = list->place[i], top = list->sample[i];
        const int16_t *level = list->level[place];
        const int32_t height = level[top];
        uint32_t low = _mm512_cmplt_epi16_mask(
            _mm512_loadu_si512(level), _mm512_set1_epi16((int16_t)((height + 1) / 2)));
        low &= (1u << top) - 1;
        const uint32_t last = 31 - (uint32_t)__builtin_clz(low | 1);
        const uint32_t edge = ((2u << top) - 1) & ~((2u << last) - 1);
        const int32_t below = level[last];
        list->timed[i] =
            (low != 0) & ((list->fallen[place] & edge) == 0) & (top >= search_first);
        list->height[i] = height;
        list->last[i] = (int32_t)last;
        list->rest[i] = height - 2 * below;
        list->rise[i] = 2 * (level[last + 1] - below);
    }
}

CPU_AVX512 static __m512d doubles(const int32_t *numbers)
{
    return _mm512_cvtepi32_pd(_mm256_loadu_si256((const __m256i *)(const void *)numbers));
}

/* Eight maxima at a time. */
CPU_AVX512 static void numbers_make(struct list *list, const struct waveform_rules *rules)
{
    for (uint32_t i = 0; i < list->maxima; i += HALF) {
        __m256i marks =
            _mm256_loadu_si256((const __m256i *)(const void *)(list->timed + i));
        __mmask8 timed = _mm256_test_epi32_mask(marks, _mm256_set1_epi32(1));
        __m512d samples =
            _mm512_maskz_div_pd(timed, doubles(list->rest + i), doubles(list->rise + i));
        samples = _mm512_maskz_add_pd(timed, doubles(list->last + i), samples);
        _mm512_storeu_pd(list->time_ns + i,
                         _mm512_mul_pd(samples, _mm512_set1_pd(rules->period_ns)));
        _mm512_storeu_pd(list->amplitude + i, _mm512_mul_pd(doubles(list->height + i),
                                                            _mm512_set1_pd(rules->unit)));
    }
}

static void maxima_store(const struct list *list, uint32_t search_first,
                         struct waveform *out)
{
    for (uint32_t i = 0; i < list->maxima; i++) {
        struct waveform *waveform = &out[list->channel[list->place[i]]];
        const uint32_t sample = list->sample[i];
        const bool early = sample < search_first;
        struct waveform_maximum *place =
            early ? &waveform->early : &waveform->maxima[waveform->count];
        waveform->count += !early;
        place->sample = sample;
        place->timed = list->timed[i] != 0;
        place->amplitude = list->amplitude[i];
        place->time_ns = list->time_ns[i];
    }
}

CPU_AVX512 uint32_t waveform_wide(const uint16_t *const *samples, uint32_t count,
                                  const struct pulse_frame *frame,
                                  const struct waveform_rules *rules,
                                  struct waveform *out)
{
    struct list list; /* not all of its memory is needed */
    struct row row;
    row.reached = row.over = 0;
    list.channels = list.maxima = 0;
    for (uint32_t i = 0; i < count; i += GROUP)
        group_measure(samples, i, count, frame, &row, out);
    for (uint32_t left = row.reached; left != 0; left &= left - 1) {
        const uint32_t i = (uint32_t)__builtin_ctz(left);
        out[i].largest = row.level[i] * rules->unit;
        list.channel[list.channels] = i;
        channel_add(&list, samples[i], row.pedestal[i], frame);
    }
    edges_find(&list, rules->search_first);
    numbers_make(&list, rules);
    maxima_store(&list, rules->search_first, out);
    return row.over;
}
#else
bool waveform_wide_fits(const struct pulse_frame *frame, uint32_t count)
{
    (void)frame, (void)count;
    return false;
}

uint32_t waveform_wide(const uint16_t *const *samples, uint32_t count,
                       const struct pulse_frame *frame,
                       const struct waveform_rules *rules, struct waveform *out)
{
    (void)samples, (void)count, (void)frame, (void)rules, (void)out;
    return 0;
}
#endif
