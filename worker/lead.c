/* lead.c - the ranks' side of the lead: letters, slots, silence.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "worker/lead.h"

#include <inttypes.h>
#include <stdlib.h>

#include "worker/lead_internal.h"

static const struct err no_error = {.code = E_NONE};

struct lead *lead_new(const struct lead_options *options, struct log *log, int64_t now_ns)
{
    struct lead *lead = mem_new(1, sizeof *lead);
    lead->options = *options;
    lead->log = log;
    lead->slots = mem_new(options->executors, sizeof *lead->slots);
    lead->walltime.until_ns = options->until_ns;
    for (uint32_t i = 0; i < options->executors; i++)
        lead->slots[i].heard_ns = now_ns;
    lead->answered_ns = now_ns;
    lead->retry_ns = LEAD_RETRY_FIRST_NS;
    lead->random.state = options->seed;
    bytes_init(&lead->body, FRAME_LIMIT);
    arena_init(&lead->answer, LEAD_ANSWER_LIMIT);
    return lead;
}

void lead_free(struct lead *lead)
{
    if (lead == NULL)
        return;
    lead_hand_release(lead);
    post_release(&lead->outbox);
    post_release(&lead->wants);
    bytes_release(&lead->body);
    arena_release(&lead->answer);
    free(lead->slots);
    free(lead);
}

static void tell(struct lead *lead, uint32_t slot, const struct mail *mail)
{
    post_add(&lead->outbox, letter_new(lead->options.first_rank + (int)slot, mail));
}

struct letter *lead_take_letter(struct lead *lead)
{
    return post_take(&lead->outbox);
}

struct letter *lead_take_want(struct lead *lead)
{
    return post_take(&lead->wants);
}

int lead_take_lost(struct lead *lead)
{
    for (uint32_t i = 0; lead->lost && i < lead->options.executors; i++) {
        struct lead_slot *slot = &lead->slots[i];
        if (slot->state == SLOT_GONE && !slot->lost_told) {
            slot->lost_told = true;
            return lead->options.first_rank + (int)i;
        }
    }
    return -1;
}

static void hand_back(struct lead *lead, struct lead_task *task)
{
    lead_report_make(lead, task, REPORT_RETURNED, &no_error);
    lead_task_free(task);
}

static void slot_clear(struct lead *lead, struct lead_slot *slot, enum slot_state state)
{
    slot->state = state;
    while (slot->tasks != NULL) {
        struct lead_task *task = slot->tasks;
        slot->tasks = task->next;
        if (task->dropped)
            lead_task_free(task);
        else
            hand_back(lead, task);
    }
}

static void slot_ready(struct lead *lead, uint32_t number, const struct mail *mail)
{
    struct lead_slot *slot = &lead->slots[number];
    if (mail->size != FRAME_READY_SIZE)
        return;
    if (!lead->identified) {
        memcpy(lead->release.bytes, mail->body, SHA256_SIZE);
        memcpy(lead->fingerprint.bytes, mail->body + SHA256_SIZE, SHA256_SIZE);
        lead->identified = true;
    }
    if (memcmp(lead->release.bytes, mail->body, SHA256_SIZE) != 0 ||
        memcmp(lead->fingerprint.bytes, mail->body + SHA256_SIZE, SHA256_SIZE) != 0) {
        log_write(lead->log, LOG_LEVEL_ERROR,
                  "rank=%d given_up=1 code=%s text=\"another release or fingerprint than "
                  "the first rank\"",
                  lead->options.first_rank + (int)number, err_name(E_WORKER_SPREAD));
        slot_clear(lead, slot, SLOT_BROKEN);
        return;
    }
    if (slot->state == SLOT_NEW)
        slot->state = SLOT_READY;
}

static void slot_reported(struct lead *lead, struct lead_slot *slot,
                          const struct mail *mail)
{
    struct err err;
    struct lead_task *task = lead_task_take(&slot->tasks, mail->attempt);
    if (task == NULL)
        return;
    /* Nobody waits for the report of a task that was to be dropped. */
    if (!task->dropped &&
        !lead_report_add(lead, mail->attempt, mail->body, mail->size, &err))
        lead_report_make(lead, task, REPORT_FAILED, &err);
    lead_task_free(task);
}

