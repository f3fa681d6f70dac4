/* repair_test.c - what is gone is made again, exactly that and nothing else.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/coordinator/service_pilot.h"

/* Two runs of four segments in tasks of two, all committed; merged when `published`. */
static void committed(struct world *world, bool published)
{
    struct campaign_policy policy = campaign_of_tests("", 0).policy;
    policy.task_segments = 2;
    world_make(world, WORLD_MAP);
    world_plan(world, &policy, 2, 4);
    world_start(world);
    struct task tasks[4] = {{.attempt = 0}};
    for (uint32_t i = 0; i < 4; i++)
        assert_true(world_take(world, &tasks[i]));
    for (uint32_t i = 0; i < 4; i++) {
        struct report report = report_all(world, &tasks[i]);
        assert_int_equal(world_report(world, &report), VERDICT_COMMITTED);
    }
    if (published)
        world_work(world, -1);
}

static uint64_t repair(struct world *world)
{
    uint64_t forgotten = 0;
    struct err err;
    world_unload(world);
    must(write_catalog(world->catalog, world_repair_step, &forgotten, &err), &err);
    world_load(world);
    core_free(world->core); /* was not started */
    world->core = NULL;
    return forgotten;
}

static void remove_file_of(struct world *world, uint32_t segment, const char *stream)
{
    struct product product = world_product(world, segment, stream);
    assert_int_equal(unlink(world_path(world, product.place.file)), 0);
}

/* Bit i of `reco` and `select`: that product of segment i is forgotten. */
static void assert_forgotten(struct world *world, unsigned reco, unsigned select)
{
    for (uint32_t i = 0; i < 8; i++) {
        struct plan_state state = world_state(world, i);
        bool reco_gone = (reco >> i & 1) != 0;
        bool select_gone = (select >> i & 1) != 0;
        assert_int_equal(state.state,
                         reco_gone || select_gone ? SEGMENT_READY : SEGMENT_COMMITTED);
        assert_true((state.reco_product == 0) == reco_gone);
        assert_true((state.select_product == 0) == select_gone);
    }
}

static void assert_ends_well(struct world *world)
{
    world->now_ns += 1000 * SECOND;
    world_restart(world);
    world_work(world, -1);
    assert_int_equal(world_groups(world, GROUP_PUBLISHED), 2 * WORLD_STREAMS);
    assert_int_equal(world_files(world, "parts", ""), 0);
    assert_int_equal(world_files(world, "published", ""), 4 * WORLD_STREAMS);
    world_check(world);
    assert_int_equal(world_restart(world), 0);
}

static void where_nothing_is_missing_nothing_changes(void **state)
{
    (void)state;
    struct world world;
    committed(&world, true);
    assert_int_equal(repair(&world), 0);
    assert_forgotten(&world, 0, 0);
    assert_int_equal(world.book.campaign.group_count, 2 * WORLD_STREAMS);
    for (uint32_t i = 0; i < world.book.campaign.group_count; i++)
        assert_int_equal(world.book.groups[i].state, GROUP_PUBLISHED);
    world_close(&world);
}

static void a_missing_part_opens_the_segments_in_it_for_that_step(void **state)
{
    (void)state;
    struct world world;
    committed(&world, false);
    remove_file_of(&world, 2, "reco");
    assert_int_equal(repair(&world), 2);
    assert_forgotten(&world, 0x0c, 0);
    world_check(&world);
    assert_ends_well(&world);
    world_close(&world);
}

static void a_part_of_another_size_is_missing(void **state)
{
    (void)state;
    struct world world;
    committed(&world, false);
    struct product product = world_product(&world, 5, "summary");
    assert_int_equal(truncate(world_path(&world, product.place.file), 3), 0);
    assert_int_equal(repair(&world), 2);
    assert_forgotten(&world, 0, 0x30);
    assert_ends_well(&world);
    world_close(&world);
}

static void a_missing_published_file_opens_its_run_only(void **state)
{
    (void)state;
    struct world world;
    committed(&world, true);
    remove_file_of(&world, 5, "skim.all");
    assert_int_equal(repair(&world), 4);
    /* The other streams of the step go with it: they are one product set. */
    assert_forgotten(&world, 0, 0xf0);
    for (uint32_t i = 0; i < world.book.campaign.group_count; i++) {
        const struct merge_group *group = &world.book.groups[i];
        assert_int_equal(group->state,
                         group->merge_class.run == 2 ? GROUP_VOID : GROUP_PUBLISHED);
    }
    assert_false(world.book.campaign.complete);
    world_check(&world);
    assert_ends_well(&world);
    world_close(&world);
}

static void a_missing_reco_file_leaves_the_published_skims_alone(void **state)
{
    (void)state;
    struct world world;
    committed(&world, true);
    struct product skim = world_product(&world, 0, "skim.all");
    remove_file_of(&world, 1, "reco");
    assert_int_equal(repair(&world), 4);
    assert_forgotten(&world, 0x0f, 0);
    struct product now = world_product(&world, 0, "skim.all");
    assert_string_equal(now.place.file, skim.place.file);
    assert_ends_well(&world);
    world_close(&world);
}

static void a_store_that_is_not_mounted_is_not_an_empty_one(void **state)
{
    (void)state;
    struct world world;
    struct err err = {.code = E_NONE};
    uint64_t forgotten = 0;
    char here[128];
    char away[128];
    committed(&world, true);
    (void)snprintf(here, sizeof here, "%s/store", world.folder);
    (void)snprintf(away, sizeof away, "%s/away", world.folder);
    assert_int_equal(rename(here, away), 0);
    assert_false(write_catalog(world.catalog, world_repair_step, &forgotten, &err));
    assert_int_equal(err.code, E_STORE_ABSENT);
    assert_forgotten(&world, 0, 0);
    assert_int_equal(rename(away, here), 0);
    assert_int_equal(repair(&world), 0);
    world_close(&world);
}

