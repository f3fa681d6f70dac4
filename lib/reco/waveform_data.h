/* waveform_data.h - how the samples of a channel are read, and what they give.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The numbers of waveform.h, which says what they are.
 */
#ifndef SPILLWAY_RECO_WAVEFORM_DATA_H
#define SPILLWAY_RECO_WAVEFORM_DATA_H

#include <stdbool.h>

#include "reco/pulse_scan.h"

#define WAVEFORM_SAMPLES  64   /* at most, per channel; NA64 records 25 to 32 */
#define WAVEFORM_MAXIMA   16   /* kept per channel, the largest ones */
#define WAVEFORM_OVERFLOW 4095 /* last value of the 12-bit ADC */

/* How samples are read; all numbers come from the conditions, none has a default. */
struct waveform_rules {
    uint32_t samples;          /* per channel; another number is refused */
    double period_ns;          /* between samples */
    uint32_t pedestal_first;   /* first sample of the pedestal window */
    uint32_t pedestal_samples; /* even, so that both parities have the same number */
    uint32_t spread;           /* counts; a parity with max - min above it: pile-up */
    uint32_t search_first;     /* maxima are searched from this sample on */
    uint32_t threshold;        /* counts; lower levels are no signal */
    uint32_t noise;            /* counts a rising edge may fall back */
    double tail_ns;            /* decay time of a pulse; 0: tails are not subtracted */
    double decay[WAVEFORM_SAMPLES]; /* exp(-i period / tail), by waveform_rules_set */
    double unit; /* counts of a level of 1 where that is exact, else 0; as the next */
    enum cpu_vectors vectors; /* by waveform_rules_set; the results are the same */
};

#define WAVEFORM_PILEUP 1u /* spread rule: the pedestals are the minima of the window */
#define WAVEFORM_OVER   2u /* a sample is at WAVEFORM_OVERFLOW */
#define WAVEFORM_CROWDED                                                                 \
    4u /* more than WAVEFORM_MAXIMA maxima: the lowest are dropped                       \
        */

struct waveform_maximum {
    uint32_t sample;
    bool timed;       /* its rising edge crosses half height */
    double amplitude; /* counts */
    double time_ns;   /* from the first sample; only if timed */
};

struct waveform {
    uint32_t flags;
    uint32_t count;                /* of maxima */
    struct pulse_base base;        /* pedestals in levels, and their spread */
    double largest;                /* counts; of any sample, or 0 */
    struct waveform_maximum early; /* last before search_first; amplitude 0: none */
    struct waveform_maximum maxima[WAVEFORM_MAXIMA]; /* in the order of time */
};

/* Channels that are measured together: a CPU waits less for each of them. */
#define WAVEFORM_ROW 32u

#endif
