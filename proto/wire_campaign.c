/* wire_campaign.c - campaigns with their recipes, plans, merge groups and attempts.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "proto/wire_internal.h"

#define ROW(sort, p, m, ...)                                                             \
    WIRE_##sort(Spillway__Cut, p, struct skim_cut, m, ##__VA_ARGS__)

static const struct wire_field cut_rows[] = {
    ROW(TEXT, quantity, quantity),
    ROW(REAL, minimum, minimum),
    ROW(REAL, maximum, maximum),
};
#undef ROW

static const struct wire_form cut_form =
    WIRE_FORM("cut", spillway__cut__descriptor, struct skim_cut, cut_rows, NULL);

#define ROW(sort, p, m, ...) WIRE_##sort(Spillway__Skim, p, struct skim, m, ##__VA_ARGS__)

static const struct wire_field skim_rows[] = {
    ROW(TEXT, name, name),
    ROW(U32, kind, kind, SKIM_CUTS),
    ROW(REAL, fraction, fraction),
    ROW(U32, event_types, event_types, UINT32_MAX),
    ROW(INLINE_LIST, cuts, cuts, cut_count, cut_form),
};
#undef ROW

static const struct wire_form skim_form =
    WIRE_FORM("skim", spillway__skim__descriptor, struct skim, skim_rows, NULL);

#define ROW(sort, p, m, ...)                                                             \
    WIRE_##sort(Spillway__Recipe, p, struct recipe, m, ##__VA_ARGS__)

static const struct wire_field recipe_rows[] = {
    ROW(HASH, release, release),
    ROW(BOOL, reconstruct, reconstruct),
    ROW(TEXT, setup, setup),
    ROW(INLINE_LIST, skims, skims, skim_count, skim_form),
};
#undef ROW

static bool recipe_valid(const void *model, struct err *err)
{
    return recipe_check(model, err);
}

const struct wire_form wire_form_recipe = WIRE_FORM(
    "recipe", spillway__recipe__descriptor, struct recipe, recipe_rows, recipe_valid);

#define ROW(sort, p, m, ...)                                                             \
    WIRE_##sort(Spillway__RetryRule, p, struct retry_rule, m, ##__VA_ARGS__)

static const struct wire_field retry_rule_rows[] = {
    ROW(U16, kind, kind, ERR_PROTOCOL),
    ROW(U16, code, code, UINT16_MAX),
    ROW(BOOL, crash, crash),
    ROW(BOOL, passive, passive),
    ROW(U8, action, action, RETRY_QUARANTINE),
    ROW(TEXT, text, text),
    ROW(BOOL, delayed, delayed),
    ROW(I64, delay_ns, delay_ns),
    ROW(U32, percent, percent, UINT32_MAX),
    ROW(U64, up_to, up_to),
};
#undef ROW

static const struct wire_form retry_rule_form =
    WIRE_FORM("retry rule", spillway__retry_rule__descriptor, struct retry_rule,
              retry_rule_rows, NULL);

#define ROW(sort, p, m, ...)                                                             \
    WIRE_##sort(Spillway__StreamFloor, p, struct stream_floor, m, ##__VA_ARGS__)

static const struct wire_field stream_floor_rows[] = {
    ROW(TEXT, stream, stream),
    ROW(REAL, share, share),
};
#undef ROW

static const struct wire_form stream_floor_form =
    WIRE_FORM("stream floor", spillway__stream_floor__descriptor, struct stream_floor,
              stream_floor_rows, NULL);

#define ROW(sort, p, m, ...)                                                             \
    WIRE_##sort(Spillway__Policy, p, struct campaign_policy, m, ##__VA_ARGS__)

static const struct wire_field policy_rows[] = {
    ROW(U64, task_bytes, task_bytes),
    ROW(U32, task_segments, task_segments, UINT32_MAX),
    ROW(U64, merge_bytes, merge_bytes),
    ROW(I64, lease_ns, lease_ns),
    ROW(I64, retry_delay_ns, retry_delay_ns),
    ROW(I64, segment_limit_ns, segment_limit_ns),
    ROW(U64, memory_bytes, memory_bytes),
    ROW(U32, attempts, attempts, UINT32_MAX),
    ROW(REAL, complete_at, complete_at),
    ROW(U32, eot_partial, eot_partial, EOT_PARTIAL_SCALE),
    ROW(INLINE_LIST, rules, rules, rule_count, retry_rule_form),
    ROW(I64_OR_0, task_ns, task_ns),
    ROW(I64_OR_0, alert_ns, alert_ns),
    ROW(INLINE_LIST, floors, floors, floor_count, stream_floor_form),
};
#undef ROW

static const struct wire_form policy_form = WIRE_FORM(
    "policy", spillway__policy__descriptor, struct campaign_policy, policy_rows, NULL);

#define ROW(sort, p, m, ...)                                                             \
    WIRE_##sort(Spillway__Campaign, p, struct campaign, m, ##__VA_ARGS__)

static const struct wire_field campaign_rows[] = {
    ROW(U32, id, id, UINT32_MAX),
    ROW(TEXT, name, name),
    ROW(TEXT, tag, tag),
    ROW(TEXT, source, source),
    ROW(HASH, manifest, manifest),
    ROW(TEXT, store, store),
    ROW(MESSAGE, recipe, recipe, wire_form_recipe),
    ROW(MESSAGE, policy, policy, policy_form),
    ROW(BOOL, physics, physics),
    ROW(U32, segment_count, segment_count, UINT32_MAX),
    ROW(U32, value_count, value_count, UINT32_MAX),
    ROW(U32, set_count, set_count, UINT32_MAX),
    ROW(U32, group_count, group_count, UINT32_MAX),
    ROW(I64, created_s, created_s),
    ROW(BOOL, complete, complete),
    ROW(HASH, file_hash, file_hash),
    ROW(TEXT_OR_NONE, mirrors, mirrors),
};
#undef ROW

static const struct wire_form campaign_form = WIRE_FORM(
    "campaign", spillway__campaign__descriptor, struct campaign, campaign_rows, NULL);
WIRE_PAIR_OF(campaign, campaign_form)

#define ROW(sort, p, m, ...)                                                             \
    WIRE_##sort(Spillway__PlanSegment, p, struct plan_segment, m, ##__VA_ARGS__)

static const struct wire_field plan_segment_rows[] = {
    ROW(U32, run, id.chunk.run, RUN_MAXIMUM),
    ROW(U16, builder, id.chunk.builder, UINT16_MAX),
    ROW(U16, chunk, id.chunk.number, UINT16_MAX),
    ROW(U32, ordinal, id.ordinal, UINT32_MAX),
    ROW(U32, spill, spill, UINT32_MAX),
    ROW(HASH, reco_key, reco_key),
    ROW(HASH, select_key, select_key),
    ROW(U32, reco_set, reco_set, UINT32_MAX),
    ROW(U32, select_set, select_set, UINT32_MAX),
};
#undef ROW

static const struct wire_form plan_segment_form =
    WIRE_FORM("plan segment", spillway__plan_segment__descriptor, struct plan_segment,
              plan_segment_rows, NULL);
WIRE_PAIR_OF(plan_segment, plan_segment_form)

#define ROW(sort, p, m, ...)                                                             \
    WIRE_##sort(Spillway__Value, p, struct task_value, m, ##__VA_ARGS__)

static const struct wire_field value_rows[] = {
    ROW(TEXT, type, effective.type),
    ROW(HASH, value, effective.value),
    ROW(U32, level, effective.level, FALLBACK_NONE),
    ROW(U64, size, size),
    ROW(BLOB, inlined, inlined, size),
};
#undef ROW

const struct wire_form wire_form_value =
    WIRE_FORM("value", spillway__value__descriptor, struct task_value, value_rows, NULL);
WIRE_PAIR_OF(task_value, wire_form_value)

#define ROW(sort, p, m, ...)                                                             \
    WIRE_##sort(Spillway__ValueSet, p, struct value_set, m, ##__VA_ARGS__)

static const struct wire_field value_set_rows[] = {
    ROW(U32_LIST, values, values, count, TASK_VALUES),
};
#undef ROW

static const struct wire_form value_set_form = WIRE_FORM(
    "value set", spillway__value_set__descriptor, struct value_set, value_set_rows, NULL);
WIRE_PAIR_OF(value_set, value_set_form)

#define ROW(sort, p, m, ...)                                                             \
    WIRE_##sort(Spillway__MergeClass, p, struct merge_class, m, ##__VA_ARGS__)

static const struct wire_field merge_class_rows[] = {
    ROW(TEXT, stream, stream),
    ROW(TEXT, period, period),
    ROW(TEXT, setup, setup),
    ROW(TEXT, beam, beam),
    ROW(TEXT, origin, origin),
    ROW(BOOL, synthetic, synthetic),
    ROW(U32, run, run, RUN_MAXIMUM),
    ROW(U32, sequence, sequence, UINT32_MAX),
    ROW(U64, target_bytes, target_bytes),
};
#undef ROW

const struct wire_form wire_form_merge_class =
    WIRE_FORM("merge class", spillway__merge_class__descriptor, struct merge_class,
              merge_class_rows, NULL);

#define ROW(sort, p, m, ...)                                                             \
    WIRE_##sort(Spillway__MergeGroup, p, struct merge_group, m, ##__VA_ARGS__)

static const struct wire_field merge_group_rows[] = {
    ROW(U32, number, number, UINT32_MAX),
    ROW(MESSAGE, merge_class, merge_class, wire_form_merge_class),
    ROW(U32, first, first, UINT32_MAX),
    ROW(U32, count, count, UINT32_MAX),
    ROW(HASH, key, key),
    ROW(U32, state, state, GROUP_VOID),
    ROW(TEXT, part, part),
    ROW(U8, deaths, deaths, UINT8_MAX),
    ROW(U16, failure, failure, UINT16_MAX),
    ROW(TEXT, published, published),
    ROW(U64, size, size),
    ROW(HASH, hash, hash),
    ROW(U64, events_count, events.count),
    ROW(U64, events_low, events.low),
    ROW(U64, events_high, events.high),
};
#undef ROW

static const struct wire_form merge_group_form =
    WIRE_FORM("merge group", spillway__merge_group__descriptor, struct merge_group,
              merge_group_rows, NULL);
WIRE_PAIR_OF(merge_group, merge_group_form)

#define ROW(sort, p, m, ...)                                                             \
    WIRE_##sort(Spillway__Failure, p, struct err, m, ##__VA_ARGS__)

static const struct wire_field failure_rows[] = {
    ROW(U16, code, code, UINT16_MAX),
    ROW(U16, kind, kind, ERR_PROTOCOL),
    ROW(TEXT, text, text),
};
#undef ROW

const struct wire_form wire_form_failure =
    WIRE_FORM("failure", spillway__failure__descriptor, struct err, failure_rows, NULL);

bool wire_failure_present(const void *failure)
{
    return ((const struct err *)failure)->code != E_NONE;
}

#define ROW(sort, p, m, ...)                                                             \
    WIRE_##sort(Spillway__RetryDecision, p, struct retry_decision, m, ##__VA_ARGS__)

static const struct wire_field decision_rows[] = {
    ROW(U16, rule, rule, UINT16_MAX),
    ROW(U16, passive, passive, UINT16_MAX),
    ROW(U8, action, action, RETRY_QUARANTINE),
};
#undef ROW

static const struct wire_form decision_form =
    WIRE_FORM("retry decision", spillway__retry_decision__descriptor,
              struct retry_decision, decision_rows, NULL);

static bool decision_present(const void *decision)
{
    return ((const struct retry_decision *)decision)->rule != 0;
}

#define ROW(sort, p, m, ...)                                                             \
    WIRE_##sort(Spillway__Attempt, p, struct attempt, m, ##__VA_ARGS__)

static const struct wire_field attempt_rows[] = {
    ROW(U64, number, number),
    ROW(U64, token, token),
    ROW(U32, campaign, campaign, UINT32_MAX),
    ROW(U32, state, state, ATTEMPT_VOID),
    ROW(U32, kind, kind, TASK_MERGE),
    ROW(U32, steps, steps, STEP_RECO | STEP_SELECT),
    ROW(U64, pilot, pilot),
    ROW(TEXT, host, host),
    ROW(U32_LIST, segments, segments, segment_count, TASK_SEGMENTS),
    ROW(U32, committed, committed, TASK_SEGMENTS),
    ROW(OPTIONAL, failure, failure, wire_form_failure, wire_failure_present),
    ROW(U32, blamed, blamed, UINT32_MAX),
    ROW(I32, signal, signal),
    ROW(I64, start_s, start_s),
    ROW(I64, end_s, end_s),
    ROW(I64, wall_ns, wall_ns),
    ROW(I64, cpu_ns, cpu_ns),
    ROW(U64, bytes_read, bytes_read),
    ROW(U64, bytes_written, bytes_written),
    ROW(U64, peak_memory_bytes, peak_memory_bytes),
    ROW(OPTIONAL, decision, decision, decision_form, decision_present),
};
#undef ROW

static const struct wire_form attempt_form = WIRE_FORM(
    "attempt", spillway__attempt__descriptor, struct attempt, attempt_rows, NULL);
WIRE_PAIR_OF(attempt, attempt_form)
