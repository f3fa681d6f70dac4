/* gandalf.h - pulses of GANDALF transient recorders, both ways.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Processed data are three words a pulse. In debug mode a channel has a header, its frame
 * of samples, four words a pulse and a trailer. The layout was read in public source
 * only; no data have shown it.
 */
#ifndef SPILLWAY_RAW_GANDALF_H
#define SPILLWAY_RAW_GANDALF_H

#include "base/bytes.h"
#include "raw/fault.h"

/* The S-Link format: bits 4 to 6 are 1 for the ADC. */
#define GANDALF_PROCESSED   0x10u
#define GANDALF_DEBUG       0x14u
#define GANDALF_INTERLEAVED 0x08u

/* The collaboration's decoder drops pulses up to this amplitude. */
#define GANDALF_AMPLITUDE_DROPPED 10u

#define GANDALF_MAX_PULSES  32768u /* of an event */
#define GANDALF_MAX_FRAMES  4096u
#define GANDALF_MAX_SAMPLES (1u << 20)
#define GANDALF_NO_FRAME    UINT32_MAX

/* Structure of arrays: pulses, frames, samples; frame i has the samples first[i] up to
 * first[i] + sample_count[i]. Allocated once for the limits (3.1 MiB). */
struct gandalf_digits {
    uint32_t count; /* of pulses */
    uint16_t *source;
    uint8_t *format;  /* S-Link format of the block */
    uint8_t *channel; /* 0 to 15 */
    uint16_t *integral;
    uint16_t *baseline;  /* 11 bits */
    uint16_t *amplitude; /* 14 bits */
    uint64_t *coarse;    /* time in clock ticks, 38 bits */
    uint16_t *fine;      /* 1/1024 of a tick */
    uint32_t *settings;  /* debug mode: frame time (12 bits), delay (5), fraction (6) and
                            threshold (8) of the discriminator, from bit 0; else 0 */
    uint32_t *frame;     /* debug mode: its frame; else GANDALF_NO_FRAME */
    uint32_t frame_count;
    uint16_t *frame_source;
    uint8_t *frame_format;
    uint8_t *frame_channel;
    uint8_t *frame_monitor; /* system monitor, 5 bits */
    uint8_t *frame_mode;    /* readout mode of the header, 4 bits */
    uint32_t *first;
    uint32_t *sample_count;
    uint32_t sample_total;
    uint16_t *samples; /* 14 bits */
    uint64_t dropped;  /* pulses of too small an amplitude; not reset by clear */
};

void gandalf_digits_init(struct gandalf_digits *digits);
void gandalf_digits_release(struct gandalf_digits *digits);
void gandalf_digits_clear(struct gandalf_digits *digits);

/* Appends the pulses of one block; blocks of the first event of a run or spill carry
 * none. Other modes (TDC, scaler, frames) cost the block. Processed data: a damaged pulse
 * costs itself, since words have no mark that tells which of the three they are; in
 * debug mode a damaged channel costs itself. Returns true when nothing was lost. */
bool gandalf_decode(const struct slink_block *block, struct gandalf_digits *digits,
                    struct faults *faults);

/* Appends processed words of pulses `from` to `to`. */
bool gandalf_encode(const struct gandalf_digits *digits, uint32_t from, uint32_t to,
                    struct bytes *words, struct err *err);

/* Appends debug words of frames `from` to `to`, each with its pulses. `event` is the
 * number in the spill. */
bool gandalf_encode_frames(const struct gandalf_digits *digits, uint32_t from,
                           uint32_t to, uint32_t event, struct bytes *words,
                           struct err *err);

#endif
