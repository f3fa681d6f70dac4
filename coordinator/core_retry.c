/* core_retry.c - what becomes of the rest of a failed task: the retry rules at work.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A rule that cannot do more (the limit is reached, the task is one segment) fails the
 * segment, so that nothing is tried for ever.
 */
#include "coordinator/core_internal.h"

static void segment_blame(struct core *core, uint32_t number, int64_t delay_ns)
{
    struct plan_state *state = &core->rows[number].state;
    if (state->blame < UINT8_MAX)
        state->blame++;
    if (state->blame >= core->policy.attempts)
        core_segment_move(core, number, SEGMENT_QUARANTINED);
    else
        core_segment_wait(core, number, delay_ns);
}

static void segment_delay(struct core *core, uint32_t number,
                          const struct retry_rule *rule)
{
    uint8_t deaths = core->rows[number].state.deaths;
    if (deaths >= CORE_DEATHS_LIMIT)
        core_segment_move(core, number, SEGMENT_QUARANTINED);
    else
        core_segment_wait(core, number,
                          rule->delayed ? rule->delay_ns : core_delay(core, deaths));
}

void core_rest_ready(struct core *core, const struct core_rest *rest)
{
    for (uint32_t i = 0; i < rest->count; i++)
        core_segment_move(core, rest->segments[i], SEGMENT_READY);
}

static void others_ready(struct core *core, const struct core_rest *rest)
{
    for (uint32_t i = 0; i < rest->count; i++)
        if (rest->segments[i] != rest->blamed)
            core_segment_move(core, rest->segments[i], SEGMENT_READY);
}

static bool rest_split(struct core *core, const struct core_rest *rest)
{
    uint32_t half = rest->task / 2;
    if (half == 0)
        return false;
    for (uint32_t i = 0; i < rest->count; i++)
        core->rows[rest->segments[i]].limit = (uint16_t)half;
    core_rest_ready(core, rest);
    return true;
}

/* Without a name the cause holds for the whole task (a full disk, an absent store): all
 * of it waits, or it would be handed out again at once. */
static void rest_died(struct core *core, const struct core_rest *rest,
                      const struct retry_rule *rule, uint16_t failure)
{
    bool elsewhere = rule->action == RETRY_ELSEWHERE;
    core_segment_death(core, rest->blamed, failure);
    for (uint32_t i = 0; i < rest->count; i++) {
        uint32_t number = rest->segments[i];
        if (rest->named && number != rest->blamed)
            continue;
        core->rows[number].state.failure = failure;
        core->rows[number].avoid = elsewhere ? rest->node : 0;
        segment_delay(core, number, rule);
    }
    if (rest->named)
        others_ready(core, rest);
}

/* Raises a limit of the segment at work; it is ready again at once. */
static bool rest_raise(struct core *core, const struct core_rest *rest,
                       const struct retry_rule *rule)
{
    struct plan_state *state = &core->rows[rest->blamed].state;
    bool raised =
        rule->action == RETRY_MEMORY
            ? retry_raise(rule, core->policy.memory_bytes, &state->memory)
            : retry_raise(rule, (uint64_t)core->policy.segment_limit_ns, &state->time);
    if (raised)
        core_rest_ready(core, rest);
    return raised;
}

static void rest_failed(struct core *core, const struct core_rest *rest,
                        const struct retry_rule *rule)
{
    segment_blame(core, rest->blamed,
                  rule->delayed ? rule->delay_ns : core->policy.retry_delay_ns);
    others_ready(core, rest);
}

/* What was done in the end. */
static enum retry_action act(struct core *core, const struct core_rest *rest,
                             const struct retry_rule *rule, uint16_t failure)
{
    enum retry_action action = (enum retry_action)rule->action;
    switch (action) {
    case RETRY_AGAIN:
    case RETRY_ELSEWHERE:
        rest_died(core, rest, rule, failure);
        return action;
    case RETRY_QUARANTINE:
        core_segment_move(core, rest->blamed, SEGMENT_QUARANTINED);
        others_ready(core, rest);
        return action;
    case RETRY_MEMORY:
    case RETRY_TIME:
        if (rest_raise(core, rest, rule))
            return action;
        break;
    case RETRY_SMALLER:
        if (rest_split(core, rest))
            return action;
        break;
    case RETRY_NONE:
    case RETRY_FAIL:
    case RETRY_ACTIONS:
        break;
    }
    rest_failed(core, rest, rule);
    return RETRY_FAIL;
}

struct retry_decision core_retry(struct core *core, const struct core_rest *rest,
                                 const struct core_report *report)
{
    const struct campaign_policy *policy = &core->policy;
    const struct retry_facts facts = {.code = report->failure,
                                      .signal = report->signal,
                                      .text = report->text == NULL ? "" : report->text};
    struct retry_decision decision =
        retry_decide(policy->rules, policy->rule_count, &facts);
    const struct retry_rule *rule =
        retry_rule_at(policy->rules, policy->rule_count, decision.rule);
    core->rows[rest->blamed].state.failure = report->failure;
    decision.action = (uint8_t)act(core, rest, rule, report->failure);
    return decision;
}
