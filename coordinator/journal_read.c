/* journal_read.c - reading a journal, whatever is in it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/journal_read.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define STEPS_ALL (STEP_RECO | STEP_SELECT)

/* Ten times the largest plan that is foreseen. */
#define JOURNAL_SEGMENTS 10000000u

struct lease_row {
    struct attempt attempt;
    uint32_t first; /* in `numbers` */
};

/* A list that grows. */
struct list {
    void *items;
    size_t count, capacity;
};

struct journal_state {
    struct journal_reader reader;
    char campaign[CAMPAIGN_NAME];
    struct campaign_policy policy;
    enum core_hold hold;
    struct core_pace paces[STEPS_ALL + 1];
    uint64_t next_attempt;
    struct core_segment like; /* state and steps of the segments that follow */
    struct list segments;     /* struct core_segment */
    struct list units;        /* struct core_unit */
    struct list groups;       /* struct merge_group */
    struct list leases;       /* struct lease_row */
    struct list numbers;      /* uint32_t: segments of leases */
    uint32_t covered;         /* segments in units */
    bool started;
    uint32_t groups_known;
    /* Of the event that was read last. */
    struct core_report *reports;
    char (*texts)[sizeof((struct err *)0)->text];
    uint64_t *held;
    uint64_t *tokens;
    struct list event_groups;  /* struct merge_group */
    struct list event_numbers; /* uint32_t */
};

static void *list_add(struct list *list, size_t size)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity == 0 ? 64 : 2 * list->capacity;
        list->items = mem_grow(list->items, list->capacity, size);
    }
    return (uint8_t *)list->items + list->count++ * size;
}

static enum lookup refused(const struct journal_state *state, struct err *err,
                           const char *text)
{
    (void)err_set(err, E_JOURNAL, "line %" PRIu64 ": %s", state->reader.line, text);
    return LOOKUP_FAILED;
}

static void rule_read(struct journal_state *state)
{
    struct journal_reader *reader = &state->reader;
    struct campaign_policy *policy = &state->policy;
    if (policy->rule_count == RETRY_RULES) {
        reader->broken = true;
        return;
    }
    struct retry_rule *rule = &policy->rules[policy->rule_count++];
    rule->kind = (uint16_t)journal_take(reader, ERR_PROTOCOL);
    rule->code = (uint16_t)journal_take(reader, UINT16_MAX);
    rule->crash = journal_take(reader, 1) != 0;
    rule->passive = journal_take(reader, 1) != 0;
    rule->action = (uint8_t)journal_take(reader, RETRY_QUARANTINE);
    rule->delayed = journal_take(reader, 1) != 0;
    rule->delay_ns = (int64_t)journal_take(reader, INT64_MAX);
    rule->percent = (uint32_t)journal_take(reader, UINT32_MAX);
    rule->up_to = journal_take(reader, UINT64_MAX);
    journal_take_text(reader, rule->text, sizeof rule->text);
}

static void policy_read(struct journal_state *state)
{
    struct journal_reader *reader = &state->reader;
    struct campaign_policy *policy = &state->policy;
    state->next_attempt = journal_take(reader, INT64_MAX);
    policy->task_bytes = journal_take(reader, UINT64_MAX);
    policy->task_segments = (uint32_t)journal_take(reader, UINT32_MAX);
    policy->lease_ns = (int64_t)journal_take(reader, INT64_MAX);
    policy->retry_delay_ns = (int64_t)journal_take(reader, INT64_MAX);
    policy->segment_limit_ns = (int64_t)journal_take(reader, INT64_MAX);
    policy->memory_bytes = journal_take(reader, UINT64_MAX);
    policy->attempts = (uint32_t)journal_take(reader, UINT32_MAX);
    uint64_t bits = journal_take(reader, UINT64_MAX);
    memcpy(&policy->complete_at, &bits, sizeof bits);
    if (journal_more(reader))
        policy->task_ns = (int64_t)journal_take(reader, INT64_MAX);
    if (journal_more(reader))
        policy->alert_ns = (int64_t)journal_take(reader, INT64_MAX);
}

