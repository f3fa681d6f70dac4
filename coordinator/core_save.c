/* core_save.c - a core and its events as lines.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The state of segments stands only where it changes, their identities only where they do
 * not follow from those before. A plan goes from spill to spill through all builders, so
 * a segment mostly follows the one that stands as many places before it as there are
 * builders: about 10 bytes a segment.
 */
#include "coordinator/core_save.h"

#include <string.h>

#include "coordinator/core_internal.h"

/* More than there are builders. */
#define STRIDE_MAXIMUM 64u

#define SEGMENT_SIZE 12u /* rather more than it takes */

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static void save_policy(const struct campaign_policy *policy, uint64_t next_attempt,
                        struct journal_writer *writer)
{
    journal_begin(writer, "policy");
    journal_number(writer, next_attempt);
    journal_number(writer, policy->task_bytes);
    journal_number(writer, policy->task_segments);
    journal_number(writer, (uint64_t)policy->lease_ns);
    journal_number(writer, (uint64_t)policy->retry_delay_ns);
    journal_number(writer, (uint64_t)policy->segment_limit_ns);
    journal_number(writer, policy->memory_bytes);
    journal_number(writer, policy->attempts);
    journal_number(writer, bits_of(policy->complete_at));
    if (policy->task_ns > 0 || policy->alert_ns > 0)
        journal_number(writer, (uint64_t)policy->task_ns);
    if (policy->alert_ns > 0)
        journal_number(writer, (uint64_t)policy->alert_ns);
    journal_end(writer);
    for (uint32_t i = 0; i < policy->rule_count; i++) {
        const struct retry_rule *rule = &policy->rules[i];
        journal_begin(writer, "rule");
        journal_number(writer, rule->kind);
        journal_number(writer, rule->code);
        journal_number(writer, rule->crash);
        journal_number(writer, rule->passive);
        journal_number(writer, rule->action);
        journal_number(writer, rule->delayed);
        journal_number(writer, (uint64_t)rule->delay_ns);
        journal_number(writer, rule->percent);
        journal_number(writer, rule->up_to);
        journal_text(writer, rule->text);
        journal_end(writer);
    }
}

static void save_paces(const struct core *core, struct journal_writer *writer)
{
    for (uint32_t i = 0; i <= CORE_STEPS; i++) {
        if (core->pace[i].count == 0)
            continue;
        journal_begin(writer, "pace");
        journal_number(writer, core->pace[i].steps);
        journal_number(writer, core->pace[i].count);
        journal_number(writer, core->pace[i].bytes);
        journal_number(writer, core->pace[i].wall_ns);
        journal_number(writer, core->pace[i].written);
        journal_number(writer, core->pace[i].memory.count);
        journal_number(writer, core->pace[i].memory.input);
        journal_number(writer, core->pace[i].memory.peak);
        journal_number(writer, core->pace[i].memory.input_input);
        journal_number(writer, core->pace[i].memory.input_peak);
        journal_end(writer);
    }
}

static bool state_same(const struct core_row *a, const struct core_row *b)
{
    const struct plan_state *s = &a->state;
    const struct plan_state *t = &b->state;
    return a->steps == b->steps && s->state == t->state && s->blame == t->blame &&
           s->deaths == t->deaths && s->attempts == t->attempts &&
           s->failure == t->failure && s->memory == t->memory && s->time == t->time;
}

static void save_state(const struct core_row *row, struct journal_writer *writer)
{
    journal_begin(writer, "state");
    journal_number(writer, row->steps);
    journal_number(writer, row->state.state);
    journal_number(writer, row->state.blame);
    journal_number(writer, row->state.deaths);
    journal_number(writer, row->state.attempts);
    journal_number(writer, row->state.failure);
    journal_number(writer, row->state.memory);
    journal_number(writer, row->state.time);
    journal_end(writer);
}

/* `row` is what comes next in the chunk of `before`. */
static bool follows(const struct core_row *row, const struct core_row *before)
{
    return row->id.ordinal == before->id.ordinal + 1 &&
           chunk_id_compare(&row->id.chunk, &before->id.chunk) == 0;
}

/* How far before row `at` stands the one that it follows: `last` if that holds still, the
 * nearest otherwise; 0: nowhere near. */
static uint32_t stride_of(const struct core *core, uint32_t at, uint32_t last)
{
    const struct core_row *row = &core->rows[at];
    if (last > 0 && last <= at && follows(row, row - last))
        return last;
    for (uint32_t stride = 1; stride <= STRIDE_MAXIMUM && stride <= at; stride++)
        if (follows(row, row - stride))
            return stride;
    return 0;
}

/* The line of row `at` and of those that go on like it; where the next one begins. */
static uint32_t save_line(const struct core *core, uint32_t at, uint32_t *stride,
                          struct journal_writer *writer)
{
    const struct core_row *row = &core->rows[at];
    *stride = stride_of(core, at, *stride);
    if (*stride > 0) {
        journal_begin(writer, "again");
        journal_number(writer, *stride);
    } else {
        journal_begin(writer, "segment");
        journal_number(writer, row->id.chunk.run);
        journal_number(writer, row->id.chunk.builder);
        journal_number(writer, row->id.chunk.number);
        journal_number(writer, row->id.ordinal);
    }
    uint32_t step = *stride > 0 ? *stride : 1;
    do {
        journal_number(writer, core->rows[at++].bytes);
        row++;
    } while (at < core->row_count && follows(row, row - step) &&
             state_same(row, row - 1));
    journal_end(writer);
    return at;
}

