/* sadc_samples.h - sample words of MSADC data format 3 to samples.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_RAW_SADC_SAMPLES_H
#define SPILLWAY_RAW_SADC_SAMPLES_H

#include <stdbool.h>
#include <stdint.h>

/* `out` may be written this many samples beyond the last one. */
#define SADC_SAMPLES_SLACK 16u

/* Unpacks `samples` (at least 1) 12-bit samples, two a word, and sums them; false when a
 * mark is wrong. `vector`: with AVX2; the results are the same. */
bool sadc_samples(const uint8_t *words, uint32_t samples, bool vector, uint16_t *out,
                  uint32_t *sum);

/* The channels of an ADC block, one behind the other, and the columns of their rows,
 * which may be written 16 rows beyond the last one. */
struct sadc_row {
    const uint8_t *words;
    uint32_t count; /* of words */
    uint32_t rows;  /* room */
    uint32_t total; /* samples before these */
    uint32_t room;  /* for samples */
    uint32_t seen;  /* bit map of the channels so far */
    uint16_t *samples;
    uint16_t *sum;
    uint8_t *channel;
    uint16_t *sample_count;
    uint32_t *first;
    uint64_t sum_differs; /* added to */
};

/* What most blocks are made of, with AVX2: takes channels from the front as long as they
 * are whole, new and of equal length, updates *row but for its pointers, and returns how
 * many it took. For the rest, and where it takes none, there is sadc_samples(). */
uint32_t sadc_row_take(struct sadc_row *row);

/* The same with AVX-512, but takes all channels that the words have room for, or none. */
uint32_t sadc_block_take(struct sadc_row *row);

#endif
