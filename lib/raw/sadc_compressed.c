/* sadc_compressed.c - ADC blocks in a Huffman code.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A stream of bits: number of samples minus 1 (9 bits) once, then for each channel its
 * number (6 bits), the first sample and the differences, modulo 4096. Nothing says how
 * many channels there are: one that ends in the last word is the last one.
 */
#include "raw/sadc_internal.h"

#define COUNT_BITS   9u
#define CHANNEL_BITS 6u

/* One channel of `count` samples at the reader; false when it cannot be unpacked. */
static bool samples_take(const struct huffman *huffman, struct bit_reader *reader,
                         uint32_t count, uint16_t *out)
{
    uint32_t sample = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t symbol;
        if (!huffman_take(huffman, reader, &symbol))
            return false;
        sample = (sample + symbol) % HUFFMAN_SYMBOLS;
        out[i] = (uint16_t)sample;
    }
    return true;
}

/* Are all bits from the reader to the end 0? */
static bool rest_empty(struct bit_reader *reader)
{
    uint32_t bits = 0;
    return bits_take(reader, (uint32_t)(reader->end - reader->at), &bits) && bits == 0;
}

/* All channels of the block; false when it is damaged. */
static bool channels_take(struct sadc_old *old, struct sadc_block *adc,
                          const struct huffman *huffman, struct bit_reader *reader)
{
    struct sadc_digits *digits = old->digits;
    struct sadc_channel channel = {.at = adc->at - 1, .words = adc->end - adc->at + 1};
    if (!bits_take(reader, COUNT_BITS, &channel.samples))
        return false;
    channel.samples++;
    do {
        if (!bits_take(reader, CHANNEL_BITS, &channel.number) ||
            (old->seen[adc->chip] >> channel.number & 1) != 0 ||
            digits->count == SADC_MAX_CHANNELS ||
            channel.samples > SADC_MAX_SAMPLES - digits->sample_total ||
            !samples_take(huffman, reader, channel.samples,
                          digits->samples + digits->sample_total))
            return false;
        (void)sadc_old_add(old, adc, &channel);
    } while (reader->end - reader->at >= 32);
    return rest_empty(reader);
}

void sadc_compressed_decode(struct sadc_old *old, struct sadc_block *adc,
                            const struct huffman *huffman)
{
    struct sadc_digits *digits = old->digits;
    uint32_t words = adc->end - adc->at;
    uint32_t count = digits->count, sample_total = digits->sample_total;
    uint64_t seen = old->seen[adc->chip];
    struct bit_reader reader = {.words = old->block->words + 4 * (size_t)adc->at,
                                .end = (uint64_t)32 * words};
    if (words == 0)
        return;
    if (huffman != NULL && channels_take(old, adc, huffman, &reader))
        return;
    digits->count = count;
    digits->sample_total = sample_total;
    old->seen[adc->chip] = seen;
    sadc_old_lost(old, DAMAGE_HUFFMAN, adc->at - 1, words + 1);
}

static bool symbol_put(struct bit_writer *writer, const struct huffman *huffman,
                       uint32_t symbol, struct err *err)
{
    if (huffman->length[symbol] == 0)
        return err_set(err, E_LIMIT, "the Huffman table has no code for %u", symbol);
    return bits_put(writer, huffman->code[symbol], huffman->length[symbol], err);
}

static bool channel_put(struct bit_writer *writer, const struct sadc_digits *digits,
                        uint32_t row, const struct huffman *huffman, struct err *err)
{
    const uint16_t *samples = digits->samples + digits->first[row];
    uint32_t before = 0;
    if (!bits_put(writer, digits->channel[row], CHANNEL_BITS, err))
        return false;
    for (uint32_t i = 0; i < digits->sample_count[row]; i++) {
        uint32_t symbol = (samples[i] - before) % HUFFMAN_SYMBOLS;
        if (!symbol_put(writer, huffman, symbol, err))
            return false;
        before = samples[i];
    }
    return true;
}

bool sadc_compressed_encode(const struct sadc_rows *rows, const struct huffman *huffman,
                            struct bytes *words, struct err *err)
{
    const struct sadc_digits *digits = rows->digits;
    struct bit_writer writer = {.words = words};
    uint32_t count = digits->sample_count[rows->from];
    uint64_t before = 0;
    bug_if(huffman == NULL);
    if (count == 0 || count > 1u << COUNT_BITS)
        return err_set(err, E_LIMIT, "a channel of %u samples; 1 to 512 can be", count);
    if (!bits_put(&writer, count - 1, COUNT_BITS, err))
        return false;
    for (uint32_t row = rows->from; row < rows->to; row++) {
        before = writer.total;
        if (digits->sample_count[row] != count)
            return err_set(err, E_LIMIT, "channels with %u and %u samples in one block",
                           count, digits->sample_count[row]);
        if (!channel_put(&writer, digits, row, huffman, err))
            return false;
    }
    if (rows->to - rows->from > 1 && (before - 1) / 32 == (writer.total - 1) / 32)
        return err_set(err, E_LIMIT, "two channels end in the last word of a block");
    return bits_end(&writer, err);
}
