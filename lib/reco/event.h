/* event.h - decoded samples of one event -> a row of the reconstructed table.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Pure: a function of digits and calibration; no memory is allocated, no clock or file is
 * read. Arithmetic is in double in a fixed order, stored numbers are float; sums are made
 * of the stored numbers, so that they can be checked from a file.
 *
 * Master time: the maximum of the reference counter nearest to its expected time, if it
 * is in its window. Without it no channel whose time counts from it is in time; its
 * energy is in "all" only.
 */
#ifndef SPILLWAY_RECO_EVENT_H
#define SPILLWAY_RECO_EVENT_H

#include "model/hist_table.h"
#include "reco/layout.h"

/* What the container says of the event, and what decoding it met. */
struct event_head {
    uint32_t run, spill, event, type;
    uint32_t time_s;
    uint32_t trigger;
    bool trigger_valid;
    bool damaged; /* a piece of the event was lost */
};

/* What a caller adds up over events. */
struct event_counts {
    uint64_t events;
    uint64_t numbers_nan;   /* stored numbers that are NaN; 0 with sane conditions */
    uint64_t lost_channels; /* channels with another number of samples */
    uint64_t foreign;       /* channels that the set-up does not use */
    uint64_t no_master;     /* events without master time */
    struct hist *pulses;    /* as hist_table_pulses() gives; NULL: not wanted */
    struct layout *layout;  /* that of the event before; NULL: looked up each time */
};

/* Adds one row, for which the table must have room, and adds to the counts. */
void event_reconstruct(const struct calibration *calibration,
                       const struct event_head *head, const struct sadc_digits *digits,
                       struct reco_table *table, struct event_counts *counts);

#endif
