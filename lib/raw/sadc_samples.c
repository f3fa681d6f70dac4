/* sadc_samples.c - sample words of MSADC data format 3 to samples.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "raw/sadc_samples.h"

#include "base/bytes.h"
#include "base/cpu.h"

#define SAMPLE 0xFFFu

/* Marks in bits 30 and 31 of the first word and of the others. */
#define MARK_FIRST 1u
#define MARK_NEXT  2u

/* Samples are unpacked two at a time as one number. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "low half first");

static bool plain_unpack(const uint8_t *words, uint32_t samples, uint16_t *out,
                         uint32_t *sum)
{
    uint32_t total = 0, wrong = 0, mark = MARK_FIRST;
    for (uint32_t i = 0; i < samples / 2; i++) {
        uint32_t word = le32_load(words + 4 * (size_t)i);
        uint32_t even = word & SAMPLE, odd = word >> 12 & SAMPLE;
        uint32_t pair = even | odd << 16;
        memcpy(out + 2 * (size_t)i, &pair, sizeof pair);
        total += even + odd;
        wrong |= word >> 30 ^ mark;
        mark = MARK_NEXT;
    }
    if (samples % 2 != 0) {
        uint32_t word = le32_load(words + 4 * (size_t)(samples / 2));
        out[samples - 1] = (uint16_t)(word & SAMPLE);
        total += word & SAMPLE;
        wrong |= word >> 30 ^ mark;
    }
    *sum = total;
    return wrong == 0;
}

#if CPU_VECTOR

#    include <immintrin.h>

#    define WIDE 8u /* words in a vector */
#    define PAIR (SAMPLE | SAMPLE << 16)

/* Eight masks from place 8 - n keep n whole words, and in `odd` half of the next one. */
static const uint32_t keep_even[2 * WIDE] = {PAIR, PAIR, PAIR, PAIR,
                                             PAIR, PAIR, PAIR, PAIR};
static const uint32_t keep_odd[2 * WIDE] = {PAIR, PAIR, PAIR, PAIR,  PAIR,
                                            PAIR, PAIR, PAIR, SAMPLE};

CPU_AVX2 static __m256i load(const void *place)
{
    return _mm256_loadu_si256((const __m256i *)place);
}

