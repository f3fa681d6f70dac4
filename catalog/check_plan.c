/* check_plan.c - campaigns: dense plans, value sets, states against products and leases.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "catalog/check_internal.h"

/* What is gathered of one campaign. */
struct plan {
    const struct campaign *campaign;
    uint32_t segments; /* found so far, in order: states[0 .. segments - 1] count */
    uint32_t values, sets;
    char (*types)[TYPE_NAME]; /* of the values */
    struct plan_state *states;
    uint8_t *leases;          /* of each segment, saturating */
    struct plan_segment last; /* the one before */
};

/* A number that a campaign record gives, but no more than the table holds: a damaged
 * record must not size our memory. */
static bool count_bound(struct check *check, enum table table, uint32_t *count,
                        struct err *err)
{
    uint64_t records;
    if (!store_count(check->txn->store, table, &records, err))
        return false;
    if (*count > records)
        *count = (uint32_t)records;
    return true;
}

/* The next record, which must have this number; what is missing is told once. */
static enum lookup dense_step(struct check *check, struct walk *walk, const char *what,
                              uint32_t number, struct err *err)
{
    enum lookup lookup = walk_step(check, walk, err);
    if (lookup == LOOKUP_FAILED)
        return lookup;
    if (lookup == LOOKUP_FOUND && walk->key.size == 8 &&
        be32_load((const uint8_t *)walk->key.data + 4) == number)
        return LOOKUP_FOUND;
    check_fault(check, "campaign %u: %s %u is missing", be32_load(walk->from.bytes), what,
                number);
    return LOOKUP_ABSENT;
}

/* After the last one nothing may follow. */
static bool dense_end(struct check *check, struct walk *walk, const char *what,
                      uint32_t count, struct err *err)
{
    enum lookup lookup = walk_step(check, walk, err);
    if (lookup == LOOKUP_FOUND)
        check_fault(check, "campaign %u: more than %u records of kind %s",
                    be32_load(walk->from.bytes), count, what);
    return lookup != LOOKUP_FAILED;
}

static bool values_walk(struct check *check, struct plan *plan, struct err *err)
{
    struct walk walk = {.table = TABLE_VALUES, .from = key_u32(plan->campaign->id)};
    const uint32_t count = plan->campaign->value_count;
    struct task_value value;
    struct err broken;
    for (uint32_t i = 0; i < count; i++) {
        enum lookup lookup = dense_step(check, &walk, "value", i, err);
        if (lookup != LOOKUP_FOUND)
            return lookup == LOOKUP_ABSENT;
        if (!wire_task_value_unpack(walk.value.data, walk.value.size,
                                    txn_scratch(check->txn), &value, &broken)) {
            check_fault(check, "campaign %s: value %u: %s", plan->campaign->name, i,
                        broken.text);
            continue;
        }
        memcpy(plan->types[i], value.effective.type, TYPE_NAME);
        plan->values = i + 1;
    }
    return dense_end(check, &walk, "value", count, err);
}

static void set_judge(struct check *check, const struct plan *plan, uint32_t number,
                      const struct value_set *set)
{
    const char *name = plan->campaign->name;
    for (uint32_t i = 0; i < set->count; i++) {
        if (set->values[i] >= plan->values) {
            check_fault(check, "campaign %s: set %u names value %u of %u", name, number,
                        set->values[i], plan->values);
            return;
        }
        if (i > 0 &&
            strcmp(plan->types[set->values[i - 1]], plan->types[set->values[i]]) >= 0)
            check_fault(check, "campaign %s: set %u is not in the order of types", name,
                        number);
    }
}

static bool sets_walk(struct check *check, struct plan *plan, struct err *err)
{
    struct walk walk = {.table = TABLE_SETS, .from = key_u32(plan->campaign->id)};
    const uint32_t count = plan->campaign->set_count;
    struct value_set set;
    struct err broken;
    for (uint32_t i = 0; i < count; i++) {
        enum lookup lookup = dense_step(check, &walk, "set", i, err);
        if (lookup != LOOKUP_FOUND)
            return lookup == LOOKUP_ABSENT;
        if (wire_value_set_unpack(walk.value.data, walk.value.size,
                                  txn_scratch(check->txn), &set, &broken))
            set_judge(check, plan, i, &set);
        else
            check_fault(check, "campaign %s: set %u: %s", plan->campaign->name, i,
                        broken.text);
        plan->sets = i + 1;
    }
    return dense_end(check, &walk, "set", count, err);
}

