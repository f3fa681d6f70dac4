/* eot.h - the accounts of a run: events, spills and particles on target.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Pure. EOT belongs to the spill and counts once, however many chunks and builders the
 * spill lies in. Always true, in events and in spills: selected = delivered + lost + open
 * (+ masked, in spills); in EOT the same under each policy, for the spills whose count is
 * known. An unknown count is never 0: such spills are counted apart.
 */
#ifndef SPILLWAY_COORDINATOR_EOT_H
#define SPILLWAY_COORDINATOR_EOT_H

#include "model/campaign.h"

/* One segment of the run in a plan. */
struct eot_segment {
    uint32_t spill;
    uint64_t physics; /* events of the type that EOT is shared by */
    uint64_t events;  /* physics and calibration: what a skim may take */
    enum segment_state state;
    uint64_t
        skipped_physics; /* of these, by a manager's word: lost, also when the rest of */
    uint64_t skipped;    /* the segment is delivered, which leaves its spill incomplete */
};

/* One spill of the run. */
struct eot_spill {
    uint32_t number;
    bool known;    /* its end-of-burst record gave a count */
    bool conflict; /* its builders gave different ones: not known */
    bool masked;   /* bad_spills names it: neither delivered nor lost */
    double count;
};

struct eot_part {
    uint64_t events;
    uint64_t spills;
    double drop;  /* EOT when a spill with a missing segment counts nothing */
    double scale; /* EOT when it counts the share of its delivered physics events */
};

struct eot {
    struct eot_part selected, delivered, lost, open, masked; /* masked: no events */
    uint64_t unknown_spills;                                 /* selected, count unknown */
    uint64_t conflict_spills;                                /* of these, by conflict */
    uint64_t unknown_events;                                 /* events in them */
};

/* Both lists ascending by spill; a spill that is not in the list has no count. A spill
 * without events and without a record is not selected (start and end of run). */
void eot_account(const struct eot_segment *segments, size_t segment_count,
                 const struct eot_spill *spills, size_t spill_count, struct eot *eot);

/* What so many of the physics events of its segments are worth: their share of the count
 * of the spill; 0 of none and when it is masked, NaN when the count is not known. */
double eot_share(const struct eot_segment *segments, size_t segment_count,
                 const struct eot_spill *spill, uint64_t physics);

void eot_add(struct eot *sum, const struct eot *one);

#endif
