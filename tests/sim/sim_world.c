/* sim_world.c - a campaign from its seed to its end.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "tests/sim/sim.h"

/* From here on nothing fails any more, and some time later all must be done: a segment
 * that kills its pilots takes fifty terms with growing gaps. */
#define QUIET_NS ((int64_t)4 * 3600 * SIM_SECOND)
#define END_NS   ((int64_t)72 * 3600 * SIM_SECOND)

_Noreturn void sim_broken(const struct sim *sim, const char *file, int line,
                          const char *sentence)
{
    (void)fprintf(stderr,
                  "%s:%d: step %" PRIu64 ", life %" PRIu64 ", %" PRId64 " s: %s\n", file,
                  line, sim->steps, sim->life, sim->now_ns / SIM_SECOND, sentence);
    abort();
}

static uint32_t rate(struct sim *sim, uint32_t most)
{
    static const uint32_t scale[] = {0, 1, 10, 100};
    return most * scale[random_below(&sim->random, 4)] / 100;
}

static void draw_rates(struct sim *sim)
{
    sim->rates = (struct sim_rates){.lose = rate(sim, 200000),
                                    .duplicate = rate(sim, 200000),
                                    .slow = rate(sim, 100000),
                                    .kill = rate(sim, 5000),
                                    .stop = rate(sim, 3000),
                                    .preempt = rate(sim, 5000),
                                    .storage = rate(sim, 200000),
                                    .vanish = rate(sim, 50000),
                                    .outside = rate(sim, 50000),
                                    .merge = rate(sim, 600000),
                                    .crash = rate(sim, 20000),
                                    .restore = rate(sim, 300000),
                                    .missing = rate(sim, 10000),
                                    .pause = rate(sim, 20000),
                                    .flaky = rate(sim, 60000),
                                    .jump = rate(sim, 20000),
                                    .gate = 2000 + rate(sim, 20000),
                                    .recover = rate(sim, 300000),
                                    .cancel = rate(sim, 1000)};
    sim->policy = (struct campaign_policy){
        .task_ns = random_below(&sim->random, 2) == 0 ? 0 : 8 * SIM_SECOND,
        .task_bytes = 100 * (1 + random_below(&sim->random, 12)),
        .task_segments = (uint32_t)sim_between(sim, 1, SIM_TASK_SEGMENTS),
        .lease_ns = SIM_TERM,
        .retry_delay_ns = SIM_DELAY,
        .attempts = (uint32_t)sim_between(sim, 1, 4),
        .complete_at = random_below(&sim->random, 2) == 0 ? 1.0 : 0.9};
}

/* Rules under which nobody is blamed who is not at fault. */
static void draw_rules(struct sim *sim)
{
    static const struct retry_rule rules[] = {
        {.code = E_DISK_FULL, .action = RETRY_ELSEWHERE, .delayed = true, .delay_ns = 0},
        {.kind = ERR_NODE, .action = RETRY_ELSEWHERE},
        {.kind = ERR_STORAGE, .text = "disk*full", .action = RETRY_AGAIN},
        {.kind = ERR_RESOURCE, .action = RETRY_MEMORY, .percent = 150, .up_to = 4000},
        {.kind = ERR_RESOURCE, .action = RETRY_TIME, .percent = 130, .up_to = 9000},
        {.crash = true, .action = RETRY_QUARANTINE, .passive = true},
        {.crash = true, .action = RETRY_ELSEWHERE},
        {.kind = ERR_PROTOCOL, .action = RETRY_QUARANTINE},
    };
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        if (random_below(&sim->random, 3) == 0)
            sim->policy.rules[sim->policy.rule_count++] = rules[i];
    sim->policy.memory_bytes = 1600;
    sim->policy.segment_limit_ns = 1600;
}

static enum sim_nature draw_nature(struct sim *sim)
{
    for (enum sim_nature nature = SIM_GOOD + 1; nature < SIM_MENDED; nature++)
        if (random_below(&sim->random, 1000000) < sim->rates.flaky)
            return nature;
    return SIM_GOOD;
}

