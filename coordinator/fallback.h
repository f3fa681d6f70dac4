/* fallback.h - how much of a campaign rests on a fallback level, in spills and EOT.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Pure. A spill counts once, with the values that its plan gave it. Shares are of all
 * spills of the plan: of their EOT where it is known, and by number among the spills
 * whose EOT is not known, which are never taken as nothing.
 */
#ifndef SPILLWAY_COORDINATOR_FALLBACK_H
#define SPILLWAY_COORDINATOR_FALLBACK_H

#include "base/bytes.h"
#include "base/json.h"
#include "model/key.h"

#define FALLBACK_TYPES 16 /* payload types with a ladder, in any release */

struct fallback_sum {
    uint64_t spills;
    uint64_t unknown; /* of these, without a known EOT */
    double eot;
};

struct fallback_type {
    char type[TYPE_NAME];
    struct fallback_sum by_level[FALLBACK_LEVELS]; /* nothing in FALLBACK_EXACT */
};

struct fallback_use {
    struct fallback_sum all;
    struct fallback_type types[FALLBACK_TYPES]; /* those with a level beyond exact */
    size_t count;
};

/* One spill; `eot` NULL when it is not known. */
void fallback_add_spill(struct fallback_use *use, const double *eot);

/* A value of the spill that was added last. */
void fallback_add_value(struct fallback_use *use, const char *type, enum fallback level,
                        const double *eot);

/* Shares from 0 to 1 that each level may have; above it a line is added to `problems` and
 * *exceeded counts it. */
bool fallback_check(const struct fallback_use *use, const double budget[FALLBACK_LEVELS],
                    struct bytes *problems, uint32_t *exceeded, struct err *err);

/* One line for each type and level that is used; nothing when all is exact. */
bool fallback_text(const struct fallback_use *use, struct bytes *out, struct err *err);

/* "fallbacks": [{"type", "level", "spills", "eot_share", ...}]. */
void fallback_json(const struct fallback_use *use, struct json_writer *json);

#endif
