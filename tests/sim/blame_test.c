/* blame_test.c - one bad segment among good ones is found in four deaths.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A pilot does its task segment by segment. At the bad one its executor crashes, which
 * the pilot can tell, or all of the pilot is gone, which nobody can. Before that, between
 * and after it pilots are preempted again and again. A crew is a pilot with several
 * executors: when it is gone, nobody knows which of their segments was at fault.
 */
#include <signal.h>

#include "base/random.h"
#include "tests/unit/coordinator/core_fixture.h"

#define SEGMENTS    64u
#define PREEMPTIONS 50u
#define MOST_DEATHS 4u
#define CREWS       3u
#define EXECUTORS   8u

struct history {
    struct world world;
    struct random random;
    uint32_t bad;
    bool silent; /* the pilot goes with it */
    uint32_t preemptions, deaths;
    bool found; /* set aside, or dead alone in its task */
};

static bool holds(const struct held_task *task, uint32_t number)
{
    for (uint32_t i = 0; i < task->count; i++)
        if (task->segments[i] == number)
            return true;
    return false;
}

static void preempt(struct history *history, const struct held_task *task, uint32_t most)
{
    uint32_t done = (uint32_t)random_below(&history->random, most + 1);
    struct core_report report = report_done(task);
    report.status = done > 0 ? REPORT_PREFIX : REPORT_RETURNED;
    report.segment_count = done;
    world_report(&history->world, &report);
    history->preemptions++;
}

static void die(struct history *history, const struct held_task *task, uint32_t place)
{
    history->deaths++;
    if (history->silent) {
        history->found = task->count == 1;
        world_tick(&history->world, TERM + SECOND); /* and nobody renews */
        return;
    }
    struct core_report report =
        report_failed(task, place, task->segments[place], E_WORKER_CRASH);
    report.signal = SIGSEGV;
    world_report(&history->world, &report);
    history->found = state_of(&history->world, history->bad) == SEGMENT_QUARANTINED;
    world_tick(&history->world, 100 * DELAY);
}

/* One task; false when none was given. */
static bool pilot(struct history *history)
{
    struct world *world = &history->world;
    world_step(world, &(struct core_event){.kind = EVENT_HELLO, .pilot = PILOT});
    struct held_task task = world_take(world);
    if (task.attempt == 0 || task.kind == TASK_MERGE)
        return false;
    uint32_t place = 0;
    while (place < task.count && task.segments[place] != history->bad)
        place++;
    uint32_t most = place < task.count ? place : task.count - 1;
    if (history->preemptions < PREEMPTIONS && random_below(&history->random, 2) == 0) {
        preempt(history, &task, most);
    } else if (place < task.count) {
        assert_true(holds(&task, history->bad));
        die(history, &task, place);
    } else {
        struct core_report report = report_done(&task);
        world_report(world, &report);
    }
    return true;
}

static void history_run(uint64_t seed, bool silent)
{
    struct campaign_policy policy = policy_of_tests();
    struct history history = {.random = {.state = seed}, .silent = silent};
    policy.task_bytes = 100 * (1 + random_below(&history.random, 8));
    history.bad = (uint32_t)random_below(&history.random, SEGMENTS);
    world_open(&history.world, &policy, SEGMENTS);
    while (!history.found)
        assert_true(pilot(&history));
    if (history.deaths > MOST_DEATHS)
        fail_msg("seed %llu: %u deaths", (unsigned long long)seed, history.deaths);
    /* The others are all done, whatever they ran beside. */
    while (core_count(history.world.core).by_state[SEGMENT_COMMITTED] < SEGMENTS - 1)
        assert_true(pilot(&history));
    for (uint32_t i = 0; i < SEGMENTS; i++)
        if (i != history.bad) {
            assert_int_equal(state_of(&history.world, i), SEGMENT_COMMITTED);
            assert_int_equal(core_state(history.world.core, i).blame, 0);
        }
    world_close(&history.world);
}

static void a_crashing_segment_is_found_in_at_most_four_deaths(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 500; seed++)
        history_run(seed, false);
}

static void one_that_takes_its_pilot_down_is_found_in_at_most_four_deaths(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 500; seed++)
        history_run(seed, true);
}

/* Executors of one world, each with a task of its own. */
struct crew {
    uint64_t pilot;
    struct held_task tasks[EXECUTORS]; /* attempt 0: idle */
    uint32_t done[EXECUTORS];
};

struct company {
    struct world world;
    struct random random;
    uint32_t bad, executors, crews;
    struct crew list[CREWS];
    uint64_t pilot;
    uint32_t losses; /* of crews */
};

static void crew_start(struct company *company, struct crew *crew)
{
    *crew = (struct crew){.pilot = ++company->pilot};
    world_step(&company->world,
               &(struct core_event){.kind = EVENT_HELLO, .pilot = crew->pilot});
}

