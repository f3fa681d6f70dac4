/* turn_test.c - whole turns on a real catalog: what is committed, published, made again.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <signal.h>

#include <sys/resource.h>

#include "tests/unit/coordinator/service_pilot.h"

static void a_campaign_ends_complete_and_nothing_is_left_over(void **state)
{
    (void)state;
    struct world world;
    world_open(&world, 2, 6);
    assert_true(world_work(&world, -1) >= 2 + 2 * WORLD_STREAMS);
    assert_int_equal(world_segments(&world, SEGMENT_COMMITTED), 12);
    assert_int_equal(world_groups(&world, GROUP_PUBLISHED), 2 * WORLD_STREAMS);
    assert_int_equal(world_files(&world, "parts", ""), 0);
    assert_int_equal(world_files(&world, "published", ".prov.json"), 2 * WORLD_STREAMS);
    assert_int_equal(world_files(&world, "published", ""), 4 * WORLD_STREAMS);
    world_check(&world);
    world_close(&world);
}

/* Each size makes the map grow in another turn: at leases, commits, cuts, takeovers. */
static void a_turn_that_is_run_again_because_the_map_grew_gives_the_same(void **state)
{
    (void)state;
    for (uint64_t pages = 30; pages < 70; pages++) {
        struct world world;
        world_make(&world, pages * 4096);
        world_plan(&world, NULL, 1, 6);
        world_start(&world);
        world_work(&world, -1);
        assert_int_equal(world_groups(&world, GROUP_PUBLISHED), WORLD_STREAMS);
        for (uint32_t i = 0; i < 6; i++)
            assert_int_equal(world_product(&world, i, "reco").place.file[0], 'p');
        assert_int_equal(world_files(&world, "parts", ""), 0);
        assert_int_equal(world_files(&world, "published", ""), 2 * WORLD_STREAMS);
        world_check(&world);
        assert_int_equal(world_restart(&world), 0);
        world_close(&world);
    }
}

static void published_bytes_are_the_products_in_the_order_of_the_plan(void **state)
{
    (void)state;
    struct world world;
    world_open(&world, 1, 5);
    world_work(&world, -1);
    uint64_t expected = 0;
    for (uint32_t i = 0; i < 5; i++) {
        struct product product = world_product(&world, i, "summary");
        assert_memory_equal(product.place.file, "published/summary/", 18);
        assert_int_equal(product.place.offset, expected);
        expected += product.place.length;
    }
    world_close(&world);
}

static void the_same_report_is_committed_once_however_often_it_comes(void **state)
{
    (void)state;
    struct world world;
    struct task task;
    world_open(&world, 1, 4);
    assert_true(world_take(&world, &task));
    struct report twice[2];
    twice[0] = report_process(&world, &task, task.segment_count);
    twice[1] = twice[0];
    struct exchange *exchange = world_sync(&world, 0, twice, 2);
    assert_int_equal(exchange->verdicts[0].verdict, VERDICT_COMMITTED);
    assert_int_equal(exchange->verdicts[1].verdict, VERDICT_COMMITTED);
    exchange_free(exchange);
    assert_int_equal(world_report(&world, &twice[0]), VERDICT_COMMITTED);
    assert_int_equal(world_restart(&world), 0);
    assert_int_equal(world_report(&world, &twice[0]), VERDICT_COMMITTED);
    world_check(&world);
    world_close(&world);
}

static void a_commit_that_fails_leaves_nothing(void **state)
{
    (void)state;
    struct world world;
    struct task task;
    struct turn_result result;
    struct err err = {.code = E_NONE};
    struct rlimit before;
    struct rlimit tight;
    world_open(&world, 1, 4);
    assert_true(world_take(&world, &task));
    struct report report = report_process(&world, &task, task.segment_count);
    struct sync sync = {.pilot = world.pilot, .reports = &report, .report_count = 1};
    struct exchange *exchange = exchange_of(&sync);
    struct turn turn = turn_of(&world, false);
    /* Pages behind the two meta pages of the catalog cannot be written. */
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    tight = (struct rlimit){.rlim_cur = 8192, .rlim_max = before.rlim_max};
    assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
    assert_false(turn_run(&turn, &exchange, 1, &result, &err));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    exchange_free(exchange);
    assert_int_not_equal(err.code, E_NONE);
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(world_state(&world, i).state, SEGMENT_LEASED);
        assert_int_equal(world_state(&world, i).reco_product, 0);
    }
    assert_int_equal(world_restart(&world), 0);
    assert_int_equal(world_report(&world, &report), VERDICT_COMMITTED);
    world_check(&world);
    world_close(&world);
}

