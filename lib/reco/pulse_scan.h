/* pulse_scan.h - the passes over all samples of a channel, plain and with vectors.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Whole numbers only, so both ways give the same bits for any samples; a property test
 * compares them. For waveform.c.
 */
#ifndef SPILLWAY_RECO_PULSE_SCAN_H
#define SPILLWAY_RECO_PULSE_SCAN_H

#include <stdint.h>

#include "base/cpu.h"

#define PULSE_SAMPLES 64u /* at most */

/* What is looked at. */
struct pulse_frame {
    uint32_t samples;                          /* 2 to PULSE_SAMPLES */
    uint32_t pedestal_first, pedestal_samples; /* the window, inside; an even number */
    uint32_t spread;                           /* as in reco/waveform.h */
    uint32_t over;                             /* a sample of a full ADC */
    int32_t least, tolerance;                  /* levels; above 0, not below 0 */
    enum cpu_vectors vectors;                  /* to look with */
};

/* What every channel is asked for, in units of 1/scale count, scale = half the samples of
 * the window. Pedestals are sums over the window, by parity of the sample; minima times
 * the scale when one parity has a larger spread there. */
struct pulse_base {
    int32_t pedestal[2];
    int32_t level;  /* largest sample above its pedestal; may be below 0 */
    uint32_t over;  /* 1: a sample is at frame->over or above it */
    int32_t spread; /* most less least sample of the window, of the worse parity */
};

/* Of `count` channels, one behind the other. */
void pulse_bases(const uint16_t *const *samples, uint32_t count,
                 const struct pulse_frame *frame, struct pulse_base *bases);

/* Levels in units of 1/scale count above the pedestal of their parity, 0 below it, and
 * of each sample a bit: `reached` its level is at least `least`; `up` it is above that of
 * the sample before (the first one is); `down` it is below; `fallen` it is below by more
 * than `tolerance`. */
struct pulse_levels {
    const uint16_t *samples; /* given, as is the base */
    struct pulse_base base;
    uint64_t reached, up, down, fallen;
    int32_t level[PULSE_SAMPLES];
};

/* Of `count` channels, one behind the other. */
void pulse_levels(struct pulse_levels *levels, uint32_t count,
                  const struct pulse_frame *frame);

/* A bit for each of the first `count` samples whose level is below `height`. */
uint64_t pulse_below(const struct pulse_levels *levels, const struct pulse_frame *frame,
                     uint32_t count, int32_t height);

#endif
