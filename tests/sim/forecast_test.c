/* forecast_test.c - campaigns on virtual clusters: time, tail, failures, size.
 * SPDX-License-Identifier: Apache-2.0
 *
 * All of it is SYNTHETIC. Seeds that showed a fault stay in the list.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/random.h"
#include "coordinator/eta.h"
#include "coordinator/forecast.h"

#define SECOND ((int64_t)1000000000)
#define RUN    1000u /* segments */
#define CHUNKS 10u

struct plan {
    struct core_segment *segments;
    uint32_t *events;
    struct core_unit *units;
    struct forecast_work work;
};

static void plan_make(struct plan *plan, uint32_t count)
{
    struct random random = {.state = 7};
    uint32_t units = 0;
    plan->segments = mem_new(count, sizeof *plan->segments);
    plan->events = mem_new(count, sizeof *plan->events);
    plan->units = mem_new(count / RUN + 1, sizeof *plan->units);
    for (uint32_t i = 0; i < count; i++) {
        plan->events[i] = 2000 + (uint32_t)random_below(&random, 6000);
        plan->segments[i] = (struct core_segment){
            .id = {.chunk = {.run = i / RUN + 1, .number = (uint16_t)(i % CHUNKS)},
                   .ordinal = i % RUN / CHUNKS},
            .steps = STEP_RECO | STEP_SELECT,
            .bytes = (uint64_t)plan->events[i] * 15000,
            .state = {.state = SEGMENT_READY}};
        if (i % RUN == 0)
            plan->units[units++] = (struct core_unit){
                .first = i, .count = count - i < RUN ? count - i : RUN};
    }
    plan->work = (struct forecast_work){.policy = {.task_ns = 60 * SECOND,
                                                   .task_bytes = (uint64_t)1 << 30,
                                                   .merge_bytes = 4000000000u,
                                                   .lease_ns = 120 * SECOND,
                                                   .retry_delay_ns = 30 * SECOND,
                                                   .segment_limit_ns = 3600 * SECOND,
                                                   .memory_bytes = 1u << 31,
                                                   .attempts = 3,
                                                   .complete_at = 1.0},
                                        .segments = plan->segments,
                                        .events = plan->events,
                                        .segment_count = count,
                                        .units = plan->units,
                                        .unit_count = units,
                                        .streams = 3};
}

static void plan_release(struct plan *plan)
{
    free(plan->segments);
    free(plan->events);
    free(plan->units);
}

static struct forecast_cost cost_of_tests(void)
{
    struct forecast_cost cost = {
        .spread = 0.2, .task_s = 0.2, .event_bytes = 500, .merge_bytes_s = 2e8};
    for (uint32_t i = 0; i <= (STEP_RECO | STEP_SELECT); i++)
        cost.event_s[i] = 0.002;
    return cost;
}

static struct forecast_cluster cluster_of_tests(uint32_t cores)
{
    return (struct forecast_cluster){
        .cores = cores, .allocation = 16, .node_spread = 0.1};
}

static double core_s_of(const struct plan *plan, const struct forecast_cost *cost)
{
    double sum = 0;
    for (uint32_t i = 0; i < plan->work.segment_count; i++)
        sum += plan->events[i] * cost->event_s[STEP_RECO];
    return sum;
}

static void without_failures_it_takes_the_core_time_over_the_cores(void **state)
{
    (void)state;
    struct plan plan;
    struct forecast_result result;
    struct forecast_cost cost = cost_of_tests();
    struct forecast_cluster cluster = cluster_of_tests(64);
    cost.spread = cluster.node_spread = 0;
    plan_make(&plan, 5000);
    double least_s = core_s_of(&plan, &cost) / 64;
    forecast_run(&plan.work, &cost, &cluster, 1, &result);
    assert_true(result.complete);
    assert_true(result.end_s > least_s);
    assert_true(result.end_s < least_s * 1.06);
    assert_true(result.useful_s / result.core_s > 0.94);
    assert_true(result.percent_s[90] < result.percent_s[100] &&
                result.percent_s[100] < result.end_s);
    assert_int_equal(result.failed, 0);
    double waits_s = 0;
    for (unsigned i = 0; i < FORECAST_WAITS; i++)
        waits_s += result.wait_s[i];
    assert_true(fabs(waits_s - (result.end_s - result.percent_s[90])) < 1e-3);
    plan_release(&plan);
}