static void a_prefix_is_kept_and_the_rest_is_given_again(void **state)
{
    (void)state;
    struct world world;
    struct task task;
    world_open(&world, 1, 4);
    assert_true(world_take(&world, &task));
    assert_int_equal(task.segment_count, 4);
    struct report report = report_process(&world, &task, 3);
    assert_int_equal(world_report(&world, &report), VERDICT_COMMITTED);
    assert_true(world_take(&world, &task));
    assert_int_equal(task.segment_count, 1);
    assert_int_equal(task.segments[0].index, 3);
    report = report_process(&world, &task, 1);
    assert_int_equal(world_report(&world, &report), VERDICT_COMMITTED);
    world_work(&world, -1);
    assert_int_equal(world_groups(&world, GROUP_PUBLISHED), WORLD_STREAMS);
    world_check(&world);
    world_close(&world);
}

static void what_a_failed_attempt_wrote_is_removed(void **state)
{
    (void)state;
    struct world world;
    struct task task;
    world_open(&world, 1, 4);
    assert_true(world_take(&world, &task));
    report_process(&world, &task, 2);
    assert_int_equal(world_files(&world, "parts", ""), 2);
    struct report report = report_failed(&task, E_DISK_FULL, UINT32_MAX);
    assert_int_equal(world_report(&world, &report), VERDICT_NOTED);
    assert_int_equal(world_files(&world, "parts", ""), 0);
    world_close(&world);
}

static void a_rule_is_stored_with_the_attempt_and_its_limit_is_in_the_next_task(
    void **state)
{
    (void)state;
    struct world world;
    struct task task;
    struct attempt attempt;
    struct err err;
    struct catalog_txn *txn;
    struct campaign_policy policy = campaign_of_tests("", 0).policy;
    policy.memory_bytes = 1600;
    policy.segment_limit_ns = 32;
    policy.rule_count = 2;
    policy.rules[0] = (struct retry_rule){.passive = true, .action = RETRY_QUARANTINE};
    policy.rules[1] = (struct retry_rule){
        .text = "bad_alloc", .action = RETRY_MEMORY, .percent = 150, .up_to = 4800};
    world_make(&world, WORLD_MAP);
    world_plan(&world, &policy, 1, 4);
    world_start(&world);
    assert_true(world_take(&world, &task));
    assert_int_equal(task.memory_bytes, 1600);
    struct report report = report_failed(&task, E_WORKER_MEMORY, 0);
    (void)snprintf(report.failure.text, sizeof report.failure.text, "std::bad_alloc");
    assert_int_equal(world_report(&world, &report), VERDICT_NOTED);
    must(catalog_begin(world.catalog, &txn, &err), &err);
    assert_int_equal(catalog_get_attempt(txn, task.attempt, &world.arena, &attempt, &err),
                     LOOKUP_FOUND);
    catalog_abort(txn);
    assert_int_equal(attempt.decision.rule, 2);
    assert_int_equal(attempt.decision.passive, 1);
    assert_int_equal(attempt.decision.action, RETRY_MEMORY);
    /* Kept over a restart of the coordinator. */
    assert_int_equal(world_restart(&world), 0);
    assert_true(world_take(&world, &task));
    assert_int_equal(task.segments[0].index, 0);
    assert_int_equal(task.segment_count, 1);
    assert_int_equal(task.memory_bytes, 2400);
    assert_int_equal(task.duration_ns, 32);
    world_close(&world);
}

/* Commits all of run 1 in tasks of two segments; gives the merge of one stream. */
static struct task merge_of(struct world *world, const char *stream)
{
    struct task task = {.attempt = 0};
    for (;;) {
        assert_true(world_take(world, &task));
        if (task.kind == TASK_MERGE && strcmp(task.merge_class.stream, stream) == 0)
            return task;
        struct report report = report_all(world, &task);
        assert_int_equal(world_report(world, &report), VERDICT_COMMITTED);
    }
}

static void open_in_pairs(struct world *world)
{
    struct campaign_policy policy = campaign_of_tests("", 0).policy;
    policy.task_segments = 2;
    world_make(world, WORLD_MAP);
    world_plan(world, &policy, 1, 6);
    world_start(world);
}

static void damage(struct world *world, const struct product *product)
{
    const char *path = world_path(world, product->place.file);
    FILE *file = fopen(path, "r+e");
    assert_non_null(file);
    assert_int_equal(fseek(file, (long)product->place.offset, SEEK_SET), 0);
    assert_int_equal(fputc('X', file), 'X');
    assert_int_equal(fclose(file), 0);
}

/* After the repair the campaign must end as if nothing had been. */
static void assert_ends_well(struct world *world)
{
    world->now_ns += 100 * SECOND;
    world_work(world, -1);
    assert_int_equal(world_groups(world, GROUP_PUBLISHED), WORLD_STREAMS);
    assert_int_equal(world_segments(world, SEGMENT_COMMITTED), 6);
    assert_int_equal(world_files(world, "parts", ""), 0);
    world_check(world);
    assert_int_equal(world_restart(world), 0);
}

