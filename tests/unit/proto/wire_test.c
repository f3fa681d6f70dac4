/* wire_test.c - stored bytes stay readable; what is out of bounds is refused by name.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The golden bytes are those of version 1 of the formats. They are never edited: records
 * of old catalogs must be read for ever.
 */
#include "proto/wire.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/text.h"

#define MEMORY ((size_t)8 << 20)

struct world {
    struct arena arena;
    struct bytes out;
    struct err err;
};

static int world_make(void **state)
{
    struct world *world = mem_new(1, sizeof *world);
    arena_init(&world->arena, MEMORY);
    bytes_init(&world->out, MEMORY);
    *state = world;
    return 0;
}

static int world_end(void **state)
{
    struct world *world = *state;
    arena_release(&world->arena);
    bytes_release(&world->out);
    free(world);
    return 0;
}

static void must(struct world *world, bool done)
{
    if (!done)
        fail_msg("%s", world->err.text);
}

static void bytes_are(struct world *world, const char *hex)
{
    struct bytes text;
    const char *ours;
    bytes_init(&text, MEMORY);
    must(world, text_add_hex(&text, world->out.data, world->out.size, &world->err));
    must(world, text_terminate(&text, &ours, &world->err));
    assert_string_equal(ours, hex);
    bytes_release(&text);
}