/* But for the CPU time, which is measured. */
static void the_same_seed_gives_the_same_forecast(void **state)
{
    (void)state;
    struct plan plan;
    struct forecast_result first;
    struct forecast_result again;
    struct forecast_cost cost = cost_of_tests();
    struct forecast_cluster cluster = cluster_of_tests(100);
    cluster.crash = 0.01;
    cluster.lost_h = 1;
    plan_make(&plan, 3000);
    forecast_run(&plan.work, &cost, &cluster, 5, &first);
    forecast_run(&plan.work, &cost, &cluster, 5, &again);
    first.core_cpu_ns = again.core_cpu_ns = 0;
    assert_memory_equal(&first, &again, sizeof first);
    forecast_run(&plan.work, &cost, &cluster, 6, &again);
    assert_true(first.end_s != again.end_s);
    plan_release(&plan);
}

/* Allocations of 60 s whose tasks would take 300: each leaves what it finished. */
static void short_allocations_finish_long_tasks(void **state)
{
    (void)state;
    struct plan plan;
    struct forecast_result result;
    struct forecast_cost cost = cost_of_tests();
    struct forecast_cluster cluster = cluster_of_tests(64);
    cluster.walltime_s = 60;
    cost.event_s[STEP_RECO | STEP_SELECT] = 0.0002; /* 1 s a segment */
    plan_make(&plan, 20000);
    plan.work.policy.task_ns = 300 * SECOND;
    forecast_run(&plan.work, &cost, &cluster, 1, &result);
    assert_true(result.complete);
    assert_true(result.useful_s / result.core_s > 0.90);
    plan_release(&plan);
}

static void whatever_fails_each_campaign_ends(void **state)
{
    (void)state;
    static const uint64_t seeds[] = {1, 2, 3};
    struct plan plan;
    struct forecast_cost cost = cost_of_tests();
    struct random random = {.state = clock_random_token()};
    plan_make(&plan, 2000);
    for (uint32_t i = 0; i < 20; i++) {
        uint64_t seed =
            i < sizeof seeds / sizeof seeds[0] ? seeds[i] : random_next(&random);
        struct random own = {.state = seed};
        struct forecast_result result;
        struct forecast_cluster cluster = {
            .cores = 1 + (uint32_t)random_below(&own, 300),
            .allocation = 1 + (uint32_t)random_below(&own, 64),
            .walltime_s = (double)random_below(&own, 2) * 600,
            .queue_s = (double)random_below(&own, 3) * 200,
            .node_spread = random_unit(&own) / 2,
            .crash = random_unit(&own) / 100,
            .storage = random_unit(&own) / 20,
            .preempt_h = random_unit(&own) * 10,
            .lost_h = random_unit(&own) * 5};
        printf("seed 0x%016llx\n", (unsigned long long)seed);
        (void)fflush(stdout);
        forecast_run(&plan.work, &cost, &cluster, seed, &result);
        assert_true(result.complete || result.quarantined > 0);
        assert_true(result.useful_s <= result.core_s);
    }
    plan_release(&plan);
}

/* What the sizing is for: against tasks by bytes, the same work ends earlier. */
static void sizing_shortens_the_tail(void **state)
{
    (void)state;
    struct plan plan;
    struct forecast_cost cost = cost_of_tests();
    struct forecast_cluster cluster = cluster_of_tests(256);
    double sized_s = 0;
    double plain_s = 0;
    double clones_s = 0;
    plan_make(&plan, 10000);
    for (uint64_t seed = 1; seed <= 5; seed++) {
        struct forecast_result result;
        plan.work.policy.task_ns = 60 * SECOND;
        forecast_run(&plan.work, &cost, &cluster, seed, &result);
        sized_s += result.end_s - result.percent_s[90];
        clones_s += result.clones_s;
        plan.work.policy.task_ns = 0;
        forecast_run(&plan.work, &cost, &cluster, seed, &result);
        plain_s += result.end_s - result.percent_s[90];
    }
    printf("last 10 %%: %.0f s by time, %.0f s by bytes; clones save at most %.1f s\n",
           sized_s / 5, plain_s / 5, clones_s / 5);
    assert_true(sized_s < 0.7 * plain_s);
    plan_release(&plan);
}

