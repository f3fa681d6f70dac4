/* lead_call.c - the coordinator's side of the lead: hello, sync, answers, patience.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <stdlib.h>

#include "proto/wire.h"
#include "worker/lead_internal.h"

static bool call_packed(struct lead *lead, bool packed, const struct err *err)
{
    if (packed)
        return true;
    /* Our own values do not fit our own message: nothing can mend that here. */
    lead->why = *err;
    lead->finished = true;
    return false;
}

static bool hello_make(struct lead *lead)
{
    struct err err;
    struct hello hello = {.protocol = PROTOCOL_VERSION,
                          .release = lead->release,
                          .fingerprint = lead->fingerprint,
                          .pid = lead->options.pid,
                          .executors = lead->options.executors};
    memcpy(hello.host, lead->options.host, sizeof hello.host);
    bytes_clear(&lead->body);
    lead->call = CALL_HELLO;
    return call_packed(lead, wire_hello_pack(&hello, &lead->body, &err), &err);
}

/* A call that brings a report asks too: there is an executor that the answer before did
 * not know of, and the call is made anyway. */
static uint32_t tasks_wanted(const struct lead *lead, int64_t now_ns)
{
    uint32_t active = 0;
    if (lead->draining || (now_ns < lead->ask_at_ns && lead->reports == NULL))
        return 0;
    for (uint32_t i = 0; i < lead->options.executors; i++)
        active += lead->slots[i].state < SLOT_BROKEN && lead->slots[i].state != SLOT_NEW;
    uint32_t target = active * (lead->small ? SYNC_TASKS : LEAD_PREFETCH);
    uint32_t held = lead_in_hand(lead);
    uint32_t want = target > held ? target - held : 0;
    return want < SYNC_TASKS ? want : SYNC_TASKS;
}

static uint32_t reports_choose(struct lead *lead, struct report *chosen)
{
    uint32_t count = 0;
    size_t size = 0;
    for (struct lead_report *item = lead->reports; item != NULL; item = item->next) {
        item->in_call =
            count < SYNC_REPORTS && (count == 0 || size + item->size <= LEAD_SYNC_BYTES);
        if (!item->in_call)
            continue;
        size += item->size;
        chosen[count++] = item->report;
    }
    return count;
}

/* Attempts whose leases must live on: all but those that this call reports. */
static uint32_t held_list(const struct lead *lead, uint64_t *held)
{
    uint32_t count = 0;
    for (const struct lead_task *task = lead->queue; task != NULL && count < SYNC_HELD;
         task = task->next)
        held[count++] = task->attempt;
    for (uint32_t i = 0; i < lead->options.executors; i++)
        for (const struct lead_task *task = lead->slots[i].tasks;
             task != NULL && count < SYNC_HELD; task = task->next)
            if (!task->dropped)
                held[count++] = task->attempt;
    for (const struct lead_report *item = lead->reports;
         item != NULL && count < SYNC_HELD; item = item->next)
        if (!item->in_call)
            held[count++] = item->report.attempt;
    return count;
}

static bool sync_make(struct lead *lead, uint32_t want)
{
    struct err err;
    uint32_t waiting = 0;
    for (const struct lead_report *item = lead->reports; item != NULL; item = item->next)
        waiting++;
    struct report *reports =
        mem_new(waiting < SYNC_REPORTS ? waiting : SYNC_REPORTS, sizeof *reports);
    uint64_t *held = mem_new(lead_in_hand(lead) + waiting, sizeof *held);
    struct sync sync = {.pilot = lead->pilot, .want = want, .reports = reports};
    sync.report_count = reports_choose(lead, reports);
    sync.held = held;
    sync.held_count = held_list(lead, held);
    bytes_clear(&lead->body);
    lead->call = CALL_SYNC;
    bool packed = wire_sync_pack(&sync, &lead->body, &err);
    free(reports);
    free(held);
    return call_packed(lead, packed, &err);
}

bool lead_call_due(struct lead *lead, int64_t now_ns, struct lead_call *call)
{
    if (lead->finished || !lead->identified || now_ns < lead->call_at_ns)
        return false;
    if (lead->call == CALL_NONE && !lead->known) {
        if (!hello_make(lead))
            return false;
    } else if (lead->call == CALL_NONE) {
        uint32_t want = tasks_wanted(lead, now_ns);
        bool due = want > 0 || lead->reports != NULL ||
                   now_ns - lead->answered_ns >= lead->heartbeat_ns;
        if (!due || !sync_make(lead, want))
            return false;
    }
    call->path = lead->call == CALL_HELLO ? "/pilot/hello" : "/pilot/sync";
    call->body = &lead->body;
    return true;
}

