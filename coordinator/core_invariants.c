/* core_invariants.c - what is always true of the core, checked from the ground up.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "coordinator/core_internal.h"

static const char *check_segment(const struct core *core, uint32_t number)
{
    const struct core_row *row = &core->rows[number];
    bool leased = row->state.state == SEGMENT_LEASED;
    if (core->order[row->place] != number)
        return "the order of segments is broken";
    bool ready = row->state.state == SEGMENT_READY;
    bool suspect = core_segment_suspect(row);
    if (core_set_has(&core->ready, row->place) != (ready && !suspect) ||
        core_set_has(&core->suspects, row->place) != (ready && suspect))
        return "the ready sets are not the sets of ready segments";
    if (leased != (row->lease != CORE_NONE))
        return "a leased segment has no lease, or another one has";
    if (leased &&
        (row->lease >= core->lease_count || core->leases[row->lease].segments == NULL ||
         core->leases[row->lease].kind != TASK_PROCESS))
        return "a leased segment points to no lease of segments";
    return NULL;
}

static const char *check_segments(const struct core *core)
{
    struct core_counts counts = {.leases = 0};
    uint64_t ready_bytes = 0;
    for (uint32_t i = 0; i < core->row_count; i++) {
        const struct core_row *row = &core->rows[i];
        const char *broken = check_segment(core, i);
        if (broken != NULL)
            return broken;
        counts.by_state[row->state.state]++;
        counts.bytes_total += row->bytes;
        if (row->state.state == SEGMENT_COMMITTED)
            counts.bytes_done += row->bytes;
        if (row->state.state == SEGMENT_READY)
            ready_bytes += row->bytes;
    }
    if (memcmp(counts.by_state, core->counts.by_state, sizeof counts.by_state) != 0)
        return "the counts of segments by state are wrong";
    if (counts.bytes_total != core->counts.bytes_total ||
        counts.bytes_done != core->counts.bytes_done || ready_bytes != core->ready_bytes)
        return "the sums of bytes are wrong";
    return NULL;
}

static const char *check_lease(const struct core *core, uint32_t slot)
{
    const struct core_lease *lease = &core->leases[slot];
    const struct core_attempt *attempt = core_attempt_find(core, lease->attempt);
    if (attempt == NULL || attempt->number != lease->attempt || attempt->lease != slot ||
        attempt->state != ATTEMPT_LEASED)
        return "a lease has no current attempt";
    if (lease->kind == TASK_MERGE) {
        const struct core_group_row *group = &core->groups[lease->segments[0]];
        return group->lease == slot && group->state == GROUP_LEASED
                   ? NULL
                   : "the lease of a merge holds a group that is not leased";
    }
    for (uint32_t i = 0; i < lease->count; i++)
        if (core->rows[lease->segments[i]].lease != slot)
            return "a lease holds a segment that is not its own";
    return NULL;
}

static const char *check_leases(const struct core *core)
{
    uint32_t leases = 0;
    uint32_t segments = 0;
    uint32_t previous = CORE_NONE;
    for (uint32_t slot = core->lease_first; slot != CORE_NONE;
         slot = core->leases[slot].next) {
        const struct core_lease *lease = &core->leases[slot];
        const char *broken = check_lease(core, slot);
        if (broken != NULL)
            return broken;
        if (lease->prev != previous ||
            (previous != CORE_NONE &&
             core->leases[previous].deadline_ns > lease->deadline_ns))
            return "the leases are not in the order of their deadlines";
        previous = slot;
        leases++;
        segments += lease->kind == TASK_PROCESS ? lease->count : 0;
    }
    if (leases != core->counts.leases)
        return "the count of leases is wrong";
    if (segments != core->counts.by_state[SEGMENT_LEASED])
        return "leases and leased segments do not tile each other";
    return NULL;
}

static const char *check_waiting(const struct core *core)
{
    uint32_t segments = 0;
    for (uint32_t i = 0; i < core->wait.count; i++) {
        const struct core_due *due = &core->wait.list[i];
        if (i > 0 && core->wait.list[(i - 1) / 2].due_ns > due->due_ns)
            return "what waits is not in the order of its time";
        if (due->group)
            continue;
        segments++;
        if (core->rows[due->number].state.state != SEGMENT_WAITING)
            return "a segment that does not wait has a time to become ready";
    }
    return segments == core->counts.by_state[SEGMENT_WAITING]
               ? NULL
               : "a waiting segment has no time to become ready";
}

static const char *check_group(const struct core *core, uint32_t number)
{
    const struct core_group_row *group = &core->groups[number];
    const struct core_unit_row *unit = &core->units[group->unit];
    bool held = group->state == GROUP_OPEN || group->state == GROUP_LEASED;
    if (held && (unit->open > 0 || unit->phase != UNIT_CUT))
        return "a group may be leased while segments of its unit are not final";
    if ((group->state == GROUP_LEASED) != (group->lease != CORE_NONE))
        return "a leased group has no lease, or another one has";
    if (core_set_has(&core->open_groups, number) !=
        (group->state == GROUP_OPEN && !group->waiting))
        return "the set of open groups is not the open groups";
    return NULL;
}

static const char *check_groups(const struct core *core)
{
    struct core_counts counts = {.leases = 0};
    for (uint32_t i = 0; i < core->group_count; i++) {
        const char *broken = check_group(core, i);
        if (broken != NULL)
            return broken;
        counts.groups[core->groups[i].state]++;
    }
    if (memcmp(counts.groups, core->counts.groups, sizeof counts.groups) != 0)
        return "the counts of groups are wrong";
    return NULL;
}

static const char *check_unit(const struct core *core, const struct core_unit_row *unit)
{
    uint32_t open = 0;
    uint32_t publishing = 0;
    for (uint32_t i = 0; i < unit->unit.count; i++) {
        uint8_t state = core->rows[unit->unit.first + i].state.state;
        open += segment_state_is_final((enum segment_state)state) ? 0 : 1;
    }
    for (uint32_t i = unit->groups; i != CORE_NONE; i = core->groups[i].next)
        publishing += core->groups[i].state == GROUP_PUBLISHING ? 1 : 0;
    if (open != unit->open || publishing != unit->publishing)
        return "the sums of a unit are wrong";
    if (open > 0 && unit->phase != UNIT_OPEN)
        return "a unit is cut though segments of it are not final";
    if (open == 0 && unit->phase == UNIT_OPEN && publishing == 0)
        return "a unit is final and was not cut";
    return NULL;
}

static const char *check_units(const struct core *core)
{
    uint32_t cutting = 0;
    for (uint32_t u = 0; u < core->unit_count; u++) {
        const char *broken = check_unit(core, &core->units[u]);
        if (broken != NULL)
            return broken;
        cutting += core->units[u].phase == UNIT_CUTTING ? 1 : 0;
    }
    return cutting == core->cutting ? NULL : "the count of units being cut is wrong";
}

bool core_invariants(const struct core *core, const char **broken)
{
    static const char *(*const checks[])(const struct core *) = {
        check_segments, check_leases, check_waiting, check_groups, check_units};
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
        const char *sentence = checks[i](core);
        if (sentence != NULL) {
            *broken = sentence;
            return false;
        }
    }
    return true;
}