/* Unpacks eight words and adds pairs of samples to *sums. */
CPU_AVX2 static void words_unpack(__m256i words, __m256i keep, uint16_t *out,
                                  __m256i *sums)
{
    __m256i pairs =
        _mm256_blend_epi16(words, _mm256_slli_epi32(words, 4), 0xAA); /* odd halves */
    pairs = _mm256_and_si256(pairs, keep);
    _mm256_storeu_si256((__m256i *)(void *)out, pairs);
    *sums = _mm256_add_epi32(*sums, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

CPU_AVX2 static uint32_t lanes_sum(__m256i x)
{
    __m128i y = _mm_add_epi32(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
    y = _mm_add_epi32(y, _mm_srli_si128(y, 8));
    return (uint32_t)_mm_cvtsi128_si32(_mm_add_epi32(y, _mm_srli_si128(y, 4)));
}

CPU_AVX2 static bool wide_unpack(const uint8_t *words, uint32_t samples, uint16_t *out,
                                 uint32_t *sum)
{
    const int32_t first = (int32_t)(MARK_FIRST << 30), next = (int32_t)(MARK_NEXT << 30);
    __m256i marks = _mm256_setr_epi32(first, next, next, next, next, next, next, next);
    __m256i wrong = _mm256_setzero_si256(), sums = wrong;
    uint32_t pairs = samples / 2, i = 0;
    for (; i + WIDE <= pairs; i += WIDE) {
        __m256i word = load(words + 4 * (size_t)i);
        wrong = _mm256_or_si256(wrong, _mm256_xor_si256(word, marks));
        words_unpack(word, _mm256_set1_epi32(PAIR), out + 2 * (size_t)i, &sums);
        marks = _mm256_set1_epi32(next);
    }
    if (2 * i < samples) {
        const uint32_t *masks = samples % 2 != 0 ? keep_odd : keep_even;
        __m256i keep = load(masks + WIDE - (pairs - i));
        __m256i there = _mm256_cmpgt_epi32(keep, _mm256_setzero_si256());
        __m256i word = _mm256_maskload_epi32(
            (const int *)(const void *)(words + 4 * (size_t)i), there);
        __m256i differ = _mm256_and_si256(there, _mm256_xor_si256(word, marks));
        wrong = _mm256_or_si256(wrong, differ);
        words_unpack(word, keep, out + 2 * (size_t)i, &sums);
    }
    *sum = lanes_sum(sums);
    return _mm256_testz_si256(wrong, _mm256_set1_epi32((int32_t)(3u << 30))) != 0;
}

/* A header and the marks that belong to it. */
#    define HEADER_MARK   (1u << 30)
#    define HEADER_LENGTH (3u << 30 | 0x1FFu << 16) /* mark and number of samples */
#    define LEAST_SAMPLES 17u                       /* more than one vector */
#    define MOST_SAMPLES  32u                       /* two vectors */

/* The second vector ends with the last word and overlaps the first; `fresh` are the
 * samples that it alone has. */
struct shape {
    uint32_t samples, words; /* behind the header */
    __m256i keep, fresh;
};

CPU_AVX2 static struct shape shape_of(uint32_t samples)
{
    uint32_t words = (samples + 1) / 2, overlap = 2 * WIDE - words;
    __m256i lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    __m256i keep = _mm256_set1_epi32(PAIR);
    if (samples % 2 != 0)
        keep = _mm256_insert_epi32(keep, SAMPLE, WIDE - 1);
    __m256i behind = _mm256_cmpgt_epi32(lanes, _mm256_set1_epi32((int32_t)overlap - 1));
    return (struct shape){samples, words, keep, _mm256_and_si256(keep, behind)};
}

CPU_AVX2 static __m256i pairs_of(__m256i words)
{
    return _mm256_blend_epi16(words, _mm256_slli_epi32(words, 4), 0xAA);
}

/* Samples of one channel; false when a mark is wrong. */
CPU_AVX2 static bool two_unpack(const uint8_t *words, const struct shape *shape,
                                uint16_t *out, uint32_t *sum)
{
    const int32_t first = (int32_t)(MARK_FIRST << 30), next = (int32_t)(MARK_NEXT << 30);
    const __m256i marks =
        _mm256_setr_epi32(first, next, next, next, next, next, next, next);
    const __m256i ones = _mm256_set1_epi16(1);
    uint32_t behind = shape->words - WIDE;
    __m256i a = load(words), b = load(words + 4 * (size_t)behind);
    __m256i wrong = _mm256_or_si256(_mm256_xor_si256(a, marks),
                                    _mm256_xor_si256(b, _mm256_set1_epi32(next)));
    a = pairs_of(a);
    b = pairs_of(b);
    a = _mm256_and_si256(a, _mm256_set1_epi32(PAIR));
    __m256i sums = _mm256_madd_epi16(a, ones);
    sums = _mm256_add_epi32(sums,
                            _mm256_madd_epi16(_mm256_and_si256(b, shape->fresh), ones));
    _mm256_storeu_si256((__m256i *)(void *)out, a);
    _mm256_storeu_si256((__m256i *)(void *)(out + 2 * (size_t)behind),
                        _mm256_and_si256(b, shape->keep));
    *sum = lanes_sum(sums);
    return _mm256_testz_si256(wrong, _mm256_set1_epi32((int32_t)(3u << 30))) != 0;
}

CPU_AVX2 uint32_t sadc_row_take(struct sadc_row *row)
{
    if (row->count == 0)
        return 0;
    const uint8_t *words = row->words;
    const uint32_t like = le32_load(words) & HEADER_LENGTH;
    const struct shape shape = shape_of(like >> 16 & 0x1FF);
    const uint32_t size = 1 + shape.words;
    if (like >> 30 != HEADER_MARK >> 30 || shape.samples < LEAST_SAMPLES ||
        shape.samples > MOST_SAMPLES)
        return 0;
    uint32_t most = row->count / size, taken = 0;
    most = most < row->rows ? most : row->rows;
    most = most < row->room / shape.samples ? most : row->room / shape.samples;
    for (; taken < most; taken++, words += 4 * (size_t)size) {
        uint32_t header = le32_load(words), sum;
        uint32_t channel = header >> 26 & 15;
        if ((header & HEADER_LENGTH) != like || (row->seen >> channel & 1) != 0 ||
            !two_unpack(words + 4, &shape, row->samples + (size_t)taken * shape.samples,
                        &sum))
            break;
        row->seen |= 1u << channel;
        row->channel[taken] = (uint8_t)channel;
        row->sum[taken] = (uint16_t)header;
        row->sample_count[taken] = (uint16_t)shape.samples;
        row->first[taken] = row->total + taken * shape.samples;
        row->sum_differs += (uint16_t)sum != (uint16_t)header;
    }
    row->words = words;
    row->count -= taken * size;
    row->rows -= taken;
    row->total += taken * shape.samples;
    row->room -= taken * shape.samples;
    return taken;
}
#else
uint32_t sadc_row_take(struct sadc_row *row)
{
    (void)row;
    return 0;
}
#endif

bool sadc_samples(const uint8_t *words, uint32_t samples, bool vector, uint16_t *out,
                  uint32_t *sum)
{
#if CPU_VECTOR
    if (vector)
        return wide_unpack(words, samples, out, sum);
#else
    (void)vector;
#endif
    return plain_unpack(words, samples, out, sum);
}
