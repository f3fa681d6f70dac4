/* sweep_test.c - what is removed below parts/, and what never is.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/coordinator/service_pilot.h"

static struct swept sweep(struct world *world)
{
    struct catalog_txn *txn;
    struct swept swept;
    struct err err;
    must(catalog_begin(world->catalog, &txn, &err), &err);
    must(sweep_parts(&world->book.campaign, txn, &swept, &err), &err);
    must(catalog_commit(txn, &err), &err);
    return swept;
}

static bool is_there(struct world *world, const char *name)
{
    return access(world_path(world, name), F_OK) == 0;
}

static void parts_of_current_leases_and_recorded_ones_stay(void **state)
{
    (void)state;
    struct world world;
    struct task done;
    struct task at_work;
    world_open(&world, 1, 8);
    assert_true(world_take(&world, &done));
    assert_true(world_take(&world, &at_work));
    struct report report = report_process(&world, &done, 4);
    assert_int_equal(world_report(&world, &report), VERDICT_COMMITTED);
    report_process(&world, &at_work, 1); /* written, not reported */
    assert_int_equal(world_files(&world, "parts", ""), 4);
    assert_int_equal(sweep(&world).removed, 0);
    assert_int_equal(world_files(&world, "parts", ""), 4);
    world_close(&world);
}

static void parts_that_can_never_be_committed_go(void **state)
{
    (void)state;
    struct world world;
    struct task task;
    char name[PRODUCT_FILE];
    struct sha256 key = key_of_tests(1, 3);
    world_open(&world, 1, 4);
    assert_true(world_take(&world, &task));
    report_process(&world, &task, 4);
    /* Issued after the backup that this catalog was restored from. */
    part_name(&key, task.token + 1, name);
    file_write(world_path(&world, name), "x", 1);
    struct swept swept = sweep(&world);
    assert_int_equal(swept.removed, 1);
    assert_int_equal(swept.foreign, 0);
    assert_false(is_there(&world, name));
    /* The lease is taken back: a void token never commits. */
    struct task again;
    world.now_ns += 150 * SECOND;
    assert_true(world_take(&world, &again));
    assert_int_equal(again.segments[0].index, task.segments[0].index);
    report_process(&world, &task, 4); /* the old one does not know yet */
    assert_int_equal(sweep(&world).removed, 2);
    assert_int_equal(world_files(&world, "parts", ""), 0);
    world_close(&world);
}

static void names_that_are_not_ours_are_left_alone_and_told(void **state)
{
    (void)state;
    static const char *const names[] = {
        "parts/00/notes.txt",
        "parts/00/0123456789abcdef",
        "parts/00/.hidden",
        "parts/00/x.0123456789abcdef",
        /* in the wrong folder, and with a letter too many */
        "parts/11/aa00000000000000000000000000000000000000000000000000000000000000"
        ".0123456789abcdef",
        "parts/aa/aa00000000000000000000000000000000000000000000000000000000000000"
        ".0123456789ABCDEF",
    };
    const size_t count = sizeof names / sizeof *names;
    struct world world;
    world_open(&world, 1, 4);
    for (size_t i = 0; i < count; i++)
        file_write(world_path(&world, names[i]), "x", 1);
    file_write(world_path(&world, "parts/00/folder/inside"), "x", 1);
    file_write(world_path(&world, "parts/other/x"), "x", 1);
    struct swept swept = sweep(&world);
    assert_int_equal(swept.removed, 0);
    assert_int_equal(swept.foreign, count + 1);
    assert_memory_equal(swept.first, "parts/00/", 9);
    for (size_t i = 0; i < count; i++)
        assert_true(is_there(&world, names[i]));
    world_close(&world);
}

static void without_a_store_there_is_nothing_to_sweep(void **state)
{
    (void)state;
    struct world world;
    world_open(&world, 1, 4);
    assert_int_equal(sweep(&world).removed, 0);
    world_close(&world);
}

static bool collecting(struct catalog_txn *txn, void *context, struct err *err)
{
    struct file_record *file = context;
    return catalog_put_file(txn, file, err);
}

static void what_is_being_collected_goes_with_its_record_and_sidecar(void **state)
{
    (void)state;
    static const char *const names[] = {"parts/aa/gone", "published/reco/1/a.root"};
    struct world world;
    struct err err;
    world_open(&world, 1, 4);
    for (size_t i = 0; i < 2; i++) {
        struct file_record file = {.campaign = 1, .state = FILE_COLLECTING, .size = 1};
        (void)snprintf(file.name, sizeof file.name, "%s", names[i]);
        must(write_catalog(world.catalog, collecting, &file, &err), &err);
    }
    file_write(world_path(&world, names[1]), "x", 1);
    file_write(world_path(&world, "published/reco/1/a.root.prov.json"), "x", 1);
    file_write(world_path(&world, "published/reco/1/a.root.prov.json.tmp"), "x", 1);
    must(write_catalog(world.catalog, world_sweep_step, &world, &err), &err);
    assert_int_equal(world_files(&world, "published", ""), 0);
    struct catalog_txn *txn;
    struct file_record file;
    must(catalog_begin(world.catalog, &txn, &err), &err);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(catalog_get_file(txn, names[i], &file, &err), LOOKUP_ABSENT);
    catalog_abort(txn);
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_of_current_leases_and_recorded_ones_stay),
        cmocka_unit_test(parts_that_can_never_be_committed_go),
        cmocka_unit_test(names_that_are_not_ours_are_left_alone_and_told),
        cmocka_unit_test(without_a_store_there_is_nothing_to_sweep),
        cmocka_unit_test(what_is_being_collected_goes_with_its_record_and_sidecar),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
