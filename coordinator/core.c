/* core.c - the deciding part of the coordinator: event in, commands out.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/core.h"

#include <stdlib.h>

#include "base/bytes.h"
#include "coordinator/core_internal.h"

/* Ten years, and a sixtieth of it: sums and doubled delays stay below INT64_MAX. */
#define CORE_TERM_MAXIMUM ((int64_t)3650 * 86400 * 1000000000)

static int64_t bounded(int64_t value, int64_t lowest, int64_t highest)
{
    if (value < lowest)
        return lowest;
    return value > highest ? highest : value;
}

struct core *core_new(const struct campaign_policy *policy, uint64_t next_attempt)
{
    struct core *core = mem_new(1, sizeof *core);
    *core = (struct core){.policy = *policy,
                          .next_attempt = next_attempt == 0 ? 1 : next_attempt,
                          .lease_free = CORE_NONE,
                          .lease_first = CORE_NONE,
                          .lease_last = CORE_NONE};
    core->policy.lease_ns = bounded(policy->lease_ns, 1, CORE_TERM_MAXIMUM);
    core->policy.retry_delay_ns =
        bounded(policy->retry_delay_ns, 0, CORE_TERM_MAXIMUM / CORE_DELAY_FACTOR);
    for (uint32_t i = 0; i < policy->rule_count; i++)
        core->policy.rules[i].delay_ns =
            bounded(policy->rules[i].delay_ns, 0, CORE_TERM_MAXIMUM);
    if (policy->attempts == 0)
        core->policy.attempts = 1;
    if (policy->attempts > UINT8_MAX)
        core->policy.attempts = UINT8_MAX;
    return core;
}

void core_free(struct core *core)
{
    if (core == NULL)
        return;
    for (uint32_t i = 0; i < core->lease_count; i++)
        free(core->leases[i].segments);
    core_set_release(&core->ready);
    core_set_release(&core->suspects);
    core_set_release(&core->open_groups);
    free(core->rows);
    free(core->order);
    free(core->wait.list);
    free(core->units);
    free(core->closing);
    free(core->groups);
    free(core->leases);
    free(core->attempts);
    free(core->pilots);
    free(core->commands);
    free(core);
}

void core_expect(struct core *core, uint32_t segments)
{
    if (core->rows != NULL)
        return;
    core->rows = mem_large(segments, sizeof *core->rows);
    core->row_capacity = segments;
}

void core_add_segment(struct core *core, const struct core_segment *segment)
{
    bug_if(core->started || segment->state.state >= SEGMENT_STATES);
    core->rows =
        core_room(core->rows, core->row_count, &core->row_capacity, sizeof *core->rows);
    core->rows[core->row_count++] = (struct core_row){.id = segment->id,
                                                      .unit = CORE_NONE,
                                                      .bytes = segment->bytes,
                                                      .state = segment->state,
                                                      .lease = CORE_NONE,
                                                      .steps = (uint8_t)segment->steps};
    core->counts.by_state[segment->state.state]++;
    core->counts.bytes_total += segment->bytes;
    if (segment->state.state == SEGMENT_COMMITTED)
        core->counts.bytes_done += segment->bytes;
}

void core_add_unit(struct core *core, const struct core_unit *unit)
{
    bug_if(core->started);
    core->units = core_room(core->units, core->unit_count, &core->unit_capacity,
                            sizeof *core->units);
    core->units[core->unit_count++] =
        (struct core_unit_row){.unit = *unit, .groups = CORE_NONE};
}

void core_add_group(struct core *core, const struct merge_group *group)
{
    bug_if(core->started);
    core_group_append(core, group);
}

void core_add_lease(struct core *core, const struct attempt *attempt)
{
    bug_if(core->started || attempt->number >= core->next_attempt ||
           attempt->segment_count == 0);
    bug_if(core->attempt_count > 0 &&
           core->attempts[core->attempt_count - 1].number >= attempt->number);
    struct core_attempt row = {.number = attempt->number, .token = attempt->token};
    core_lease_new(core, &row, attempt->kind, attempt->segments, attempt->segment_count);
}

void core_set_hold(struct core *core, enum core_hold hold)
{
    bug_if(core->started);
    core->hold = hold;
}

/* Leases that are current are renewed. What ended by the pilot's own report is no news
 * to it, so only a lease that was taken back, or was never ours, is told. */
static void renew(struct core *core, const struct core_event *event)
{
    for (uint32_t i = 0; i < event->held_count; i++) {
        const struct core_attempt *row = core_attempt_find(core, event->held[i]);
        if (row != NULL && row->state == ATTEMPT_LEASED)
            core_lease_renew(core, row->lease);
        else if (row == NULL || row->state == ATTEMPT_VOID)
            core_command_add(core, COMMAND_LOST)->attempt = event->held[i];
    }
}

static void sync(struct core *core, const struct core_event *event)
{
    uint32_t node;
    bool known = core_pilot_heard(core, event->pilot, event->want > 0, &node);
    for (uint32_t i = 0; i < event->report_count; i++)
        core_report_take(core, &event->reports[i], i, node);
    renew(core, event);
    if (!known)
        core_command_add(core, COMMAND_UNKNOWN);
    if (event->attempt > core->next_attempt)
        core->next_attempt = event->attempt;
    if (core->draining || core->told == TOLD_COMPLETE || core->hold == CORE_CANCELLED)
        core_command_add(core, COMMAND_FINISH);
    else if (known && core->hold == CORE_RUNNING)
        core_give(core, event, node);
}

