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

int64_t sim_clock(const struct sim *sim)
{
    int64_t clock_ns = sim->now_ns + sim->skew_ns;
    return clock_ns > sim->clock_ns ? clock_ns : sim->clock_ns;
}

bool sim_chance(struct sim *sim, uint32_t per_million)
{
    return random_below(&sim->random, 1000000) < per_million && !sim->quiet;
}

int64_t sim_between(struct sim *sim, int64_t low, int64_t high)
{
    return low + (int64_t)random_below(&sim->random, (uint64_t)(high - low) + 1);
}

void sim_at(struct sim *sim, int64_t at_ns, const struct sim_event *event)
{
    timeline_add(&sim->queue, &(struct timeline_event){.at_ns = at_ns,
                                                       .kind = event->kind,
                                                       .a = event->a,
                                                       .b = event->b,
                                                       .data = event->message});
}

struct sim_event sim_take(struct sim *sim)
{
    struct timeline_event event = timeline_take(&sim->queue);
    sim->now_ns = event.at_ns;
    return (struct sim_event){.kind = (enum sim_kind)event.kind,
                              .a = event.a,
                              .b = event.b,
                              .message = event.data};
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
