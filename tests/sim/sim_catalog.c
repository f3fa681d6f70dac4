/* sim_catalog.c - what the commands of committed steps said, and nothing else.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Each command is held against what is durable: so a core that contradicts its own past
 * is found at the command, not at the end.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "tests/sim/sim.h"

static void *copy_of(const void *list, size_t count, size_t size)
{
    void *copy = mem_new(count, size);
    if (count > 0)
        memcpy(copy, list, count * size);
    return copy;
}

void sim_catalog_copy(struct sim_catalog *to, const struct sim_catalog *from)
{
    sim_catalog_release(to);
    *to = *from;
    to->states = copy_of(from->states, from->segment_count, sizeof *from->states);
    to->products = copy_of(from->products, from->segment_count, sizeof *from->products);
    to->attempts = copy_of(from->attempts, from->attempt_count, sizeof *from->attempts);
    to->attempt_capacity = from->attempt_count;
    to->groups = copy_of(from->groups, from->group_count, sizeof *from->groups);
    to->group_capacity = from->group_count;
    to->published =
        copy_of(from->published, from->published_count, sizeof *from->published);
    to->published_capacity = from->published_count;
}

void sim_catalog_release(struct sim_catalog *catalog)
{
    free(catalog->states);
    free(catalog->products);
    free(catalog->attempts);
    free(catalog->groups);
    free(catalog->published);
    *catalog = (struct sim_catalog){.segment_count = 0};
}

bool sim_published(const struct sim_catalog *catalog, uint64_t key)
{
    for (uint32_t i = 0; i < catalog->published_count; i++)
        if (catalog->published[i] == key)
            return true;
    return false;
}

struct sim_attempt *sim_attempt_of(struct sim_catalog *catalog, uint64_t number,
                                   uint64_t token)
{
    if (number == 0 || number > catalog->attempt_count ||
        catalog->attempts[number - 1].token != token)
        return NULL;
    return &catalog->attempts[number - 1];
}

/* After a backup was restored, the lease under which a segment failed before it was
 * mended may be the current one again, and its report counts. */
static bool may_be_blamed(const struct sim *sim, uint32_t segment)
{
    enum sim_nature nature = (enum sim_nature)sim->natures[segment];
    if (nature == SIM_MENDED)
        return sim->restores > 0;
    return nature != SIM_GOOD && nature != SIM_KILLER;
}

static void check_gate(struct sim *sim, const struct core_event *event,
                       const struct core_command *command)
{
    sim_check(sim, command->state.state == SEGMENT_READY,
              "a segment passes its gate into another state than ready");
    sim_check(sim, event->kind == EVENT_RELEASE && sim_may_pass(sim, command->segment),
              "a segment passes a gate that is not open");
    sim->released++;
}

static void apply_state(struct sim *sim, const struct core_event *event,
                        const struct core_command *command)
{
    struct sim_catalog *catalog = &sim->catalog;
    sim_check(sim, command->segment < catalog->segment_count, "a state of no segment");
    struct plan_state *state = &catalog->states[command->segment];
    uint64_t *product = &catalog->products[command->segment];
    sim_check(sim, segment_may_move(state->state, command->state.state),
              "a segment moves as the table forbids");
    if (state->state == SEGMENT_PLANNED)
        check_gate(sim, event, command);
    if (command->state.state == SEGMENT_COMMITTED)
        sim_check(sim, *product != 0, "a segment is committed without a product");
    if (command->state.state == SEGMENT_LEASED)
        sim_check(sim, *product == 0, "a committed segment is leased again");
    if (state->state == SEGMENT_COMMITTED)
        *product = 0;
    if (command->state.blame > state->blame)
        sim_check(sim, may_be_blamed(sim, command->segment), "a good segment is blamed");
    if (command->state.state == SEGMENT_LOST)
        sim_check(sim, sim->policy.complete_at < 1.0, "a loss that nobody accepted");
    *state = command->state;
}

static void check_merge(struct sim *sim, const struct sim_group *group)
{
    const struct core_unit *unit = &sim->units[group->unit];
    sim_check(sim, group->state == GROUP_OPEN, "a group is leased that is not open");
    for (uint32_t i = unit->first; i < unit->first + unit->count; i++)
        sim_check(sim, segment_state_is_final(sim->catalog.states[i].state),
                  "a merge is leased though its unit is not final");
}

