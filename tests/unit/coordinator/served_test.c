/* served_test.c - two campaigns at one service: whose work is given, and made once.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/served.h"

#include "tests/unit/coordinator/service_pilot.h"

#define OTHER "other"

/* The world holds the catalog and the pilot; the campaigns are served. */
struct pair {
    struct world world;
    struct served served;
};

/* A second campaign over the same runs, with other keys from segment `shared` on. */
struct second {
    struct world *world;
    uint32_t shared, count;
};

static bool second_write(struct catalog_txn *txn, void *context, struct err *err)
{
    const struct second *second = context;
    struct campaign campaign = campaign_of_tests(second->world->folder, second->count);
    (void)snprintf(campaign.name, sizeof campaign.name, OTHER);
    if (!catalog_put_campaign(txn, &campaign, err) ||
        !catalog_put_set(txn, campaign.id, 0, NULL, 0, err))
        return false;
    for (uint32_t i = 0; i < second->count; i++) {
        uint32_t key = i < second->shared ? i : 1000 + i;
        struct plan_segment segment = {.id = {{1, 1, 1}, i},
                                       .spill = i + 1,
                                       .reco_key = key_of_tests(1, i),
                                       .select_key = key_of_tests(2, key)};
        struct plan_state state = {.state = SEGMENT_READY};
        if (!catalog_put_plan_segment(txn, campaign.id, i, &segment, err) ||
            !catalog_put_state(txn, campaign.id, i, &state, err))
            return false;
    }
    return true;
}

static void pair_load(struct pair *pair)
{
    static const char *const names[] = {WORLD_CAMPAIGN, OTHER};
    struct err err;
    pair->served =
        (struct served){.catalog = pair->world.catalog, .log = &pair->world.log};
    (void)snprintf(pair->served.journals, sizeof pair->served.journals, "%s/journal",
                   pair->world.folder);
    must(served_load(&pair->served, names, 2, &err), &err);
    must(served_start(&pair->served, &err), &err);
    struct exchange *hello = mem_new(1, sizeof *hello);
    *hello = (struct exchange){.kind = EXCHANGE_HELLO};
    arena_init(&hello->arena, 4096);
    pair->world.pilot = clock_random_token();
    hello->hello_answer.pilot = pair->world.pilot;
    must(served_turn(&pair->served, &hello, 1, &err), &err);
    exchange_free(hello);
}

static void pair_open(struct pair *pair, uint32_t count, uint32_t shared)
{
    struct err err;
    world_make(&pair->world, WORLD_MAP);
    world_plan(&pair->world, NULL, 1, count);
    struct second second = {&pair->world, shared, count};
    must(write_catalog(pair->world.catalog, second_write, &second, &err), &err);
    pair_load(pair);
}

static void pair_close(struct pair *pair)
{
    world_check(&pair->world);
    served_release(&pair->served);
    world_close(&pair->world);
}

static struct exchange *pair_sync(struct pair *pair, uint32_t want,
                                  const struct report *report)
{
    struct err err;
    struct sync sync = {.pilot = pair->world.pilot,
                        .want = want,
                        .reports = report,
                        .report_count = report == NULL ? 0 : 1};
    struct exchange *exchange = exchange_of(&sync);
    must(served_turn(&pair->served, &exchange, 1, &err), &err);
    return exchange;
}

static struct task task_copy(struct pair *pair, const struct task *task)
{
    struct bytes packed;
    struct task copy;
    struct err err;
    bytes_init(&packed, WIRE_MESSAGE_LIMIT);
    must(wire_task_pack(task, &packed, &err), &err);
    must(wire_task_unpack(packed.data, packed.size, &pair->world.arena, &copy, &err),
         &err);
    bytes_release(&packed);
    return copy;
}

static bool pair_take(struct pair *pair, struct task *task)
{
    struct exchange *exchange = pair_sync(pair, 1, NULL);
    bool given = exchange->task_count == 1;
    if (given)
        *task = task_copy(pair, &exchange->tasks[0]);
    exchange_free(exchange);
    return given;
}

static void pair_report(struct pair *pair, const struct task *task)
{
    struct report report = report_all(&pair->world, task);
    struct exchange *exchange = pair_sync(pair, 0, &report);
    assert_int_equal(exchange->verdicts[0].verdict, VERDICT_COMMITTED);
    exchange_free(exchange);
}

/* The campaign that an attempt is of. */
static uint32_t owner_of(struct pair *pair, uint64_t number)
{
    struct catalog_txn *txn;
    struct attempt attempt;
    struct err err;
    must(catalog_begin(pair->world.catalog, &txn, &err), &err);
    assert_int_equal(catalog_get_attempt(txn, number, &pair->world.arena, &attempt, &err),
                     LOOKUP_FOUND);
    catalog_abort(txn);
    return attempt.campaign;
}

static void order(struct pair *pair, const char *campaign, enum order_kind kind,
                  uint32_t priority)
{
    struct order order = {.kind = kind, .priority = priority, .who = "alice"};
    struct err err;
    bool news = false;
    (void)snprintf(order.campaign, sizeof order.campaign, "%s", campaign);
    must(served_order(&pair->served, &order, &news, &err), &err);
    assert_true(news);
}

