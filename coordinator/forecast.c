/* forecast.c - a campaign on a virtual cluster, from its first step to its end.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/forecast.h"

#include <math.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "coordinator/forecast_internal.h"

#define LIMIT_NS   ((int64_t)10 * 365 * 86400 * FORECAST_SECOND)
#define TIMED      8 /* one step in so many is measured: asking for the time costs a step */
#define PUBLISH_NS (FORECAST_SECOND / 10) /* a cut; a file moved into its place */

const char *forecast_wait_name(enum forecast_wait wait)
{
    static const char *const names[FORECAST_WAITS] = {
        [FORECAST_CORES] = "a free core",
        [FORECAST_QUEUE] = "an allocation",
        [FORECAST_SEGMENTS] = "segments at work",
        [FORECAST_SILENT] = "terms of vanished pilots",
        [FORECAST_DELAY] = "retries",
        [FORECAST_MERGES] = "merges"};
    return names[wait];
}

void forecast_at(struct forecast *forecast, int64_t at_ns, enum forecast_event kind,
                 uint32_t a, uint64_t b)
{
    timeline_add(&forecast->timeline,
                 &(struct timeline_event){.at_ns = at_ns, .kind = kind, .a = a, .b = b});
}

static void plan_tick(struct forecast *forecast)
{
    int64_t deadline_ns = core_deadline(forecast->core);
    if (deadline_ns >= forecast->tick_ns)
        return;
    if (deadline_ns < forecast->now_ns)
        deadline_ns = forecast->now_ns;
    forecast->tick_ns = deadline_ns;
    forecast_at(forecast, deadline_ns, AT_TICK, 0, 0);
}

static void carry_out(struct forecast *forecast, const struct core_command *command,
                      uint32_t pilot)
{
    int64_t soon_ns = forecast->now_ns + PUBLISH_NS;
    switch (command->kind) {
    case COMMAND_LEASE:
        forecast_pilot_take(forecast, pilot, command);
        break;
    case COMMAND_LOST:
        forecast_pilot_drop(forecast, pilot, command->attempt);
        break;
    case COMMAND_UNKNOWN:
        forecast->pilots[pilot].number = 0;
        break;
    case COMMAND_END:
        if (command->attempt_state == ATTEMPT_VOID)
            forecast->result->void_tasks++;
        break;
    case COMMAND_CUT:
        forecast_at(forecast, soon_ns, AT_CUT, command->unit, 0);
        break;
    case COMMAND_PUBLISH:
        forecast_at(forecast, soon_ns, AT_PUBLISH, command->group, 0);
        break;
    case COMMAND_COMPLETE:
        forecast->over = true;
        forecast->result->complete = !command->stuck;
        break;
    case COMMAND_STATE:
    case COMMAND_COMMIT:
    case COMMAND_COLLECT:
    case COMMAND_VERDICT:
    case COMMAND_FINISH:
    case COMMAND_GROUP:
        break;
    }
}

/* Nanoseconds of a clock_cpu_ns: they are not the core's. */
static int64_t clock_cost_ns(void)
{
    int64_t least_ns = INT64_MAX;
    for (int i = 0; i < 16; i++) {
        int64_t start_ns = clock_cpu_ns();
        int64_t cost_ns = clock_cpu_ns() - start_ns;
        least_ns = cost_ns < least_ns ? cost_ns : least_ns;
    }
    return least_ns;
}

static void count_step(struct forecast *forecast, int64_t spent_ns)
{
    struct forecast_result *result = forecast->result;
    int64_t second = forecast->now_ns / FORECAST_SECOND;
    if (second != forecast->second)
        forecast->second_steps = 0;
    forecast->second = second;
    if (++forecast->second_steps > result->peak_steps)
        result->peak_steps = forecast->second_steps;
    result->steps++;
    result->core_cpu_ns += spent_ns > 0 ? (uint64_t)spent_ns : 0;
}

static uint32_t segments_done(const struct core_counts *counts)
{
    return counts->by_state[SEGMENT_COMMITTED] + counts->by_state[SEGMENT_LOST] +
           counts->by_state[SEGMENT_QUARANTINED];
}

