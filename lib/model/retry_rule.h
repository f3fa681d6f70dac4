/* retry_rule.h - what is done after an attempt failed: a table of rules.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The rules of a campaign come first, in their order, then those of the built-in table,
 * whose last one takes everything. The first rule that fits decides; a passive one is
 * only noted. Rules are for tasks that process segments, not for merges.
 */
#ifndef SPILLWAY_MODEL_RETRY_RULE_H
#define SPILLWAY_MODEL_RETRY_RULE_H

#include "base/bytes.h"

#define RETRY_RULES 16u /* of a campaign */
#define RETRY_TEXT  64

/* Numbers of the built-in rules start behind this one, those of a campaign at 1. */
#define RETRY_BUILT_IN 100u

/* Stored: append only. */
enum retry_action {
    RETRY_NONE,       /* nothing was decided */
    RETRY_FAIL,       /* the segment is to blame: again, set aside after `attempts` */
    RETRY_AGAIN,      /* nobody is to blame: again after a delay */
    RETRY_MEMORY,     /* again with more memory */
    RETRY_TIME,       /* again with more time for a segment */
    RETRY_SMALLER,    /* again in tasks of half the segments */
    RETRY_ELSEWHERE,  /* nobody is to blame: again on another node */
    RETRY_QUARANTINE, /* set aside at once */
    RETRY_ACTIONS
};

struct retry_rule {
    uint16_t kind;  /* enum err_kind, ERR_NONE any */
    uint16_t code;  /* enum err_code, E_NONE any */
    bool crash;     /* only when the executor ended by a signal of its own making */
    bool passive;   /* says what it would have done, and does nothing */
    uint8_t action; /* enum retry_action */
    char text[RETRY_TEXT]; /* the message holds its pieces between * in this order; "" any
                            */
    bool delayed;          /* delay_ns was given: it does not grow */
    int64_t delay_ns;      /* fail, retry, elsewhere; else the delay of the campaign */
    uint32_t percent;      /* memory, time: the limit becomes this part of itself */
    uint64_t up_to;        /* memory, time: bytes, ns: never more */
};

struct retry_facts {
    uint16_t code;
    int32_t signal; /* that ended the executor, 0 none */
    const char *text;
};

/* Numbers of rules: 0 none. */
struct retry_decision {
    uint16_t rule;
    uint16_t passive; /* the first passive rule that fits before it */
    uint8_t action;   /* what was done in the end; a rule at its limit fails */
};

const char *retry_action_name(enum retry_action action);
bool retry_action_from(const char *name, enum retry_action *action);

bool retry_rule_fits(const struct retry_rule *rule, const struct retry_facts *facts);

/* Finds a rule always. */
struct retry_decision retry_decide(const struct retry_rule *rules, uint32_t count,
                                   const struct retry_facts *facts);

/* The rule with a number of a decision, NULL when there is none. */
const struct retry_rule *retry_rule_at(const struct retry_rule *rules, uint32_t count,
                                       uint16_t number);

/* A limit in sixteenths of the campaign's, 0 as it is; larger than before and not above
 * rule->up_to. False when it cannot be raised any more. */
bool retry_raise(const struct retry_rule *rule, uint64_t base, uint8_t *sixteenths);
uint64_t retry_raised(uint64_t base, uint8_t sixteenths);

/* One line: "class resource, text *bad_alloc* -> memory, 150 % up to 4096 MB, passive".
 */
bool retry_rule_text(const struct retry_rule *rule, struct bytes *out, struct err *err);

/* The built-in table, a line "NUMBER RULE" each. */
bool retry_table_text(struct bytes *out, struct err *err);

#endif
