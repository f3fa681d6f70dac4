/* plan_store.c - a plan into the catalog, whole or not at all.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>

#include "base/heap.h"
#include "coordinator/orders.h"
#include "coordinator/plan_build.h"
#include "coordinator/who.h"
#include "coordinator/write.h"

/* Bytes of pages for a segment with its state, and for a value. */
#define SEGMENT_PAGES 192u
#define VALUE_PAGES   4096u

static bool manifest_put(struct catalog_txn *txn, const struct plan *plan,
                         struct err *err)
{
    char hex[SHA256_HEX];
    char name[SHA256_HEX + 16];
    struct bytes text;
    if (sha256_is_zero(&plan->values.hash))
        return true;
    sha256_to_hex(&plan->values.hash, hex);
    (void)snprintf(name, sizeof name, "manifest/%s", hex);
    bytes_init(&text, MANIFEST_TEXT);
    bool done = manifest_write(&plan->values.manifest, &text, err) &&
                catalog_put_text(txn, name, text.data, text.size, err);
    bytes_release(&text);
    return done;
}

static bool values_put(struct catalog_txn *txn, const struct plan *plan, struct err *err)
{
    const struct value_table *table = &plan->values.table;
    uint32_t campaign = plan->campaign.id;
    for (uint32_t i = 0; i < table->count; i++)
        if (!catalog_put_value(txn, campaign, i, &table->values[i], err))
            return false;
    for (uint32_t i = 0; i < table->set_count; i++) {
        const struct value_span *set = &table->sets[i];
        const uint32_t *items = set->count == 0 ? NULL : table->items + set->first;
        if (!catalog_put_set(txn, campaign, i, items, set->count, err))
            return false;
    }
    return true;
}

/* The first order comes from the campaign file. */
static bool priority_put(struct catalog_txn *txn, const struct plan *plan,
                         struct err *err)
{
    struct order order = {.kind = ORDER_PRIORITY,
                          .priority = plan->priority,
                          .reason = "by the campaign file",
                          .wall_s = plan->campaign.created_s};
    memcpy(order.campaign, plan->campaign.name, CAMPAIGN_NAME);
    who_login(order.who);
    return plan->priority == PRIORITY_USUAL || orders_add(txn, &order, err);
}

static bool plan_put(struct catalog_txn *txn, void *context, struct err *err)
{
    struct plan *plan = context;
    plan->campaign.id = 0;
    if (!catalog_put_campaign(txn, &plan->campaign, err) ||
        !priority_put(txn, plan, err) || !manifest_put(txn, plan, err) ||
        !values_put(txn, plan, err) ||
        (plan->stages.count > 0 &&
         !stages_write(txn, plan->campaign.name, &plan->stages, err)))
        return false;
    uint32_t campaign = plan->campaign.id;
    for (uint32_t i = 0; i < plan->count; i++)
        if (!catalog_put_plan_segment(txn, campaign, i, &plan->segments[i], err))
            return false;
    for (uint32_t i = 0; i < plan->count; i++)
        if (!catalog_put_state(txn, campaign, i, &plan->states[i], err))
            return false;
    return true;
}

/* The catalog keeps the pages of a transaction in memory until it is committed: their
 * first touch was a sixth of a large plan. */
static size_t pages_of(const struct plan *plan)
{
    return (size_t)plan->count * SEGMENT_PAGES +
           (size_t)plan->values.table.count * VALUE_PAGES;
}

static bool plan_write(struct plan *plan, struct catalog *catalog, write_step step,
                       void *context, struct err *err)
{
    heap_expect(pages_of(plan));
    bool done = write_catalog(catalog, step, context, err);
    heap_settle();
    return done;
}

bool plan_store(struct plan *plan, struct catalog *catalog, int64_t wall_s,
                struct err *err)
{
    plan->campaign.created_s = wall_s;
    return plan_write(plan, catalog, plan_put, plan, err);
}

struct both {
    struct plan *plan;
    write_step also;
    void *context;
};

static bool both_put(struct catalog_txn *txn, void *context, struct err *err)
{
    const struct both *both = context;
    return plan_put(txn, both->plan, err) && both->also(txn, both->context, err);
}

bool plan_store_with(struct plan *plan, struct catalog *catalog, int64_t wall_s,
                     write_step also, void *context, struct err *err)
{
    struct both both = {plan, also, context};
    plan->campaign.created_s = wall_s;
    return plan_write(plan, catalog, both_put, &both, err);
}
