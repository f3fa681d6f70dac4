/* apv.c - the words of APV chips behind their ADCs.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "raw/apv.h"

#include <stdlib.h>

#include "raw/word.h"

#define HEAD             2u /* words of the header of an ADC and of a chip */
#define BLOCK_WORD_LIMIT 0xFFFFu
#define GOOD_FRAMES      (1u | 1u << 9 | 1u << 18)
#define COMMON_MARK      (1u << 31)
#define ADDRESSES        192u
#define FIRST_ADDRESS    32u /* Gray code of address 0 */

void apv_digits_init(struct apv_digits *digits)
{
    *digits = (struct apv_digits){
        .source = mem_new(APV_MAX_DIGITS, sizeof *digits->source),
        .adc = mem_new(APV_MAX_DIGITS, sizeof *digits->adc),
        .chip = mem_new(APV_MAX_DIGITS, sizeof *digits->chip),
        .channel = mem_new(APV_MAX_DIGITS, sizeof *digits->channel),
        .chip_source = mem_new(APV_MAX_CHIPS, sizeof *digits->chip_source),
        .chip_adc = mem_new(APV_MAX_CHIPS, sizeof *digits->chip_adc),
        .chip_chip = mem_new(APV_MAX_CHIPS, sizeof *digits->chip_chip),
        .chip_format = mem_new(APV_MAX_CHIPS, sizeof *digits->chip_format),
        .has_common = mem_new(APV_MAX_CHIPS, sizeof *digits->has_common),
        .time_tag = mem_new(APV_MAX_CHIPS, sizeof *digits->time_tag),
        .first = mem_new(APV_MAX_CHIPS, sizeof *digits->first),
        .digit_count = mem_new(APV_MAX_CHIPS, sizeof *digits->digit_count),
    };
    for (size_t i = 0; i < APV_FRAMES; i++) {
        digits->sample[i] = mem_new(APV_MAX_DIGITS, sizeof *digits->sample[i]);
        digits->address[i] = mem_new(APV_MAX_CHIPS, sizeof *digits->address[i]);
        digits->common[i] = mem_new(APV_MAX_CHIPS, sizeof *digits->common[i]);
    }
}

void apv_digits_release(struct apv_digits *digits)
{
    free(digits->source);
    free(digits->adc);
    free(digits->chip);
    free(digits->channel);
    free(digits->chip_source);
    free(digits->chip_adc);
    free(digits->chip_chip);
    free(digits->chip_format);
    free(digits->has_common);
    free(digits->time_tag);
    free(digits->first);
    free(digits->digit_count);
    for (size_t i = 0; i < APV_FRAMES; i++) {
        free(digits->sample[i]);
        free(digits->address[i]);
        free(digits->common[i]);
    }
    *digits = (struct apv_digits){.count = 0};
}

void apv_digits_clear(struct apv_digits *digits)
{
    digits->count = 0;
    digits->chip_count = 0;
}

/* Channel behind the multiplexer of the chip, for all modes alike. */
static uint32_t channel_ordered(uint32_t channel)
{
    return 32 * (channel % 4) + 8 * (channel / 4) - 31 * (channel / 16);
}

/* Pipeline column of a Gray code of 8 bits. */
static uint8_t address_of(uint32_t gray)
{
    uint32_t number = gray ^ gray >> 4;
    number ^= number >> 2;
    number ^= number >> 1;
    number -= FIRST_ADDRESS;
    return (uint8_t)(number < ADDRESSES ? number : APV_NO_ADDRESS);
}

static uint32_t gray_of(uint8_t address)
{
    uint32_t number = address == APV_NO_ADDRESS ? 0 : address + FIRST_ADDRESS;
    return number ^ number >> 1;
}

/* How far the two early amplitudes of sparse data are shifted. */
static uint32_t sparse_shift(uint32_t format)
{
    return (format & APV_STANDARD_SPARSE) != 0 ? 1 : 2;
}

/* One ADC block: words `at` up to `end`. */
struct adc {
    uint32_t at, end, id, format, time_tag;
    bool common; /* chips have a common-mode word */
};