/* One run, several chunks, several spills; plan order is by spill, then chunk. */
static void add_unit(struct sim *sim, uint32_t run, uint32_t *capacity)
{
    uint32_t chunks = (uint32_t)sim_between(sim, 1, 4);
    uint32_t spills = (uint32_t)sim_between(sim, 1, 12);
    struct core_unit *unit = &sim->units[run];
    unit->first = sim->segment_count;
    for (uint32_t spill = 0; spill < spills; spill++)
        for (uint32_t chunk = 0; chunk < chunks; chunk++) {
            if (random_below(&sim->random, 12) == 0)
                continue; /* no event of this spill in this chunk */
            sim->segments = sim_room(sim->segments, sim->segment_count, capacity,
                                     sizeof *sim->segments);
            sim->segments[sim->segment_count++] =
                (struct core_segment){.id = {.chunk = {.run = run + 1,
                                                       .builder = 1,
                                                       .number = (uint16_t)(chunk + 1)},
                                             .ordinal = spill},
                                      .bytes = (uint64_t)sim_between(sim, 50, 150),
                                      .steps = STEP_RECO | STEP_SELECT,
                                      .state = {.state = SEGMENT_READY}};
        }
    unit->count = sim->segment_count - unit->first;
}

static void build(struct sim *sim)
{
    uint32_t capacity = 0;
    draw_rates(sim);
    draw_rules(sim);
    sim->unit_count = (uint32_t)sim_between(sim, 1, 4);
    sim->units = mem_new(sim->unit_count, sizeof *sim->units);
    for (uint32_t run = 0; run < sim->unit_count; run++)
        add_unit(sim, run, &capacity);
    sim->natures = mem_new(sim->segment_count, 1);
    sim->catalog.segment_count = sim->segment_count;
    sim->catalog.states = mem_new(sim->segment_count, sizeof *sim->catalog.states);
    sim->catalog.products = mem_new(sim->segment_count, sizeof *sim->catalog.products);
    for (uint32_t i = 0; i < sim->segment_count; i++) {
        sim->natures[i] = (uint8_t)draw_nature(sim);
        sim->catalog.states[i].state = SEGMENT_READY;
    }
    sim_stages(sim);
    sim->pilots_wanted = (uint32_t)sim_between(sim, 1, 8);
    sim->executors_most = (uint32_t)sim_between(sim, 1, SIM_EXECUTORS);
    sim->tick_ns = INT64_MAX;
}

static void strike(struct sim *sim, uint32_t pilot)
{
    struct sim_pilot *self = &sim->pilots[pilot];
    if (sim_chance(sim, sim->rates.kill)) {
        self->alive = false;
    } else if (sim_chance(sim, sim->rates.preempt) && !self->preempted) {
        sim_pilot_preempt(sim, pilot);
    } else if (sim_chance(sim, sim->rates.stop)) {
        self->stopped_until_ns = sim->now_ns + sim_between(sim, SIM_SECOND, 3 * SIM_TERM);
    }
}

static uint32_t strike_all(struct sim *sim)
{
    uint32_t alive = 0;
    for (uint32_t i = 0; i < sim->pilot_count; i++) {
        if (sim->pilots[i].alive && sim->pilots[i].stopped_until_ns <= sim->now_ns)
            strike(sim, i);
        alive += sim->pilots[i].alive ? 1 : 0;
    }
    return alive;
}

static void chances(struct sim *sim)
{
    if (sim_chance(sim, sim->rates.jump)) {
        sim->skew_ns += sim_between(sim, -2 * SIM_TERM, 5 * SIM_TERM);
        sim->jumps++;
    }
    if (sim_chance(sim, sim->rates.missing) && !sim->catalog.complete)
        sim_lose_file(sim);
    if (sim_chance(sim, sim->rates.pause) ||
        (sim->quiet && sim->catalog.hold == CORE_PAUSED))
        sim_hold(sim);
    if (sim_chance(sim, sim->rates.cancel))
        sim_cancel(sim);
    if (sim_chance(sim, sim->rates.gate) || (sim->quiet && !sim->catalog.complete))
        sim_gate_word(sim);
    if (random_below(&sim->random, 5) == 0)
        sim_open_gates(sim);
    if (sim->core != NULL && sim_chance(sim, sim->rates.recover))
        sim_recover(sim);
    if (random_below(&sim->random, 100) == 0)
        sim_catalog_copy(&sim->backup, &sim->catalog);
}

