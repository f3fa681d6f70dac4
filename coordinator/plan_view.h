/* plan_view.h - a planned campaign in memory: its segments and the values they read.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_PLAN_VIEW_H
#define SPILLWAY_COORDINATOR_PLAN_VIEW_H

#include "coordinator/plan_build.h"

#define PLAN_VIEW_MEMORY                                                                 \
    ((size_t)256 << 20) /* one set of 65536 values, one large row                        \
                         */

struct plan_view {
    struct campaign campaign;
    const struct plan_segment *segments; /* merge order */
    uint32_t count;
    struct effective *values;
    uint32_t value_count;
    struct value_span *sets;
    uint32_t set_count;
    uint32_t *items;
    size_t item_count, item_room;
    struct plan_segment *owned; /* segments, when they were loaded */
};

void plan_view_init(struct plan_view *view);
void plan_view_release(struct plan_view *view);

/* Loads a stored plan; E_NOT_FOUND when there is no such campaign. */
bool plan_view_load(struct plan_view *view, struct catalog_txn *txn, const char *name,
                    struct err *err);

/* A plan that is not stored yet; it must outlive the view. */
void plan_view_of(struct plan_view *view, const struct plan *plan);

/* The effective values of a set, in order, up to PLAN_TYPES; their number. */
size_t plan_view_set(const struct plan_view *view, uint32_t set,
                     struct effective values[PLAN_TYPES]);

/* Both key texts of a segment of a stored plan, from the catalog. */
bool plan_view_texts(const struct plan_view *view, struct catalog_txn *txn,
                     uint32_t number, struct bytes texts[2], struct err *err);

/* The merge order: run, spill, builder, chunk, ordinal. */
int plan_segment_order(const struct plan_segment *a, const struct plan_segment *b);

/* Same keys in both steps. */
bool plan_segment_same(const struct plan_segment *a, const struct plan_segment *b);

#endif
