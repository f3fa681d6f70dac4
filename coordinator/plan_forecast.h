/* plan_forecast.h - spillway plan --simulate: a planned campaign on a virtual cluster.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_PLAN_FORECAST_H
#define SPILLWAY_COORDINATOR_PLAN_FORECAST_H

#include "coordinator/plan_build.h"

/* As the options say. */
struct plan_cluster {
    uint64_t cores; /* 0: nothing is simulated */
    uint64_t allocation, walltime_s, queue_s, seed;
    double failures; /* 1: the usual ones of plan_forecast.c */
    double event_ms; /* 0: as attempts in the catalog measured it */
};

#define PLAN_CLUSTER_DEFAULT                                                             \
    (struct plan_cluster)                                                                \
    {                                                                                    \
        .allocation = 32, .seed = 1, .failures = 1                                       \
    }

bool plan_cluster_check(const struct plan_cluster *cluster, struct err *err);

/* What is left to do of the campaign: of its plan in the catalog, or of `plan` when it is
 * not stored. Appends what the simulations say to `out`; writes nothing. */
bool plan_forecast(struct catalog *catalog, const struct plan *plan,
                   const struct plan_cluster *cluster, bool json, struct bytes *out,
                   struct err *err);

#endif
