/* rest_test.c - the estimate from attempts, and what the rest waits for.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/status.h"
#include "tests/unit/coordinator/service_pilot.h"

#define RUNS 10u /* of two segments */
#define NOW  1000

static void put_states(struct catalog_txn *txn, uint32_t committed, struct err *err)
{
    for (uint32_t i = 0; i < 2 * RUNS; i++) {
        struct plan_state state = {.state = i < committed ? SEGMENT_COMMITTED
                                                          : SEGMENT_LEASED};
        must(catalog_put_state(txn, 1, i, &state, err), err);
    }
}

static void put_attempt(struct catalog_txn *txn, uint64_t number, uint32_t segment,
                        enum attempt_state state, int64_t end_s, struct err *err)
{
    struct attempt attempt = {.number = number,
                              .token = number,
                              .campaign = 1,
                              .state = state,
                              .host = "node7",
                              .segments = &segment,
                              .segment_count = 1,
                              .committed = state == ATTEMPT_COMMITTED ? 1 : 0,
                              .blamed = UINT32_MAX,
                              .start_s = end_s - 20,
                              .end_s = state == ATTEMPT_LEASED ? 0 : end_s};
    must(catalog_put_attempt(txn, &attempt, err), err);
}

/* One segment in ten seconds; the last ones are at work. */
static struct rest read_rest(uint32_t committed, int64_t now_s)
{
    struct world world;
    struct catalog_txn *txn;
    struct status status;
    struct rest rest;
    struct err err;
    world_make(&world, WORLD_MAP);
    world_plan(&world, NULL, RUNS, 2);
    must(catalog_begin(world.catalog, &txn, &err), &err);
    put_states(txn, committed, &err);
    for (uint32_t i = 0; i < 2 * RUNS; i++)
        put_attempt(txn, i + 1, i, i < committed ? ATTEMPT_COMMITTED : ATTEMPT_LEASED,
                    NOW - 10 * ((int64_t)committed - i), &err);
    must(catalog_commit(txn, &err), &err);
    must(catalog_begin(world.catalog, &txn, &err), &err);
    must(status_read(txn, WORLD_CAMPAIGN, &status, &err), &err);
    struct rest_of of = status_rest(&status, now_s);
    must(rest_read(txn, &of, &rest, &err), &err);
    catalog_abort(txn);
    world_close(&world);
    return rest;
}

static void the_estimate_follows_from_the_ends_of_attempts(void **state)
{
    (void)state;
    struct rest rest = read_rest(14, NOW);
    assert_true(rest.eta_known);
    assert_true(rest.eta.median_s > 55 && rest.eta.median_s < 75);
    assert_true(rest.eta.low_s < rest.eta.median_s);
    assert_true(rest.eta.high_s > rest.eta.median_s);
    assert_false(rest.shown); /* below 90 % */
    assert_int_equal(rest.lease_count, 0);
}

static void from_ninety_per_cent_on_the_oldest_leases_are_named(void **state)
{
    (void)state;
    struct rest rest = read_rest(18, NOW);
    assert_true(rest.shown);
    assert_int_equal(rest.lease_count, 2);
    assert_int_equal(rest.leases[0].attempt, 19);
    assert_int_equal(rest.leases[0].start_s, NOW - 20);
    assert_int_equal(rest.leases[1].attempt, 20);
    assert_string_equal(rest.leases[0].host, "node7");
    assert_int_equal(rest.leases[0].count, 1);
    assert_int_not_equal(rest.leases[0].run, 0);
}

static void what_ended_long_ago_says_nothing(void **state)
{
    (void)state;
    struct rest rest = read_rest(14, NOW + 86400);
    assert_false(rest.eta_known);
}

static void without_a_committed_segment_nothing_is_known(void **state)
{
    (void)state;
    struct rest rest = read_rest(0, NOW);
    assert_false(rest.eta_known);
    assert_false(rest.shown);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_estimate_follows_from_the_ends_of_attempts),
        cmocka_unit_test(from_ninety_per_cent_on_the_oldest_leases_are_named),
        cmocka_unit_test(what_ended_long_ago_says_nothing),
        cmocka_unit_test(without_a_committed_segment_nothing_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
