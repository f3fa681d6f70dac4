/* order_send.c - an order by HTTP, or straight into a catalog that nobody owns.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/order_send.h"

#include <stdio.h>

#include "base/json.h"
#include "coordinator/gate.h"
#include "coordinator/write.h"
#include "transfer/http.h"

#define ANSWER_LIMIT 65536u
#define ANSWER_MS    60000

struct written {
    const struct order *order;
    bool *news;
};

static bool write_step_order(struct catalog_txn *txn, void *context, struct err *err)
{
    const struct written *written = context;
    return gate_order_write(txn, written->order, written->news, err);
}

static bool read_answer(const struct bytes *answer, bool *news, struct err *err)
{
    struct json *document;
    if (!json_parse(answer->data, answer->size, "the coordinator's answer", &document,
                    err))
        return false;
    bool done = json_bool(json_get(document, "news"), news);
    json_free(document);
    return done || err_set(err, E_HTTP_REPLY, "the coordinator's answer has no \"news\"");
}

static bool post(const struct area *area, const char *url, const struct bytes *body,
                 struct bytes *answer, struct err *err)
{
    char place[300];
    char token[AREA_TOKEN];
    struct http_response response = {.status = 0};
    if (!area_token(area, token, err))
        return false;
    (void)snprintf(place, sizeof place, "%s/order", url);
    struct http_call call = {.url = place,
                             .bearer = token,
                             .content_type = "application/json",
                             .body = body->data,
                             .body_size = body->size,
                             .limits = http_limits_usual(ANSWER_LIMIT)};
    call.limits.total_ms = ANSWER_MS;
    struct http_client *client = http_client_new();
    bool done = http_post(client, &call, answer, &response, err);
    http_client_free(client);
    if (done || (response.status != 404 && response.status != 409))
        return done;
    return err_set(err, response.status == 404 ? E_NOT_FOUND : E_ORDER, "%.*s",
                   (int)answer->size, (const char *)answer->data);
}

static bool send(const struct area *area, const char *url, const struct order *order,
                 bool *news, struct err *err)
{
    struct bytes body;
    struct bytes answer;
    bytes_init(&body, ANSWER_LIMIT);
    bytes_init(&answer, ANSWER_LIMIT);
    bool done = order_pack(order, &body, err) && post(area, url, &body, &answer, err) &&
                read_answer(&answer, news, err);
    bytes_release(&body);
    bytes_release(&answer);
    return done;
}

bool order_send(const struct area *area, const struct order *order, bool *news,
                struct err *err)
{
    char folder[AREA_PATH];
    char url[256];
    long pid;
    struct catalog *catalog = NULL;
    struct written written = {order, news};
    struct err owned;
    if (!area_path(area, "catalog", folder, err))
        return false;
    if (catalog_open(folder, CATALOG_WRITE, &catalog, &owned)) {
        bool done = write_catalog(catalog, write_step_order, &written, err);
        catalog_close(catalog);
        return done;
    }
    if (owned.code != E_CATALOG_OWNED || !catalog_owner(folder, &pid, url, err) ||
        url[0] == 0) {
        *err = owned;
        return false;
    }
    return send(area, url, order, news, err);
}
