/* campaign_rules.c - reading the retry rules of a campaign file.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/campaign_rules.h"

#include <string.h>

#include "base/text.h"

#define SECOND_NS ((int64_t)1000000000)

/* Raised limits are kept in sixteenths of the campaign's, in a byte. */
#define RAISE_MOST 15u

/* All numbers of err_codes.h are below. */
#define CODES 1000u

#define FACTOR_USUAL 1.5
#define FACTOR_MOST  10.0

/* The rule that is read. */
struct reading {
    const struct config_file *file;
    const struct config_rule *from;
    unsigned index; /* from 0 */
};

static bool fail(const struct reading *reading, struct err *err, const char *key,
                 const char *text)
{
    unsigned retry = config_line(reading->file, 1, "retry", NULL);
    return err_set(err, E_CONFIG, "%s:%u: retry rule %u: %s: %s", reading->file->path,
                   config_item_line(reading->file, retry, "rules", reading->index),
                   reading->index + 1, key, text);
}

/* "none" and E_NONE are not among them. */
static bool kind_from(const char *name, uint16_t *kind)
{
    for (unsigned i = ERR_USAGE; i <= ERR_PROTOCOL; i++)
        if (strcmp(err_kind_name((enum err_kind)i), name) == 0) {
            *kind = (uint16_t)i;
            return true;
        }
    return false;
}

static bool code_from(const char *name, uint16_t *code)
{
    if (strcmp(name, err_name(E_CODE_LIMIT)) == 0)
        return false;
    for (unsigned i = 1; i < CODES; i++)
        if (strcmp(err_name((enum err_code)i), name) == 0) {
            *code = (uint16_t)i;
            return true;
        }
    return false;
}

static bool flag_read(const struct reading *reading, const char *key, const char *text,
                      bool *value, struct err *err)
{
    bool truth = text != NULL && strcmp(text, "true") == 0;
    if (text != NULL && !truth && strcmp(text, "false") != 0)
        return fail(reading, err, key, "expected true or false");
    *value = truth;
    return true;
}

static bool match_read(const struct reading *reading, struct retry_rule *rule,
                       struct err *err)
{
    const struct config_rule *from = reading->from;
    if (from->class != NULL && !kind_from(from->class, &rule->kind))
        return fail(reading, err, "class",
                    "input, conditions, payload, resource, node, storage, protocol or "
                    "usage");
    if (from->code != NULL && !code_from(from->code, &rule->code))
        return fail(reading, err, "code", "not in the list of spillway help errors");
    if (rule->kind != ERR_NONE && rule->code != E_NONE &&
        err_kind_of((enum err_code)rule->code) != rule->kind)
        return fail(reading, err, "code", "is of another class: this rule never fits");
    if (from->text != NULL && (from->text[0] == 0 || strlen(from->text) >= RETRY_TEXT))
        return fail(reading, err, "text", "1 to 63 characters");
    if (from->text != NULL)
        memcpy(rule->text, from->text, strlen(from->text) + 1);
    return flag_read(reading, "crash", from->crash, &rule->crash, err) &&
           flag_read(reading, "passive", from->passive, &rule->passive, err);
}

static bool delay_read(const struct reading *reading, struct retry_rule *rule,
                       struct err *err)
{
    struct err inner;
    uint64_t delay;
    const char *text = reading->from->delay_s;
    if (text == NULL)
        return true;
    if (rule->action != RETRY_FAIL && rule->action != RETRY_AGAIN &&
        rule->action != RETRY_ELSEWHERE)
        return fail(reading, err, "delay_s", "is for fail, retry and other_node");
    if (!text_to_u64(text, 86400, &delay, &inner))
        return fail(reading, err, "delay_s", "expected a whole number up to 86400");
    rule->delayed = true;
    rule->delay_ns = (int64_t)delay * SECOND_NS;
    return true;
}

/* A limit that grows: what it is called and where it starts. */
struct limit {
    const char *key;
    const char *text;
    uint64_t unit;
    uint64_t base;
};

