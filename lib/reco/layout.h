/* layout.h - which cells the channels of an event are: the same for most events.
 * SPDX-License-Identifier: Apache-2.0
 *
 * What follows from the addresses and numbers of samples of an event's channels, and from
 * nothing else. It is kept and looked up anew only when an event has other channels.
 */
#ifndef SPILLWAY_RECO_LAYOUT_H
#define SPILLWAY_RECO_LAYOUT_H

#include "reco/calibration.h"

#define LAYOUT_CELLS                                                                     \
    (RECO_ECAL_LAYERS * RECO_ECAL_X * RECO_ECAL_Y +                                      \
     RECO_HCAL_MODULES * RECO_HCAL_X * RECO_HCAL_Y + RECO_VETO_PMTS + RECO_SRD_MODULES + \
     RECO_COUNTERS)
#define LAYOUT_NONE UINT32_MAX

/* A channel that is measured. */
struct layout_cell {
    uint16_t digit;   /* row of the digits */
    uint16_t channel; /* number in the calibration */
    uint8_t part;     /* enum setup_part */
    uint8_t cell;     /* place in the columns of the part */
};

struct layout {
    const struct calibration *calibration;  /* borrowed; NULL: made for none */
    struct layout_cell cells[LAYOUT_CELLS]; /* each once, in the order of the digits */
    uint32_t count;
    uint32_t reference; /* digit of the reference counter, LAYOUT_NONE */
    uint64_t foreign;   /* channels that the set-up does not use */
    uint64_t lost;      /* with another number of samples than the conditions say */
    uint64_t twice;     /* whose cell was there before */
    bool ten_bits;      /* some channels are of a 10-bit ADC */
    /* What it was made of: */
    uint32_t digits;
    uint16_t source[SADC_MAX_CHANNELS], sample_count[SADC_MAX_CHANNELS];
    uint8_t port[SADC_MAX_CHANNELS], adc[SADC_MAX_CHANNELS], channel[SADC_MAX_CHANNELS],
        flags[SADC_MAX_CHANNELS];
};

/* For no event. Needed again when the calibration was made anew. */
void layout_clear(struct layout *layout);

/* Makes it that of an event, unless it is. */
void layout_update(struct layout *layout, const struct calibration *calibration,
                   const struct sadc_digits *digits);

#endif
