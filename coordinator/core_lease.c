/* core_lease.c - the right to run a task until a deadline: the table of attempts.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Attempts stand in the order of their numbers. Every lease has the same term, so the
 * list in the order of the last renewal is the list in the order of deadlines.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "coordinator/core_internal.h"

static void list_append(struct core *core, uint32_t slot)
{
    struct core_lease *lease = &core->leases[slot];
    lease->deadline_ns = core->now_ns + core->policy.lease_ns;
    lease->prev = core->lease_last;
    lease->next = CORE_NONE;
    if (core->lease_last == CORE_NONE)
        core->lease_first = slot;
    else
        core->leases[core->lease_last].next = slot;
    core->lease_last = slot;
}

static void list_remove(struct core *core, uint32_t slot)
{
    const struct core_lease *lease = &core->leases[slot];
    if (lease->prev == CORE_NONE)
        core->lease_first = lease->next;
    else
        core->leases[lease->prev].next = lease->next;
    if (lease->next == CORE_NONE)
        core->lease_last = lease->prev;
    else
        core->leases[lease->next].prev = lease->prev;
}

static uint32_t slot_take(struct core *core)
{
    uint32_t slot = core->lease_free;
    if (slot != CORE_NONE) {
        core->lease_free = core->leases[slot].next;
        return slot;
    }
    core->leases = core_room(core->leases, core->lease_count, &core->lease_capacity,
                             sizeof *core->leases);
    return core->lease_count++;
}

uint32_t core_lease_new(struct core *core, const struct core_attempt *attempt,
                        enum task_kind kind, const uint32_t *segments, uint32_t count)
{
    uint32_t slot = slot_take(core);
    struct core_lease *lease = &core->leases[slot];
    *lease =
        (struct core_lease){.attempt = attempt->number, .kind = kind, .count = count};
    lease->segments = mem_new(count, sizeof *segments);
    memcpy(lease->segments, segments, count * sizeof *segments);
    list_append(core, slot);
    core->attempts = core_room(core->attempts, core->attempt_count,
                               &core->attempt_capacity, sizeof *core->attempts);
    struct core_attempt *row = &core->attempts[core->attempt_count++];
    *row = *attempt;
    row->state = ATTEMPT_LEASED;
    row->lease = slot;
    core->counts.leases++;
    return slot;
}

/* Numbers ascend. While one campaign is served those of this life follow each other, so
 * the first guess is right. */
struct core_attempt *core_attempt_find(const struct core *core, uint64_t number)
{
    uint64_t back = core->next_attempt - number;
    if (number < core->next_attempt && back <= core->attempt_count &&
        core->attempts[core->attempt_count - back].number == number)
        return &core->attempts[core->attempt_count - back];
    uint32_t low = 0;
    uint32_t high = core->attempt_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (core->attempts[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    bool found = low < core->attempt_count && core->attempts[low].number == number;
    return found ? &core->attempts[low] : NULL;
}

void core_lease_renew(struct core *core, uint32_t slot)
{
    list_remove(core, slot);
    list_append(core, slot);
}

void core_lease_end(struct core *core, uint32_t slot, enum attempt_state state)
{
    struct core_lease *lease = &core->leases[slot];
    struct core_attempt *row = core_attempt_find(core, lease->attempt);
    row->state = state;
    row->lease = CORE_NONE;
    list_remove(core, slot);
    free(lease->segments);
    *lease = (struct core_lease){.next = core->lease_free};
    core->lease_free = slot;
    core->counts.leases--;
}