static bool limit_read(const struct reading *reading, const struct limit *limit,
                       struct retry_rule *rule, struct err *err)
{
    struct err inner;
    uint64_t up_to;
    double factor = FACTOR_USUAL;
    const char *given = reading->from->factor;
    if (limit->text == NULL)
        return fail(reading, err, limit->key, "is needed");
    if (!text_to_u64(limit->text, UINT64_MAX / limit->unit, &up_to, &inner) ||
        up_to * limit->unit <= limit->base ||
        up_to * limit->unit / RAISE_MOST > limit->base)
        return fail(reading, err, limit->key,
                    "must be above the limit of the campaign, and at most 15 times it");
    if (given != NULL && (!text_to_real(given, &factor, &inner) ||
                          !(factor > 1.0 && factor <= FACTOR_MOST)))
        return fail(reading, err, "factor", "above 1, at most 10");
    rule->percent = (uint32_t)(factor * 100 + 0.5);
    rule->up_to = up_to * limit->unit;
    return true;
}

static bool limits_read(const struct reading *reading,
                        const struct campaign_policy *policy, struct retry_rule *rule,
                        struct err *err)
{
    const struct config_rule *from = reading->from;
    const struct limit memory = {"up_to_mb", from->up_to_mb, (uint64_t)1 << 20,
                                 policy->memory_bytes};
    const struct limit time = {"up_to_s", from->up_to_s, (uint64_t)SECOND_NS,
                               (uint64_t)policy->segment_limit_ns};
    bool raises = rule->action == RETRY_MEMORY || rule->action == RETRY_TIME;
    if (from->up_to_mb != NULL && rule->action != RETRY_MEMORY)
        return fail(reading, err, "up_to_mb", "is for more_memory");
    if (from->up_to_s != NULL && rule->action != RETRY_TIME)
        return fail(reading, err, "up_to_s", "is for more_time");
    if (from->factor != NULL && !raises)
        return fail(reading, err, "factor", "is for more_memory and more_time");
    if (!raises)
        return true;
    return limit_read(reading, rule->action == RETRY_MEMORY ? &memory : &time, rule, err);
}

static bool rule_read(const struct reading *reading, const struct campaign_policy *policy,
                      struct retry_rule *rule, struct err *err)
{
    enum retry_action action;
    *rule = (struct retry_rule){.kind = ERR_NONE};
    if (!retry_action_from(reading->from->action, &action))
        return fail(reading, err, "action",
                    "fail, retry, more_memory, more_time, smaller_task, other_node or "
                    "quarantine");
    rule->action = (uint8_t)action;
    return match_read(reading, rule, err) && delay_read(reading, rule, err) &&
           limits_read(reading, policy, rule, err);
}

bool campaign_rules_read(const struct config_file *file, const struct config_retry *retry,
                         struct campaign_policy *policy, struct err *err)
{
    if (retry->rules_count > RETRY_RULES)
        return config_fail(file, "rules", NULL, err, "at most 16 rules");
    for (unsigned i = 0; i < retry->rules_count; i++) {
        const struct reading reading = {file, &retry->rules[i], i};
        if (!rule_read(&reading, policy, &policy->rules[i], err))
            return false;
    }
    policy->rule_count = retry->rules_count;
    return true;
}

bool campaign_rules_help(struct bytes *out, struct err *err)
{
    return text_addf(
               out, err, "%s",
               "After a failed attempt the first rule that fits decides. The rules of\n"
               "the campaign file come first:\n"
               "\n"
               "  retry:\n"
               "    memory_mb: 2048\n"
               "    rules:\n"
               "      - code: E_WORKER_MEMORY         # of spillway help errors\n"
               "        action: more_memory\n"
               "        factor: 1.5                   # the usual one\n"
               "        up_to_mb: 8192\n"
               "      - class: storage                # kind of the code\n"
               "        text: read*timed out          # pieces in this order\n"
               "        action: retry\n"
               "        delay_s: 600\n"
               "      - crash: true                   # ended by SIGSEGV, SIGABRT, ...\n"
               "        action: other_node\n"
               "        passive: true                 # only says what it would do\n"
               "\n"
               "A rule fits when all of class, code, text, crash fit that it has.\n"
               "Actions for the segment at work when it failed:\n"
               "  fail          it is to blame: again after delay_s, set aside after\n"
               "                `attempts` such failures\n"
               "  retry         nobody is: again after delay_s (without it the delay\n"
               "                grows), set aside after 50 times\n"
               "  other_node    as retry, and not on this node while another one asks\n"
               "  more_memory   its memory limit times factor, at most up_to_mb\n"
               "  more_time     the same for segment_limit_s, at most up_to_s\n"
               "  smaller_task  tasks of half the segments\n"
               "  quarantine    set aside at once\n"
               "What cannot go further (up_to, one segment) fails. Merges and leases of\n"
               "lost pilots have no rules. Then, as if they stood behind them:\n"
               "\n") &&
           retry_table_text(out, err);
}
