/* plan_fallback.c - what a plan rests on, against the budget of its campaign.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/fallback_spill.h"
#include "coordinator/plan_build.h"

static void set_add(struct fallback_use *use, const struct value_table *table,
                    uint32_t set, const double *eot)
{
    const struct value_span *span = &table->sets[set];
    for (uint32_t i = 0; i < span->count; i++) {
        const struct effective *effective =
            &table->values[table->items[span->first + i]].effective;
        fallback_add_value(use, effective->type, effective->level, eot);
    }
}

static bool spill_add(struct plan *plan, struct catalog_txn *txn,
                      const struct plan_segment *first, uint32_t count, struct err *err)
{
    struct fallback_spill spill;
    if (!fallback_spill_read(txn, first, count, &spill, err))
        return false;
    const double *eot = spill.known ? &spill.eot : NULL;
    if (spill.selected) {
        fallback_add_spill(&plan->fallbacks, eot);
        set_add(&plan->fallbacks, &plan->values.table, first->reco_set, eot);
        set_add(&plan->fallbacks, &plan->values.table, first->select_set, eot);
    }
    return true;
}

/* How many segments from `first` on are of one spill; they are neighbours. */
static uint32_t spill_length(const struct plan *plan, uint32_t first)
{
    const struct plan_segment *segment = &plan->segments[first];
    uint32_t count = 1;
    while (first + count < plan->count && segment[count].spill == segment->spill &&
           segment[count].id.chunk.run == segment->id.chunk.run)
        count++;
    return count;
}

bool plan_fallbacks(struct plan *plan, struct catalog *catalog,
                    const double budget[FALLBACK_LEVELS], struct err *err)
{
    struct catalog_txn *txn = NULL;
    bool done = catalog_begin(catalog, &txn, err);
    for (uint32_t i = 0; done && i < plan->count;) {
        uint32_t count = spill_length(plan, i);
        done = spill_add(plan, txn, &plan->segments[i], count, err);
        i += count;
    }
    catalog_abort(txn);
    return done && fallback_check(&plan->fallbacks, budget, &plan->problems,
                                  &plan->condition_problems, err);
}
