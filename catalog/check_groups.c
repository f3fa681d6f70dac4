/* check_groups.c - merge groups: dense, disjoint, published with all that they hold.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The events of a published file must be the sum over the products of its segments:
 * this is where an event that is twice or missing would show.
 */
#include <stdlib.h>

#include "catalog/check_internal.h"

/* The segments of a group that counts (is not VOID). */
struct span {
    char stream[sizeof((struct merge_class *)0)->stream];
    uint32_t number, first, count;
};

struct groups {
    const struct campaign *campaign;
    const struct plan_state *states;
    uint32_t segments;
    struct arena arena; /* of one product set */
    struct span *spans;
    uint32_t span_count;
};

/* Adds the events of the stream in these products; *known tells whether it is there. */
static bool events_add(struct check *check, struct groups *groups, uint32_t product,
                       const char *stream, struct event_digest *events, bool *known)
{
    struct product_set set;
    struct err broken;
    if (product == 0)
        return true;
    arena_reset(&groups->arena);
    enum lookup lookup =
        catalog_get_products(check->txn, product, &groups->arena, &set, &broken);
    if (lookup != LOOKUP_FOUND) /* told by the walk over products */
        return lookup == LOOKUP_ABSENT || broken.code != E_CATALOG_STORE;
    for (uint32_t i = 0; i < set.count; i++) {
        if (strcmp(set.products[i].stream, stream) != 0)
            continue;
        event_digest_merge(events, &set.products[i].events);
        *known = true;
    }
    return true;
}

static bool events_judge(struct check *check, struct groups *groups,
                         const struct merge_group *group, struct err *err)
{
    const char *name = groups->campaign->name, *stream = group->merge_class.stream;
    struct event_digest events = {0};
    for (uint32_t i = group->first; i < group->first + group->count; i++) {
        const struct plan_state *state = &groups->states[i];
        bool known = false;
        if (state->state != SEGMENT_COMMITTED)
            continue;
        if (!events_add(check, groups, state->reco_product, stream, &events, &known) ||
            !events_add(check, groups, state->select_product, stream, &events, &known))
            return err_set(err, E_CATALOG_STORE, "cannot read the products of segment %u",
                           i);
        if (!known)
            check_fault(check,
                        "campaign %s: segment %u has no stream %s, its group %u is "
                        "published",
                        name, i, stream, group->number);
    }
    if (!event_digest_equal(&events, &group->events))
        check_fault(check,
                    "campaign %s: group %u (%s): its events are not the sum over "
                    "its segments: %llu, %llu",
                    name, group->number, stream, (unsigned long long)group->events.count,
                    (unsigned long long)events.count);
    return true;
}

static void file_judge(struct check *check, const struct groups *groups,
                       const struct merge_group *group)
{
    const char *name = groups->campaign->name;
    const struct file_use *file = check_file(check, group->published);
    if (file == NULL || file->state != FILE_PUBLISHED)
        check_fault(check, "campaign %s: group %u: no published file %s", name,
                    group->number, group->published);
    else if (file->size != group->size || !sha256_equal(&file->hash, &group->hash))
        check_fault(check, "campaign %s: group %u: size or hash of %s differ", name,
                    group->number, group->published);
}

static bool group_judge(struct check *check, struct groups *groups,
                        const struct merge_group *group, struct err *err)
{
    if (group->state == GROUP_VOID)
        return true;
    if (group->count > groups->segments ||
        group->first > groups->segments - group->count) {
        check_fault(check, "campaign %s: group %u goes beyond the plan",
                    groups->campaign->name, group->number);
        return true;
    }
    struct span *span = &groups->spans[groups->span_count++];
    memcpy(span->stream, group->merge_class.stream, sizeof span->stream);
    span->number = group->number;
    span->first = group->first;
    span->count = group->count;
    if (group->state != GROUP_PUBLISHED)
        return true;
    file_judge(check, groups, group);
    return events_judge(check, groups, group, err);
}

static int span_order(const void *a, const void *b)
{
    const struct span *one = a, *two = b;
    int order = strcmp(one->stream, two->stream);
    return order != 0 ? order : (one->first > two->first) - (one->first < two->first);
}

static void spans_disjoint(struct check *check, struct groups *groups)
{
    qsort(groups->spans, groups->span_count, sizeof *groups->spans, span_order);
    for (uint32_t i = 1; i < groups->span_count; i++) {
        const struct span *before = &groups->spans[i - 1], *span = &groups->spans[i];
        if (strcmp(before->stream, span->stream) == 0 &&
            span->first - before->first < before->count)
            check_fault(check,
                        "campaign %s: groups %u and %u of stream %s both hold "
                        "segment %u",
                        groups->campaign->name, before->number, span->number,
                        span->stream, span->first);
    }
}

static bool groups_walk(struct check *check, struct groups *groups, struct err *err)
{
    struct walk walk = {.table = TABLE_GROUPS, .from = key_u32(groups->campaign->id)};
    struct merge_group group;
    struct err broken;
    uint32_t number = 0;
    enum lookup lookup;
    for (; (lookup = walk_step(check, &walk, err)) == LOOKUP_FOUND; number++) {
        if (!wire_merge_group_unpack(walk.value.data, walk.value.size,
                                     txn_scratch(check->txn), &group, &broken)) {
            check_fault(check, "campaign %s: group %u: %s", groups->campaign->name,
                        number, broken.text);
            continue;
        }
        if (walk.key.size != 8 || group.number != number ||
            be32_load((const uint8_t *)walk.key.data + 4) != number)
            check_fault(check, "campaign %s: group %u stands in the place of %u",
                        groups->campaign->name, group.number, number);
        if (!group_judge(check, groups, &group, err))
            return false;
    }
    if (lookup == LOOKUP_ABSENT && number != groups->campaign->group_count)
        check_fault(check, "campaign %s: %u groups, %u announced", groups->campaign->name,
                    number, groups->campaign->group_count);
    return lookup == LOOKUP_ABSENT;
}

bool check_groups(struct check *check, const struct campaign *campaign,
                  const struct plan_state *states, uint32_t count, struct err *err)
{
    struct groups groups = {.campaign = campaign, .states = states, .segments = count};
    uint64_t records;
    if (!store_count(check->txn->store, TABLE_GROUPS, &records, err))
        return false;
    groups.spans = mem_new(records, sizeof *groups.spans);
    arena_init(&groups.arena, WIRE_MESSAGE_LIMIT);
    bool done = groups_walk(check, &groups, err);
    if (done)
        spans_disjoint(check, &groups);
    arena_release(&groups.arena);
    free(groups.spans);
    return done;
}
