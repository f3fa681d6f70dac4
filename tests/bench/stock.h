/* stock.h - a run catalogue of any size, and a plan for it, without any raw file.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every run has the spills 1 to chunks x spills; each builder has a segment of each
 * spill. All functions end the program on an error.
 */
#ifndef SPILLWAY_TESTS_BENCH_STOCK_H
#define SPILLWAY_TESTS_BENCH_STOCK_H

#include "catalog/catalog.h"

#define STOCK_RUN      1001u /* the first one */
#define STOCK_CAMPAIGN "bench"

struct stock {
    uint32_t runs;
    uint32_t builders;
    uint32_t chunks; /* of a builder, in each run */
    uint32_t spills; /* of a chunk */
};

uint32_t stock_segments(const struct stock *stock);

/* Runs, spills, chunks and segments, as a scan leaves them. */
void stock_runs(struct catalog *catalog, const struct stock *stock);

/* A campaign over all of them, every segment ready: reconstruction and three skims, 16
 * segments a task. */
void stock_plan(struct catalog *catalog, const struct stock *stock, const char *store);

#endif
