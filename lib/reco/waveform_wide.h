/* waveform_wide.h - many channels measured at once with AVX-512. For waveform.c.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The same bits as the other code for any samples; a property test compares them.
 */
#ifndef SPILLWAY_RECO_WAVEFORM_WIDE_H
#define SPILLWAY_RECO_WAVEFORM_WIDE_H

#include "reco/waveform_data.h"

/* Can these channels be measured so: is there AVX-512, is the frame of the shape that
 * the experiment records, are they enough to be worth it? */
bool waveform_wide_fits(const struct pulse_frame *frame, uint32_t count);

/* Measures those of `count` channels (at most WAVEFORM_ROW) that have no sample at
 * frame->over or above it. Returns a bit for each of the others; what is in their `out`
 * says nothing. */
uint32_t waveform_wide(const uint16_t *const *samples, uint32_t count,
                       const struct pulse_frame *frame,
                       const struct waveform_rules *rules, struct waveform *out);

#endif