static bool hello_answered(struct lead *lead, const uint8_t *data, size_t size,
                           struct err *err)
{
    struct hello_answer answer;
    arena_reset(&lead->answer);
    if (!wire_hello_answer_unpack(data, size, &lead->answer, &answer, err))
        return false;
    lead->known = true;
    lead->pilot = answer.pilot;
    /* A lease must see several heartbeats, whatever the answer says. */
    int64_t longest = answer.lease_ns / 3;
    lead->heartbeat_ns = answer.heartbeat_ns < longest ? answer.heartbeat_ns : longest;
    log_write(lead->log, LOG_LEVEL_INFO,
              "pilot=%" PRIu64 " executors=%" PRIu32 " lease_s=%.1f heartbeat_s=%.1f",
              lead->pilot, lead->options.executors, (double)answer.lease_ns * 1e-9,
              (double)lead->heartbeat_ns * 1e-9);
    return true;
}

static void verdict_take(struct lead *lead, const struct sync_verdict *verdict)
{
    if (verdict->verdict == VERDICT_REFUSED)
        log_write(lead->log, LOG_LEVEL_WARN, "attempt=%" PRIu64 " refused=\"%s\"",
                  verdict->attempt, verdict->text);
    lead_report_remove(lead, verdict->attempt);
}

/* The lease is gone: whoever works on it stops. Reports stay until their verdict. */
static void attempt_lost(struct lead *lead, uint64_t attempt)
{
    struct lead_task *queued = lead_task_take(&lead->queue, attempt);
    if (queued != NULL) {
        lead_task_free(queued);
        return;
    }
    for (uint32_t i = 0; i < lead->options.executors; i++)
        for (struct lead_task *task = lead->slots[i].tasks; task != NULL;
             task = task->next) {
            if (task->attempt != attempt || task->dropped)
                continue;
            task->dropped = true;
            struct mail mail = {.kind = MAIL_DROP, .attempt = attempt};
            post_add(&lead->outbox, letter_new(lead->options.first_rank + (int)i, &mail));
            log_write(lead->log, LOG_LEVEL_WARN, "attempt=%" PRIu64 " lease=lost rank=%d",
                      attempt, lead->options.first_rank + (int)i);
        }
}

static void tasks_take(struct lead *lead, const struct sync_answer *answer)
{
    if (answer->task_count > 0)
        lead->small = true;
    for (uint32_t i = 0; i < answer->task_count; i++)
        if (!lead_holds(lead, answer->tasks[i].attempt))
            lead_queue_add(lead, &answer->tasks[i]);
}

static void answer_use(struct lead *lead, const struct sync_answer *answer,
                       int64_t now_ns)
{
    for (uint32_t i = 0; i < answer->verdict_count; i++)
        verdict_take(lead, &answer->verdicts[i]);
    for (uint32_t i = 0; i < answer->lost_count; i++)
        attempt_lost(lead, answer->lost[i]);
    tasks_take(lead, answer);
    if (answer->drain && !lead->draining) {
        log_write(lead->log, LOG_LEVEL_INFO, "drain=coordinator");
        lead->draining = true;
    }
    if (answer->unknown) {
        log_write(lead->log, LOG_LEVEL_WARN, "pilot=%" PRIu64 " unknown=1", lead->pilot);
        lead->known = false;
    }
    if (answer->task_count == 0)
        lead->ask_at_ns = now_ns + (int64_t)answer->pause_ms * 1000000;
}

static bool sync_answered(struct lead *lead, const uint8_t *data, size_t size,
                          int64_t now_ns, struct err *err)
{
    struct sync_answer answer;
    arena_reset(&lead->answer);
    if (!wire_sync_answer_unpack(data, size, &lead->answer, &answer, err))
        return false;
    answer_use(lead, &answer, now_ns);
    return true;
}

void lead_answered(struct lead *lead, const uint8_t *data, size_t size, int64_t now_ns)
{
    struct err err;
    bool good = lead->call == CALL_HELLO ? hello_answered(lead, data, size, &err)
                                         : sync_answered(lead, data, size, now_ns, &err);
    if (!good) {
        lead_unanswered(lead, &err, now_ns);
        return;
    }
    if (lead->silent_ns != 0)
        log_write(lead->log, LOG_LEVEL_INFO, "coordinator=back silent_s=%.1f",
                  (double)(now_ns - lead->silent_ns) * 1e-9);
    lead->call = CALL_NONE;
    lead->silent_ns = 0;
    lead->retry_ns = LEAD_RETRY_FIRST_NS;
    lead->answered_ns = now_ns;
    lead->call_at_ns = now_ns + LEAD_GAP_NS;
    lead->why = (struct err){.code = E_NONE};
}

void lead_unanswered(struct lead *lead, const struct err *why, int64_t now_ns)
{
    if (lead->silent_ns == 0) {
        log_write(lead->log, LOG_LEVEL_WARN, "coordinator=silent text=\"%s\"", why->text);
        lead->silent_ns = now_ns;
    }
    /* +-25 %: pilots that lost the same coordinator do not come back in step. */
    double jitter = 0.75 + 0.5 * random_unit(&lead->random);
    lead->call_at_ns = now_ns + (int64_t)((double)lead->retry_ns * jitter);
    lead->retry_ns *= 2;
    if (lead->retry_ns > LEAD_RETRY_LAST_NS)
        lead->retry_ns = LEAD_RETRY_LAST_NS;
    lead->why = *why;
}

void lead_rejected(struct lead *lead, const struct err *why)
{
    lead->why = *why;
    lead->finished = true;
}
