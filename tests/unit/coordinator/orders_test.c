/* orders_test.c - orders as lines, and what they make of a campaign in the catalog.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/orders.h"

#include "tests/unit/coordinator/service_pilot.h"

static struct order order_of_tests(enum order_kind kind)
{
    struct order order = {.kind = kind, .wall_s = 1700000000, .priority = 0};
    (void)snprintf(order.campaign, sizeof order.campaign, WORLD_CAMPAIGN);
    (void)snprintf(order.who, sizeof order.who, "alice");
    (void)snprintf(order.reason, sizeof order.reason, "a \"beam\" \\ study");
    if (kind == ORDER_GATE)
        order.gate = (struct gate_word){.period = "2018B",
                                        .approve = true,
                                        .evidence = sha256_of("e", 1),
                                        .sample = sha256_of("s", 1),
                                        .expires_s = 1800000000};
    return order;
}

static void an_order_is_read_back_as_it_was_written(void **state)
{
    (void)state;
    struct err err;
    for (unsigned kind = 0; kind < ORDER_KINDS; kind++) {
        struct order order = order_of_tests((enum order_kind)kind);
        struct order again;
        struct bytes text;
        order.priority = kind == ORDER_PRIORITY ? PRIORITY_MAX : 0;
        bytes_init(&text, 4096);
        must(order_pack(&order, &text, &err), &err);
        must(order_unpack(text.data, text.size, &again, &err), &err);
        assert_int_equal(again.kind, order.kind);
        assert_int_equal(again.priority, order.priority);
        assert_int_equal(again.wall_s, order.wall_s);
        assert_string_equal(again.campaign, order.campaign);
        assert_string_equal(again.who, order.who);
        assert_string_equal(again.reason, order.reason);
        assert_string_equal(again.gate.period, order.gate.period);
        assert_int_equal(again.gate.approve, order.gate.approve);
        assert_int_equal(again.gate.expires_s, order.gate.expires_s);
        assert_true(sha256_equal(&again.gate.evidence, &order.gate.evidence));
        assert_true(sha256_equal(&again.gate.sample, &order.gate.sample));
        bytes_release(&text);
    }
}

#define GATE "{\"campaign\":\"c\",\"order\":\"gate\",\"who\":\"a\",\"reason\":\"\""
#define HASH "\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\""

static void what_is_no_order_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "[]",
        "{",
        "{\"campaign\":\"c\",\"order\":\"pause\",\"who\":\"a\"}",
        "{\"campaign\":\"c\",\"order\":\"pause\",\"reason\":\"\"}",
        "{\"campaign\":\"c\",\"order\":\"explode\",\"who\":\"a\",\"reason\":\"\"}",
        "{\"campaign\":\"c\",\"order\":7,\"who\":\"a\",\"reason\":\"\"}",
        "{\"campaign\":7,\"order\":\"pause\",\"who\":\"a\",\"reason\":\"\"}",
        "{\"campaign\":\"c\",\"order\":\"pause\",\"who\":\"a\",\"reason\":\"a\\nb\"}",
        "{\"campaign\":\"c\",\"order\":\"priority\",\"who\":\"a\",\"reason\":\"\"}",
        "{\"campaign\":\"c\",\"order\":\"priority\",\"priority\":1001,\"who\":\"a\","
        "\"reason\":\"\"}",
        "{\"campaign\":\"c\",\"order\":\"priority\",\"priority\":-1,\"who\":\"a\","
        "\"reason\":\"\"}",
        GATE "}",
        GATE ",\"period\":\"P\",\"evidence\":" HASH ",\"sample\":" HASH
             ",\"approve\":1,\"expires_s\":1}",
        GATE ",\"period\":\"P\",\"evidence\":" HASH ",\"sample\":" HASH
             ",\"approve\":true}",
        GATE ",\"period\":\"P\",\"evidence\":" HASH ",\"sample\":\"12\""
             ",\"approve\":true,\"expires_s\":1}",
        GATE ",\"period\":\"P\\u0007\",\"evidence\":" HASH ",\"sample\":" HASH
             ",\"approve\":true,\"expires_s\":1}",
        GATE ",\"period\":7,\"evidence\":" HASH ",\"sample\":" HASH
             ",\"approve\":true,\"expires_s\":1}",
        "{\"campaign\":\"0123456789012345678901234567890123456789012345678\","
        "\"order\":\"pause\",\"who\":\"a\",\"reason\":\"\"}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct order order;
        struct err err;
        assert_false(order_unpack(texts[i], strlen(texts[i]), &order, &err));
    }
}

struct told {
    struct order order;
    bool news;
};

static bool write_told(struct catalog_txn *txn, void *context, struct err *err)
{
    struct told *told = context;
    return order_write(txn, &told->order, &told->news, err);
}

static bool give(struct world *world, const struct order *order, struct err *err)
{
    struct told told = {.order = *order};
    return write_catalog(world->catalog, write_told, &told, err) && told.news;
}

static struct orders read_all(struct world *world)
{
    struct catalog_txn *txn;
    struct orders orders;
    struct err err;
    must(catalog_begin(world->catalog, &txn, &err), &err);
    must(orders_read(txn, WORLD_CAMPAIGN, &orders, &err), &err);
    catalog_abort(txn);
    return orders;
}

static bool count_order(const struct order *order, void *context, struct err *err)
{
    (void)order, (void)err;
    *(uint32_t *)context += 1;
    return true;
}

static uint32_t count_all(struct world *world)
{
    struct catalog_txn *txn;
    struct err err;
    uint32_t count = 0;
    must(catalog_begin(world->catalog, &txn, &err), &err);
    must(orders_each(txn, WORLD_CAMPAIGN, count_order, &count, &err), &err);
    catalog_abort(txn);
    return count;
}

static void the_last_order_holds_and_all_are_kept(void **state)
{
    (void)state;
    struct world world;
    struct err err = {.code = E_NONE};
    world_make(&world, WORLD_MAP);
    world_plan(&world, NULL, 1, 4);
    assert_int_equal(read_all(&world).hold, CORE_RUNNING);
    assert_int_equal(read_all(&world).priority, PRIORITY_USUAL);
    struct order order = order_of_tests(ORDER_PAUSE);
    assert_true(give(&world, &order, &err));
    assert_false(give(&world, &order, &err)); /* no news */
    assert_int_equal(err.code, E_NONE);
    assert_int_equal(read_all(&world).hold, CORE_PAUSED);
    assert_string_equal(read_all(&world).held.who, "alice");
    order.kind = ORDER_PRIORITY;
    order.priority = 9;
    assert_true(give(&world, &order, &err));
    order.kind = ORDER_RESUME;
    assert_true(give(&world, &order, &err));
    assert_int_equal(read_all(&world).hold, CORE_RUNNING);
    assert_int_equal(read_all(&world).priority, 9);
    order.kind = ORDER_CANCEL;
    assert_true(give(&world, &order, &err));
    assert_int_equal(count_all(&world), 4);
    order.kind = ORDER_RESUME;
    assert_false(give(&world, &order, &err));
    assert_int_equal(err.code, E_ORDER);
    (void)snprintf(order.campaign, sizeof order.campaign, "nosuch");
    assert_false(give(&world, &order, &err));
    assert_int_equal(err.code, E_NOT_FOUND);
    assert_int_equal(count_all(&world), 4);
    world_close(&world);
}

