/* catalog_plan.c - campaigns and their plans: segments, values, sets, states, groups.
 * SPDX-License-Identifier: Apache-2.0
 *
 * States are apart from the plan because only they change: 16 bytes each, so a group of
 * completions inside a small window of the plan touches a few pages.
 */
#include "catalog/catalog_internal.h"

static enum lookup campaign_name_get(struct catalog_txn *txn, const char *name,
                                     uint32_t *id, struct err *err)
{
    struct slice value;
    if (name[0] == '\0')
        return LOOKUP_ABSENT;
    enum lookup lookup =
        record_get(txn, TABLE_CAMPAIGN_NAMES, text_slice(name), &value, err);
    if (lookup != LOOKUP_FOUND)
        return lookup;
    if (value.size != 4) {
        (void)err_set(err, E_CATALOG_DAMAGED, "campaign %s: its number has %zu bytes",
                      name, value.size);
        return LOOKUP_FAILED;
    }
    *id = be32_load(value.data);
    return LOOKUP_FOUND;
}

static bool campaign_name_take(struct catalog_txn *txn, const struct campaign *campaign,
                               struct err *err)
{
    struct key value = key_u32(campaign->id);
    uint32_t taken;
    if (campaign->name[0] == '\0')
        return err_set(err, E_CATALOG_NAME, "a campaign needs a name");
    enum lookup lookup = campaign_name_get(txn, campaign->name, &taken, err);
    if (lookup == LOOKUP_FAILED)
        return false;
    if (lookup == LOOKUP_FOUND && taken == campaign->id)
        return true;
    if (lookup == LOOKUP_FOUND)
        return err_set(err, E_CATALOG_NAME, "there is a campaign %s already",
                       campaign->name);
    return bytes_append(txn_packed(txn), value.bytes, value.size, err) &&
           record_put(txn, TABLE_CAMPAIGN_NAMES, text_slice(campaign->name), err);
}

bool catalog_put_campaign(struct catalog_txn *txn, struct campaign *campaign,
                          struct err *err)
{
    uint64_t last;
    uint32_t given = campaign->id;
    if (given == 0) {
        if (!record_last(txn, TABLE_CAMPAIGNS, 4, &last, err))
            return false;
        if (last == UINT32_MAX)
            return err_set(err, E_LIMIT, "no number is left for a campaign");
        campaign->id = (uint32_t)last + 1;
    }
    struct key key = key_u32(campaign->id);
    bool done = campaign_name_take(txn, campaign, err) &&
                wire_campaign_pack(campaign, txn_packed(txn), err) &&
                record_put(txn, TABLE_CAMPAIGNS, key_slice(&key), err);
    if (!done)
        campaign->id = given;
    return done;
}

enum lookup catalog_next_campaign(struct catalog_txn *txn, uint32_t from,
                                  struct campaign *campaign, struct err *err)
{
    struct key key = key_u32(from);
    struct slice value, found;
    enum lookup lookup =
        record_seek(txn, TABLE_CAMPAIGNS, key_slice(&key), 0, &value, &found, err);
    if (lookup != LOOKUP_FOUND)
        return lookup;
    if (!wire_campaign_unpack(value.data, value.size, txn_scratch(txn), campaign, err))
        return LOOKUP_FAILED;
    key = key_u32(campaign->id);
    return record_own(TABLE_CAMPAIGNS, found, key_slice(&key), err);
}

enum lookup catalog_get_campaign(struct catalog_txn *txn, const char *name,
                                 struct campaign *campaign, struct err *err)
{
    uint32_t id;
    struct slice value;
    enum lookup lookup = campaign_name_get(txn, name, &id, err);
    if (lookup != LOOKUP_FOUND)
        return lookup;
    struct key key = key_u32(id);
    lookup = record_get(txn, TABLE_CAMPAIGNS, key_slice(&key), &value, err);
    if (lookup == LOOKUP_ABSENT) {
        (void)err_set(err, E_CATALOG_DAMAGED, "campaign %s has no record %u", name, id);
        return LOOKUP_FAILED;
    }
    if (lookup == LOOKUP_FAILED)
        return lookup;
    return lookup_of(
        wire_campaign_unpack(value.data, value.size, txn_scratch(txn), campaign, err));
}

bool catalog_put_plan_segment(struct catalog_txn *txn, uint32_t campaign, uint32_t number,
                              const struct plan_segment *segment, struct err *err)
{
    struct key key = key_pair(campaign, number);
    return wire_plan_segment_pack(segment, txn_packed(txn), err) &&
           record_put(txn, TABLE_PLAN, key_slice(&key), err);
}

enum lookup catalog_get_plan_segment(struct catalog_txn *txn, uint32_t campaign,
                                     uint32_t number, struct plan_segment *segment,
                                     struct err *err)
{
    struct key key = key_pair(campaign, number);
    struct slice value;
    enum lookup lookup = record_get(txn, TABLE_PLAN, key_slice(&key), &value, err);
    if (lookup != LOOKUP_FOUND)
        return lookup;
    return lookup_of(
        wire_plan_segment_unpack(value.data, value.size, txn_scratch(txn), segment, err));
}