static void work_comes_from_the_highest_priority_that_has_some(void **state)
{
    (void)state;
    struct pair pair;
    struct task task = {.attempt = 0};
    pair_open(&pair, 12, 0);
    assert_true(pair_take(&pair, &task));
    assert_int_equal(owner_of(&pair, task.attempt), 1); /* planned first */
    order(&pair, OTHER, ORDER_PRIORITY, 3);
    assert_true(pair_take(&pair, &task));
    assert_int_equal(owner_of(&pair, task.attempt), 2);
    order(&pair, OTHER, ORDER_PAUSE, 0);
    assert_true(pair_take(&pair, &task));
    assert_int_equal(owner_of(&pair, task.attempt), 1);
    assert_int_equal(task.attempt, 3); /* numbers follow each other over both */
    order(&pair, OTHER, ORDER_RESUME, 0);
    struct exchange *exchange = pair_sync(&pair, 64, NULL);
    uint32_t firsts = 0;
    for (uint32_t i = 0; i < exchange->task_count; i++) {
        assert_int_equal(exchange->tasks[i].attempt, 4 + i);
        firsts += owner_of(&pair, 4 + i) == 1 ? 1 : 0;
        /* All of the second campaign stands before the first one's. */
        assert_int_equal(owner_of(&pair, 4 + i), firsts == 0 ? 2 : 1);
    }
    assert_true(firsts > 0 && firsts < exchange->task_count);
    exchange_free(exchange);
    pair_close(&pair);
}

/* Both are complete, each key has one product: world_check counts them. */
static void a_key_that_both_want_is_made_once(void **state)
{
    (void)state;
    struct pair pair;
    struct task task = {.attempt = 0};
    uint32_t made = 0;
    pair_open(&pair, 8, 8);
    while (pair_take(&pair, &task)) {
        made += task.kind == TASK_PROCESS ? task.segment_count : 0;
        pair_report(&pair, &task);
    }
    assert_int_equal(made, 8);
    for (uint32_t i = 0; i < 2; i++)
        assert_true(pair.served.list[i].complete);
    pair_close(&pair);
}

/* Reconstructed once; the other campaign selects from it. */
static void a_step_that_both_want_is_made_once(void **state)
{
    (void)state;
    struct pair pair;
    struct task task = {.attempt = 0};
    uint32_t reco = 0;
    uint32_t select = 0;
    pair_open(&pair, 8, 3);
    while (pair_take(&pair, &task)) {
        if (task.kind == TASK_PROCESS && (task.steps & STEP_RECO) != 0)
            reco += task.segment_count;
        if (task.kind == TASK_PROCESS && (task.steps & STEP_SELECT) != 0)
            select += task.segment_count;
        pair_report(&pair, &task);
    }
    assert_int_equal(reco, 8);
    assert_int_equal(select, 8 + 5);
    for (uint32_t i = 0; i < 2; i++)
        assert_true(pair.served.list[i].complete);
    pair_close(&pair);
}

/* Both had it in hand: the second report is committed with the first one's product. */
static void a_key_that_both_have_in_hand_has_one_product(void **state)
{
    (void)state;
    struct pair pair;
    struct task tasks[64];
    pair_open(&pair, 4, 4);
    struct exchange *exchange = pair_sync(&pair, 64, NULL);
    uint32_t count = exchange->task_count;
    assert_int_equal(count, 2);
    for (uint32_t i = 0; i < count; i++)
        tasks[i] = task_copy(&pair, &exchange->tasks[i]);
    exchange_free(exchange);
    for (uint32_t i = 0; i < count; i++)
        pair_report(&pair, &tasks[i]);
    world_check(&pair.world);
    struct task task = {.attempt = 0};
    while (pair_take(&pair, &task))
        pair_report(&pair, &task);
    assert_true(pair.served.list[0].complete && pair.served.list[1].complete);
    assert_int_equal(world_files(&pair.world, "parts", ""), 0);
    pair_close(&pair);
}

/* What one campaign made while the other one was not served is found at the start. */
static void products_of_another_campaign_are_found_at_the_start(void **state)
{
    (void)state;
    struct pair pair;
    struct task task = {.attempt = 0};
    pair_open(&pair, 8, 8);
    order(&pair, OTHER, ORDER_PAUSE, 0);
    while (pair_take(&pair, &task))
        pair_report(&pair, &task);
    served_release(&pair.served);
    pair_load(&pair);
    order(&pair, OTHER, ORDER_RESUME, 0);
    while (pair_take(&pair, &task)) {
        assert_int_equal(task.kind, TASK_MERGE);
        pair_report(&pair, &task);
    }
    assert_true(pair.served.list[1].complete);
    pair_close(&pair);
}

static void a_pilot_is_sent_home_when_no_campaign_has_work_for_it(void **state)
{
    (void)state;
    struct pair pair;
    struct task task = {.attempt = 0};
    pair_open(&pair, 4, 0);
    order(&pair, OTHER, ORDER_PAUSE, 0);
    while (pair_take(&pair, &task))
        pair_report(&pair, &task);
    struct exchange *exchange = pair_sync(&pair, 1, NULL);
    assert_false(exchange->drain); /* the paused one may go on */
    exchange_free(exchange);
    order(&pair, OTHER, ORDER_CANCEL, 0);
    exchange = pair_sync(&pair, 1, NULL);
    assert_true(exchange->drain);
    exchange_free(exchange);
    pair_close(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(work_comes_from_the_highest_priority_that_has_some),
        cmocka_unit_test(a_key_that_both_want_is_made_once),
        cmocka_unit_test(a_step_that_both_want_is_made_once),
        cmocka_unit_test(a_key_that_both_have_in_hand_has_one_product),
        cmocka_unit_test(products_of_another_campaign_are_found_at_the_start),
        cmocka_unit_test(a_pilot_is_sent_home_when_no_campaign_has_work_for_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
