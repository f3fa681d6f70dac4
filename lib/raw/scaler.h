/* scaler.h - counters of rates and of the beam, both ways.
 * SPDX-License-Identifier: Apache-2.0
 *
 * An S-Link block is a row of frames; a frame is a header, 34 words of 31 bits and a
 * trailer. The two last words make two pseudo channels: 32 (30 bits) from their upper
 * halves and 33 (32 bits) from their lower ones, which is the time in the spill in ticks
 * of 38.88 MHz.
 */
#ifndef SPILLWAY_RAW_SCALER_H
#define SPILLWAY_RAW_SCALER_H

#include "base/bytes.h"
#include "raw/fault.h"

#define SCALER_WORDS        34u /* in a frame, between its header and its trailer */
#define SCALER_FRAME        (SCALER_WORDS + 2u)
#define SCALER_MAX_COUNT    0x7FFFFFFFu
#define SCALER_SLINK_FORMAT 0x30u
#define SCALER_MAX_FRAMES   1024u  /* of an event */
#define SCALER_MAX_DIGITS   34816u /* 34 a frame */

/* Structure of arrays; the 34 channels of a frame stand together, in order. */
struct scaler_digits {
    uint32_t count;
    uint16_t *source;
    uint16_t *frame;  /* in its block, from 0; a damaged frame keeps its number */
    uint16_t *geo;    /* geographic id of the module, 10 bits */
    uint8_t *channel; /* 0 to 33 */
    uint32_t *value;
};

void scaler_digits_init(struct scaler_digits *digits);
void scaler_digits_release(struct scaler_digits *digits);
void scaler_digits_clear(struct scaler_digits *digits);

/* Appends the frames of one block. A damaged frame costs itself; error words are marked
 * and passed. Returns true when nothing was lost. */
bool scaler_decode(const struct slink_block *block, struct scaler_digits *digits,
                   struct faults *faults);

/* Appends the words of rows `from` to `to`: whole frames, anything else is our own
 * mistake. `event` is the number in the spill. */
bool scaler_encode(const struct scaler_digits *digits, uint32_t from, uint32_t to,
                   uint32_t event, struct bytes *words, struct err *err);

/* One frame of words as they stand in the data: header, 34 words of 31 bits, trailer. */
void scaler_frame(const uint32_t counts[SCALER_WORDS], uint32_t event, uint32_t geo,
                  uint32_t words[SCALER_FRAME]);

/* Is there a whole frame of this event at `at`? */
bool scaler_frame_good(const struct slink_block *block, uint32_t at);

#endif
