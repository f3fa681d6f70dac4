/* coordinator_steps_test.c - the turn that publishes a file, with each step failing.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A merge is reported: one transaction, a file that moves into place, its sidecar. What
 * then is left to do is done by the same process or, when that ended, by the next one.
 */
#include "tests/fault/operation.h"

#include "tests/unit/coordinator/service_pilot.h"

#define PAUSES 5u /* longer than a lease: whose ran out gives its work back */

static struct world world;
static struct exchange *reported; /* the merge; NULL: none */

static void world_at(const char *place)
{
    struct err err;
    char path[128];
    world = (struct world){.now_ns = 1000 * SECOND, .log = {.fd = -1}};
    arena_init(&world.arena, (size_t)256 << 20);
    (void)snprintf(world.folder, sizeof world.folder, "%s", place);
    (void)snprintf(path, sizeof path, "%s/catalog", place);
    must(catalog_open_sized(path, CATALOG_WRITE, WORLD_MAP, &world.catalog, &err), &err);
}

/* A run of two segments, up to where its summary is merged and not reported. */
static void begin_new(void)
{
    struct task task;
    world_plan(&world, NULL, 1, 2);
    world_start(&world);
    for (;;) {
        assert_true(world_take(&world, &task));
        struct report report = report_all(&world, &task);
        if (task.kind == TASK_MERGE && strcmp(task.merge_class.stream, "summary") == 0) {
            struct sync sync = {
                .pilot = world.pilot, .reports = &report, .report_count = 1};
            reported = exchange_of(&sync);
            return;
        }
        assert_int_equal(world_report(&world, &report), VERDICT_COMMITTED);
    }
}

/* As the next coordinator does it, when all leases have run out. */
static void begin_again(void)
{
    struct err err;
    uint64_t forgotten = 0;
    reported = NULL;
    must(write_catalog(world.catalog, world_repair_step, &forgotten, &err), &err);
    world_start(&world);
    must(write_catalog(world.catalog, world_sweep_step, &world, &err), &err);
}

static bool load(const char *place, struct err *err)
{
    char path[128];
    (void)err;
    (void)snprintf(path, sizeof path, "%s/catalog", place);
    bool there = disk_exists(path);
    world_at(place);
    if (there)
        begin_again();
    else
        begin_new();
    return true;
}

static bool published(struct err *err)
{
    struct turn turn = turn_of(&world, false);
    struct turn_result result;
    bool done = turn_run(&turn, &reported, 1, &result, err);
    exchange_free(reported);
    return done;
}

static bool run(const char *place, struct err *err)
{
    (void)place;
    if (reported != NULL && !published(err))
        return false;
    atomic_store(&steps->armed, false); /* the rest is no part of it */
    for (unsigned i = 0; i < PAUSES; i++) {
        (void)world_work(&world, -1);
        world.now_ns += 60 * SECOND;
    }
    return true;
}

static bool check(const char *place, struct err *err)
{
    world_at(place);
    world_check(&world);
    world_start(&world);
    return world_groups(&world, GROUP_PUBLISHED) == WORLD_STREAMS ||
           err_set(err, E_MODEL, "not all streams are published");
}

/* What is published are the same bytes; parts have tokens, and sidecars say when. */
static enum operation_care care(const char *name)
{
    bool file = strncmp(name, "store/published/", 16) == 0;
    if (!file || strstr(name, ".prov.json") != NULL)
        return CARE_NONE;
    return CARE_WHOLE;
}

static void any_step_of_a_publication_may_fail(void **state)
{
    static const struct operation operation = {.name = "turn",
                                               .load = load,
                                               .run = run,
                                               .care = care,
                                               .check = check,
                                               .least = {2, 5, 20, 0}};
    (void)state;
    operation_each_step(&operation);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_step_of_a_publication_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
