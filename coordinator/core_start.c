/* core_start.c - from what the catalog shows to a running core.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Crash-only: there is no other way to begin. What is half done in the catalog is
 * finished (PUBLISHING, units without a valid cut) or taken back (LEASED without lease).
 */
#include "base/bytes.h"
#include "coordinator/core_internal.h"
#include "coordinator/segment_order.h"

static void order_segments(struct core *core)
{
    core->order = mem_large(core->row_count, sizeof *core->order);
    if (core->row_count > 0)
        segment_order(&core->rows->id, sizeof *core->rows, core->row_count, core->order);
    core_set_reserve(&core->ready, core->row_count);
    core_set_reserve(&core->suspects, core->row_count);
    for (uint32_t place = 0; place < core->row_count; place++) {
        struct core_row *row = &core->rows[core->order[place]];
        row->place = place;
        if (row->state.state != SEGMENT_READY)
            continue;
        core_set_add(core_ready_set(core, row), place);
        core->ready_bytes += row->bytes;
    }
}

static void join_units(struct core *core)
{
    uint32_t next = 0;
    for (uint32_t u = 0; u < core->unit_count; u++) {
        struct core_unit_row *unit = &core->units[u];
        bug_if(unit->unit.first != next || unit->unit.count > core->row_count - next);
        next += unit->unit.count;
        for (uint32_t i = unit->unit.first; i < next; i++) {
            core->rows[i].unit = u;
            if (!segment_state_is_final((enum segment_state)core->rows[i].state.state))
                unit->open++;
        }
    }
    bug_if(core->unit_count > 0 && next != core->row_count);
}

/* The unit that holds plan segment `first`, by search. */
static uint32_t unit_of(const struct core *core, uint32_t first)
{
    return first < core->row_count ? core->rows[first].unit : CORE_NONE;
}

static void join_groups(struct core *core)
{
    for (uint32_t i = 0; i < core->group_count; i++) {
        struct core_group_row *group = &core->groups[i];
        group->unit = unit_of(core, group->first);
        bug_if(group->unit == CORE_NONE);
        struct core_unit_row *unit = &core->units[group->unit];
        group->next = unit->groups;
        unit->groups = i;
        if (group->state == GROUP_OPEN)
            core_set_add(&core->open_groups, i);
        if (group->state == GROUP_PUBLISHING)
            unit->publishing++;
    }
}

static bool lease_claim(struct core *core, uint32_t slot)
{
    const struct core_lease *lease = &core->leases[slot];
    if (lease->kind == TASK_MERGE) {
        uint32_t number = lease->segments[0];
        if (number >= core->group_count || core->groups[number].state != GROUP_LEASED ||
            core->groups[number].lease != CORE_NONE)
            return false;
        core->groups[number].lease = slot;
        return true;
    }
    for (uint32_t i = 0; i < lease->count; i++) {
        uint32_t number = lease->segments[i];
        if (number >= core->row_count || core->rows[number].lease != CORE_NONE ||
            core->rows[number].state.state != SEGMENT_LEASED)
            return false;
    }
    for (uint32_t i = 0; i < lease->count; i++)
        core->rows[lease->segments[i]].lease = slot;
    return true;
}

/* A lease whose segments the catalog shows in another state has lost them. */
static void lease_drop(struct core *core, uint32_t slot)
{
    struct core_command *end = core_command_add(core, COMMAND_END);
    end->attempt = core->leases[slot].attempt;
    end->attempt_state = ATTEMPT_VOID;
    end->task_kind = core->leases[slot].kind;
    end->text = "its segments are not leased";
    core_command_add(core, COMMAND_COLLECT)->attempt = core->leases[slot].attempt;
    core_lease_end(core, slot, ATTEMPT_VOID);
}

static void claim_leases(struct core *core)
{
    uint32_t loaded = core->lease_count;
    for (uint32_t slot = 0; slot < loaded; slot++) {
        if (lease_claim(core, slot))
            core_lease_renew(core, slot);
        else
            lease_drop(core, slot);
    }
}

static void settle_segments(struct core *core)
{
    for (uint32_t i = 0; i < core->row_count; i++) {
        const struct core_row *row = &core->rows[i];
        if (row->state.state == SEGMENT_LEASED && row->lease == CORE_NONE)
            core_segment_move(core, i, SEGMENT_READY);
        if (row->state.state == SEGMENT_WAITING)
            core_wait_add(&core->wait, &(struct core_due){
                                           .due_ns = core->now_ns +
                                                     core_delay(core, row->state.deaths),
                                           .number = i});
    }
}

/* Final, with at least one group that is not void. A group that is PUBLISHING beside void
 * ones may be what is left of a cut that is not valid: such a unit is cut again, which
 * finds by their keys the files that are there. */
static bool unit_is_cut(const struct core *core, const struct core_unit_row *unit)
{
    bool voids = false;
    bool others = false;
    for (uint32_t i = unit->groups; i != CORE_NONE; i = core->groups[i].next) {
        bool is_void = core->groups[i].state == GROUP_VOID;
        voids = voids || is_void;
        others = others || !is_void;
    }
    return unit->open == 0 && others && !(voids && unit->publishing > 0);
}

static void settle_units(struct core *core)
{
    for (uint32_t u = 0; u < core->unit_count; u++) {
        if (unit_is_cut(core, &core->units[u])) {
            core->units[u].phase = UNIT_CUT;
            continue;
        }
        core_unit_reopen(core, u);
        if (core->units[u].open == 0)
            core_unit_closing(core, u);
    }
}

static void settle_groups(struct core *core)
{
    for (uint32_t i = 0; i < core->group_count; i++) {
        const struct core_group_row *group = &core->groups[i];
        if (group->state == GROUP_LEASED && group->lease == CORE_NONE)
            core_group_reopen(core, i);
        else if (group->state == GROUP_PUBLISHING)
            core_command_add(core, COMMAND_PUBLISH)->group = i;
    }
}

void core_start(struct core *core)
{
    core->progress_ns = core->now_ns;
    order_segments(core);
    join_units(core);
    join_groups(core);
    claim_leases(core);
    if (core->hold == CORE_CANCELLED)
        core_lease_void_all(core, "the campaign was cancelled");
    settle_segments(core);
    settle_units(core);
    settle_groups(core);
    core->started = true;
}
