/* door.c - HTTP in front of the service.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/door.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/text.h"
#include "coordinator/http_server.h"
#include "coordinator/mailbox.h"

#define STATUS_LIMIT ((size_t)65536)
#define CLOSING      64u /* exchanges turned away at a time */

struct door {
    char token[AREA_TOKEN];
    struct mailbox *mailbox;
    struct http_server *server;
    pthread_mutex_t lock; /* of the figures */
    struct door_figures figures[TURN_CAMPAIGNS];
    uint32_t figure_count;
};

/* Takes as long for a wrong token as for the right one. */
static bool token_equal(const char *given, const char expected[AREA_TOKEN])
{
    size_t length = given == NULL ? 0 : strlen(given);
    unsigned difference = length == AREA_TOKEN - 1 ? 0 : 1;
    for (size_t i = 0; i < length && i < AREA_TOKEN - 1; i++)
        difference |= (unsigned)(given[i] ^ expected[i]);
    return difference == 0;
}

static void answer_error(struct http_request *request, unsigned status, const char *text)
{
    http_answer_text(request, status, "text/plain", text);
}

static const char *hold_name(enum core_hold hold)
{
    static const char *const names[] = {[CORE_RUNNING] = "running",
                                        [CORE_PAUSED] = "paused",
                                        [CORE_CANCELLED] = "cancelled"};
    return names[hold];
}

static void put_figures(struct json_writer *json, const struct door_figures *figures)
{
    const struct core_counts *counts = &figures->counts;
    json_open_object(json, NULL);
    json_put_text(json, "campaign", figures->campaign);
    json_put_u64(json, "priority", figures->priority);
    json_put_text(json, "hold", hold_name(figures->hold));
    json_open_object(json, "segments");
    for (unsigned i = 0; i < SEGMENT_STATES; i++)
        json_put_u64(json, segment_state_name(i), counts->by_state[i]);
    json_close_object(json);
    json_put_u64(json, "leases", counts->leases);
    json_put_u64(json, "pilots", counts->pilots);
    json_put_u64(json, "bytes_total", counts->bytes_total);
    json_put_u64(json, "bytes_done", counts->bytes_done);
    json_put_u64(json, "files_published", counts->groups[GROUP_PUBLISHED]);
    json_put_bool(json, "complete", figures->complete);
    json_put_bool(json, "stuck", figures->stuck);
    json_put_bool(json, "waits_for_gate", figures->waits_for_gate);
    json_close_object(json);
}

static void answer_status(struct door *door, struct http_request *request)
{
    struct bytes text;
    struct json_writer json;
    struct err err;
    const char *body;
    bug_if(pthread_mutex_lock(&door->lock) != 0);
    bytes_init(&text, STATUS_LIMIT);
    json_begin(&json, &text);
    json_open_object(&json, NULL);
    json_open_array(&json, "campaigns");
    for (uint32_t i = 0; i < door->figure_count; i++)
        put_figures(&json, &door->figures[i]);
    json_close_array(&json);
    json_close_object(&json);
    bug_if(pthread_mutex_unlock(&door->lock) != 0);
    if (json_end(&json, &err) && text_terminate(&text, &body, &err))
        http_answer_text(request, 200, "application/json", body);
    else
        answer_error(request, 500, err.text);
    bytes_release(&text);
}

static void take_exchange(struct door *door, struct http_request *request,
                          enum exchange_kind kind)
{
    struct exchange *exchange;
    struct err err;
    size_t size;
    const void *body = http_request_body(request, &size);
    if (!exchange_new(kind, body, size, &exchange, &err)) {
        answer_error(request, 400, err.text);
        return;
    }
    exchange->request = request;
    mailbox_put(door->mailbox, exchange);
}