static void save_segments(const struct core *core, struct journal_writer *writer)
{
    uint32_t stride = 0;
    for (uint32_t i = 0; i < core->row_count;) {
        if (i == 0 || !state_same(&core->rows[i], &core->rows[i - 1]))
            save_state(&core->rows[i], writer);
        i = save_line(core, i, &stride, writer);
    }
}

static void save_leases(const struct core *core, struct journal_writer *writer)
{
    for (uint32_t i = 0; i < core->attempt_count; i++) {
        const struct core_attempt *attempt = &core->attempts[i];
        const struct core_lease *lease = &core->leases[attempt->lease];
        journal_begin(writer, "lease");
        journal_number(writer, attempt->number);
        journal_number(writer, attempt->token);
        journal_number(writer, lease->kind);
        for (uint32_t k = 0; k < lease->count; k++)
            journal_number(writer, lease->segments[k]);
        journal_end(writer);
    }
}

void core_save(const struct core *core, struct journal_writer *writer)
{
    bug_if(core->started);
    save_policy(&core->policy, core->next_attempt, writer);
    if (core->hold != CORE_RUNNING) {
        journal_begin(writer, "hold");
        journal_number(writer, core->hold);
        journal_end(writer);
    }
    save_paces(core, writer);
    save_segments(core, writer);
    for (uint32_t i = 0; i < core->unit_count; i++) {
        journal_begin(writer, "unit");
        journal_number(writer, core->units[i].unit.first);
        journal_number(writer, core->units[i].unit.count);
        journal_end(writer);
    }
    for (uint32_t i = 0; i < core->group_count; i++) {
        const struct core_group_row *group = &core->groups[i];
        journal_begin(writer, "group");
        journal_number(writer, group->first);
        journal_number(writer, group->state);
        journal_number(writer, group->deaths);
        journal_number(writer, group->failure);
        journal_end(writer);
    }
    save_leases(core, writer);
}

size_t core_save_size(const struct core *core)
{
    return (size_t)core->row_count * SEGMENT_SIZE;
}

static void save_sync(const struct core_event *event, struct journal_writer *writer)
{
    uint32_t tokens = event->want < event->token_count ? event->want : event->token_count;
    journal_number(writer, event->pilot);
    journal_number(writer, event->want);
    journal_number(writer, event->report_count);
    for (uint32_t i = 0; i < event->report_count; i++) {
        const struct core_report *report = &event->reports[i];
        journal_number(writer, report->attempt);
        journal_number(writer, report->token);
        journal_number(writer, report->status);
        journal_number(writer, report->segment_count);
        journal_number(writer, report->already);
        journal_number(writer, report->blamed);
        journal_number(writer, (uint32_t)report->signal);
        journal_number(writer, report->failure);
        bool timed = report->wall_ns > 0;
        bool measured = report->written > 0 || report->memory > 0;
        journal_number(writer, (report->parts_present ? 1u : 0u) | (timed ? 2u : 0u) |
                                   (measured ? 4u : 0u));
        if (timed)
            journal_number(writer, (uint64_t)report->wall_ns);
        if (measured) {
            journal_number(writer, report->written);
            journal_number(writer, report->memory);
        }
        journal_text(writer, report->text == NULL ? "" : report->text);
    }
    journal_number(writer, event->held_count);
    for (uint32_t i = 0; i < event->held_count; i++)
        journal_number(writer, event->held[i]);
    journal_number(writer, tokens); /* more are not used */
    for (uint32_t i = 0; i < tokens; i++)
        journal_number(writer, event->tokens[i]);
    if (event->attempt != 0) /* several campaigns are served */
        journal_number(writer, event->attempt);
}

static void save_groups(const struct core_event *event, struct journal_writer *writer)
{
    journal_number(writer, event->unit);
    journal_number(writer, event->group_count);
    for (uint32_t i = 0; i < event->group_count; i++) {
        const struct merge_group *group = &event->groups[i];
        journal_number(writer, group->number);
        journal_number(writer, group->first);
        journal_number(writer, group->state);
        journal_number(writer, group->deaths);
        journal_number(writer, group->failure);
    }
}

void core_save_event(const struct core_event *event, uint64_t digest,
                     struct journal_writer *writer)
{
    journal_begin(writer, "event");
    journal_number(writer, digest);
    journal_number(writer, event->kind);
    /* Time before 0 is 0 to a core. */
    journal_number(writer, event->now_ns < 0 ? 0 : (uint64_t)event->now_ns);
    switch (event->kind) {
    case EVENT_START:
    case EVENT_TICK:
    case EVENT_DRAIN:
        break;
    case EVENT_HELLO:
        journal_number(writer, event->pilot);
        journal_number(writer, event->node);
        break;
    case EVENT_SYNC:
        save_sync(event, writer);
        break;
    case EVENT_GROUPS:
    case EVENT_PUBLISHED:
        save_groups(event, writer);
        break;
    case EVENT_HOLD:
        journal_number(writer, event->hold);
        break;
    case EVENT_MISSING:
    case EVENT_RELEASE:
    case EVENT_FOUND:
        journal_number(writer, event->steps);
        journal_number(writer, event->segment_count);
        for (uint32_t i = 0; i < event->segment_count; i++)
            journal_number(writer, event->segments[i]);
        break;
    }
    journal_end(writer);
}
