/* sim_service.c - the coordinator around the core: load, step, commit, owe, die.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "coordinator/core_digest.h"
#include "tests/sim/sim.h"

static void die(struct sim *sim)
{
    core_free(sim->core);
    sim->core = NULL;
    sim->life++;
    sim->crashes++;
    sim->tick_ns = INT64_MAX;
    sim_at(sim, sim->now_ns + sim_between(sim, SIM_SECOND, SIM_TERM / 2),
           &(struct sim_event){.kind = AT_BOOT});
}

static void plan_tick(struct sim *sim)
{
    int64_t deadline_ns = core_deadline(sim->core);
    if (deadline_ns != INT64_MAX)
        deadline_ns -= sim_clock(sim) - sim->now_ns;
    if (deadline_ns >= sim->tick_ns)
        return;
    sim->tick_ns = deadline_ns;
    sim_at(sim, deadline_ns > sim->now_ns ? deadline_ns : sim->now_ns,
           &(struct sim_event){.kind = AT_TICK, .b = sim->life});
}

/* The core and the catalog must agree on every segment. */
static void compare(const struct sim *sim)
{
    const char *broken = "";
    if (!core_invariants(sim->core, &broken))
        sim_check(sim, false, broken);
    for (uint32_t i = 0; i < sim->segment_count; i++) {
        struct plan_state state = core_state(sim->core, i);
        sim_check(sim, memcmp(&state, &sim->catalog.states[i], sizeof state) == 0,
                  "core and catalog differ on a segment");
    }
    if (sim->catalog.hold != CORE_CANCELLED)
        return;
    sim_check(sim, core_count(sim->core).leases == 0, "a cancelled campaign has a lease");
    for (uint32_t i = 0; i < sim->catalog.attempt_count; i++)
        sim_check(sim, sim->catalog.attempts[i].state != ATTEMPT_LEASED,
                  "an attempt of a cancelled campaign is leased");
}

static void check_verdict(struct sim *sim, const struct core_report *report,
                          enum verdict verdict)
{
    const struct sim_attempt *attempt =
        sim_attempt_of(&sim->catalog, report->attempt, report->token);
    enum attempt_state state = attempt == NULL ? ATTEMPT_VOID : attempt->state;
    switch (verdict) {
    case VERDICT_COMMITTED:
        sim_check(sim, state == ATTEMPT_COMMITTED, "told committed, but is not");
        break;
    case VERDICT_NOTED:
        sim_check(sim, state == ATTEMPT_FAILED || state == ATTEMPT_RETURNED,
                  "told noted, but is not");
        break;
    case VERDICT_REFUSED:
        sim_check(sim, state == ATTEMPT_VOID, "a report that counts is refused");
        sim->refused++;
        break;
    }
}

static void answer_task(struct sim *sim, const struct core_command *command,
                        struct sim_message *answer)
{
    sim_check(sim, answer != NULL && answer->task_count < SIM_HAND,
              "a task for nobody, or more than were wanted");
    struct sim_task *task = &answer->tasks[answer->task_count++];
    *task = (struct sim_task){.attempt = command->attempt,
                              .token = command->token,
                              .kind = command->task_kind,
                              .group = command->group,
                              .count = command->segment_count};
    memcpy(task->segments, command->segments,
           command->segment_count * sizeof task->segments[0]);
}

