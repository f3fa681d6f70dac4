/* gate_test.c - which gates are open, and which words on them are taken.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/gate.h"

#include "tests/unit/coordinator/service_pilot.h"

#define NOW ((int64_t)1700000000)

static const struct sha256 ours = {{1}};
static const struct sha256 others = {{2}};

static void a_gate_is_open_while_the_approval_of_its_sample_holds(void **state)
{
    (void)state;

    static const struct {
        bool approve;
        const struct sha256 *sample;
        int64_t expires_s;
        enum gate_state state;
    } cases[] = {{true, &ours, NOW + 1, GATE_OPEN}, {true, &ours, NOW, GATE_EXPIRED},
                 {true, &ours, 0, GATE_EXPIRED},    {true, &others, NOW + 1, GATE_STALE},
                 {true, &others, NOW, GATE_STALE},  {false, &ours, NOW + 1, GATE_REFUSED},
                 {false, &ours, NOW, GATE_REFUSED}, {false, &others, NOW, GATE_STALE}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct gate_word word = {
            .approve = cases[i].approve, .sample = ours, .expires_s = cases[i].expires_s};
        assert_int_equal(gate_judge(&word, cases[i].sample, NOW), cases[i].state);
    }
}

/* Two runs of four spills, a segment each; the first spill is the sample. */
static bool write_stages(struct catalog_txn *txn, void *context, struct err *err)
{
    static const uint32_t spills[] = {1, 2, 3, 4};
    static const bool events[] = {true, false, false, false};
    struct stages stages = {.spills = 1, .gate_days = 7};
    (void)context;
    for (uint32_t run = 0; run < 2; run++)
        stages_add_run(&stages, &(struct stage_run){.period = run == 0 ? "A" : "B",
                                                    .first = 4 * run,
                                                    .count = 4,
                                                    .spills = spills,
                                                    .events = events});
    bool done = stages_write(txn, WORLD_CAMPAIGN, &stages, err);
    for (uint32_t i = 0; done && i < 8; i++) {
        struct plan_state state = {.state = i % 4 == 0 ? SEGMENT_READY : SEGMENT_PLANNED};
        done = catalog_put_state(txn, 1, i, &state, err);
    }
    stages_release(&stages);
    return done;
}

static void make(struct world *world)
{
    struct err err;
    world_make(world, WORLD_MAP);
    world_plan(world, NULL, 2, 4);
    must(write_catalog(world->catalog, write_stages, NULL, &err), &err);
}

struct change {
    uint32_t segment;
    struct plan_state state;
};

static bool write_state(struct catalog_txn *txn, void *context, struct err *err)
{
    const struct change *change = context;
    return catalog_put_state(txn, 1, change->segment, &change->state, err);
}

static void set(struct world *world, uint32_t segment, enum segment_state state,
                uint16_t failure)
{
    struct err err;
    struct change change = {segment, {.state = (uint8_t)state, .failure = failure}};
    must(write_catalog(world->catalog, write_state, &change, &err), &err);
}

static struct sha256 sample_of(struct world *world, const char *period)
{
    struct catalog_txn *txn;
    struct campaign campaign;
    struct stages stages;
    struct sha256 hash;
    struct err err;
    must(catalog_begin(world->catalog, &txn, &err), &err);
    must(catalog_get_campaign(txn, WORLD_CAMPAIGN, &campaign, &err) == LOOKUP_FOUND,
         &err);
    must(stages_read(&stages, txn, WORLD_CAMPAIGN, &err), &err);
    must(gate_sample_hash(txn, &campaign, stages_find(&stages, period), &hash, &err),
         &err);
    stages_release(&stages);
    catalog_abort(txn);
    return hash;
}

static enum gate_state state_of(struct world *world, uint32_t period, uint32_t released)
{
    struct catalog_txn *txn;
    struct campaign campaign;
    struct gates gates;
    struct number_list list = {.count = 0};
    struct err err;
    must(catalog_begin(world->catalog, &txn, &err), &err);
    must(catalog_get_campaign(txn, WORLD_CAMPAIGN, &campaign, &err) == LOOKUP_FOUND,
         &err);
    must(gates_read(&gates, txn, &campaign, NOW, &err), &err);
    must(gates_release_list(&gates, txn, 1, &list, &err), &err);
    assert_int_equal(gates.stages.count, 2);
    assert_int_equal(list.count, released);
    for (uint32_t i = 0; i < list.count; i++)
        assert_int_equal(list.numbers[i] / 4, period);
    enum gate_state state = gates.list[period].state;
    free(list.numbers);
    gates_release(&gates);
    catalog_abort(txn);
    return state;
}

struct told {
    struct order order;
    bool news;
};

static bool write_told(struct catalog_txn *txn, void *context, struct err *err)
{
    struct told *told = context;
    return gate_order_write(txn, &told->order, &told->news, err);
}

