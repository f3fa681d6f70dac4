/* select.h - which runs a campaign takes: a pure function of run and selection.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Unknown is never guessed: a run whose type, origin or quality is unknown is taken only
 * where the selection says "unknown" in that list.
 */
#ifndef SPILLWAY_COORDINATOR_SELECT_H
#define SPILLWAY_COORDINATOR_SELECT_H

#include "model/run.h"

struct run_range {
    uint32_t first, last; /* both included */
};

/* "RUN" or "FIRST-LAST"; E_USAGE. */
bool run_range_read(const char *word, struct run_range *range, struct err *err);

struct select_words {
    const char *const *list;
    uint32_t count; /* 0: every run */
};

struct selection {
    const struct run_range *runs;
    uint32_t run_count; /* 0: every run */
    struct select_words periods, setups, particles;
    uint32_t types; /* bit masks of the enums of model/run.h */
    uint32_t origins;
    uint32_t qualities;
    bool synthetic; /* simulated runs too; never for physics */
};

/* Why a run is not taken. */
enum select_reason {
    SELECT_TAKEN,
    SELECT_NUMBER,
    SELECT_PERIOD,
    SELECT_SETUP,
    SELECT_PARTICLE,
    SELECT_TYPE,
    SELECT_ORIGIN,
    SELECT_QUALITY,
    SELECT_SYNTHETIC
};

#define SELECT_REASONS 9

/* The first reason in the order above. */
enum select_reason selection_takes(const struct selection *selection,
                                   const struct run *run);

/* "type" and so on; "taken". */
const char *select_reason_name(enum select_reason reason);

#endif
