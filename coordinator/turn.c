/* turn.c - one turn of the service: decide, write, commit, then what is owed.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>

#include "coordinator/turn_internal.h"

static bool check_all(const struct turn *turn, struct exchange **exchanges,
                      uint32_t count, struct err *err)
{
    const struct book *books[TURN_CAMPAIGNS];
    struct catalog_txn *txn;
    bug_if(turn->campaign_count == 0 || turn->campaign_count > TURN_CAMPAIGNS);
    for (uint32_t i = 0; i < turn->campaign_count; i++)
        books[i] = turn->campaigns[i].book;
    if (!catalog_begin(turn->catalog, &txn, err))
        return false;
    bool done = true;
    for (uint32_t i = 0; done && i < count; i++)
        if (exchanges[i]->kind == EXCHANGE_SYNC)
            done = exchange_check(exchanges[i], books, turn->campaign_count, txn, err);
    catalog_abort(txn);
    return done;
}

/* What went wrong on a pilot is told once, with the ids that lead further. */
static void log_failures(const struct turn *turn, const struct exchange *exchange)
{
    for (uint32_t i = 0; i < exchange->sync.report_count; i++) {
        const struct report *report = &exchange->sync.reports[i];
        if (exchange->verdicts[i].verdict == VERDICT_REFUSED)
            log_write(turn->log, LOG_LEVEL_WARN,
                      "event=report_refused attempt=%" PRIu64 " pilot=%016" PRIx64
                      " host=%s why=\"%s\"",
                      report->attempt, exchange->sync.pilot, report->host,
                      exchange->verdicts[i].text);
        else if (report->status == REPORT_FAILED)
            log_write(turn->log, LOG_LEVEL_WARN,
                      "event=attempt_failed attempt=%" PRIu64 " pilot=%016" PRIx64
                      " host=%s code=%s signal=%d rule=%u action=%s passive_rule=%u "
                      "why=\"%s\"",
                      report->attempt, exchange->sync.pilot, report->host,
                      err_name((enum err_code)report->failure.code), report->signal,
                      exchange->decisions[i].rule,
                      retry_action_name((enum retry_action)exchange->decisions[i].action),
                      exchange->decisions[i].passive, report->failure.text);
    }
}

bool turn_run(const struct turn *turn, struct exchange **exchanges, uint32_t count,
              struct turn_result *results, struct err *err)
{
    struct decisions decisions;
    struct owed owed[TURN_CAMPAIGNS] = {{.complete = false}};
    for (uint32_t i = 0; i < turn->campaign_count; i++)
        results[i] = (struct turn_result){.complete = false};
    turn_decisions_begin(&decisions, turn, owed);
    bool done = check_all(turn, exchanges, count, err) &&
                turn_decide_all(&decisions, exchanges, count, err) &&
                turn_decisions_write(&decisions, err) &&
                turn_pay_all(turn, exchanges, count, owed, results, err);
    turn_decisions_end(&decisions);
    for (uint32_t i = 0; done && i < count; i++)
        if (exchanges[i]->kind == EXCHANGE_SYNC)
            log_failures(turn, exchanges[i]);
    for (uint32_t i = 0; i < turn->campaign_count; i++)
        owed_release(&owed[i]);
    return done;
}

/* One event, NULL none, and one order, NULL none, to the only campaign of the turn. */
static bool turn_one(const struct turn *turn, struct core_event *event,
                     const struct order *order, struct turn_result *result,
                     struct err *err)
{
    struct decisions decisions;
    struct owed owed = {.complete = false};
    struct debt debt = {.turn = turn, .owed = &owed};
    bug_if(turn->campaign_count != 1);
    turn_decisions_begin(&decisions, turn, &owed);
    decisions.order = order;
    bool done = (event == NULL || turn_decide(&decisions, 0, event, err)) &&
                turn_decisions_write(&decisions, err) && turn_pay(&debt, err);
    turn_decisions_end(&decisions);
    *result = (struct turn_result){.complete = owed.complete, .stuck = owed.stuck};
    owed_release(&owed);
    return done;
}

bool turn_order(const struct turn *turn, const struct order *order,
                struct turn_result *result, struct err *err)
{
    struct core_event event = {.kind = EVENT_HOLD, .hold = order_hold(order)};
    bool decides = order->kind != ORDER_PRIORITY && order->kind != ORDER_GATE;
    return turn_one(turn, decides ? &event : NULL, order, result, err);
}

bool turn_release(const struct turn *turn, const struct number_list *segments,
                  struct turn_result *result, struct err *err)
{
    struct core_event event = {.kind = EVENT_RELEASE,
                               .segments = segments->numbers,
                               .segment_count = segments->count};
    return turn_one(turn, &event, NULL, result, err);
}
