/* blame_test.c - one bad segment among good ones is found in four deaths.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A pilot does its task segment by segment. At the bad one its executor crashes, which
 * the pilot can tell, or all of the pilot is gone, which nobody can. Before that, between
 * and after it pilots are preempted again and again.
 */
#include <signal.h>

#include "base/random.h"
#include "tests/unit/coordinator/core_fixture.h"

#define SEGMENTS    64u
#define PREEMPTIONS 50u
#define MOST_DEATHS 4u

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_crashing_segment_is_found_in_at_most_four_deaths),
        cmocka_unit_test(one_that_takes_its_pilot_down_is_found_in_at_most_four_deaths),
        cmocka_unit_test(fifty_preemptions_of_every_task_fail_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
