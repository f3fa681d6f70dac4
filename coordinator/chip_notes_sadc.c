/* chip_notes_sadc.c - the words of MSADC blocks.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>

#include "coordinator/chip_notes.h"

#define KEY_ABSENT     0u
#define KEY_COMPRESSED 1u
#define KEY_DATA       3u
#define MARK_HEADER    1u

/* " = ECAL0 (3, 2)" when the channel is mapped, else "". */
static void cell_text(const struct chip_words *words, const struct map_channel *channel,
                      char out[CHIP_WIRE])
{
    size_t same = 0;
    const struct map_entry *entry =
        words->map == NULL ? NULL : map_find(words->map, channel, &same);
    out[0] = 0;
    if (entry != NULL)
        (void)snprintf(out, CHIP_WIRE, " = %s (%d, %d)", entry->detector, entry->x,
                       entry->y);
}

/* One channel of format 3 at `at`, before `end`; gives where the next one begins, `end`
 * when there is no telling. */
static uint32_t channel_notes(const struct chip_words *words, struct word_notes *notes,
                              uint32_t at, uint32_t end, struct map_channel channel)
{
    char cell[CHIP_WIRE];
    uint32_t header = chip_word_at(words, at);
    uint32_t samples = header >> 16 & 0x1FF, count = (samples + 1) / 2;
    if (header >> 30 != MARK_HEADER || samples == 0 || count > end - at - 1) {
        word_note(notes, words->first + at, "      no channel header");
        return end;
    }
    channel.channel = header >> 26 & 15;
    cell_text(words, &channel, cell);
    word_note(notes, words->first + at, "      channel %u: %u samples, sum %u%s",
              16 * channel.adc + channel.channel, samples, header & 0xFFFF, cell);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t word = chip_word_at(words, at + 1 + i);
        if (word >> 30 != (i == 0 ? 1u : 2u))
            word_note(notes, words->first + at + 1 + i, "        wrong mark");
        else if (2 * i + 1 < samples)
            word_note(notes, words->first + at + 1 + i, "        samples %u, %u: %u %u",
                      2 * i, 2 * i + 1, word & 0xFFF, word >> 12 & 0xFFF);
        else
            word_note(notes, words->first + at + 1 + i, "        sample %u: %u", 2 * i,
                      word & 0xFFF);
    }
    return at + 1 + count;
}

static void block_3(const struct chip_words *words, struct word_notes *notes, uint32_t at,
                    uint32_t end)
{
    uint32_t header = chip_word_at(words, at);
    uint32_t key = header >> 30;
    const struct map_channel channel = {.source = words->block->source,
                                        .port = header >> 27 & 7,
                                        .adc = header >> 25 & 3};
    word_note(notes, words->first + at,
              "    ADC block: event %u, %u words, port %u, ADC %u%s, %s", header & 0xFFF,
              header >> 12 & 0xFFF, channel.port, channel.adc,
              (header >> 24 & 1) != 0 ? ", error" : "",
              key == KEY_DATA     ? "data"
              : key == KEY_ABSENT ? "module absent"
                                  : "unknown key");
    at++;
    while (key == KEY_DATA && at < end)
        at = channel_notes(words, notes, at, end, channel);
}

/* A word of the formats before 3: three samples of ten bits, or what its mark says. */
static void word_old(const struct chip_words *words, struct word_notes *notes,
                     uint32_t at, bool second)
{
    uint32_t word = chip_word_at(words, at);
    uint32_t mark = word >> 30;
    if (second && mark == MARK_HEADER)
        word_note(notes, words->first + at, "      channel %u: %u samples, sum %u",
                  word >> 26 & 15, word >> 16 & 0x1FF, word & 0xFFFF);
    else if (second)
        word_note(notes, words->first + at,
                  "        samples %u %u %u (1023 - what stands there)",
                  1023 - (word & 0x3FF), 1023 - (word >> 10 & 0x3FF),
                  1023 - (word >> 20 & 0x3FF));
    else if (mark == MARK_HEADER)
        word_note(notes, words->first + at, "      first samples %u %u %u", word & 0x3FF,
                  word >> 10 & 0x3FF, word >> 20 & 0x3FF);
    else
        word_note(notes, words->first + at,
                  "        samples %u %u %u, or integral %u of channel %u", word & 0x3FF,
                  word >> 10 & 0x3FF, word >> 20 & 0x3FF, word & 0xFFFF, word >> 26 & 15);
}

static void block_old(const struct chip_words *words, struct word_notes *notes,
                      uint32_t at, uint32_t end)
{
    uint32_t header = chip_word_at(words, at);
    uint32_t key = header >> 30;
    bool second = words->rule->sadc_format == SADC_FORMAT_2;
    word_note(notes, words->first + at,
              "    ADC block: event %u, %u words, chip %u, key %u%s%s", header & 0xFFF,
              header >> 12 & 0xFFF, header >> 26 & 15, key,
              (header >> 24 & 1) != 0 ? ", sparse" : "",
              (header >> 25 & 1) != 0 ? ", overflow" : "");
    for (at++; at < end; at++)
        if (key == KEY_COMPRESSED)
            word_note(notes, words->first + at, "      Huffman bits");
        else
            word_old(words, notes, at, second);
}

void chip_notes_sadc(const struct chip_words *words, struct word_notes *notes)
{
    bool third = words->rule->sadc_format == SADC_FORMAT_3 ||
                 words->rule->sadc_format == SADC_FORMAT_NONE;
    uint32_t at = 0, count = words->block->count;
    while (at < count) {
        uint32_t size = chip_word_at(words, at) >> 12 & 0xFFF;
        if (size == 0 || size > count - at) {
            word_note(notes, words->first + at, "    no ADC block: impossible size");
            return;
        }
        if (third)
            block_3(words, notes, at, at + size);
        else
            block_old(words, notes, at, at + size);
        at += size;
    }
}