static void slot_dropped(struct lead_slot *slot, uint64_t attempt)
{
    for (struct lead_task *task = slot->tasks; task != NULL; task = task->next)
        if (task->attempt == attempt && task->dropped) {
            lead_task_free(lead_task_take(&slot->tasks, attempt));
            return;
        }
}

static void slot_broken(struct lead *lead, uint32_t number, const struct mail *mail)
{
    err_set(&lead->broken, E_WORKER_START,
            "no rank of this pilot can work any more: %.*s", (int)mail->size,
            (const char *)mail->body);
    log_write(lead->log, LOG_LEVEL_WARN, "rank=%d broken=1 text=\"%.*s\"",
              lead->options.first_rank + (int)number, (int)mail->size,
              (const char *)mail->body);
    slot_clear(lead, &lead->slots[number], SLOT_BROKEN);
}

void lead_mail(struct lead *lead, struct letter *letter, int64_t now_ns)
{
    struct mail mail;
    struct err ignored;
    uint32_t number = (uint32_t)(letter->peer - lead->options.first_rank);
    bug_if(number >= lead->options.executors);
    struct lead_slot *slot = &lead->slots[number];
    if (slot->state != SLOT_GONE && letter_open(letter, &mail, &ignored)) {
        slot->heard_ns = now_ns;
        switch (mail.kind) {
        case MAIL_READY:
            slot_ready(lead, number, &mail);
            break;
        case MAIL_REPORT:
            slot_reported(lead, slot, &mail);
            break;
        case MAIL_DROPPED:
            slot_dropped(slot, mail.attempt);
            break;
        case MAIL_BROKEN:
            slot_broken(lead, number, &mail);
            break;
        case MAIL_WANT:
            post_add(&lead->wants, letter);
            return;
        case MAIL_ALIVE:
        case MAIL_TASK:
        case MAIL_DROP:
        case MAIL_DRAIN:
        case MAIL_BLOB:
        case MAIL_END:
            break;
        }
    }
    free(letter);
}

/* true when some rank can work, now or later. */
static bool give_up_silent(struct lead *lead, int64_t now_ns)
{
    bool hope = false;
    for (uint32_t i = 0; i < lead->options.executors; i++) {
        struct lead_slot *slot = &lead->slots[i];
        if (slot->state != SLOT_GONE &&
            now_ns - slot->heard_ns > lead->options.silence_ns) {
            log_write(lead->log, LOG_LEVEL_ERROR, "rank=%d given_up=1 silent_s=%.1f",
                      lead->options.first_rank + (int)i,
                      (double)(now_ns - slot->heard_ns) * 1e-9);
            slot_clear(lead, slot, SLOT_GONE);
            lead->lost = true;
        }
        hope = hope || slot->state < SLOT_BROKEN;
    }
    return hope;
}

/* Is there room for this task in the rank, which has `depth` now? One at a time, but
 * small ones ahead, as long as all that it has are small. */
static bool slot_has_room(const struct lead_slot *slot, uint32_t depth, bool small)
{
    uint32_t count = 0;
    for (const struct lead_task *task = slot->tasks; task != NULL; task = task->next) {
        if (!small || !task->small || task->dropped)
            return false;
        count++;
    }
    return slot->state == SLOT_READY && count == depth;
}

static void task_give(struct lead *lead, uint32_t number)
{
    struct lead_task *task = lead->queue;
    lead->queue = task->next;
    lead_task_append(&lead->slots[number].tasks, task);
    tell(lead, number,
         &(struct mail){.kind = MAIL_TASK,
                        .attempt = task->attempt,
                        .token = task->token,
                        .duration_ns = task->duration_ns,
                        .body = task->data.data,
                        .size = task->data.size});
    bytes_release(&task->data); /* the rank has it */
}