/* The group `number` as if the coordinator had died right after the commit. */
static bool unpublish(struct catalog_txn *txn, void *context, struct err *err)
{
    struct merge_group *group = context;
    group->state = GROUP_PUBLISHING;
    return catalog_put_group(txn, 1, group, err);
}

static void a_publication_that_was_cut_short_is_finished(void **state)
{
    (void)state;
    struct world world;
    struct err err;
    committed(&world, true);
    for (int moved = 0; moved < 2; moved++) {
        struct merge_group group = world.book.groups[1];
        const char *to = world_path(&world, group.published);
        must(write_catalog(world.catalog, unpublish, &group, &err), &err);
        if (moved == 0)
            assert_int_equal(rename(to, world_path(&world, group.part)), 0);
        assert_int_equal(repair(&world), 0);
        assert_int_equal(access(to, R_OK), 0);
        assert_int_not_equal(access(world_path(&world, group.part), F_OK), 0);
        assert_ends_well(&world);
    }
    world_close(&world);
}

static void a_merged_file_that_vanished_before_it_was_moved_is_made_again(void **state)
{
    (void)state;
    struct world world;
    struct err err;
    committed(&world, true);
    struct merge_group group = world.book.groups[0];
    must(write_catalog(world.catalog, unpublish, &group, &err), &err);
    assert_int_equal(unlink(world_path(&world, group.published)), 0);
    assert_int_equal(repair(&world), 4);
    assert_ends_well(&world);
    world_close(&world);
}

/* A second campaign that was planned when the first was complete: all is reused. */
static bool plan_second(struct catalog_txn *txn, void *context, struct err *err)
{
    struct world *world = context;
    struct campaign campaign = campaign_of_tests(world->folder, 8);
    campaign.complete = true;
    (void)snprintf(campaign.name, sizeof campaign.name, "c2");
    if (!catalog_put_campaign(txn, &campaign, err) ||
        !catalog_put_set(txn, campaign.id, 0, NULL, 0, err))
        return false;
    for (uint32_t i = 0; i < 8; i++) {
        struct plan_segment segment;
        if (catalog_get_plan_segment(txn, 1, i, &segment, err) != LOOKUP_FOUND ||
            !catalog_put_plan_segment(txn, campaign.id, i, &segment, err) ||
            !catalog_put_state(txn, campaign.id, i, &world->book.states[i], err))
            return false;
    }
    return true;
}

static void assert_second(struct world *world, uint32_t open, uint32_t count)
{
    struct campaign campaign;
    struct plan_state states[8];
    struct catalog_txn *txn;
    struct err err;
    uint32_t ready = 0;
    must(catalog_begin(world->catalog, &txn, &err), &err);
    assert_int_equal(catalog_get_campaign(txn, "c2", &campaign, &err), LOOKUP_FOUND);
    must(catalog_get_states(txn, campaign.id, 0, 8, states, &err), &err);
    catalog_abort(txn);
    assert_false(campaign.complete);
    for (uint32_t i = 0; i < 8; i++)
        ready += states[i].state == SEGMENT_READY;
    assert_int_equal(ready, count);
    assert_int_equal(states[open].state, SEGMENT_READY);
}

static void a_campaign_that_shares_products_is_put_right_with_it(void **state)
{
    (void)state;
    struct world world;
    struct err err;
    committed(&world, true);
    must(write_catalog(world.catalog, plan_second, &world, &err), &err);
    remove_file_of(&world, 6, "reco");
    assert_int_equal(repair(&world), 8); /* four segments, in both */
    assert_forgotten(&world, 0xf0, 0);
    assert_second(&world, 6, 4);
    world_check(&world);
    world_close(&world);
}

static void products_forgotten_at_run_time_are_forgotten_for_all_campaigns(void **state)
{
    (void)state;
    struct world world;
    struct err err;
    struct task merge;
    committed(&world, false);
    must(write_catalog(world.catalog, plan_second, &world, &err), &err);
    assert_true(world_take(&world, &merge));
    assert_int_equal(merge.kind, TASK_MERGE);
    assert_int_equal(unlink(world_path(&world, merge.inputs[0].product.place.file)), 0);
    struct report report = report_failed(&merge, E_DISK_OPEN, 0);
    assert_int_equal(world_report(&world, &report), VERDICT_NOTED);
    assert_int_equal(world_segments(&world, SEGMENT_READY), 2);
    assert_second(&world, 0, 2);
    world_check(&world);
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(where_nothing_is_missing_nothing_changes),
        cmocka_unit_test(a_missing_part_opens_the_segments_in_it_for_that_step),
        cmocka_unit_test(a_part_of_another_size_is_missing),
        cmocka_unit_test(a_missing_published_file_opens_its_run_only),
        cmocka_unit_test(a_missing_reco_file_leaves_the_published_skims_alone),
        cmocka_unit_test(a_store_that_is_not_mounted_is_not_an_empty_one),
        cmocka_unit_test(a_publication_that_was_cut_short_is_finished),
        cmocka_unit_test(a_merged_file_that_vanished_before_it_was_moved_is_made_again),
        cmocka_unit_test(a_campaign_that_shares_products_is_put_right_with_it),
        cmocka_unit_test(products_forgotten_at_run_time_are_forgotten_for_all_campaigns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
