/* sadc_old.h - sampling ADCs before data format 3: formats 1, 2 and Huffman, both ways.
 * SPDX-License-Identifier: Apache-2.0
 *
 * All have a header word for each ADC block, with the chip (0 to 15) that owns it; there
 * are no ports. Format 1: sampled channels with three 10-bit samples a word and three
 * integrals, or the integrals alone. Format 2: a word with sum and number of samples,
 * then samples stored as 1023 minus the value. Blocks of either kind of source may be
 * compressed: differences of 12-bit samples in a Huffman code.
 */
#ifndef SPILLWAY_RAW_SADC_OLD_H
#define SPILLWAY_RAW_SADC_OLD_H

#include "raw/chip.h"
#include "raw/huffman.h"
#include "raw/sadc.h"

#define SADC_OLD_SAMPLE_MAX 1023u

/* Appends the channels of one block; the rule says whether it is of format 1 or 2, and
 * the table for compressed blocks. Channels have their chip as `adc` and port 0. An ADC
 * block of an unknown mode or another event costs itself, as does a compressed one in
 * which any code is wrong; a bad channel costs itself. Channels not in rising order are
 * marked. Returns true when nothing was lost. */
bool sadc_old_decode(const struct slink_block *block, const struct chip_rule *rule,
                     struct sadc_digits *digits, struct faults *faults);

enum sadc_mode {
    SADC_LATCH,      /* format 1: samples and integrals */
    SADC_EXTENDED,   /* format 1, "extended sparse": the same words, another key */
    SADC_SPARSE,     /* format 1: integrals only */
    SADC_INVERTED,   /* format 2 */
    SADC_COMPRESSED, /* either */
};

struct sadc_old_spec {
    enum sadc_mode mode;
    uint32_t event;                /* number in the spill */
    const struct huffman *huffman; /* of SADC_COMPRESSED */
};

/* Appends the words of rows `from` to `to` (one source): one ADC block for each run of
 * equal (adc, overflow). E_LIMIT: what the format cannot hold, such as a sample above
 * 1023 or without code, channels with different numbers of samples where one number
 * serves all, or a last sample of 0 that would be taken for padding. */
bool sadc_old_encode(const struct sadc_digits *digits, uint32_t from, uint32_t to,
                     const struct sadc_old_spec *spec, struct bytes *words,
                     struct err *err);

#endif
