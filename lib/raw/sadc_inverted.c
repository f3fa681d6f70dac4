/* sadc_inverted.c - ADC blocks of data format 2: samples stored as 1023 minus the value.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "raw/sadc_internal.h"

/* The first data word of a channel may have the mark of an information word. */
static uint32_t data_words(const struct slink_block *block, const struct sadc_block *adc,
                           uint32_t at)
{
    uint32_t end = at + 1;
    while (end < adc->end &&
           (word_at(block, end) >> 30 == SADC_MARK_NEXT ||
            (end == at + 1 && word_at(block, end) >> 30 == SADC_MARK_INFO)))
        end++;
    return end - at - 1;
}

/* Unpacks; false when what fills the last word is not 0. */
static bool samples_load(const struct slink_block *block, uint32_t at, uint32_t count,
                         uint16_t *out)
{
    uint32_t padding = 0;
    for (uint32_t i = 0; i < (count + 2) / 3 * 3; i++) {
        uint32_t raw = word_at(block, at + i / 3) >> 10 * (i % 3) & 0x3FF;
        if (i < count)
            out[i] = (uint16_t)(SADC_OLD_SAMPLE_MAX - raw);
        else
            padding |= raw;
    }
    return padding == 0;
}

/* The channel at `at`; returns how many words it has. */
static uint32_t channel_take(struct sadc_old *old, struct sadc_block *adc, uint32_t at)
{
    struct sadc_digits *digits = old->digits;
    uint32_t info = word_at(old->block, at);
    uint32_t words = data_words(old->block, adc, at);
    struct sadc_channel channel = {.at = at,
                                   .words = words + 1,
                                   .number = info >> 26 & 15,
                                   .samples = info >> 16 & SADC_MAX_PER_CHAN};
    if (info >> 30 != SADC_MARK_INFO)
        sadc_old_lost(old, DAMAGE_CHANNEL_HEADER, at, words + 1);
    else if (channel.samples == 0 || (channel.samples + 2) / 3 != words)
        sadc_old_lost(old, DAMAGE_SAMPLE_COUNT, at, words + 1);
    else if (sadc_old_fits(old, adc, &channel)) {
        uint16_t *out = digits->samples + digits->sample_total;
        if (samples_load(old->block, at + 1, channel.samples, out)) {
            uint32_t row = sadc_old_add(old, adc, &channel);
            digits->sum[row] = (uint16_t)info;
            digits->flags[row] |= SADC_TEN_BITS;
        } else
            sadc_old_lost(old, DAMAGE_SAMPLE_COUNT, at, words + 1);
    }
    return words + 1;
}

void sadc_inverted_decode(struct sadc_old *old, struct sadc_block *adc)
{
    for (uint32_t at = adc->at; at < adc->end;)
        at += channel_take(old, adc, at);
}

bool sadc_inverted_encode(const struct sadc_rows *rows, struct bytes *words,
                          struct err *err)
{
    const struct sadc_digits *digits = rows->digits;
    for (uint32_t row = rows->from; row < rows->to; row++) {
        const uint16_t *samples = digits->samples + digits->first[row];
        uint32_t count = digits->sample_count[row];
        if (count == 0 || count > SADC_MAX_PER_CHAN)
            return err_set(err, E_LIMIT, "a channel of %u samples; 1 to %u can be", count,
                           SADC_MAX_PER_CHAN);
        if (!word_add(words,
                      digits->sum[row] | count << 16 |
                          (uint32_t)digits->channel[row] << 26 | SADC_MARK_INFO << 30,
                      err))
            return false;
        for (uint32_t i = 0; i < count; i += 3) {
            uint32_t word = SADC_MARK_NEXT << 30;
            for (uint32_t k = 0; k < 3 && i + k < count; k++) {
                if (samples[i + k] > SADC_OLD_SAMPLE_MAX)
                    return err_set(err, E_LIMIT, "a sample of %u; the limit is %u",
                                   samples[i + k], SADC_OLD_SAMPLE_MAX);
                word |= (SADC_OLD_SAMPLE_MAX - samples[i + k]) << 10 * k;
            }
            if (!word_add(words, word, err))
                return false;
        }
    }
    return true;
}
