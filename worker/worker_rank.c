/* worker_rank.c - a rank that drives one executor: letters in, letters out.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "worker/worker_rank.h"

#include <stdlib.h>

#include "proto/wire.h"

void worker_rank_init(struct worker_rank *rank, struct driver *driver, int lead,
                      int64_t now_ns)
{
    *rank = (struct worker_rank){.driver = driver, .lead = lead, .heard_ns = now_ns};
    driver_wake(driver, now_ns);
}

static void tell(struct worker_rank *rank, const struct mail *mail, int64_t now_ns)
{
    post_add(&rank->outbox, letter_new(rank->lead, mail));
    rank->told_ns = now_ns;
}

static void tell_report(struct worker_rank *rank, int64_t now_ns)
{
    const struct bytes *report = &rank->driver->report;
    tell(rank,
         &(struct mail){.kind = MAIL_REPORT,
                        .attempt = rank->attempt,
                        .body = report->data,
                        .size = report->size},
         now_ns);
    rank->attempt = 0;
}

static void tell_ready(struct worker_rank *rank, int64_t now_ns)
{
    uint8_t body[FRAME_READY_SIZE];
    memcpy(body, rank->driver->release.bytes, SHA256_SIZE);
    memcpy(body + SHA256_SIZE, rank->driver->fingerprint.bytes, SHA256_SIZE);
    tell(rank, &(struct mail){.kind = MAIL_READY, .body = body, .size = sizeof body},
         now_ns);
    rank->ready = true;
}

static void tell_want(struct worker_rank *rank, int64_t now_ns)
{
    const struct bytes *wanted = &rank->driver->wanted;
    memcpy(rank->wanted.bytes, wanted->data, SHA256_SIZE);
    rank->wanting = true;
    rank->wanted_ns = now_ns;
    tell(rank,
         &(struct mail){.kind = MAIL_WANT,
                        .attempt = rank->attempt,
                        .body = wanted->data,
                        .size = wanted->size},
         now_ns);
}

/* An answer that comes too late, or to another question, is passed over. */
static void take_blob(struct worker_rank *rank, const struct mail *mail)
{
    if (!rank->wanting || mail->attempt != rank->attempt ||
        mail->size < FRAME_ANSWER_HEAD ||
        memcmp(mail->body + 1, rank->wanted.bytes, SHA256_SIZE) != 0)
        return;
    rank->wanting = false;
    driver_answer(rank->driver, mail->body, mail->size);
}

static void stop_wanting(struct worker_rank *rank)
{
    uint8_t none[FRAME_ANSWER_HEAD] = {0};
    memcpy(none + 1, rank->wanted.bytes, SHA256_SIZE);
    rank->wanting = false;
    driver_answer(rank->driver, none, sizeof none);
}

/* A task that was not begun: nobody is to blame. */
static void give_back(struct worker_rank *rank, const struct mail *task, int64_t now_ns)
{
    struct report report = {.attempt = task->attempt,
                            .token = task->token,
                            .status = REPORT_RETURNED,
                            .blamed = UINT32_MAX};
    struct bytes packed;
    struct err err;
    memcpy(report.host, rank->driver->host, sizeof report.host);
    bytes_init(&packed, FRAME_LIMIT);
    bug_if(!wire_report_pack(&report, &packed, &err));
    tell(rank,
         &(struct mail){.kind = MAIL_REPORT,
                        .attempt = task->attempt,
                        .body = packed.data,
                        .size = packed.size},
         now_ns);
    bytes_release(&packed);
}

void worker_rank_drain(struct worker_rank *rank, bool at_once, int64_t now_ns)
{
    rank->draining = true;
    if (rank->attempt != 0 && driver_drain(rank->driver, at_once) == DRIVER_REPORT)
        tell_report(rank, now_ns);
    for (struct letter *letter; (letter = post_take(&rank->waiting)) != NULL;) {
        struct mail task;
        struct err ignored;
        if (letter_open(letter, &task, &ignored))
            give_back(rank, &task, now_ns);
        free(letter);
    }
}

