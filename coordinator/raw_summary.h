/* raw_summary.h - a raw file by event type, spill, chip, source and damage.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_RAW_SUMMARY_H
#define SPILLWAY_COORDINATOR_RAW_SUMMARY_H

#include "coordinator/raw_file.h"
#include "coordinator/raw_rules.h"

/* Reads and decodes all events of a file that was just opened. */
bool raw_summary_text(struct raw_file *file, const struct raw_rules *rules,
                      struct bytes *out, struct err *err);

#endif