static void hold(struct core *core, enum core_hold to)
{
    if (core->hold == CORE_CANCELLED)
        return;
    core->hold = to;
    core->progress_ns = core->now_ns;
    if (to == CORE_CANCELLED)
        core_lease_void_all(core, "the campaign was cancelled");
}

/* One that is leased or waits finds the product when it is reported again. */
static void found(struct core *core, const struct core_event *event)
{
    for (uint32_t i = 0; i < event->segment_count; i++) {
        uint32_t number = event->segments[i];
        if (number >= core->row_count)
            continue;
        struct core_row *row = &core->rows[number];
        if (row->state.state != SEGMENT_READY && row->state.state != SEGMENT_PLANNED)
            continue;
        row->steps = (uint8_t)(row->steps & ~event->steps);
        if (row->steps == 0) {
            core_segment_move(core, number, SEGMENT_COMMITTED);
            continue;
        }
        struct core_command *command = core_command_add(core, COMMAND_STATE);
        command->segment = number;
        command->state = row->state;
    }
}

static void missing(struct core *core, const struct core_event *event)
{
    for (uint32_t i = 0; i < event->segment_count; i++) {
        uint32_t number = event->segments[i];
        if (number >= core->row_count ||
            core->rows[number].state.state != SEGMENT_COMMITTED)
            continue;
        core->rows[number].steps = event->steps == 0 ? (uint8_t)(STEP_RECO | STEP_SELECT)
                                                     : (uint8_t)event->steps;
        core->rows[number].limit = 0;
        core_segment_move(core, number, SEGMENT_READY);
    }
}

/* A merge that was given up gets a new cut when a segment of its unit is named. */
static void release_groups(struct core *core, uint32_t unit)
{
    if (unit == CORE_NONE || core->units[unit].open > 0)
        return;
    for (uint32_t i = core->units[unit].groups; i != CORE_NONE; i = core->groups[i].next)
        if (core->groups[i].state == GROUP_FAILED) {
            core_unit_reopen(core, unit);
            core_unit_closing(core, unit);
            return;
        }
}

static void release(struct core *core, const struct core_event *event)
{
    core->progress_ns = core->now_ns;
    for (uint32_t i = 0; i < event->segment_count; i++) {
        uint32_t number = event->segments[i];
        if (number >= core->row_count)
            continue;
        struct core_row *row = &core->rows[number];
        if (row->state.state == SEGMENT_QUARANTINED || row->state.state == SEGMENT_LOST ||
            row->state.state == SEGMENT_PLANNED) {
            row->state.blame = 0;
            row->state.deaths = 0;
            row->limit = 0;
            row->avoid = 0;
            core_segment_move(core, number, SEGMENT_READY);
        }
        release_groups(core, row->unit);
    }
}

void core_step(struct core *core, const struct core_event *event,
               struct core_commands *commands)
{
    bug_if(core->started == (event->kind == EVENT_START));
    core->command_count = 0;
    if (event->now_ns > core->now_ns)
        core->now_ns = event->now_ns;
    core_wake(core);
    core_pilot_forget(core);
    switch (event->kind) {
    case EVENT_START:
        core_start(core);
        break;
    case EVENT_TICK:
        break;
    case EVENT_HELLO:
        core_pilot_hello(core, event->pilot, event->node);
        break;
    case EVENT_SYNC:
        sync(core, event);
        break;
    case EVENT_GROUPS:
        core_groups_known(core, event);
        break;
    case EVENT_PUBLISHED:
        core_groups_published(core, event);
        break;
    case EVENT_MISSING:
        missing(core, event);
        break;
    case EVENT_RELEASE:
        release(core, event);
        break;
    case EVENT_DRAIN:
        core->draining = true;
        break;
    case EVENT_HOLD:
        hold(core, event->hold);
        break;
    case EVENT_FOUND:
        found(core, event);
        break;
    }
    core_settle(core);
    commands->list = core->commands;
    commands->count = core->command_count;
}

bool core_knows(const struct core *core, uint64_t attempt)
{
    return core_attempt_find(core, attempt) != NULL;
}

uint64_t core_next_attempt(const struct core *core)
{
    return core->next_attempt;
}

struct core_counts core_count(const struct core *core)
{
    struct core_counts counts = core->counts;
    counts.pilots = core->pilot_count;
    return counts;
}

struct plan_state core_state(const struct core *core, uint32_t segment)
{
    bug_if(segment >= core->row_count);
    return core->rows[segment].state;
}

int64_t core_deadline(const struct core *core)
{
    int64_t deadline_ns = INT64_MAX;
    if (core->wait.count > 0)
        deadline_ns = core->wait.list[0].due_ns;
    if (core->pilot_count > 0 && core->pilot_check_ns < deadline_ns)
        deadline_ns = core->pilot_check_ns;
    return deadline_ns;
}
