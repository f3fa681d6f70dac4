/* serve.c - the coordinator service.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/serve.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/disk.h"
#include "base/text.h"
#include "coordinator/again.h"
#include "coordinator/company.h"
#include "coordinator/door.h"
#include "coordinator/served.h"

/* How long the loop waits for company for a small batch: one commit is 1 to 3 ms, so this
 * at most doubles the latency of an idle service. */
#define GATHER_NS ((int64_t)1000000)
#define SECOND_NS ((int64_t)1000000000)
#define SWEEP_NS  (30 * SECOND_NS)

/* Only the loop's thread touches it. */
struct service {
    struct served served;
    struct log *log;
    struct door *door;
    struct company company;
    int64_t swept_ns;
};

static void show(const struct service *service)
{
    struct door_figures figures[TURN_CAMPAIGNS];
    const struct served *served = &service->served;
    for (uint32_t i = 0; i < served->count; i++) {
        const struct served_one *one = &served->list[served->order[i]];
        bool gate = served_waits_for_gate(one);
        figures[i] = (struct door_figures){.counts = core_count(one->core),
                                           .priority = one->orders.priority,
                                           .hold = one->orders.hold,
                                           .complete = one->complete,
                                           .stuck = one->stuck && !gate,
                                           .waits_for_gate = gate};
        memcpy(figures[i].campaign, one->name, CAMPAIGN_NAME);
    }
    door_show(service->door, figures, served->count);
}

/* Why a pilot may not work here; "" when it may. */
static void refusal(const struct service *service, const struct hello *hello, char *text,
                    size_t size)
{
    const struct served *served = &service->served;
    const struct served_one *one = served_of_release(served, &hello->release);
    char ours[SHA256_HEX];
    char theirs[SHA256_HEX];
    text[0] = 0;
    sha256_to_hex(&hello->release, theirs);
    if (hello->protocol != PROTOCOL_VERSION) {
        (void)snprintf(text, size, "protocol %u, the coordinator speaks %u",
                       hello->protocol, PROTOCOL_VERSION);
    } else if (one == NULL) {
        one = &served->list[served->order[0]];
        sha256_to_hex(&one->book.campaign.recipe.release, ours);
        (void)snprintf(text, size,
                       "release %s, the campaign needs %s: install that release", theirs,
                       ours);
    } else if (!sha256_is_zero(&one->fingerprint) &&
               !sha256_equal(&hello->fingerprint, &one->fingerprint)) {
        sha256_to_hex(&one->fingerprint, ours);
        sha256_to_hex(&hello->fingerprint, theirs);
        (void)snprintf(text, size,
                       "golden segment gives %s on %.60s, it must give %s: this node or "
                       "build computes differently",
                       theirs, hello->host, ours);
    }
}

static void welcome(struct service *service, struct exchange *exchange)
{
    int64_t lease_ns = served_lease_ns(&service->served, &exchange->hello.release);
    exchange->release = exchange->hello.release;
    exchange->hello_answer = (struct hello_answer){.pilot = clock_random_token(),
                                                   .lease_ns = lease_ns,
                                                   .heartbeat_ns = lease_ns / 4};
    company_add(&service->company, exchange->hello_answer.pilot, &exchange->hello);
    log_write(service->log, LOG_LEVEL_INFO,
              "event=pilot pilot=%016" PRIx64 " host=%s pid=%u executors=%u",
              exchange->hello_answer.pilot, exchange->hello.host, exchange->hello.pid,
              exchange->hello.executors);
}

static bool greet(struct service *service, struct exchange *exchange, bool *refused,
                  struct err *err)
{
    char text[400];
    refusal(service, &exchange->hello, text, sizeof text);
    *refused = text[0] != 0;
    if (*refused) {
        log_write(service->log, LOG_LEVEL_ERROR, "event=pilot_refused host=%s why=\"%s\"",
                  exchange->hello.host, text);
        door_refuse(exchange, 409, text);
        return true;
    }
    welcome(service, exchange);
    return served_fingerprint(&service->served, &exchange->hello, err);
}

/* Who it is that says so. */
static void recognise(const struct service *service, struct exchange *exchange)
{
    const struct company_member *member =
        company_find(&service->company, exchange->sync.pilot);
    if (member == NULL)
        return;
    exchange->release = member->release;
    memcpy(exchange->host, member->host, sizeof exchange->host);
}

