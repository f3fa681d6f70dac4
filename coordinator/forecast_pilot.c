/* forecast_pilot.c - a pilot in its allocation: waits, works, reports, ends or vanishes.
 * SPDX-License-Identifier: Apache-2.0
 *
 * As worker/lead.c: twice as many tasks as cores in hand, a sync when there is something
 * to report or to ask for, one at a time.
 */
#include <signal.h>

#include "base/bytes.h"
#include "base/fmath.h"
#include "coordinator/again.h"
#include "coordinator/forecast_internal.h"

#define PREFETCH  2u                     /* tasks a core */
#define ANSWER_NS (FORECAST_SECOND / 50) /* from the call to the answer */
#define SCATTER_NS                                                                       \
    (FORECAST_SECOND / 100) /* nodes of a batch system start one by one                  \
                             */

/* Seconds until something that happens so often an hour; -1 never. */
static double seconds_until(struct forecast *forecast, double rate_h)
{
    if (!(rate_h > 0))
        return -1;
    return -fmath_log(1 - random_unit(&forecast->random)) * 3600 / rate_h;
}

static void sync_at(struct forecast *forecast, uint32_t pilot, int64_t at_ns)
{
    struct forecast_pilot *self = &forecast->pilots[pilot];
    if (self->sync_ns <= at_ns)
        return;
    self->sync_ns = at_ns;
    forecast_at(forecast, at_ns, AT_SYNC, pilot, self->life);
}

void forecast_pilot_submit(struct forecast *forecast, uint32_t pilot)
{
    struct forecast_pilot *self = &forecast->pilots[pilot];
    double mean_s = forecast->cluster->queue_s;
    double wait_s = mean_s > 0 ? seconds_until(forecast, 3600 / mean_s) : 0;
    int64_t scatter_ns = (int64_t)random_below(
        &forecast->random, (uint64_t)SCATTER_NS * forecast->pilot_count);
    self->life++;
    self->live = false;
    forecast_at(forecast, forecast->now_ns + (int64_t)(wait_s * 1e9) + scatter_ns,
                AT_BEGIN, pilot, self->life);
}

static void event_in(struct forecast *forecast, double seconds, enum forecast_event kind,
                     uint32_t pilot)
{
    if (seconds > 0)
        forecast_at(forecast, forecast->now_ns + (int64_t)(seconds * 1e9), kind, pilot,
                    forecast->pilots[pilot].life);
}

void forecast_pilot_begin(struct forecast *forecast, uint32_t pilot)
{
    const struct forecast_cluster *cluster = forecast->cluster;
    struct forecast_pilot *self = &forecast->pilots[pilot];
    self->live = true;
    self->leaving = false;
    self->number = 0;
    self->running = 0;
    self->begin_ns = forecast->now_ns;
    self->sync_ns = INT64_MAX;
    self->ask_ns = 0;
    self->queue_first = self->queue_last = FORECAST_NONE;
    self->slowness = fmath_exp(cluster->node_spread * fmath_gaussian(&forecast->random));
    forecast->live++;
    event_in(forecast, cluster->walltime_s, AT_TERM, pilot);
    event_in(forecast, seconds_until(forecast, cluster->preempt_h), AT_TERM, pilot);
    event_in(forecast, seconds_until(forecast, cluster->lost_h), AT_LOST, pilot);
    sync_at(forecast, pilot, forecast->now_ns);
}

void forecast_pilot_account(struct forecast *forecast, struct forecast_pilot *pilot)
{
    forecast->result->core_s +=
        (double)(forecast->now_ns - pilot->begin_ns) / 1e9 * pilot->cores;
}

static void hand_remove(struct forecast *forecast, uint32_t task)
{
    struct forecast_pilot *self = &forecast->pilots[forecast->tasks[task].pilot];
    uint32_t place = forecast->tasks[task].place;
    uint32_t last = self->tasks[--self->task_count];
    self->tasks[place] = last;
    forecast->tasks[last].place = place;
    forecast_task_free(forecast, task);
}

/* Queued tasks that were dropped are free: they stay in no queue. */
static void queue_drop(struct forecast *forecast, struct forecast_pilot *self,
                       uint32_t task)
{
    uint32_t before = FORECAST_NONE;
    uint32_t at = self->queue_first;
    while (at != task) {
        before = at;
        at = forecast->tasks[at].next;
    }
    uint32_t next = forecast->tasks[task].next;
    if (before == FORECAST_NONE)
        self->queue_first = next;
    else
        forecast->tasks[before].next = next;
    if (self->queue_last == task)
        self->queue_last = before;
    forecast->queued--;
}