static void second(struct sim *sim)
{
    if (sim->now_ns > QUIET_NS)
        sim->quiet = true;
    sim_check(sim, sim->now_ns < END_NS, "the campaign does not end");
    uint32_t alive = strike_all(sim);
    if (alive < sim->pilots_wanted && !sim_over(sim))
        sim_pilot_join(sim);
    chances(sim);
    if (sim_over(sim) && alive == 0 && sim->core != NULL)
        sim->quiet = true; /* what is on its way still arrives */
    else
        sim_at(sim, sim->now_ns + SIM_SECOND, &(struct sim_event){.kind = AT_SECOND});
}

/* What a dead pilot would do is void; a stopped one does it later. */
static bool pilot_event(struct sim *sim, const struct sim_event *event)
{
    uint32_t pilot = event->kind == AT_ANSWER ? event->message->pilot : event->a;
    const struct sim_pilot *self = &sim->pilots[pilot];
    if (!self->alive)
        return false;
    if (self->stopped_until_ns <= sim->now_ns)
        return true;
    struct sim_event later = *event;
    if (event->message != NULL) {
        later.message = mem_new(1, sizeof *later.message);
        *later.message = *event->message;
    }
    sim_at(sim, self->stopped_until_ns, &later);
    return false;
}

static void handle(struct sim *sim, const struct sim_event *event)
{
    bool current = sim->core != NULL && event->b == sim->life;
    switch (event->kind) {
    case AT_PILOT_SYNC:
        if (pilot_event(sim, event))
            sim_pilot_sync(sim, event->a, event->b);
        break;
    case AT_PILOT_TIMEOUT:
        if (pilot_event(sim, event))
            sim_pilot_timeout(sim, event->a, event->b);
        break;
    case AT_WORK:
        if (pilot_event(sim, event))
            sim_pilot_work(sim, event->a, event->b);
        break;
    case AT_ANSWER:
        if (pilot_event(sim, event))
            sim_pilot_answer(sim, event->message);
        break;
    case AT_REQUEST:
        sim_request(sim, event->message);
        break;
    case AT_TICK:
        if (current)
            sim_tick(sim);
        break;
    case AT_CUT:
        if (current)
            sim_cut(sim, event->a);
        break;
    case AT_PUBLISH:
        if (current)
            sim_publish(sim, event->a);
        break;
    case AT_MANAGER:
        if (current)
            sim_manager(sim);
        break;
    case AT_BOOT:
        sim_boot(sim);
        break;
    case AT_SECOND:
        second(sim);
        break;
    }
}

void sim_run(struct sim *sim, uint64_t seed)
{
    *sim = (struct sim){.random = {.state = seed}};
    build(sim);
    sim_at(sim, 0, &(struct sim_event){.kind = AT_BOOT});
    sim_at(sim, 0, &(struct sim_event){.kind = AT_SECOND});
    while (sim->queue.count > 0) {
        struct sim_event event = sim_take(sim);
        handle(sim, &event);
        free(event.message);
    }
    sim_check(sim, sim_over(sim), "the world stands still before the end");
    sim_check_end(sim);
}

void sim_release(struct sim *sim)
{
    core_free(sim->core);
    sim_catalog_release(&sim->catalog);
    sim_catalog_release(&sim->backup);
    free(sim->segments);
    free(sim->natures);
    free(sim->units);
    stages_release(&sim->stages);
    free(sim->pilots);
    free(sim->store.files);
    free(sim->store.settled);
    timeline_release(&sim->queue);
}
