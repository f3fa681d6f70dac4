/* core_settle.c - what follows from the sums after each event.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/core_internal.h"

static uint32_t in_state(const struct core *core, enum segment_state state)
{
    return core->counts.by_state[state];
}

static bool segments_running(const struct core *core)
{
    return in_state(core, SEGMENT_READY) + in_state(core, SEGMENT_LEASED) +
               in_state(core, SEGMENT_WAITING) >
           0;
}

/* Only a quarantine is left and enough is committed: the policy accepts the loss. */
static void accept_losses(struct core *core)
{
    double committed = (double)in_state(core, SEGMENT_COMMITTED);
    if (in_state(core, SEGMENT_QUARANTINED) == 0 || segments_running(core) ||
        in_state(core, SEGMENT_PLANNED) > 0 || core->policy.complete_at >= 1.0 ||
        committed / (double)core->row_count < core->policy.complete_at)
        return;
    for (uint32_t i = 0; i < core->row_count; i++)
        if (core->rows[i].state.state == SEGMENT_QUARANTINED) {
            core_segment_move(core, i, SEGMENT_LOST);
            core->commands[core->command_count - 1].text =
                "accepted by the completion policy";
        }
}

static void cut_units(struct core *core)
{
    for (uint32_t i = 0; i < core->closing_count; i++) {
        struct core_unit_row *unit = &core->units[core->closing[i]];
        if (unit->open > 0 || unit->publishing > 0 || unit->phase != UNIT_OPEN)
            continue;
        unit->phase = UNIT_CUTTING;
        unit->asked++;
        core->cutting++;
        core_command_add(core, COMMAND_CUT)->unit = core->closing[i];
    }
    core->closing_count = 0;
}

static enum core_told verdict_of(const struct core *core)
{
    const uint32_t *groups = core->counts.groups;
    if (segments_running(core) || core->cutting > 0 ||
        groups[GROUP_OPEN] + groups[GROUP_LEASED] + groups[GROUP_PUBLISHING] > 0)
        return TOLD_NOTHING;
    bool stuck = in_state(core, SEGMENT_PLANNED) > 0 ||
                 in_state(core, SEGMENT_QUARANTINED) > 0 || groups[GROUP_FAILED] > 0;
    return stuck ? TOLD_STUCK : TOLD_COMPLETE;
}

void core_settle(struct core *core)
{
    accept_losses(core);
    cut_units(core);
    enum core_told verdict = verdict_of(core);
    if (verdict != core->told && verdict != TOLD_NOTHING)
        core_command_add(core, COMMAND_COMPLETE)->stuck = verdict == TOLD_STUCK;
    core->told = verdict;
}
