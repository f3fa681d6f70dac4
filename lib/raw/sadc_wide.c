/* sadc_wide.c - the channels of a whole ADC block of MSADC data format 3 with AVX-512.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The words of a channel are one vector, its sum is one of sixteen that are added up
 * together.
 */
#include "raw/sadc_samples.h"

#include "base/bytes.h"
#include "base/cpu.h"

#if CPU_VECTOR

#    include <immintrin.h>

#    define ROWS 16u /* channels of an ADC block, at most */
#    define FOUR 4u  /* channels whose sums are added up together first */

#    define MARKS         (3u << 30)
#    define MARK_FIRST    (1u << 30) /* of the first word of a channel; of a header too */
#    define MARK_NEXT     (2u << 30)
#    define HEADER_LENGTH (MARKS | 0x1FFu << 16) /* mark and number of samples */
#    define EVEN          0xFFFu
#    define ODD           (EVEN << 16)
#    define LEAST_SAMPLES 17u /* below, more would be written than there is slack for */
#    define MOST_SAMPLES  32u /* one vector */

_Static_assert(MOST_SAMPLES - LEAST_SAMPLES < SADC_SAMPLES_SLACK, "whole vectors");

/* The channels of a block, all of one length. */
struct block {
    const uint8_t *words;
    uint32_t like; /* what their headers have in common */
    uint32_t samples, size, count;
};

CPU_AVX512 static __m512i add_rows(__m512i a, __m512i b)
{
    return _mm512_add_epi32(_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
}

CPU_AVX512 static __m512i add_pairs(__m512i a, __m512i b)
{
    return _mm512_add_epi32(_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b));
}

CPU_AVX512 static __m512i add_halves(__m512i a, __m512i b)
{
    return _mm512_add_epi32(_mm512_shuffle_i32x4(a, b, 0x44),
                            _mm512_shuffle_i32x4(a, b, 0xEE));
}

/* From the sums of four rows each in four parts those of all. */
CPU_AVX512 static __m512i parts_sum(const __m512i parts[ROWS / FOUR])
{
    __m512i a = add_halves(parts[0], parts[1]), b = add_halves(parts[2], parts[3]);
    return _mm512_add_epi32(_mm512_shuffle_i32x4(a, b, 0x88),
                            _mm512_shuffle_i32x4(a, b, 0xDD));
}

/* How the words of a channel are unpacked, and what was wrong with marks so far. */
struct unpacking {
    __mmask16 there;
    __m512i marks, odd, wrong;
};

CPU_AVX512 static struct unpacking unpacking_of(const struct block *block)
{
    const uint32_t words = block->size - 1;
    const __mmask16 last = (__mmask16)(1u << (words - 1));
    __m512i odd = _mm512_set1_epi32((int32_t)ODD);
    if (block->samples % 2 != 0)
        odd = _mm512_mask_mov_epi32(odd, last, _mm512_setzero_si512());
    return (struct unpacking){
        .there = (__mmask16)((1u << words) - 1),
        .marks = _mm512_mask_mov_epi32(_mm512_set1_epi32((int32_t)MARK_NEXT), 1,
                                       _mm512_set1_epi32((int32_t)MARK_FIRST)),
        .odd = odd,
        .wrong = _mm512_setzero_si512()};
}

/* Samples of one channel; gives sums of pairs. */
CPU_AVX512 static inline __m512i channel_unpack(const uint8_t *words, uint16_t *out,
                                                struct unpacking *how)
{
    __m512i word = _mm512_maskz_loadu_epi32(how->there, words);
    __m512i differ = _mm512_xor_si512(word, how->marks);
    how->wrong = _mm512_mask_or_epi32(how->wrong, how->there, how->wrong, differ);
    __m512i pairs = _mm512_and_si512(_mm512_slli_epi32(word, 4), how->odd);
    pairs =
        _mm512_or_si512(pairs, _mm512_and_si512(word, _mm512_set1_epi32((int32_t)EVEN)));
    _mm512_storeu_si512(out, pairs);
    return _mm512_madd_epi16(pairs, _mm512_set1_epi16(1));
}

/* Unpacks all channels; false when a mark of a sample word is wrong. Rows that are not
 * there are unpacked from the first one to nowhere. */
