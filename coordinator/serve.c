/* serve.c - the coordinator service.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/serve.h"

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/disk.h"
#include "base/json.h"
#include "base/text.h"
#include "coordinator/http_server.h"
#include "coordinator/mailbox.h"
#include "coordinator/repair.h"
#include "coordinator/sweep.h"
#include "coordinator/turn.h"
#include "coordinator/withdraw.h"

/* How long the loop waits for company for the first exchange of a batch: one commit is
 * 1 to 3 ms, so this at most doubles the latency of an idle service. */
#define GATHER_NS ((int64_t)1000000)
#define SECOND_NS ((int64_t)1000000000)
#define SWEEP_NS  (30 * SECOND_NS)

/* A pilot that got nothing asks again after this time. */
#define PAUSE_MS 100u

/* What HTTP threads need; the figures are copied under the lock after each turn. */
struct door {
    char token[AREA_TOKEN];
    struct mailbox *mailbox;
    struct sha256 release;
    pthread_mutex_t lock;
    struct core_counts counts;
    char campaign[CAMPAIGN_NAME];
    bool complete;
    bool stuck;
};

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

static void answer_status(struct door *door, struct http_request *request)
{
    struct bytes text;
    struct json_writer json;
    struct err err;
    bytes_init(&text, 65536);
    bug_if(pthread_mutex_lock(&door->lock) != 0);
    struct core_counts counts = door->counts;
    bool complete = door->complete;
    bool stuck = door->stuck;
    bug_if(pthread_mutex_unlock(&door->lock) != 0);
    json_begin(&json, &text);
    json_open_object(&json, NULL);
    json_put_text(&json, "campaign", door->campaign);
    json_open_object(&json, "segments");
    for (unsigned i = 0; i < SEGMENT_STATES; i++)
        json_put_u64(&json, segment_state_name(i), counts.by_state[i]);
    json_close_object(&json);
    json_put_u64(&json, "leases", counts.leases);
    json_put_u64(&json, "pilots", counts.pilots);
    json_put_u64(&json, "bytes_total", counts.bytes_total);
    json_put_u64(&json, "bytes_done", counts.bytes_done);
    json_put_u64(&json, "files_published", counts.groups[GROUP_PUBLISHED]);
    json_put_bool(&json, "complete", complete);
    json_put_bool(&json, "stuck", stuck);
    json_close_object(&json);
    const char *body;
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
    else if (strcmp(path, "/status") == 0 && !post)
        answer_status(door, request);
    else
        answer_error(request, 404, "there is no such place");
}

/* Everything that only the loop's thread touches. */
struct service {
    struct catalog *catalog;
    struct book book;
    struct core *core;
    struct log *log;
    struct sha256 fingerprint; /* of the first executor of this release; zero unknown */
    struct door *door;
    int64_t swept_ns;
};

static bool fingerprint_name(const struct service *service, char out[80])
{
    char hex[SHA256_HEX];
    sha256_to_hex(&service->book.campaign.recipe.release, hex);
    return snprintf(out, 80, "fingerprint/%s", hex) > 0;
}

static bool in_transaction(struct service *service,
                           bool (*work)(struct service *, struct catalog_txn *,
                                        struct err *),
                           struct err *err)
{
    for (int attempt = 0; attempt < 32; attempt++) {
        struct catalog_txn *txn;
        if (!catalog_begin(service->catalog, &txn, err))
            return false;
        if (!work(service, txn, err))
            catalog_abort(txn);
        else if (catalog_commit(txn, err))
            return true;
        if (err->code != E_CATALOG_GROW)
            return false;
    }
    return false;
}

static bool put_fingerprint(struct service *service, struct catalog_txn *txn,
                            struct err *err)
{
    char name[80];
    return fingerprint_name(service, name) &&
           catalog_put_text(txn, name, service->fingerprint.bytes, SHA256_SIZE, err);
}

