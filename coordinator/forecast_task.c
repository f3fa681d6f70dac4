/* forecast_task.c - a task on a virtual core: how long it takes, how it ends.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/fmath.h"
#include "coordinator/forecast_internal.h"

static uint32_t slot_take(struct forecast *forecast)
{
    uint32_t task = forecast->task_free;
    if (task != FORECAST_NONE) {
        forecast->task_free = forecast->tasks[task].next;
        return task;
    }
    if (forecast->task_count == forecast->task_capacity) {
        forecast->task_capacity =
            forecast->task_capacity == 0 ? 1024 : 2 * forecast->task_capacity;
        forecast->tasks =
            mem_grow(forecast->tasks, forecast->task_capacity, sizeof *forecast->tasks);
    }
    return forecast->task_count++;
}

uint32_t forecast_task_new(struct forecast *forecast, const struct core_command *lease,
                           uint32_t pilot)
{
    uint32_t task = slot_take(forecast);
    struct forecast_task *row = &forecast->tasks[task];
    *row = (struct forecast_task){.attempt = lease->attempt,
                                  .token = lease->token,
                                  .kind = lease->task_kind,
                                  .group = lease->group,
                                  .count = lease->segment_count,
                                  .state = TASK_QUEUED,
                                  .pilot = pilot,
                                  .next = FORECAST_NONE};
    row->segments = mem_new(row->count, sizeof *row->segments);
    memcpy(row->segments, lease->segments, row->count * sizeof *row->segments);
    forecast->result->tasks++;
    return task;
}

void forecast_task_free(struct forecast *forecast, uint32_t task)
{
    free(forecast->tasks[task].segments);
    forecast->tasks[task] =
        (struct forecast_task){.state = TASK_FREE, .next = forecast->task_free};
    forecast->task_free = task;
}

/* Mean 1 for every sigma. */
static double log_normal(struct random *random, double sigma)
{
    return sigma > 0 ? fmath_exp(sigma * fmath_gaussian(random) - sigma * sigma / 2) : 1;
}

/* The same number in each attempt: a slow segment is slow everywhere. */
static double segment_s(const struct forecast *forecast, const struct forecast_task *task,
                        uint32_t index)
{
    uint32_t number = task->segments[index];
    struct random own = {.state = random_mix(forecast->seed + number)};
    uint32_t steps = forecast->work->segments[number].steps;
    return (double)forecast->work->events[number] * forecast->cost->event_s[steps] *
           log_normal(&own, forecast->cost->spread) *
           forecast->pilots[task->pilot].slowness;
}

static bool chance(struct forecast *forecast, double share)
{
    return share > 0 && random_unit(&forecast->random) < share;
}

/* Seconds of the task, with what it reports at its end. */
static double draw(struct forecast *forecast, struct forecast_task *task)
{
    if (task->kind == TASK_MERGE) {
        task->useful_s = forecast->group_s[task->group];
        task->done = task->count;
        return forecast->cost->task_s + task->useful_s;
    }
    double took_s = forecast->cost->task_s;
    for (; task->done < task->count; task->done++) {
        double own_s = segment_s(forecast, task, task->done);
        if (chance(forecast, forecast->cluster->crash)) {
            task->failure = E_WORKER_CRASH;
            return took_s + own_s * random_unit(&forecast->random);
        }
        took_s += own_s;
        task->useful_s += own_s;
    }
    if (chance(forecast, forecast->cluster->storage)) {
        task->failure = E_DISK_WRITE;
        task->done = 0;
        task->useful_s = 0;
    }
    return took_s;
}

void forecast_task_begin(struct forecast *forecast, uint32_t task)
{
    struct forecast_task *row = &forecast->tasks[task];
    row->state = TASK_RUNNING;
    row->start_ns = forecast->now_ns;
    row->end_ns = forecast->now_ns + (int64_t)(draw(forecast, row) * 1e9);
    forecast->running++;
    forecast_at(forecast, row->end_ns, AT_END, task, row->token);
}

void forecast_task_cut(struct forecast *forecast, uint32_t task)
{
    struct forecast_task *row = &forecast->tasks[task];
    double left_s =
        (double)(forecast->now_ns - row->start_ns) / 1e9 - forecast->cost->task_s;
    row->failure = E_NONE;
    row->done = 0;
    row->useful_s = 0;
    if (row->kind == TASK_MERGE)
        return;
    for (; row->done < row->count; row->done++) {
        double own_s = segment_s(forecast, row, row->done);
        if (own_s > left_s)
            return;
        left_s -= own_s;
        row->useful_s += own_s;
    }
}