static void state_read(struct journal_state *state)
{
    struct journal_reader *reader = &state->reader;
    struct plan_state *like = &state->like.state;
    state->like.steps = (uint32_t)journal_take(reader, STEPS_ALL);
    like->state = (uint8_t)journal_take(reader, SEGMENT_STATES - 1);
    like->blame = (uint8_t)journal_take(reader, UINT8_MAX);
    like->deaths = (uint8_t)journal_take(reader, UINT8_MAX);
    like->attempts = (uint8_t)journal_take(reader, UINT8_MAX);
    like->failure = (uint16_t)journal_take(reader, UINT16_MAX);
    like->memory = (uint8_t)journal_take(reader, UINT8_MAX);
    like->time = (uint8_t)journal_take(reader, UINT8_MAX);
}

static void segments_read(struct journal_state *state)
{
    struct journal_reader *reader = &state->reader;
    struct segment_id id = {.chunk = {.run = (uint32_t)journal_take(reader, UINT32_MAX)}};
    id.chunk.builder = (uint16_t)journal_take(reader, UINT16_MAX);
    id.chunk.number = (uint16_t)journal_take(reader, UINT16_MAX);
    id.ordinal = (uint32_t)journal_take(reader, UINT32_MAX / 2);
    while (journal_more(reader) && !reader->broken &&
           state->segments.count < JOURNAL_SEGMENTS) {
        struct core_segment *segment =
            list_add(&state->segments, sizeof(struct core_segment));
        *segment = state->like;
        segment->id = id;
        segment->bytes = journal_take(reader, UINT64_MAX);
        id.ordinal++;
    }
}

/* Each is what comes next in the chunk of the one `stride` places before. */
static void again_read(struct journal_state *state)
{
    struct journal_reader *reader = &state->reader;
    uint64_t stride = journal_take(reader, UINT32_MAX);
    if (stride == 0 || stride > state->segments.count) {
        reader->broken = true;
        return;
    }
    while (journal_more(reader) && !reader->broken &&
           state->segments.count < JOURNAL_SEGMENTS) {
        struct core_segment *segment =
            list_add(&state->segments, sizeof(struct core_segment));
        *segment = state->like;
        segment->id = (segment - stride)->id;
        segment->bytes = journal_take(reader, UINT64_MAX);
        if (segment->id.ordinal++ >= UINT32_MAX / 2)
            reader->broken = true;
    }
}

/* Units tile the plan. */
static void unit_read(struct journal_state *state)
{
    struct journal_reader *reader = &state->reader;
    struct core_unit *unit = list_add(&state->units, sizeof *unit);
    unit->first = (uint32_t)journal_take(reader, UINT32_MAX);
    unit->count = (uint32_t)journal_take(reader, UINT32_MAX);
    if (unit->first != state->covered ||
        unit->count > state->segments.count - state->covered)
        reader->broken = true;
    else
        state->covered += unit->count;
}

static void group_read(struct journal_state *state)
{
    struct journal_reader *reader = &state->reader;
    struct merge_group *group = list_add(&state->groups, sizeof *group);
    *group = (struct merge_group){.number = (uint32_t)(state->groups.count - 1)};
    group->first = (uint32_t)journal_take(reader, UINT32_MAX);
    group->state = (enum group_state)journal_take(reader, GROUP_VOID);
    group->deaths = (uint8_t)journal_take(reader, UINT8_MAX);
    group->failure = (uint16_t)journal_take(reader, UINT16_MAX);
    if (group->first >= state->covered)
        reader->broken = true;
}

static void lease_read(struct journal_state *state)
{
    struct journal_reader *reader = &state->reader;
    uint64_t before = 0;
    if (state->leases.count > 0)
        before = ((struct lease_row *)state->leases.items)[state->leases.count - 1]
                     .attempt.number;
    struct lease_row *row = list_add(&state->leases, sizeof *row);
    *row = (struct lease_row){.first = (uint32_t)state->numbers.count};
    struct attempt *attempt = &row->attempt;
    attempt->number = journal_take(reader, INT64_MAX);
    attempt->token = journal_take(reader, UINT64_MAX);
    attempt->kind = (enum task_kind)journal_take(reader, TASK_MERGE);
    while (journal_more(reader) && !reader->broken &&
           attempt->segment_count < TASK_SEGMENTS) {
        *(uint32_t *)list_add(&state->numbers, sizeof(uint32_t)) =
            (uint32_t)journal_take(reader, UINT32_MAX);
        attempt->segment_count++;
    }
    if (attempt->segment_count == 0 || attempt->number <= before ||
        attempt->number >= state->next_attempt)
        reader->broken = true;
}

