/* apv.h - amplitudes of APV25 chips (GEM, Micromegas), both ways.
 * SPDX-License-Identifier: Apache-2.0
 *
 * An S-Link block is a row of ADC blocks, an ADC block a row of chip blocks, a chip block
 * one word a channel: three amplitudes 25 ns apart. Sparse data name the channel and are
 * packed into 8, 8 and 9 bits; latch-all data are the 128 channels with 10 bits each.
 * Channels are numbered as maps do it, behind the multiplexer of the chip.
 */
#ifndef SPILLWAY_RAW_APV_H
#define SPILLWAY_RAW_APV_H

#include "base/bytes.h"
#include "raw/fault.h"

/* Bits of the format byte of an ADC. */
#define APV_THREE_SAMPLES   0x01u
#define APV_SPARSE          0x02u /* clear: latch-all */
#define APV_PEDESTALS       0x04u /* are subtracted */
#define APV_COMMON_MODE     0x08u /* is corrected: a word at the end of each chip block */
#define APV_REORDERED       0x10u
#define APV_SKIPPED         0x20u /* too much data, headers only */
#define APV_STANDARD_SPARSE 0x40u

#define APV_CHANNELS   128u
#define APV_FRAMES     3u
#define APV_MAX_CHIPS  4096u /* of an event */
#define APV_MAX_DIGITS 131072u
#define APV_NO_ADDRESS 0xFFu

/* Structure of arrays. Chips in the order of the data; the digits of chip i are the rows
 * first[i] up to first[i] + digit_count[i]. Allocated once for the limits (1.8 MiB). */
struct apv_digits {
    uint32_t count; /* of digits */
    uint16_t *source;
    uint8_t *adc;
    uint8_t *chip;                /* 0 to 15 */
    uint8_t *channel;             /* 0 to 127 */
    uint16_t *sample[APV_FRAMES]; /* 0 to 1023 */
    uint32_t chip_count;
    uint16_t *chip_source;
    uint8_t *chip_adc;
    uint8_t *chip_chip;
    uint8_t *chip_format; /* of its ADC */
    bool *has_common;     /* its block ended with a common-mode word */
    uint32_t *time_tag;   /* ticks of 19.44 MHz since the trigger before, 24 bits */
    uint8_t *address[APV_FRAMES]; /* pipeline column 0 to 191, else APV_NO_ADDRESS */
    uint16_t *common[APV_FRAMES]; /* common mode, 10 bits; 0 without that word */
    uint32_t *first;
    uint32_t *digit_count;
};

void apv_digits_init(struct apv_digits *digits);
void apv_digits_release(struct apv_digits *digits);
void apv_digits_clear(struct apv_digits *digits);

/* Appends the chips of one block. `common_mode`: the word is there whatever the format
 * says (CMC_always in the map). A chip block of another event, or with a frame that is
 * not good, costs that chip; single samples, which nobody has described, cost the ADC
 * block. Time tags that differ are marked. Returns true when nothing was lost. */
bool apv_decode(const struct slink_block *block, bool common_mode,
                struct apv_digits *digits, struct faults *faults);

/* Appends the words of chips `from` to `to` (one source): one ADC block for each run of
 * equal (adc, time tag, format). `event` is the number in the spill. E_LIMIT: amplitudes
 * that the packing cannot hold, a latch-all chip without all its channels in order, an
 * ADC block above 65535 words. */
bool apv_encode(const struct apv_digits *digits, uint32_t from, uint32_t to,
                uint32_t event, struct bytes *words, struct err *err);

/* Sparse amplitudes of ADCs of the RICH type (map option "rich_adc"): two slopes. Digit
 * `row` of chip row `chip`; latch-all amplitudes are as they are. */
void apv_rich_samples(const struct apv_digits *digits, uint32_t chip, uint32_t row,
                      uint16_t samples[APV_FRAMES]);

#endif