static void a_damaged_input_is_made_again_and_nothing_else(void **state)
{
    (void)state;
    struct world world;
    open_in_pairs(&world);
    struct task merge = merge_of(&world, "summary");
    struct product bad = merge.inputs[3].product;
    damage(&world, &bad);
    struct report report = report_failed(&merge, E_MERGE_INPUT, 3);
    assert_int_equal(world_report(&world, &report), VERDICT_NOTED);
    for (uint32_t i = 0; i < 6; i++) {
        struct plan_state now = world_state(&world, i);
        assert_int_equal(now.state, i == 3 ? SEGMENT_READY : SEGMENT_COMMITTED);
        assert_int_not_equal(now.reco_product, 0);
        assert_true((now.select_product == 0) == (i == 3));
    }
    world_check(&world);
    assert_ends_well(&world);
    world_close(&world);
}

static void all_segments_of_a_lost_part_are_made_again_at_once(void **state)
{
    (void)state;
    struct world world;
    open_in_pairs(&world);
    struct task merge = merge_of(&world, "reco");
    assert_int_equal(unlink(world_path(&world, merge.inputs[2].product.place.file)), 0);
    struct report report = report_failed(&merge, E_DISK_OPEN, 2);
    assert_int_equal(world_report(&world, &report), VERDICT_NOTED);
    for (uint32_t i = 0; i < 6; i++) {
        struct plan_state now = world_state(&world, i);
        bool lost = i == 2 || i == 3;
        assert_int_equal(now.state, lost ? SEGMENT_READY : SEGMENT_COMMITTED);
        assert_true((now.reco_product == 0) == lost);
        assert_int_not_equal(now.select_product, 0);
    }
    assert_ends_well(&world);
    world_close(&world);
}

static void a_pilot_that_only_says_so_is_not_believed(void **state)
{
    (void)state;
    static const uint32_t blamed[] = {0, 3, 5, 6, 4000000, UINT32_MAX};
    for (size_t i = 0; i < sizeof blamed / sizeof *blamed; i++) {
        struct world world;
        open_in_pairs(&world);
        struct task merge = merge_of(&world, "skim.all");
        struct report report = report_failed(&merge, E_MERGE_INPUT, blamed[i]);
        assert_int_equal(world_report(&world, &report), VERDICT_NOTED);
        assert_int_equal(world_segments(&world, SEGMENT_COMMITTED), 6);
        assert_ends_well(&world);
        world_close(&world);
    }
}

static void start_records_that_are_gone_are_made_again(void **state)
{
    (void)state;
    struct world world;
    open_in_pairs(&world);
    struct task merge = merge_of(&world, "skim.all");
    assert_int_equal(merge.prologue_count, 1);
    assert_int_equal(unlink(world_path(&world, merge.prologue[0].product.place.file)), 0);
    struct report report = report_failed(&merge, E_DISK_OPEN, UINT32_MAX);
    assert_int_equal(world_report(&world, &report), VERDICT_NOTED);
    assert_int_equal(world_segments(&world, SEGMENT_COMMITTED), 4);
    assert_ends_well(&world);
    world_close(&world);
}

static void a_store_that_is_not_there_is_no_evidence(void **state)
{
    (void)state;
    struct world world;
    open_in_pairs(&world);
    struct task merge = merge_of(&world, "reco");
    const char *store = world_path(&world, "");
    char away[PATH_MAX];
    (void)snprintf(away, sizeof away, "%s/away", world.folder);
    char here[PATH_MAX];
    (void)snprintf(here, sizeof here, "%.*s", (int)strlen(store) - 1, store);
    assert_int_equal(rename(here, away), 0);
    struct report report = report_failed(&merge, E_DISK_OPEN, 2);
    assert_int_equal(world_report(&world, &report), VERDICT_NOTED);
    assert_int_equal(world_segments(&world, SEGMENT_COMMITTED), 6);
    assert_int_equal(rename(away, here), 0);
    assert_ends_well(&world);
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_campaign_ends_complete_and_nothing_is_left_over),
        cmocka_unit_test(a_turn_that_is_run_again_because_the_map_grew_gives_the_same),
        cmocka_unit_test(published_bytes_are_the_products_in_the_order_of_the_plan),
        cmocka_unit_test(the_same_report_is_committed_once_however_often_it_comes),
        cmocka_unit_test(a_commit_that_fails_leaves_nothing),
        cmocka_unit_test(a_prefix_is_kept_and_the_rest_is_given_again),
        cmocka_unit_test(what_a_failed_attempt_wrote_is_removed),
        cmocka_unit_test(
            a_rule_is_stored_with_the_attempt_and_its_limit_is_in_the_next_task),
        cmocka_unit_test(a_damaged_input_is_made_again_and_nothing_else),
        cmocka_unit_test(all_segments_of_a_lost_part_are_made_again_at_once),
        cmocka_unit_test(a_pilot_that_only_says_so_is_not_believed),
        cmocka_unit_test(start_records_that_are_gone_are_made_again),
        cmocka_unit_test(a_store_that_is_not_there_is_no_evidence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
