/* pulse_hist.h - pedestals and spreads of the channels of an event into histograms.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_RECO_PULSE_HIST_H
#define SPILLWAY_RECO_PULSE_HIST_H

#include "model/hist_table.h"
#include "reco/layout.h"

/* `hists`: as hist_table_pulses() gives. Adds the mean pedestal of both parities and the
 * spread of `count` channels. */
void pulse_hist_add(struct hist *hists, const struct layout_cell *cells,
                    const struct waveform *pulses, uint32_t count,
                    const struct waveform_rules *rules);

#endif
