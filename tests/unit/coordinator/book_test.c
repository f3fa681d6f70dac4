/* book_test.c - a plan that goes from spill to spill is loaded segment for segment.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/core_internal.h"
#include "tests/unit/coordinator/service_world.h"

/* Two runs of three builders with three chunks each: more than is read at a time. */
#define RUNS     2u
#define BUILDERS 3u
#define CHUNKS   3u
#define SPILLS   1000u /* of a chunk */
#define PLANNED  (RUNS * BUILDERS * CHUNKS * SPILLS)

static struct segment_id id_of(uint32_t number)
{
    uint32_t spill = number / BUILDERS % (CHUNKS * SPILLS);
    return (struct segment_id){.chunk = {.run = 1 + number / (BUILDERS * CHUNKS * SPILLS),
                                         .builder = (uint16_t)(1 + number % BUILDERS),
                                         .number = (uint16_t)(1 + spill / SPILLS)},
                               .ordinal = spill % SPILLS};
}

static uint64_t bytes_of(const struct segment_id *id)
{
    return 1000000 + id->chunk.run * 100000 + id->chunk.builder * 20000 +
           id->chunk.number * UINT64_C(3000) + id->ordinal;
}

/* Segments of one chunk, without those from ordinal `count` on. */
static bool chunk_write(struct catalog_txn *txn, const struct chunk_id *id,
                        uint32_t count, struct err *err)
{
    static struct segment segments[SPILLS];
    for (uint32_t i = 0; i < count; i++) {
        segments[i] = (struct segment){.id = {*id, i}};
        segments[i].length = bytes_of(&segments[i].id);
    }
    return catalog_put_segments(txn, id, segments, count, err);
}

static bool stock_write(struct catalog_txn *txn, void *context, struct err *err)
{
    const struct plan_state ready = {.state = SEGMENT_READY};
    struct campaign *campaign = context;
    campaign->id = 0;
    bool done = catalog_put_campaign(txn, campaign, err);
    for (uint32_t i = 0; done && i < PLANNED; i++) {
        struct plan_segment segment = {.id = id_of(i), .spill = 1};
        if (segment.id.ordinal == 0)
            done = chunk_write(txn, &segment.id.chunk, SPILLS, err);
        done = done && catalog_put_plan_segment(txn, campaign->id, i, &segment, err) &&
               catalog_put_state(txn, campaign->id, i, &ready, err);
    }
    return done;
}

static void world_stock(struct world *world)
{
    struct err err;
    struct campaign campaign = campaign_of_tests(world->folder, PLANNED);
    must(write_catalog(world->catalog, stock_write, &campaign, &err), &err);
}

static bool load(struct world *world, struct err *err)
{
    struct catalog_txn *txn;
    must(catalog_begin(world->catalog, &txn, err), err);
    bool done = book_load(&world->book, txn, WORLD_CAMPAIGN, &world->core, err);
    catalog_abort(txn);
    return done;
}

static void each_segment_has_its_place_and_its_bytes(void **state)
{
    (void)state;
    struct world world;
    struct err err;
    world_make(&world, WORLD_MAP);
    world_stock(&world);
    must(load(&world, &err), &err);
    assert_int_equal(world.core->row_count, PLANNED);
    for (uint32_t i = 0; i < PLANNED; i++) {
        const struct core_row *row = &world.core->rows[i];
        struct segment_id id = id_of(i);
        assert_int_equal(segment_id_compare(&row->id, &id), 0);
        assert_int_equal(row->bytes, bytes_of(&id));
    }
    assert_int_equal(world.book.unit_count, RUNS);
    assert_int_equal(world.book.units[1].first, PLANNED / RUNS);
    assert_int_equal(world.book.units[1].count, PLANNED / RUNS);
    world_close(&world);
}

static bool last_chunk_shorten(struct catalog_txn *txn, void *context, struct err *err)
{
    (void)context;
    struct segment_id last = id_of(PLANNED - 1);
    return chunk_write(txn, &last.chunk, SPILLS - 2, err);
}

static void a_segment_that_is_not_there_is_named(void **state)
{
    (void)state;
    struct world world;
    struct err err;
    world_make(&world, WORLD_MAP);
    world_stock(&world);
    must(write_catalog(world.catalog, last_chunk_shorten, NULL, &err), &err);
    assert_false(load(&world, &err));
    assert_int_equal(err.code, E_CATALOG_DAMAGED);
    assert_string_equal(err.text, "segment 17996 of the plan is not in the catalog");
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_segment_has_its_place_and_its_bytes),
        cmocka_unit_test(a_segment_that_is_not_there_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
