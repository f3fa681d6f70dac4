/* family_test.c - who answers for a run after amendments and rollbacks.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/family.h"

#include "tests/unit/coordinator/service_pilot.h"

static struct family_step step_of(const char *member, struct run_range *runs,
                                  uint32_t count)
{
    struct family_step step = {.rollback = member[0] == 0,
                               .runs = runs,
                               .run_count = count,
                               .who = "alice",
                               .reason = "a \"better\" tag",
                               .wall_s = 1700000000};
    (void)snprintf(step.member, sizeof step.member, "%s", member);
    return step;
}

static void the_last_amendment_answers_until_it_is_rolled_back(void **state)
{
    (void)state;
    struct run_range first[] = {{1, 4}, {8, 9}};
    struct run_range second[] = {{3, 8}};
    struct run_range back[] = {{4, 4}, {6, 6}};
    struct run_range again[] = {{4, 4}};
    struct family_step steps[] = {step_of("c+1", first, 2), step_of("c+2", second, 1),
                                  step_of("", back, 2), step_of("", again, 1),
                                  step_of("", again, 1)};
    struct family family = {.base = "c", .steps = steps, .count = 2};
    static const char *const two[] = {"c",   "c+1", "c+1", "c+2", "c+2", "c+2",
                                      "c+2", "c+2", "c+2", "c+1", "c"};
    for (uint32_t run = 0; run <= 10; run++)
        assert_string_equal(family_answer(&family, run), two[run]);
    assert_null(family_before(&family, 0));
    assert_string_equal(family_before(&family, 1), "c");
    assert_string_equal(family_before(&family, 4), "c+1");
    assert_string_equal(family_before(&family, 5), "c");
    family.count = 3;
    assert_string_equal(family_answer(&family, 4), "c+1");
    assert_string_equal(family_answer(&family, 6), "c");
    assert_true(family_is(&family, "c+2", 5));
    family.count = 4;
    assert_string_equal(family_answer(&family, 4), "c");
    assert_null(family_before(&family, 4));
    family.count = 5; /* nothing is left to take back */
    assert_string_equal(family_answer(&family, 4), "c");
}

static void a_campaign_without_steps_answers_for_itself(void **state)
{
    (void)state;
    struct family family = {.base = "c"};
    char base[CAMPAIGN_NAME];
    assert_string_equal(family_answer(&family, 7), "c");
    assert_null(family_before(&family, 7));
    family_base("c+12", base);
    assert_string_equal(base, "c");
    family_base("c", base);
    assert_string_equal(base, "c");
}

static void runs_are_a_list_of_ranges(void **state)
{
    (void)state;
    struct run_range *runs = NULL;
    uint32_t count = 0;
    struct bytes text;
    struct err err;
    const char *words;
    static const uint32_t numbers[] = {3, 4, 5, 9, 12, 13};
    for (uint32_t i = 0; i < 6; i++)
        family_runs_add(&runs, &count, numbers[i]);
    assert_int_equal(count, 3);
    for (uint32_t run = 0; run < 15; run++) {
        bool has = false;
        for (uint32_t i = 0; i < 6; i++)
            has = has || numbers[i] == run;
        assert_int_equal(family_runs_have(runs, count, run), has);
    }
    bytes_init(&text, 4096);
    must(family_runs_text(runs, count, &text, &err), &err);
    must(text_terminate(&text, &words, &err), &err);
    assert_string_equal(words, "3-5,9,12-13");
    bytes_release(&text);
    free(runs);
}

static bool add_steps(struct catalog_txn *txn, void *context, struct err *err)
{
    (void)context;
    struct run_range first[] = {{1, 4}, {8, 9}};
    struct run_range second[] = {{3, 3}};
    struct family_step one = step_of("c+1", first, 2);
    struct family_step back = step_of("", second, 1);
    return family_add(txn, "c", &one, err) && family_add(txn, "c", &back, err);
}

static void steps_are_read_back_and_members_follow_their_campaign(void **state)
{
    (void)state;
    struct world world;
    struct catalog_txn *txn;
    struct family family;
    struct err err;
    char(*members)[CAMPAIGN_NAME];
    uint32_t count;
    bool answers;
    static const char *const names[] = {"x", "c", "c+1"};
    world_make(&world, WORLD_MAP);
    must(write_catalog(world.catalog, add_steps, NULL, &err), &err);
    must(catalog_begin(world.catalog, &txn, &err), &err);
    must(family_load(&family, txn, "c+1", &err), &err);
    assert_int_equal(family.count, 2);
    assert_string_equal(family.base, "c");
    assert_string_equal(family.steps[0].reason, "a \"better\" tag");
    assert_int_equal(family.steps[0].run_count, 2);
    assert_true(family.steps[1].rollback);
    family_release(&family);
    must(family_answers(txn, "c", 3, &answers, &err), &err);
    assert_true(answers);
    must(family_answers(txn, "c", 9, &answers, &err), &err);
    assert_false(answers);
    must(family_expand(txn, names, 3, 8, &members, &count, &err), &err);
    assert_int_equal(count, 4);
    assert_string_equal(members[0], "x");
    assert_string_equal(members[1], "c");
    assert_string_equal(members[2], "c+1");
    free(members);
    assert_false(family_expand(txn, names, 3, 2, &members, &count, &err));
    assert_int_equal(err.code, E_LIMIT);
    free(members);
    catalog_abort(txn);
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_amendment_answers_until_it_is_rolled_back),
        cmocka_unit_test(a_campaign_without_steps_answers_for_itself),
        cmocka_unit_test(runs_are_a_list_of_ranges),
        cmocka_unit_test(steps_are_read_back_and_members_follow_their_campaign),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