static void hold_read(struct journal_state *state)
{
    state->hold = (enum core_hold)journal_take(&state->reader, CORE_CANCELLED);
}

static void pace_read(struct journal_state *state)
{
    struct journal_reader *reader = &state->reader;
    struct core_pace pace = {.steps = (uint32_t)journal_take(reader, STEPS_ALL)};
    pace.count = (uint32_t)journal_take(reader, UINT32_MAX);
    pace.bytes = journal_take(reader, UINT64_MAX);
    pace.wall_ns = journal_take(reader, UINT64_MAX);
    if (journal_more(reader)) { /* older ones say no more */
        pace.written = journal_take(reader, UINT64_MAX);
        pace.memory.count = journal_take(reader, UINT64_C(2) * MEMORY_LINE_TASKS);
        pace.memory.input = journal_take(reader, MEMORY_LINE_SUM);
        pace.memory.peak = journal_take(reader, MEMORY_LINE_SUM);
        pace.memory.input_input = journal_take(reader, MEMORY_LINE_SQUARES);
        pace.memory.input_peak = journal_take(reader, MEMORY_LINE_SQUARES);
    }
    state->paces[pace.steps & STEPS_ALL] = pace;
}

/* False at a line that is none of these. */
static bool head_line(struct journal_state *state, const char *name)
{
    static const struct {
        const char *name;
        void (*read)(struct journal_state *state);
    } lines[] = {{"policy", policy_read},    {"rule", rule_read},   {"state", state_read},
                 {"segment", segments_read}, {"again", again_read}, {"unit", unit_read},
                 {"group", group_read},      {"lease", lease_read}, {"hold", hold_read},
                 {"pace", pace_read}};

    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        if (strcmp(lines[i].name, name) == 0) {
            lines[i].read(state);
            return true;
        }
    return false;
}

/* At its end, or in a line that was not written to its end? */
static bool is_torn(const struct journal_reader *reader)
{
    return reader->at == reader->size ||
           memchr(reader->data + reader->at, '\n', reader->size - reader->at) == NULL;
}

/* Up to the first event, which is read again. ABSENT: there is none. */
static enum lookup head_read(struct journal_state *state, struct err *err)
{
    struct journal_reader *reader = &state->reader;
    struct journal_reader before;
    char name[16];
    if (reader->size == 0)
        return LOOKUP_ABSENT;
    if (!journal_next(reader, name) || strcmp(name, "spillway-1") != 0)
        return refused(state, err, "this is no journal, or one of another version");
    journal_take_text(reader, state->campaign, sizeof state->campaign);
    for (;;) {
        before = *reader;
        if (!journal_next(reader, name))
            return is_torn(reader)
                       ? LOOKUP_ABSENT
                       : refused(state, err, "a line before the first event is damaged");
        if (strcmp(name, "event") == 0)
            break;
        if (!head_line(state, name) || reader->broken || journal_more(reader))
            return refused(state, err, "no coordinator writes this");
    }
    *reader = before;
    if (state->units.count != 0 && state->covered != state->segments.count)
        return refused(state, err, "the units do not cover the plan");
    return LOOKUP_FOUND;
}

enum lookup journal_state_read(const char *data, size_t size,
                               struct journal_state **state, struct err *err)
{
    struct journal_state *made = mem_new(1, sizeof *made);
    made->reader = (struct journal_reader){.data = data, .size = size};
    made->reports = mem_new(SYNC_REPORTS, sizeof *made->reports);
    made->texts = mem_new(SYNC_REPORTS, sizeof *made->texts);
    made->held = mem_new(SYNC_HELD, sizeof *made->held);
    made->tokens = mem_new(SYNC_TASKS, sizeof *made->tokens);
    enum lookup found = head_read(made, err);
    if (found != LOOKUP_FOUND) {
        journal_state_free(made);
        return found;
    }
    made->groups_known = (uint32_t)made->groups.count;
    *state = made;
    return LOOKUP_FOUND;
}