/* What waits for the commit. */
static void pay(struct sim *sim, const struct core_event *event,
                const struct core_command *command, struct sim_message *answer)
{
    struct sim_event later = {.b = sim->life};
    int64_t longest_ns = random_below(&sim->random, 8) == 0 ? SIM_TERM : 2 * SIM_SECOND;
    int64_t soon_ns = sim->now_ns + sim_between(sim, 0, longest_ns);
    switch (command->kind) {
    case COMMAND_LEASE:
        answer_task(sim, command, answer);
        break;
    case COMMAND_COLLECT:
        sim_file_remove(sim, sim->catalog.attempts[command->attempt - 1].token);
        sim_check(sim,
                  sim->catalog.attempts[command->attempt - 1].state != ATTEMPT_COMMITTED,
                  "files of a committed attempt are collected");
        break;
    case COMMAND_VERDICT:
        check_verdict(sim, &event->reports[command->report], command->verdict);
        answer->verdicts[command->report] = command->verdict;
        break;
    case COMMAND_LOST:
        sim_check(sim,
                  command->attempt > sim->catalog.attempt_count ||
                      sim->catalog.attempts[command->attempt - 1].state != ATTEMPT_LEASED,
                  "told lost, but its lease is current");
        answer->lost[answer->lost_count++] = command->attempt;
        break;
    case COMMAND_UNKNOWN:
        answer->unknown = true;
        break;
    case COMMAND_FINISH:
        answer->drain = true;
        break;
    case COMMAND_CUT:
        later.kind = AT_CUT;
        later.a = command->unit;
        sim_at(sim, soon_ns, &later);
        break;
    case COMMAND_PUBLISH:
        later.kind = AT_PUBLISH;
        later.a = command->group;
        sim_at(sim, soon_ns, &later);
        break;
    case COMMAND_COMPLETE:
        later.kind = AT_MANAGER;
        if (command->stuck)
            sim_at(sim, sim->now_ns + 10 * SIM_SECOND, &later);
        break;
    case COMMAND_STATE:
    case COMMAND_COMMIT:
    case COMMAND_END:
    case COMMAND_GROUP:
        break;
    }
}

/* One event through the core and one transaction. False when the coordinator died on the
 * way: before the commit, or after it with all that it owed. */
static bool decide(struct sim *sim, struct core_event *event, struct sim_message *answer)
{
    struct core_commands commands;
    event->now_ns = sim->now_ns + sim->skew_ns; /* it may go back */
    sim->clock_ns = sim_clock(sim);
    core_step(sim->core, event, &commands);
    sim->steps++;
    sim->commands += commands.count;
    if (sim_chance(sim, sim->rates.crash)) {
        die(sim);
        return false;
    }
    if (event->kind == EVENT_HOLD && sim->catalog.hold != CORE_CANCELLED)
        sim->catalog.hold = event->hold;
    for (uint32_t i = 0; i < commands.count; i++) {
        sim_apply(sim, event, &commands.list[i]);
        sim->hash = random_mix(sim->hash + core_command_digest(&commands.list[i]));
    }
    compare(sim);
    if (sim_chance(sim, sim->rates.crash)) {
        die(sim);
        return false;
    }
    for (uint32_t i = 0; i < commands.count; i++)
        pay(sim, event, &commands.list[i], answer);
    plan_tick(sim);
    return true;
}

static void load_core(struct sim *sim)
{
    const struct sim_catalog *catalog = &sim->catalog;
    sim->core = core_new(&sim->policy, (uint64_t)catalog->attempt_count + 1);
    core_set_hold(sim->core, catalog->hold);
    for (uint32_t i = 0; i < sim->segment_count; i++) {
        struct core_segment segment = sim->segments[i];
        segment.state = catalog->states[i];
        core_add_segment(sim->core, &segment);
    }
    for (uint32_t i = 0; i < sim->unit_count; i++)
        core_add_unit(sim->core, &sim->units[i]);
    for (uint32_t i = 0; i < catalog->group_count; i++) {
        struct merge_group group = {.number = i,
                                    .first = catalog->groups[i].first,
                                    .count = catalog->groups[i].count,
                                    .state = catalog->groups[i].state,
                                    .deaths = catalog->groups[i].deaths};
        core_add_group(sim->core, &group);
    }
    for (uint32_t i = 0; i < catalog->attempt_count; i++) {
        struct sim_attempt *row = &catalog->attempts[i];
        row->renewed_ns = sim_clock(sim);
        row->ended_life = UINT64_MAX;
        if (row->state != ATTEMPT_LEASED)
            continue;
        struct attempt attempt = {.number = (uint64_t)i + 1,
                                  .token = row->token,
                                  .kind = row->kind,
                                  .segments = row->kind == TASK_MERGE ? &row->group
                                                                      : row->segments,
                                  .segment_count = row->count};
        core_add_lease(sim->core, &attempt);
    }
}

