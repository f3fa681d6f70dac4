/* gate.c - what the words of managers and the sample make of each gate.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/gate.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "base/text.h"
#include "coordinator/family.h"

/* 10^6 segments of 200 characters. */
#define SAMPLE_TEXT ((size_t)256 << 20)

void gate_time(int64_t wall_s, char out[32])
{
    struct tm parts;
    time_t seconds = (time_t)wall_s;
    out[0] = 0;
    if (gmtime_r(&seconds, &parts) != NULL)
        (void)strftime(out, 32, "%Y-%m-%d %H:%M UTC", &parts);
}

enum gate_state gate_judge(const struct gate_word *word, const struct sha256 *sample,
                           int64_t wall_s)
{
    if (!sha256_equal(&word->sample, sample))
        return GATE_STALE;
    if (!word->approve)
        return GATE_REFUSED;
    return wall_s < word->expires_s ? GATE_OPEN : GATE_EXPIRED;
}

static bool take_word(const struct order *order, void *context, struct err *err)
{
    struct gates *gates = context;
    (void)err;
    for (uint32_t i = 0; order->kind == ORDER_GATE && i < gates->stages.count; i++)
        if (strcmp(gates->stages.periods[i].name, order->gate.period) == 0)
            gates->list[i].word = *order;
    return true;
}

/* How a committed segment came to be so is no matter. */
static bool segment_text(struct catalog_txn *txn, uint32_t campaign,
                         const struct plan_segment *plan, uint32_t number,
                         struct bytes *text, struct err *err)
{
    struct plan_state state;
    char reco[SHA256_HEX];
    char select[SHA256_HEX];
    if (!catalog_get_states(txn, campaign, number, 1, &state, err))
        return false;
    sha256_to_hex(&plan->reco_key, reco);
    sha256_to_hex(&plan->select_key, select);
    bool lacks = state.state != SEGMENT_COMMITTED;
    return text_addf(text, err, "%" PRIu32 "/%u/%u/%" PRIu32 " %s %u %s %s\n",
                     plan->id.chunk.run, plan->id.chunk.builder, plan->id.chunk.number,
                     plan->id.ordinal,
                     segment_state_name((enum segment_state)state.state),
                     lacks ? state.failure : 0, reco, select);
}

static bool span_text(struct catalog_txn *txn, const struct campaign *campaign,
                      const struct family *family, const struct stage_span *span,
                      struct bytes *text, struct err *err)
{
    for (uint32_t i = span->first; i < span->first + span->count; i++) {
        struct plan_segment plan;
        enum lookup found = catalog_get_plan_segment(txn, campaign->id, i, &plan, err);
        if (found == LOOKUP_ABSENT)
            return err_set(err, E_CATALOG_DAMAGED, "plan segment %" PRIu32 " is missing",
                           i);
        if (found == LOOKUP_FAILED)
            return false;
        if (family_is(family, campaign->name, plan.id.chunk.run) &&
            !segment_text(txn, campaign->id, &plan, i, text, err))
            return false;
    }
    return true;
}

bool gate_sample_hash(struct catalog_txn *txn, const struct campaign *campaign,
                      const struct stage_period *period, struct sha256 *hash,
                      struct err *err)
{
    struct family family;
    struct bytes text;
    bytes_init(&text, SAMPLE_TEXT);
    bool done = family_load(&family, txn, campaign->name, err) &&
                text_add(&text, "spillway-sample-1\n", err);
    for (uint32_t i = 0; done && i < period->sample.count; i++)
        done = span_text(txn, campaign, &family, &period->sample.list[i], &text, err);
    if (done)
        *hash = sha256_of(text.data, text.size);
    bytes_release(&text);
    family_release(&family);
    return done;
}

static bool gate_read(struct gate *gate, struct catalog_txn *txn,
                      const struct campaign *campaign, const struct stage_period *period,
                      int64_t wall_s, struct err *err)
{
    struct sha256 sample;
    if (!stage_count(txn, campaign->id, period, &gate->counts, err))
        return false;
    if (gate->counts.planned == 0)
        gate->state = GATE_PASSED;
    else if (gate->counts.sample_open > 0)
        gate->state = GATE_SAMPLE;
    else if (gate->word.who[0] == 0)
        gate->state = GATE_UNDECIDED;
    else if (gate_sample_hash(txn, campaign, period, &sample, err))
        gate->state = gate_judge(&gate->word.gate, &sample, wall_s);
    else
        return false;
    return true;
}

bool gates_read(struct gates *gates, struct catalog_txn *txn,
                const struct campaign *campaign, int64_t wall_s, struct err *err)
{
    *gates = (struct gates){.list = NULL};
    bool done = stages_read(&gates->stages, txn, campaign->name, err);
    if (!done || gates->stages.count == 0)
        return done;
    gates->list = mem_new(gates->stages.count, sizeof *gates->list);
    done = orders_each(txn, campaign->name, take_word, gates, err);
    for (uint32_t i = 0; done && i < gates->stages.count; i++)
        done = gate_read(&gates->list[i], txn, campaign, &gates->stages.periods[i],
                         wall_s, err);
    return done;
}

