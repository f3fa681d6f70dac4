/* orders.c - lines of orders in the catalog, and what follows from them.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/orders.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"

/* Some 20 000 orders of one campaign. */
#define ORDERS_TEXT ((size_t)16 << 20)

/* One attempt of 4096 segments. */
#define ORDERS_ARENA ((size_t)1 << 20)

static const char *const names[ORDER_KINDS] = {"priority", "pause", "resume", "cancel",
                                               "gate"};

const char *order_kind_name(enum order_kind kind)
{
    return names[kind];
}

enum core_hold order_hold(const struct order *order)
{
    switch (order->kind) {
    case ORDER_PAUSE:
        return CORE_PAUSED;
    case ORDER_CANCEL:
        return CORE_CANCELLED;
    case ORDER_PRIORITY:
    case ORDER_RESUME:
    case ORDER_GATE:
    case ORDER_KINDS:
        break;
    }
    return CORE_RUNNING;
}

static void put_hash(struct json_writer *json, const char *key, const struct sha256 *hash)
{
    char hex[SHA256_HEX];
    sha256_to_hex(hash, hex);
    json_put_text(json, key, hex);
}

static void put_gate(struct json_writer *json, const struct gate_word *gate)
{
    json_put_text(json, "period", gate->period);
    json_put_bool(json, "approve", gate->approve);
    put_hash(json, "evidence", &gate->evidence);
    put_hash(json, "sample", &gate->sample);
    json_put_i64(json, "expires_s", gate->expires_s);
}

bool order_pack(const struct order *order, struct bytes *out, struct err *err)
{
    struct json_writer json;
    json_begin(&json, out);
    json_open_object(&json, NULL);
    json_put_text(&json, "campaign", order->campaign);
    json_put_text(&json, "order", names[order->kind]);
    if (order->kind == ORDER_PRIORITY)
        json_put_u64(&json, "priority", order->priority);
    if (order->kind == ORDER_GATE)
        put_gate(&json, &order->gate);
    json_put_text(&json, "who", order->who);
    json_put_i64(&json, "unix_s", order->wall_s);
    json_put_text(&json, "reason", order->reason);
    json_close_object(&json);
    return json_end(&json, err);
}

