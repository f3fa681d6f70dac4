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

static void lease_void(struct core *core, uint32_t slot)
{
    const struct core_lease *lease = &core->leases[slot];
    struct core_command *end = core_command_add(core, COMMAND_END);
    end->attempt = lease->attempt;
    end->attempt_state = ATTEMPT_VOID;
    end->task_kind = lease->kind;
    end->text = "the lease ran out and its work was wanted";
    core_command_add(core, COMMAND_COLLECT)->attempt = lease->attempt;
    if (lease->kind == TASK_MERGE)
        core_group_lost(core, lease->segments[0]);
    else
        for (uint32_t i = 0; i < lease->count; i++)
            segment_take_back(core, lease->segments[i]);
    core_lease_end(core, slot, ATTEMPT_VOID);
}

bool core_lease_expire(struct core *core)
{
    uint32_t slot = core->lease_first;
    if (slot == CORE_NONE || core->leases[slot].deadline_ns > core->now_ns)
        return false;
    lease_void(core, slot);
    return true;
}
