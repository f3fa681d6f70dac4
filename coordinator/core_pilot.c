/* core_pilot.c - which pilots are there: number and last contact.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "coordinator/core_internal.h"

static uint32_t place_of(const struct core *core, uint64_t number)
{
    uint32_t low = 0;
    uint32_t high = core->pilot_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (core->pilots[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_at(const struct core *core, uint32_t place, uint64_t number)
{
    return place < core->pilot_count && core->pilots[place].number == number;
}

void core_pilot_hello(struct core *core, uint64_t number, uint32_t node)
{
    uint32_t place = place_of(core, number);
    if (!is_at(core, place, number)) {
        core->pilots = core_room(core->pilots, core->pilot_count, &core->pilot_capacity,
                                 sizeof *core->pilots);
        memmove(&core->pilots[place + 1], &core->pilots[place],
                (core->pilot_count - place) * sizeof *core->pilots);
        core->pilot_count++;
        core->pilots[place] = (struct core_pilot){.number = number};
    }
    core->pilots[place].node = node;
    core->pilots[place].last_ns = core->now_ns;
    core->pilots[place].wanted_ns = core->now_ns;
    if (core->pilot_count == 1)
        core->pilot_check_ns = core->now_ns + 2 * core->policy.lease_ns;
}

bool core_pilot_heard(struct core *core, uint64_t number, bool wants, uint32_t *node)
{
    uint32_t place = place_of(core, number);
    *node = 0;
    if (!is_at(core, place, number))
        return false;
    core->pilots[place].last_ns = core->now_ns;
    if (wants)
        core->pilots[place].wanted_ns = core->now_ns;
    *node = core->pilots[place].node;
    return true;
}

bool core_pilot_asks(const struct core *core)
{
    int64_t since_ns = core->now_ns - 2 * core->policy.lease_ns;
    for (uint32_t i = 0; i < core->pilot_count; i++)
        if (core->pilots[i].wanted_ns > since_ns)
            return true;
    return false;
}

bool core_pilot_elsewhere(const struct core *core, uint32_t node)
{
    int64_t since_ns = core->now_ns - 2 * core->policy.lease_ns;
    for (uint32_t i = 0; i < core->pilot_count; i++)
        if (core->pilots[i].node != node && core->pilots[i].wanted_ns > since_ns)
            return true;
    return false;
}

/* Looks at all of them once in about two terms: who is well was heard of meanwhile. */
void core_pilot_forget(struct core *core)
{
    if (core->pilot_count == 0 || core->now_ns < core->pilot_check_ns)
        return;
    uint32_t kept = 0;
    int64_t oldest_ns = INT64_MAX;
    for (uint32_t i = 0; i < core->pilot_count; i++) {
        struct core_pilot pilot = core->pilots[i];
        if (pilot.last_ns + 2 * core->policy.lease_ns <= core->now_ns)
            continue;
        core->pilots[kept++] = pilot;
        if (pilot.last_ns < oldest_ns)
            oldest_ns = pilot.last_ns;
    }
    core->pilot_count = kept;
    if (kept > 0)
        core->pilot_check_ns = oldest_ns + 2 * core->policy.lease_ns;
}