/* A text of the object that fits and has no control character. */
static bool take_text(const struct json *object, const char *key, char *out, size_t size,
                      struct err *err)
{
    const char *text;
    if (!json_text(json_get(object, key), &text))
        return err_set(err, E_ORDER, "an order needs a text \"%s\"", key);
    for (const char *at = text; *at != 0; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            return err_set(err, E_ORDER,
                           "%s: it must be one line without control "
                           "characters",
                           key);
    if (strlen(text) >= size)
        return err_set(err, E_ORDER, "%s: at most %zu bytes", key, size - 1);
    memcpy(out, text, strlen(text) + 1);
    return true;
}

static bool take_kind(const struct json *object, struct order *order, struct err *err)
{
    const char *name;
    int64_t priority = 0;
    if (!json_text(json_get(object, "order"), &name))
        name = "";
    unsigned kind = 0;
    while (kind < ORDER_KINDS && strcmp(names[kind], name) != 0)
        kind++;
    if (kind == ORDER_KINDS)
        return err_set(err, E_ORDER, "\"%.40s\" is no order", name);
    order->kind = (enum order_kind)kind;
    if (order->kind == ORDER_PRIORITY &&
        (!json_i64(json_get(object, "priority"), &priority) || priority < 0 ||
         priority > PRIORITY_MAX))
        return err_set(err, E_ORDER, "a priority is a number from 0 to %u", PRIORITY_MAX);
    order->priority = (uint32_t)priority;
    return true;
}

static bool take_hash(const struct json *object, const char *key, struct sha256 *hash,
                      struct err *err)
{
    const char *hex;
    struct err inner;
    return (json_text(json_get(object, key), &hex) &&
            sha256_from_hex(hex, hash, &inner)) ||
           err_set(err, E_ORDER, "a gate needs a sha256 \"%s\"", key);
}

static bool take_gate(const struct json *object, struct order *order, struct err *err)
{
    struct gate_word *gate = &order->gate;
    if (order->kind != ORDER_GATE)
        return true;
    if (!take_text(object, "period", gate->period, RUN_NAME, err) ||
        !take_hash(object, "evidence", &gate->evidence, err) ||
        !take_hash(object, "sample", &gate->sample, err))
        return false;
    return (json_bool(json_get(object, "approve"), &gate->approve) &&
            json_i64(json_get(object, "expires_s"), &gate->expires_s)) ||
           err_set(err, E_ORDER, "a gate needs \"approve\" and \"expires_s\"");
}

bool order_unpack(const void *data, size_t size, struct order *order, struct err *err)
{
    struct json *document;
    *order = (struct order){.priority = 0};
    if (!json_parse(data, size, "an order", &document, err))
        return false;
    bool done = take_text(document, "campaign", order->campaign, CAMPAIGN_NAME, err) &&
                take_kind(document, order, err) && take_gate(document, order, err) &&
                take_text(document, "who", order->who, ORDER_WHO, err) &&
                take_text(document, "reason", order->reason, ORDER_REASON, err);
    (void)json_i64(json_get(document, "unix_s"), &order->wall_s);
    json_free(document);
    return done;
}

static void orders_name(const char *campaign, char name[CAMPAIGN_NAME + 8])
{
    (void)snprintf(name, CAMPAIGN_NAME + 8, "orders/%s", campaign);
}

static enum lookup get_lines(struct catalog_txn *txn, const char *campaign,
                             struct bytes *out, struct err *err)
{
    char name[CAMPAIGN_NAME + 8];
    orders_name(campaign, name);
    return catalog_get_text(txn, name, out, err);
}

static bool each_line(const struct bytes *lines, order_visit each, void *context,
                      struct err *err)
{
    for (size_t at = 0; at < lines->size;) {
        const uint8_t *end = memchr(lines->data + at, '\n', lines->size - at);
        size_t size = end == NULL ? lines->size - at : (size_t)(end - lines->data) - at;
        struct order order;
        if (!order_unpack(lines->data + at, size, &order, err) ||
            !each(&order, context, err))
            return false;
        at += size + 1;
    }
    return true;
}

bool orders_each(struct catalog_txn *txn, const char *campaign, order_visit each,
                 void *context, struct err *err)
{
    struct bytes lines;
    bytes_init(&lines, ORDERS_TEXT);
    enum lookup found = get_lines(txn, campaign, &lines, err);
    bool done = found != LOOKUP_FAILED &&
                (found == LOOKUP_ABSENT || each_line(&lines, each, context, err));
    bytes_release(&lines);
    return done;
}

static bool take_order(const struct order *order, void *context, struct err *err)
{
    struct orders *orders = context;
    (void)err;
    if (order->kind == ORDER_PRIORITY) {
        orders->priority = order->priority;
        return true;
    }
    if (order->kind == ORDER_GATE)
        return true;
    orders->hold = order_hold(order);
    orders->held = *order;
    return true;
}

bool orders_read(struct catalog_txn *txn, const char *campaign, struct orders *orders,
                 struct err *err)
{
    *orders = (struct orders){.priority = PRIORITY_USUAL};
    return orders_each(txn, campaign, take_order, orders, err);
}

const char *orders_hold_text(const struct orders *orders, char *out, size_t size)
{
    const struct order *held = &orders->held;
    out[0] = 0;
    if (orders->hold != CORE_RUNNING)
        (void)snprintf(out, size, "%s by %s%s%s",
                       orders->hold == CORE_PAUSED ? "paused" : "cancelled", held->who,
                       held->reason[0] == 0 ? "" : ": ", held->reason);
    return out;
}

bool orders_add(struct catalog_txn *txn, const struct order *order, struct err *err)
{
    struct bytes lines;
    char name[CAMPAIGN_NAME + 8];
    orders_name(order->campaign, name);
    bytes_init(&lines, ORDERS_TEXT);
    bool done = get_lines(txn, order->campaign, &lines, err) != LOOKUP_FAILED &&
                order_pack(order, &lines, err) && bytes_append(&lines, "\n", 1, err) &&
                catalog_put_text(txn, name, lines.data, lines.size, err);
    bytes_release(&lines);
    return done;
}

static bool get_campaign(struct catalog_txn *txn, const char *name,
                         struct campaign *campaign, struct err *err)
{
    enum lookup found = catalog_get_campaign(txn, name, campaign, err);
    if (found == LOOKUP_ABSENT)
        err_set(err, E_NOT_FOUND, "campaign \"%s\" is not planned", name);
    return found == LOOKUP_FOUND;
}

bool order_check(struct catalog_txn *txn, const struct order *order, bool *news,
                 struct err *err)
{
    struct campaign campaign;
    struct orders orders;
    *news = false;
    if (!get_campaign(txn, order->campaign, &campaign, err) ||
        !orders_read(txn, order->campaign, &orders, err))
        return false;
    if (order->kind == ORDER_PRIORITY) {
        *news = orders.priority != order->priority;
        return true;
    }
    *news = order->kind == ORDER_GATE || orders.hold != order_hold(order);
    if (*news && orders.hold == CORE_CANCELLED)
        return err_set(
            err, E_ORDER,
            "campaign %s was cancelled by %s: plan it under another name, what "
            "it committed is used again",
            campaign.name, orders.held.who);
    if (*news && campaign.complete)
        return err_set(err, E_ORDER, "campaign %s is complete", campaign.name);
    return true;
}

static bool free_segments(struct catalog_txn *txn, const struct attempt *lease,
                          struct err *err)
{
    for (uint32_t i = 0; i < lease->segment_count; i++) {
        struct plan_state state;
        uint32_t number = lease->segments[i];
        if (!catalog_get_states(txn, lease->campaign, number, 1, &state, err))
            return false;
        if (state.state != SEGMENT_LEASED)
            continue;
        state.state = SEGMENT_READY;
        if (!catalog_put_state(txn, lease->campaign, number, &state, err))
            return false;
    }
    return true;
}

static bool free_group(struct catalog_txn *txn, const struct attempt *lease,
                       struct err *err)
{
    struct merge_group group;
    enum lookup found =
        catalog_get_group(txn, lease->campaign, lease->segments[0], &group, err);
    if (found != LOOKUP_FOUND || group.state != GROUP_LEASED)
        return found != LOOKUP_FAILED;
    group.state = GROUP_OPEN;
    return catalog_put_group(txn, lease->campaign, &group, err);
}

static bool void_leases(struct catalog_txn *txn, const struct order *order,
                        uint32_t campaign, struct err *err)
{
    struct arena arena;
    struct attempt lease = {.number = 0};
    enum lookup found = LOOKUP_FOUND;
    arena_init(&arena, ORDERS_ARENA);
    while (found == LOOKUP_FOUND) {
        arena_reset(&arena);
        found = catalog_next_lease(txn, lease.number + 1, &arena, &lease, err);
        if (found != LOOKUP_FOUND || lease.campaign != campaign ||
            lease.segment_count == 0)
            continue;
        lease.state = ATTEMPT_VOID;
        lease.end_s = order->wall_s;
        if (!catalog_put_attempt(txn, &lease, err) ||
            !(lease.kind == TASK_MERGE ? free_group(txn, &lease, err)
                                       : free_segments(txn, &lease, err)))
            found = LOOKUP_FAILED;
    }
    arena_release(&arena);
    return found == LOOKUP_ABSENT;
}

bool order_write(struct catalog_txn *txn, const struct order *order, bool *news,
                 struct err *err)
{
    struct campaign campaign;
    if (!order_check(txn, order, news, err))
        return false;
    if (!*news)
        return true;
    return get_campaign(txn, order->campaign, &campaign, err) &&
           (order->kind != ORDER_CANCEL || void_leases(txn, order, campaign.id, err)) &&
           orders_add(txn, order, err);
}
