/* core_start_test.c - a core that is loaded from a catalog in the middle of its work.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/coordinator/core_fixture.h"

static const uint32_t numbers[4] = {0, 1, 2, 3};

/* Four segments in one state, one unit; the core has given attempts 1 to 9. */
static void load_four(struct world *world, enum segment_state state)
{
    struct campaign_policy policy = policy_of_tests();
    *world = (struct world){.now_ns = 1000 * SECOND, .token = 100};
    world->core = core_new(&policy, 10);
    for (uint32_t i = 0; i < 4; i++) {
        struct core_segment segment = segment_of_tests(i);
        segment.state.state = (uint8_t)state;
        core_add_segment(world->core, &segment);
    }
    core_add_unit(world->core, &(struct core_unit){.first = 0, .count = 4});
}

static void add_group(struct world *world, uint32_t number, enum group_state state)
{
    struct merge_group group = {.number = number, .count = 4, .state = state};
    core_add_group(world->core, &group);
}

static void add_lease(struct world *world, uint64_t number, enum task_kind kind,
                      uint32_t count)
{
    struct attempt attempt = {.number = number,
                              .token = number + 1000,
                              .kind = kind,
                              .segments = numbers,
                              .segment_count = count};
    core_add_lease(world->core, &attempt);
}

static void step_start(struct world *world)
{
    world_step(world, &(struct core_event){.kind = EVENT_START});
}

static void a_loaded_lease_has_one_full_term(void **state)
{
    (void)state;
    struct world world;
    load_four(&world, SEGMENT_LEASED);
    add_lease(&world, 7, TASK_PROCESS, 4);
    step_start(&world);
    world_step(&world, &(struct core_event){.kind = EVENT_HELLO, .pilot = PILOT});
    world.now_ns += TERM - 1;
    assert_int_equal(world_take(&world).attempt, 0);
    world.now_ns += 1;
    assert_int_equal(world_take(&world).attempt, 10);
    world_close(&world);
}

static void a_report_of_a_loaded_lease_is_taken(void **state)
{
    (void)state;
    struct world world;
    load_four(&world, SEGMENT_LEASED);
    add_lease(&world, 3, TASK_PROCESS, 2);
    struct attempt other = {
        .number = 8, .token = 5, .segments = numbers + 2, .segment_count = 2};
    core_add_lease(world.core, &other);
    step_start(&world);
    struct core_report report = {.attempt = 3,
                                 .token = 1003,
                                 .status = REPORT_DONE,
                                 .segment_count = 2,
                                 .parts_present = true};
    world_report(&world, &report);
    assert_int_equal(world_verdict(&world), VERDICT_COMMITTED);
    assert_int_equal(world_count(&world, COMMAND_UNKNOWN), 1);
    assert_int_equal(state_of(&world, 1), SEGMENT_COMMITTED);
    assert_int_equal(state_of(&world, 2), SEGMENT_LEASED);
    world_close(&world);
}

static void leased_segments_without_a_lease_are_ready(void **state)
{
    (void)state;
    struct world world;
    load_four(&world, SEGMENT_LEASED);
    step_start(&world);
    assert_states(&world, numbers, 4, SEGMENT_READY);
    assert_int_equal(world_count(&world, COMMAND_STATE), 4);
    world_close(&world);
}

static void a_lease_of_segments_that_are_not_leased_is_void(void **state)
{
    (void)state;
    struct world world;
    load_four(&world, SEGMENT_READY);
    add_lease(&world, 5, TASK_PROCESS, 4);
    step_start(&world);
    assert_int_equal(world_find(&world, COMMAND_END, 0)->attempt, 5);
    assert_int_equal(world_find(&world, COMMAND_END, 0)->attempt_state, ATTEMPT_VOID);
    assert_int_equal(world_count(&world, COMMAND_COLLECT), 1);
    world_close(&world);
}

static void waiting_segments_wait_once_more(void **state)
{
    (void)state;
    struct world world;
    load_four(&world, SEGMENT_WAITING);
    step_start(&world);
    assert_int_equal(core_deadline(world.core), world.now_ns + DELAY);
    world_tick(&world, DELAY);
    assert_states(&world, numbers, 4, SEGMENT_READY);
    world_close(&world);
}

static void a_final_unit_that_was_not_cut_is_cut(void **state)
{
    (void)state;
    struct world world;
    load_four(&world, SEGMENT_COMMITTED);
    step_start(&world);
    assert_int_equal(world_count(&world, COMMAND_CUT), 1);
    world_close(&world);
}