void sim_boot(struct sim *sim)
{
    if (sim->backup.segment_count > 0 && sim_chance(sim, sim->rates.restore)) {
        sim_catalog_copy(&sim->catalog, &sim->backup);
        sim->restores++;
    }
    /* A machine that was started anew counts from its start. */
    if (sim_chance(sim, 40 * sim->rates.jump))
        sim->skew_ns = sim_between(sim, 0, SIM_TERM) - sim->now_ns;
    sim->clock_ns = 0;
    sim_repair(sim);
    sim_sweep(sim, false);
    load_core(sim);
    struct core_event event = {.kind = EVENT_START};
    decide(sim, &event, NULL);
}

/* Now and then the catalog was asked before another report of the same batch was taken:
 * then only the core knows what became of the attempt. */
static enum attempt_state already(struct sim *sim, const struct sim_attempt *attempt)
{
    if (attempt == NULL ||
        (attempt->ended_life == sim->life && random_below(&sim->random, 2) == 0))
        return ATTEMPT_LEASED;
    return attempt->state;
}

static void check_reports(struct sim *sim, const struct sim_message *request,
                          struct core_report *reports)
{
    for (uint32_t i = 0; i < request->report_count; i++) {
        reports[i] = request->reports[i];
        const struct sim_attempt *attempt =
            sim_attempt_of(&sim->catalog, reports[i].attempt, reports[i].token);
        reports[i].already = already(sim, attempt);
        reports[i].parts_present = sim->store.files[reports[i].token] == SIM_FILE_THERE;
    }
}

/* Before the step: its reports may end some of them, its want takes none of them. */
static void renew(struct sim *sim, const struct sim_message *request)
{
    for (uint32_t i = 0; i < request->held_count; i++)
        if (request->held[i] <= sim->catalog.attempt_count)
            sim->catalog.attempts[request->held[i] - 1].renewed_ns = sim_clock(sim);
}

static void settle_reports(struct sim *sim, const struct sim_message *answer)
{
    for (uint32_t i = 0; i < answer->report_count; i++) {
        uint64_t token = answer->reports[i].token;
        sim->store.settled[token] = 1;
        if (answer->verdicts[i] == VERDICT_REFUSED)
            sim_file_remove(sim, token);
    }
}

void sim_request(struct sim *sim, const struct sim_message *request)
{
    struct core_report reports[SIM_OUTBOX];
    uint64_t tokens[SIM_HAND];
    struct sim_message answer = *request;
    struct core_event event = {.kind = EVENT_SYNC,
                               .pilot = request->number,
                               .want = request->want,
                               .reports = reports,
                               .report_count = request->report_count,
                               .held = request->held,
                               .held_count = request->held_count,
                               .tokens = tokens,
                               .token_count = request->want};
    if (sim->core == NULL)
        return;
    if (request->kind == SIM_HELLO) {
        answer.number = ++sim->pilot_number;
        event = (struct core_event){.kind = EVENT_HELLO,
                                    .pilot = answer.number,
                                    .node = 1 + request->pilot % SIM_NODES};
    } else {
        for (uint32_t i = 0; i < request->want; i++)
            tokens[i] = sim_token(sim);
        check_reports(sim, request, reports);
    }
    renew(sim, request);
    if (!decide(sim, &event, &answer))
        return;
    settle_reports(sim, &answer);
    sim_send(sim, AT_ANSWER, &answer);
}

void sim_tick(struct sim *sim)
{
    struct core_event event = {.kind = EVENT_TICK};
    sim->tick_ns = INT64_MAX;
    decide(sim, &event, NULL);
}

void sim_cut(struct sim *sim, uint32_t unit)
{
    uint32_t before = sim->catalog.group_count;
    sim_record_groups(sim, unit);
    if (sim_chance(sim, sim->rates.crash)) {
        die(sim);
        return;
    }
    uint32_t count = sim->catalog.group_count - before;
    struct merge_group *groups = mem_new(count, sizeof *groups);
    for (uint32_t i = 0; i < count; i++) {
        const struct sim_group *row = &sim->catalog.groups[before + i];
        groups[i] = (struct merge_group){.number = before + i,
                                         .first = row->first,
                                         .count = row->count,
                                         .state = row->state};
    }
    struct core_event event = {
        .kind = EVENT_GROUPS, .unit = unit, .groups = groups, .group_count = count};
    decide(sim, &event, NULL);
    free(groups);
}

