/* sim_queue.c - virtual time and the network.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "base/bytes.h"
#include "tests/sim/sim.h"

void *sim_room(void *list, uint32_t count, uint32_t *capacity, size_t size)
{
    if (count < *capacity)
        return list;
    *capacity = *capacity == 0 ? 64 : 2 * *capacity;
    return mem_grow(list, *capacity, size);
}

bool sim_chance(struct sim *sim, uint32_t per_million)
{
    return random_below(&sim->random, 1000000) < per_million && !sim->quiet;
}

int64_t sim_between(struct sim *sim, int64_t low, int64_t high)
{
    return low + (int64_t)random_below(&sim->random, (uint64_t)(high - low) + 1);
}

static bool before(const struct sim_event *a, const struct sim_event *b)
{
    return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->serial < b->serial;
}

void sim_at(struct sim *sim, int64_t at_ns, const struct sim_event *event)
{
    struct sim_queue *queue = &sim->queue;
    queue->list =
        sim_room(queue->list, queue->count, &queue->capacity, sizeof *queue->list);
    struct sim_event added = *event;
    added.at_ns = at_ns;
    added.serial = queue->serial++;
    uint32_t at = queue->count++;
    while (at > 0 && before(&added, &queue->list[(at - 1) / 2])) {
        queue->list[at] = queue->list[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    queue->list[at] = added;
}

struct sim_event sim_queue_take(struct sim_queue *queue)
{
    struct sim_event first = queue->list[0];
    struct sim_event last = queue->list[--queue->count];
    uint32_t at = 0;
    for (uint32_t child = 1; child < queue->count; child = 2 * at + 1) {
        if (child + 1 < queue->count &&
            before(&queue->list[child + 1], &queue->list[child]))
            child++;
        if (!before(&queue->list[child], &last))
            break;
        queue->list[at] = queue->list[child];
        at = child;
    }
    queue->list[at] = last;
    return first;
}

static void send_one(struct sim *sim, enum sim_kind kind,
                     const struct sim_message *message)
{
    int64_t latency_ns = sim_between(sim, 1000000, 200000000);
    if (sim_chance(sim, sim->rates.slow))
        latency_ns = sim_between(sim, SIM_SECOND, 2 * SIM_TERM);
    struct sim_message *copy = mem_new(1, sizeof *copy);
    *copy = *message;
    sim_at(sim, sim->now_ns + latency_ns,
           &(struct sim_event){.kind = kind, .message = copy});
}

void sim_send(struct sim *sim, enum sim_kind kind, const struct sim_message *message)
{
    if (!sim_chance(sim, sim->rates.lose))
        send_one(sim, kind, message);
    if (sim_chance(sim, sim->rates.duplicate))
        send_one(sim, kind, message);
}