/* E_NONE: it was taken. */
static enum err_code say(struct world *world, const char *period, bool approve,
                         const struct sha256 *sample, int64_t expires_s)
{
    struct told told = {
        .order = {
            .kind = ORDER_GATE,
            .campaign = WORLD_CAMPAIGN,
            .who = "bob",
            .wall_s = NOW,
            .gate = {.approve = approve, .sample = *sample, .expires_s = expires_s}}};
    struct err err = {.code = E_NONE};
    (void)snprintf(told.order.gate.period, sizeof told.order.gate.period, "%s", period);
    if (!write_catalog(world->catalog, write_told, &told, &err))
        return (enum err_code)err.code;
    return told.news ? E_NONE : E_USAGE;
}

static void a_word_needs_a_sample_that_is_done_and_is_the_one_looked_at(void **state)
{
    (void)state;
    struct world world;
    make(&world);
    assert_int_equal(state_of(&world, 0, 0), GATE_SAMPLE);
    struct sha256 sample = sample_of(&world, "A");
    assert_int_equal(say(&world, "A", true, &sample, NOW + 9), E_ORDER);
    set(&world, 0, SEGMENT_COMMITTED, E_NONE);
    assert_int_equal(state_of(&world, 0, 0), GATE_UNDECIDED);
    assert_int_equal(say(&world, "A", true, &sample, NOW + 9), E_ORDER);
    sample = sample_of(&world, "A");
    assert_int_equal(say(&world, "A", true, &others, NOW + 9), E_ORDER);
    assert_int_equal(say(&world, "A", true, &sample, NOW), E_ORDER);
    assert_int_equal(say(&world, "C", true, &sample, NOW + 9), E_NOT_FOUND);
    assert_int_equal(say(&world, "B", true, &sample, NOW + 9), E_ORDER);
    assert_int_equal(state_of(&world, 0, 0), GATE_UNDECIDED);
    assert_int_equal(say(&world, "A", false, &sample, NOW + 9), E_NONE);
    assert_int_equal(state_of(&world, 0, 0), GATE_REFUSED);
    assert_int_equal(say(&world, "A", true, &sample, NOW + 9), E_NONE);
    assert_int_equal(say(&world, "A", true, &sample, NOW + 9), E_USAGE); /* no news */
    assert_int_equal(state_of(&world, 0, 3), GATE_OPEN);
    world_close(&world);
}

static void an_approval_is_void_when_the_sample_is_another_one(void **state)
{
    (void)state;
    struct world world;
    make(&world);
    set(&world, 0, SEGMENT_QUARANTINED, E_WORKER_CRASH);
    struct sha256 sample = sample_of(&world, "A");
    assert_int_equal(say(&world, "A", true, &sample, NOW + 9), E_NONE);
    assert_int_equal(state_of(&world, 0, 3), GATE_OPEN);
    set(&world, 0, SEGMENT_READY, E_NONE); /* mended: again */
    assert_int_equal(state_of(&world, 0, 0), GATE_SAMPLE);
    set(&world, 0, SEGMENT_COMMITTED, E_NONE);
    assert_int_equal(state_of(&world, 0, 0), GATE_STALE);
    set(&world, 0, SEGMENT_QUARANTINED, E_WORKER_CRASH);
    assert_int_equal(state_of(&world, 0, 3), GATE_OPEN);
    set(&world, 0, SEGMENT_QUARANTINED, E_WORKER_TIMEOUT);
    assert_int_equal(state_of(&world, 0, 0), GATE_STALE);
    /* How often a committed one was tried before is no matter. */
    set(&world, 0, SEGMENT_COMMITTED, E_NONE);
    sample = sample_of(&world, "A");
    set(&world, 0, SEGMENT_COMMITTED, E_DISK_FULL);
    struct sha256 again = sample_of(&world, "A");
    assert_true(sha256_equal(&sample, &again));
    world_close(&world);
}

static void nothing_is_said_on_a_gate_that_was_passed(void **state)
{
    (void)state;
    struct world world;
    make(&world);
    set(&world, 0, SEGMENT_COMMITTED, E_NONE);
    for (uint32_t i = 1; i < 4; i++)
        set(&world, i, SEGMENT_READY, E_NONE);
    struct sha256 sample = sample_of(&world, "A");
    assert_int_equal(state_of(&world, 0, 0), GATE_PASSED);
    assert_int_equal(say(&world, "A", false, &sample, NOW + 9), E_ORDER);
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_gate_is_open_while_the_approval_of_its_sample_holds),
        cmocka_unit_test(a_word_needs_a_sample_that_is_done_and_is_the_one_looked_at),
        cmocka_unit_test(an_approval_is_void_when_the_sample_is_another_one),
        cmocka_unit_test(nothing_is_said_on_a_gate_that_was_passed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