static void start_next(struct forecast *forecast, struct forecast_pilot *self)
{
    while (self->running < self->cores && self->queue_first != FORECAST_NONE) {
        uint32_t task = self->queue_first;
        queue_drop(forecast, self, task);
        self->running++;
        forecast_task_begin(forecast, task);
    }
}

void forecast_pilot_take(struct forecast *forecast, uint32_t pilot,
                         const struct core_command *lease)
{
    uint32_t task = forecast_task_new(forecast, lease, pilot);
    struct forecast_pilot *self = &forecast->pilots[pilot];
    if (self->task_count == self->task_capacity) {
        self->task_capacity = self->task_capacity == 0 ? 16 : 2 * self->task_capacity;
        self->tasks = mem_grow(self->tasks, self->task_capacity, sizeof *self->tasks);
    }
    forecast->tasks[task].place = self->task_count;
    self->tasks[self->task_count++] = task;
    if (self->queue_last == FORECAST_NONE)
        self->queue_first = task;
    else
        forecast->tasks[self->queue_last].next = task;
    self->queue_last = task;
    forecast->queued++;
    start_next(forecast, self);
}

static void leave_core(struct forecast *forecast, struct forecast_pilot *self)
{
    self->running--;
    forecast->running--;
}

void forecast_pilot_drop(struct forecast *forecast, uint32_t pilot, uint64_t attempt)
{
    struct forecast_pilot *self = &forecast->pilots[pilot];
    for (uint32_t i = 0; i < self->task_count; i++) {
        uint32_t task = self->tasks[i];
        if (forecast->tasks[task].attempt != attempt)
            continue;
        if (forecast->tasks[task].state == TASK_QUEUED)
            queue_drop(forecast, self, task);
        if (forecast->tasks[task].state == TASK_RUNNING)
            leave_core(forecast, self);
        hand_remove(forecast, task);
        start_next(forecast, self);
        return;
    }
}

void forecast_pilot_end(struct forecast *forecast, uint32_t task)
{
    struct forecast_task *row = &forecast->tasks[task];
    struct forecast_pilot *self = &forecast->pilots[row->pilot];
    row->state = TASK_REPORTED;
    leave_core(forecast, self);
    start_next(forecast, self);
    sync_at(forecast, row->pilot, forecast->now_ns + ANSWER_NS);
}

static struct core_report report_of(struct forecast *forecast, uint32_t task)
{
    const struct forecast_task *row = &forecast->tasks[task];
    struct core_report report = {.attempt = row->attempt,
                                 .token = row->token,
                                 .segment_count = row->done,
                                 .already = ATTEMPT_LEASED,
                                 .wall_ns = row->end_ns - row->start_ns,
                                 .blamed = UINT32_MAX,
                                 .parts_present = true};
    if (row->failure != E_NONE) {
        report.status = REPORT_FAILED;
        report.failure = row->failure;
        report.blamed = row->segments[row->done];
        report.signal = row->failure == E_WORKER_CRASH ? SIGSEGV : 0;
        forecast->result->failed++;
    } else if (row->done == row->count) {
        report.status = REPORT_DONE;
    } else {
        report.status = row->done > 0 ? REPORT_PREFIX : REPORT_RETURNED;
    }
    forecast->result->useful_s += row->useful_s;
    return report;
}

/* What one call carries. */
struct call {
    struct core_report reports[SYNC_REPORTS];
    uint32_t reported[SYNC_REPORTS]; /* their tasks */
    uint32_t report_count;
    uint64_t held[SYNC_HELD];
    uint32_t held_count;
    uint64_t tokens[SYNC_TASKS];
    uint32_t want;
};

