/* chip_notes_f1.c - the words of F1 blocks.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/chip_notes.h"
#include "raw/f1.h"

#define ERROR_MARK 0xFFFu

static void hit_note(const struct chip_words *words, struct word_notes *notes,
                     uint32_t at, struct map_place place)
{
    char wire[CHIP_WIRE];
    uint32_t word = chip_word_at(words, at);
    bool sparse = (words->block->format & F1_SPARSIFIED) != 0;
    bool latch = (words->block->format & F1_LATCH) != 0;
    uint32_t time = sparse ? word & 0xFFFF : word >> 8 & 0xFFFF;
    chip_wire(words, &place, wire);
    if (latch)
        word_note(notes, words->first + at, "    %s %u channel %u: time %u, wires 0x%X",
                  sparse ? "geographic id" : "port", place.unit & ~MAP_GEOGRAPHIC,
                  place.channel, time & ~15u, time & 15);
    else
        word_note(notes, words->first + at, "    %s %u channel %u: time %u%s",
                  sparse ? "geographic id" : "port", place.unit & ~MAP_GEOGRAPHIC,
                  place.channel, time, wire);
}

static void word_notes_sparse(const struct chip_words *words, struct word_notes *notes,
                              uint32_t at)
{
    uint32_t word = chip_word_at(words, at);
    hit_note(words, notes, at,
             (struct map_place){.chip = CHIP_F1,
                                .source = words->block->source,
                                .unit = (uint16_t)(MAP_GEOGRAPHIC | word >> 22),
                                .channel = (uint16_t)(word >> 16 & 63)});
}

static void word_notes_debug(const struct chip_words *words, struct word_notes *notes,
                             uint32_t at)
{
    uint32_t word = chip_word_at(words, at);
    if (word >> 31 == 0)
        word_note(notes, words->first + at,
                  "    header or trailer: port %u, chip %u channel %u, event %u, trigger "
                  "time %u, PLL 0x%X%s",
                  word >> 4 & 15, word >> 11 & 7, word >> 8 & 7, word >> 24 & 63,
                  word >> 15 & 0x1FF, word & 15,
                  (word >> 30 & 1) != 0 ? ", trigger buffer overflow" : "");
    else
        hit_note(words, notes, at,
                 (struct map_place){.chip = CHIP_F1,
                                    .source = words->block->source,
                                    .unit = (uint16_t)(word >> 4 & 15),
                                    .channel = (uint16_t)(word >> 24 & 63)});
}

void chip_notes_f1(const struct chip_words *words, struct word_notes *notes)
{
    bool sparse = (words->block->format & F1_SPARSIFIED) != 0;
    for (uint32_t at = 0; at < words->block->count; at++) {
        uint32_t word = chip_word_at(words, at);
        if (word >> 20 == ERROR_MARK)
            word_note(notes, words->first + at,
                      "    error word: code %u, special %u, port %u, geographic id %u",
                      word & 15, word >> 4 & 3, word >> 6 & 15, word >> 10 & 0x3FF);
        else if (sparse)
            word_notes_sparse(words, notes, at);
        else
            word_notes_debug(words, notes, at);
    }
}
