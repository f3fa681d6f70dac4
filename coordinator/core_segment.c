/* core_segment.c - moves a segment through its life and keeps the sums.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/core_internal.h"

bool core_segment_suspect(const struct core_row *row)
{
    return row->state.deaths >= CORE_DEATHS_ALONE && row->state.failure == E_PILOT_LOST;
}

struct core_set *core_ready_set(struct core *core, const struct core_row *row)
{
    return core_segment_suspect(row) ? &core->suspects : &core->ready;
}

void core_segment_move(struct core *core, uint32_t number, enum segment_state to)
{
    struct core_row *row = &core->rows[number];
    enum segment_state from = (enum segment_state)row->state.state;
    bug_if(!segment_may_move(from, to));
    core->counts.by_state[from]--;
    core->counts.by_state[to]++;
    row->state.state = (uint8_t)to;
    if (from == SEGMENT_READY) {
        core_set_remove(core_ready_set(core, row), row->place);
        core->ready_bytes -= row->bytes;
    }
    if (to == SEGMENT_READY) {
        core_set_add(core_ready_set(core, row), row->place);
        core->ready_bytes += row->bytes;
    }
    if (from == SEGMENT_LEASED)
        row->lease = CORE_NONE;
    if (from == SEGMENT_COMMITTED)
        core->counts.bytes_done -= row->bytes;
    if (to == SEGMENT_COMMITTED) {
        core->counts.bytes_done += row->bytes;
        core->counts.committed_in_this_life++;
        core->progress_ns = core->now_ns;
    }
    struct core_command *command = core_command_add(core, COMMAND_STATE);
    command->segment = number;
    command->state = row->state;
    command->steps = from == SEGMENT_COMMITTED ? row->steps : 0;
    if (row->unit == CORE_NONE)
        return;
    bool was_final = segment_state_is_final(from);
    bool is_final = segment_state_is_final(to);
    if (was_final && !is_final) {
        core->units[row->unit].open++;
        core_unit_reopen(core, row->unit);
    }
    if (is_final && !was_final && --core->units[row->unit].open == 0)
        core_unit_closing(core, row->unit);
}

void core_segment_wait(struct core *core, uint32_t number, int64_t delay_ns)
{
    core_segment_move(core, number, SEGMENT_WAITING);
    core_wait_add(&core->wait, &(struct core_due){.due_ns = core->now_ns + delay_ns,
                                                  .number = number});
}

/* Saturates: one that was released with many deaths starts from 0. */
void core_segment_death(struct core *core, uint32_t number, uint16_t failure)
{
    struct core_row *row = &core->rows[number];
    row->state.failure = failure;
    if (row->state.deaths < UINT8_MAX)
        row->state.deaths++;
}

bool core_segment_alone(const struct core_row *row)
{
    return row->state.blame > 0 || row->state.deaths >= CORE_DEATHS_ALONE;
}

/* A group that was voided while it waited leaves a stale entry. */
void core_wake(struct core *core)
{
    while (core->wait.count > 0 && core->wait.list[0].due_ns <= core->now_ns) {
        struct core_due due = core_wait_take(&core->wait);
        if (!due.group) {
            core_segment_move(core, due.number, SEGMENT_READY);
            continue;
        }
        struct core_group_row *group = &core->groups[due.number];
        if (!group->waiting || group->due_ns != due.due_ns)
            continue;
        group->waiting = false;
        core_set_add(&core->open_groups, due.number);
    }
}
