/* map_report.h - what channel maps lack, run by run, as lines.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_MAP_REPORT_H
#define SPILLWAY_COORDINATOR_MAP_REPORT_H

#include "raw/map_cover.h"

/* Lines, without an end, why these runs cannot be used: no ChipSADC channel at all, or
 * ChipSADC channels of two detectors. Empty when they can. */
bool map_report_faults(const struct map_span *span, struct bytes *out, struct err *err);

/* Detectors that have fewer channels here than in other runs of the cover, and wires of
 * other chips that are mapped twice. Each line ends in '\n' and begins with `lead`. */
bool map_report_notes(const struct map_cover *cover, const struct map_span *span,
                      const char *lead, struct bytes *out, struct err *err);

/* All detectors with the runs in which they have how many channels, then the kinds of
 * sections that are not decoded. */
bool map_report_table(const struct map_cover *cover, struct bytes *out, struct err *err);

/* "run 7" or "runs 7-9" */
#define MAP_REPORT_RUNS 32
void map_report_runs(uint32_t first, uint32_t last, char out[MAP_REPORT_RUNS]);

#endif