/* An order that is refused is answered; one that cannot be written ends the service. */
static bool obey(struct service *service, struct exchange *exchange, struct err *err)
{
    struct order *order = &exchange->order;
    order->wall_s = clock_wall_s();
    if (!served_order(&service->served, order, &exchange->news, err)) {
        if (err->code != E_ORDER && err->code != E_NOT_FOUND)
            return false;
        door_refuse(exchange, err->code == E_ORDER ? 409 : 404, err->text);
        return true;
    }
    if (exchange->news)
        log_write(service->log, LOG_LEVEL_INFO,
                  "event=order campaign=%s order=%s who=\"%s\" why=\"%s\"",
                  order->campaign, order_kind_name(order->kind), order->who,
                  order->reason);
    struct err ignored;
    (void)door_answer(exchange, &ignored);
    return true;
}

/* Answers orders, and pilots that may not work here, and takes them out of the list. When
 * it fails the list holds what is not answered. */
static bool admit(struct service *service, struct exchange **list, uint32_t *count,
                  struct err *err)
{
    uint32_t kept = 0;
    bool done = true;
    for (uint32_t i = 0; i < *count; i++) {
        struct exchange *exchange = list[i];
        bool answered = false;
        list[kept++] = exchange;
        if (!done)
            continue;
        switch (exchange->kind) {
        case EXCHANGE_SYNC:
            recognise(service, exchange);
            break;
        case EXCHANGE_HELLO:
            done = greet(service, exchange, &answered, err);
            break;
        case EXCHANGE_ORDER:
            done = answered = obey(service, exchange, err);
            break;
        }
        kept -= answered ? 1 : 0;
    }
    *count = kept;
    return done;
}

static int64_t wait_for(const struct service *service)
{
    int64_t left = served_deadline(&service->served);
    int64_t now = clock_now_ns();
    if (left == INT64_MAX || left - now > SECOND_NS)
        return SECOND_NS;
    return left > now ? left - now : 0;
}

static void answer_all(struct service *service, struct exchange **list, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct err err;
        uint64_t pilot = list[i]->sync.pilot;
        int64_t lease_ns = served_lease_ns(&service->served, &list[i]->release);
        list[i]->pause_ms = again_ms(served_pilots(&service->served), pilot, lease_ns);
        if (!door_answer(list[i], &err))
            log_write(service->log, LOG_LEVEL_ERROR,
                      "event=answer_failed pilot=%016" PRIx64 " why=\"%s\"", pilot,
                      err.text);
    }
}

static bool sweep_in_time(struct service *service, struct err *err)
{
    if (clock_now_ns() - service->swept_ns <= SWEEP_NS)
        return true;
    service->swept_ns = clock_now_ns();
    return served_sweep(&service->served, err) && served_space(&service->served, err);
}

static bool loop(struct service *service, const struct serve_options *options,
                 const volatile sig_atomic_t *stop, struct err *err)
{
    uint64_t limit = options->journal_bytes == 0 ? JOURNAL_FILE : options->journal_bytes;
    struct served *served = &service->served;
    struct exchange *list[TURN_EXCHANGES];
    service->swept_ns = clock_now_ns();
    if (!served_start(served, err) || !served_space(served, err))
        return false;
    while (!*stop) {
        if (!served_renew(served, limit, err) || !served_gates(served, err))
            return false;
        show(service);
        uint32_t count =
            door_take(service->door, wait_for(service), GATHER_NS, list, TURN_EXCHANGES);
        if (!admit(service, list, &count, err) ||
            !served_turn(served, list, count, err)) {
            for (uint32_t i = 0; i < count; i++)
                door_refuse(list[i], 503, "the coordinator is going down");
            return false;
        }
        answer_all(service, list, count);
        if (!sweep_in_time(service, err) || !served_watch(served, err))
            return false;
    }
    return true;
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
    for (uint32_t i = 0; i < service->served.count; i++)
        log_write(service->log, LOG_LEVEL_INFO, "event=serving url=%s campaign=%s", url,
                  service->served.list[i].name);
    return catalog_set_owner_url(service->served.catalog, url, err);
}

bool serve(const struct area *area, const struct serve_options *options, struct log *log,
           const volatile sig_atomic_t *stop, struct err *err)
{
    char folder[AREA_PATH];
    char token[AREA_TOKEN];
    unsigned port = 0;
    struct service service = {.log = log, .served = {.log = log}};
    struct served *served = &service.served;
    struct catalog *catalog = NULL;
    bool done = area_token(area, token, err) && area_path(area, "catalog", folder, err) &&
                area_path(area, "journal", served->journals, err) &&
                area_path(area, "losses", served->losses, err) &&
                catalog_open(folder, CATALOG_WRITE, &catalog, err);
    served->catalog = catalog;
    done = done &&
           served_load(served, options->campaigns, options->campaign_count, err) &&
           door_open(options->listen, token, &service.door, &port, err) &&
           announce(area, &service, options->listen, port, err) &&
           loop(&service, options, stop, err);
    door_close(service.door);
    company_release(&service.company);
    served_release(served);
    catalog_close(catalog);
    return done;
}
