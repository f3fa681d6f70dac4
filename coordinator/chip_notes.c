/* chip_notes.c - the words of blocks: the small chips, and which one it is.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/chip_notes.h"

#include <stdio.h>

#include "raw/gandalf.h"
#include "raw/module.h"
#include "raw/scaler.h"

void chip_wire(const struct chip_words *words, const struct map_place *place,
               char out[CHIP_WIRE])
{
    size_t same = 0;
    const struct map_wire *wire =
        words->map == NULL ? NULL : map_wire_find(words->map, place, &same);
    out[0] = 0;
    if (wire != NULL)
        (void)snprintf(out, CHIP_WIRE, " = %s %d", words->map->detectors[wire->detector],
                       wire->wire);
}

static void scaler_word(const struct chip_words *words, struct word_notes *notes,
                        uint32_t at)
{
    char wire[CHIP_WIRE];
    uint32_t word = chip_word_at(words, at), index = at % SCALER_FRAME;
    if (index == 0 || index == SCALER_FRAME - 1) {
        word_note(notes, words->first + at, "    frame %u %s: event %u, geographic id %u",
                  at / SCALER_FRAME, index == 0 ? "header" : "trailer", word & 0xFFFFF,
                  word >> 20 & 0x3FF);
        return;
    }
    const struct map_place place = {.chip = CHIP_SCALER,
                                    .source = words->block->source,
                                    .unit = (uint16_t)(at / SCALER_FRAME),
                                    .channel = (uint16_t)(index - 1)};
    chip_wire(words, &place, wire);
    if (index <= SCALER_WORDS - 2)
        word_note(notes, words->first + at, "      channel %u: %u%s", index - 1,
                  word & SCALER_MAX_COUNT, wire);
    else
        word_note(notes, words->first + at,
                  "      word %u: %u for channel 32, %u for channel 33%s", index - 1,
                  word >> 16 & 0x7FFF, word & 0xFFFF, wire);
}

static void sinica_word(const struct chip_words *words, struct word_notes *notes,
                        uint32_t at)
{
    uint32_t word = chip_word_at(words, at);
    uint32_t kind = word >> 4 & 15;
    if (word >> 31 != 0)
        word_note(notes, words->first + at, "      channel %u: time %u, mode %u", kind,
                  word >> 8 & 0xFFFF, word & 15);
    else if (kind == 5)
        word_note(notes, words->first + at,
                  "    header: port %u, event %u, trigger time %u, temperature bits %u",
                  word >> 8 & 31, word >> 24 & 63, word >> 13 & 0x7FF, word & 15);
    else if (kind == 10)
        word_note(notes, words->first + at,
                  "    trailer: trigger time %u, temperature bits %u", word >> 8 & 0xFFFF,
                  word & 15);
    else
        word_note(notes, words->first + at, "    neither header, hit nor trailer");
}

/* The `index`-th word of a pulse. */
static void pulse_word(const struct chip_words *words, struct word_notes *notes,
                       uint32_t at, uint32_t index)
{
    uint32_t word = chip_word_at(words, at);
    size_t place = words->first + at;
    if (index == 0)
        word_note(notes, place, "    pulse: channel %u, integral %u, baseline %u",
                  word >> 27 & 15, word & 0xFFFF, word >> 16 & 0x7FF);
    else if (index == 1)
        word_note(notes, place, "      amplitude %u, coarse time, upper part %u",
                  word & 0x3FFF, word >> 14 & 0x1FFFF);
    else if (index == 2)
        word_note(notes, place, "      coarse time, lower part %u, fine %u",
                  word >> 10 & 0x1FFFFF, word & 0x3FF);
    else
        word_note(notes, place, "      frame time and discriminator settings");
}

/* Debug mode: header, frame, pulses of four words, trailer. Processed: three words each.
 */
