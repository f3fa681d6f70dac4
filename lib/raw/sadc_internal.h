/* sadc_internal.h - ADC blocks of the old formats, shared by their decoders.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_RAW_SADC_INTERNAL_H
#define SPILLWAY_RAW_SADC_INTERNAL_H

#include "raw/sadc_old.h"
#include "raw/word.h"

#define SADC_OLD_CHIPS   16u
#define SADC_MARK_INFO   1u /* bits 30 and 31 of the first word of a channel */
#define SADC_MARK_NEXT   2u /* of all others */
#define SADC_BLOCK_LIMIT 4095u

/* Words `at` up to `end` behind the header of an ADC block. */
struct sadc_block {
    uint32_t at, end;
    uint8_t chip, flags;
    int32_t last; /* channel before, -1 none */
};

/* An S-Link block while it is decoded. */
struct sadc_old {
    const struct slink_block *block;
    struct sadc_digits *digits;
    struct faults *faults;
    uint32_t stride; /* format 1: words of a sampled channel, 0 not known yet */
    uint64_t seen[SADC_OLD_CHIPS]; /* bit map of channels */
    bool good;
};

void sadc_old_lost(struct sadc_old *old, enum damage_class damage, uint32_t at,
                   uint32_t words);

/* A channel: its words, its number in the chip, its samples. */
struct sadc_channel {
    uint32_t at, words;
    uint32_t number, samples;
};

/* Is the channel new, and room for it? If not it is lost. Its samples then go to
 * digits->samples from digits->sample_total on, before the row is added. */
bool sadc_old_fits(struct sadc_old *old, const struct sadc_block *adc,
                   const struct sadc_channel *channel);

/* Adds the row and gives its number; sum and integrals are 0. */
uint32_t sadc_old_add(struct sadc_old *old, struct sadc_block *adc,
                      const struct sadc_channel *channel);

/* Decoders of one ADC block. */
void sadc_latch_decode(struct sadc_old *old, struct sadc_block *adc, bool sampled);
void sadc_inverted_decode(struct sadc_old *old, struct sadc_block *adc);
void sadc_compressed_decode(struct sadc_old *old, struct sadc_block *adc,
                            const struct huffman *huffman);

/* Encoders of the words of one ADC block behind its header: rows `from` to `to`. */
struct sadc_rows {
    const struct sadc_digits *digits;
    uint32_t from, to;
    uint32_t first; /* row of the S-Link block */
};

bool sadc_latch_encode(const struct sadc_rows *rows, bool sampled, struct bytes *words,
                       struct err *err);
bool sadc_inverted_encode(const struct sadc_rows *rows, struct bytes *words,
                          struct err *err);
bool sadc_compressed_encode(const struct sadc_rows *rows, const struct huffman *huffman,
                            struct bytes *words, struct err *err);

#endif
