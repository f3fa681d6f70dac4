/* watch.c - looks, logs, and keeps what was seen in the catalog.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/watch.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/json.h"
#include "base/text.h"
#include "coordinator/write.h"

#define SECOND_NS ((int64_t)1000000000)

/* Sixteen leases of 300 bytes. */
#define WATCH_TEXT ((size_t)1 << 16)

/* One attempt of 4096 segments. */
#define WATCH_ARENA ((size_t)1 << 20)

/* What one write holds. */
struct seen {
    const struct watch *watch;
    const struct core_watch *now;
    int64_t now_ns;
    int64_t wall_s;
};

static bool late_same(const struct core_watch *a, const struct core_watch *b)
{
    if (a->late_count != b->late_count)
        return false;
    for (uint32_t i = 0; i < a->late_count && i < CORE_LATE_SHOWN; i++)
        if (a->late[i].attempt != b->late[i].attempt)
            return false;
    return true;
}

/* While it goes on the cause of the moment is no news. */
static bool same(const struct core_watch *a, const struct core_watch *b)
{
    return a->alert == b->alert &&
           (!a->alert || (a->cause == b->cause && a->attempt == b->attempt &&
                          a->failure == b->failure)) &&
           late_same(a, b);
}

/* Host of an attempt; "" when it is not in the catalog. */
static bool attempt_place(struct catalog_txn *txn, uint64_t number, char host[64],
                          struct err *err)
{
    struct arena arena;
    struct attempt attempt;
    host[0] = 0;
    arena_init(&arena, WATCH_ARENA);
    enum lookup found = catalog_get_attempt(txn, number, &arena, &attempt, err);
    if (found == LOOKUP_FOUND)
        (void)snprintf(host, 64, "%s", attempt.host[0] == 0 ? "?" : attempt.host);
    arena_release(&arena);
    return found != LOOKUP_FAILED;
}

static bool cause_text(struct catalog_txn *txn, const struct core_watch *now,
                       char text[256], struct err *err)
{
    char host[64];
    if (!attempt_place(txn, now->attempt, host, err))
        return false;
    switch (now->cause) {
    case CORE_DONE:
        text[0] = 0;
        break;
    case CORE_SILENT:
        (void)snprintf(text, 256,
                       "the pilots at work are silent, attempt %" PRIu64
                       " on %s is the oldest",
                       now->attempt, host);
        break;
    case CORE_AT_WORK:
        (void)snprintf(text, 256, "attempt %" PRIu64 " on %s is at work", now->attempt,
                       host);
        break;
    case CORE_NO_PILOT:
        (void)snprintf(text, 256, "there is work, but no pilot: start one");
        break;
    case CORE_NOT_ASKED:
        (void)snprintf(text, 256, "there is work, but no pilot asks for it");
        break;
    case CORE_NOT_HERE:
        (void)snprintf(text, 256,
                       "what is ready failed on the nodes whose pilots ask for work");
        break;
    case CORE_DELAY:
        (void)snprintf(text, 256, "all that is left failed and is tried again: %s",
                       err_name((enum err_code)now->failure));
        break;
    case CORE_PUBLISHING:
        (void)snprintf(text, 256, "the coordinator publishes files");
        break;
    case CORE_MANAGER:
        (void)snprintf(text, 256, "what is left is quarantined: mend it, then retry");
        break;
    case CORE_HELD:
        (void)snprintf(text, 256, "the campaign is paused or cancelled");
        break;
    case CORE_STAGE:
        (void)snprintf(text, 256, "what is left waits for a gate: spillway status");
        break;
    }
    return true;
}

static bool put_late(struct json_writer *json, struct catalog_txn *txn,
                     const struct seen *seen, const struct core_late *late,
                     struct err *err)
{
    char host[64];
    if (!attempt_place(txn, late->attempt, host, err))
        return false;
    json_open_object(json, NULL);
    json_put_u64(json, "attempt", late->attempt);
    json_put_text(json, "host", host);
    json_put_bool(json, "merge", late->kind == TASK_MERGE);
    json_put_u64(json, "first", late->first);
    json_put_u64(json, "count", late->count);
    json_put_i64(json, "deadline_s",
                 seen->wall_s - (seen->now_ns - late->deadline_ns) / SECOND_NS);
    json_close_object(json);
    return true;
}

static bool put_seen(struct json_writer *json, struct catalog_txn *txn,
                     const struct seen *seen, struct err *err)
{
    char cause[256];
    const struct core_watch *now = seen->now;
    if (!cause_text(txn, now, cause, err))
        return false;
    json_open_object(json, NULL);
    json_put_bool(json, "alert", now->alert);
    json_put_i64(json, "progress_s", seen->wall_s - now->idle_ns / SECOND_NS);
    json_put_text(json, "cause", cause);
    json_put_u64(json, "late_count", now->late_count);
    json_open_array(json, "late");
    for (uint32_t i = 0; i < now->late_count && i < CORE_LATE_SHOWN; i++)
        if (!put_late(json, txn, seen, &now->late[i], err))
            return false;
    json_close_array(json);
    json_close_object(json);
    return true;
}