/* Why there are none; and the estimate is not always nothing. */
static void clones_pay_only_where_nodes_differ_much(void **state)
{
    (void)state;
    struct plan plan;
    struct forecast_cost cost = cost_of_tests();
    struct forecast_cluster cluster = cluster_of_tests(256);
    plan_make(&plan, 10000);
    double like = 0;
    double unlike = 0;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        struct forecast_result result;
        cluster.node_spread = 0.1;
        forecast_run(&plan.work, &cost, &cluster, seed, &result);
        like += result.clones_s / result.end_s / 5;
        cluster.node_spread = 1;
        forecast_run(&plan.work, &cost, &cluster, seed, &result);
        unlike += result.clones_s / result.end_s / 5;
        assert_true(result.clones_s <= result.end_s - result.percent_s[90]);
    }
    printf("clones save at most %.1f %% where nodes differ by 10 %%, else %.1f %%\n",
           100 * like, 100 * unlike);
    assert_true(like < 0.02);
    assert_true(unlike > 0.02);
    plan_release(&plan);
}

/* Of the ends of segments, asked when so many per cent are done. */
#define ETA_UNIT 40 /* segments a per cent */

static bool eta_holds(const struct forecast_result *result, uint32_t percent)
{
    struct eta_history history = {.count = 0};
    struct eta eta;
    double end_s = result->percent_s[100] - result->percent_s[percent];
    for (uint32_t i = 0; i <= percent; i++)
        eta_add(&history, result->percent_s[i], i * ETA_UNIT);
    double task_s = result->useful_s / (double)result->tasks;
    assert_true(eta_of(&history, (100 - percent) * ETA_UNIT, 2 * task_s, &eta));
    assert_true(eta.low_s <= eta.median_s && eta.median_s <= eta.high_s);
    return eta.low_s <= end_s && end_s <= eta.high_s;
}

static void nine_of_ten_intervals_of_the_eta_hold(void **state)
{
    (void)state;
    static const uint32_t percents[] = {20, 50, 80, 90};
    struct plan plan;
    struct forecast_cost cost = cost_of_tests();
    uint32_t asked = 0;
    uint32_t held = 0;
    plan_make(&plan, 4000);
    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct forecast_result result;
        struct forecast_cluster cluster = cluster_of_tests(seed % 2 == 0 ? 64 : 200);
        cluster.walltime_s = seed % 3 == 0 ? 300 : 0;
        cluster.queue_s = seed % 3 == 0 ? 60 : 0;
        cluster.lost_h = seed % 5 == 0 ? 0.5 : 0;
        forecast_run(&plan.work, &cost, &cluster, seed, &result);
        assert_true(result.complete);
        for (uint32_t i = 0; i < sizeof percents / sizeof percents[0]; i++) {
            asked++;
            held += eta_holds(&result, percents[i]) ? 1 : 0;
        }
    }
    printf("%u of %u intervals hold\n", held, asked);
    assert_in_range(held * 100, 85 * asked, 97 * asked);
    plan_release(&plan);
}

static void a_million_segments_on_a_hundred_thousand_cores(void **state)
{
    (void)state;
    struct plan plan;
    struct forecast_result result;
    struct forecast_cost cost = cost_of_tests();
    struct forecast_cluster cluster = cluster_of_tests(100000);
    cluster.allocation = 64;
    cluster.crash = 1e-4;
    plan_make(&plan, 1000000);
    int64_t start_ns = clock_cpu_ns();
    forecast_run(&plan.work, &cost, &cluster, 1, &result);
    printf("%.1f s of CPU, %llu steps of %.2f us; %.0f s, 90 %% at %.0f s\n",
           (double)(clock_cpu_ns() - start_ns) / 1e9, (unsigned long long)result.steps,
           (double)result.core_cpu_ns / 1e3 / (double)result.steps, result.end_s,
           result.percent_s[90]);
    assert_true(result.complete);
    plan_release(&plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_failures_it_takes_the_core_time_over_the_cores),
        cmocka_unit_test(the_same_seed_gives_the_same_forecast),
        cmocka_unit_test(short_allocations_finish_long_tasks),
        cmocka_unit_test(whatever_fails_each_campaign_ends),
        cmocka_unit_test(sizing_shortens_the_tail),
        cmocka_unit_test(clones_pay_only_where_nodes_differ_much),
        cmocka_unit_test(nine_of_ten_intervals_of_the_eta_hold),
        cmocka_unit_test(a_million_segments_on_a_hundred_thousand_cores),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