/* The ranks with the fewest first. */
static void hand_out(struct lead *lead)
{
    for (uint32_t depth = 0; depth < LEAD_AHEAD; depth++)
        for (uint32_t i = 0; lead->queue != NULL && i < lead->options.executors; i++)
            if (slot_has_room(&lead->slots[i], depth, lead->queue->small))
                task_give(lead, i);
}

static void queue_return(struct lead *lead)
{
    while (lead->queue != NULL) {
        struct lead_task *task = lead->queue;
        lead->queue = task->next;
        hand_back(lead, task);
    }
}

static void tell_all(struct lead *lead, const struct mail *mail)
{
    for (uint32_t i = 0; i < lead->options.executors; i++)
        if (lead->slots[i].state != SLOT_GONE)
            tell(lead, i, mail);
}

static void finish_check(struct lead *lead, bool hope, int64_t now_ns)
{
    bool empty =
        lead_in_hand(lead) == 0 && lead->reports == NULL && lead->call == CALL_NONE;
    if (empty && !hope && !lead->draining) {
        if (lead->broken.code == E_NONE)
            err_set(&lead->broken, E_WORKER_LOST,
                    "no rank of this pilot can work any more");
        lead->why = lead->broken;
        lead->finished = true;
    } else if (empty && lead->draining)
        lead->finished = true;
    int64_t patience = lead->drained_ns != 0 && LEAD_DRAIN_NS < lead->options.patience_ns
                           ? LEAD_DRAIN_NS
                           : lead->options.patience_ns;
    if (lead->silent_ns != 0 && now_ns - lead->silent_ns > patience && !lead->finished) {
        /* lead->why holds the last failure. */
        lead->why.code = E_WORKER_LONELY;
        lead->why.kind = (uint16_t)err_kind_of(E_WORKER_LONELY);
        lead->finished = true;
    }
}

static void drain(struct lead *lead, const char *why, bool at_once, int64_t now_ns)
{
    uint8_t body = at_once;
    if (lead->drained_ns != 0 && (!at_once || lead->at_once))
        return;
    log_write(lead->log, LOG_LEVEL_INFO, "drain=%s in_hand=%" PRIu32, why,
              lead_in_hand(lead));
    lead->draining = true;
    lead->at_once = at_once;
    lead->drained_ns = now_ns;
    queue_return(lead);
    tell_all(lead, &(struct mail){.kind = MAIL_DRAIN, .body = &body, .size = 1});
}

void lead_drain(struct lead *lead, bool at_once, int64_t now_ns)
{
    drain(lead, at_once ? "signal-at-once" : "signal", at_once, now_ns);
}

void lead_step(struct lead *lead, int64_t now_ns)
{
    if (lead->finished)
        return;
    if (walltime_over(&lead->walltime, now_ns))
        drain(lead, "walltime", false, now_ns);
    bool hope = give_up_silent(lead, now_ns);
    if (lead->draining || !hope)
        queue_return(lead);
    hand_out(lead);
    if (now_ns - lead->alive_ns >= LEAD_ALIVE_NS) {
        tell_all(lead, &(struct mail){.kind = MAIL_ALIVE});
        lead->alive_ns = now_ns;
    }
    finish_check(lead, hope, now_ns);
}

void lead_slept(struct lead *lead, int64_t slept_ns)
{
    if (lead->walltime.until_ns != 0)
        lead->walltime.until_ns -= slept_ns;
}

bool lead_over(const struct lead *lead, struct err *why, bool *clean)
{
    *why = lead->finished && lead->why.code != E_NONE ? lead->why : no_error;
    *clean = !lead->lost;
    return lead->finished;
}

void lead_dismiss(struct lead *lead)
{
    uint8_t clean = !lead->lost;
    tell_all(lead, &(struct mail){.kind = MAIL_END, .body = &clean, .size = 1});
}