static void call_fill(struct forecast *forecast, const struct forecast_pilot *self,
                      struct call *call)
{
    call->report_count = call->held_count = 0;
    for (uint32_t i = 0; i < self->task_count; i++) {
        uint32_t task = self->tasks[i];
        const struct forecast_task *row = &forecast->tasks[task];
        if (row->state != TASK_REPORTED) {
            if (call->held_count < SYNC_HELD)
                call->held[call->held_count++] = row->attempt;
        } else if (call->report_count < SYNC_REPORTS) {
            call->reported[call->report_count] = task;
            call->reports[call->report_count++] = report_of(forecast, task);
        }
    }
    uint32_t target =
        self->leaving || forecast->now_ns < self->ask_ns ? 0 : PREFETCH * self->cores;
    uint32_t kept = self->task_count - call->report_count;
    call->want = target > kept ? target - kept : 0;
    if (call->want > SYNC_TASKS)
        call->want = SYNC_TASKS;
    for (uint32_t i = 0; i < call->want; i++)
        call->tokens[i] = ++forecast->token;
}

static void hello(struct forecast *forecast, uint32_t pilot)
{
    forecast->pilots[pilot].number = ++forecast->pilot_number;
    struct core_event event = {
        .kind = EVENT_HELLO, .pilot = forecast->pilot_number, .node = pilot + 1};
    forecast_step(forecast, &event, pilot);
}

static void gone(struct forecast *forecast, uint32_t pilot)
{
    struct forecast_pilot *self = &forecast->pilots[pilot];
    forecast_pilot_account(forecast, self);
    forecast->running -= self->running;
    while (self->queue_first != FORECAST_NONE)
        queue_drop(forecast, self, self->queue_first);
    while (self->task_count > 0)
        hand_remove(forecast, self->tasks[self->task_count - 1]);
    forecast->live--;
    forecast_pilot_submit(forecast, pilot);
}

/* When it speaks next, after an answer. */
static void sync_next(struct forecast *forecast, uint32_t pilot, const struct call *call,
                      uint32_t given)
{
    struct forecast_pilot *self = &forecast->pilots[pilot];
    int64_t next_ns = forecast->now_ns + forecast->work->policy.lease_ns / 4;
    bool wants = !self->leaving && self->task_count < PREFETCH * self->cores;
    if (call->want > 0 && given == 0)
        self->ask_ns =
            forecast->now_ns + (int64_t)again_ms(forecast->live, self->number,
                                                 forecast->work->policy.lease_ns) *
                                   1000000;
    if (wants && self->ask_ns < next_ns)
        next_ns = self->ask_ns;
    if (call->report_count == SYNC_REPORTS || next_ns < forecast->now_ns + ANSWER_NS)
        next_ns = forecast->now_ns + ANSWER_NS;
    sync_at(forecast, pilot, next_ns);
}

void forecast_pilot_sync(struct forecast *forecast, uint32_t pilot)
{
    static _Thread_local struct call call;
    struct forecast_pilot *self = &forecast->pilots[pilot];
    if (self->sync_ns > forecast->now_ns)
        return; /* an earlier one took its place */
    self->sync_ns = INT64_MAX;
    if (self->number == 0)
        hello(forecast, pilot);
    call_fill(forecast, self, &call);
    struct core_event event = {.kind = EVENT_SYNC,
                               .pilot = self->number,
                               .want = call.want,
                               .reports = call.reports,
                               .report_count = call.report_count,
                               .held = call.held,
                               .held_count = call.held_count,
                               .tokens = call.tokens,
                               .token_count = call.want};
    uint64_t before = forecast->result->tasks;
    forecast_step(forecast, &event, pilot);
    for (uint32_t i = 0; i < call.report_count; i++)
        hand_remove(forecast, call.reported[i]);
    if (self->leaving && self->task_count == 0)
        gone(forecast, pilot);
    else
        sync_next(forecast, pilot, &call, (uint32_t)(forecast->result->tasks - before));
}

/* What is at work ends at the last segment that is done; the rest goes back. */
void forecast_pilot_term(struct forecast *forecast, uint32_t pilot)
{
    struct forecast_pilot *self = &forecast->pilots[pilot];
    self->leaving = true;
    for (uint32_t i = 0; i < self->task_count; i++) {
        struct forecast_task *row = &forecast->tasks[self->tasks[i]];
        if (row->state == TASK_RUNNING) {
            leave_core(forecast, self);
            forecast_task_cut(forecast, self->tasks[i]);
        } else if (row->state == TASK_QUEUED) {
            queue_drop(forecast, self, self->tasks[i]);
        }
        row->state = TASK_REPORTED;
    }
    sync_at(forecast, pilot, forecast->now_ns);
}

void forecast_pilot_lost(struct forecast *forecast, uint32_t pilot)
{
    gone(forecast, pilot);
}
