/* sadc_latch.c - ADC blocks of the oldest format: samples and integrals, or integrals.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Nothing says how many samples there are: the distance between the first words of the
 * channels does, once for an S-Link block. Up to two samples of 0 at the end of a channel
 * are padding.
 */
#include "raw/sadc_internal.h"

#define INTEGRALS      3u
#define INTEGRAL_FIXED (3u << 30 | 3u << 24 | 0x7Fu << 16)
#define INTEGRAL_SHARED                                                                  \
    (15u << 26 | 1u << 23) /* the same in all three: channel, flag                       \
                            */
#define SUPPRESSED (1u << 23)

/* Words of a channel when the marks of the whole block agree on it, else 0. */
static uint32_t stride_of(const struct slink_block *block, const struct sadc_block *adc)
{
    uint32_t words = adc->end - adc->at, stride = 1;
    while (stride < words && word_at(block, adc->at + stride) >> 30 != SADC_MARK_INFO)
        stride++;
    if (words == 0 || words % stride != 0 || stride <= INTEGRALS)
        return 0;
    for (uint32_t i = 0; i < words; i++) {
        uint32_t mark = i % stride == 0 ? SADC_MARK_INFO : SADC_MARK_NEXT;
        if (word_at(block, adc->at + i) >> 30 != mark)
            return 0;
    }
    return stride;
}

/* The three words at `at`: marks, and one channel in all. */
static bool integrals_good(const struct slink_block *block, uint32_t at)
{
    uint32_t first = word_at(block, at);
    for (uint32_t i = 0; i < INTEGRALS; i++) {
        uint32_t word = word_at(block, at + i);
        if ((word & INTEGRAL_FIXED) != SADC_MARK_NEXT << 30 ||
            ((word ^ first) & INTEGRAL_SHARED) != 0)
            return false;
    }
    return true;
}

static bool marks_good(const struct slink_block *block, uint32_t at, uint32_t words)
{
    bool good = word_at(block, at) >> 30 == SADC_MARK_INFO;
    for (uint32_t i = 1; i < words; i++)
        good = good && word_at(block, at + i) >> 30 == SADC_MARK_NEXT;
    return good;
}

/* Unpacks, without the padding; returns the number of samples. */
static uint32_t samples_load(const struct slink_block *block, uint32_t at, uint32_t words,
                             uint16_t *out)
{
    uint32_t count = 3 * words;
    for (uint32_t i = 0; i < count; i++)
        out[i] = (uint16_t)(word_at(block, at + i / 3) >> 10 * (i % 3) & 0x3FF);
    for (uint32_t i = 0; i < 2 && count > 0 && out[count - 1] == 0; i++)
        count--;
    return count;
}

static void channel_take(struct sadc_old *old, struct sadc_block *adc, uint32_t at,
                         uint32_t stride)
{
    struct sadc_digits *digits = old->digits;
    uint32_t packed = stride - INTEGRALS, integrals = at + packed;
    if (packed > 0 && !marks_good(old->block, at, packed)) {
        sadc_old_lost(old, DAMAGE_SAMPLE_WORD, at, stride);
        return;
    }
    if (!integrals_good(old->block, integrals)) {
        sadc_old_lost(old, DAMAGE_INTEGRAL_WORD, at, stride);
        return;
    }
    uint32_t first = word_at(old->block, integrals);
    struct sadc_channel channel = {
        .at = at, .words = stride, .number = first >> 26 & 15, .samples = 3 * packed};
    if (!sadc_old_fits(old, adc, &channel))
        return;
    channel.samples =
        samples_load(old->block, at, packed, digits->samples + digits->sample_total);
    uint32_t row = sadc_old_add(old, adc, &channel);
    digits->flags[row] |=
        SADC_TEN_BITS | ((first & SUPPRESSED) != 0 ? SADC_SUPPRESSED : 0);
    digits->sum[row] = (uint16_t)first;
    for (uint32_t i = 0; i < 2; i++)
        digits->integrals[i][row] = (uint16_t)word_at(old->block, integrals + 1 + i);
}

void sadc_latch_decode(struct sadc_old *old, struct sadc_block *adc, bool sampled)
{
    uint32_t words = adc->end - adc->at, stride = INTEGRALS;
    if (sampled) {
        if (old->stride == 0)
            old->stride = stride_of(old->block, adc);
        stride = old->stride;
    }
    if (words > 0 && (stride == 0 || words % stride != 0)) {
        sadc_old_lost(old, DAMAGE_SAMPLE_COUNT, adc->at - 1, words + 1);
        return;
    }
    for (uint32_t at = adc->at; at < adc->end; at += stride)
        channel_take(old, adc, at, stride);
}

static bool samples_encode(const struct sadc_digits *digits, uint32_t row,
                           struct bytes *words, struct err *err)
{
    const uint16_t *samples = digits->samples + digits->first[row];
    uint32_t count = digits->sample_count[row];
    if (count == 0 || (samples[count - 1] == 0 && count % 3 != 1))
        return err_set(err, E_LIMIT,
                       "channel %u: its last sample would be taken for padding",
                       digits->channel[row]);
    for (uint32_t i = 0; i < count; i += 3) {
        uint32_t word = (i == 0 ? SADC_MARK_INFO : SADC_MARK_NEXT) << 30;
        for (uint32_t k = 0; k < 3 && i + k < count; k++) {
            if (samples[i + k] > SADC_OLD_SAMPLE_MAX)
                return err_set(err, E_LIMIT, "a sample of %u; the limit is %u",
                               samples[i + k], SADC_OLD_SAMPLE_MAX);
            word |= (uint32_t)samples[i + k] << 10 * k;
        }
        if (!word_add(words, word, err))
            return false;
    }
    return true;
}

bool sadc_latch_encode(const struct sadc_rows *rows, bool sampled, struct bytes *words,
                       struct err *err)
{
    const struct sadc_digits *digits = rows->digits;
    for (uint32_t row = rows->from; row < rows->to; row++) {
        const uint16_t integrals[INTEGRALS] = {
            digits->sum[row], digits->integrals[0][row], digits->integrals[1][row]};
        uint32_t shared = SADC_MARK_NEXT << 30 | (uint32_t)digits->channel[row] << 26;
        if ((digits->flags[row] & SADC_SUPPRESSED) != 0)
            shared |= SUPPRESSED;
        uint32_t count = digits->sample_count[row];
        uint32_t first = digits->sample_count[rows->first];
        if (sampled && (count + 2) / 3 != (first + 2) / 3)
            return err_set(err, E_LIMIT, "channels with %u and %u samples in one block",
                           first, count);
        if (sampled && !samples_encode(digits, row, words, err))
            return false;
        for (uint32_t i = 0; i < INTEGRALS; i++)
            if (!word_add(words, shared | integrals[i], err))
                return false;
    }
    return true;
}