static bool get_fingerprint(struct service *service, struct catalog_txn *txn,
                            struct err *err)
{
    char name[80];
    struct bytes bytes;
    bytes_init(&bytes, 4096);
    enum lookup found = fingerprint_name(service, name)
                            ? catalog_get_text(txn, name, &bytes, err)
                            : LOOKUP_FAILED;
    if (found == LOOKUP_FOUND && bytes.size == SHA256_SIZE)
        memcpy(service->fingerprint.bytes, bytes.data, SHA256_SIZE);
    bytes_release(&bytes);
    return found != LOOKUP_FAILED;
}

static bool mark_complete(struct service *service, struct catalog_txn *txn,
                          struct err *err)
{
    service->book.campaign.complete = true;
    return catalog_put_campaign(txn, &service->book.campaign, err);
}

static bool sweep(struct service *service, struct catalog_txn *txn, struct err *err)
{
    uint64_t removed;
    uint64_t replaced;
    const struct campaign *campaign = &service->book.campaign;
    if (!withdraw_files(txn, campaign, &replaced, err) ||
        !sweep_collecting(campaign, txn, err) ||
        !sweep_parts(campaign, txn, &removed, err))
        return false;
    if (replaced > 0)
        log_write(service->log, LOG_LEVEL_INFO, "event=withdrawn files=%" PRIu64,
                  replaced);
    if (removed > 0)
        log_write(service->log, LOG_LEVEL_INFO, "event=swept parts=%" PRIu64, removed);
    return true;
}

static bool load(struct service *service, const char *campaign, uint32_t dropped,
                 struct err *err)
{
    struct catalog_txn *txn;
    uint64_t forgotten;
    core_free(service->core);
    service->core = NULL;
    book_release(&service->book);
    for (int attempt = 0;; attempt++) {
        if (!catalog_begin(service->catalog, &txn, err))
            return false;
        if (!repair_campaign(txn, campaign, &dropped, dropped == UINT32_MAX ? 0 : 1,
                             &forgotten, err))
            catalog_abort(txn);
        else if (catalog_commit(txn, err))
            break;
        if (err->code != E_CATALOG_GROW || attempt == 31)
            return false;
    }
    if (forgotten > 0)
        log_write(service->log, LOG_LEVEL_WARN,
                  "event=products_missing segments=%" PRIu64 " action=made_again",
                  forgotten);
    if (!catalog_begin(service->catalog, &txn, err))
        return false;
    bool done = book_load(&service->book, txn, campaign, &service->core, err) &&
                get_fingerprint(service, txn, err);
    catalog_abort(txn);
    return done && in_transaction(service, sweep, err);
}

static void show_figures(struct service *service, const struct turn_result *result)
{
    struct door *door = service->door;
    struct core_counts counts = core_count(service->core);
    bug_if(pthread_mutex_lock(&door->lock) != 0);
    door->counts = counts;
    if (result->complete) {
        door->complete = !result->stuck;
        door->stuck = result->stuck;
    }
    bug_if(pthread_mutex_unlock(&door->lock) != 0);
}

static bool turn(struct service *service, struct exchange **exchanges, uint32_t count,
                 bool start, struct err *err)
{
    struct turn_result result;
    struct turn turn = {.catalog = service->catalog,
                        .book = &service->book,
                        .core = service->core,
                        .log = service->log,
                        .now_ns = clock_now_ns(),
                        .wall_s = clock_wall_s(),
                        .start = start};
    if (!turn_run(&turn, exchanges, count, &result, err))
        return false;
    if (result.complete) {
        log_write(service->log, LOG_LEVEL_INFO, "event=%s campaign=%s",
                  result.stuck ? "stuck" : "complete", service->book.campaign.name);
        if (!result.stuck && !in_transaction(service, mark_complete, err))
            return false;
        if (!in_transaction(service, sweep, err))
            return false;
    }
    show_figures(service, &result);
    if (!result.reload)
        return true;
    return load(service, service->door->campaign, result.dropped, err) &&
           turn_run(&(struct turn){.catalog = service->catalog,
                                   .book = &service->book,
                                   .core = service->core,
                                   .log = service->log,
                                   .now_ns = clock_now_ns(),
                                   .wall_s = clock_wall_s(),
                                   .start = true},
                    NULL, 0, &result, err);
}

