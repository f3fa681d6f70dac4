/* attempt_view.c - attempts for people.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/attempt_view.h"

#include <inttypes.h>
#include <stdio.h>

/* One attempt of 4096 segments. */
#define ATTEMPT_ARENA ((size_t)1 << 20)

#define RULE_LINE ((size_t)1024)

static const char *state_name(enum attempt_state state)
{
    static const char *const names[] = {
        [ATTEMPT_LEASED] = "leased", [ATTEMPT_COMMITTED] = "committed",
        [ATTEMPT_FAILED] = "failed", [ATTEMPT_RETURNED] = "returned",
        [ATTEMPT_VOID] = "void",
    };
    return names[state];
}

static bool campaign_of(struct catalog_txn *txn, uint32_t id, struct campaign *campaign,
                        struct err *err)
{
    enum lookup found = catalog_next_campaign(txn, id, campaign, err);
    if (found == LOOKUP_FAILED)
        return false;
    return (found == LOOKUP_FOUND && campaign->id == id) ||
           err_set(err, E_CATALOG_DAMAGED, "campaign %" PRIu32 " is not in the catalog",
                   id);
}

/* "2: code E_DISK_FULL -> retry after 600 s" */
static bool rule_line(const struct campaign *campaign, uint16_t number, struct bytes *out,
                      struct err *err)
{
    const struct campaign_policy *policy = &campaign->policy;
    const struct retry_rule *rule =
        retry_rule_at(policy->rules, policy->rule_count, number);
    bytes_clear(out);
    return rule == NULL ||
           (retry_rule_text(rule, out, err) && bytes_append(out, "", 1, err));
}

static void show_json(const struct attempt *attempt, const struct campaign *campaign,
                      const char *rule, struct json_writer *json)
{
    const struct retry_decision *decision = &attempt->decision;
    json_open_object(json, NULL);
    json_put_u64(json, "attempt", attempt->number);
    json_put_text(json, "campaign", campaign->name);
    json_put_text(json, "kind", attempt->kind == TASK_MERGE ? "merge" : "process");
    json_put_text(json, "state", state_name(attempt->state));
    json_put_text(json, "host", attempt->host);
    json_put_u64(json, "segments", attempt->segment_count);
    json_put_u64(json, "first", attempt->segments[0]);
    json_put_u64(json, "committed", attempt->committed);
    json_put_i64(json, "start_s", attempt->start_s);
    json_put_i64(json, "end_s", attempt->end_s);
    json_put_u64(json, "peak_memory_bytes", attempt->peak_memory_bytes);
    if (attempt->failure.code != E_NONE) {
        json_put_text(json, "code", err_name((enum err_code)attempt->failure.code));
        json_put_text(json, "why", attempt->failure.text);
        json_put_i64(json, "signal", attempt->signal);
    }
    if (decision->rule != 0) {
        json_put_u64(json, "rule", decision->rule);
        json_put_text(json, "rule_text", rule);
        json_put_text(json, "action",
                      retry_action_name((enum retry_action)decision->action));
        json_put_u64(json, "passive_rule", decision->passive);
    }
    json_close_object(json);
}

static void show_text(const struct attempt *attempt, const struct campaign *campaign,
                      const char *rule)
{
    const struct retry_decision *decision = &attempt->decision;
    (void)printf("attempt %" PRIu64 " of campaign %s: %s, %s\n", attempt->number,
                 campaign->name, attempt->kind == TASK_MERGE ? "merge" : "process",
                 state_name(attempt->state));
    if (attempt->kind == TASK_MERGE)
        (void)printf("  merge group %" PRIu32 "\n", attempt->segments[0]);
    else
        (void)printf("  %" PRIu32 " plan segments from %" PRIu32 ", %" PRIu32
                     " committed\n",
                     attempt->segment_count, attempt->segments[0], attempt->committed);
    if (attempt->host[0] != 0)
        (void)printf("  on %s, %.3f s, at most %" PRIu64 " MB of memory\n", attempt->host,
                     (double)attempt->wall_ns * 1e-9, attempt->peak_memory_bytes >> 20);
    if (attempt->failure.code != E_NONE)
        (void)printf("  failed with %s, signal %d: %s\n",
                     err_name((enum err_code)attempt->failure.code), attempt->signal,
                     attempt->failure.text);
    if (decision->rule != 0)
        (void)printf("  rule %u: %s; done: %s\n", decision->rule, rule,
                     retry_action_name((enum retry_action)decision->action));
    if (decision->passive != 0)
        (void)printf("  passive rule %u would have decided\n", decision->passive);
}