void gates_release(struct gates *gates)
{
    stages_release(&gates->stages);
    free(gates->list);
    *gates = (struct gates){.list = NULL};
}

bool gates_release_list(const struct gates *gates, struct catalog_txn *txn,
                        uint32_t campaign, struct number_list *segments, struct err *err)
{
    for (uint32_t i = 0; i < gates->stages.count; i++) {
        const struct stage_spans *rest = &gates->stages.periods[i].rest;
        for (uint32_t k = 0; gates->list[i].state == GATE_OPEN && k < rest->count; k++)
            for (uint32_t n = 0; n < rest->list[k].count; n++) {
                struct plan_state state;
                uint32_t number = rest->list[k].first + n;
                if (!catalog_get_states(txn, campaign, number, 1, &state, err))
                    return false;
                if (state.state == SEGMENT_PLANNED)
                    number_list_add(segments, number);
            }
    }
    return true;
}

static bool is_closed(const struct gate *gate)
{
    return gate->state != GATE_PASSED && gate->state != GATE_SAMPLE &&
           gate->state != GATE_OPEN;
}

uint32_t gates_closed(const struct gates *gates)
{
    uint32_t closed = 0;
    for (uint32_t i = 0; i < gates->stages.count; i++)
        closed += is_closed(&gates->list[i]) ? 1 : 0;
    return closed;
}

static const char *stage_name(const struct gate *gate)
{
    switch (gate->state) {
    case GATE_PASSED:
        return gate->counts.rest_open + gate->counts.sample_open > 0 ? "full" : "done";
    case GATE_SAMPLE:
        return "sample";
    case GATE_UNDECIDED:
    case GATE_REFUSED:
    case GATE_EXPIRED:
    case GATE_STALE:
        return "gate";
    case GATE_OPEN:
        return "full";
    }
    unreachable();
}

static const char *wait_name(enum gate_state state)
{
    static const char *const names[] = {"",        "sample",  "decision", "refused",
                                        "expired", "changed", "release"};
    return names[state];
}

/* Why the gate is not open, in words that follow "waits for its gate". */
static bool why_text(const struct gate *gate, struct bytes *out, struct err *err)
{
    const struct order *word = &gate->word;
    char said[32];
    char expires[32];
    gate_time(word->wall_s, said);
    gate_time(word->gate.expires_s, expires);
    switch (gate->state) {
    case GATE_REFUSED:
        return text_addf(out, err, ", refused by %s at %s%s%s", word->who, said,
                         word->reason[0] == 0 ? "" : ": ", word->reason);
    case GATE_EXPIRED:
        return text_addf(out, err,
                         ": the approval by %s expired at %s; what was released goes on",
                         word->who, expires);
    case GATE_STALE:
        return text_addf(out, err, ": the sample changed since %s %s it at %s", word->who,
                         word->gate.approve ? "approved" : "refused", said);
    case GATE_PASSED:
    case GATE_SAMPLE:
    case GATE_UNDECIDED:
    case GATE_OPEN:
        break;
    }
    return true;
}

static bool word_text(const struct gate *gate, struct bytes *out, struct err *err)
{
    char said[32];
    if (gate->word.who[0] == 0)
        return text_add(out, "\n", err);
    gate_time(gate->word.wall_s, said);
    return text_addf(out, err, ", %s by %s at %s\n",
                     gate->word.gate.approve ? "approved" : "refused", gate->word.who,
                     said);
}

static bool closed_text(const struct gate *gate, const char *period, const char *campaign,
                        struct bytes *out, struct err *err)
{
    return text_addf(out, err, "%" PRIu32 " segments wait for its gate",
                     gate->counts.planned) &&
           why_text(gate, out, err) &&
           text_addf(out, err, "\n    spillway validate %s --period %s\n", campaign,
                     period);
}

static bool moving_text(const struct gate *gate, struct bytes *out, struct err *err)
{
    const struct stage_counts *counts = &gate->counts;
    uint32_t open = counts->sample_open + counts->rest_open;
    if (gate->state == GATE_SAMPLE)
        return text_addf(out, err,
                         "sample, %" PRIu32 " of %" PRIu32 " segments done; %" PRIu32
                         " wait for its gate\n",
                         counts->sample - counts->sample_open, counts->sample,
                         counts->planned);
    if (gate->state == GATE_OPEN)
        return text_addf(out, err,
                         "full, %" PRIu32
                         " segments are released when a coordinator runs",
                         counts->planned) &&
               word_text(gate, out, err);
    return text_addf(out, err, "%s, %" PRIu32 " of %" PRIu32 " segments done",
                     stage_name(gate), counts->sample + counts->rest - open,
                     counts->sample + counts->rest) &&
           word_text(gate, out, err);
}

bool gates_text(const struct gates *gates, const char *campaign, bool closed,
                struct bytes *out, struct err *err)
{
    for (uint32_t i = 0; i < gates->stages.count; i++) {
        const struct gate *gate = &gates->list[i];
        const char *period = gates->stages.periods[i].name;
        if (closed && !is_closed(gate))
            continue;
        if (!text_addf(out, err, "  period %s: ", period) ||
            !(is_closed(gate) ? closed_text(gate, period, campaign, out, err)
                              : moving_text(gate, out, err)))
            return false;
    }
    return true;
}