static void gandalf_words(const struct chip_words *words, struct word_notes *notes)
{
    bool debug = (words->block->format & 0x7F & ~GANDALF_INTERLEAVED) == GANDALF_DEBUG;
    uint32_t frame = 0, index = 0;
    bool inside = !debug;
    for (uint32_t at = 0; at < words->block->count; at++) {
        uint32_t word = chip_word_at(words, at);
        size_t place = words->first + at;
        if (debug && frame == 0 && (!inside || (index == 0 && word >> 30 == 1))) {
            word_note(notes, place, "    %s: channel %u, event %u, window %u words",
                      inside ? "trailer" : "header", word >> 20 & 15, word >> 24 & 63,
                      word >> 4 & 0x7FF);
            frame = inside ? 0 : word >> 4 & 0x7FF;
            inside = !inside;
            index = 0;
        } else if (frame > 0) {
            word_note(notes, place, "      samples %u %u", word >> 16 & 0x3FFF,
                      word & 0x3FFF);
            frame--;
        } else {
            pulse_word(words, notes, at, index);
            index = (index + 1) % (debug ? 4 : 3);
        }
    }
}

static void filter_words(const struct chip_words *words, struct word_notes *notes)
{
    uint32_t at = 0, count = words->block->count;
    while (at < count) {
        uint32_t word = chip_word_at(words, at);
        uint32_t size = ((word & 0xFFFF) + 3) / 4;
        word_note(notes, words->first + at, "    record of type %u: %u bytes%s%s",
                  word >> 16 & 0xFF, word & 0xFFFF,
                  (word >> 30 & 1) != 0 ? ", accepted" : "",
                  (word >> 31) != 0 ? ", monitoring" : "");
        if (size == 0 || size > count - at)
            return;
        for (uint32_t i = 1; i < size; i++)
            word_note(notes, words->first + at + i, "      content");
        at += size;
    }
}

static void module_words(const struct chip_words *words, struct word_notes *notes)
{
    for (uint32_t at = 0; at < words->block->count; at++) {
        uint32_t word = chip_word_at(words, at);
        size_t place = words->first + at;
        if (at == 0)
            word_note(notes, place, "    module: board %u, cards 0x%X%s", word >> 16,
                      word >> 12 & 15, (word & 1) != 0 ? ", RAM" : "");
        else if (at == 1)
            word_note(notes, place, "      FPGA revisions %u %u %u %u", word & 0xFF,
                      word >> 8 & 0xFF, word >> 16 & 0xFF, word >> 24);
        else if (at < 4)
            word_note(notes, place, "      serials of two cards");
        else if (at < MODULE_WORDS)
            word_note(notes, place, "      port %u: front-end %u, geographic id %u",
                      word >> 28, word & 0xFFFF, word >> 16 & 0x3FF);
    }
}

static void opaque_words(const struct chip_words *words, struct word_notes *notes)
{
    for (uint32_t at = 0; at < words->block->count; at++)
        word_note(notes, words->first + at, "    word %u, not decoded", at);
}

void chip_notes(const struct chip_words *words, struct word_notes *notes)
{
    enum chip chip = words->rule->chip;
    if ((words->block->format & SLINK_FIRST_OF_RUN) != 0)
        chip = CHIP_MODULE;
    switch (chip) {
    case CHIP_SADC:
        chip_notes_sadc(words, notes);
        break;
    case CHIP_APV:
        chip_notes_apv(words, notes);
        break;
    case CHIP_F1:
        chip_notes_f1(words, notes);
        break;
    case CHIP_SCALER:
        for (uint32_t at = 0; at < words->block->count; at++)
            scaler_word(words, notes, at);
        break;
    case CHIP_GANDALF:
        gandalf_words(words, notes);
        break;
    case CHIP_SINICA:
        for (uint32_t at = 0; at < words->block->count; at++)
            sinica_word(words, notes, at);
        break;
    case CHIP_FILTER:
        filter_words(words, notes);
        break;
    case CHIP_MODULE:
        module_words(words, notes);
        break;
    case CHIP_OPAQUE:
    case CHIP_COUNT:
        opaque_words(words, notes);
        break;
    }
}
