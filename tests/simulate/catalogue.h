/* catalogue.h - runs.yaml: the runs, their chunks, and where the beam count stands.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_TESTS_SIMULATE_CATALOGUE_H
#define SPILLWAY_TESTS_SIMULATE_CATALOGUE_H

#include "model/chunk.h"
#include "tests/simulate/sink.h"

struct catalogue_run {
    uint32_t run;
    int64_t start_s, stop_s;
};

bool catalogue_head(struct sink *sink, struct err *err);
bool catalogue_run_add(struct sink *sink, const struct catalogue_run *run,
                       struct err *err);

/* Chunks of the run before. */
bool catalogue_chunks_add(struct sink *sink, const struct chunk *chunks, size_t count,
                          struct err *err);

#endif
