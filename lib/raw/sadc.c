/* sadc.c - the words of MSADC data format 3.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "raw/sadc.h"

#include <stdlib.h>

#include "raw/sadc_samples.h"
#include "raw/word.h"

#define KEY_ABSENT 0u
#define KEY_DATA   3u
#define ERROR_BIT  (1u << 24) /* of a block header */

/* Marks in bits 30 and 31 of channel headers and sample words. */
#define MARK_HEADER 1u
#define MARK_FIRST  1u
#define MARK_NEXT   2u

#define BLOCK_CHANNELS   512u /* ports x ADCs x channels of a source */
#define BLOCK_WORD_LIMIT 4095u

#define BLOCK_ROWS 16u /* of an ADC block, at most */

/* The rows of a block are filled to the last, there or not. */
static void *column_new(size_t size)
{
    return mem_new(SADC_MAX_CHANNELS + BLOCK_ROWS, size);
}

void sadc_digits_init(struct sadc_digits *digits)
{
    *digits = (struct sadc_digits){
        .source = column_new(sizeof *digits->source),
        .port = column_new(sizeof *digits->port),
        .adc = column_new(sizeof *digits->adc),
        .channel = column_new(sizeof *digits->channel),
        .flags = column_new(sizeof *digits->flags),
        .sum = column_new(sizeof *digits->sum),
        .integrals = {column_new(sizeof *digits->integrals[0]),
                      column_new(sizeof *digits->integrals[1])},
        .sample_count = column_new(sizeof *digits->sample_count),
        .first = column_new(sizeof *digits->first),
        .samples = mem_new((size_t)SADC_MAX_SAMPLES + SADC_SAMPLES_SLACK,
                           sizeof *digits->samples),
        .vectors = cpu_vectors(),
    };
}

void sadc_digits_release(struct sadc_digits *digits)
{
    free(digits->source);
    free(digits->port);
    free(digits->adc);
    free(digits->channel);
    free(digits->flags);
    free(digits->sum);
    free(digits->integrals[0]);
    free(digits->integrals[1]);
    free(digits->sample_count);
    free(digits->first);
    free(digits->samples);
    *digits = (struct sadc_digits){.count = 0};
}

void sadc_digits_clear(struct sadc_digits *digits)
{
    digits->count = 0;
    digits->sample_total = 0;
}

/* The words of one ADC block behind its header, and what belongs to all its channels. */
struct adc_block {
    const uint8_t *words;
    uint32_t count;
    uint16_t source;
    uint8_t port, adc;
};

struct decode {
    const struct slink_block *block;
    struct sadc_digits *digits;
    struct faults *faults;
    uint64_t seen[BLOCK_CHANNELS / 64]; /* channels of this source so far */
    bool good;
};

/* `words` at `place` give no digit. */
static void lost(struct decode *decode, enum damage_class damage, const uint8_t *place,
                 uint32_t words)
{
    uint32_t at = (uint32_t)(place - decode->block->words) / 4;
    decode->good = fault_lost(decode->faults, decode->block, damage, at, words);
}

/* One channel whose header and length are good. */
static void channel_take(struct decode *decode, const struct adc_block *block,
                         uint32_t header, const uint8_t *words)
{
    struct sadc_digits *digits = decode->digits;
    uint32_t samples = header >> 16 & SADC_MAX_PER_CHAN;
    uint8_t channel = (uint8_t)(header >> 26 & 15);
    uint32_t size = 1 + (samples + 1) / 2;
    uint32_t place = (uint32_t)block->port << 6 | (uint32_t)block->adc << 4 | channel;
    if ((decode->seen[place / 64] >> place % 64 & 1) != 0) {
        lost(decode, DAMAGE_CHANNEL_TWICE, words - 4, size);
        return;
    }
    if (digits->count == SADC_MAX_CHANNELS ||
        samples > SADC_MAX_SAMPLES - digits->sample_total) {
        lost(decode, DAMAGE_DIGITS_FULL, words - 4, size);
        return;
    }
    uint32_t sum;
    uint16_t *out = digits->samples + digits->sample_total;
    if (!sadc_samples(words, samples, digits->vectors != CPU_VECTORS_NONE, out, &sum)) {
        lost(decode, DAMAGE_SAMPLE_WORD, words - 4, size);
        return;
    }
    decode->seen[place / 64] |= (uint64_t)1 << place % 64;
    uint32_t row = digits->count++;
    digits->source[row] = block->source;
    digits->port[row] = block->port;
    digits->adc[row] = block->adc;
    digits->channel[row] = channel;
    digits->flags[row] = 0;
    digits->integrals[0][row] = 0;
    digits->integrals[1][row] = 0;
    digits->sum[row] = (uint16_t)header;
    digits->sample_count[row] = (uint16_t)samples;
    digits->first[row] = digits->sample_total;
    digits->sample_total += samples;
    decode->faults->sum_differs += (uint16_t)sum != (uint16_t)header;
}

/* What is the same in all rows of a block, for as many as it may have. */
static void rows_mark(struct sadc_digits *digits, const struct adc_block *block)
{
    const uint32_t row = digits->count;
    uint16_t source[BLOCK_ROWS];
    for (uint32_t i = 0; i < BLOCK_ROWS; i++)
        source[i] = block->source;
    memcpy(digits->source + row, source, sizeof source); /* as one vector */
    memset(digits->port + row, block->port, BLOCK_ROWS);
    memset(digits->adc + row, block->adc, BLOCK_ROWS);
    memset(digits->flags + row, 0, BLOCK_ROWS);
    memset(digits->integrals[0] + row, 0, BLOCK_ROWS * sizeof *digits->integrals[0]);
    memset(digits->integrals[1] + row, 0, BLOCK_ROWS * sizeof *digits->integrals[1]);
}

