/* core_ready.c - what is handed out next, and to how many segments at a time.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Merges come first: they free parts. Then ready segments from the lowest chunk on, so
 * that work in flight stays in a small window of the catalog and runs close early. Only
 * then work whose lease has run out, oldest first: until here it counted for its pilot.
 * A suspect is alone in its task and the only one of its pilot, beside other work: it is
 * cleared as soon as it is done, and when that pilot is lost too only one is left that
 * has so many deaths. That one comes last from then on, and costs no other segment its
 * place.
 */
#include "base/bytes.h"
#include "coordinator/core_internal.h"

#define READY_SKIPPED  256u
#define READY_COMPARED 256u

static uint32_t segment_limit(const struct core *core, const struct core_row *row)
{
    if (core_segment_alone(row))
        return 1;
    uint32_t limit = TASK_SEGMENTS;
    if (core->policy.task_segments > 0 && core->policy.task_segments < limit)
        limit = core->policy.task_segments;
    return row->limit > 0 && row->limit < limit ? row->limit : limit;
}

static bool neighbours(const struct core_row *a, const struct core_row *b)
{
    return chunk_id_compare(&a->id.chunk, &b->id.chunk) == 0 &&
           b->id.ordinal == a->id.ordinal + 1 && a->steps == b->steps &&
           a->state.memory == b->state.memory && a->state.time == b->state.time;
}

/* For whom work is looked for. */
struct taker {
    uint32_t node;    /* 0 unknown */
    bool asked;       /* whether there is another node */
    bool elsewhere;   /* there is */
    uint32_t skipped; /* ready segments that are not for this node */
    bool suspect;     /* the pilot has one in hand */
};

/* Work that failed on this node is for another one, as long as one asks for work. */
static bool not_here(const struct core *core, struct taker *taker,
                     const struct core_row *row)
{
    if (row->avoid == 0 || row->avoid != taker->node)
        return false;
    if (!taker->asked)
        taker->elsewhere = core_pilot_elsewhere(core, taker->node);
    taker->asked = true;
    return taker->elsewhere;
}

/* A node on which so many segments failed gets nothing until others took them. */
static uint32_t ready_place(const struct core *core, struct taker *taker, uint32_t from)
{
    uint32_t place = core_set_next(&core->ready, from);
    while (place != CORE_NONE && not_here(core, taker, &core->rows[core->order[place]])) {
        if (++taker->skipped > READY_SKIPPED)
            return CORE_NONE;
        place = core_set_next(&core->ready, place + 1);
    }
    return place;
}

/* Near the end what takes longest begins first: the largest of the next ready ones. */
static uint32_t largest_place(const struct core *core, struct taker *taker,
                              uint32_t place)
{
    uint32_t largest = place;
    for (uint32_t seen = 1; seen < READY_COMPARED; seen++) {
        place = ready_place(core, taker, place + 1);
        if (place == CORE_NONE)
            break;
        if (core->rows[core->order[place]].bytes > core->rows[core->order[largest]].bytes)
            largest = place;
    }
    return largest;
}

/* From a ready place on, the segments of one task. */
static uint32_t gather(const struct core *core, struct taker *taker, uint32_t place,
                       uint32_t segments[TASK_SEGMENTS])
{
    const struct core_row *row = &core->rows[core->order[place]];
    uint32_t limit = segment_limit(core, row);
    uint32_t count = 0;
    segments[count++] = core->order[place];
    uint64_t bytes = row->bytes;
    uint64_t enough = core_task_bytes(core, row);
    while (count < limit && bytes < enough && core_set_has(&core->ready, place + count)) {
        uint32_t number = core->order[place + count];
        const struct core_row *next = &core->rows[number];
        uint32_t its_limit = segment_limit(core, next);
        if (its_limit <= count || !neighbours(row, next) || not_here(core, taker, next))
            break;
        if (its_limit < limit)
            limit = its_limit;
        segments[count++] = number;
        bytes += next->bytes;
        row = next;
    }
    return count;
}

static struct core_attempt attempt_next(struct core *core, uint64_t token)
{
    return (struct core_attempt){.number = core->next_attempt++, .token = token};
}

static void lease_command(struct core *core, uint32_t slot, uint64_t token)
{
    const struct core_lease *lease = &core->leases[slot];
    struct core_command *command = core_command_add(core, COMMAND_LEASE);
    command->attempt = lease->attempt;
    command->token = token;
    command->task_kind = lease->kind;
    command->segments = lease->segments;
    command->segment_count = lease->count;
    if (lease->kind == TASK_MERGE)
        command->group = lease->segments[0];
    else
        command->steps = core->rows[lease->segments[0]].steps;
}

