/* orders.h - what managers said about a campaign: priority, pause, cancel, gates.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Kept in the catalog as text "orders/CAMPAIGN", a line of JSON an order, oldest first:
 * who, when, why. Lines are only added, so the record is the history and the last lines
 * are what holds. A cancelled campaign takes no more orders; what it committed stays and
 * is found by its keys. Of a gate the last word on its period is what holds (gate.h).
 */
#ifndef SPILLWAY_COORDINATOR_ORDERS_H
#define SPILLWAY_COORDINATOR_ORDERS_H

#include "catalog/catalog.h"
#include "coordinator/core.h"
#include "model/run.h"

#define ORDER_WHO      64
#define ORDER_REASON   256
#define PRIORITY_MAX   1000u
#define PRIORITY_USUAL 0u

enum order_kind {
    ORDER_PRIORITY,
    ORDER_PAUSE,
    ORDER_RESUME,
    ORDER_CANCEL,
    ORDER_GATE,
    ORDER_KINDS
};

/* What a manager decided on the sample of a period. */
struct gate_word {
    char period[RUN_NAME];
    bool approve;
    struct sha256 evidence; /* of the document that was looked at (evidence.h) */
    struct sha256 sample;   /* gate_sample_hash of what it tells of */
    int64_t expires_s;      /* wall time from which an approval releases nothing more */
};

struct order {
    char campaign[CAMPAIGN_NAME];
    enum order_kind kind;
    uint32_t priority; /* ORDER_PRIORITY: 0 .. PRIORITY_MAX, the larger the earlier */
    char who[ORDER_WHO];
    char reason[ORDER_REASON]; /* one line, "" none */
    int64_t wall_s;
    struct gate_word gate; /* ORDER_GATE */
};

struct orders {
    enum core_hold hold;
    uint32_t priority;
    struct order held; /* the last pause, resume or cancel; `who` "" when there is none */
};

const char *order_kind_name(enum order_kind kind);

/* What a pause, resume or cancel makes of the campaign. */
enum core_hold order_hold(const struct order *order);

/* One JSON object without a line end; the same back. E_ORDER for what is no order. */
bool order_pack(const struct order *order, struct bytes *out, struct err *err);
bool order_unpack(const void *data, size_t size, struct order *order, struct err *err);

/* What holds; that of a campaign without orders is running with the usual priority. */
bool orders_read(struct catalog_txn *txn, const char *campaign, struct orders *orders,
                 struct err *err);

/* "paused by WHO: REASON" into `out`, or cancelled; "" while it runs. Returns out. */
const char *orders_hold_text(const struct orders *orders, char *out, size_t size);

/* Calls `each` for all of a campaign, oldest first, until it gives false. */
typedef bool (*order_visit)(const struct order *order, void *context, struct err *err);
bool orders_each(struct catalog_txn *txn, const char *campaign, order_visit each,
                 void *context, struct err *err);

/* Adds a line. */
bool orders_add(struct catalog_txn *txn, const struct order *order, struct err *err);

/* E_NOT_FOUND, E_ORDER: the campaign does not take the order. *news is false when it
 * changes nothing; such an order is not recorded. */
bool order_check(struct catalog_txn *txn, const struct order *order, bool *news,
                 struct err *err);

/* Checks and records an order to a campaign that no core holds; a cancelled one has no
 * leases afterwards. */
bool order_write(struct catalog_txn *txn, const struct order *order, bool *news,
                 struct err *err);

#endif
