/* burst.h - the beam count of a spill, from its end-of-burst record.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Where the count stands is data of the set-up, not code: no public source says which
 * scaler the experiment uses.
 */
#ifndef SPILLWAY_RAW_BURST_H
#define SPILLWAY_RAW_BURST_H

#include "raw/scaler.h"

struct eot_definition {
    uint32_t source;      /* S-Link source of the scaler */
    uint32_t scaler_word; /* 0 to 33 in its first frame; the low 31 bits count */
    double scale;         /* electrons on target for one count */
};

/* FOUND: *count is the scaler's number, *eot that times the scale. ABSENT: the record
 * has no block of that source. FAILED: the block is there but damaged (E_RAW_SCALER), or
 * the record is (E_RAW_EVENT). */
enum lookup burst_count(const struct date_event *record,
                        const struct eot_definition *definition, uint32_t *count,
                        double *eot, struct err *err);

#endif