static void log_seen(struct catalog_txn *txn, const struct seen *seen, const char *cause)
{
    const struct core_watch *now = seen->now;
    const struct core_watch *told = &seen->watch->told;
    struct log *log = seen->watch->log;
    struct err ignored;
    if (now->alert && !told->alert)
        log_write(log, LOG_LEVEL_ERROR,
                  "event=no_progress seconds=%" PRId64 " open=%u cause=\"%s\"",
                  now->idle_ns / SECOND_NS, now->segments, cause);
    if (!now->alert && told->alert)
        log_write(log, LOG_LEVEL_INFO, "event=progress_again");
    for (uint32_t i = 0; i < now->late_count && i < CORE_LATE_SHOWN; i++) {
        const struct core_late *late = &now->late[i];
        bool known = false;
        char host[64];
        for (uint32_t k = 0; k < told->late_count && k < CORE_LATE_SHOWN; k++)
            known = known || told->late[k].attempt == late->attempt;
        if (!known && attempt_place(txn, late->attempt, host, &ignored))
            log_write(log, LOG_LEVEL_WARN,
                      "event=overdue attempt=%" PRIu64 " host=%s kind=%s first=%u "
                      "count=%u why=\"its pilot is silent\"",
                      late->attempt, host, late->kind == TASK_MERGE ? "merge" : "process",
                      late->first, late->count);
    }
}

static void watch_name(const char *campaign, char name[CAMPAIGN_NAME + 8])
{
    (void)snprintf(name, CAMPAIGN_NAME + 8, "watch/%s", campaign);
}

static bool write_seen(struct catalog_txn *txn, void *context, struct err *err)
{
    const struct seen *seen = context;
    char name[CAMPAIGN_NAME + 8];
    struct bytes text;
    struct json_writer json;
    bytes_init(&text, WATCH_TEXT);
    json_begin(&json, &text);
    watch_name(seen->watch->campaign->name, name);
    bool done = put_seen(&json, txn, seen, err) && json_end(&json, err) &&
                catalog_put_text(txn, name, text.data, text.size, err);
    bytes_release(&text);
    return done;
}

static bool tell(const struct watch *watch, struct seen *seen, struct err *err)
{
    struct catalog_txn *txn;
    char cause[256];
    if (!write_catalog(watch->catalog, write_seen, seen, err) ||
        !catalog_begin(watch->catalog, &txn, err))
        return false;
    bool done = cause_text(txn, seen->now, cause, err);
    if (done)
        log_seen(txn, seen, cause);
    catalog_abort(txn);
    return done;
}

bool watch_look(struct watch *watch, int64_t now_ns, int64_t wall_s, struct err *err)
{
    struct core_watch now;
    if (watch->known && now_ns - watch->looked_ns < SECOND_NS)
        return true;
    watch->looked_ns = now_ns;
    core_look(watch->core, now_ns, &now);
    now.alert = now.alert && !(watch->ahead && now.cause == CORE_NOT_ASKED);
    if (watch->known && same(&now, &watch->told))
        return true;
    struct seen seen = {watch, &now, now_ns, wall_s};
    if (!tell(watch, &seen, err))
        return false;
    watch->known = true;
    watch->told = now;
    return true;
}

static uint64_t number_of(const struct json *object, const char *key)
{
    int64_t number;
    return json_i64(json_get(object, key), &number) && number > 0 ? (uint64_t)number : 0;
}

static void read_late(const struct json *object, struct watch_late *late)
{
    const char *host;
    *late = (struct watch_late){.attempt = number_of(object, "attempt"),
                                .first = (uint32_t)number_of(object, "first"),
                                .count = (uint32_t)number_of(object, "count"),
                                .deadline_s = (int64_t)number_of(object, "deadline_s")};
    (void)json_bool(json_get(object, "merge"), &late->merge);
    if (json_text(json_get(object, "host"), &host))
        (void)snprintf(late->host, sizeof late->host, "%s", host);
}

static void read_record(const struct json *document, struct watch_record *record)
{
    const char *cause;
    const struct json *late = json_get(document, "late");
    (void)json_bool(json_get(document, "alert"), &record->alert);
    record->progress_s = (int64_t)number_of(document, "progress_s");
    record->late_count = (uint32_t)number_of(document, "late_count");
    if (json_text(json_get(document, "cause"), &cause))
        (void)snprintf(record->cause, sizeof record->cause, "%s", cause);
    for (size_t i = 0; i < json_count(late) && i < CORE_LATE_SHOWN; i++)
        read_late(json_at(late, i), &record->late[record->late_shown++]);
}

enum lookup watch_read(struct catalog_txn *txn, const char *campaign,
                       struct watch_record *record, struct err *err)
{
    char name[CAMPAIGN_NAME + 8];
    struct bytes text;
    struct json *document;
    *record = (struct watch_record){.alert = false};
    watch_name(campaign, name);
    bytes_init(&text, WATCH_TEXT);
    enum lookup found = catalog_get_text(txn, name, &text, err);
    if (found == LOOKUP_FOUND && !json_parse(text.data, text.size, name, &document, err))
        found = LOOKUP_FAILED;
    if (found == LOOKUP_FOUND) {
        read_record(document, record);
        json_free(document);
    }
    bytes_release(&text);
    return found;
}
