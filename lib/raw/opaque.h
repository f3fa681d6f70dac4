/* opaque.h - blocks that nobody decodes: kept whole, counted by source.
 * SPDX-License-Identifier: Apache-2.0
 *
 * NA64TDC and WaveBoard have no public description, and sources of no chip are there too.
 */
#ifndef SPILLWAY_RAW_OPAQUE_H
#define SPILLWAY_RAW_OPAQUE_H

#include "base/bytes.h"
#include "raw/fault.h"

#define OPAQUE_MAX_BLOCKS 8192u /* of an event */

/* Structure of arrays; the words are borrowed from the event. */
struct opaque_digits {
    uint32_t count;
    uint16_t *source;
    uint8_t *format; /* of the S-Link header */
    const uint8_t **words;
    uint32_t *word_count;
    /* Since init, for reports. */
    uint64_t *block_total; /* by source */
    uint64_t *word_total;
};

void opaque_digits_init(struct opaque_digits *digits);
void opaque_digits_release(struct opaque_digits *digits);

/* Forgets the blocks and keeps memory and totals: once an event. */
void opaque_digits_clear(struct opaque_digits *digits);

bool opaque_take(const struct slink_block *block, struct opaque_digits *digits,
                 struct faults *faults);

/* Appends the words of one row as they were. */
bool opaque_encode(const struct opaque_digits *digits, uint32_t row, struct bytes *words,
                   struct err *err);

#endif
