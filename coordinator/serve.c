/* serve.c - the coordinator service.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/serve.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/disk.h"
#include "base/text.h"
#include "coordinator/company.h"
#include "coordinator/door.h"
#include "coordinator/repair.h"
#include "coordinator/sweep.h"
#include "coordinator/turn.h"
#include "coordinator/watch.h"
#include "coordinator/withdraw.h"
#include "coordinator/write.h"

/* How long the loop waits for company for the first exchange of a batch: one commit is
 * 1 to 3 ms, so this at most doubles the latency of an idle service. */
#define GATHER_NS ((int64_t)1000000)
#define SECOND_NS ((int64_t)1000000000)
#define SWEEP_NS  (30 * SECOND_NS)

/* Only the loop's thread touches it. */
struct service {
    struct catalog *catalog;
    struct book book;
    struct core *core;
    struct log *log;
    struct door *door;
    char journals[AREA_PATH]; /* folder */
    struct journal *journal;
    struct company company;
    struct watch watch;
    struct door_figures figures;
    struct sha256 fingerprint; /* of the first executor of this release; zero unknown */
    int64_t swept_ns;
    uint64_t forgotten; /* segments, at the start */
    uint64_t foreign;   /* files below parts/ that are not ours, at the last sweep */
};

static bool fingerprint_name(const struct service *service, char out[80])
{
    char hex[SHA256_HEX];
    sha256_to_hex(&service->book.campaign.recipe.release, hex);
    return snprintf(out, 80, "fingerprint/%s", hex) > 0;
}