static void apply_lease(struct sim *sim, const struct core_command *command)
{
    struct sim_catalog *catalog = &sim->catalog;
    sim_check(sim, catalog->hold == CORE_RUNNING,
              "work is handed out while the campaign is paused");
    sim_check(sim, command->attempt == (uint64_t)catalog->attempt_count + 1,
              "an attempt has not the next number");
    sim_check(sim,
              command->segment_count > 0 && command->segment_count <= SIM_TASK_SEGMENTS,
              "a task has no segments or too many");
    catalog->attempts = sim_room(catalog->attempts, catalog->attempt_count,
                                 &catalog->attempt_capacity, sizeof *catalog->attempts);
    struct sim_attempt *attempt = &catalog->attempts[catalog->attempt_count++];
    *attempt = (struct sim_attempt){.token = command->token,
                                    .state = ATTEMPT_LEASED,
                                    .kind = command->task_kind,
                                    .group = command->group,
                                    .count = command->segment_count,
                                    .renewed_ns = sim_clock(sim)};
    memcpy(attempt->segments, command->segments,
           command->segment_count * sizeof attempt->segments[0]);
    if (command->task_kind == TASK_MERGE) {
        sim_check(sim, command->group < catalog->group_count, "a merge of no group");
        check_merge(sim, &catalog->groups[command->group]);
        return;
    }
    for (uint32_t i = 0; i < command->segment_count; i++) {
        const struct segment_id *id = &sim->segments[command->segments[i]].id;
        const struct segment_id *first = &sim->segments[command->segments[0]].id;
        sim_check(sim, catalog->states[command->segments[i]].state == SEGMENT_READY,
                  "a segment is leased that is not ready");
        sim_check(sim,
                  chunk_id_compare(&id->chunk, &first->chunk) == 0 &&
                      id->ordinal == first->ordinal + i,
                  "the segments of a task are not neighbours");
    }
}

static void apply_commit(struct sim *sim, const struct core_event *event,
                         const struct core_command *command)
{
    const struct core_report *report = &event->reports[command->report];
    struct sim_attempt *attempt =
        sim_attempt_of(&sim->catalog, report->attempt, report->token);
    sim_check(sim, attempt != NULL && attempt->state == ATTEMPT_LEASED,
              "a commit whose token is not current");
    sim_check(sim, sim->store.files[report->token] == SIM_FILE_THERE,
              "a commit whose files are not there");
    sim_check(sim, command->task_kind == attempt->kind, "a commit of another kind");
    if (attempt->kind == TASK_MERGE) {
        sim->catalog.groups[attempt->group].token = report->token;
        return;
    }
    sim_check(sim, command->count > 0 && command->count <= attempt->count,
              "a commit of too many segments");
    for (uint32_t i = 0; i < command->count; i++) {
        uint64_t *product = &sim->catalog.products[attempt->segments[i]];
        sim_check(sim, *product == 0, "a segment is committed twice");
        *product = report->token;
        sim->committed++;
    }
}

static void apply_end(struct sim *sim, const struct core_event *event,
                      const struct core_command *command)
{
    sim_check(sim, command->attempt > 0 && command->attempt <= sim->catalog.attempt_count,
              "an end of no attempt");
    struct sim_attempt *attempt = &sim->catalog.attempts[command->attempt - 1];
    sim_check(sim, attempt->state == ATTEMPT_LEASED, "an attempt ends twice");
    sim_check(sim, command->attempt_state != ATTEMPT_LEASED, "an attempt ends leased");
    attempt->state = command->attempt_state;
    attempt->ended_life = sim->life;
    if (attempt->state != ATTEMPT_VOID)
        return;
    sim->voided++;
    sim_check(sim,
              event->kind != EVENT_SYNC ||
                  sim_clock(sim) - attempt->renewed_ns >= SIM_TERM,
              "a lease is taken back before its deadline");
}

static void apply_group(struct sim *sim, const struct core_command *command)
{
    static const unsigned moves[] = {
        [GROUP_OPEN] = 1u << GROUP_LEASED | 1u << GROUP_OPEN | 1u << GROUP_VOID,
        [GROUP_LEASED] = 1u << GROUP_OPEN | 1u << GROUP_PUBLISHING | 1u << GROUP_FAILED |
                         1u << GROUP_VOID,
        [GROUP_PUBLISHING] = 1u << GROUP_PUBLISHED | 1u << GROUP_VOID,
        [GROUP_PUBLISHED] = 1u << GROUP_VOID,
        [GROUP_FAILED] = 1u << GROUP_VOID,
        [GROUP_VOID] = 0};
    sim_check(sim, command->group < sim->catalog.group_count, "a state of no group");
    struct sim_group *group = &sim->catalog.groups[command->group];
    sim_check(sim, (moves[group->state] >> command->group_state & 1u) != 0,
              "a group moves as it must not");
    if (command->group_state == GROUP_PUBLISHING)
        sim_check(sim, group->token != 0, "a group is published without a merge");
    group->state = command->group_state;
    group->deaths = command->group_deaths;
}

void sim_apply(struct sim *sim, const struct core_event *event,
               const struct core_command *command)
{
    switch (command->kind) {
    case COMMAND_STATE:
        apply_state(sim, event, command);
        break;
    case COMMAND_LEASE:
        apply_lease(sim, command);
        break;
    case COMMAND_COMMIT:
        apply_commit(sim, event, command);
        break;
    case COMMAND_END:
        apply_end(sim, event, command);
        break;
    case COMMAND_GROUP:
        apply_group(sim, command);
        break;
    case COMMAND_COMPLETE:
        sim->catalog.complete = !command->stuck;
        break;
    case COMMAND_COLLECT:
    case COMMAND_VERDICT:
    case COMMAND_LOST:
    case COMMAND_UNKNOWN:
    case COMMAND_FINISH:
    case COMMAND_CUT:
    case COMMAND_PUBLISH:
        break;
    }
}