void journal_state_free(struct journal_state *state)
{
    if (state == NULL)
        return;
    free(state->segments.items);
    free(state->units.items);
    free(state->groups.items);
    free(state->leases.items);
    free(state->numbers.items);
    free(state->reports);
    free(state->texts);
    free(state->held);
    free(state->tokens);
    free(state->event_groups.items);
    free(state->event_numbers.items);
    free(state);
}

const char *journal_state_campaign(const struct journal_state *state)
{
    return state->campaign;
}

const struct campaign_policy *journal_state_policy(const struct journal_state *state)
{
    return &state->policy;
}

struct core *journal_state_core(const struct journal_state *state,
                                const struct campaign_policy *policy)
{
    struct core *core = core_new(policy, state->next_attempt);
    core_set_hold(core, state->hold);
    for (uint32_t i = 0; i <= STEPS_ALL; i++)
        core_add_pace(core, &state->paces[i]);
    const struct core_segment *segments = state->segments.items;
    const struct core_unit *units = state->units.items;
    const struct merge_group *groups = state->groups.items;
    const struct lease_row *leases = state->leases.items;
    for (size_t i = 0; i < state->segments.count; i++)
        core_add_segment(core, &segments[i]);
    for (size_t i = 0; i < state->units.count; i++)
        core_add_unit(core, &units[i]);
    for (size_t i = 0; i < state->groups.count; i++)
        core_add_group(core, &groups[i]);
    for (size_t i = 0; i < state->leases.count; i++) {
        struct attempt attempt = leases[i].attempt;
        attempt.segments = (const uint32_t *)state->numbers.items + leases[i].first;
        core_add_lease(core, &attempt);
    }
    return core;
}

static void report_read(struct journal_state *state, uint32_t index)
{
    struct journal_reader *reader = &state->reader;
    struct core_report *report = &state->reports[index];
    *report = (struct core_report){.attempt = journal_take(reader, UINT64_MAX)};
    report->token = journal_take(reader, UINT64_MAX);
    report->status = (enum report_status)journal_take(reader, REPORT_FAILED);
    report->segment_count = (uint32_t)journal_take(reader, UINT32_MAX);
    report->already = (enum attempt_state)journal_take(reader, ATTEMPT_VOID);
    report->blamed = (uint32_t)journal_take(reader, UINT32_MAX);
    report->signal = (int32_t)(uint32_t)journal_take(reader, UINT32_MAX);
    report->failure = (uint16_t)journal_take(reader, UINT16_MAX);
    uint64_t marks = journal_take(reader, 7);
    report->parts_present = (marks & 1) != 0;
    if ((marks & 2) != 0)
        report->wall_ns = (int64_t)journal_take(reader, INT64_MAX);
    if ((marks & 4) != 0) {
        report->written = journal_take(reader, UINT64_MAX);
        report->memory = journal_take(reader, UINT64_MAX);
    }
    journal_take_text(reader, state->texts[index], sizeof state->texts[index]);
    report->text = state->texts[index];
}

static void sync_read(struct journal_state *state, struct core_event *event)
{
    struct journal_reader *reader = &state->reader;
    event->pilot = journal_take(reader, UINT64_MAX);
    event->want = (uint32_t)journal_take(reader, UINT32_MAX);
    event->report_count = (uint32_t)journal_take(reader, SYNC_REPORTS);
    for (uint32_t i = 0; i < event->report_count; i++)
        report_read(state, i);
    event->held_count = (uint32_t)journal_take(reader, SYNC_HELD);
    for (uint32_t i = 0; i < event->held_count; i++)
        state->held[i] = journal_take(reader, UINT64_MAX);
    event->token_count = (uint32_t)journal_take(reader, SYNC_TASKS);
    for (uint32_t i = 0; i < event->token_count; i++)
        state->tokens[i] = journal_take(reader, UINT64_MAX);
    if (journal_more(reader))
        event->attempt = journal_take(reader, INT64_MAX);
    event->reports = state->reports;
    event->held = state->held;
    event->tokens = state->tokens;
}