/* Whole channels of equal length at the front of a block; returns their words. */
static uint32_t front_take(struct decode *decode, const struct adc_block *block)
{
    struct sadc_digits *digits = decode->digits;
    uint32_t row = digits->count, group = (uint32_t)block->port << 2 | block->adc;
    uint64_t *seen = &decode->seen[group / 4];
    struct sadc_row front = {.words = block->words,
                             .count = block->count,
                             .rows = SADC_MAX_CHANNELS - row,
                             .total = digits->sample_total,
                             .room = SADC_MAX_SAMPLES - digits->sample_total,
                             .seen = *seen >> 16 * (group % 4) & 0xFFFF,
                             .samples = digits->samples + digits->sample_total,
                             .sum = digits->sum + row,
                             .channel = digits->channel + row,
                             .sample_count = digits->sample_count + row,
                             .first = digits->first + row};
    uint32_t taken = digits->vectors == CPU_VECTORS_AVX512 ? sadc_block_take(&front) : 0;
    if (taken == 0)
        taken = sadc_row_take(&front);
    *seen |= (uint64_t)front.seen << 16 * (group % 4);
    rows_mark(digits, block);
    digits->count += taken;
    digits->sample_total = front.total;
    decode->faults->sum_differs += front.sum_differs;
    return block->count - front.count;
}

static void adc_block_decode(struct decode *decode, const struct adc_block *block)
{
    uint32_t at = 0;
    if (decode->digits->vectors != CPU_VECTORS_NONE)
        at = front_take(decode, block);
    while (at < block->count) {
        uint32_t header = le32_load(block->words + 4 * (size_t)at);
        uint32_t words = ((header >> 16 & SADC_MAX_PER_CHAN) + 1) / 2;
        at++;
        if (header >> 30 != MARK_HEADER || words == 0 || words > block->count - at) {
            lost(decode, DAMAGE_CHANNEL_HEADER, block->words + 4 * (size_t)(at - 1),
                 block->count - at + 1);
            return;
        }
        channel_take(decode, block, header, block->words + 4 * (size_t)at);
        at += words;
    }
}

/* One ADC block at `words`; returns its size in words, 0 when it is not to be believed.
 */
static uint32_t adc_block_take(struct decode *decode, const struct slink_block *block,
                               uint32_t at)
{
    const uint8_t *words = block->words + 4 * (size_t)at;
    uint32_t header = le32_load(words);
    uint32_t size = header >> 12 & 0xFFF;
    uint32_t key = header >> 30;
    if (size == 0 || size > block->count - at) {
        lost(decode, DAMAGE_ADC_SIZE, words, block->count - at);
        return 0;
    }
    if ((header & ERROR_BIT) != 0)
        fault_marked(decode->faults, block, DAMAGE_ADC_ERROR, at);
    if ((header & 0xFFF) != (block->event & 0xFFF))
        lost(decode, DAMAGE_ADC_EVENT, words, size);
    else if (key == KEY_ABSENT && size == 1)
        lost(decode, DAMAGE_ADC_MISSING, words, size);
    else if (key != KEY_DATA)
        lost(decode, DAMAGE_ADC_KEY, words, size);
    else
        adc_block_decode(decode, &(struct adc_block){.words = words + 4,
                                                     .count = size - 1,
                                                     .source = block->source,
                                                     .port = (uint8_t)(header >> 27 & 7),
                                                     .adc = (uint8_t)(header >> 25 & 3)});
    return size;
}

bool sadc_decode(const struct slink_block *block, struct sadc_digits *digits,
                 struct faults *faults)
{
    struct decode decode = {
        .block = block, .digits = digits, .faults = faults, .good = true};
    uint32_t at = 0;
    while (at < block->count) {
        uint32_t size = adc_block_take(&decode, block, at);
        if (size == 0)
            break;
        at += size;
    }
    return decode.good;
}

static bool channel_encode(const struct sadc_digits *digits, uint32_t row,
                           struct bytes *words, struct err *err)
{
    uint32_t count = digits->sample_count[row];
    const uint16_t *samples = digits->samples + digits->first[row];
    if (!word_add(words,
                  (uint32_t)digits->sum[row] | count << 16 |
                      (uint32_t)digits->channel[row] << 26 | MARK_HEADER << 30,
                  err))
        return false;
    for (uint32_t i = 0; i < count; i += 2) {
        uint32_t later = i + 1 < count ? samples[i + 1] : 0;
        uint32_t mark = i == 0 ? MARK_FIRST : MARK_NEXT;
        if (!word_add(words, samples[i] | later << 12 | mark << 30, err))
            return false;
    }
    return true;
}

bool sadc_encode(const struct sadc_digits *digits, uint32_t from, uint32_t to,
                 uint32_t event, struct bytes *words, struct err *err)
{
    bug_if(from > to || to > digits->count);
    while (from < to) {
        size_t start = words->size;
        uint32_t row = from;
        if (!word_add(words, 0, err))
            return false;
        for (; row < to && digits->port[row] == digits->port[from] &&
               digits->adc[row] == digits->adc[from];
             row++)
            if (!channel_encode(digits, row, words, err))
                return false;
        size_t size = (words->size - start) / 4;
        if (size > BLOCK_WORD_LIMIT)
            return err_set(err, E_LIMIT, "an ADC block of %zu words; the limit is %u",
                           size, BLOCK_WORD_LIMIT);
        le32_store(words->data + start, (event & 0xFFF) | (uint32_t)size << 12 |
                                            (uint32_t)digits->adc[from] << 25 |
                                            (uint32_t)digits->port[from] << 27 |
                                            KEY_DATA << 30);
        from = row;
    }
    return true;
}
