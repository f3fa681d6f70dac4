/* quality.h - reconstructed events and cut flows -> histograms.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Pure; reads stored columns only, so events just made and events from files give the
 * same histograms. What is filled is in model/hist_table.h.
 */
#ifndef SPILLWAY_RECO_QUALITY_H
#define SPILLWAY_RECO_QUALITY_H

#include "model/hist_table.h"
#include "reco/selection.h"

/* Adds the events of a table to the histograms of hist_table_make(), but for those of
 * pulses, which event.h fills. */
void quality_add(struct hist_set *set, const struct reco_table *table);

/* One cut flow a skim with a labelled bin a step, in the directory "cutflow" under the
 * skim's name; empty. */
bool quality_flows_make(const struct recipe *recipe, struct hist_set *set,
                        struct err *err);

/* What skim number `skim` of the recipe did with the events of a segment. */
void quality_flow_add(struct hist_set *set, const struct recipe *recipe, uint32_t skim,
                      const struct cut_flow *flow);

#endif