static void a_final_unit_with_groups_is_not_cut_again(void **state)
{
    (void)state;
    struct world world;
    load_four(&world, SEGMENT_COMMITTED);
    add_group(&world, 0, GROUP_VOID); /* of an older cut */
    add_group(&world, 1, GROUP_OPEN);
    add_group(&world, 2, GROUP_PUBLISHED);
    step_start(&world);
    assert_int_equal(world_count(&world, COMMAND_CUT), 0);
    world_step(&world, &(struct core_event){.kind = EVENT_HELLO, .pilot = PILOT});
    assert_int_equal(world_take(&world).group, 1);
    world_close(&world);
}

static void a_final_unit_with_void_groups_only_is_cut(void **state)
{
    (void)state;
    struct world world;
    load_four(&world, SEGMENT_COMMITTED);
    add_group(&world, 0, GROUP_VOID);
    step_start(&world);
    assert_int_equal(world_count(&world, COMMAND_CUT), 1);
    world_close(&world);
}

static void publishing_goes_on_and_a_half_void_cut_is_made_again_behind_it(void **state)
{
    (void)state;
    struct world world;
    load_four(&world, SEGMENT_COMMITTED);
    add_group(&world, 0, GROUP_VOID);
    add_group(&world, 1, GROUP_PUBLISHING);
    step_start(&world);
    assert_int_equal(world_find(&world, COMMAND_PUBLISH, 0)->group, 1);
    assert_int_equal(world_count(&world, COMMAND_CUT), 0);
    struct merge_group group = {.number = 1};
    world_step(&world, &(struct core_event){
                           .kind = EVENT_PUBLISHED, .groups = &group, .group_count = 1});
    assert_int_equal(world_count(&world, COMMAND_CUT), 1);
    world_close(&world);
}

static void a_leased_group_without_a_lease_is_open(void **state)
{
    (void)state;
    struct world world;
    load_four(&world, SEGMENT_COMMITTED);
    add_group(&world, 0, GROUP_LEASED);
    step_start(&world);
    assert_int_equal(core_count(world.core).groups[GROUP_OPEN], 1);
    world_close(&world);
}

static void the_lease_of_a_void_group_ends_void(void **state)
{
    (void)state;
    struct world world;
    load_four(&world, SEGMENT_COMMITTED);
    add_group(&world, 0, GROUP_VOID);
    add_lease(&world, 6, TASK_MERGE, 1);
    step_start(&world);
    assert_int_equal(world_find(&world, COMMAND_END, 0)->attempt_state, ATTEMPT_VOID);
    world_close(&world);
}

static void groups_of_a_unit_that_is_not_final_are_void(void **state)
{
    (void)state;
    struct world world;
    load_four(&world, SEGMENT_READY);
    add_group(&world, 0, GROUP_LEASED);
    add_group(&world, 1, GROUP_PUBLISHED);
    add_lease(&world, 6, TASK_MERGE, 1);
    step_start(&world);
    assert_int_equal(core_count(world.core).groups[GROUP_VOID], 2);
    assert_int_equal(core_count(world.core).leases, 0);
    world_close(&world);
}

static void a_complete_campaign_says_so_at_its_start(void **state)
{
    (void)state;
    struct world world;
    load_four(&world, SEGMENT_COMMITTED);
    add_group(&world, 0, GROUP_PUBLISHED);
    step_start(&world);
    assert_int_equal(world.commands.count, 1);
    assert_int_equal(world.commands.list[0].kind, COMMAND_COMPLETE);
    assert_false(world.commands.list[0].stuck);
    world_close(&world);
}

static void a_plan_of_nothing_is_complete(void **state)
{
    (void)state;
    struct world world = {.now_ns = 1};
    struct campaign_policy policy = policy_of_tests();
    world.core = core_new(&policy, 1);
    step_start(&world);
    assert_int_equal(world.commands.list[0].kind, COMMAND_COMPLETE);
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_loaded_lease_has_one_full_term),
        cmocka_unit_test(a_report_of_a_loaded_lease_is_taken),
        cmocka_unit_test(leased_segments_without_a_lease_are_ready),
        cmocka_unit_test(a_lease_of_segments_that_are_not_leased_is_void),
        cmocka_unit_test(waiting_segments_wait_once_more),
        cmocka_unit_test(a_final_unit_that_was_not_cut_is_cut),
        cmocka_unit_test(a_final_unit_with_groups_is_not_cut_again),
        cmocka_unit_test(a_final_unit_with_void_groups_only_is_cut),
        cmocka_unit_test(publishing_goes_on_and_a_half_void_cut_is_made_again_behind_it),
        cmocka_unit_test(a_leased_group_without_a_lease_is_open),
        cmocka_unit_test(the_lease_of_a_void_group_ends_void),
        cmocka_unit_test(groups_of_a_unit_that_is_not_final_are_void),
        cmocka_unit_test(a_complete_campaign_says_so_at_its_start),
        cmocka_unit_test(a_plan_of_nothing_is_complete),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
