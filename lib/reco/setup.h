/* setup.h - set-ups as data: which detectors there are and where their numbers go.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A set-up is named in the campaign file. Nothing in it depends on the run number: what
 * changes from run to run is in the conditions. All detectors are read by MSADC.
 */
#ifndef SPILLWAY_RECO_SETUP_H
#define SPILLWAY_RECO_SETUP_H

#include "model/reco_table.h"

enum setup_part { PART_ECAL, PART_HCAL, PART_VETO, PART_SRD, PART_COUNTER };

#define SETUP_PARTS 5

/* Columns of a part, and what its unit is in GeV. */
struct setup_columns {
    enum reco_column energy; /* see reco_energy() */
    enum reco_column time, flags;
    double per_gev; /* 1 for GeV, 1000 for MeV */
};

/* One detector of the channel map: cells (x, y) with x < nx and y < ny. */
struct setup_detector {
    const char *name; /* in the channel map */
    enum setup_part part;
    uint8_t first;  /* place of its first cell: layer, module, counter */
    uint8_t nx, ny; /* cells that exist */
    bool required;  /* every cell must be in the channel map */
    bool led;       /* every cell must have a LED reference */
};

struct setup {
    const char *name;
    const struct setup_detector *detectors;
    uint32_t detector_count;
    const char *reference; /* counter that gives the master time */
    uint32_t hcal_in_line; /* HCAL modules in the beam line; the rest stand beside it */
    uint32_t srd_modules;
    double veto_balance; /* a plate end below this fraction of the other is not used */
};

/* NULL when no set-up has this name. */
const struct setup *setup_find(const char *name);

/* The n-th set-up, NULL behind the last. */
const struct setup *setup_at(uint32_t n);

/* Index of a detector of the channel map, -1 when the set-up does not use it. */
int setup_detector_find(const struct setup *setup, const char *name);

const struct setup_columns *setup_columns(enum setup_part part);

/* Place of cell (x, y) of a detector in the columns of its part. */
uint32_t setup_cell(const struct setup_detector *detector, uint32_t x, uint32_t y);

#endif
