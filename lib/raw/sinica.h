/* sinica.h - hits of Academia Sinica time-to-digital converters, both ways.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A front-end sends a header, at most 32 hits and a trailer. A time bin is 1.0714492 ns.
 * The layout was read in public source only; no data have shown it.
 */
#ifndef SPILLWAY_RAW_SINICA_H
#define SPILLWAY_RAW_SINICA_H

#include "base/bytes.h"
#include "raw/fault.h"

#define SINICA_FORMAT     0x02u  /* S-Link format: this bit, and not that of F1 */
#define SINICA_HITS       32u    /* of a front-end */
#define SINICA_MAX_DIGITS 32768u /* of an event */

/* Structure of arrays, in the order of the data. */
struct sinica_digits {
    uint32_t count;
    uint16_t *source;
    uint8_t *port;        /* of the front-end, 5 bits */
    uint8_t *channel;     /* 0 to 15 */
    uint8_t *mode;        /* 4 bits */
    uint16_t *time;       /* in time bins */
    uint16_t *trigger;    /* fine trigger time of the front-end */
    uint16_t *coarse;     /* coarse trigger time of the front-end, 11 bits */
    uint8_t *temperature; /* of the front-end in half degrees Celsius */
};

void sinica_digits_init(struct sinica_digits *digits);
void sinica_digits_release(struct sinica_digits *digits);
void sinica_digits_clear(struct sinica_digits *digits);

/* Appends the hits of one block. A front-end without header or trailer, or with too many
 * hits, costs itself; another event number is marked. Returns true when nothing was lost.
 */
bool sinica_decode(const struct slink_block *block, struct sinica_digits *digits,
                   struct faults *faults);

/* Appends the words of rows `from` to `to`: one front-end for each run of equal (port,
 * trigger, coarse, temperature), a new one after 32 hits. `event` is the number in the
 * spill. */
bool sinica_encode(const struct sinica_digits *digits, uint32_t from, uint32_t to,
                   uint32_t event, struct bytes *words, struct err *err);

#endif