/* One chip block inside. */
struct chip {
    uint32_t at, size, words; /* words: of data */
    uint32_t first, second;   /* its header */
};

struct decode {
    const struct slink_block *block;
    struct apv_digits *digits;
    struct faults *faults;
    bool good;
};

static void lost(struct decode *decode, enum damage_class damage, uint32_t at,
                 uint32_t words)
{
    decode->good = fault_lost(decode->faults, decode->block, damage, at, words);
}

static void digit_add(struct decode *decode, const struct adc *adc,
                      const struct chip *chip, uint32_t channel)
{
    struct apv_digits *digits = decode->digits;
    uint32_t row = digits->count++;
    digits->source[row] = decode->block->source;
    digits->adc[row] = (uint8_t)adc->id;
    digits->chip[row] = (uint8_t)(chip->first >> 28);
    digits->channel[row] = (uint8_t)channel_ordered(channel);
}

static void sparse_take(struct decode *decode, const struct adc *adc,
                        const struct chip *chip)
{
    struct apv_digits *digits = decode->digits;
    uint32_t shift = sparse_shift(adc->format);
    uint64_t seen[2] = {0};
    for (uint32_t i = 0; i < chip->words; i++) {
        uint32_t word = word_at(decode->block, chip->at + HEAD + i);
        uint32_t channel = word >> 25;
        uint64_t bit = (uint64_t)1 << channel % 64;
        if ((seen[channel / 64] & bit) != 0) {
            lost(decode, DAMAGE_CHANNEL_TWICE, chip->at + HEAD + i, 1);
            continue;
        }
        seen[channel / 64] |= bit;
        digits->sample[0][digits->count] = (uint16_t)((word & 0xFF) << shift);
        digits->sample[1][digits->count] = (uint16_t)((word >> 8 & 0xFF) << shift);
        digits->sample[2][digits->count] = (uint16_t)((word >> 16 & 0x1FF) << 1);
        digit_add(decode, adc, chip, channel);
    }
}

static void latch_take(struct decode *decode, const struct adc *adc,
                       const struct chip *chip)
{
    struct apv_digits *digits = decode->digits;
    uint32_t wrong = 0;
    for (uint32_t i = 0; i < chip->words; i++) {
        uint32_t word = word_at(decode->block, chip->at + HEAD + i);
        wrong += word >> 30 != i % 4;
        for (uint32_t frame = 0; frame < APV_FRAMES; frame++)
            digits->sample[frame][digits->count] = (uint16_t)(word >> 10 * frame & 0x3FF);
        digit_add(decode, adc, chip, i);
    }
    if (wrong > 0)
        fault_marked(decode->faults, decode->block, DAMAGE_CHIP_MARK, chip->at);
}

/* The row of the chip, before its digits. */
static void chip_add(struct decode *decode, const struct adc *adc,
                     const struct chip *chip)
{
    struct apv_digits *digits = decode->digits;
    uint32_t row = digits->chip_count, common = 0;
    if (adc->common) {
        uint32_t at = chip->at + chip->size - 1;
        common = word_at(decode->block, at);
        if ((common & 3u << 30) != COMMON_MARK)
            fault_marked(decode->faults, decode->block, DAMAGE_CHIP_MARK, at);
    }
    digits->chip_source[row] = decode->block->source;
    digits->chip_adc[row] = (uint8_t)adc->id;
    digits->chip_chip[row] = (uint8_t)(chip->first >> 28);
    digits->chip_format[row] = (uint8_t)adc->format;
    digits->has_common[row] = adc->common;
    digits->time_tag[row] = adc->time_tag;
    digits->first[row] = digits->count;
    for (uint32_t frame = 0; frame < APV_FRAMES; frame++) {
        digits->address[frame][row] = address_of(chip->second >> (1 + 9 * frame) & 0xFF);
        digits->common[frame][row] = (uint16_t)(common >> 10 * frame & 0x3FF);
    }
}

