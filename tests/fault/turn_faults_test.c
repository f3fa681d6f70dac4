/* turn_faults_test.c - every durable step of a publication fails once: nothing is torn.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>

#include "tests/unit/coordinator/service_pilot.h"

/* No fault comes after this many steps: the test would not end otherwise. */
#define STEPS_LIMIT 100

/* The bytes of the one published file of a calm campaign. */
static void published_bytes(struct world *world, struct bytes *out)
{
    const char *file = world_product(world, 0, "summary").place.file;
    struct err err;
    must(disk_read_file(world_path(world, file), out, &err), &err);
}

/* A run of two segments whose summary is merged but not reported. */
static struct report merged(struct world *world)
{
    struct task task;
    world_open(world, 1, 2);
    for (;;) {
        assert_true(world_take(world, &task));
        struct report report = report_all(world, &task);
        if (task.kind == TASK_MERGE && strcmp(task.merge_class.stream, "summary") == 0)
            return report;
        assert_int_equal(world_report(world, &report), VERDICT_COMMITTED);
    }
}

/* false: the n-th step failed with an error. */
static bool turn_with_fault(struct world *world, const struct report *report, long n)
{
    struct sync sync = {.pilot = world->pilot, .reports = report, .report_count = 1};
    struct exchange *exchange = exchange_of(&sync);
    struct turn turn = turn_of(world, false);
    struct turn_result result;
    struct err err = {.code = E_NONE};
    disk_fail_after(n, ENOSPC);
    bool done = turn_run(&turn, &exchange, 1, &result, &err);
    disk_fail_after(0, 0);
    exchange_free(exchange);
    assert_true(done == (err.code == E_NONE));
    if (!done)
        assert_int_equal(err.code, E_DISK_FULL);
    return done;
}

static void assert_nothing_is_torn(struct world *world, const struct report *report)
{
    struct err err;
    uint64_t size;
    int fd;
    assert_int_equal(world_files(world, "", ".tmp"), 0);
    struct product product = world_product(world, 0, "summary");
    const char *there = world_path(world, product.place.file);
    /* The catalog has taken it over; the bytes are under the one name or the other. */
    assert_memory_equal(product.place.file, "published/", 10);
    if (access(there, F_OK) != 0)
        there = world_path(world, report->parts[0].file);
    must(disk_open_read(there, &fd, &size, &err), &err);
    (void)close(fd);
    assert_int_equal(size, report->parts[0].size);
}

static void the_next_start_completes_what_a_full_disk_cut_short(void **state)
{
    (void)state;
    struct bytes expected;
    struct world world;
    bytes_init(&expected, 65536);
    struct report report = merged(&world);
    assert_true(turn_with_fault(&world, &report, 0));
    world_work(&world, -1);
    published_bytes(&world, &expected);
    world_close(&world);
    long n = 0;
    for (bool done = false; !done;) {
        struct bytes bytes;
        bytes_init(&bytes, 65536);
        report = merged(&world);
        done = turn_with_fault(&world, &report, ++n);
        assert_nothing_is_torn(&world, &report);
        assert_int_equal(world_restart(&world), 0);
        world_work(&world, -1);
        assert_int_equal(world_groups(&world, GROUP_PUBLISHED), WORLD_STREAMS);
        assert_int_equal(world_files(&world, "", ""), 2 * WORLD_STREAMS);
        world_check(&world);
        published_bytes(&world, &bytes);
        assert_int_equal(bytes.size, expected.size);
        assert_memory_equal(bytes.data, expected.data, bytes.size);
        bytes_release(&bytes);
        world_close(&world);
        assert_true(n < STEPS_LIMIT);
    }
    assert_true(n > 8); /* folders, rename, syncs, the sidecar's own steps */
    bytes_release(&expected);
}

/* The same fault hits the repair at the next start as well: an error, then all is well.
 */
static void a_repair_that_fails_is_done_by_the_next_one(void **state)
{
    (void)state;
    for (long n = 1; n < STEPS_LIMIT; n++) {
        struct world world;
        uint64_t forgotten = 0;
        struct err err = {.code = E_NONE};
        struct report report = merged(&world);
        assert_false(turn_with_fault(&world, &report, 1));
        disk_fail_after(n, EIO);
        bool done = write_catalog(world.catalog, world_repair_step, &forgotten, &err);
        disk_fail_after(0, 0);
        assert_true(done || err.code == E_DISK_WRITE);
        assert_nothing_is_torn(&world, &report);
        assert_int_equal(world_restart(&world), 0);
        world_work(&world, -1);
        assert_int_equal(world_groups(&world, GROUP_PUBLISHED), WORLD_STREAMS);
        world_check(&world);
        world_close(&world);
        if (done)
            return;
    }
    fail_msg("the repair never ends");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_next_start_completes_what_a_full_disk_cut_short),
        cmocka_unit_test(a_repair_that_fails_is_done_by_the_next_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
