/* core_expire.c - taking back what a silent pilot holds.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Nobody knows which segment of a lost lease was at work, and one of them may have taken
 * the node down. So each counts a death: after a few of them each runs alone, and the one
 * at fault stays behind. It costs the innocent nothing but a smaller task.
 */
#include "coordinator/core_internal.h"

static void segment_take_back(struct core *core, uint32_t number)
{
    core_segment_death(core, number, E_PILOT_LOST);
    bool poison = core->rows[number].state.deaths >= CORE_DEATHS_LIMIT;
    core_segment_move(core, number, poison ? SEGMENT_QUARANTINED : SEGMENT_READY);
}

static void lease_end_command(struct core *core, const struct core_lease *lease,
                              const char *why)
{
    struct core_command *end = core_command_add(core, COMMAND_END);
    end->attempt = lease->attempt;
    end->attempt_state = ATTEMPT_VOID;
    end->task_kind = lease->kind;
    end->text = why;
    core_command_add(core, COMMAND_COLLECT)->attempt = lease->attempt;
}

static void lease_void(struct core *core, uint32_t slot)
{
    const struct core_lease *lease = &core->leases[slot];
    lease_end_command(core, lease, "the lease ran out and its work was wanted");
    if (lease->kind == TASK_MERGE)
        core_group_lost(core, lease->segments[0]);
    else
        for (uint32_t i = 0; i < lease->count; i++)
            segment_take_back(core, lease->segments[i]);
    core_lease_end(core, slot, ATTEMPT_VOID);
}

void core_lease_void_all(struct core *core, const char *why)
{
    while (core->lease_first != CORE_NONE) {
        uint32_t slot = core->lease_first;
        const struct core_lease *lease = &core->leases[slot];
        lease_end_command(core, lease, why);
        if (lease->kind == TASK_MERGE)
            core_group_reopen(core, lease->segments[0]);
        else
            for (uint32_t i = 0; i < lease->count; i++)
                core_segment_move(core, lease->segments[i], SEGMENT_READY);
        core_lease_end(core, slot, ATTEMPT_VOID);
    }
}

bool core_lease_expire(struct core *core)
{
    uint32_t slot = core->lease_first;
    if (slot == CORE_NONE || core->leases[slot].deadline_ns > core->now_ns)
        return false;
    lease_void(core, slot);
    return true;
}