static void handle(struct http_request *request, void *user)
{
    struct door *door = user;
    const char *path = http_request_path(request);
    bool post = strcmp(http_request_method(request), "POST") == 0;
    if (!token_equal(http_request_bearer(request), door->token))
        answer_error(request, 401,
                     "this pilot token is not the coordinator's: read pilot.token again");
    else if (strcmp(path, "/pilot/hello") == 0 && post)
        take_exchange(door, request, EXCHANGE_HELLO);
    else if (strcmp(path, "/pilot/sync") == 0 && post)
        take_exchange(door, request, EXCHANGE_SYNC);
    else if (strcmp(path, "/order") == 0 && post)
        take_exchange(door, request, EXCHANGE_ORDER);
    else if (strcmp(path, "/status") == 0 && !post)
        answer_status(door, request);
    else
        answer_error(request, 404, "there is no such place");
}

bool door_open(const char *listen, const char token[AREA_TOKEN], struct door **door,
               unsigned *port, struct err *err)
{
    struct door *made = mem_new(1, sizeof *made);
    struct http_options http = http_options_usual(listen);
    memcpy(made->token, token, sizeof made->token);
    made->mailbox = mailbox_new();
    bug_if(pthread_mutex_init(&made->lock, NULL) != 0);
    if (!http_server_new(&http, handle, made, &made->server, err)) {
        door_close(made);
        return false;
    }
    *door = made;
    *port = http_server_port(made->server);
    return true;
}

static void turn_away(struct door *door)
{
    struct exchange *list[CLOSING];
    for (uint32_t count = 1; count > 0;) {
        count = mailbox_take(door->mailbox, 0, 0, list, CLOSING);
        for (uint32_t i = 0; i < count; i++)
            door_refuse(list[i], 503, "the coordinator is going down");
    }
}

/* Twice: a request may come in until the server has stopped. */
void door_close(struct door *door)
{
    if (door == NULL)
        return;
    turn_away(door);
    http_server_stop(door->server);
    turn_away(door);
    mailbox_free(door->mailbox);
    (void)pthread_mutex_destroy(&door->lock);
    free(door);
}

void door_show(struct door *door, const struct door_figures *figures, uint32_t count)
{
    bug_if(count > TURN_CAMPAIGNS);
    bug_if(pthread_mutex_lock(&door->lock) != 0);
    memcpy(door->figures, figures, count * sizeof *figures);
    door->figure_count = count;
    bug_if(pthread_mutex_unlock(&door->lock) != 0);
}

uint32_t door_take(struct door *door, int64_t wait_ns, int64_t gather_ns,
                   struct exchange **list, uint32_t capacity)
{
    return mailbox_take(door->mailbox, wait_ns, gather_ns, list, capacity);
}

static bool pack_answer(const struct exchange *exchange, struct bytes *body,
                        struct err *err)
{
    switch (exchange->kind) {
    case EXCHANGE_HELLO:
        return wire_hello_answer_pack(&exchange->hello_answer, body, err);
    case EXCHANGE_SYNC:
        return exchange_answer(exchange, body, err);
    case EXCHANGE_ORDER:
        return text_addf(body, err, "{\"news\":%s}\n", exchange->news ? "true" : "false");
    }
    unreachable();
}

bool door_answer(struct exchange *exchange, struct err *err)
{
    struct bytes body;
    bytes_init(&body, WIRE_MESSAGE_LIMIT);
    bool done = pack_answer(exchange, &body, err);
    struct http_reply reply = {.status = 200,
                               .content_type = exchange->kind == EXCHANGE_ORDER
                                                   ? "application/json"
                                                   : "application/x-protobuf",
                               .body = body.data,
                               .size = body.size};
    if (done)
        http_answer(exchange->request, &reply);
    else
        answer_error(exchange->request, 500, err->text);
    bytes_release(&body);
    exchange_free(exchange);
    return done;
}

void door_refuse(struct exchange *exchange, unsigned status, const char *text)
{
    answer_error(exchange->request, status, text);
    exchange_free(exchange);
}
