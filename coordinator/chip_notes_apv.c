/* chip_notes_apv.c - the words of APV blocks.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/chip_notes.h"
#include "raw/apv.h"

struct apv_block {
    uint32_t adc, format;
    uint32_t chip;
    bool common_mode;
};

static void format_note(struct word_notes *notes, size_t word, uint32_t format,
                        uint32_t tag)
{
    word_note(notes, word, "      time tag %u, format 0x%02X: %s%s%s%s%s%s", tag, format,
              (format & APV_THREE_SAMPLES) != 0 ? "three samples" : "single sample",
              (format & APV_SPARSE) != 0 ? ", sparse" : ", latch-all",
              (format & APV_PEDESTALS) != 0 ? ", pedestals subtracted" : "",
              (format & APV_COMMON_MODE) != 0 ? ", common mode corrected" : "",
              (format & APV_REORDERED) != 0 ? ", reordered" : "",
              (format & APV_SKIPPED) != 0 ? ", data skipped" : "");
}

/* As maps number the channels, behind the multiplexer of the chip. */
static uint32_t channel_ordered(uint32_t channel)
{
    return 32 * (channel % 4) + 8 * (channel / 4) - 31 * (channel / 16);
}

static void data_note(const struct chip_words *words, struct word_notes *notes,
                      const struct apv_block *block, uint32_t at, uint32_t index)
{
    char wire[CHIP_WIRE];
    uint32_t word = chip_word_at(words, at);
    bool sparse = (block->format & APV_SPARSE) != 0;
    uint32_t shift = (block->format & APV_STANDARD_SPARSE) != 0 ? 1 : 2;
    uint32_t channel = channel_ordered(sparse ? word >> 25 : index & 127);
    const struct map_place place = {.chip = CHIP_APV,
                                    .source = words->block->source,
                                    .unit = (uint16_t)block->adc,
                                    .part = (uint8_t)block->chip,
                                    .channel = (uint16_t)channel};
    chip_wire(words, &place, wire);
    if (sparse)
        word_note(notes, words->first + at, "        channel %u: %u %u %u%s", channel,
                  (word & 0xFF) << shift, (word >> 8 & 0xFF) << shift,
                  (word >> 16 & 0x1FF) << 1, wire);
    else
        word_note(notes, words->first + at, "        channel %u: %u %u %u%s", channel,
                  word & 0x3FF, word >> 10 & 0x3FF, word >> 20 & 0x3FF, wire);
}

/* Chip block at `at`, before `end`; gives where the next one begins. */
static uint32_t chip_block(const struct chip_words *words, struct word_notes *notes,
                           struct apv_block *block, uint32_t at, uint32_t end)
{
    uint32_t header = chip_word_at(words, at), size = header & 0xFFFF;
    if (size < 2 || size > end - at) {
        word_note(notes, words->first + at, "      no chip block: impossible size");
        return end;
    }
    uint32_t frames = chip_word_at(words, at + 1);
    block->chip = header >> 28;
    word_note(notes, words->first + at, "      chip %u: event %u, %u words", block->chip,
              header >> 16 & 0xFFF, size);
    word_note(notes, words->first + at + 1,
              "        frames %s %s %s, columns 0x%02X 0x%02X 0x%02X%s%s",
              (frames & 1) != 0 ? "good" : "BAD", (frames >> 9 & 1) != 0 ? "good" : "BAD",
              (frames >> 18 & 1) != 0 ? "good" : "BAD", frames >> 1 & 0xFF,
              frames >> 10 & 0xFF, frames >> 19 & 0xFF,
              (frames >> 29 & 1) != 0 ? ", APV sync" : "",
              (frames >> 30 & 1) != 0 ? ", global sync" : "");
    uint32_t last = at + size;
    if (block->common_mode && size > 2) {
        uint32_t word = chip_word_at(words, --last);
        word_note(notes, words->first + last, "        common mode %u %u %u",
                  word & 0x3FF, word >> 10 & 0x3FF, word >> 20 & 0x3FF);
    }
    for (uint32_t i = at + 2; i < last; i++)
        data_note(words, notes, block, i, i - at - 2);
    return at + size;
}

void chip_notes_apv(const struct chip_words *words, struct word_notes *notes)
{
    uint32_t at = 0, count = words->block->count;
    while (at < count) {
        uint32_t header = chip_word_at(words, at), size = header & 0xFFFF;
        if (size < 2 || size > count - at) {
            word_note(notes, words->first + at, "    no ADC block: impossible size");
            return;
        }
        uint32_t second = chip_word_at(words, at + 1);
        struct apv_block block = {.adc = header >> 16 & 0xFF, .format = second >> 24};
        block.common_mode =
            words->rule->common_mode || (block.format & APV_COMMON_MODE) != 0;
        word_note(notes, words->first + at, "    ADC %u: %u words", block.adc, size);
        format_note(notes, words->first + at + 1, block.format, second & 0xFFFFFF);
        uint32_t end = at + size;
        for (at += 2; at < end;)
            at = chip_block(words, notes, &block, at, end);
    }
}
