/* plan_build_test.c - order, keys, missing input, and which products are used again.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/plan_build.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/disk.h"
#include "base/text.h"
#include "coordinator/why.h"

static char folder[64];
static struct catalog *catalog;
static struct err err;

#define MUST(what)                                                                       \
    do {                                                                                 \
        if (!(what))                                                                     \
            fail_msg("%s", err.text);                                                    \
    } while (0)

static const char *path_of(const char *name)
{
    static char path[4][128];
    static unsigned next;
    char *out = path[next++ % 4];
    (void)snprintf(out, sizeof path[0], "%s/%s", folder, name);
    return out;
}

static int start(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/plan_build_test.XXXXXX");
    if (mkdtemp(folder) == NULL)
        return 1;
    MUST(catalog_open(path_of("catalog"), CATALOG_WRITE, &catalog, &err));
    return 0;
}

static int stop(void **state)
{
    (void)state;
    static const char *const names[] = {"catalog/data.mdb",
                                        "catalog/lock.mdb",
                                        "catalog/owner.lock",
                                        "catalog",
                                        "store/reco",
                                        "store/select",
                                        "store",
                                        ""};
    catalog_close(catalog);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        (void)remove(path_of(names[i]));
    return 0;
}

/* Of events that no other segment has. */
static struct event_digest digest_of(const struct segment_id *id)
{
    return (struct event_digest){.count = 3,
                                 .low = 10000u * id->chunk.builder +
                                        100u * id->chunk.number + id->ordinal};
}

/* A chunk with one segment for each spill of `spills`. */
static void chunk_put(struct catalog_txn *txn, struct chunk_id id, const uint32_t *spills,
                      uint32_t count)
{
    struct segment segments[8];
    struct chunk chunk = {
        .id = id, .size = 10 * count, .scanned = true, .segments = count};
    (void)snprintf(chunk.url, sizeof chunk.url, "/x/%u", id.number);
    memset(segments, 0, sizeof segments);
    for (uint32_t i = 0; i < count; i++) {
        segments[i].id = (struct segment_id){id, i};
        segments[i].spill = spills[i];
        segments[i].offset = 10 * i;
        segments[i].length = 10;
        segments[i].events[EVENT_PHYSICS] = 3;
        segments[i].digest = digest_of(&segments[i].id);
        struct spill spill = {.run = id.run, .number = spills[i]};
        MUST(catalog_put_spill(txn, &spill, &err));
    }
    MUST(catalog_put_chunk(txn, &chunk, &err));
    MUST(catalog_put_segments(txn, &id, segments, count, &err));
}

static void run_put(struct catalog_txn *txn, uint32_t number)
{
    static const uint32_t spills[][2] = {{1, 2}, {2, 3}, {1, 2}};
    struct run run = run_unknown(number);
    run.type = RUN_TYPE_PHYSICS;
    run.origin = RUN_ORIGIN_DATA;
    MUST(catalog_put_run(txn, &run, &err));
    chunk_put(txn, (struct chunk_id){number, 1, 1}, spills[0], 2);
    chunk_put(txn, (struct chunk_id){number, 1, 2}, spills[1], 2);
    chunk_put(txn, (struct chunk_id){number, 2, 1}, spills[2], 2);
}

static void runs_put(uint32_t first, uint32_t last)
{
    struct catalog_txn *txn;
    MUST(catalog_begin(catalog, &txn, &err));
    for (uint32_t run = first; run <= last; run++)
        run_put(txn, run);
    MUST(catalog_commit(txn, &err));
}

static struct campaign_file file_of(const char *name)
{
    struct campaign_file file = {.selection = {.types = 1u << RUN_TYPE_PHYSICS,
                                               .origins = 1u << RUN_ORIGIN_DATA,
                                               .qualities = 1}};
    (void)snprintf(file.campaign.name, sizeof file.campaign.name, "%s", name);
    (void)snprintf(file.campaign.store, sizeof file.campaign.store, "%s",
                   path_of("store"));
    file.campaign.recipe.reconstruct = true;
    (void)snprintf(file.campaign.recipe.setup, RECIPE_NAME, "s");
    return file;
}

