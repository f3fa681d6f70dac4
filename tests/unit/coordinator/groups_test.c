/* groups_test.c - which segments become which published file.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/groups.h"
#include "tests/unit/coordinator/service_pilot.h"

/* The groups of one stream of run 1. */
static uint32_t cut(struct world *world, const char *stream, struct merge_group *groups,
                    uint32_t capacity)
{
    struct group_list list = {.count = 0};
    struct catalog_txn *txn;
    struct err err;
    uint32_t count = 0;
    must(catalog_begin(world->catalog, &txn, &err), &err);
    must(groups_cut(&world->book, txn, 0, &list, &err), &err);
    catalog_abort(txn);
    for (uint32_t i = 0; i < list.count; i++) {
        assert_int_equal(list.groups[i].number, world->book.campaign.group_count + i);
        if (strcmp(list.groups[i].merge_class.stream, stream) != 0)
            continue;
        assert_true(count < capacity);
        groups[count++] = list.groups[i];
    }
    group_list_release(&list);
    return count;
}

/* A run of eight segments with this size target, all committed task by task; `backwards`
 * commits the last task first. */
static void committed(struct world *world, uint64_t merge_bytes, uint32_t task_segments,
                      bool backwards)
{
    struct campaign_policy policy = campaign_of_tests("", 0).policy;
    struct task tasks[8] = {{.attempt = 0}};
    uint32_t count = 0;
    policy.merge_bytes = merge_bytes;
    policy.task_bytes = 8000;
    policy.task_segments = task_segments;
    world_make(world, WORLD_MAP);
    world_plan(world, &policy, 1, 8);
    world_start(world);
    while (count < 8 && world_take(world, &tasks[count]))
        count++;
    assert_int_equal(count, (8 + task_segments - 1) / task_segments);
    for (uint32_t i = 0; i < count; i++) {
        const struct task *task = &tasks[backwards ? count - 1 - i : i];
        struct report report = report_process(world, task, task->segment_count);
        assert_int_equal(world_report(world, &report), VERDICT_COMMITTED);
    }
}

static void a_file_is_closed_before_it_would_pass_the_target(void **state)
{
    (void)state;
    struct world world;
    struct merge_group groups[8];
    committed(&world, 100, 4, false);
    uint32_t count = cut(&world, "reco", groups, 8);
    assert_true(count > 1 && count < 8);
    uint32_t next = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t bytes = 0;
        struct event_digest events = {.count = 0};
        assert_int_equal(groups[i].first, next);
        assert_int_equal(groups[i].merge_class.sequence, i);
        next += groups[i].count;
        for (uint32_t s = groups[i].first; s < next; s++) {
            struct product product = world_product(&world, s, "reco");
            bytes += product.place.length;
            event_digest_merge(&events, &product.events);
        }
        assert_true(bytes <= 100);
        assert_true(event_digest_equal(&events, &groups[i].events));
        if (next < 8)
            assert_true(bytes + world_product(&world, next, "reco").place.length > 100);
    }
    assert_int_equal(next, 8);
    world_close(&world);
}

static void a_segment_above_the_target_is_a_file_by_itself(void **state)
{
    (void)state;
    struct world world;
    struct merge_group groups[8];
    committed(&world, 1, 4, false);
    assert_int_equal(cut(&world, "summary", groups, 8), 8);
    for (uint32_t i = 0; i < 8; i++)
        assert_int_equal(groups[i].count, 1);
    world_close(&world);
}

static void without_a_target_a_run_is_one_file(void **state)
{
    (void)state;
    struct world world;
    struct merge_group groups[8];
    committed(&world, 0, 4, false);
    assert_int_equal(cut(&world, "skim.all", groups, 8), 1);
    assert_int_equal(groups[0].count, 8);
    assert_int_equal(groups[0].state, GROUP_OPEN);
    assert_memory_equal(groups[0].published,
                        "published/skim.all/000001/skim.all_000001_000_", 46);
    world_close(&world);
}

static void the_cut_does_not_follow_from_tasks_or_their_order(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {1, 2, 3, 8};
    struct merge_group expected[8];
    uint32_t expected_count = 0;
    for (size_t i = 0; i < 8; i++) {
        struct world world;
        struct merge_group groups[8];
        committed(&world, 100, sizes[i / 2], i % 2 == 1);
        uint32_t count = cut(&world, "skim.all", groups, 8);
        if (i == 0) {
            memcpy(expected, groups, sizeof expected);
            expected_count = count;
        }
        assert_int_equal(count, expected_count);
        for (uint32_t g = 0; g < count; g++) {
            assert_true(sha256_equal(&groups[g].key, &expected[g].key));
            assert_string_equal(groups[g].published, expected[g].published);
            assert_int_equal(groups[g].first, expected[g].first);
        }
        world_close(&world);
    }
}

static void lost_segments_are_left_out(void **state)
{
    (void)state;
    struct world world;
    struct merge_group whole[8];
    struct merge_group groups[8];
    committed(&world, 0, 4, false);
    assert_int_equal(cut(&world, "reco", whole, 8), 1);
    world.book.states[3].state = SEGMENT_LOST;
    world.book.states[7].state = SEGMENT_LOST;
    assert_int_equal(cut(&world, "reco", groups, 8), 1);
    assert_int_equal(groups[0].first, 0);
    assert_int_equal(groups[0].count, 7); /* up to the last that is in it */
    assert_false(sha256_equal(&groups[0].key, &whole[0].key));
    assert_true(groups[0].events.count < whole[0].events.count);
    for (uint32_t i = 0; i < 8; i++)
        world.book.states[i].state = SEGMENT_LOST;
    assert_int_equal(cut(&world, "reco", groups, 8), 0);
    world_close(&world);
}

static void a_published_file_is_used_again_only_while_no_product_lies_in_a_part(
    void **state)
{
    (void)state;
    struct world world;
    struct merge_group groups[8];
    struct err err;
    committed(&world, 0, 4, false);
    assert_int_equal(cut(&world, "summary", groups, 8), 1);
    assert_int_equal(groups[0].state, GROUP_OPEN);
    world_work(&world, -1);
    assert_int_equal(cut(&world, "summary", groups, 8), 1);
    assert_int_equal(groups[0].state, GROUP_PUBLISHED);
    assert_true(groups[0].size > 0);
    assert_false(sha256_is_zero(&groups[0].hash));
    /* One of its products was made again. */
    struct catalog_txn *txn;
    struct product product = world_product(&world, 5, "summary");
    struct file_record part = {.name = "parts/00/x", .campaign = 1, .size = 1000};
    struct place place = {.file = "parts/00/x", .length = product.place.length};
    must(catalog_begin(world.catalog, &txn, &err), &err);
    must(catalog_put_file(txn, &part, &err), &err);
    must(catalog_move_product(txn, world.book.states[5].select_product, "summary", &place,
                              &err),
         &err);
    must(catalog_commit(txn, &err), &err);
    assert_int_equal(cut(&world, "summary", groups, 8), 1);
    assert_int_equal(groups[0].state, GROUP_OPEN);
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_closed_before_it_would_pass_the_target),
        cmocka_unit_test(a_segment_above_the_target_is_a_file_by_itself),
        cmocka_unit_test(without_a_target_a_run_is_one_file),
        cmocka_unit_test(the_cut_does_not_follow_from_tasks_or_their_order),
        cmocka_unit_test(lost_segments_are_left_out),
        cmocka_unit_test(
            a_published_file_is_used_again_only_while_no_product_lies_in_a_part),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