static bool put_fingerprint(struct catalog_txn *txn, void *context, struct err *err)
{
    struct service *service = context;
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

static bool mark_complete(struct catalog_txn *txn, void *context, struct err *err)
{
    struct service *service = context;
    service->book.campaign.complete = true;
    return catalog_put_campaign(txn, &service->book.campaign, err);
}

static bool sweep(struct catalog_txn *txn, void *context, struct err *err)
{
    struct service *service = context;
    struct swept swept;
    uint64_t replaced;
    const struct campaign *campaign = &service->book.campaign;
    if (!withdraw_files(txn, campaign, &replaced, err) ||
        !sweep_collecting(campaign, txn, err) || !sweep_parts(campaign, txn, &swept, err))
        return false;
    if (replaced > 0)
        log_write(service->log, LOG_LEVEL_INFO, "event=withdrawn files=%" PRIu64,
                  replaced);
    if (swept.removed > 0)
        log_write(service->log, LOG_LEVEL_INFO, "event=swept parts=%" PRIu64,
                  swept.removed);
    if (swept.foreign > service->foreign)
        log_write(service->log, LOG_LEVEL_WARN,
                  "event=foreign_files count=%" PRIu64 " first=%s action=left_alone",
                  swept.foreign, swept.first);
    service->foreign = swept.foreign;
    return true;
}

static bool repair(struct catalog_txn *txn, void *context, struct err *err)
{
    struct service *service = context;
    return repair_store(txn, service->figures.campaign, &service->forgotten, err);
}

/* The campaign as the catalog has it, in a core that is not started. */
static bool load_book(struct service *service, struct err *err)
{
    struct catalog_txn *txn;
    if (!catalog_begin(service->catalog, &txn, err))
        return false;
    bool done =
        book_load(&service->book, txn, service->figures.campaign, &service->core, err) &&
        get_fingerprint(service, txn, err);
    catalog_abort(txn);
    if (done)
        service->journal = journal_open(service->journals, service->figures.campaign,
                                        service->core, service->log);
    return done;
}

static bool load(struct service *service, struct err *err)
{
    if (!write_catalog(service->catalog, repair, service, err))
        return false;
    if (service->forgotten > 0)
        log_write(service->log, LOG_LEVEL_WARN,
                  "event=products_missing segments=%" PRIu64 " action=made_again",
                  service->forgotten);
    return load_book(service, err) &&
           write_catalog(service->catalog, sweep, service, err);
}

static bool turn(struct service *service, struct exchange **exchanges, uint32_t count,
                 bool start, struct err *err)
{
    struct turn_result result;
    struct turn turn = {.catalog = service->catalog,
                        .book = &service->book,
                        .core = service->core,
                        .log = service->log,
                        .journal = service->journal,
                        .now_ns = clock_now_ns(),
                        .wall_s = clock_wall_s(),
                        .start = start};
    if (!turn_run(&turn, exchanges, count, &result, err))
        return false;
    if (result.complete) {
        log_write(service->log, LOG_LEVEL_INFO, "event=%s campaign=%s",
                  result.stuck ? "stuck" : "complete", service->book.campaign.name);
        if (!result.stuck &&
            !write_catalog(service->catalog, mark_complete, service, err))
            return false;
        if (!write_catalog(service->catalog, sweep, service, err))
            return false;
        service->figures.complete = !result.stuck;
        service->figures.stuck = result.stuck;
    }
    service->figures.counts = core_count(service->core);
    door_show(service->door, &service->figures);
    return true;
}

static bool keep_fingerprint(struct service *service, const struct hello *hello,
                             struct err *err)
{
    if (!sha256_is_zero(&service->fingerprint))
        return true;
    service->fingerprint = hello->fingerprint;
    return write_catalog(service->catalog, put_fingerprint, service, err);
}

/* Why a pilot may not work here; "" when it may. */
static void refusal(const struct service *service, const struct hello *hello, char *text,
                    size_t size)
{
    const struct sha256 *release = &service->book.campaign.recipe.release;
    char ours[SHA256_HEX];
    char theirs[SHA256_HEX];
    text[0] = 0;
    if (hello->protocol != PROTOCOL_VERSION) {
        (void)snprintf(text, size, "protocol %u, the coordinator speaks %u",
                       hello->protocol, PROTOCOL_VERSION);
    } else if (!sha256_equal(&hello->release, release)) {
        sha256_to_hex(release, ours);
        sha256_to_hex(&hello->release, theirs);
        (void)snprintf(text, size,
                       "release %s, the campaign needs %s: install that release", theirs,
                       ours);
    } else if (!sha256_is_zero(&service->fingerprint) &&
               !sha256_equal(&hello->fingerprint, &service->fingerprint)) {
        sha256_to_hex(&service->fingerprint, ours);
        sha256_to_hex(&hello->fingerprint, theirs);
        (void)snprintf(text, size,
                       "golden segment gives %s on %.60s, it must give %s: this node or "
                       "build computes differently",
                       theirs, hello->host, ours);
    }
}

static void welcome(struct service *service, struct exchange *exchange)
{
    int64_t lease_ns = service->book.campaign.policy.lease_ns;
    exchange->hello_answer = (struct hello_answer){.pilot = clock_random_token(),
                                                   .lease_ns = lease_ns,
                                                   .heartbeat_ns = lease_ns / 4};
    company_add(&service->company, exchange->hello_answer.pilot, exchange->hello.host);
    log_write(service->log, LOG_LEVEL_INFO,
              "event=pilot pilot=%016" PRIx64 " host=%s pid=%u executors=%u",
              exchange->hello_answer.pilot, exchange->hello.host, exchange->hello.pid,
              exchange->hello.executors);
}

/* Answers pilots that may not work here and takes them out of the list. When it fails the
 * list holds what is not answered. */
static bool admit(struct service *service, struct exchange **list, uint32_t *count,
                  struct err *err)
{
    uint32_t kept = 0;
    bool done = true;
    for (uint32_t i = 0; i < *count; i++) {
        struct exchange *exchange = list[i];
        char text[400];
        list[kept++] = exchange;
        if (exchange->kind == EXCHANGE_SYNC)
            (void)snprintf(exchange->host, sizeof exchange->host, "%s",
                           company_host(&service->company, exchange->sync.pilot));
        if (!done || exchange->kind != EXCHANGE_HELLO)
            continue;
        refusal(service, &exchange->hello, text, sizeof text);
        if (text[0] != 0) {
            log_write(service->log, LOG_LEVEL_ERROR,
                      "event=pilot_refused host=%s why=\"%s\"", exchange->hello.host,
                      text);
            door_refuse(exchange, 409, text);
            kept--;
            continue;
        }
        done = keep_fingerprint(service, &exchange->hello, err);
        welcome(service, exchange);
    }
    *count = kept;
    return done;
}

static int64_t wait_for(const struct service *service)
{
    int64_t left = core_deadline(service->core);
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
    return write_catalog(service->catalog, sweep, service, err);
}

static bool start(struct service *service, struct err *err)
{
    service->watch = (struct watch){.catalog = service->catalog,
                                    .campaign = &service->book.campaign,
                                    .core = service->core,
                                    .log = service->log};
    return turn(service, NULL, 0, true, err);
}

static void unload(struct service *service)
{
    journal_close(service->journal);
    core_free(service->core);
    book_release(&service->book);
    service->journal = NULL;
    service->core = NULL;
}

/* A journal that is long enough ends with its core: the next one is loaded as after a
 * restart, so that no file grows without bound and each can be decided again. */
static bool begin_anew(struct service *service, uint64_t limit, struct err *err)
{
    if (!journal_is_full(service->journal, limit))
        return true;
    log_write(service->log, LOG_LEVEL_INFO, "event=journal_full action=loaded_anew");
    unload(service);
    return load_book(service, err) && start(service, err);
}

static bool loop(struct service *service, const struct serve_options *options,
                 const volatile sig_atomic_t *stop, struct err *err)
{
    uint64_t limit = options->journal_bytes == 0 ? JOURNAL_FILE : options->journal_bytes;
    struct exchange *list[TURN_EXCHANGES];
    service->swept_ns = clock_now_ns();
    if (!start(service, err))
        return false;
    while (!*stop) {
        uint32_t count =
            door_take(service->door, wait_for(service), GATHER_NS, list, TURN_EXCHANGES);
        if (!admit(service, list, &count, err) ||
            !turn(service, list, count, false, err)) {
            for (uint32_t i = 0; i < count; i++)
                door_refuse(list[i], 503, "the coordinator is going down");
            return false;
        }
        answer_all(service, list, count);
        if (!sweep_in_time(service, err) ||
            !watch_look(&service->watch, clock_now_ns(), clock_wall_s(), err) ||
            !begin_anew(service, limit, err))
            return false;
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
              service->book.campaign.name);
    return catalog_set_owner_url(service->catalog, url, err);
}

bool serve(const struct area *area, const struct serve_options *options, struct log *log,
           const volatile sig_atomic_t *stop, struct err *err)
{
    char folder[AREA_PATH];
    char token[AREA_TOKEN];
    unsigned port = 0;
    struct service service = {.log = log};
    struct door_figures *figures = &service.figures;
    bool done =
        text_copy(figures->campaign, sizeof figures->campaign, options->campaign, err) &&
        read_token(area, token, err) && area_path(area, "catalog", folder, err) &&
        area_path(area, "journal", service.journals, err) &&
        catalog_open(folder, CATALOG_WRITE, &service.catalog, err) &&
        load(&service, err) &&
        door_open(options->listen, token, &service.door, &port, err) &&
        announce(area, &service, options->listen, port, err) &&
        loop(&service, options, stop, err);
    door_close(service.door);
    company_release(&service.company);
    unload(&service);
    catalog_close(service.catalog);
    return done;
}