static void plan_of(struct plan *plan, const struct campaign_file *file)
{
    plan_init(plan);
    MUST(plan_build(plan, catalog, file, file->campaign.store, &err));
}

static void segments_stand_in_merge_order_with_the_keys_of_the_executor(void **state)
{
    (void)state;
    /* spill, builder, chunk, ordinal of each segment of a run */
    static const uint32_t order[][4] = {{1, 1, 1, 0}, {1, 2, 1, 0}, {2, 1, 1, 1},
                                        {2, 1, 2, 0}, {2, 2, 1, 1}, {3, 1, 2, 1}};
    struct plan plan;
    struct campaign_file file = file_of("a");
    runs_put(7, 8);
    plan_of(&plan, &file);
    MUST(plan_check(&plan, &err));
    assert_int_equal(plan.count, 12);
    for (uint32_t i = 0; i < 12; i++) {
        const struct plan_segment *segment = &plan.segments[i];
        assert_int_equal(segment->id.chunk.run, 7 + i / 6);
        assert_int_equal(segment->spill, order[i % 6][0]);
        assert_int_equal(segment->id.chunk.builder, order[i % 6][1]);
        assert_int_equal(segment->id.chunk.number, order[i % 6][2]);
        assert_int_equal(segment->id.ordinal, order[i % 6][3]);
        assert_int_equal(plan.states[i].state, SEGMENT_READY);
    }
    const struct chunk chunk = {.id = {7, 1, 1}, .size = 20};
    struct segment segment = {.id = {{7, 1, 1}, 0}, .spill = 1, .length = 10};
    segment.events[EVENT_PHYSICS] = 3;
    segment.digest = digest_of(&segment.id);
    const struct key_input input = {
        .chunk = &chunk, .segment = &segment, .recipe = &file.campaign.recipe};
    struct bytes texts[2];
    bytes_init(&texts[0], KEY_TEXT_LIMIT);
    bytes_init(&texts[1], KEY_TEXT_LIMIT);
    MUST(key_segment_texts(&input, &texts[0], &texts[1], &err));
    struct sha256 reco = key_of(&texts[0]);
    struct sha256 select = key_of(&texts[1]);
    assert_true(sha256_equal(&plan.segments[0].reco_key, &reco));
    assert_true(sha256_equal(&plan.segments[0].select_key, &select));
    bytes_release(&texts[0]);
    bytes_release(&texts[1]);
    plan_release(&plan);
}

static const char *problems_of(struct plan *plan)
{
    const char *text;
    MUST(text_terminate(&plan->problems, &text, &err));
    return text;
}

static void missing_and_unscanned_chunks_block_their_run_only(void **state)
{
    (void)state;
    static const uint32_t spills[] = {1};
    struct plan plan;
    struct campaign_file file = file_of("b");
    struct catalog_txn *txn;
    struct run run = run_unknown(9);
    runs_put(7, 8);
    run.type = RUN_TYPE_PHYSICS;
    run.origin = RUN_ORIGIN_DATA;
    MUST(catalog_begin(catalog, &txn, &err));
    MUST(catalog_put_run(txn, &run, &err));
    run.number = 10;
    MUST(catalog_put_run(txn, &run, &err));
    chunk_put(txn, (struct chunk_id){9, 1, 2}, spills, 1);
    chunk_put(txn, (struct chunk_id){9, 1, 4}, spills, 1);
    struct chunk chunk = {.id = {8, 2, 2}, .url = "/x", .size = 5};
    MUST(catalog_put_chunk(txn, &chunk, &err));
    MUST(catalog_commit(txn, &err));
    plan_of(&plan, &file);
    assert_false(plan_check(&plan, &err));
    assert_int_equal(err.code, E_PLAN_INPUT);
    const char *problems = problems_of(&plan);
    assert_non_null(strstr(problems, "run 9: chunk cdr01001-000009.dat is missing"));
    assert_non_null(strstr(problems, "run 9: chunk cdr01003-000009.dat is missing"));
    assert_non_null(strstr(problems, "run 8: chunk cdr02002-000008.dat was not scanned"));
    assert_non_null(strstr(problems, "run 10: no chunk in the catalogue"));
    assert_int_equal(plan.count, 6); /* run 7 */
    assert_string_equal(plan.runs[0].blocked, "");
    plan_release(&plan);
}