static void refused(struct world *world, bool done, enum err_code code, const char *says)
{
    assert_false(done);
    assert_int_equal(world->err.code, code);
    if (strstr(world->err.text, says) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", world->err.text, says);
}

static struct sha256 hash_of(uint8_t first)
{
    return (struct sha256){{first, 2, 3}};
}

static void golden_bytes_of_a_plan_segment(void **state)
{
    struct world *world = *state;
    struct plan_segment segment = {
        .id = {.chunk = {.run = 3661, .builder = 1, .number = 12}, .ordinal = 4},
        .spill = 77,
        .reco_key = hash_of(0xaa),
        .select_key = hash_of(0xbb),
        .reco_set = 5,
        .select_set = 300};
    must(world, wire_plan_segment_pack(&segment, &world->out, &world->err));
    bytes_are(world, "08cd1c1001180c2004284d"
                     "3220aa0203"
                     "0000000000000000000000000000000000000000000000000000000000"
                     "3a20bb0203"
                     "0000000000000000000000000000000000000000000000000000000000"
                     "400548ac02");
}

static void golden_bytes_of_an_attempt(void **state)
{
    static const uint32_t segments[] = {7, 300};
    struct world *world = *state;
    struct attempt attempt = {.number = 9,
                              .token = 0x0123456789abcdef,
                              .campaign = 2,
                              .state = ATTEMPT_FAILED,
                              .steps = STEP_RECO,
                              .pilot = 1,
                              .host = "n1",
                              .segments = segments,
                              .segment_count = 2,
                              .committed = 1,
                              .failure = {.code = 200, .kind = ERR_INPUT, .text = "bad"},
                              .blamed = UINT32_MAX,
                              .signal = -11,
                              .start_s = 100,
                              .end_s = -1,
                              .bytes_read = 128};
    must(world, wire_attempt_pack(&attempt, &world->out, &world->err));
    bytes_are(world, "080911efcdab89674523011802200228003001390100000000000000"
                     "42026e314a0307ac0250015a0a08c80110021a03626164"
                     "60ffffffff0f681570c80178018001008801009001800198010"
                     "0a00100");
}

static void golden_bytes_of_a_product_set(void **state)
{
    struct world *world = *state;
    struct product product = {.key = hash_of(1),
                              .stream = "reco",
                              .bytes_hash = hash_of(2),
                              .events = {.count = 3, .low = 4, .high = 5},
                              .entries = 6,
                              .place = {.file = "f", .offset = 7, .length = 8}};
    struct product_set set = {.key = hash_of(1), .products = &product, .count = 1};
    must(world, wire_product_set_pack(&set, &world->out, &world->err));
    bytes_are(world, "0a20010203"
                     "0000000000000000000000000000000000000000000000000000000000"
                     "1267"
                     "0a20010203"
                     "0000000000000000000000000000000000000000000000000000000000"
                     "12047265636f"
                     "1a20020203"
                     "0000000000000000000000000000000000000000000000000000000000"
                     "200329040000000000000031050000000000000038064201664807"
                     "5008");
}

/* Unknown fields come from a newer release: they are skipped. */
static void fields_of_a_newer_release_are_skipped(void **state)
{
    static const uint8_t more[] = {0xf8, 0x06, 0x2a}; /* field 111, number 42 */
    struct world *world = *state;
    struct spill spill = {.run = 5, .number = 6, .beam_known = true, .beam_count = 7};
    must(world, wire_spill_pack(&spill, &world->out, &world->err));
    must(world, bytes_append(&world->out, more, sizeof more, &world->err));
    spill = (struct spill){0};
    must(world, wire_spill_unpack(world->out.data, world->out.size, &world->arena, &spill,
                                  &world->err));
    assert_int_equal(spill.number, 6);
    assert_true(spill.beam_count > 6 && spill.beam_count < 8);
}

static void unknown_numbers_are_nan_and_zero_stays_zero(void **state)
{
    struct world *world = *state;
    struct run run = run_unknown(5);
    run.magnet_a = 0;
    must(world, wire_run_pack(&run, &world->out, &world->err));
    run = run_unknown(0);
    run.momentum_gev = 3;
    must(world, wire_run_unpack(world->out.data, world->out.size, &world->arena, &run,
                                &world->err));
    assert_true(isnan(run.momentum_gev) && isnan(run.listed_eot));
    assert_true(run.magnet_a == 0);
    assert_true(run.listed_spills == UINT64_MAX);
}

static void what_was_cut_short_is_refused(void **state)
{
    struct world *world = *state;
    struct file_record file = {.name = "parts/a"}, untouched = {.name = "same"};
    must(world, wire_file_record_pack(&file, &world->out, &world->err));
    for (size_t size = 0; size < world->out.size; size++) {
        refused(world,
                wire_file_record_unpack(world->out.data, size, &world->arena, &untouched,
                                        &world->err),
                E_WIRE_FORMAT, "file");
        assert_string_equal(untouched.name, "same");
    }
}

static void values_out_of_range_are_not_packed(void **state)
{
    struct world *world = *state;
    struct run run = run_unknown(1);
    struct chunk chunk = {.id = {.run = RUN_MAXIMUM + 1}};
    struct campaign campaign = {.name = "c", .policy = {.complete_at = (double)NAN}};
    struct attempt attempt = {.segment_count = TASK_SEGMENTS + 1};
    struct segment segment = {.offset = 2, .length = UINT64_MAX - 1};
    run.type = (enum run_type)99;
    refused(world, wire_run_pack(&run, &world->out, &world->err), E_WIRE_VALUE,
            "run: type is 99, at most 8 is allowed");
    refused(world, wire_chunk_pack(&chunk, &world->out, &world->err), E_WIRE_VALUE,
            "chunk: run is 10000000");
    memset(chunk.url, 'x', sizeof chunk.url);
    chunk.id.run = 1;
    refused(world, wire_chunk_pack(&chunk, &world->out, &world->err), E_WIRE_VALUE,
            "url is a text without an end");
    refused(world, wire_campaign_pack(&campaign, &world->out, &world->err), E_WIRE_VALUE,
            "policy: complete_at is not a number");
    refused(world, wire_attempt_pack(&attempt, &world->out, &world->err), E_WIRE_VALUE,
            "segments");
    refused(world, wire_segment_pack(&segment, &world->out, &world->err), E_WIRE_VALUE,
            "end of all files");
    assert_int_equal(world->out.size, 0);
}

/* Replaces one byte of packed bytes and unpacks a spill. */
static void spill_with(struct world *world, size_t place, uint8_t byte)
{
    struct spill spill = {.run = 5, .number = 6};
    bytes_clear(&world->out);
    must(world, wire_spill_pack(&spill, &world->out, &world->err));
    world->out.data[place] = byte;
}

static void hostile_values_are_refused(void **state)
{
    struct world *world = *state;
    struct spill spill;
    struct hello hello = {.protocol = 1}, heard;
    spill_with(world, 0, 0x0a); /* the run as bytes */
    refused(world,
            wire_spill_unpack(world->out.data, world->out.size, &world->arena, &spill,
                              &world->err),
            E_WIRE_FORMAT, "spill");
    bytes_clear(&world->out);
    must(world, wire_hello_pack(&hello, &world->out, &world->err));
    world->out.data[3] = 31; /* the hash is a byte shorter, the rest does not fit */
    refused(world,
            wire_hello_unpack(world->out.data, world->out.size, &world->arena, &heard,
                              &world->err),
            E_WIRE_FORMAT, "hello");
    static const uint8_t short_hash[] = {0x08, 1,    0x12, 1,    0xaa, 0x1a, 1,
                                         0xbb, 0x22, 0,    0x28, 0,    0x30, 0};
    refused(world,
            wire_hello_unpack(short_hash, sizeof short_hash, &world->arena, &heard,
                              &world->err),
            E_WIRE_VALUE, "release has 1 bytes, a hash has 32");
}

static struct task *make_task(uint32_t value)
{
    static struct recipe recipe;
    static struct task_value values[3];
    static struct task_segment segment;
    static uint32_t index[1];
    static struct task task;
    index[0] = value;
    segment = (struct task_segment){.segment.id.chunk = {.run = 5, .builder = 1},
                                    .select_values = index,
                                    .select_value_count = 1};
    task = (struct task){.steps = STEP_SELECT,
                         .chunk.id = {.run = 5, .builder = 1},
                         .recipe = &recipe,
                         .values = values,
                         .value_count = 3,
                         .segments = &segment,
                         .segment_count = 1};
    return &task;
}

static void a_task_is_whole_and_its_indices_lie_in_the_table(void **state)
{
    struct world *world = *state;
    struct task *task = make_task(3), read;
    refused(world, wire_task_pack(task, &world->out, &world->err), E_WIRE_VALUE,
            "segments[0]: value 3 of 3");
    task = make_task(2);
    task->chunk.id.number = 1;
    refused(world, wire_task_pack(task, &world->out, &world->err), E_WIRE_VALUE,
            "another chunk");
    task = make_task(2);
    task->recipe = NULL;
    refused(world, wire_task_pack(task, &world->out, &world->err), E_WIRE_VALUE,
            "no recipe");
    task = make_task(2);
    must(world, wire_task_pack(task, &world->out, &world->err));
    must(world, wire_task_unpack(world->out.data, world->out.size, &world->arena, &read,
                                 &world->err));
    assert_int_equal(read.segments[0].select_values[0], 2);
    assert_int_equal(read.segments[0].reco_value_count, 0);
    assert_true(sha256_is_zero(&read.segments[0].reco.key));
    /* The kind says merge, the work is that of a process. */
    assert_int_equal(world->out.data[11], 0x18);
    world->out.data[12] = TASK_MERGE;
    refused(world,
            wire_task_unpack(world->out.data, world->out.size, &world->arena, &read,
                             &world->err),
            E_WIRE_VALUE, "process is not meant");
}

static void a_failed_report_says_why(void **state)
{
    struct world *world = *state;
    struct report report = {.status = REPORT_FAILED};
    refused(world, wire_report_pack(&report, &world->out, &world->err), E_WIRE_VALUE,
            "no failure is given");
}

/* Every member of the small structs that lists hold. */
static void members_of_results_come_back(void **state)
{
    struct world *world = *state;
    const struct segment_result result = {.index = 1,
                                          .seen = {.count = 2, .low = 3, .high = 4},
                                          .damaged_events = 5,
                                          .nan_count = 6,
                                          .cpu_ns = 7,
                                          .wall_ns = 8};
    const struct part_size part = {.file = "a", .size = 9};
    struct report report = {
        .segments = &result, .segment_count = 1, .parts = &part, .part_count = 1};
    must(world, wire_report_pack(&report, &world->out, &world->err));
    must(world, wire_report_unpack(world->out.data, world->out.size, &world->arena,
                                   &report, &world->err));
    assert_memory_equal(report.segments, &result, sizeof result);
    assert_memory_equal(report.parts, &part, sizeof part);
}

/* 64 kB of bytes ask for 256 kB of numbers; the arena has less. */
static void the_arena_bounds_what_bytes_can_ask_for(void **state)
{
    struct world *world = *state;
    struct arena small;
    struct value_set set;
    uint32_t *numbers = mem_new(TASK_VALUES, sizeof *numbers);
    arena_init(&small, 1000);
    set = (struct value_set){.values = numbers, .count = TASK_VALUES};
    must(world, wire_value_set_pack(&set, &world->out, &world->err));
    refused(world,
            wire_value_set_unpack(world->out.data, world->out.size, &small, &set,
                                  &world->err),
            E_WIRE_FORMAT, "1000 bytes of memory");
    assert_in_range(small.used, 0, 1000);
    arena_release(&small);
    free(numbers);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, world_make, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(golden_bytes_of_a_plan_segment),
        IN_WORLD(golden_bytes_of_an_attempt),
        IN_WORLD(golden_bytes_of_a_product_set),
        IN_WORLD(fields_of_a_newer_release_are_skipped),
        IN_WORLD(unknown_numbers_are_nan_and_zero_stays_zero),
        IN_WORLD(what_was_cut_short_is_refused),
        IN_WORLD(values_out_of_range_are_not_packed),
        IN_WORLD(hostile_values_are_refused),
        IN_WORLD(a_task_is_whole_and_its_indices_lie_in_the_table),
        IN_WORLD(a_failed_report_says_why),
        IN_WORLD(members_of_results_come_back),
        IN_WORLD(the_arena_bounds_what_bytes_can_ask_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
