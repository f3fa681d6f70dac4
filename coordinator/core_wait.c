/* core_wait.c - what becomes ready at a time: a binary heap.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/core_internal.h"

static bool before(const struct core_due *a, const struct core_due *b)
{
    if (a->due_ns != b->due_ns)
        return a->due_ns < b->due_ns;
    if (a->group != b->group)
        return b->group;
    return a->number < b->number;
}

void core_wait_add(struct core_wait *wait, const struct core_due *due)
{
    wait->list = core_room(wait->list, wait->count, &wait->capacity, sizeof *wait->list);
    uint32_t at = wait->count++;
    while (at > 0 && before(due, &wait->list[(at - 1) / 2])) {
        wait->list[at] = wait->list[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    wait->list[at] = *due;
}

struct core_due core_wait_take(struct core_wait *wait)
{
    struct core_due first = wait->list[0];
    struct core_due last = wait->list[--wait->count];
    uint32_t at = 0;
    for (uint32_t child = 1; child < wait->count; child = 2 * at + 1) {
        if (child + 1 < wait->count && before(&wait->list[child + 1], &wait->list[child]))
            child++;
        if (!before(&wait->list[child], &last))
            break;
        wait->list[at] = wait->list[child];
        at = child;
    }
    wait->list[at] = last;
    return first;
}

int64_t core_delay(const struct core *core, uint32_t deaths)
{
    int64_t factor = 1;
    for (uint32_t i = 1; i < deaths && factor < CORE_DELAY_FACTOR; i++)
        factor *= 2;
    if (factor > CORE_DELAY_FACTOR)
        factor = CORE_DELAY_FACTOR;
    return core->policy.retry_delay_ns * factor;
}