/* Merge order: run, spill, builder, chunk, ordinal. */
static int plan_order(const struct plan_segment *a, const struct plan_segment *b)
{
    if (a->id.chunk.run != b->id.chunk.run)
        return a->id.chunk.run < b->id.chunk.run ? -1 : 1;
    if (a->spill != b->spill)
        return a->spill < b->spill ? -1 : 1;
    return segment_id_compare(&a->id, &b->id);
}

static bool segment_linked(struct check *check, const struct plan *plan, uint32_t number,
                           const struct plan_segment *planned, struct err *err)
{
    const char *name = plan->campaign->name;
    struct segment segment;
    struct err broken;
    enum lookup lookup = catalog_get_segment(check->txn, &planned->id, &segment, &broken);
    if (lookup == LOOKUP_FAILED && broken.code == E_CATALOG_STORE) {
        *err = broken;
        return false;
    }
    if (lookup == LOOKUP_ABSENT)
        check_fault(check, "campaign %s: segment %u is not in the run catalogue (run %u)",
                    name, number, planned->id.chunk.run);
    else if (lookup == LOOKUP_FAILED)
        check_fault(check, "campaign %s: segment %u: %s", name, number, broken.text);
    else if (segment.spill != planned->spill)
        check_fault(check, "campaign %s: segment %u is of spill %u, planned as %u", name,
                    number, segment.spill, planned->spill);
    return true;
}

static void plan_judge(struct check *check, const struct plan *plan, uint32_t number,
                       const struct plan_segment *planned)
{
    const struct campaign *campaign = plan->campaign;
    bool reco = !sha256_is_zero(&planned->reco_key);
    bool select = !sha256_is_zero(&planned->select_key);
    if (number > 0 && plan_order(&plan->last, planned) >= 0)
        check_fault(check, "campaign %s: segment %u is not in the order of the plan",
                    campaign->name, number);
    if (reco != campaign->recipe.reconstruct)
        check_fault(check, "campaign %s: segment %u %s a reco key", campaign->name,
                    number, reco ? "must not have" : "lacks");
    /* Set 0 of a plan without conditions may be no record. */
    if ((reco && planned->reco_set > 0 && planned->reco_set >= plan->sets) ||
        (select && planned->select_set > 0 && planned->select_set >= plan->sets))
        check_fault(check, "campaign %s: segment %u names a set that does not exist",
                    campaign->name, number);
}

static void product_judge(struct check *check, const char *what, uint32_t product,
                          const struct sha256 *key, bool needed)
{
    if (product == 0 && needed)
        check_fault(check, "%s: committed without products", what);
    if (product == 0)
        return;
    if (product >= check->key_count || sha256_is_zero(&check->keys[product]))
        check_fault(check, "%s: there are no products %u", what, product);
    else if (!sha256_equal(&check->keys[product], key))
        check_fault(check, "%s: products %u have another key than the plan", what,
                    product);
}

static void state_judge(struct check *check, const struct plan *plan, uint32_t number,
                        const struct plan_segment *planned)
{
    const struct plan_state *state = &plan->states[number];
    bool committed = state->state == SEGMENT_COMMITTED;
    bool leased = state->state == SEGMENT_LEASED;
    char what[128];
    (void)snprintf(what, sizeof what, "campaign %s: segment %u: reco",
                   plan->campaign->name, number);
    product_judge(check, what, state->reco_product, &planned->reco_key,
                  committed && !sha256_is_zero(&planned->reco_key));
    (void)snprintf(what, sizeof what, "campaign %s: segment %u: select",
                   plan->campaign->name, number);
    product_judge(check, what, state->select_product, &planned->select_key,
                  committed && !sha256_is_zero(&planned->select_key));
    if (leased != (plan->leases[number] == 1) || plan->leases[number] > 1)
        check_fault(check, "campaign %s: segment %u is %s and in %u leases",
                    plan->campaign->name, number,
                    segment_state_name((enum segment_state)state->state),
                    plan->leases[number]);
}

/* Segment `number` of plan and states; LOOKUP_ABSENT ends the walk. */
static enum lookup segment_step(struct check *check, struct plan *plan,
                                struct walk *planned, struct walk *states,
                                struct err *err)
{
    const uint32_t number = plan->segments;
    struct plan_segment segment;
    struct err broken;
    enum lookup lookup = dense_step(check, planned, "plan segment", number, err);
    if (lookup == LOOKUP_FOUND)
        lookup = dense_step(check, states, "state", number, err);
    if (lookup != LOOKUP_FOUND)
        return lookup;
    if (!wire_plan_segment_unpack(planned->value.data, planned->value.size,
                                  txn_scratch(check->txn), &segment, &broken) ||
        !plan_state_load(states->value, &plan->states[number], &broken)) {
        check_fault(check, "campaign %s: segment %u: %s", plan->campaign->name, number,
                    broken.text);
        return LOOKUP_ABSENT;
    }
    plan_judge(check, plan, number, &segment);
    state_judge(check, plan, number, &segment);
    plan->last = segment;
    plan->segments = number + 1;
    return lookup_of(segment_linked(check, plan, number, &segment, err));
}