static void gate_json(const struct gate *gate, const char *period,
                      struct json_writer *json)
{
    char evidence[SHA256_HEX];
    const struct order *word = &gate->word;
    json_open_object(json, NULL);
    json_put_text(json, "period", period);
    json_put_text(json, "stage", stage_name(gate));
    json_put_text(json, "waits_for", wait_name(gate->state));
    json_put_u64(json, "sample", gate->counts.sample);
    json_put_u64(json, "sample_open", gate->counts.sample_open);
    json_put_u64(json, "rest", gate->counts.rest);
    json_put_u64(json, "rest_open", gate->counts.rest_open);
    json_put_u64(json, "planned", gate->counts.planned);
    if (word->who[0] != 0) {
        sha256_to_hex(&word->gate.evidence, evidence);
        json_put_text(json, "verdict", word->gate.approve ? "approve" : "refuse");
        json_put_text(json, "who", word->who);
        json_put_i64(json, "unix_s", word->wall_s);
        json_put_i64(json, "expires_s", word->gate.expires_s);
        json_put_text(json, "evidence", evidence);
        json_put_text(json, "reason", word->reason);
    }
    json_close_object(json);
}

void gates_json(const struct gates *gates, struct json_writer *json)
{
    json_open_array(json, "stages");
    for (uint32_t i = 0; i < gates->stages.count; i++)
        gate_json(&gates->list[i], gates->stages.periods[i].name, json);
    json_close_array(json);
}

static bool take_last(const struct order *order, void *context, struct err *err)
{
    struct order *last = context;
    (void)err;
    if (order->kind == ORDER_GATE && strcmp(order->gate.period, last->gate.period) == 0)
        *last = *order;
    return true;
}

/* The same was said last. */
static bool gate_known(struct catalog_txn *txn, const struct order *order, bool *known,
                       struct err *err)
{
    struct order last = {.gate = {.approve = false}};
    memcpy(last.gate.period, order->gate.period, sizeof last.gate.period);
    if (!orders_each(txn, order->campaign, take_last, &last, err))
        return false;
    *known = strcmp(last.who, order->who) == 0 &&
             last.gate.approve == order->gate.approve &&
             sha256_equal(&last.gate.evidence, &order->gate.evidence) &&
             last.gate.expires_s == order->gate.expires_s;
    return true;
}

static bool sample_check(struct catalog_txn *txn, const struct campaign *campaign,
                         const struct stage_period *period, const struct gate_word *gate,
                         struct err *err)
{
    struct stage_counts counts;
    struct sha256 sample;
    if (!stage_count(txn, campaign->id, period, &counts, err))
        return false;
    if (counts.planned == 0)
        return err_set(err, E_ORDER,
                       "period %s: nothing waits behind its gate; what was released is "
                       "stopped by spillway pause",
                       period->name);
    if (counts.sample_open > 0)
        return err_set(err, E_ORDER,
                       "period %s: %" PRIu32 " of %" PRIu32
                       " segments of its sample are not done",
                       period->name, counts.sample_open, counts.sample);
    if (!gate_sample_hash(txn, campaign, period, &sample, err))
        return false;
    return sha256_equal(&sample, &gate->sample) ||
           err_set(err, E_ORDER,
                   "period %s: its sample is not the one that was looked at: spillway "
                   "validate shows what it is now",
                   period->name);
}

static bool gate_check(struct catalog_txn *txn, const struct campaign *campaign,
                       const struct order *order, bool *news, struct err *err)
{
    struct stages stages;
    bool known = false;
    bool done = stages_read(&stages, txn, campaign->name, err);
    const struct stage_period *period =
        done ? stages_find(&stages, order->gate.period) : NULL;
    if (done && period == NULL)
        done = err_set(err, E_NOT_FOUND, "campaign %s has no gate of period \"%s\"",
                       campaign->name, order->gate.period);
    if (done && order->gate.approve && order->gate.expires_s <= order->wall_s)
        done = err_set(err, E_ORDER, "an approval that expired before it was given");
    done = done && sample_check(txn, campaign, period, &order->gate, err) &&
           gate_known(txn, order, &known, err);
    *news = done && !known;
    stages_release(&stages);
    return done;
}

bool gate_order_check(struct catalog_txn *txn, const struct order *order, bool *news,
                      struct err *err)
{
    struct campaign campaign;
    if (!order_check(txn, order, news, err))
        return false;
    if (order->kind != ORDER_GATE)
        return true;
    return catalog_get_campaign(txn, order->campaign, &campaign, err) == LOOKUP_FOUND &&
           gate_check(txn, &campaign, order, news, err);
}

bool gate_order_write(struct catalog_txn *txn, const struct order *order, bool *news,
                      struct err *err)
{
    if (order->kind != ORDER_GATE)
        return order_write(txn, order, news, err);
    return gate_order_check(txn, order, news, err) &&
           (!*news || orders_add(txn, order, err));
}