static void chip_take(struct decode *decode, const struct adc *adc,
                      const struct chip *chip)
{
    struct apv_digits *digits = decode->digits;
    bool sparse = (adc->format & APV_SPARSE) != 0;
    if ((chip->first >> 16 & 0xFFF) != (decode->block->event & 0xFFF))
        lost(decode, DAMAGE_CHIP_EVENT, chip->at, chip->size);
    else if ((chip->second & GOOD_FRAMES) != GOOD_FRAMES)
        lost(decode, DAMAGE_CHIP_FRAME, chip->at, chip->size);
    else if (!sparse && chip->words > APV_CHANNELS)
        lost(decode, DAMAGE_CHIP_SIZE, chip->at, chip->size);
    else if (digits->chip_count == APV_MAX_CHIPS ||
             chip->words > APV_MAX_DIGITS - digits->count)
        lost(decode, DAMAGE_DIGITS_FULL, chip->at, chip->size);
    else {
        chip_add(decode, adc, chip);
        if (sparse)
            sparse_take(decode, adc, chip);
        else
            latch_take(decode, adc, chip);
        digits->digit_count[digits->chip_count] =
            digits->count - digits->first[digits->chip_count];
        digits->chip_count++;
    }
}

static void adc_take(struct decode *decode, const struct adc *adc)
{
    uint32_t head = HEAD + (adc->common ? 1 : 0);
    uint32_t at = adc->at + HEAD;
    while (at < adc->end) {
        uint32_t left = adc->end - at;
        struct chip chip = {.at = at};
        if (left >= head) {
            chip.first = word_at(decode->block, at);
            chip.second = word_at(decode->block, at + 1);
            chip.size = chip.first & 0xFFFF;
        }
        if (chip.size < head || chip.size > left) {
            lost(decode, DAMAGE_CHIP_SIZE, at, left);
            return;
        }
        chip.words = chip.size - head;
        chip_take(decode, adc, &chip);
        at += chip.size;
    }
}

/* The ADC block at `at`; false when its size is not to be believed. */
static bool adc_load(const struct slink_block *block, uint32_t at, bool common_mode,
                     struct adc *adc)
{
    uint32_t left = block->count - at;
    if (left < HEAD)
        return false;
    uint32_t first = word_at(block, at), second = word_at(block, at + 1);
    uint32_t size = first & 0xFFFF;
    *adc = (struct adc){.at = at,
                        .end = at + size,
                        .id = first >> 16 & 0xFF,
                        .format = second >> 24,
                        .time_tag = second & 0xFFFFFF,
                        .common = common_mode || (second >> 24 & APV_COMMON_MODE) != 0};
    return size >= HEAD && size <= left;
}

bool apv_decode(const struct slink_block *block, bool common_mode,
                struct apv_digits *digits, struct faults *faults)
{
    struct decode decode = {
        .block = block, .digits = digits, .faults = faults, .good = true};
    uint32_t at = 0, time_tag = 0;
    while (at < block->count) {
        struct adc adc;
        if (!adc_load(block, at, common_mode, &adc)) {
            lost(&decode, DAMAGE_ADC_SIZE, at, block->count - at);
            break;
        }
        if (at == 0)
            time_tag = adc.time_tag;
        if (adc.time_tag != time_tag)
            fault_marked(faults, block, DAMAGE_TIME_TAG, at + 1);
        if ((adc.format & APV_SKIPPED) != 0)
            fault_marked(faults, block, DAMAGE_ADC_SKIPPED, at);
        if ((adc.format & APV_THREE_SAMPLES) == 0)
            lost(&decode, DAMAGE_CHIP_MODE, at, adc.end - at);
        else
            adc_take(&decode, &adc);
        at = adc.end;
    }
    return decode.good;
}

void apv_rich_samples(const struct apv_digits *digits, uint32_t chip, uint32_t row,
                      uint16_t samples[APV_FRAMES])
{
    uint32_t format = digits->chip_format[chip];
    bool sparse = (format & APV_SPARSE) != 0;
    for (uint32_t frame = 0; frame < APV_FRAMES; frame++) {
        uint32_t sample = digits->sample[frame][row];
        if (sparse) {
            sample = frame < 2 ? 2 * (sample >> sparse_shift(format)) : sample >> 1;
            sample = sample < 256 ? sample : 256 + 2 * (sample - 256);
        }
        samples[frame] = (uint16_t)sample;
    }
}

