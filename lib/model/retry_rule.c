/* retry_rule.c - the built-in table, and which rule decides.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "model/retry_rule.h"

#include <inttypes.h>
#include <signal.h>
#include <string.h>

#include "base/text.h"

#define SIXTEENTHS 16u
#define SECOND_NS  ((int64_t)1000000000)

static const char *const names[RETRY_ACTIONS] = {
    [RETRY_NONE] = "none",
    [RETRY_FAIL] = "fail",
    [RETRY_AGAIN] = "retry",
    [RETRY_MEMORY] = "more_memory",
    [RETRY_TIME] = "more_time",
    [RETRY_SMALLER] = "smaller_task",
    [RETRY_ELSEWHERE] = "other_node",
    [RETRY_QUARANTINE] = "quarantine",
};

/* Again would be the same for input and conditions. Too much at once: smaller tasks. The
 * rest is a node, a store, a killer from outside: nobody's fault. */
static const struct retry_rule built_in[] = {
    {.kind = ERR_INPUT, .action = RETRY_QUARANTINE},
    {.kind = ERR_CONDITIONS, .action = RETRY_QUARANTINE},
    {.kind = ERR_PAYLOAD, .action = RETRY_FAIL},
    {.kind = ERR_RESOURCE, .action = RETRY_SMALLER},
    {.crash = true, .action = RETRY_FAIL},
    {.action = RETRY_AGAIN},
};

#define BUILT_IN_COUNT (sizeof built_in / sizeof built_in[0])

const char *retry_action_name(enum retry_action action)
{
    return names[action];
}

bool retry_action_from(const char *name, enum retry_action *action)
{
    for (unsigned i = RETRY_FAIL; i < RETRY_ACTIONS; i++)
        if (strcmp(names[i], name) == 0) {
            *action = (enum retry_action)i;
            return true;
        }
    return false;
}

static bool signal_is_crash(int32_t number)
{
    return number == SIGSEGV || number == SIGABRT || number == SIGBUS ||
           number == SIGFPE || number == SIGILL;
}

/* The pieces of the pattern in their order; the earliest place of each is as good as any
 * other, so one pass decides. */
static bool text_fits(const char *pattern, const char *text)
{
    while (pattern[0] != 0) {
        char piece[RETRY_TEXT];
        size_t length = strcspn(pattern, "*");
        memcpy(piece, pattern, length);
        piece[length] = 0;
        text = strstr(text, piece);
        if (text == NULL)
            return false;
        text += length;
        pattern += length;
        pattern += strspn(pattern, "*");
    }
    return true;
}

bool retry_rule_fits(const struct retry_rule *rule, const struct retry_facts *facts)
{
    return (rule->kind == ERR_NONE ||
            rule->kind == err_kind_of((enum err_code)facts->code)) &&
           (rule->code == E_NONE || rule->code == facts->code) &&
           (!rule->crash || signal_is_crash(facts->signal)) &&
           text_fits(rule->text, facts->text);
}

struct retry_decision retry_decide(const struct retry_rule *rules, uint32_t count,
                                   const struct retry_facts *facts)
{
    struct retry_decision decision = {.rule = 0};
    for (uint32_t i = 0; i < count; i++) {
        if (!retry_rule_fits(&rules[i], facts))
            continue;
        if (!rules[i].passive) {
            decision.rule = (uint16_t)(i + 1);
            decision.action = rules[i].action;
            return decision;
        }
        if (decision.passive == 0)
            decision.passive = (uint16_t)(i + 1);
    }
    uint16_t place = 0;
    while (!retry_rule_fits(&built_in[place], facts))
        place++;
    decision.rule = (uint16_t)(RETRY_BUILT_IN + 1 + place);
    decision.action = built_in[place].action;
    return decision;
}

const struct retry_rule *retry_rule_at(const struct retry_rule *rules, uint32_t count,
                                       uint16_t number)
{
    if (number > RETRY_BUILT_IN && number <= RETRY_BUILT_IN + BUILT_IN_COUNT)
        return &built_in[number - RETRY_BUILT_IN - 1];
    return number >= 1 && number <= count ? &rules[number - 1] : NULL;
}

bool retry_raise(const struct retry_rule *rule, uint64_t base, uint8_t *sixteenths)
{
    uint64_t part = base / SIXTEENTHS;
    uint64_t now = *sixteenths == 0 ? SIXTEENTHS : *sixteenths;
    uint64_t most = part == 0 ? 0 : rule->up_to / part;
    if (most > UINT8_MAX)
        most = UINT8_MAX;
    uint64_t next = (now * rule->percent + 99) / 100;
    if (next <= now)
        next = now + 1;
    if (next > most)
        next = most;
    if (next <= now)
        return false;
    *sixteenths = (uint8_t)next;
    return true;
}

uint64_t retry_raised(uint64_t base, uint8_t sixteenths)
{
    return sixteenths == 0 ? base : base / SIXTEENTHS * sixteenths;
}

static bool conditions_text(const struct retry_rule *rule, struct bytes *out,
                            struct err *err)
{
    const char *gap = "";
    if (rule->kind != ERR_NONE) {
        if (!text_addf(out, err, "class %s", err_kind_name((enum err_kind)rule->kind)))
            return false;
        gap = ", ";
    }
    if (rule->code != E_NONE) {
        if (!text_addf(out, err, "%scode %s", gap, err_name((enum err_code)rule->code)))
            return false;
        gap = ", ";
    }
    if (rule->crash) {
        if (!text_addf(out, err, "%scrash", gap))
            return false;
        gap = ", ";
    }
    if (rule->text[0] != 0)
        return text_addf(out, err, "%stext \"%s\"", gap, rule->text);
    return gap[0] != 0 || text_addf(out, err, "anything");
}

static bool limits_text(const struct retry_rule *rule, struct bytes *out, struct err *err)
{
    if (rule->action == RETRY_MEMORY)
        return text_addf(out, err, ", %" PRIu32 " %% up to %" PRIu64 " MB", rule->percent,
                         rule->up_to >> 20);
    if (rule->action == RETRY_TIME)
        return text_addf(out, err, ", %" PRIu32 " %% up to %" PRIu64 " s", rule->percent,
                         rule->up_to / (uint64_t)SECOND_NS);
    return !rule->delayed ||
           text_addf(out, err, " after %" PRId64 " s", rule->delay_ns / SECOND_NS);
}

bool retry_rule_text(const struct retry_rule *rule, struct bytes *out, struct err *err)
{
    return conditions_text(rule, out, err) &&
           text_addf(out, err, " -> %s", names[rule->action]) &&
           limits_text(rule, out, err) &&
           (!rule->passive || text_addf(out, err, ", passive"));
}

bool retry_table_text(struct bytes *out, struct err *err)
{
    for (size_t i = 0; i < BUILT_IN_COUNT; i++)
        if (!text_addf(out, err, "%zu  ", RETRY_BUILT_IN + 1 + i) ||
            !retry_rule_text(&built_in[i], out, err) || !text_addf(out, err, "\n"))
            return false;
    return true;
}
