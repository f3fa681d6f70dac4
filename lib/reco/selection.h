/* selection.h - which events a skim keeps, and after which cut the others were lost.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Cuts read stored columns only, so a selection in the first pass and one from files give
 * the same events. An event without a quantity, or with a NaN, fails the cut.
 *
 * SKIM_RANDOM: an event is kept when unit(run, spill, event) < fraction, with
 *     unit = (m >> 11) x 2^-53,  m = mix(mix(mix(run) + spill) + event),
 * mix = random_mix of base/random.h with 0x9e3779b97f4a7c15 added to its argument. The
 * event type and the name of the skim have no part in it, so a smaller fraction keeps a
 * subset; it works without reconstruction.
 */
#ifndef SPILLWAY_RECO_SELECTION_H
#define SPILLWAY_RECO_SELECTION_H

#include "model/quantity.h"
#include "model/recipe.h"
#include "model/reco_table.h"

/* Cuts of a recipe with their quantities looked up. */
struct selection {
    const struct recipe *recipe; /* borrowed */
    enum quantity quantities[RECIPE_SKIMS][RECIPE_CUTS];
    uint32_t masked_from; /* events of the spill from this number on are dropped */
};

/* E_RECO_QUANTITY names skim, cut and quantity. */
bool selection_make(const struct recipe *recipe, struct selection *selection,
                    struct err *err);

/* The columns that the cuts read, reco_set() of each. */
uint64_t selection_columns(const struct selection *selection);

/* Which events of a spill all skims drop: `value` is the effective value of payload type
 * bad_spills, NULL when the campaign has none. An event number of 0 drops the spill. */
bool selection_mask(struct selection *selection, const struct bytes *value,
                    struct err *err);

/* Value of a quantity in a row of stored columns; false when the event has none. */
bool selection_value(const struct reco_table *table, uint32_t row, enum quantity quantity,
                     double *value);

/* Events of a skim: those of its types, and how many were left after each cut. */
struct cut_flow {
    uint64_t other;              /* of types that the skim does not look at */
    uint64_t seen;               /* looked at */
    uint64_t masked;             /* of these: dropped by the mask of the spill */
    uint64_t after[RECIPE_CUTS]; /* not masked, passed this cut and all before it */
    uint64_t kept;
};

#define SELECTION_ROWS 64u /* looked at together: one bit each */

/* Some events of a spill, in neighbouring rows. `table` may be NULL when the recipe does
 * not reconstruct. */
struct selection_events {
    uint32_t run, spill;
    const uint32_t *numbers; /* of the events */
    const uint8_t *types;
    uint32_t count; /* at most SELECTION_ROWS */
    const struct reco_table *table;
    uint32_t row; /* of the first */
};

/* Which of the events skim number `skim` keeps, bit i for event i, counted in *flow. */
uint64_t selection_choose(const struct selection *selection, uint32_t skim,
                          const struct selection_events *events, struct cut_flow *flow);

/* One event alone. */
struct selection_event {
    uint32_t run, spill, event, type;
    const struct reco_table *table;
    uint32_t row;
};

bool selection_keeps(const struct selection *selection, uint32_t skim,
                     const struct selection_event *event, struct cut_flow *flow);

/* The number between 0 and 1 of SKIM_RANDOM. */
double selection_unit(uint32_t run, uint32_t spill, uint32_t event);

#endif
