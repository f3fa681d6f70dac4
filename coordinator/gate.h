/* gate.h - the gates of a campaign: which stage each period is in, what it waits for.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A gate is open when the last word on its period is an approval that has not expired and
 * was given on the sample as it is now. Then the coordinator releases what is behind it,
 * all at once. What was released goes on whatever is said later.
 */
#ifndef SPILLWAY_COORDINATOR_GATE_H
#define SPILLWAY_COORDINATOR_GATE_H

#include "base/json.h"
#include "coordinator/orders.h"
#include "coordinator/owed.h"
#include "coordinator/stages.h"

enum gate_state {
    GATE_PASSED,    /* nothing is behind it any more */
    GATE_SAMPLE,    /* the sample is being done */
    GATE_UNDECIDED, /* it is done, nobody said a word */
    GATE_REFUSED,
    GATE_EXPIRED, /* approved, but too long ago */
    GATE_STALE,   /* approved or refused, but the sample is another one now */
    GATE_OPEN     /* approved: the coordinator releases the rest */
};

struct gate {
    enum gate_state state;
    struct stage_counts counts;
    struct order word; /* the last one on the period; `who` "" when there is none */
};

/* The gates of a campaign, one a period. */
struct gates {
    struct stages stages;
    struct gate *list; /* stages.count */
};

/* Without periods when the campaign has no stages. Release it also after a failure. */
bool gates_read(struct gates *gates, struct catalog_txn *txn,
                const struct campaign *campaign, int64_t wall_s, struct err *err);
void gates_release(struct gates *gates);

/* What the sample of a period came to: sha256 over its segments of the runs that the
 * campaign answers for, with their keys and states. Keys name outputs byte for byte, so
 * it changes with them and only with them. */
bool gate_sample_hash(struct catalog_txn *txn, const struct campaign *campaign,
                      const struct stage_period *period, struct sha256 *hash,
                      struct err *err);

/* As order_check and order_write, for orders of all kinds. E_NOT_FOUND: there is no such
 * gate; E_ORDER also: nothing waits behind it, its sample is not done, or not the one
 * that was looked at. */
bool gate_order_check(struct catalog_txn *txn, const struct order *order, bool *news,
                      struct err *err);
bool gate_order_write(struct catalog_txn *txn, const struct order *order, bool *news,
                      struct err *err);

/* What one says of the sample as it is: pure. */
enum gate_state gate_judge(const struct gate_word *word, const struct sha256 *sample,
                           int64_t wall_s);

/* Segments that wait behind open gates, ascending by period. */
bool gates_release_list(const struct gates *gates, struct catalog_txn *txn,
                        uint32_t campaign, struct number_list *segments, struct err *err);

/* Gates at which a person has to say a word before anything moves. */
uint32_t gates_closed(const struct gates *gates);

/* The stage of each period, of a gate why it is closed and which command comes next, in
 * two lines; `closed`: of closed gates only. */
bool gates_text(const struct gates *gates, const char *campaign, bool closed,
                struct bytes *out, struct err *err);
void gates_json(const struct gates *gates, struct json_writer *json);

/* "2026-11-30 08:00 UTC". */
void gate_time(int64_t wall_s, char out[32]);

#endif
