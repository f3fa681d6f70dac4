/* mailbox.c - a bounded wait on a list.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/mailbox.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "base/clock.h"

/* Bytes of messages that keep the loop busy for about a millisecond: reports of some 64
 * segments. Whoever comes meanwhile is in the next batch; waiting for them would leave
 * the loop idle first and the pilots then, all at once. */
#define MAILBOX_PLENTY ((size_t)65536)

struct mailbox {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    struct exchange **list;
    uint32_t count;
    uint32_t capacity;
    size_t bytes; /* of the messages in the list */
};

struct mailbox *mailbox_new(void)
{
    struct mailbox *mailbox = mem_new(1, sizeof *mailbox);
    pthread_condattr_t attributes;
    bug_if(pthread_mutex_init(&mailbox->lock, NULL) != 0);
    bug_if(pthread_condattr_init(&attributes) != 0);
    bug_if(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) != 0);
    bug_if(pthread_cond_init(&mailbox->filled, &attributes) != 0);
    (void)pthread_condattr_destroy(&attributes);
    return mailbox;
}

void mailbox_free(struct mailbox *mailbox)
{
    if (mailbox == NULL)
        return;
    for (uint32_t i = 0; i < mailbox->count; i++)
        exchange_free(mailbox->list[i]);
    (void)pthread_cond_destroy(&mailbox->filled);
    (void)pthread_mutex_destroy(&mailbox->lock);
    free(mailbox->list);
    free(mailbox);
}

void mailbox_put(struct mailbox *mailbox, struct exchange *exchange)
{
    bug_if(pthread_mutex_lock(&mailbox->lock) != 0);
    if (mailbox->count == mailbox->capacity) {
        mailbox->capacity = mailbox->capacity == 0 ? 64 : 2 * mailbox->capacity;
        mailbox->list = mem_grow(mailbox->list, mailbox->capacity, sizeof *mailbox->list);
    }
    mailbox->list[mailbox->count++] = exchange;
    mailbox->bytes += exchange->size;
    bug_if(pthread_cond_signal(&mailbox->filled) != 0);
    bug_if(pthread_mutex_unlock(&mailbox->lock) != 0);
}

uint32_t mailbox_take(struct mailbox *mailbox, int64_t wait_ns, int64_t gather_ns,
                      struct exchange **list, uint32_t capacity)
{
    struct timespec until = clock_wait_end(wait_ns);
    bug_if(pthread_mutex_lock(&mailbox->lock) != 0);
    int waited = 0;
    while (mailbox->count == 0 && waited == 0)
        waited = pthread_cond_timedwait(&mailbox->filled, &mailbox->lock, &until);
    if (mailbox->count > 0 && gather_ns > 0) {
        until = clock_wait_end(gather_ns);
        for (waited = 0;
             mailbox->count < capacity && mailbox->bytes < MAILBOX_PLENTY && waited == 0;)
            waited = pthread_cond_timedwait(&mailbox->filled, &mailbox->lock, &until);
    }
    uint32_t taken = mailbox->count < capacity ? mailbox->count : capacity;
    for (uint32_t i = 0; i < taken; i++) {
        list[i] = mailbox->list[i];
        mailbox->bytes -= list[i]->size;
    }
    for (uint32_t i = taken; i < mailbox->count; i++)
        mailbox->list[i - taken] = mailbox->list[i];
    mailbox->count -= taken;
    bug_if(pthread_mutex_unlock(&mailbox->lock) != 0);
    return taken;
}