static void groups_read(struct journal_state *state, struct core_event *event)
{
    struct journal_reader *reader = &state->reader;
    state->event_groups.count = 0;
    event->unit = (uint32_t)journal_take(reader, UINT32_MAX);
    uint64_t count = journal_take(reader, UINT32_MAX);
    for (uint64_t i = 0; i < count && !reader->broken; i++) {
        struct merge_group *group =
            list_add(&state->event_groups, sizeof(struct merge_group));
        *group =
            (struct merge_group){.number = (uint32_t)journal_take(reader, UINT32_MAX)};
        group->first = (uint32_t)journal_take(reader, UINT32_MAX);
        group->state = (enum group_state)journal_take(reader, GROUP_VOID);
        group->deaths = (uint8_t)journal_take(reader, UINT8_MAX);
        group->failure = (uint16_t)journal_take(reader, UINT16_MAX);
        if (event->kind != EVENT_GROUPS)
            continue;
        if (group->number != state->groups_known ||
            (group->state != GROUP_OPEN && group->state != GROUP_PUBLISHED))
            reader->broken = true;
        else
            state->groups_known++;
    }
    if (event->kind == EVENT_GROUPS && event->unit >= state->units.count)
        reader->broken = true;
    event->groups = state->event_groups.items;
    event->group_count = (uint32_t)state->event_groups.count;
}

static void numbers_read(struct journal_state *state, struct core_event *event)
{
    struct journal_reader *reader = &state->reader;
    state->event_numbers.count = 0;
    event->steps = (uint32_t)journal_take(reader, STEPS_ALL);
    uint64_t count = journal_take(reader, UINT32_MAX);
    for (uint64_t i = 0; i < count && !reader->broken; i++)
        *(uint32_t *)list_add(&state->event_numbers, sizeof(uint32_t)) =
            (uint32_t)journal_take(reader, UINT32_MAX);
    event->segments = state->event_numbers.items;
    event->segment_count = (uint32_t)state->event_numbers.count;
}

static void event_read(struct journal_state *state, struct core_event *event)
{
    struct journal_reader *reader = &state->reader;
    switch (event->kind) {
    case EVENT_START:
    case EVENT_TICK:
    case EVENT_DRAIN:
        break;
    case EVENT_HELLO:
        event->pilot = journal_take(reader, UINT64_MAX);
        event->node = (uint32_t)journal_take(reader, UINT32_MAX);
        break;
    case EVENT_SYNC:
        sync_read(state, event);
        break;
    case EVENT_GROUPS:
    case EVENT_PUBLISHED:
        groups_read(state, event);
        break;
    case EVENT_HOLD:
        event->hold = (enum core_hold)journal_take(reader, CORE_CANCELLED);
        break;
    case EVENT_MISSING:
    case EVENT_RELEASE:
    case EVENT_FOUND:
        numbers_read(state, event);
        break;
    }
    if (state->started == (event->kind == EVENT_START))
        reader->broken = true;
    state->started = true;
}

enum lookup journal_event_next(struct journal_state *state, struct journal_event *event,
                               size_t *cut, struct err *err)
{
    struct journal_reader *reader = &state->reader;
    char name[16];
    if (!journal_next(reader, name)) {
        *cut = reader->size - reader->at;
        return LOOKUP_ABSENT;
    }
    *event = (struct journal_event){.line = reader->line};
    event->digest = journal_take(reader, UINT64_MAX);
    event->event.kind = (enum event_kind)journal_take(reader, EVENT_FOUND);
    event->event.now_ns = (int64_t)journal_take(reader, INT64_MAX);
    if (strcmp(name, "event") == 0 && !reader->broken)
        event_read(state, &event->event);
    else
        reader->broken = true;
    if (!reader->broken && !journal_more(reader))
        return LOOKUP_FOUND;
    (void)refused(state, err, "no coordinator writes this");
    return LOOKUP_FAILED;
}
