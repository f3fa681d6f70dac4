/* lead_hand.c - what the lead holds: tasks for its ranks, reports without a verdict.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "proto/wire.h"
#include "worker/lead_internal.h"

void lead_task_free(struct lead_task *task)
{
    bytes_release(&task->data);
    free(task);
}

void lead_task_append(struct lead_task **list, struct lead_task *task)
{
    while (*list != NULL)
        list = &(*list)->next;
    task->next = NULL;
    *list = task;
}

struct lead_task *lead_task_take(struct lead_task **list, uint64_t attempt)
{
    for (; *list != NULL; list = &(*list)->next)
        if ((*list)->attempt == attempt) {
            struct lead_task *task = *list;
            *list = task->next;
            return task;
        }
    return NULL;
}

/* Bytes of input. */
static uint64_t task_size(const struct task *task)
{
    uint64_t size = 0;
    for (uint32_t i = 0; i < task->segment_count; i++)
        size += task->segments[i].segment.length;
    for (uint32_t i = 0; i < task->input_count; i++)
        size += task->inputs[i].product.place.length;
    return size;
}

void lead_queue_add(struct lead *lead, const struct task *task)
{
    struct err err;
    struct lead_task *item = mem_new(1, sizeof *item);
    item->attempt = task->attempt;
    item->token = task->token;
    item->duration_ns = task->duration_ns;
    item->small = task_size(task) < LEAD_SMALL_BYTES;
    lead->small = lead->small && item->small;
    bytes_init(&item->data, FRAME_LIMIT);
    if (!wire_task_pack(task, &item->data, &err)) {
        lead_report_make(lead, item, REPORT_FAILED, &err);
        lead_task_free(item);
        return;
    }
    lead_task_append(&lead->queue, item);
}

bool lead_holds(const struct lead *lead, uint64_t attempt)
{
    for (const struct lead_task *task = lead->queue; task != NULL; task = task->next)
        if (task->attempt == attempt)
            return true;
    for (uint32_t i = 0; i < lead->options.executors; i++)
        for (const struct lead_task *task = lead->slots[i].tasks; task != NULL;
             task = task->next)
            if (task->attempt == attempt && !task->dropped)
                return true;
    for (const struct lead_report *item = lead->reports; item != NULL; item = item->next)
        if (item->report.attempt == attempt)
            return true;
    return false;
}

uint32_t lead_in_hand(const struct lead *lead)
{
    uint32_t count = 0;
    for (const struct lead_task *task = lead->queue; task != NULL; task = task->next)
        count++;
    for (uint32_t i = 0; i < lead->options.executors; i++)
        for (const struct lead_task *task = lead->slots[i].tasks; task != NULL;
             task = task->next)
            count += !task->dropped;
    return count;
}

static void report_append(struct lead *lead, struct lead_report *item)
{
    struct lead_report **end = &lead->reports;
    while (*end != NULL)
        end = &(*end)->next;
    *end = item;
}

static void report_free(struct lead_report *item)
{
    arena_release(&item->arena);
    free(item);
}

bool lead_report_add(struct lead *lead, uint64_t attempt, const uint8_t *data,
                     size_t size, struct err *err)
{
    struct lead_report *item = mem_new(1, sizeof *item);
    item->size = size;
    arena_init(&item->arena, LEAD_REPORT_LIMIT);
    bool good = wire_report_unpack(data, size, &item->arena, &item->report, err);
    if (good && item->report.attempt != attempt)
        good = err_set(err, E_WORKER_FRAME, "a report of attempt %llu came for %llu",
                       (unsigned long long)item->report.attempt,
                       (unsigned long long)attempt);
    if (!good) {
        report_free(item);
        return false;
    }
    for (uint32_t i = 0; i < item->report.segment_count; i++)
        walltime_learn(&lead->walltime, item->report.segments[i].wall_ns);
    report_append(lead, item);
    return true;
}

void lead_report_make(struct lead *lead, const struct lead_task *task,
                      enum report_status status, const struct err *failure)
{
    struct lead_report *item = mem_new(1, sizeof *item);
    arena_init(&item->arena, LEAD_REPORT_LIMIT);
    item->size = sizeof item->report;
    item->report = (struct report){.attempt = task->attempt,
                                   .token = task->token,
                                   .status = status,
                                   .failure = *failure,
                                   .blamed = UINT32_MAX};
    memcpy(item->report.host, lead->options.host, sizeof item->report.host);
    report_append(lead, item);
}

void lead_report_remove(struct lead *lead, uint64_t attempt)
{
    for (struct lead_report **place = &lead->reports; *place != NULL;
         place = &(*place)->next) {
        struct lead_report *item = *place;
        if (item->report.attempt != attempt)
            continue;
        *place = item->next;
        report_free(item);
        return;
    }
}

static void tasks_free(struct lead_task *list)
{
    while (list != NULL) {
        struct lead_task *task = list;
        list = task->next;
        lead_task_free(task);
    }
}

void lead_hand_release(struct lead *lead)
{
    tasks_free(lead->queue);
    while (lead->reports != NULL) {
        struct lead_report *item = lead->reports;
        lead->reports = item->next;
        report_free(item);
    }
    for (uint32_t i = 0; i < lead->options.executors; i++)
        tasks_free(lead->slots[i].tasks);
}