bool attempt_show(struct catalog_txn *txn, uint64_t number, struct json_writer *json,
                  struct err *err)
{
    struct arena arena;
    struct attempt attempt;
    struct campaign campaign;
    struct bytes rule;
    arena_init(&arena, ATTEMPT_ARENA);
    bytes_init(&rule, RULE_LINE);
    enum lookup found = catalog_get_attempt(txn, number, &arena, &attempt, err);
    if (found == LOOKUP_ABSENT)
        err_set(err, E_NOT_FOUND, "there is no attempt %" PRIu64, number);
    bool done = found == LOOKUP_FOUND &&
                campaign_of(txn, attempt.campaign, &campaign, err) &&
                rule_line(&campaign, attempt.decision.rule, &rule, err);
    if (done && attempt.segment_count == 0)
        done = err_set(err, E_CATALOG_DAMAGED, "attempt %" PRIu64 " has no segments",
                       number);
    const char *text = rule.size > 0 ? (const char *)rule.data : "";
    if (done && json != NULL)
        show_json(&attempt, &campaign, text, json);
    else if (done)
        show_text(&attempt, &campaign, text);
    bytes_release(&rule);
    arena_release(&arena);
    return done;
}

/* By number of the rule, from 1. */
struct rule_counts {
    uint64_t decided[RETRY_RULES + 1];
    uint64_t passive[RETRY_RULES + 1];
};

static bool count_rules(struct catalog_txn *txn, const struct campaign *campaign,
                        struct rule_counts *counts, struct err *err)
{
    struct arena arena;
    struct attempt attempt = {.number = 0};
    enum lookup found = LOOKUP_FOUND;
    arena_init(&arena, ATTEMPT_ARENA);
    while (found == LOOKUP_FOUND) {
        arena_reset(&arena);
        found = catalog_next_attempt(txn, attempt.number + 1, &arena, &attempt, err);
        if (found != LOOKUP_FOUND || attempt.campaign != campaign->id)
            continue;
        const struct retry_decision *decision = &attempt.decision;
        if (decision->rule <= RETRY_RULES)
            counts->decided[decision->rule]++;
        if (decision->passive <= RETRY_RULES)
            counts->passive[decision->passive]++;
    }
    arena_release(&arena);
    return found == LOOKUP_ABSENT;
}

static void show_rule(uint16_t number, const char *text, const struct rule_counts *counts,
                      struct json_writer *json)
{
    uint64_t decided = counts->decided[number];
    uint64_t passive = counts->passive[number];
    if (json == NULL) {
        (void)printf("  rule %u: %s: decided %" PRIu64 ", would have decided %" PRIu64
                     "\n",
                     number, text, decided, passive);
        return;
    }
    json_open_object(json, NULL);
    json_put_u64(json, "rule", number);
    json_put_text(json, "text", text);
    json_put_u64(json, "decided", decided);
    json_put_u64(json, "would_have_decided", passive);
    json_close_object(json);
}

bool attempt_rules_show(struct catalog_txn *txn, const struct campaign *campaign,
                        struct json_writer *json, struct err *err)
{
    struct rule_counts counts = {.decided = {0}};
    struct bytes rule;
    if (campaign->policy.rule_count == 0)
        return true;
    bytes_init(&rule, RULE_LINE);
    bool done = count_rules(txn, campaign, &counts, err);
    if (done && json != NULL)
        json_open_array(json, "rules");
    for (uint32_t i = 0; done && i < campaign->policy.rule_count; i++) {
        done = rule_line(campaign, (uint16_t)(i + 1), &rule, err);
        if (done)
            show_rule((uint16_t)(i + 1), (const char *)rule.data, &counts, json);
    }
    if (done && json != NULL)
        json_close_array(json);
    bytes_release(&rule);
    return done;
}