static void begin_next(struct worker_rank *rank, int64_t now_ns)
{
    struct mail mail;
    struct err ignored;
    struct letter *letter = rank->attempt != 0 ? NULL : post_take(&rank->waiting);
    if (letter == NULL)
        return;
    bug_if(!letter_open(letter, &mail, &ignored)); /* it was opened when it came */
    rank->attempt = mail.attempt;
    rank->wanting = false;
    driver_submit(rank->driver,
                  &(struct driver_task){mail.attempt, mail.token, mail.duration_ns,
                                        mail.body, mail.size},
                  now_ns);
    free(letter);
}

/* Takes the letter. */
static void take_task(struct worker_rank *rank, struct letter *letter,
                      const struct mail *mail, int64_t now_ns)
{
    if (rank->draining) {
        give_back(rank, mail, now_ns);
        free(letter);
        return;
    }
    post_add(&rank->waiting, letter);
    begin_next(rank, now_ns);
}

static void waiting_remove(struct worker_rank *rank, uint64_t attempt)
{
    struct post kept = {.first = NULL};
    for (struct letter *letter; (letter = post_take(&rank->waiting)) != NULL;) {
        struct mail mail;
        struct err ignored;
        if (letter_open(letter, &mail, &ignored) && mail.attempt != attempt)
            post_add(&kept, letter);
        else
            free(letter);
    }
    rank->waiting = kept;
}

static void drop_task(struct worker_rank *rank, uint64_t attempt, int64_t now_ns)
{
    if (rank->attempt == attempt) {
        driver_drop(rank->driver, now_ns);
        rank->attempt = 0;
    } else
        waiting_remove(rank, attempt);
    tell(rank, &(struct mail){.kind = MAIL_DROPPED, .attempt = attempt}, now_ns);
    begin_next(rank, now_ns);
}

void worker_rank_mail(struct worker_rank *rank, struct letter *letter, int64_t now_ns)
{
    struct mail mail;
    struct err ignored;
    rank->heard_ns = now_ns;
    if (letter_open(letter, &mail, &ignored))
        switch (mail.kind) {
        case MAIL_TASK:
            take_task(rank, letter, &mail, now_ns);
            return;
        case MAIL_DROP:
            drop_task(rank, mail.attempt, now_ns);
            break;
        case MAIL_DRAIN:
            worker_rank_drain(rank, mail.size == 1 && mail.body[0] == 1, now_ns);
            break;
        case MAIL_BLOB:
            take_blob(rank, &mail);
            break;
        case MAIL_END:
            rank->over = true;
            rank->clean = mail.size == 1 && mail.body[0] == 1;
            break;
        case MAIL_ALIVE:
        case MAIL_READY:
        case MAIL_REPORT:
        case MAIL_DROPPED:
        case MAIL_BROKEN:
        case MAIL_WANT:
            break;
        }
    free(letter);
}

/* The lead gives all that it handed to this rank to others. */
static void tell_broken(struct worker_rank *rank, int64_t now_ns)
{
    const char *text = rank->driver->failure.text;
    rank->broken = true;
    post_release(&rank->waiting);
    tell(rank,
         &(struct mail){
             .kind = MAIL_BROKEN, .body = (const uint8_t *)text, .size = strlen(text)},
         now_ns);
}

bool worker_rank_step(struct worker_rank *rank, int64_t now_ns)
{
    if (now_ns - rank->told_ns >= RANK_ALIVE_NS)
        tell(rank, &(struct mail){.kind = MAIL_ALIVE}, now_ns);
    /* However the first executor was lost, there must be one: tasks come to ready ranks.
     */
    if (!rank->ready && !rank->broken)
        driver_wake(rank->driver, now_ns);
    if (rank->wanting && now_ns - rank->wanted_ns >= RANK_WANT_NS)
        stop_wanting(rank);
    enum driver_news news = driver_step(rank->driver, now_ns);
    switch (news) {
    case DRIVER_NOTHING:
        return false;
    case DRIVER_READY:
        tell_ready(rank, now_ns);
        break;
    case DRIVER_REPORT:
        tell_report(rank, now_ns);
        break;
    case DRIVER_WANT:
        tell_want(rank, now_ns);
        break;
    case DRIVER_FAILED:
        break;
    }
    if (rank->driver->failed_starts >= RANK_STARTS && !rank->broken)
        tell_broken(rank, now_ns);
    begin_next(rank, now_ns);
    return true;
}
