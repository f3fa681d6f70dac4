/* sadc.h - MSADC data format 3: sampled pulses of calorimeters and counters, both ways.
 * SPDX-License-Identifier: Apache-2.0
 *
 * An S-Link block is a row of ADC blocks, an ADC block a row of channels, a channel a
 * header word and two 12-bit samples a word. Samples are kept as they are (0 to 4095).
 * A bad ADC block costs that block, a bad channel that channel; where a size is not to
 * be believed, the rest of the level above is lost, and the class says so.
 */
#ifndef SPILLWAY_RAW_SADC_H
#define SPILLWAY_RAW_SADC_H

#include "base/bytes.h"
#include "raw/slink.h"

#define SADC_SAMPLE_MAX   4095u
#define SADC_MAX_PER_CHAN 511u  /* the field has 9 bits */
#define SADC_MAX_CHANNELS 8192u /* of an event: 16 sources of 512 channels */
#define SADC_MAX_SAMPLES  (SADC_MAX_CHANNELS * 64u)

/* Structure of arrays, filled source by source; row i has samples first[i] up to
 * first[i] + sample_count[i]. Allocated once for the limits above (1.3 MiB). */
struct sadc_digits {
    uint32_t count;
    uint32_t sample_total;
    uint16_t *source;
    uint8_t *port;    /* 0 to 7 */
    uint8_t *adc;     /* 0 to 3 */
    uint8_t *channel; /* 0 to 15 */
    uint16_t *sum;    /* as the module gave it */
    uint16_t *sample_count;
    uint32_t *first;
    uint16_t *samples;
    bool vector; /* decode with AVX2; the results are the same */
};

void sadc_digits_init(struct sadc_digits *digits);
void sadc_digits_release(struct sadc_digits *digits);

/* Forgets the rows and keeps the memory: once an event. */
void sadc_digits_clear(struct sadc_digits *digits);

struct sadc_faults {
    struct damage_counts damage;
    uint64_t sum_differs; /* channels whose sum is not that of the samples modulo 65536:
                             kept, since what the field means is not documented */
};

/* Appends the channels of one block and adds what was damaged to *faults. Returns true
 * when the whole block was good. */
bool sadc_decode(const struct slink_block *block, struct sadc_digits *digits,
                 struct sadc_faults *faults);

/* Appends the words of rows `from` to `to` (one source): one ADC block for each run of
 * equal (port, adc). `event` is the number in the spill. E_LIMIT above 4095 words a
 * block; a row out of range is our own mistake. */
bool sadc_encode(const struct sadc_digits *digits, uint32_t from, uint32_t to,
                 uint32_t event, struct bytes *words, struct err *err);

#endif