void sim_publish(struct sim *sim, uint32_t number)
{
    sim_record_published(sim, number);
    if (sim_chance(sim, sim->rates.crash)) {
        die(sim);
        return;
    }
    struct merge_group group = {.number = number};
    struct core_event event = {
        .kind = EVENT_PUBLISHED, .groups = &group, .group_count = 1};
    decide(sim, &event, NULL);
}

/* Mends what is quarantined and sends it, and merges that were given up, back. */
void sim_manager(struct sim *sim)
{
    uint32_t *numbers = mem_new(sim->segment_count, sizeof *numbers);
    uint32_t count = 0;
    for (uint32_t i = 0; i < sim->segment_count; i++)
        if (sim->catalog.states[i].state == SEGMENT_QUARANTINED) {
            sim->natures[i] = SIM_MENDED;
            numbers[count++] = i;
        }
    for (uint32_t i = 0; i < sim->catalog.group_count && count < sim->segment_count; i++)
        if (sim->catalog.groups[i].state == GROUP_FAILED)
            numbers[count++] = sim->catalog.groups[i].first;
    struct core_event event = {
        .kind = EVENT_RELEASE, .segments = numbers, .segment_count = count};
    decide(sim, &event, NULL);
    free(numbers);
}

void sim_open_gates(struct sim *sim)
{
    if (sim->core == NULL || sim->stages.count == 0)
        return;
    uint32_t *numbers = mem_new(sim->segment_count + 1, sizeof *numbers);
    struct core_event event = {.kind = EVENT_RELEASE, .segments = numbers};
    event.segment_count = sim_behind_open_gates(sim, numbers);
    if (event.segment_count > 0)
        decide(sim, &event, NULL);
    free(numbers);
}

/* No coordinator runs meanwhile. */
void sim_recover(struct sim *sim)
{
    uint64_t before = sim->recovered;
    for (uint32_t i = 0; i < sim->segment_count; i++) {
        struct plan_state *state = &sim->catalog.states[i];
        if (state->state != SEGMENT_LOST)
            continue;
        *state = (struct plan_state){.state = SEGMENT_READY, .attempts = state->attempts};
        sim->natures[i] = SIM_MENDED;
        sim->recovered++;
    }
    if (sim->recovered == before)
        return;
    sim->catalog.complete = false;
    die(sim);
}

/* A part vanishes: every segment in it is told. */
void sim_lose_file(struct sim *sim)
{
    struct sim_catalog *catalog = &sim->catalog;
    if (sim->segment_count == 0)
        return;
    uint64_t token = catalog->products[random_below(&sim->random, sim->segment_count)];
    if (token == 0)
        return;
    uint32_t *numbers = mem_new(sim->segment_count, sizeof *numbers);
    uint32_t count = 0;
    sim_file_remove(sim, token);
    sim->missing++;
    for (uint32_t i = 0; i < sim->segment_count; i++)
        if (catalog->products[i] == token)
            numbers[count++] = i;
    struct core_event event = {
        .kind = EVENT_MISSING, .segments = numbers, .segment_count = count};
    if (sim->core != NULL)
        decide(sim, &event, NULL);
    free(numbers);
}

void sim_cancel(struct sim *sim)
{
    struct core_event event = {.kind = EVENT_HOLD, .hold = CORE_CANCELLED};
    if (sim->core == NULL || sim_over(sim))
        return;
    sim->cancelled++;
    if (random_below(&sim->random, 4) == 0) {
        sim->catalog.hold = CORE_CANCELLED;
        die(sim);
    } else {
        decide(sim, &event, NULL);
    }
}

void sim_hold(struct sim *sim)
{
    struct core_event event = {.kind = EVENT_HOLD,
                               .hold = sim->catalog.hold == CORE_RUNNING ? CORE_PAUSED
                                                                         : CORE_RUNNING};
    if (sim->core != NULL)
        decide(sim, &event, NULL);
}
