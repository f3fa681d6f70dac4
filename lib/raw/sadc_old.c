/* sadc_old.c - ADC blocks of the old formats, and which decoder each is for.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "raw/sadc_old.h"

#include "raw/sadc_internal.h"

#define KEY_COMPRESSED 1u
#define KEY_DATA       2u
#define KEY_EXTENDED   3u

void sadc_old_lost(struct sadc_old *old, enum damage_class damage, uint32_t at,
                   uint32_t words)
{
    old->good = fault_lost(old->faults, old->block, damage, at, words);
}

bool sadc_old_fits(struct sadc_old *old, const struct sadc_block *adc,
                   const struct sadc_channel *channel)
{
    const struct sadc_digits *digits = old->digits;
    enum damage_class damage = DAMAGE_DIGITS_FULL;
    if ((old->seen[adc->chip] >> channel->number & 1) != 0)
        damage = DAMAGE_CHANNEL_TWICE;
    else if (digits->count < SADC_MAX_CHANNELS &&
             channel->samples <= SADC_MAX_SAMPLES - digits->sample_total)
        return true;
    sadc_old_lost(old, damage, channel->at, channel->words);
    return false;
}

uint32_t sadc_old_add(struct sadc_old *old, struct sadc_block *adc,
                      const struct sadc_channel *channel)
{
    struct sadc_digits *digits = old->digits;
    uint32_t row = digits->count++;
    if ((int32_t)channel->number < adc->last)
        fault_marked(old->faults, old->block, DAMAGE_CHANNEL_ORDER, channel->at);
    adc->last = (int32_t)channel->number;
    old->seen[adc->chip] |= (uint64_t)1 << channel->number;
    digits->source[row] = old->block->source;
    digits->port[row] = 0;
    digits->adc[row] = adc->chip;
    digits->channel[row] = (uint8_t)channel->number;
    digits->flags[row] = adc->flags;
    digits->sum[row] = 0;
    digits->integrals[0][row] = 0;
    digits->integrals[1][row] = 0;
    digits->sample_count[row] = (uint16_t)channel->samples;
    digits->first[row] = digits->sample_total;
    digits->sample_total += channel->samples;
    return row;
}

/* An ADC block whose size is good; `mode` are its key and the bit for sparse data. */
static void block_take(struct sadc_old *old, const struct chip_rule *rule,
                       uint32_t header, struct sadc_block *adc)
{
    uint32_t key = header >> 30, at = adc->at - 1;
    bool sparse = (header >> 24 & 1) != 0;
    uint32_t event_bits = key == KEY_COMPRESSED ? 0xFF : 0xFFF;
    if (key < KEY_COMPRESSED || (key == KEY_EXTENDED && !sparse))
        sadc_old_lost(old, DAMAGE_ADC_KEY, at, adc->end - at);
    else if (((header ^ old->block->event) & event_bits) != 0)
        sadc_old_lost(old, DAMAGE_ADC_EVENT, at, adc->end - at);
    else if (key == KEY_COMPRESSED)
        sadc_compressed_decode(old, adc, rule->huffman);
    else if (rule->sadc_format == SADC_FORMAT_2)
        sadc_inverted_decode(old, adc);
    else
        sadc_latch_decode(old, adc, key == KEY_EXTENDED || !sparse);
}

bool sadc_old_decode(const struct slink_block *block, const struct chip_rule *rule,
                     struct sadc_digits *digits, struct faults *faults)
{
    struct sadc_old old = {
        .block = block, .digits = digits, .faults = faults, .good = true};
    uint32_t at = 0;
    while (at < block->count) {
        uint32_t header = word_at(block, at);
        uint32_t size = header >> 12 & 0xFFF;
        if (size == 0 || size > block->count - at) {
            sadc_old_lost(&old, DAMAGE_ADC_SIZE, at, block->count - at);
            break;
        }
        block_take(
            &old, rule, header,
            &(struct sadc_block){.at = at + 1,
                                 .end = at + size,
                                 .chip = (uint8_t)(header >> 26 & 15),
                                 .flags = (header >> 25 & 1) != 0 ? SADC_OVERFLOW : 0,
                                 .last = -1});
        at += size;
    }
    return old.good;
}

static uint32_t header_of(const struct sadc_rows *rows, const struct sadc_old_spec *spec)
{
    const struct sadc_digits *digits = rows->digits;
    uint32_t key = KEY_DATA, sparse = 0, event = spec->event & 0xFFF;
    switch (spec->mode) {
    case SADC_LATCH:
    case SADC_INVERTED:
        break;
    case SADC_SPARSE:
        sparse = 1;
        break;
    case SADC_EXTENDED:
        key = KEY_EXTENDED;
        sparse = 1;
        break;
    case SADC_COMPRESSED:
        key = KEY_COMPRESSED;
        event = spec->event & 0xFF;
        break;
    }
    uint32_t overflow = (digits->flags[rows->from] & SADC_OVERFLOW) != 0 ? 1 : 0;
    return event | sparse << 24 | overflow << 25 |
           (uint32_t)digits->adc[rows->from] << 26 | key << 30;
}

static bool rows_encode(const struct sadc_rows *rows, const struct sadc_old_spec *spec,
                        struct bytes *words, struct err *err)
{
    if (spec->mode == SADC_COMPRESSED)
        return sadc_compressed_encode(rows, spec->huffman, words, err);
    if (spec->mode == SADC_INVERTED)
        return sadc_inverted_encode(rows, words, err);
    return sadc_latch_encode(rows, spec->mode != SADC_SPARSE, words, err);
}

bool sadc_old_encode(const struct sadc_digits *digits, uint32_t from, uint32_t to,
                     const struct sadc_old_spec *spec, struct bytes *words,
                     struct err *err)
{
    const uint32_t first = from;
    bug_if(from > to || to > digits->count);
    while (from < to) {
        size_t start = words->size;
        struct sadc_rows rows = {
            .digits = digits, .from = from, .to = from, .first = first};
        while (rows.to < to && digits->adc[rows.to] == digits->adc[from] &&
               ((digits->flags[rows.to] ^ digits->flags[from]) & SADC_OVERFLOW) == 0)
            rows.to++;
        if (!word_add(words, 0, err) || !rows_encode(&rows, spec, words, err))
            return false;
        size_t size = (words->size - start) / 4;
        if (size > SADC_BLOCK_LIMIT)
            return err_set(err, E_LIMIT, "an ADC block of %zu words; the limit is %u",
                           size, SADC_BLOCK_LIMIT);
        le32_store(words->data + start, header_of(&rows, spec) | (uint32_t)size << 12);
        from = rows.to;
    }
    return true;
}
