/* chip_notes.h - what the words of a block mean, chip by chip.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A reading of its own beside the decoders: it names every word, also those that a
 * decoder gives up.
 */
#ifndef SPILLWAY_COORDINATOR_CHIP_NOTES_H
#define SPILLWAY_COORDINATOR_CHIP_NOTES_H

#include "coordinator/word_notes.h"
#include "raw/chip.h"
#include "raw/map.h"
#include "raw/slink.h"

struct chip_words {
    const struct slink_block *block;
    size_t first; /* word of the event at which block->words begin */
    const struct chip_rule *rule;
    const struct channel_map *map; /* for the detectors; NULL none */
};

void chip_notes(const struct chip_words *words, struct word_notes *notes);

/* The chips with more than a few kinds of words. */
void chip_notes_sadc(const struct chip_words *words, struct word_notes *notes);
void chip_notes_apv(const struct chip_words *words, struct word_notes *notes);
void chip_notes_f1(const struct chip_words *words, struct word_notes *notes);

#define CHIP_WIRE 64

/* " = MM01X 12" when the place is mapped, else "". */
void chip_wire(const struct chip_words *words, const struct map_place *place,
               char out[CHIP_WIRE]);

static inline uint32_t chip_word_at(const struct chip_words *words, uint32_t at)
{
    return le32_load(words->block->words + 4 * (size_t)at);
}

#endif