static void cancelling_without_a_core_leaves_no_lease(void **state)
{
    (void)state;
    struct world world;
    struct task task;
    struct err err;
    world_open(&world, 2, 4);
    assert_true(world_take(&world, &task));
    assert_int_equal(task.kind, TASK_PROCESS);
    struct report report = report_all(&world, &task);
    assert_int_equal(world_report(&world, &report), VERDICT_COMMITTED);
    assert_true(world_take(&world, &task)); /* a merge of the first run */
    assert_int_equal(task.kind, TASK_MERGE);
    struct exchange *exchange = world_sync(&world, 9, NULL, 0);
    exchange_free(exchange);
    assert_int_equal(world_segments(&world, SEGMENT_LEASED), 4);
    world_unload(&world); /* the coordinator died */
    struct order order = order_of_tests(ORDER_CANCEL);
    assert_true(give(&world, &order, &err));
    world_load(&world);
    assert_int_equal(world_segments(&world, SEGMENT_LEASED), 0);
    assert_int_equal(world_segments(&world, SEGMENT_READY), 4);
    assert_int_equal(world_groups(&world, GROUP_LEASED), 0);
    assert_int_equal(core_count(world.core).leases, 0);
    world_unload(&world);
    world_start(&world);
    world_check(&world);
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_order_is_read_back_as_it_was_written),
        cmocka_unit_test(what_is_no_order_is_refused),
        cmocka_unit_test(the_last_order_holds_and_all_are_kept),
        cmocka_unit_test(cancelling_without_a_core_leaves_no_lease),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
