/* f1.h - hits of F1 time-to-digital converters, both ways.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Sparsified data are one word a hit. In debug mode the hits of a port stand between a
 * header and a trailer. In latch mode the four low bits of a time are a pattern of hits.
 * A time bin is 0.12892312 ns, in high resolution 0.06446156 ns; both are defaults of the
 * map.
 */
#ifndef SPILLWAY_RAW_F1_H
#define SPILLWAY_RAW_F1_H

#include "base/bytes.h"
#include "raw/fault.h"

/* Bits of the S-Link format. */
#define F1_FORMAT          0x01u
#define F1_SPARSIFIED      0x02u /* clear: debug mode */
#define F1_LATCH           0x08u
#define F1_HIGH_RESOLUTION 0x10u
#define F1_HOTLINK         0x40u /* clear: TDC-CMC, whose PLL bits must all be set */

#define F1_MAX_DIGITS 65536u /* of an event */

/* Structure of arrays, in the order of the data. */
struct f1_digits {
    uint32_t count;
    uint16_t *source;
    uint16_t *geo;    /* sparsified: geographic id, 10 bits; debug mode: port, 4 bits */
    uint8_t *channel; /* chip * 8 + channel of the chip, 0 to 63 */
    uint8_t *hit;     /* latch mode: which of the four wires; else 0 */
    uint8_t *format;  /* S-Link format of the block */
    uint16_t *time;   /* in time bins; latch mode: the four low bits are 0 */
};

void f1_digits_init(struct f1_digits *digits);
void f1_digits_release(struct f1_digits *digits);
void f1_digits_clear(struct f1_digits *digits);

/* Appends the hits of one block. An error word is marked; in sparsified data it costs the
 * word behind it, as in the collaboration's decoder. In debug mode a header of another
 * event costs the hits of its port. Returns true when nothing was lost. */
bool f1_decode(const struct slink_block *block, struct f1_digits *digits,
               struct faults *faults);

/* Appends the words of rows `from` to `to`, which have one format: in debug mode a header
 * and a trailer around each run of rows of a port, in latch mode one word for each run of
 * rows with equal time and rising hit. `event` is the number in the spill. E_LIMIT: a row
 * whose word would be an error word. */
bool f1_encode(const struct f1_digits *digits, uint32_t from, uint32_t to, uint32_t event,
               struct bytes *words, struct err *err);

#endif