static void chunks_with_the_same_events_block_their_run_only(void **state)
{
    (void)state;
    struct plan plan;
    struct campaign_file file = file_of("c");
    struct catalog_txn *txn;
    const struct segment_id right = {{8, 1, 2}, 1};
    const struct chunk_id copy = {8, 2, 2};
    struct chunk chunk = {
        .id = copy, .url = "/y", .size = 10, .scanned = true, .segments = 1};
    struct segment segment = {
        .id = {copy, 0}, .spill = 3, .length = 10, .digest = digest_of(&right)};
    segment.events[EVENT_PHYSICS] = 3;
    runs_put(7, 8);
    MUST(catalog_begin(catalog, &txn, &err));
    MUST(catalog_put_chunk(txn, &chunk, &err));
    MUST(catalog_put_segments(txn, &copy, &segment, 1, &err));
    MUST(catalog_commit(txn, &err));
    plan_of(&plan, &file);
    assert_false(plan_check(&plan, &err));
    assert_int_equal(err.code, E_PLAN_INPUT);
    assert_non_null(strstr(problems_of(&plan),
                           "run 8: spill 3: chunks cdr01002-000008.dat and "
                           "cdr02002-000008.dat hold the same events"));
    assert_int_equal(plan.count, 6); /* run 7 */
    assert_string_equal(plan.runs[0].blocked, "");
    plan_release(&plan);
}

/* The number that a chunk says is believed when as many are there, not before. */
static void a_chunk_that_says_any_number_of_segments_is_damage(void **state)
{
    (void)state;
    struct plan plan;
    struct campaign_file file = file_of("d");
    struct catalog_txn *txn;
    const struct chunk chunk = {.id = {7, 1, 1},
                                .url = "/x/1",
                                .size = 20,
                                .scanned = true,
                                .segments = UINT32_MAX};
    runs_put(7, 7);
    MUST(catalog_begin(catalog, &txn, &err));
    MUST(catalog_put_chunk(txn, &chunk, &err));
    MUST(catalog_commit(txn, &err));
    plan_init(&plan);
    assert_false(plan_build(&plan, catalog, &file, file.campaign.store, &err));
    assert_int_equal(err.code, E_CATALOG_DAMAGED);
    plan_release(&plan);
}

/* One product of a stream of 4 bytes in a file below the store. */
static void product_put(const struct sha256 *key, const char *stream, const char *name,
                        uint32_t campaign)
{
    struct catalog_txn *txn;
    struct file_record file = {.campaign = campaign, .state = FILE_PART, .size = 4};
    struct product product = {.key = *key, .place = {.length = 4}};
    struct product_set set = {.key = *key, .products = &product, .count = 1};
    uint32_t number;
    (void)snprintf(file.name, sizeof file.name, "%s", name);
    (void)snprintf(product.stream, sizeof product.stream, "%s", stream);
    (void)snprintf(product.place.file, sizeof product.place.file, "%s", name);
    MUST(catalog_begin(catalog, &txn, &err));
    MUST(catalog_put_file(txn, &file, &err));
    MUST(catalog_put_products(txn, &set, &number, &err));
    MUST(catalog_commit(txn, &err));
}

static void file_put(const char *name)
{
    MUST(disk_make_path(path_of("store"), &err));
    MUST(disk_write_durable(path_of(name), "abcd", 4, 0644, &err));
}

