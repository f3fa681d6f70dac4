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
#include "base/cpu.h"
#include "raw/fault.h"

#define SADC_SAMPLE_MAX   4095u
#define SADC_MAX_PER_CHAN 511u  /* the field has 9 bits */
#define SADC_MAX_CHANNELS 8192u /* of an event: 16 sources of 512 channels */
#define SADC_MAX_SAMPLES  (SADC_MAX_CHANNELS * 64u)

/* Bits of flags. */
#define SADC_OVERFLOW   1u /* overflow in the multi-hit buffer of the ADC */
#define SADC_SUPPRESSED 2u
#define SADC_TEN_BITS   4u /* samples are of a 10-bit ADC: formats 1 and 2 */

/* Structure of arrays, filled source by source; row i has samples first[i] up to
 * first[i] + sample_count[i]. Allocated once for the limits above (1.4 MiB). */
struct sadc_digits {
    uint32_t count;
    uint32_t sample_total;
    uint16_t *source;
    uint8_t *port;    /* 0 to 7 */
    uint8_t *adc;     /* 0 to 3; the chip of the old formats, 0 to 15 */
    uint8_t *channel; /* 0 to 15, to 63 in compressed blocks */
    uint8_t *flags;   /* old formats only */
    uint16_t *sum;    /* as the module gave it; of the oldest format the first integral */
    uint16_t *integrals[2]; /* the others of the oldest format, else 0 */
    uint16_t *sample_count;
    uint32_t *first;
    uint16_t *samples;
    enum cpu_vectors vectors; /* to decode with; the results are the same */
};

void sadc_digits_init(struct sadc_digits *digits);
void sadc_digits_release(struct sadc_digits *digits);

/* Forgets the rows and keeps the memory: once an event. */
void sadc_digits_clear(struct sadc_digits *digits);

/* Appends the channels of one block of format 3 and adds what was damaged to *faults. An
 * error bit of an ADC block is marked and its channels are kept, as the collaboration's
 * decoder does. Returns true when nothing was lost. */
bool sadc_decode(const struct slink_block *block, struct sadc_digits *digits,
                 struct faults *faults);

/* Appends the words of rows `from` to `to` (one source): one ADC block for each run of
 * equal (port, adc). `event` is the number in the spill. E_LIMIT above 4095 words a
 * block; a row out of range is our own mistake. */
bool sadc_encode(const struct sadc_digits *digits, uint32_t from, uint32_t to,
                 uint32_t event, struct bytes *words, struct err *err);

#endif
