/* stages.h - the sample of a campaign and what waits behind the gate of each period.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Made once, at planning, and kept in the catalog as text "stages/CAMPAIGN": which plan
 * segments are done first (the sample: so many spills of each run, evenly spread) and
 * which ones stay PLANNED until a manager opens the gate of their period (the rest).
 * Both lists of a period are disjoint and tile its runs. At least one spill of a run is
 * in the rest, so that no run is published before its gate was opened.
 */
#ifndef SPILLWAY_COORDINATOR_STAGES_H
#define SPILLWAY_COORDINATOR_STAGES_H

#include "catalog/catalog.h"
#include "model/run.h"

/* Plan segments first .. first + count - 1. */
struct stage_span {
    uint32_t first, count;
};

/* Ascending, apart from each other. */
struct stage_spans {
    struct stage_span *list;
    uint32_t count, room;
};

struct stage_period {
    char name[RUN_NAME]; /* "unknown" for runs of no known period */
    struct stage_spans sample, rest;
};

/* No periods: the campaign has no stages. */
struct stages {
    uint32_t spills;    /* of each run in the sample */
    uint32_t gate_days; /* for which an approval holds when nothing else is said */
    struct stage_period *periods; /* in the order of their first runs */
    uint32_t count, room;
};

/* Starts empty: (struct stages){.count = 0}. */
void stages_release(struct stages *stages);

/* The segments of a run, which are `first` on in the plan, and what is in them; runs come
 * in the order of the plan. */
struct stage_run {
    const char *period;
    uint32_t first, count;
    const uint32_t *spills; /* of each segment, ascending */
    const bool *events;     /* whether it holds events, not only records */
};

void stages_add_run(struct stages *stages, const struct stage_run *run);

bool stages_write(struct catalog_txn *txn, const char *campaign,
                  const struct stages *stages, struct err *err);

/* Empty when the campaign has none. Release it also after a failure. */
bool stages_read(struct stages *stages, struct catalog_txn *txn, const char *campaign,
                 struct err *err);

/* NULL when there is no such period. */
const struct stage_period *stages_find(const struct stages *stages, const char *period);

/* Whether a segment is in one of the spans. */
bool stage_spans_have(const struct stage_spans *spans, uint32_t segment);
uint32_t stage_spans_sum(const struct stage_spans *spans);

/* Whether a segment is behind the gate of any period. */
bool stages_gated(const struct stages *stages, uint32_t segment);

/* Segments of a period by what they wait for. */
struct stage_counts {
    uint32_t sample, sample_open; /* open: ready, leased or waiting */
    uint32_t rest, rest_open;     /* open: of those that were released */
    uint32_t planned;             /* behind the gate */
};

bool stage_count(struct catalog_txn *txn, uint32_t campaign,
                 const struct stage_period *period, struct stage_counts *counts,
                 struct err *err);

#endif
