/* waveform.h - samples of one ADC channel -> pedestals, maxima, amplitudes, times.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Pure functions on 12-bit samples; nothing is allocated. The rules of the collaboration
 * (thesis of 2020, appendix D: pedestal per parity, spread rule, peak nearest to the
 * expected time, half height) with every number from the conditions.
 *
 * Levels are samples minus the pedestal of their parity, kept as whole numbers in units
 * of 1/(samples per parity) of a count, so that no rounding enters before the end:
 *
 *      counts        o            all:       largest level of any sample
 *                   / \           a maximum: first sample of a rise that then falls
 *        - - - - - o- -\- half    its time:  half height on the rising edge, linear
 *                 /:    \_o       tail:      exponential from the maximum before it
 *      __________/ :      \__
 *      |window|    time
 */
#ifndef SPILLWAY_RECO_WAVEFORM_H
#define SPILLWAY_RECO_WAVEFORM_H

#include "base/err.h"
#include "reco/waveform_data.h"

/* Checks the ranges and fills `decay`, `unit` and `vectors`. */
bool waveform_rules_set(struct waveform_rules *rules, struct err *err);

/* `count` channels, at most WAVEFORM_ROW, of rules->samples samples each. */
void waveform_measure(const uint16_t *const *samples, uint32_t count,
                      const struct waveform_rules *rules, struct waveform *out);

/* Counts; of the even (0) or odd (1) samples. */
double waveform_pedestal(const struct waveform *waveform, int parity,
                         const struct waveform_rules *rules);

/* Index of the timed maximum nearest to the expected time, the earlier one of two
 * equally near; -1 when none is timed. */
int waveform_nearest(const struct waveform *waveform, double expected_ns);

/* Counts under maximum `index` that belong to the pulse before it. */
double waveform_tail(const struct waveform *waveform, int index,
                     const struct waveform_rules *rules);

#endif