/* After a step: how far it is. */
static void mark(struct forecast *forecast)
{
    struct core_counts counts = core_count(forecast->core);
    uint32_t total = forecast->work->segment_count;
    uint32_t done = segments_done(&counts);
    double now_s = (double)forecast->now_ns / 1e9;
    for (; forecast->percent <= 100 &&
           (uint64_t)done * 100 >= (uint64_t)total * forecast->percent;
         forecast->percent++)
        forecast->result->percent_s[forecast->percent] = now_s;
    if (!forecast->drained && counts.by_state[SEGMENT_READY] == 0 && done < total &&
        forecast->queued == 0 && forecast->running > 0) {
        forecast->drained = true;
        forecast->result->clones_s = forecast_clones(forecast);
    }
}

void forecast_step(struct forecast *forecast, struct core_event *event, uint32_t pilot)
{
    struct core_commands commands;
    event->now_ns = forecast->now_ns;
    bool timed = forecast->result->steps % TIMED == 0;
    int64_t start_ns = timed ? clock_cpu_ns() : 0;
    core_step(forecast->core, event, &commands);
    count_step(forecast,
               timed ? (clock_cpu_ns() - start_ns - forecast->clock_ns) * TIMED : 0);
    for (uint32_t i = 0; i < commands.count; i++)
        carry_out(forecast, &commands.list[i], pilot);
    mark(forecast);
    plan_tick(forecast);
}

static double *group_add(struct forecast *forecast)
{
    if (forecast->group_count == forecast->group_capacity) {
        forecast->group_capacity =
            forecast->group_capacity == 0 ? 64 : 2 * forecast->group_capacity;
        forecast->group_s = mem_grow(forecast->group_s, forecast->group_capacity,
                                     sizeof *forecast->group_s);
    }
    return &forecast->group_s[forecast->group_count++];
}

/* Bytes of a run that are merged, over its streams. */
static double unit_bytes(const struct forecast *forecast, uint32_t unit)
{
    const struct core_unit *run = &forecast->work->units[unit];
    double events = 0;
    for (uint32_t i = run->first; i < run->first + run->count; i++)
        if (core_state(forecast->core, i).state == SEGMENT_COMMITTED)
            events += forecast->work->events[i];
    return events * forecast->cost->event_bytes;
}

static void cut(struct forecast *forecast, uint32_t unit)
{
    double bytes = unit_bytes(forecast, unit);
    double size = (double)forecast->work->policy.merge_bytes;
    double files = size > 0 ? floor(bytes / size) : 0;
    uint32_t count = forecast->work->streams + (files < 10000 ? (uint32_t)files : 10000u);
    struct merge_group *groups = mem_new(count, sizeof *groups);
    for (uint32_t i = 0; i < count; i++) {
        groups[i] = (struct merge_group){.number = forecast->group_count,
                                         .first = forecast->work->units[unit].first,
                                         .state = GROUP_OPEN};
        *group_add(forecast) = bytes / count / forecast->cost->merge_bytes_s;
    }
    struct core_event event = {
        .kind = EVENT_GROUPS, .unit = unit, .groups = groups, .group_count = count};
    forecast_step(forecast, &event, FORECAST_NONE);
    free(groups);
}

static void published(struct forecast *forecast, uint32_t number)
{
    struct merge_group group = {.number = number};
    struct core_event event = {
        .kind = EVENT_PUBLISHED, .groups = &group, .group_count = 1};
    forecast_step(forecast, &event, FORECAST_NONE);
}

static enum forecast_wait waits_for(const struct forecast *forecast)
{
    struct core_counts counts = core_count(forecast->core);
    if (counts.by_state[SEGMENT_READY] > 0)
        return forecast->live > 0 ? FORECAST_CORES : FORECAST_QUEUE;
    if (counts.by_state[SEGMENT_LEASED] > 0)
        return forecast->running > counts.groups[GROUP_LEASED] ? FORECAST_SEGMENTS
                                                               : FORECAST_SILENT;
    return counts.by_state[SEGMENT_WAITING] > 0 ? FORECAST_DELAY : FORECAST_MERGES;
}

static bool current(const struct forecast *forecast, const struct timeline_event *event)
{
    const struct forecast_pilot *pilot = &forecast->pilots[event->a];
    return pilot->life == event->b;
}