bool catalog_put_value(struct catalog_txn *txn, uint32_t campaign, uint32_t number,
                       const struct task_value *value, struct err *err)
{
    struct key key = key_pair(campaign, number);
    return wire_task_value_pack(value, txn_packed(txn), err) &&
           record_put(txn, TABLE_VALUES, key_slice(&key), err);
}

enum lookup catalog_get_value(struct catalog_txn *txn, uint32_t campaign, uint32_t number,
                              struct arena *arena, struct task_value *value,
                              struct err *err)
{
    struct key key = key_pair(campaign, number);
    struct slice found;
    enum lookup lookup = record_get(txn, TABLE_VALUES, key_slice(&key), &found, err);
    if (lookup != LOOKUP_FOUND)
        return lookup;
    return lookup_of(wire_task_value_unpack(found.data, found.size, arena, value, err));
}

bool catalog_put_set(struct catalog_txn *txn, uint32_t campaign, uint32_t number,
                     const uint32_t *values, uint32_t count, struct err *err)
{
    struct key key = key_pair(campaign, number);
    const struct value_set set = {.values = values, .count = count};
    return wire_value_set_pack(&set, txn_packed(txn), err) &&
           record_put(txn, TABLE_SETS, key_slice(&key), err);
}

enum lookup catalog_get_set(struct catalog_txn *txn, uint32_t campaign, uint32_t number,
                            struct arena *arena, const uint32_t **values, uint32_t *count,
                            struct err *err)
{
    struct key key = key_pair(campaign, number);
    struct slice found;
    struct value_set set;
    enum lookup lookup = record_get(txn, TABLE_SETS, key_slice(&key), &found, err);
    if (lookup != LOOKUP_FOUND)
        return lookup;
    if (!wire_value_set_unpack(found.data, found.size, arena, &set, err))
        return LOOKUP_FAILED;
    *values = set.values;
    *count = set.count;
    return LOOKUP_FOUND;
}

bool catalog_put_state(struct catalog_txn *txn, uint32_t campaign, uint32_t number,
                       const struct plan_state *state, struct err *err)
{
    struct key key = key_pair(campaign, number);
    uint8_t bytes[PLAN_STATE_SIZE] = {state->state, state->blame, state->deaths,
                                      state->attempts};
    bug_if(state->state >= SEGMENT_STATES);
    le32_store(bytes + 4, state->reco_product);
    le32_store(bytes + 8, state->select_product);
    le32_store(bytes + 12, (uint32_t)state->failure | (uint32_t)state->memory << 16 |
                               (uint32_t)state->time << 24);
    return bytes_append(txn_packed(txn), bytes, sizeof bytes, err) &&
           record_put(txn, TABLE_STATES, key_slice(&key), err);
}

bool plan_state_load(struct slice value, struct plan_state *state, struct err *err)
{
    const uint8_t *bytes = value.data;
    if (value.size != PLAN_STATE_SIZE || bytes[0] >= SEGMENT_STATES)
        return err_set(err, E_CATALOG_DAMAGED, "a state of %zu bytes, or an unknown one",
                       value.size);
    *state = (struct plan_state){.state = bytes[0],
                                 .blame = bytes[1],
                                 .deaths = bytes[2],
                                 .attempts = bytes[3],
                                 .reco_product = le32_load(bytes + 4),
                                 .select_product = le32_load(bytes + 8),
                                 .failure = le16_load(bytes + 12),
                                 .memory = bytes[14],
                                 .time = bytes[15]};
    return true;
}

bool catalog_get_states(struct catalog_txn *txn, uint32_t campaign, uint32_t first,
                        uint32_t count, struct plan_state *states, struct err *err)
{
    struct slice found, value;
    struct key key = key_pair(campaign, first);
    enum lookup lookup = LOOKUP_ABSENT;
    for (uint32_t i = 0; i < count; i++) {
        lookup = i == 0 ? store_seek(txn->store, TABLE_STATES, key_slice(&key), &found,
                                     &value, err)
                        : store_next(txn->store, TABLE_STATES, &found, &value, err);
        if (lookup == LOOKUP_FAILED)
            return false;
        key = key_pair(campaign, first + i);
        if (lookup == LOOKUP_ABSENT || found.size != key.size ||
            memcmp(found.data, key.bytes, key.size) != 0)
            return err_set(err, E_CATALOG_LINK, "campaign %u has no state of segment %u",
                           campaign, first + i);
        if (!plan_state_load(value, &states[i], err))
            return err_wrap(err, "campaign %u: segment %u", campaign, first + i);
    }
    return true;
}

bool catalog_put_group(struct catalog_txn *txn, uint32_t campaign,
                       const struct merge_group *group, struct err *err)
{
    struct key key = key_pair(campaign, group->number);
    return wire_merge_group_pack(group, txn_packed(txn), err) &&
           record_put(txn, TABLE_GROUPS, key_slice(&key), err);
}

enum lookup catalog_get_group(struct catalog_txn *txn, uint32_t campaign, uint32_t number,
                              struct merge_group *group, struct err *err)
{
    struct key key = key_pair(campaign, number);
    struct slice value;
    enum lookup lookup = record_get(txn, TABLE_GROUPS, key_slice(&key), &value, err);
    if (lookup != LOOKUP_FOUND)
        return lookup;
    return lookup_of(
        wire_merge_group_unpack(value.data, value.size, txn_scratch(txn), group, err));
}
