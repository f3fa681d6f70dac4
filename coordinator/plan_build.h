/* plan_build.h - a campaign file and the run catalogue -> segments with keys and states.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Always true for a plan without problems: its segments are those of the selected runs,
 * all of them, in merge order (run, spill, builder, chunk, ordinal); every chunk of those
 * runs was scanned and the chunk numbers of each builder are 1, 2, 3 ...; every key is
 * what the executor will compute; what has products is COMMITTED, the rest READY or,
 * behind a gate, PLANNED. A planned campaign is frozen: its file, manifest and keys never
 * change.
 */
#ifndef SPILLWAY_COORDINATOR_PLAN_BUILD_H
#define SPILLWAY_COORDINATOR_PLAN_BUILD_H

#include "catalog/catalog.h"
#include "coordinator/fallback.h"
#include "coordinator/plan_values.h"
#include "coordinator/stages.h"
#include "coordinator/write.h"

#define PLAN_REASON   200
#define PLAN_WHY      ((size_t)64 << 20) /* 10^6 spills of some 10 characters and more */
#define PLAN_PROBLEMS ((size_t)4 << 20)  /* 20 000 lines of 200 characters */

/* A selected run. Its segments are first .. first + count - 1 of the plan. */
struct plan_run {
    struct run run;
    uint32_t first, count;
    uint32_t reused;      /* segments with all products */
    uint32_t select_only; /* reconstructed before, only selections are missing */
    uint64_t bytes;       /* of the run */
    uint64_t segments;    /* by its chunks */
    uint64_t bytes_to_read;
    uint64_t events;           /* physics and calibration */
    char blocked[PLAN_REASON]; /* why it cannot be planned; "" when it can */
};

struct plan {
    struct campaign campaign; /* counts filled; id 0 until it is stored */
    uint32_t priority;
    struct plan_segment *segments;
    struct plan_state *states;
    uint64_t *bytes; /* of each segment */
    uint32_t count, room;
    struct plan_run *runs; /* ascending */
    size_t run_count, run_room;
    uint64_t not_taken[SELECT_REASONS]; /* runs of the catalogue, by reason */
    struct plan_values values;
    struct fallback_use fallbacks;
    struct stages stages;        /* without periods when the file has none */
    struct bytes why;            /* why segments must run, for people */
    struct bytes problems;       /* a line each */
    struct bytes notes;          /* what may be meant so, a line each */
    uint32_t input_problems;     /* missing chunks, chunks that were not scanned */
    uint32_t condition_problems; /* gaps, values that nothing gives */
};

void plan_init(struct plan *plan);
void plan_release(struct plan *plan);

/* Plans; what stands in the way is in plan->problems. `folder`: see plan_values.h. Writes
 * nothing but payloads there. */
bool plan_build(struct plan *plan, struct catalog *catalog,
                const struct campaign_file *file, const char *folder, struct err *err);

/* Blocks runs whose channel maps cannot be used, notes detectors that they lack
 * (plan_maps.c). */
bool plan_maps_check(struct plan *plan, struct err *err);

/* Counts what spills rest on a fallback, a problem a level that is above its share of the
 * campaign's budget (plan_fallback.c). */
bool plan_fallbacks(struct plan *plan, struct catalog *catalog,
                    const double budget[FALLBACK_LEVELS], struct err *err);

/* Notes events of these runs that other campaigns skip (plan_skips.c). */
bool plan_skips(struct plan *plan, struct catalog *catalog, struct err *err);

/* A line in the list of problems; the run's own reason is the first one. */
bool plan_run_block(struct plan *plan, struct plan_run *run, const char *reason,
                    struct err *err);

/* Looks for products of the keys (plan_reuse.c). */
bool plan_reuse(struct plan *plan, struct catalog *catalog, struct err *err);

/* Chooses the sample, puts what is behind the gates into PLANNED (plan_stages.c). */
bool plan_stages(struct plan *plan, struct catalog *catalog,
                 const struct campaign_file *file, struct err *err);

/* What each stage has to do, for people and scripts; nothing without stages. */
bool plan_stages_text(const struct plan *plan, struct bytes *out, struct err *err);
void plan_stages_json(const struct plan *plan, struct json_writer *json);

/* Stores campaign, manifest, values, sets, segments, states and stages in one
 * transaction. */
bool plan_store(struct plan *plan, struct catalog *catalog, int64_t wall_s,
                struct err *err);

/* And what `also` writes, in the same transaction. */
bool plan_store_with(struct plan *plan, struct catalog *catalog, int64_t wall_s,
                     write_step also, void *context, struct err *err);

/* What the plan says, for people and scripts. */
bool plan_text(const struct plan *plan, struct bytes *out, struct err *err);
bool plan_json(const struct plan *plan, struct bytes *out, struct err *err);

/* E_PLAN_INPUT or E_PLAN_CONDITIONS with the problem lines counted; true when the plan
 * has none. */
bool plan_check(const struct plan *plan, struct err *err);

#endif