/* One call of a crew: what it has in hand, perhaps a report, and it asks for work. */
static void crew_sync(struct company *company, struct crew *crew,
                      const struct core_report *report)
{
    struct world *world = &company->world;
    uint64_t held[EXECUTORS];
    uint32_t count = 0, given = 0;
    for (uint32_t i = 0; i < company->executors; i++)
        if (crew->tasks[i].attempt != 0)
            held[count++] = crew->tasks[i].attempt;
    for (uint32_t i = 0; i < SYNC_TASKS; i++)
        world->tokens[i] = ++world->token;
    world_step(world, &(struct core_event){.kind = EVENT_SYNC,
                                           .pilot = crew->pilot,
                                           .want = company->executors - count,
                                           .reports = report,
                                           .report_count = report == NULL ? 0 : 1,
                                           .held = held,
                                           .held_count = count,
                                           .tokens = world->tokens,
                                           .token_count = SYNC_TASKS});
    for (uint32_t i = 0; i < company->executors; i++) {
        if (crew->tasks[i].attempt != 0)
            continue;
        crew->tasks[i] = task_given(world, given++);
        crew->done[i] = 0;
    }
}

/* The next segment of one executor; at the bad one all of its crew is gone. */
static void crew_work(struct company *company, struct crew *crew)
{
    uint32_t at = (uint32_t)random_below(&company->random, company->executors);
    struct held_task *task = &crew->tasks[at];
    if (task->attempt == 0 || task->kind == TASK_MERGE) {
        crew_sync(company, crew, NULL);
    } else if (task->segments[crew->done[at]] == company->bad) {
        company->losses++;
        crew_start(company, crew);
    } else if (++crew->done[at] == task->count) {
        struct core_report report = report_done(task);
        task->attempt = 0;
        crew_sync(company, crew, &report);
    } else {
        crew_sync(company, crew, NULL);
    }
}

static void company_run(uint64_t seed)
{
    struct campaign_policy policy = policy_of_tests();
    struct company company = {.random = {.state = seed}};
    policy.task_bytes = 100 * (1 + random_below(&company.random, 8));
    company.executors = 2 + (uint32_t)random_below(&company.random, EXECUTORS - 1);
    company.crews = 1 + (uint32_t)random_below(&company.random, CREWS);
    company.bad = (uint32_t)random_below(&company.random, SEGMENTS);
    world_open(&company.world, &policy, SEGMENTS);
    for (uint32_t i = 0; i < company.crews; i++)
        crew_start(&company, &company.list[i]);
    while (state_of(&company.world, company.bad) != SEGMENT_QUARANTINED) {
        company.world.now_ns += SECOND;
        crew_work(&company, &company.list[random_below(&company.random, company.crews)]);
        assert_true(company.losses < 2 * PREEMPTIONS);
    }
    for (uint32_t i = 0; i < SEGMENTS; i++) {
        if (i == company.bad)
            continue;
        if (state_of(&company.world, i) != SEGMENT_COMMITTED)
            fail_msg("seed %llu: segment %u is %s beside the bad one",
                     (unsigned long long)seed, i,
                     segment_state_name(state_of(&company.world, i)));
        /* From the fourth death on the bad one has more of them than any other. */
        if (core_state(company.world.core, i).deaths >= MOST_DEATHS)
            fail_msg("seed %llu: segment %u died %u times", (unsigned long long)seed, i,
                     core_state(company.world.core, i).deaths);
    }
    world_close(&company.world);
}

static void beside_one_that_takes_its_crew_down_nobody_dies_as_often(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 200; seed++)
        company_run(seed);
}

static void fifty_preemptions_of_every_task_fail_nothing(void **state)
{
    struct campaign_policy policy = policy_of_tests();
    struct history history = {.random = {.state = 5}};
    (void)state;
    world_open(&history.world, &policy, SEGMENTS);
    for (uint32_t i = 0; i < PREEMPTIONS * SEGMENTS; i++) {
        struct held_task task = world_take(&history.world);
        preempt(&history, &task, 0);
    }
    for (uint32_t i = 0; i < SEGMENTS; i++) {
        assert_int_equal(state_of(&history.world, i), SEGMENT_READY);
        assert_int_equal(core_state(history.world.core, i).blame, 0);
        assert_int_equal(core_state(history.world.core, i).deaths, 0);
    }
    world_commit_all(&history.world);
    assert_int_equal(core_count(history.world.core).by_state[SEGMENT_COMMITTED],
                     SEGMENTS);
    world_close(&history.world);
}

/* Nobody was warned: leases run out, and that is all that is known. */
static void fifty_pilots_that_vanish_fail_nothing(void **state)
{
    struct campaign_policy policy = policy_of_tests();
    struct world world;
    (void)state;
    world_open(&world, &policy, SEGMENTS);
    for (uint32_t i = 0; i < PREEMPTIONS; i++) {
        world_sync(&world, SYNC_TASKS, NULL, 0);
        world_tick(&world, TERM);
        world_step(&world, &(struct core_event){.kind = EVENT_HELLO, .pilot = PILOT});
    }
    assert_int_equal(core_count(world.core).by_state[SEGMENT_QUARANTINED], 0);
    world_commit_all(&world);
    assert_int_equal(core_count(world.core).by_state[SEGMENT_COMMITTED], SEGMENTS);
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_crashing_segment_is_found_in_at_most_four_deaths),
        cmocka_unit_test(one_that_takes_its_pilot_down_is_found_in_at_most_four_deaths),
        cmocka_unit_test(beside_one_that_takes_its_crew_down_nobody_dies_as_often),
        cmocka_unit_test(fifty_preemptions_of_every_task_fail_nothing),
        cmocka_unit_test(fifty_pilots_that_vanish_fail_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
