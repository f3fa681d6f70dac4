/* run_times.h - validity by time -> runs, through the run catalogue.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A payload that is valid from one time until another holds for the runs that started in
 * between: the bounds are rounded to starts of runs, and the rounding is told.
 */
#ifndef SPILLWAY_COORDINATOR_RUN_TIMES_H
#define SPILLWAY_COORDINATOR_RUN_TIMES_H

#include "catalog/catalog.h"
#include "conditions/validity.h"

#define RUN_TIMES_REPORT ((size_t)1 << 16)

struct run_time {
    uint32_t run;
    int64_t start_s, stop_s; /* 0: unknown */
};

struct run_times {
    size_t count;
    struct run_time *runs; /* ascending */
};

bool run_times_load(struct catalog *catalog, struct run_times *times, struct err *err);
void run_times_release(struct run_times *times);

/* Adds lines about the rounding to `report`. E_VALIDITY when no run started then, when a
 * run at a bound has no start time, or when starts do not ascend with the numbers. */
bool run_times_interval(const struct run_times *times, const struct validity *validity,
                        struct interval *interval, struct bytes *report, struct err *err);

#endif