/* true when the pilot may work here; otherwise it has been answered. */
static bool welcome(struct service *service, struct exchange *exchange, struct err *err,
                    bool *failed)
{
    const struct hello *hello = &exchange->hello;
    char text[400];
    char ours[SHA256_HEX];
    char theirs[SHA256_HEX];
    *failed = false;
    if (hello->protocol != PROTOCOL_VERSION) {
        (void)snprintf(text, sizeof text, "protocol %u, the coordinator speaks %u",
                       hello->protocol, PROTOCOL_VERSION);
    } else if (!sha256_equal(&hello->release, &service->door->release)) {
        sha256_to_hex(&service->door->release, ours);
        sha256_to_hex(&hello->release, theirs);
        (void)snprintf(text, sizeof text,
                       "release %s, the campaign needs %s: install that release", theirs,
                       ours);
    } else {
        if (sha256_is_zero(&service->fingerprint)) {
            service->fingerprint = hello->fingerprint;
            if (!in_transaction(service, put_fingerprint, err)) {
                *failed = true;
                return false;
            }
        }
        if (sha256_equal(&hello->fingerprint, &service->fingerprint))
            return true;
        sha256_to_hex(&service->fingerprint, ours);
        sha256_to_hex(&hello->fingerprint, theirs);
        (void)snprintf(text, sizeof text,
                       "golden segment gives %s on %.60s, it must give %s: this node or "
                       "build computes differently",
                       theirs, hello->host, ours);
    }
    log_write(service->log, LOG_LEVEL_ERROR, "event=pilot_refused host=%s why=\"%s\"",
              hello->host, text);
    answer_error(exchange->request, 409, text);
    exchange_free(exchange);
    return false;
}

static void answer(struct service *service, struct exchange *exchange)
{
    struct bytes body;
    struct err err;
    bytes_init(&body, WIRE_MESSAGE_LIMIT);
    bool done = false;
    switch (exchange->kind) {
    case EXCHANGE_HELLO:
        done = wire_hello_answer_pack(&exchange->hello_answer, &body, &err);
        break;
    case EXCHANGE_SYNC:
        done = exchange_answer(exchange, PAUSE_MS, &body, &err);
        break;
    }
    if (done) {
        http_answer(exchange->request,
                    &(struct http_reply){.status = 200,
                                         .content_type = "application/x-protobuf",
                                         .body = body.data,
                                         .size = body.size});
    } else {
        log_write(service->log, LOG_LEVEL_ERROR, "event=answer_failed why=\"%s\"",
                  err.text);
        answer_error(exchange->request, 500, err.text);
    }
    bytes_release(&body);
    exchange_free(exchange);
}

static uint32_t admit(struct service *service, struct exchange **list, uint32_t count,
                      struct err *err, bool *failed)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct exchange *exchange = list[i];
        if (*failed || (exchange->kind == EXCHANGE_HELLO &&
                        !welcome(service, exchange, err, failed)))
            continue;
        if (exchange->kind == EXCHANGE_HELLO) {
            int64_t lease_ns = service->book.campaign.policy.lease_ns;
            exchange->hello_answer = (struct hello_answer){.pilot = clock_random_token(),
                                                           .lease_ns = lease_ns,
                                                           .heartbeat_ns = lease_ns / 4};
            log_write(service->log, LOG_LEVEL_INFO,
                      "event=pilot host=%s pid=%u executors=%u", exchange->hello.host,
                      exchange->hello.pid, exchange->hello.executors);
        }
        list[kept++] = exchange;
    }
    return kept;
}

static int64_t wait_for(const struct service *service)
{
    int64_t left = core_deadline(service->core);
    int64_t now = clock_now_ns();
    if (left == INT64_MAX || left - now > SECOND_NS)
        return SECOND_NS;
    return left > now ? left - now : 0;
}

/* Requests that were taken but not answered when the service ends: ask again. */
static void turn_away(struct exchange **list, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        answer_error(list[i]->request, 503, "the coordinator is going down");
        exchange_free(list[i]);
    }
}

