/* watch_test.c - what the coordinator saw is in the catalog, written when it changes.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/watch.h"

#include "coordinator/company.h"
#include "tests/unit/coordinator/service_pilot.h"

static struct watch watch_of(struct world *world)
{
    return (struct watch){.catalog = world->catalog,
                          .campaign = &world->book.campaign,
                          .core = world->core,
                          .log = &world->log};
}

static void look_at(struct world *world, struct watch *watch)
{
    struct err err;
    must(watch_look(watch, world->now_ns, 5000 + world->now_ns / SECOND, &err), &err);
}

static enum lookup read_back(struct world *world, struct watch_record *record)
{
    struct catalog_txn *txn;
    struct err err = {.text = ""};
    must(catalog_begin(world->catalog, &txn, &err), &err);
    enum lookup found = watch_read(txn, WORLD_CAMPAIGN, record, &err);
    catalog_abort(txn);
    if (found == LOOKUP_FAILED)
        fail_msg("%s", err.text);
    return found;
}

static void an_alert_and_a_late_lease_are_kept_until_they_are_over(void **state)
{
    (void)state;
    struct world world;
    struct task task;
    struct watch_record record;
    world_open(&world, 1, 4);
    struct watch watch = watch_of(&world);
    assert_int_equal(read_back(&world, &record), LOOKUP_ABSENT);
    look_at(&world, &watch);
    assert_int_equal(read_back(&world, &record), LOOKUP_FOUND);
    assert_false(record.alert);
    assert_int_equal(record.late_count, 0);

    assert_true(world_take(&world, &task));
    int64_t taken_ns = world.now_ns;
    world.now_ns += 250 * SECOND;
    look_at(&world, &watch);
    assert_int_equal(read_back(&world, &record), LOOKUP_FOUND);
    assert_true(record.alert);
    assert_non_null(strstr(record.cause, "silent"));
    assert_int_equal(record.late_count, 1);
    assert_int_equal(record.late_shown, 1);
    assert_int_equal(record.late[0].attempt, task.attempt);
    assert_int_equal(record.late[0].count, 4);
    assert_false(record.late[0].merge);
    assert_int_equal(record.late[0].deadline_s, 5000 + taken_ns / SECOND + 100);

    struct report report = report_all(&world, &task);
    assert_int_equal(world_report(&world, &report), VERDICT_COMMITTED);
    world.now_ns += SECOND;
    look_at(&world, &watch);
    assert_int_equal(read_back(&world, &record), LOOKUP_FOUND);
    assert_false(record.alert);
    assert_int_equal(record.late_count, 0);
    world_close(&world);
}

static uint64_t last_change(struct world *world)
{
    struct stat status;
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/catalog/data.mdb", world->folder);
    assert_int_equal(stat(path, &status), 0);
    return (uint64_t)status.st_mtim.tv_sec * 1000000000 +
           (uint64_t)status.st_mtim.tv_nsec;
}

static void a_campaign_that_goes_on_costs_no_commit(void **state)
{
    (void)state;
    struct world world;
    struct task task;
    world_open(&world, 1, 4);
    struct watch watch = watch_of(&world);
    look_at(&world, &watch);
    assert_true(world_take(&world, &task));
    uint64_t before = last_change(&world);
    for (int i = 0; i < 90; i++) {
        world.now_ns += SECOND;
        look_at(&world, &watch);
    }
    assert_int_equal(last_change(&world), before);
    world_close(&world);
}

static void pilots_are_found_by_their_number(void **state)
{
    (void)state;
    struct company company = {.count = 0};
    char host[64];
    assert_null(company_find(&company, 5));
    for (uint64_t i = 0; i < 300; i++) {
        struct hello hello = {.release = sha256_of(&i, sizeof i)};
        (void)snprintf(hello.host, sizeof hello.host, "node%u",
                       (unsigned)(i * 7919 % 300));
        company_add(&company, i * 7919 % 300, &hello);
    }
    for (uint64_t i = 0; i < 300; i++) {
        (void)snprintf(host, sizeof host, "node%u", (unsigned)i);
        assert_string_equal(company_find(&company, i)->host, host);
    }
    assert_null(company_find(&company, 300));
    company_release(&company);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_alert_and_a_late_lease_are_kept_until_they_are_over),
        cmocka_unit_test(a_campaign_that_goes_on_costs_no_commit),
        cmocka_unit_test(pilots_are_found_by_their_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