static bool give_merge(struct core *core, uint64_t token)
{
    uint32_t group = core_set_next(&core->open_groups, 0);
    if (group == CORE_NONE)
        return false;
    struct core_attempt attempt = attempt_next(core, token);
    uint32_t slot = core_lease_new(core, &attempt, TASK_MERGE, &group, 1);
    core->groups[group].lease = slot;
    lease_command(core, slot, token);
    core_group_move(core, group, GROUP_LEASED);
    return true;
}

static void lease_segments(struct core *core, const uint32_t *segments, uint32_t count,
                           uint64_t token)
{
    struct core_attempt attempt = attempt_next(core, token);
    uint32_t slot = core_lease_new(core, &attempt, TASK_PROCESS, segments, count);
    lease_command(core, slot, token);
    for (uint32_t i = 0; i < count; i++) {
        struct core_row *row = &core->rows[segments[i]];
        if (row->state.attempts < UINT8_MAX)
            row->state.attempts++;
        row->lease = slot;
        row->avoid = 0;
        core_segment_move(core, segments[i], SEGMENT_LEASED);
    }
}

/* Of the next ones, one that died least; CORE_NONE when there is none. */
static uint32_t suspect_next(const struct core *core)
{
    uint32_t found = CORE_NONE;
    uint32_t place = core_set_next(&core->suspects, 0);
    for (uint32_t seen = 0; place != CORE_NONE && seen < READY_COMPARED; seen++) {
        uint32_t number = core->order[place];
        if (found == CORE_NONE ||
            core->rows[number].state.deaths < core->rows[found].state.deaths)
            found = number;
        place = core_set_next(&core->suspects, place + 1);
    }
    return found;
}

static bool holds_suspect(const struct core *core, const struct core_event *event)
{
    for (uint32_t i = 0; i < event->held_count; i++) {
        const struct core_attempt *row = core_attempt_find(core, event->held[i]);
        if (row == NULL || row->state != ATTEMPT_LEASED)
            continue;
        const struct core_lease *lease = &core->leases[row->lease];
        if (lease->kind == TASK_PROCESS &&
            core_segment_suspect(&core->rows[lease->segments[0]]))
            return true;
    }
    return false;
}

/* One that died alone already waits until nothing else is ready. */
static bool give_suspect(struct core *core, const struct core_event *event,
                         struct taker *taker, uint64_t token)
{
    uint32_t number = taker->suspect ? CORE_NONE : suspect_next(core);
    if (number == CORE_NONE || (core->rows[number].state.deaths > CORE_DEATHS_ALONE &&
                                ready_place(core, taker, 0) != CORE_NONE))
        return false;
    taker->suspect = holds_suspect(core, event);
    if (taker->suspect)
        return false;
    lease_segments(core, &number, 1, token);
    taker->suspect = true;
    return true;
}

static bool give_process(struct core *core, struct taker *taker, uint64_t token)
{
    uint32_t place = ready_place(core, taker, 0);
    if (place == CORE_NONE)
        return false;
    uint32_t scout = core_scout_place(core, core->rows[core->order[place]].steps);
    if (scout > place && (scout = ready_place(core, taker, scout)) != CORE_NONE)
        place = scout;
    else if (core_near_end(core))
        place = largest_place(core, taker, place);
    uint32_t segments[TASK_SEGMENTS];
    uint32_t count = gather(core, taker, place, segments);
    lease_segments(core, segments, count, token);
    return true;
}

/* Tasks for this pilot. It holds as many again as it has executors; near the end the
 * second one would wait there while executors of others are idle. */
static uint32_t tasks_most(const struct core *core, const struct core_event *event)
{
    uint32_t most = event->want < event->token_count ? event->want : event->token_count;
    if (core_near_end(core)) {
        uint32_t executors = (event->held_count + event->want + 1) / 2;
        uint32_t idle = executors > event->held_count ? executors - event->held_count : 0;
        most = idle < most ? idle : most;
    }
    return most < SYNC_TASKS ? most : SYNC_TASKS;
}

/* A lease that ran out is left alone when its work would be for another pilot. */
static bool expire(struct core *core, const struct taker *taker)
{
    return !(taker->suspect && core_set_next(&core->suspects, 0) != CORE_NONE) &&
           core_lease_expire(core);
}

void core_give(struct core *core, const struct core_event *event, uint32_t node)
{
    struct taker taker = {.node = node};
    uint32_t most = tasks_most(core, event);
    for (uint32_t given = 0; given < most;) {
        uint64_t token = event->tokens[given];
        if (give_merge(core, token) || give_suspect(core, event, &taker, token) ||
            give_process(core, &taker, token))
            given++;
        else if (!expire(core, &taker))
            break;
    }
}
