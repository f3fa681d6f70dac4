/* plan_view.c - loading plans, rebuilding key texts.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/plan_view.h"

#include <inttypes.h>
#include <stdlib.h>

void plan_view_init(struct plan_view *view)
{
    *view = (struct plan_view){.segments = NULL};
}

void plan_view_release(struct plan_view *view)
{
    free(view->owned);
    free(view->values);
    free(view->sets);
    free(view->items);
    plan_view_init(view);
}

static bool absent(const struct plan_view *view, const char *what, uint32_t number,
                   struct err *err)
{
    return err_set(err, E_CATALOG_DAMAGED, "campaign %s: %s %" PRIu32 " is missing",
                   view->campaign.name, what, number);
}

static bool segments_load(struct plan_view *view, struct catalog_txn *txn,
                          struct err *err)
{
    view->count = view->campaign.segment_count;
    view->owned = mem_new(view->count, sizeof view->owned[0]);
    view->segments = view->owned;
    for (uint32_t i = 0; i < view->count; i++) {
        enum lookup found =
            catalog_get_plan_segment(txn, view->campaign.id, i, &view->owned[i], err);
        if (found != LOOKUP_FOUND)
            return found == LOOKUP_ABSENT && absent(view, "segment", i, err);
    }
    return true;
}

static void items_add(struct plan_view *view, const uint32_t *items, uint32_t count)
{
    while (view->item_count + count > view->item_room) {
        view->item_room = view->item_room == 0 ? 256 : 2 * view->item_room;
        view->items = mem_grow(view->items, view->item_room, sizeof view->items[0]);
    }
    if (count > 0)
        memcpy(view->items + view->item_count, items, count * sizeof *items);
    view->item_count += count;
}

static bool values_load(struct plan_view *view, struct catalog_txn *txn,
                        struct arena *arena, struct err *err)
{
    view->value_count = view->campaign.value_count;
    view->values = mem_new(view->value_count, sizeof view->values[0]);
    for (uint32_t i = 0; i < view->value_count; i++) {
        struct task_value value;
        arena_reset(arena);
        enum lookup found =
            catalog_get_value(txn, view->campaign.id, i, arena, &value, err);
        if (found != LOOKUP_FOUND)
            return found == LOOKUP_ABSENT && absent(view, "value", i, err);
        view->values[i] = value.effective;
    }
    return true;
}

static bool sets_load(struct plan_view *view, struct catalog_txn *txn,
                      struct arena *arena, struct err *err)
{
    view->set_count = view->campaign.set_count;
    view->sets = mem_new(view->set_count, sizeof view->sets[0]);
    for (uint32_t i = 0; i < view->set_count; i++) {
        const uint32_t *items;
        uint32_t count;
        arena_reset(arena);
        enum lookup found =
            catalog_get_set(txn, view->campaign.id, i, arena, &items, &count, err);
        if (found != LOOKUP_FOUND)
            return found == LOOKUP_ABSENT && absent(view, "set", i, err);
        for (uint32_t k = 0; k < count; k++)
            if (items[k] >= view->value_count || count > PLAN_TYPES)
                return absent(view, "value", items[k], err);
        view->sets[i] = (struct value_span){(uint32_t)view->item_count, count};
        items_add(view, items, count);
    }
    return true;
}

bool plan_view_load(struct plan_view *view, struct catalog_txn *txn, const char *name,
                    struct err *err)
{
    struct arena arena;
    enum lookup found = catalog_get_campaign(txn, name, &view->campaign, err);
    if (found == LOOKUP_ABSENT)
        return err_set(err, E_NOT_FOUND, "no campaign %.48s in the catalog", name);
    if (found == LOOKUP_FAILED)
        return false;
    arena_init(&arena, PLAN_VIEW_MEMORY);
    bool done = segments_load(view, txn, err) && values_load(view, txn, &arena, err) &&
                sets_load(view, txn, &arena, err);
    arena_release(&arena);
    return done;
}

void plan_view_of(struct plan_view *view, const struct plan *plan)
{
    const struct value_table *table = &plan->values.table;
    view->campaign = plan->campaign;
    view->segments = plan->segments;
    view->count = plan->count;
    view->value_count = table->count;
    view->values = mem_new(table->count, sizeof view->values[0]);
    for (uint32_t i = 0; i < table->count; i++)
        view->values[i] = table->values[i].effective;
    view->set_count = table->set_count;
    view->sets = mem_new(table->set_count, sizeof view->sets[0]);
    for (uint32_t i = 0; i < table->set_count; i++)
        view->sets[i] = table->sets[i];
    items_add(view, table->items, (uint32_t)table->item_count);
}

size_t plan_view_set(const struct plan_view *view, uint32_t set,
                     struct effective values[PLAN_TYPES])
{
    bug_if(set >= view->set_count);
    const struct value_span *span = &view->sets[set];
    for (uint32_t i = 0; i < span->count; i++)
        values[i] = view->values[view->items[span->first + i]];
    return span->count;
}

bool plan_view_texts(const struct plan_view *view, struct catalog_txn *txn,
                     uint32_t number, struct bytes texts[2], struct err *err)
{
    const struct plan_segment *planned = &view->segments[number];
    struct chunk chunk;
    struct segment segment;
    struct effective reco[PLAN_TYPES];
    struct effective select[PLAN_TYPES];
    enum lookup found = catalog_get_chunk(txn, &planned->id.chunk, &chunk, err);
    if (found == LOOKUP_FOUND)
        found = catalog_get_segment(txn, &planned->id, &segment, err);
    if (found != LOOKUP_FOUND)
        return found == LOOKUP_ABSENT &&
               absent(view, "the input of segment", number, err);
    const struct key_input input = {
        .chunk = &chunk,
        .segment = &segment,
        .recipe = &view->campaign.recipe,
        .reco_values = reco,
        .reco_count = plan_view_set(view, planned->reco_set, reco),
        .select_values = select,
        .select_count = plan_view_set(view, planned->select_set, select)};
    bytes_clear(&texts[0]);
    bytes_clear(&texts[1]);
    return key_segment_texts(&input, &texts[0], &texts[1], err);
}

int plan_segment_order(const struct plan_segment *a, const struct plan_segment *b)
{
    if (a->id.chunk.run != b->id.chunk.run)
        return a->id.chunk.run < b->id.chunk.run ? -1 : 1;
    if (a->spill != b->spill)
        return a->spill < b->spill ? -1 : 1;
    return segment_id_compare(&a->id, &b->id);
}

bool plan_segment_same(const struct plan_segment *a, const struct plan_segment *b)
{
    return sha256_equal(&a->reco_key, &b->reco_key) &&
           sha256_equal(&a->select_key, &b->select_key);
}