static bool segments_walk(struct check *check, struct plan *plan, struct err *err)
{
    struct walk planned = {.table = TABLE_PLAN, .from = key_u32(plan->campaign->id)};
    struct walk states = {.table = TABLE_STATES, .from = key_u32(plan->campaign->id)};
    const uint32_t count = plan->campaign->segment_count;
    while (plan->segments < count) {
        enum lookup lookup = segment_step(check, plan, &planned, &states, err);
        if (lookup != LOOKUP_FOUND)
            return lookup == LOOKUP_ABSENT;
    }
    return dense_end(check, &planned, "plan segment", count, err) &&
           dense_end(check, &states, "state", count, err);
}

/* Counts the leases of each segment of the plan, before its states are judged. */
static bool leases_count(struct check *check, struct plan *plan, uint32_t count,
                         struct arena *arena, struct err *err)
{
    struct attempt attempt;
    uint64_t from = 1;
    for (;;) {
        arena_reset(arena);
        enum lookup lookup = catalog_next_lease(check->txn, from, arena, &attempt, err);
        if (lookup != LOOKUP_FOUND) /* damage of attempts is told by their own walk */
            return lookup == LOOKUP_ABSENT || err->code != E_CATALOG_STORE;
        from = attempt.number + 1;
        if (attempt.campaign != plan->campaign->id || attempt.kind != TASK_PROCESS)
            continue;
        for (uint32_t i = 0; i < attempt.segment_count; i++) {
            uint32_t number = attempt.segments[i];
            if (number >= count)
                check_fault(check, "lease %llu: no segment %u",
                            (unsigned long long)attempt.number, number);
            else if (plan->leases[number] < UINT8_MAX)
                plan->leases[number]++;
        }
    }
}

static bool plan_walk(struct check *check, struct plan *plan, struct err *err)
{
    uint32_t segments = plan->campaign->segment_count;
    uint32_t values = plan->campaign->value_count;
    struct arena arena;
    if (!count_bound(check, TABLE_STATES, &segments, err) ||
        !count_bound(check, TABLE_VALUES, &values, err))
        return false;
    plan->types = mem_new(values, sizeof *plan->types);
    plan->states = mem_new((size_t)segments + 1, sizeof *plan->states);
    plan->leases = mem_new((size_t)segments + 1, 1);
    arena_init(&arena, WIRE_MESSAGE_LIMIT);
    bool done = values_walk(check, plan, err) && sets_walk(check, plan, err) &&
                leases_count(check, plan, segments, &arena, err) &&
                segments_walk(check, plan, err) &&
                check_groups(check, plan->campaign, plan->states, plan->segments, err);
    arena_release(&arena);
    free(plan->types);
    free(plan->states);
    free(plan->leases);
    return done;
}

static bool campaign_named(struct check *check, const struct campaign *campaign,
                           struct err *err)
{
    struct slice value;
    enum lookup lookup = record_get(check->txn, TABLE_CAMPAIGN_NAMES,
                                    text_slice(campaign->name), &value, err);
    if (lookup == LOOKUP_FAILED)
        return false;
    if (lookup == LOOKUP_ABSENT || value.size != 4 ||
        be32_load(value.data) != campaign->id)
        check_fault(check, "campaign %s: its name does not lead to it", campaign->name);
    return true;
}

bool check_campaigns(struct check *check, struct err *err)
{
    struct walk walk = {.table = TABLE_CAMPAIGNS};
    struct campaign campaign;
    struct err broken;
    enum lookup lookup;
    while ((lookup = walk_step(check, &walk, err)) == LOOKUP_FOUND) {
        if (!wire_campaign_unpack(walk.value.data, walk.value.size,
                                  txn_scratch(check->txn), &campaign, &broken)) {
            check_fault(check, "a campaign: %s", broken.text);
            continue;
        }
        if (walk.key.size != 4 || be32_load(walk.key.data) != campaign.id) {
            check_fault(check, "campaign %s: stored under another number", campaign.name);
            continue;
        }
        struct plan plan = {.campaign = &campaign};
        if (!campaign_named(check, &campaign, err) || !plan_walk(check, &plan, err))
            return false;
    }
    return lookup == LOOKUP_ABSENT;
}
