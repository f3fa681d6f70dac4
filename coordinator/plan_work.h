/* plan_work.h - the work of a plan, as a simulation takes it.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_PLAN_WORK_H
#define SPILLWAY_COORDINATOR_PLAN_WORK_H

#include "coordinator/forecast.h"
#include "coordinator/pace.h"
#include "coordinator/plan_build.h"

/* Owns the arrays that `work` borrows. */
struct plan_work {
    struct campaign campaign; /* as stored; as planned, with id 0 */
    struct core_segment *segments;
    uint32_t *events;
    struct core_unit *units;
    struct merge_group *groups;
    uint64_t open_events; /* of segments that are not final */
    uint32_t open, steps; /* such segments; steps of most of them */
    uint32_t planned;     /* of these, behind gates */
    struct forecast_work work;
};

bool plan_work_load(struct plan_work *work, struct catalog_txn *txn,
                    const struct plan *plan, struct err *err);
void plan_work_release(struct plan_work *work);

#endif
