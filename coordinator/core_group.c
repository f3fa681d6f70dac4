/* core_group.c - units that are cut into merge groups, and the life of the groups.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A PUBLISHING group has read all its inputs and its file is being moved: it is let
 * finish, and a new cut of its unit waits for it.
 */
#include <string.h>

#include "base/text.h"
#include "coordinator/core_internal.h"

void core_group_append(struct core *core, const struct merge_group *group)
{
    bug_if(group->number != core->group_count);
    core->groups = core_room(core->groups, core->group_count, &core->group_capacity,
                             sizeof *core->groups);
    struct core_group_row *row = &core->groups[core->group_count++];
    *row = (struct core_group_row){.unit = CORE_NONE,
                                   .next = CORE_NONE,
                                   .first = group->first,
                                   .state = group->state,
                                   .lease = CORE_NONE,
                                   .failure = group->failure,
                                   .deaths = group->deaths};
    core_set_reserve(&core->open_groups, core->group_capacity);
    core->counts.groups[group->state]++;
}

void core_group_move(struct core *core, uint32_t number, enum group_state to)
{
    struct core_group_row *group = &core->groups[number];
    struct core_unit_row *unit = &core->units[group->unit];
    if (group->state == GROUP_OPEN)
        core_set_remove(&core->open_groups, number);
    if (group->state == GROUP_PUBLISHING)
        unit->publishing--;
    core->counts.groups[group->state]--;
    group->state = to;
    group->waiting = false;
    core->counts.groups[to]++;
    if (to == GROUP_OPEN)
        core_set_add(&core->open_groups, number);
    if (to == GROUP_PUBLISHING)
        unit->publishing++;
    if (to == GROUP_PUBLISHED)
        core->progress_ns = core->now_ns;
    struct core_command *command = core_command_add(core, COMMAND_GROUP);
    command->group = number;
    command->unit = group->unit;
    command->group_state = to;
    command->group_deaths = group->deaths;
    command->group_failure = group->failure;
}

/* True when that was one death too many. */
static bool group_died(struct core *core, uint32_t number, uint16_t failure)
{
    struct core_group_row *group = &core->groups[number];
    group->lease = CORE_NONE;
    group->failure = failure;
    if (group->deaths < UINT8_MAX)
        group->deaths++;
    if (group->deaths < CORE_DEATHS_LIMIT)
        return false;
    core_group_move(core, number, GROUP_FAILED);
    return true;
}

void core_group_death(struct core *core, uint32_t number, uint16_t failure)
{
    if (group_died(core, number, failure))
        return;
    struct core_group_row *group = &core->groups[number];
    core_group_move(core, number, GROUP_OPEN);
    core_set_remove(&core->open_groups, number);
    group->waiting = true;
    group->due_ns = core->now_ns + core_delay(core, group->deaths);
    core_wait_add(
        &core->wait,
        &(struct core_due){.due_ns = group->due_ns, .group = true, .number = number});
}

void core_group_lost(struct core *core, uint32_t number)
{
    if (!group_died(core, number, E_PILOT_LOST))
        core_group_move(core, number, GROUP_OPEN);
}

void core_group_reopen(struct core *core, uint32_t number)
{
    core->groups[number].lease = CORE_NONE;
    core_group_move(core, number, GROUP_OPEN);
}

static void group_void(struct core *core, uint32_t number)
{
    struct core_group_row *group = &core->groups[number];
    if (group->state == GROUP_LEASED && group->lease != CORE_NONE) {
        uint32_t lease = group->lease;
        group->lease = CORE_NONE;
        struct core_command *end = core_command_add(core, COMMAND_END);
        end->attempt = core->leases[lease].attempt;
        end->attempt_state = ATTEMPT_VOID;
        end->task_kind = TASK_MERGE;
        end->text = "an input of the merge has to be made again";
        core_command_add(core, COMMAND_COLLECT)->attempt = core->leases[lease].attempt;
        core_lease_end(core, lease, ATTEMPT_VOID);
    }
    core_group_move(core, number, GROUP_VOID);
}

void core_unit_reopen(struct core *core, uint32_t unit)
{
    struct core_unit_row *row = &core->units[unit];
    if (row->phase == UNIT_CUTTING)
        core->cutting--;
    row->phase = UNIT_OPEN;
    for (uint32_t i = row->groups; i != CORE_NONE; i = core->groups[i].next)
        if (core->groups[i].state != GROUP_VOID &&
            core->groups[i].state != GROUP_PUBLISHING)
            group_void(core, i);
}

void core_unit_closing(struct core *core, uint32_t unit)
{
    core->closing = core_room(core->closing, core->closing_count, &core->closing_capacity,
                              sizeof *core->closing);
    core->closing[core->closing_count++] = unit;
}

/* The answer to the last COMMAND_CUT counts. One that was asked for before the unit
 * opened again is void as a whole. */
void core_groups_known(struct core *core, const struct core_event *event)
{
    bug_if(event->unit >= core->unit_count);
    struct core_unit_row *unit = &core->units[event->unit];
    bug_if(unit->asked == 0);
    unit->asked--;
    bool valid = unit->phase == UNIT_CUTTING && unit->asked == 0;
    for (uint32_t i = 0; i < event->group_count; i++) {
        core_group_append(core, &event->groups[i]);
        uint32_t number = core->group_count - 1;
        struct core_group_row *group = &core->groups[number];
        bug_if(group->state != GROUP_OPEN && group->state != GROUP_PUBLISHED);
        group->unit = event->unit;
        group->next = unit->groups;
        unit->groups = number;
        if (!valid)
            group_void(core, number);
        else if (group->state == GROUP_OPEN)
            core_set_add(&core->open_groups, number);
    }
    if (valid) {
        unit->phase = UNIT_CUT;
        core->cutting--;
    }
}

void core_groups_published(struct core *core, const struct core_event *event)
{
    for (uint32_t i = 0; i < event->group_count; i++) {
        uint32_t number = event->groups[i].number;
        if (number >= core->group_count || core->groups[number].state != GROUP_PUBLISHING)
            continue;
        uint32_t unit = core->groups[number].unit;
        bool valid = core->units[unit].phase == UNIT_CUT;
        core_group_move(core, number, valid ? GROUP_PUBLISHED : GROUP_VOID);
        core_unit_closing(core, unit);
    }
}