static void handle(struct forecast *forecast, const struct timeline_event *event)
{
    switch ((enum forecast_event)event->kind) {
    case AT_BEGIN:
        forecast_pilot_begin(forecast, event->a);
        break;
    case AT_SYNC:
        if (current(forecast, event))
            forecast_pilot_sync(forecast, event->a);
        break;
    case AT_END:
        if (forecast->tasks[event->a].token == event->b &&
            forecast->tasks[event->a].state == TASK_RUNNING)
            forecast_pilot_end(forecast, event->a);
        break;
    case AT_TERM:
        if (current(forecast, event) && !forecast->pilots[event->a].leaving)
            forecast_pilot_term(forecast, event->a);
        break;
    case AT_LOST:
        if (current(forecast, event))
            forecast_pilot_lost(forecast, event->a);
        break;
    case AT_CUT:
        cut(forecast, event->a);
        break;
    case AT_PUBLISH:
        published(forecast, event->a);
        break;
    case AT_TICK:
        forecast->tick_ns = INT64_MAX;
        forecast_step(forecast, &(struct core_event){.kind = EVENT_TICK}, FORECAST_NONE);
        break;
    }
}

/* Leases and their pilots are not of this world: what they have is ready again. */
static void load(struct forecast *forecast)
{
    const struct forecast_work *work = forecast->work;
    forecast->core = core_new(&work->policy, 1);
    for (uint32_t i = 0; i < work->segment_count; i++) {
        struct core_segment segment = work->segments[i];
        if ((segment.state.state == SEGMENT_PLANNED && !work->sample) ||
            segment.state.state == SEGMENT_LEASED)
            segment.state.state = SEGMENT_READY;
        core_add_segment(forecast->core, &segment);
    }
    for (uint32_t i = 0; i < work->unit_count; i++)
        core_add_unit(forecast->core, &work->units[i]);
    for (uint32_t i = 0; i < work->group_count; i++) {
        core_add_group(forecast->core, &work->groups[i]);
        *group_add(forecast) = 0;
    }
}

static void begin(struct forecast *forecast)
{
    const struct forecast_cluster *cluster = forecast->cluster;
    uint32_t left = cluster->cores;
    load(forecast);
    forecast->pilot_count =
        cluster->cores / cluster->allocation + (cluster->cores % cluster->allocation > 0);
    forecast->pilots = mem_new(forecast->pilot_count, sizeof *forecast->pilots);
    forecast_step(forecast, &(struct core_event){.kind = EVENT_START}, FORECAST_NONE);
    for (uint32_t i = 0; i < forecast->pilot_count; i++) {
        uint32_t cores = left < cluster->allocation ? left : cluster->allocation;
        forecast->pilots[i].cores = cores;
        left -= cores;
        forecast_pilot_submit(forecast, i);
    }
}

static void release(struct forecast *forecast)
{
    for (uint32_t i = 0; i < forecast->pilot_count; i++)
        free(forecast->pilots[i].tasks);
    for (uint32_t i = 0; i < forecast->task_count; i++)
        free(forecast->tasks[i].segments);
    core_free(forecast->core);
    timeline_release(&forecast->timeline);
    free(forecast->pilots);
    free(forecast->tasks);
    free(forecast->group_s);
}

void forecast_run(const struct forecast_work *work, const struct forecast_cost *cost,
                  const struct forecast_cluster *cluster, uint64_t seed,
                  struct forecast_result *result)
{
    bug_if(cluster->cores == 0 || cluster->allocation == 0);
    *result = (struct forecast_result){.complete = false};
    for (uint32_t i = 0; i <= 100; i++)
        result->percent_s[i] = NAN;
    struct forecast forecast = {.work = work,
                                .cost = cost,
                                .cluster = cluster,
                                .seed = random_mix(seed),
                                .random = {.state = seed},
                                .task_free = FORECAST_NONE,
                                .tick_ns = INT64_MAX,
                                .clock_ns = clock_cost_ns(),
                                .result = result};
    begin(&forecast);
    while (!forecast.over && forecast.timeline.count > 0) {
        struct timeline_event event = timeline_take(&forecast.timeline);
        if (event.at_ns > LIMIT_NS)
            break;
        if (forecast.percent > 90)
            result->wait_s[waits_for(&forecast)] +=
                (double)(event.at_ns - forecast.now_ns) / 1e9;
        forecast.now_ns = event.at_ns;
        handle(&forecast, &event);
    }
    for (uint32_t i = 0; i < forecast.pilot_count; i++)
        if (forecast.pilots[i].live)
            forecast_pilot_account(&forecast, &forecast.pilots[i]);
    result->end_s = (double)forecast.now_ns / 1e9;
    result->quarantined = core_count(forecast.core).by_state[SEGMENT_QUARANTINED];
    release(&forecast);
}