CPU_AVX512 static bool block_unpack(const struct block *block, uint16_t *out,
                                    __m512i *headers, __m512i *sums)
{
    struct unpacking how = unpacking_of(block);
    const size_t step = 4 * (size_t)block->size, length = block->samples;
    const uint8_t *const first = block->words;
    const uint32_t count = block->count;
    uint16_t nowhere[MOST_SAMPLES];
    __m512i parts[ROWS / FOUR], all = _mm512_setzero_si512();
    for (uint32_t i = 0; i < ROWS / FOUR; i++)
        parts[i] = _mm512_setzero_si512();
    for (uint32_t i = 0; i < count; i += FOUR) {
        const uint8_t *a = first + i * step;
        const uint8_t *b = i + 1 < count ? a + step : first;
        const uint8_t *c = i + 2 < count ? a + 2 * step : first;
        const uint8_t *d = i + 3 < count ? a + 3 * step : first;
        uint16_t *to = out + i * length;
        __m512i x = channel_unpack(a + 4, to, &how);
        __m512i y = channel_unpack(b + 4, b != first ? to + length : nowhere, &how);
        x = add_rows(x, y);
        y = channel_unpack(c + 4, c != first ? to + 2 * length : nowhere, &how);
        y = add_rows(y,
                     channel_unpack(d + 4, d != first ? to + 3 * length : nowhere, &how));
        parts[i / FOUR] = add_pairs(x, y);
        __m128i four = _mm_set_epi32((int32_t)le32_load(d), (int32_t)le32_load(c),
                                     (int32_t)le32_load(b), (int32_t)le32_load(a));
        all = _mm512_mask_broadcast_i32x4(all, (__mmask16)(15u << i), four);
    }
    *headers = all;
    *sums = parts_sum(parts);
    return _mm512_test_epi32_mask(how.wrong, _mm512_set1_epi32((int32_t)MARKS)) == 0;
}

/* Are the headers of one kind, and their channels new? */
CPU_AVX512 static bool headers_good(const struct block *block, __m512i headers,
                                    __mmask16 there, uint32_t *seen)
{
    __m512i differ = _mm512_xor_si512(headers, _mm512_set1_epi32((int32_t)block->like));
    __m512i channels =
        _mm512_and_si512(_mm512_srli_epi32(headers, 26), _mm512_set1_epi32(15));
    __m512i bits = _mm512_maskz_sllv_epi32(there, _mm512_set1_epi32(1), channels);
    uint32_t all = (uint32_t)_mm512_reduce_or_epi32(bits);
    bool good = _mm512_mask_test_epi32_mask(
                    there, differ, _mm512_set1_epi32((int32_t)HEADER_LENGTH)) == 0 &&
                (all & *seen) == 0 && (uint32_t)_mm_popcnt_u32(all) == block->count;
    *seen |= all;
    return good;
}

/* The columns, whole vectors of them. */
CPU_AVX512 static void columns_store(const struct block *block, __m512i headers,
                                     struct sadc_row *row)
{
    const __m512i numbers =
        _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    __m512i channels =
        _mm512_and_si512(_mm512_srli_epi32(headers, 26), _mm512_set1_epi32(15));
    __m512i first =
        _mm512_mullo_epi32(numbers, _mm512_set1_epi32((int32_t)block->samples));
    first = _mm512_add_epi32(first, _mm512_set1_epi32((int32_t)row->total));
    _mm_storeu_si128((__m128i *)(void *)row->channel, _mm512_cvtepi32_epi8(channels));
    _mm256_storeu_si256((__m256i *)(void *)row->sum, _mm512_cvtepi32_epi16(headers));
    _mm256_storeu_si256((__m256i *)(void *)row->sample_count,
                        _mm256_set1_epi16((int16_t)block->samples));
    _mm512_storeu_si512(row->first, first);
}

CPU_AVX512 uint32_t sadc_block_take(struct sadc_row *row)
{
    struct block block = {.words = row->words};
    if (row->count == 0)
        return 0;
    block.like = le32_load(row->words) & HEADER_LENGTH;
    block.samples = block.like >> 16 & 0x1FF;
    block.size = 1 + (block.samples + 1) / 2;
    block.count = row->count / block.size;
    if ((block.like & MARKS) != MARK_FIRST || block.samples < LEAST_SAMPLES ||
        block.samples > MOST_SAMPLES || block.count == 0 || block.count > ROWS ||
        block.count > row->rows || block.count > row->room / block.samples)
        return 0;
    const __mmask16 there = (__mmask16)((1u << block.count) - 1);
    uint32_t seen = row->seen;
    __m512i headers, sums;
    if (!block_unpack(&block, row->samples, &headers, &sums) ||
        !headers_good(&block, headers, there, &seen))
        return 0;
    columns_store(&block, headers, row);
    sums = _mm512_xor_si512(sums, headers);
    row->sum_differs += (uint32_t)_mm_popcnt_u32(
        _mm512_mask_test_epi32_mask(there, sums, _mm512_set1_epi32(0xFFFF)));
    row->seen = seen;
    row->words += 4 * (size_t)(block.count * block.size);
    row->count -= block.count * block.size;
    row->rows -= block.count;
    row->total += block.count * block.samples;
    row->room -= block.count * block.samples;
    return block.count;
}
#else
uint32_t sadc_block_take(struct sadc_row *row)
{
    (void)row;
    return 0;
}
#endif
