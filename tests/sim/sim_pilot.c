/* sim_pilot.c - a pilot with some executors: takes, works, reports, dies.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <signal.h>

#include "base/bytes.h"
#include "tests/sim/sim.h"

/* No answer: the same request again. */
#define TIMEOUT   (20 * SIM_SECOND)
#define HEARTBEAT (15 * SIM_SECOND)

static void sync_soon(struct sim *sim, uint32_t pilot, int64_t delay_ns)
{
    sim_at(sim, sim->now_ns + delay_ns,
           &(struct sim_event){
               .kind = AT_PILOT_SYNC, .a = pilot, .b = ++sim->pilots[pilot].next_sync});
}

void sim_pilot_join(struct sim *sim)
{
    sim->pilots = sim_room(sim->pilots, sim->pilot_count, &sim->pilot_capacity,
                           sizeof *sim->pilots);
    sim->pilots[sim->pilot_count] = (struct sim_pilot){
        .alive = true, .executors = (uint32_t)sim_between(sim, 1, sim->executors_most)};
    sync_soon(sim, sim->pilot_count++, sim_between(sim, 0, SIM_SECOND));
}

static void work_on(struct sim *sim, uint32_t pilot, struct sim_task *task)
{
    task->work = ++sim->pilots[pilot].work;
    sim_at(sim, sim->now_ns + sim_between(sim, SIM_SECOND / 10, 4 * SIM_SECOND),
           &(struct sim_event){.kind = AT_WORK, .a = pilot, .b = task->work});
}

/* Executors without work take the next tasks of the hand. */
static void executors_start(struct sim *sim, uint32_t pilot)
{
    struct sim_pilot *self = &sim->pilots[pilot];
    uint32_t busy = 0;
    for (uint32_t i = 0; i < self->hand_count; i++)
        busy += self->hand[i].work != 0;
    for (uint32_t i = 0; i < self->hand_count && busy < self->executors; i++)
        if (self->hand[i].work == 0) {
            work_on(sim, pilot, &self->hand[i]);
            busy++;
        }
}

static void request_send(struct sim *sim, uint32_t pilot)
{
    struct sim_pilot *self = &sim->pilots[pilot];
    sim_send(sim, AT_REQUEST, &self->request);
    sim_at(sim, sim->now_ns + TIMEOUT,
           &(struct sim_event){
               .kind = AT_PILOT_TIMEOUT, .a = pilot, .b = self->request.sequence});
}

void sim_pilot_sync(struct sim *sim, uint32_t pilot, uint64_t serial)
{
    struct sim_pilot *self = &sim->pilots[pilot];
    if (self->waiting || self->next_sync != serial)
        return;
    if ((self->draining || self->preempted) && self->hand_count == 0 &&
        self->outbox_count == 0) {
        self->alive = false;
        return;
    }
    struct sim_message *request = &self->request;
    *request = (struct sim_message){.kind = self->number == 0 ? SIM_HELLO : SIM_SYNC,
                                    .pilot = pilot,
                                    .sequence = ++self->sequence,
                                    .number = self->number};
    self->waiting = true;
    if (request->kind == SIM_HELLO) {
        request_send(sim, pilot);
        return;
    }
    bool takes = !self->draining && !self->preempted && self->outbox_count < SIM_HAND;
    uint32_t most = self->executors + SIM_AHEAD;
    request->want = takes && self->hand_count < most ? most - self->hand_count : 0;
    for (uint32_t i = 0; i < self->outbox_count; i++)
        request->reports[request->report_count++] = self->outbox[i];
    for (uint32_t i = 0; i < self->hand_count; i++)
        request->held[request->held_count++] = self->hand[i].attempt;
    request_send(sim, pilot);
}

void sim_pilot_timeout(struct sim *sim, uint32_t pilot, uint64_t sequence)
{
    const struct sim_pilot *self = &sim->pilots[pilot];
    if (self->waiting && self->request.sequence == sequence)
        request_send(sim, pilot);
}

static void hand_drop(struct sim_pilot *self, uint32_t index)
{
    for (uint32_t i = index; i + 1 < self->hand_count; i++)
        self->hand[i] = self->hand[i + 1];
    self->hand_count--;
}

static void outbox_drop(struct sim_pilot *self, const struct core_report *report)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < self->outbox_count; i++)
        if (self->outbox[i].attempt != report->attempt ||
            self->outbox[i].token != report->token)
            self->outbox[kept++] = self->outbox[i];
    self->outbox_count = kept;
}

/* The task at this place of the hand ends with this report. */
static void finish(struct sim *sim, uint32_t pilot, uint32_t place,
                   const struct core_report *ending)
{
    struct sim_pilot *self = &sim->pilots[pilot];
    const struct sim_task *task = &self->hand[place];
    struct core_report report = *ending;
    report.attempt = task->attempt;
    report.token = task->token;
    report.wall_ns = sim_between(sim, -1, 4 * SIM_SECOND);
    bool merged = task->kind == TASK_MERGE && report.status == REPORT_DONE;
    if (report.segment_count > 0 || merged)
        sim->store.files[report.token] = SIM_FILE_THERE;
    if (sim_chance(sim, sim->rates.vanish))
        sim_file_remove(sim, report.token);
    hand_drop(self, place);
    self->outbox[self->outbox_count++] = report;
    executors_start(sim, pilot);
    sync_soon(sim, pilot, 0);
}

static struct core_report failed(const struct sim_task *task, uint16_t failure,
                                 int32_t signal)
{
    return (struct core_report){
        .status = REPORT_FAILED,
        .segment_count = task->done,
        .failure = failure,
        .text = err_advice((enum err_code)failure),
        .blamed = task->kind == TASK_MERGE ? UINT32_MAX : task->segments[task->done],
        .signal = signal};
}