static bool loop(struct service *service, const volatile sig_atomic_t *stop,
                 struct err *err)
{
    struct exchange *list[TURN_EXCHANGES];
    service->swept_ns = clock_now_ns();
    if (!turn(service, NULL, 0, true, err))
        return false;
    while (!*stop) {
        bool failed = false;
        uint32_t count = mailbox_take(service->door->mailbox, wait_for(service),
                                      GATHER_NS, list, TURN_EXCHANGES);
        count = admit(service, list, count, err, &failed);
        if (failed || !turn(service, list, count, false, err)) {
            turn_away(list, count);
            return false;
        }
        for (uint32_t i = 0; i < count; i++)
            answer(service, list[i]);
        if (clock_now_ns() - service->swept_ns > SWEEP_NS) {
            service->swept_ns = clock_now_ns();
            if (!in_transaction(service, sweep, err))
                return false;
        }
    }
    return true;
}

static bool read_token(const struct area *area, char token[AREA_TOKEN], struct err *err)
{
    char path[AREA_PATH];
    struct bytes text;
    bytes_init(&text, 256);
    bool done =
        area_path(area, "pilot.token", path, err) && disk_read_file(path, &text, err);
    while (done && text.size > 0 && text.data[text.size - 1] == '\n')
        text.size--;
    if (done && text.size != AREA_TOKEN - 1)
        done = err_set(err, E_AREA, "%s: does not hold a token of %d characters", path,
                       AREA_TOKEN - 1);
    if (done) {
        memcpy(token, text.data, AREA_TOKEN - 1);
        token[AREA_TOKEN - 1] = 0;
    }
    bytes_release(&text);
    return done;
}

static bool announce(const struct area *area, struct service *service, const char *listen,
                     unsigned port, struct err *err)
{
    char path[AREA_PATH];
    char url[256];
    const char *colon = strrchr(listen, ':');
    int host = colon == NULL ? 0 : (int)(colon - listen);
    (void)snprintf(url, sizeof url, "http://%.*s:%u\n", host, listen, port);
    if (!area_path(area, SERVE_ADDRESS_FILE, path, err) ||
        !disk_write_durable(path, url, strlen(url), 0644, err))
        return false;
    url[strlen(url) - 1] = 0;
    log_write(service->log, LOG_LEVEL_INFO, "event=serving url=%s campaign=%s", url,
              service->door->campaign);
    return catalog_set_owner_url(service->catalog, url, err);
}

static void empty_mailbox(struct mailbox *mailbox)
{
    struct exchange *list[TURN_EXCHANGES];
    for (uint32_t count = 1; count > 0;) {
        count = mailbox_take(mailbox, 0, 0, list, TURN_EXCHANGES);
        turn_away(list, count);
    }
}

bool serve(const struct area *area, const struct serve_options *options, struct log *log,
           const volatile sig_atomic_t *stop, struct err *err)
{
    char folder[AREA_PATH];
    struct http_server *server = NULL;
    struct door door = {.lock = PTHREAD_MUTEX_INITIALIZER};
    struct service service = {.log = log, .door = &door};
    struct http_options http = http_options_usual(options->listen);
    bool done = text_copy(door.campaign, sizeof door.campaign, options->campaign, err) &&
                read_token(area, door.token, err) &&
                area_path(area, "catalog", folder, err) &&
                catalog_open(folder, CATALOG_WRITE, &service.catalog, err);
    if (!done)
        return false;
    door.mailbox = mailbox_new();
    done = load(&service, options->campaign, UINT32_MAX, err);
    if (done) {
        door.release = service.book.campaign.recipe.release;
        done = http_server_new(&http, handle, &door, &server, err) &&
               announce(area, &service, options->listen, http_server_port(server), err) &&
               loop(&service, stop, err);
    }
    empty_mailbox(door.mailbox);
    http_server_stop(server);
    empty_mailbox(door.mailbox);
    mailbox_free(door.mailbox);
    core_free(service.core);
    book_release(&service.book);
    catalog_close(service.catalog);
    return done;
}
