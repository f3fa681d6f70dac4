/* sim_gates.c - stages on virtual time, and what managers say of them.
 * SPDX-License-Identifier: Apache-2.0
 *
 * They approve, refuse, look away, or speak of a sample that is another one by now. Which
 * segments wait follows from coordinator/stages.h, whether a gate is open from
 * coordinator/gate.h, as in the service. Words are durable; what is released is the
 * service's to decide and the core's to do.
 */
#include <stdlib.h>

#include "base/bytes.h"
#include "coordinator/gate.h"
#include "tests/sim/sim.h"

static void add_unit(struct sim *sim, const struct core_unit *unit, uint32_t period)
{
    static const char *const names[SIM_PERIODS] = {"A", "B"};
    uint32_t *spills = mem_new(unit->count + 1, sizeof *spills);
    bool *events = mem_new(unit->count + 1, sizeof *events);
    for (uint32_t i = 0; i < unit->count; i++) {
        spills[i] = sim->segments[unit->first + i].id.ordinal;
        events[i] = random_below(&sim->random, 8) != 0;
    }
    stages_add_run(&sim->stages, &(struct stage_run){.period = names[period],
                                                     .first = unit->first,
                                                     .count = unit->count,
                                                     .spills = spills,
                                                     .events = events});
    free(spills);
    free(events);
}

void sim_stages(struct sim *sim)
{
    if (random_below(&sim->random, 2) == 0)
        return;
    sim->stages.spills = (uint32_t)sim_between(sim, 1, 4);
    for (uint32_t i = 0; i < sim->unit_count; i++)
        add_unit(sim, &sim->units[i], i % SIM_PERIODS);
    for (uint32_t i = 0; i < sim->segment_count; i++)
        if (stages_gated(&sim->stages, i))
            sim->catalog.states[i].state = SEGMENT_PLANNED;
}

static bool is_open(enum segment_state state)
{
    return state == SEGMENT_READY || state == SEGMENT_LEASED || state == SEGMENT_WAITING;
}

/* False while it is not done. */
static bool sample_of(const struct sim *sim, uint32_t period, struct sha256 *sample)
{
    const struct stage_spans *spans = &sim->stages.periods[period].sample;
    struct sha256_stream *stream = sha256_new();
    bool settled = true;
    sha256_start(stream);
    for (uint32_t i = 0; i < spans->count; i++)
        for (uint32_t k = 0; k < spans->list[i].count; k++) {
            uint8_t state = sim->catalog.states[spans->list[i].first + k].state;
            settled = settled && !is_open((enum segment_state)state);
            sha256_add(stream, &state, 1);
        }
    *sample = sha256_end(stream);
    sha256_free(stream);
    return settled;
}

/* Whether its gate lets the segment through now. */
static bool gate_open(const struct sim *sim, uint32_t period)
{
    struct sha256 sample;
    const struct gate_word *word = &sim->catalog.words[period];
    return sample_of(sim, period, &sample) &&
           gate_judge(word, &sample, sim->now_ns / SIM_SECOND) == GATE_OPEN;
}

bool sim_may_pass(const struct sim *sim, uint32_t segment)
{
    for (uint32_t i = 0; i < sim->stages.count; i++)
        if (stage_spans_have(&sim->stages.periods[i].rest, segment))
            return gate_open(sim, i);
    return true;
}

void sim_gate_word(struct sim *sim)
{
    struct sha256 sample;
    if (sim->stages.count == 0)
        return;
    uint32_t period = (uint32_t)random_below(&sim->random, sim->stages.count);
    if (!sample_of(sim, period, &sample))
        return;
    struct gate_word word = {.approve = true, .sample = sample};
    word.expires_s = sim->now_ns / SIM_SECOND + sim_between(sim, 0, 900);
    if (sim->quiet) {
        word.expires_s = INT64_MAX;
    } else {
        word.approve = random_below(&sim->random, 4) != 0;
        if (random_below(&sim->random, 4) == 0) /* of a sample that is no more */
            word.sample = sha256_of("", 0);
    }
    sim->catalog.words[period] = word;
    sim->words++;
}

uint32_t sim_behind_open_gates(const struct sim *sim, uint32_t *numbers)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < sim->stages.count; i++) {
        const struct stage_spans *rest = &sim->stages.periods[i].rest;
        bool open = rest->count > 0 && gate_open(sim, i);
        for (uint32_t k = 0; open && k < rest->count; k++)
            for (uint32_t n = 0; n < rest->list[k].count; n++) {
                uint32_t number = rest->list[k].first + n;
                if (sim->catalog.states[number].state == SEGMENT_PLANNED)
                    numbers[count++] = number;
            }
    }
    return count;
}
