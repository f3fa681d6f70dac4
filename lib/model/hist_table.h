/* hist_table.h - the one list of histograms: what they are and what fills them.
 * SPDX-License-Identifier: Apache-2.0
 *
 * lib/reco fills by this list, lib/output writes by the set that is made of it. It is
 * part of the release, so a change of the list changes the keys.
 */
#ifndef SPILLWAY_MODEL_HIST_TABLE_H
#define SPILLWAY_MODEL_HIST_TABLE_H

#include "model/hist.h"
#include "model/quantity.h"
#include "model/reco_table.h"

/* What one event adds. */
enum hist_source {
    HIST_TYPE,       /* x: its DATE type */
    HIST_TRIGGER,    /* x: each of its trigger bits */
    HIST_QUANTITY,   /* x: quantity `a` */
    HIST_PAIR,       /* x: quantity `a`, y: quantity `b` */
    HIST_BY_TRIGGER, /* x: each of its trigger bits, y: quantity `a` */
    HIST_NUMBERS,    /* numbers of column `a`: as x, with a y axis x is the place */
    HIST_OF_CELLS,   /* x: place in column `a`, y: number of kind `b`, if not 0 and
                      flagged */
    HIST_FLAGS       /* x: place in flag column `a`, y: each of its bits */
};

struct hist_info {
    struct hist_form form;
    enum hist_source source;
    uint32_t types;      /* bits of the DATE event types that fill it */
    uint32_t a, b;       /* enum quantity, enum reco_column or enum reco_sum */
    uint8_t first, step; /* HIST_NUMBERS: place of the first number, between numbers */
    uint8_t flags;       /* one bit that a cell needs; HIST_OF_CELLS: of `flag_column` */
    uint32_t flag_column;
};

extern const struct hist_info hist_infos[];
extern const uint32_t hist_info_count;

/* Behind the list: what reconstruction knows of pulses before they become energies. By
 * cell, detector by detector in the order of enum setup_part, HIST_PULSES each. */
enum hist_pulse {
    HIST_AMPLITUDE,     /* physics events */
    HIST_AMPLITUDE_LED, /* calibration events */
    HIST_PEDESTAL,
    HIST_SPREAD
};

#define HIST_PULSES 4

/* The histograms of the list in its order, then those of pulses; empty. */
bool hist_table_make(struct hist_set *set, struct err *err);

/* The histograms of pulses of a set. */
struct hist *hist_table_pulses(const struct hist_set *set);

#endif