/* True when the executor or the pilot, with all that works beside it, came to its end at
 * this segment. */
static bool nature_strikes(struct sim *sim, uint32_t pilot, uint32_t place)
{
    struct sim_pilot *self = &sim->pilots[pilot];
    const struct sim_task *task = &self->hand[place];
    struct core_report report;
    switch ((enum sim_nature)sim->natures[task->segments[task->done]]) {
    case SIM_BAD_INPUT:
        report = failed(task, E_MODEL, 0);
        break;
    case SIM_CRASHER:
        report = failed(task, E_NONE, SIGSEGV);
        break;
    case SIM_FLAKY:
        if (random_below(&sim->random, 2) == 0)
            return false;
        report = failed(task, E_NONE, SIGABRT);
        break;
    case SIM_HOG:
        if (task->count <= 2)
            return false;
        report = failed(task, E_LIMIT, 0);
        break;
    case SIM_KILLER:
        self->alive = false;
        return true;
    case SIM_GOOD:
    case SIM_MENDED:
    case SIM_NATURES:
        return false;
    }
    finish(sim, pilot, place, &report);
    return true;
}

static void work_merge(struct sim *sim, uint32_t pilot, uint32_t place)
{
    struct core_report report = {.status = REPORT_DONE, .blamed = UINT32_MAX};
    if (sim_chance(sim, sim->rates.merge))
        report = failed(&sim->pilots[pilot].hand[place], E_DISK_READ, 0);
    finish(sim, pilot, place, &report);
}

static void work_segment(struct sim *sim, uint32_t pilot, uint32_t place)
{
    struct sim_task *task = &sim->pilots[pilot].hand[place];
    struct core_report report;
    if (nature_strikes(sim, pilot, place))
        return;
    if (sim_chance(sim, sim->rates.outside)) {
        report = failed(task, E_PROCESS, SIGKILL);
        finish(sim, pilot, place, &report);
        return;
    }
    if (++task->done < task->count) {
        work_on(sim, pilot, task);
        return;
    }
    report = (struct core_report){
        .status = REPORT_DONE, .segment_count = task->count, .blamed = UINT32_MAX};
    if (sim_chance(sim, sim->rates.storage))
        report = (struct core_report){.status = REPORT_FAILED,
                                      .failure = task->attempt % 2 == 0 ? E_DISK_FULL
                                                                        : E_DISK_WRITE,
                                      .blamed = UINT32_MAX};
    finish(sim, pilot, place, &report);
}

void sim_pilot_work(struct sim *sim, uint32_t pilot, uint64_t serial)
{
    struct sim_pilot *self = &sim->pilots[pilot];
    uint32_t place = 0;
    while (place < self->hand_count && self->hand[place].work != serial)
        place++;
    if (place == self->hand_count)
        return;
    if (self->outbox_count == SIM_OUTBOX)
        work_on(sim, pilot, &self->hand[place]);
    else if (self->hand[place].kind == TASK_MERGE)
        work_merge(sim, pilot, place);
    else
        work_segment(sim, pilot, place);
}

/* Finish nothing more: the prefixes of tasks at work, the others as they came. */
void sim_pilot_preempt(struct sim *sim, uint32_t pilot)
{
    struct sim_pilot *self = &sim->pilots[pilot];
    self->preempted = true;
    while (self->hand_count > 0 && self->outbox_count < SIM_OUTBOX) {
        uint32_t done = self->hand[0].kind == TASK_MERGE ? 0 : self->hand[0].done;
        struct core_report report = {.status = done > 0 ? REPORT_PREFIX : REPORT_RETURNED,
                                     .segment_count = done,
                                     .blamed = UINT32_MAX};
        finish(sim, pilot, 0, &report);
    }
    sync_soon(sim, pilot, 0);
}

static void take_tasks(struct sim_pilot *self, const struct sim_message *answer)
{
    for (uint32_t i = 0; i < answer->task_count && self->hand_count < SIM_HAND; i++)
        self->hand[self->hand_count++] = answer->tasks[i];
}

static void drop_lost(struct sim_pilot *self, const struct sim_message *answer)
{
    for (uint32_t l = 0; l < answer->lost_count; l++)
        for (uint32_t i = 0; i < self->hand_count; i++)
            if (self->hand[i].attempt == answer->lost[l])
                hand_drop(self, i--);
}

/* An answer to another request than the last one is too late: what it gave is lost. */
void sim_pilot_answer(struct sim *sim, const struct sim_message *answer)
{
    struct sim_pilot *self = &sim->pilots[answer->pilot];
    if (!self->waiting || self->request.sequence != answer->sequence)
        return;
    self->waiting = false;
    for (uint32_t i = 0; i < answer->report_count; i++)
        outbox_drop(self, &answer->reports[i]);
    drop_lost(self, answer);
    if (answer->kind == SIM_HELLO)
        self->number = answer->number;
    if (answer->unknown)
        self->number = 0;
    self->draining = self->draining || answer->drain;
    if (!self->preempted)
        take_tasks(self, answer);
    executors_start(sim, answer->pilot);
    bool again = self->number == 0 || answer->kind == SIM_HELLO ||
                 self->outbox_count > 0 || self->draining || self->preempted;
    int64_t delay_ns = self->hand_count > self->executors ? HEARTBEAT : 3 * SIM_SECOND;
    sync_soon(sim, answer->pilot, again ? SIM_SECOND / 10 : delay_ns);
}