/* The number in the data of a channel as maps have it. */
static uint32_t channel_stored(uint32_t ordered)
{
    uint32_t channel = 0;
    while (channel < APV_CHANNELS - 1 && channel_ordered(channel) != ordered)
        channel++;
    return channel;
}

/* The word of digit `row`, the i-th of chip `chip`. */
static bool digit_encode(const struct apv_digits *digits, uint32_t chip, uint32_t i,
                         uint32_t *word, struct err *err)
{
    uint32_t row = digits->first[chip] + i, format = digits->chip_format[chip];
    uint32_t a = digits->sample[0][row], b = digits->sample[1][row],
             c = digits->sample[2][row];
    uint32_t channel = channel_stored(digits->channel[row]);
    if ((format & APV_SPARSE) == 0) {
        if (channel != i)
            return err_set(err, E_LIMIT, "latch-all data of APV %u lack channel %u",
                           digits->chip_chip[chip], i);
        *word = a | b << 10 | c << 20 | (i & 3) << 30;
        return true;
    }
    uint32_t shift = sparse_shift(format), low = (1u << shift) - 1;
    if (((a | b) & low) != 0 || (a | b) >> shift > 0xFF || (c & 1) != 0 || c > 0x3FF)
        return err_set(err, E_LIMIT, "amplitudes %u %u %u cannot be packed", a, b, c);
    *word = a >> shift | (b >> shift) << 8 | (c >> 1) << 16 | channel << 25;
    return true;
}

static bool chip_encode(const struct apv_digits *digits, uint32_t chip, uint32_t event,
                        struct bytes *words, struct err *err)
{
    bool common = digits->has_common[chip];
    uint32_t count = digits->digit_count[chip];
    uint32_t size = HEAD + count + (common ? 1 : 0);
    uint32_t second = GOOD_FRAMES, common_word = COMMON_MARK;
    for (uint32_t frame = 0; frame < APV_FRAMES; frame++) {
        second |= gray_of(digits->address[frame][chip]) << (1 + 9 * frame);
        common_word |= (uint32_t)digits->common[frame][chip] << 10 * frame;
    }
    if (size > BLOCK_WORD_LIMIT)
        return err_set(err, E_LIMIT, "an APV block of %u words; the limit is %u", size,
                       BLOCK_WORD_LIMIT);
    if (!word_add(words,
                  size | (event & 0xFFF) << 16 | (uint32_t)digits->chip_chip[chip] << 28,
                  err) ||
        !word_add(words, second, err))
        return false;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t word = 0;
        if (!digit_encode(digits, chip, i, &word, err) || !word_add(words, word, err))
            return false;
    }
    return !common || word_add(words, common_word, err);
}

static bool same_adc(const struct apv_digits *digits, uint32_t a, uint32_t b)
{
    return digits->chip_adc[a] == digits->chip_adc[b] &&
           digits->time_tag[a] == digits->time_tag[b] &&
           digits->chip_format[a] == digits->chip_format[b];
}

bool apv_encode(const struct apv_digits *digits, uint32_t from, uint32_t to,
                uint32_t event, struct bytes *words, struct err *err)
{
    bug_if(from > to || to > digits->chip_count);
    while (from < to) {
        size_t start = words->size;
        uint32_t chip = from;
        if (!word_add(words, 0, err) ||
            !word_add(words,
                      digits->time_tag[from] | (uint32_t)digits->chip_format[from] << 24,
                      err))
            return false;
        for (; chip < to && same_adc(digits, chip, from); chip++)
            if (!chip_encode(digits, chip, event, words, err))
                return false;
        size_t size = (words->size - start) / 4;
        if (size > BLOCK_WORD_LIMIT)
            return err_set(err, E_LIMIT, "an ADC block of %zu words; the limit is %u",
                           size, BLOCK_WORD_LIMIT);
        le32_store(words->data + start,
                   (uint32_t)size | (uint32_t)digits->chip_adc[from] << 16);
        from = chip;
    }
    return true;
}
