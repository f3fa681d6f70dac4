/* skip_plan.c - which events of a planned segment are skipped: read, and changed.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Values and sets are only ever appended: other segments of the set keep theirs.
 */
#include "coordinator/skip_plan.h"

#include <inttypes.h>
#include <string.h>

#define SET_VALUES 256u /* payload types, and the list */

static bool there(enum lookup found, const char *what, uint32_t number, struct err *err)
{
    if (found == LOOKUP_ABSENT)
        return err_set(err, E_CATALOG_DAMAGED, "%s %" PRIu32 " is not in the catalog",
                       what, number);
    return found == LOOKUP_FOUND;
}

/* The values of a set with their numbers, in order. */
struct set_values {
    struct effective values[SET_VALUES];
    uint32_t numbers[SET_VALUES];
    uint32_t count;
};

static bool set_read(struct catalog_txn *txn, const struct campaign *campaign,
                     uint32_t set, struct arena *arena, struct set_values *out,
                     struct skip_list *list, struct err *err)
{
    const uint32_t *numbers;
    uint32_t count;
    list->count = 0;
    out->count = 0;
    if (!there(catalog_get_set(txn, campaign->id, set, arena, &numbers, &count, err),
               "value set", set, err))
        return false;
    if (count > SET_VALUES)
        return err_set(err, E_LIMIT, "value set %" PRIu32 ": too many values", set);
    for (uint32_t i = 0; i < count; i++) {
        struct task_value value;
        if (!there(catalog_get_value(txn, campaign->id, numbers[i], arena, &value, err),
                   "value", numbers[i], err))
            return false;
        out->values[i] = value.effective;
        out->numbers[i] = numbers[i];
        if (strcmp(value.effective.type, SKIP_TYPE) == 0 &&
            (value.inlined == NULL ||
             !skip_parse(value.inlined, (size_t)value.size, list, err)))
            return err_set(err, E_CATALOG_DAMAGED,
                           "value %" PRIu32 ": no list of skipped events", numbers[i]);
    }
    out->count = count;
    return true;
}

bool skip_plan_list(struct catalog_txn *txn, const struct campaign *campaign,
                    uint32_t set, struct arena *arena, struct skip_list *list,
                    struct err *err)
{
    struct set_values values;
    list->count = 0;
    return !campaign->recipe.reconstruct ||
           set_read(txn, campaign, set, arena, &values, list, err);
}

/* Without the list that was there, with the new one at its place. */
static bool set_change(struct catalog_txn *txn, struct campaign *campaign,
                       const struct skip_list *list, struct set_values *set,
                       struct err *err)
{
    struct bytes text;
    struct task_value value = {.effective = {.type = SKIP_TYPE}};
    uint32_t kept = 0;
    for (uint32_t i = 0; i < set->count; i++)
        if (strcmp(set->values[i].type, SKIP_TYPE) != 0) {
            set->values[kept] = set->values[i];
            set->numbers[kept++] = set->numbers[i];
        }
    set->count = kept;
    if (list->count == 0)
        return true;
    if (kept == SET_VALUES)
        return err_set(err, E_LIMIT, "too many values for a list of skipped events");
    bytes_init(&text, (size_t)SKIP_EVENTS * 12);
    bool done = skip_text(list, &text, err);
    value.effective.value = sha256_of(text.data, text.size);
    value.size = text.size;
    value.inlined = text.data;
    done =
        done && catalog_put_value(txn, campaign->id, campaign->value_count, &value, err);
    bytes_release(&text);
    uint32_t place = 0;
    while (place < kept && strcmp(set->values[place].type, SKIP_TYPE) < 0)
        place++;
    for (uint32_t i = set->count++; i > place; i--) {
        set->values[i] = set->values[i - 1];
        set->numbers[i] = set->numbers[i - 1];
    }
    set->values[place] = value.effective;
    set->numbers[place] = campaign->value_count++;
    return done;
}

static bool keys_change(struct catalog_txn *txn, const struct campaign *campaign,
                        const struct set_values *reco, const struct set_values *select,
                        struct plan_segment *plan, struct err *err)
{
    struct chunk chunk;
    struct segment segment;
    struct bytes texts[2];
    if (!there(catalog_get_chunk(txn, &plan->id.chunk, &chunk, err), "chunk of run",
               plan->id.chunk.run, err) ||
        !there(catalog_get_segment(txn, &plan->id, &segment, err), "segment",
               plan->id.ordinal, err))
        return false;
    const struct key_input input = {.chunk = &chunk,
                                    .segment = &segment,
                                    .recipe = &campaign->recipe,
                                    .reco_values = reco->values,
                                    .reco_count = reco->count,
                                    .select_values = select->values,
                                    .select_count = select->count};
    bytes_init(&texts[0], KEY_TEXT_LIMIT);
    bytes_init(&texts[1], KEY_TEXT_LIMIT);
    bool done = key_segment_texts(&input, &texts[0], &texts[1], err);
    plan->reco_key = key_of(&texts[0]);
    plan->select_key = key_of(&texts[1]);
    bytes_release(&texts[0]);
    bytes_release(&texts[1]);
    return done;
}

bool skip_plan_change(struct catalog_txn *txn, struct campaign *campaign, uint32_t number,
                      const struct skip_list *list, struct err *err)
{
    struct plan_segment plan;
    struct set_values reco, select;
    struct skip_list before;
    struct arena arena;
    arena_init(&arena, SKIP_MEMORY);
    bool done = there(catalog_get_plan_segment(txn, campaign->id, number, &plan, err),
                      "plan segment", number, err) &&
                set_read(txn, campaign, plan.reco_set, &arena, &reco, &before, err) &&
                set_read(txn, campaign, plan.select_set, &arena, &select, &before, err) &&
                set_change(txn, campaign, list, &reco, err) &&
                keys_change(txn, campaign, &reco, &select, &plan, err) &&
                catalog_put_set(txn, campaign->id, campaign->set_count, reco.numbers,
                                reco.count, err);
    arena_release(&arena);
    if (!done)
        return false;
    plan.reco_set = campaign->set_count++;
    return catalog_put_plan_segment(txn, campaign->id, number, &plan, err);
}
