/* stages_test.c - which spills are the sample, and stages as the catalog keeps them.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/stages.h"

#include "tests/unit/coordinator/service_pilot.h"

#define MOST 64u

/* A letter a segment: '.' of a spill with events, 'r' of one with records only; the same
 * letter goes on for `per` segments. */
static void add(struct stages *stages, const char *period, uint32_t first,
                const char *spills, uint32_t per)
{
    uint32_t numbers[MOST];
    bool events[MOST];
    uint32_t count = (uint32_t)strlen(spills) * per;
    assert_true(count <= MOST);
    for (uint32_t i = 0; i < count; i++) {
        numbers[i] = 10 + i / per;
        events[i] = spills[i / per] == '.' && i % per == 0;
    }
    stages_add_run(stages, &(struct stage_run){.period = period,
                                               .first = first,
                                               .count = count,
                                               .spills = numbers,
                                               .events = events});
}

/* 'S' where the spill is in the sample. */
static void assert_sample(uint32_t spills, const char *run, const char *wanted)
{
    for (uint32_t per = 1; per <= 3; per++) {
        struct stages stages = {.spills = spills};
        add(&stages, "P", 5, run, per);
        assert_int_equal(stages.count, 1);
        const struct stage_period *period = &stages.periods[0];
        uint32_t count = (uint32_t)strlen(run) * per;
        for (uint32_t i = 0; i < count; i++) {
            bool sampled = stage_spans_have(&period->sample, 5 + i);
            assert_int_equal(sampled, wanted[i / per] == 'S');
            assert_int_equal(stage_spans_have(&period->rest, 5 + i), !sampled);
            assert_int_equal(stages_gated(&stages, 5 + i), !sampled);
        }
        assert_int_equal(
            stage_spans_sum(&period->sample) + stage_spans_sum(&period->rest), count);
        assert_false(stages_gated(&stages, 4));
        assert_false(stages_gated(&stages, 5 + count));
        stages_release(&stages);
    }
}

static void the_sample_is_spread_over_the_spills_with_events(void **state)
{
    (void)state;
    assert_sample(1, "......", "...S..");
    assert_sample(2, "......", ".S..S.");
    assert_sample(3, "......", ".S.S.S");
    assert_sample(2, "r......r", "r.S..S.r");
    assert_sample(2, "r.r.r.", "rSr.rS");
    assert_sample(5, "......", "SS.SSS");
}

/* Or it would be published before anybody looked. */
static void something_of_a_run_always_stays_behind_the_gate(void **state)
{
    (void)state;
    assert_sample(6, "......", "SS.SSS");
    assert_sample(1000000, "...", "S.S");
    assert_sample(1, ".", ".");
    assert_sample(9, "..r", "SSr");
    assert_sample(3, "rr", "rr");
}

static void every_size_of_sample_is_met_exactly(void **state)
{
    (void)state;
    char run[MOST + 1] = "";
    for (uint32_t spills = 1; spills < MOST; spills++) {
        memset(run, '.', spills);
        for (uint32_t wanted = 1; wanted < 2 * MOST; wanted++) {
            struct stages stages = {.spills = wanted};
            add(&stages, "", 0, run, 1);
            uint32_t sampled = stage_spans_sum(&stages.periods[0].sample);
            assert_int_equal(sampled, wanted < spills ? wanted : spills - 1);
            assert_string_equal(stages.periods[0].name, "unknown");
            stages_release(&stages);
        }
    }
}

static bool write_text(struct catalog_txn *txn, void *context, struct err *err)
{
    const char *text = *(const char *const *)context;
    return catalog_put_text(txn, "stages/" WORLD_CAMPAIGN, text, strlen(text), err);
}

static bool write_stages(struct catalog_txn *txn, void *context, struct err *err)
{
    return stages_write(txn, WORLD_CAMPAIGN, context, err);
}

static bool read_stages(struct world *world, struct stages *stages, struct err *err)
{
    struct catalog_txn *txn;
    must(catalog_begin(world->catalog, &txn, err), err);
    bool done = stages_read(stages, txn, WORLD_CAMPAIGN, err);
    catalog_abort(txn);
    return done;
}

static void stages_are_read_back_as_they_were_written(void **state)
{
    (void)state;
    struct world world;
    struct err err;
    struct stages stages = {.spills = 2, .gate_days = 30};
    struct stages again;
    world_make(&world, WORLD_MAP);
    must(read_stages(&world, &again, &err), &err);
    assert_int_equal(again.count, 0);
    add(&stages, "2018A", 0, "r......", 1);
    add(&stages, "2018B", 7, "......", 2);
    add(&stages, "2018A", 19, "......r", 1);
    must(write_catalog(world.catalog, write_stages, &stages, &err), &err);
    must(read_stages(&world, &again, &err), &err);
    assert_int_equal(again.count, 2);
    assert_int_equal(again.gate_days, 30);
    assert_null(stages_find(&again, "2018C"));
    for (uint32_t i = 0; i < 30; i++) {
        assert_int_equal(stages_gated(&again, i), stages_gated(&stages, i));
        assert_int_equal(stage_spans_have(&stages_find(&again, "2018B")->sample, i),
                         stage_spans_have(&stages_find(&stages, "2018B")->sample, i));
    }
    stages_release(&again);
    stages_release(&stages);
    world_close(&world);
}

static void what_are_no_stages_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{}",
        "[]",
        "{\"spills\":1,\"gate_days\":1,\"periods\":{}}",
        "{\"spills\":1,\"gate_days\":1,\"periods\":[{}]}",
        "{\"spills\":1,\"gate_days\":1,\"periods\":[{\"period\":\"P\"}]}",
#define P "{\"spills\":1,\"gate_days\":1,\"periods\":[{\"period\":\"P\",\"sample\":"
        P "[1],\"rest\":[]}]}",
        P "[1,0],\"rest\":[]}]}",
        P "[5,1,4,1],\"rest\":[]}]}",
        P "[-1,1],\"rest\":[]}]}",
        P "[4294967295,2],\"rest\":[]}]}",
        P "[\"1\",2],\"rest\":[]}]}",
        P "[],\"rest\":7}]}",
    };
    struct world world;
    struct err err;
    world_make(&world, WORLD_MAP);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct stages stages;
        const char *text = texts[i];
        must(write_catalog(world.catalog, write_text, &text, &err), &err);
        if (read_stages(&world, &stages, &err))
            fail_msg("read: %s", texts[i]);
        assert_int_equal(err.code, E_CATALOG_DAMAGED);
        stages_release(&stages);
    }
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sample_is_spread_over_the_spills_with_events),
        cmocka_unit_test(something_of_a_run_always_stays_behind_the_gate),
        cmocka_unit_test(every_size_of_sample_is_met_exactly),
        cmocka_unit_test(stages_are_read_back_as_they_were_written),
        cmocka_unit_test(what_are_no_stages_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