static void products_are_used_again_while_their_file_is_there(void **state)
{
    (void)state;
    struct plan plan;
    struct campaign_file file = file_of("first");
    runs_put(7, 7);
    plan_of(&plan, &file);
    MUST(plan_store(&plan, catalog, 1, &err));
    uint32_t campaign = plan.campaign.id;
    file_put("store/reco");
    file_put("store/select");
    product_put(&plan.segments[0].reco_key, "reco", "reco", campaign);
    product_put(&plan.segments[0].select_key, "summary", "select", campaign);
    product_put(&plan.segments[1].reco_key, "reco", "reco", campaign);
    product_put(&plan.segments[2].select_key, "summary", "select", campaign);
    plan_release(&plan);

    file = file_of("second");
    plan_of(&plan, &file);
    assert_int_equal(plan.states[0].state, SEGMENT_COMMITTED);
    assert_int_equal(plan.states[0].reco_product, 1);
    assert_int_equal(plan.states[0].select_product, 2);
    assert_int_equal(plan.states[1].state, SEGMENT_READY);
    assert_int_equal(plan.states[1].reco_product, 3);
    assert_int_equal(plan.states[1].select_product, 0);
    assert_int_equal(plan.states[2].state, SEGMENT_READY);
    assert_int_equal(plan.states[2].reco_product, 0);
    assert_int_equal(plan.runs[0].reused, 1);
    assert_int_equal(plan.runs[0].select_only, 1);
    assert_int_equal(plan.runs[0].bytes_to_read, 40);
    plan_release(&plan);

    (void)unlink(path_of("store/select"));
    plan_of(&plan, &file);
    assert_int_equal(plan.runs[0].reused, 0);
    assert_int_equal(plan.runs[0].select_only, 2);
    plan_release(&plan);
}

static void a_stored_plan_reads_back_and_passes_the_check(void **state)
{
    (void)state;
    struct plan plan;
    struct plan_view view;
    struct why why;
    struct catalog_txn *txn;
    struct bytes faults;
    uint64_t count = 0;
    struct campaign_file file = file_of("kept");
    runs_put(7, 8);
    plan_of(&plan, &file);
    MUST(plan_store(&plan, catalog, 1, &err));
    bytes_init(&faults, 1 << 20);
    plan_view_init(&view);
    why_init(&why);
    MUST(catalog_begin(catalog, &txn, &err));
    MUST(catalog_check(txn, &faults, &count, &err));
    bool loaded = plan_view_load(&view, txn, "kept", &err);
    catalog_abort(txn);
    MUST(loaded);
    if (count > 0)
        fail_msg("%.*s", (int)faults.size, (const char *)faults.data);
    assert_int_equal(view.count, 12);
    assert_memory_equal(view.segments, plan.segments, 12 * sizeof plan.segments[0]);
    why_rerun(&why, &view, &plan);
    assert_int_equal(why.cause_count, 1);
    assert_string_equal(why.causes[0].name, "no product");
    assert_int_equal(why.causes[0].segments, 12);
    why_release(&why);
    plan_view_release(&view);
    bytes_release(&faults);
    plan_release(&plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            segments_stand_in_merge_order_with_the_keys_of_the_executor, start, stop),
        cmocka_unit_test_setup_teardown(missing_and_unscanned_chunks_block_their_run_only,
                                        start, stop),
        cmocka_unit_test_setup_teardown(chunks_with_the_same_events_block_their_run_only,
                                        start, stop),
        cmocka_unit_test_setup_teardown(
            a_chunk_that_says_any_number_of_segments_is_damage, start, stop),
        cmocka_unit_test_setup_teardown(products_are_used_again_while_their_file_is_there,
                                        start, stop),
        cmocka_unit_test_setup_teardown(a_stored_plan_reads_back_and_passes_the_check,
                                        start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
