/* check_test.c - a whole catalog has no fault; each broken invariant is named.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The small world: run 5 with one chunk of three segments; campaign "c" that reconstructs
 * and selects; segments 0 and 1 committed, 2 leased by attempt 2; group 0 published, with
 * the events of segments 0 and 1; group 1 void.
 */
#include "tests/unit/catalog/world.h"

#define SEGMENTS 3u

static struct sha256 hash_of(uint8_t kind, uint32_t number)
{
    return (struct sha256){{kind, (uint8_t)number, 7}};
}

static void set_text(char *out, size_t size, const char *text)
{
    (void)snprintf(out, size, "%s", text);
}

static const struct chunk_id chunk_id = {.run = 5, .builder = 1, .number = 1};

static struct segment make_segment(uint32_t ordinal)
{
    struct segment segment = {.id = {.chunk = chunk_id, .ordinal = ordinal},
                              .spill = 10 + ordinal,
                              .offset = 100 * (uint64_t)ordinal,
                              .length = 100,
                              .digest = {.count = 4},
                              .damaged_bytes = 1};
    segment.events[EVENT_PHYSICS] = 4;
    return segment;
}

static struct product make_product(uint8_t kind, uint32_t number, const char *stream)
{
    struct product product = {.key = hash_of(kind, number),
                              .events = {.count = 4, .low = number},
                              .entries = 4,
                              .place = {.offset = 10 * (uint64_t)number, .length = 10}};
    set_text(product.stream, sizeof product.stream, stream);
    set_text(product.place.file, sizeof product.place.file, "published/a");
    return product;
}

static struct plan_segment make_plan(uint32_t number)
{
    return (struct plan_segment){.id = {.chunk = chunk_id, .ordinal = number},
                                 .spill = 10 + number,
                                 .reco_key = hash_of('r', number),
                                 .select_key = hash_of('s', number),
                                 .reco_set = 0,
                                 .select_set = 1};
}

static struct merge_group make_group(uint32_t number)
{
    struct merge_group group = {.number = number,
                                .first = 0,
                                .count = SEGMENTS,
                                .state = number == 0 ? GROUP_PUBLISHED : GROUP_VOID,
                                .size = 1000,
                                .hash = hash_of('f', 0),
                                .events = {.count = 8, .low = 1}};
    set_text(group.merge_class.stream, sizeof group.merge_class.stream, "reco");
    set_text(group.published, sizeof group.published, "published/a");
    return group;
}

static struct plan_state make_state(uint32_t number)
{
    if (number == 2)
        return (struct plan_state){.state = SEGMENT_LEASED};
    return (struct plan_state){.state = SEGMENT_COMMITTED,
                               .reco_product = 1 + number,
                               .select_product = 3 + number};
}

static struct campaign make_campaign(void)
{
    struct campaign campaign = {.name = "c",
                                .id = 1,
                                .recipe = {.reconstruct = true},
                                .segment_count = SEGMENTS,
                                .value_count = 2,
                                .set_count = 2,
                                .group_count = 2};
    return campaign;
}

static struct file_record make_file(void)
{
    struct file_record file = {
        .name = "published/a", .campaign = 1, .state = FILE_PUBLISHED, .size = 1000};
    file.hash = hash_of('f', 0);
    return file;
}

static struct attempt make_attempt(uint64_t number)
{
    static const uint32_t done[] = {0, 1}, leased[] = {2};
    return (struct attempt){.number = number,
                            .campaign = 1,
                            .state = number == 1 ? ATTEMPT_COMMITTED : ATTEMPT_LEASED,
                            .segments = number == 1 ? done : leased,
                            .segment_count = number == 1 ? 2 : 1,
                            .committed = number == 1 ? 2 : 0};
}

static void put_input(struct catalog_txn *txn)
{
    struct err err = {0};
    struct run run = run_unknown(5);
    struct chunk chunk = {
        .id = chunk_id, .size = 300, .scanned = true, .segments = 3, .damaged_bytes = 3};
    struct segment segments[SEGMENTS];
    struct spill spill = {.run = 5, .number = 10};
    for (uint32_t i = 0; i < SEGMENTS; i++)
        segments[i] = make_segment(i);
    must(catalog_put_run(txn, &run, &err), &err);
    must(catalog_put_chunk(txn, &chunk, &err), &err);
    must(catalog_put_segments(txn, &chunk_id, segments, SEGMENTS, &err), &err);
    must(catalog_put_spill(txn, &spill, &err), &err);
}

static void put_plan(struct catalog_txn *txn)
{
    static const uint32_t both[] = {0, 1};
    struct err err = {0};
    struct campaign campaign = make_campaign();
    struct task_value first = {.effective = {.type = "gain"}};
    struct task_value second = {.effective = {.type = "time"}};
    must(catalog_put_campaign(txn, &campaign, &err), &err);
    must(catalog_put_value(txn, 1, 0, &first, &err), &err);
    must(catalog_put_value(txn, 1, 1, &second, &err), &err);
    must(catalog_put_set(txn, 1, 0, both, 2, &err), &err);
    must(catalog_put_set(txn, 1, 1, both + 1, 1, &err), &err);
    for (uint32_t i = 0; i < SEGMENTS; i++) {
        struct plan_segment planned = make_plan(i);
        struct plan_state state = make_state(i);
        must(catalog_put_plan_segment(txn, 1, i, &planned, &err), &err);
        must(catalog_put_state(txn, 1, i, &state, &err), &err);
    }
}

static void put_results(struct catalog_txn *txn)
{
    struct err err = {0};
    struct file_record file = make_file();
    uint32_t number;
    must(catalog_put_file(txn, &file, &err), &err);
    for (uint32_t i = 0; i < 4; i++) {
        uint8_t kind = i < 2 ? 'r' : 's';
        struct product product = make_product(kind, i % 2, i < 2 ? "reco" : "skim.a");
        struct product_set set = {.key = product.key, .products = &product, .count = 1};
        must(catalog_put_products(txn, &set, &number, &err), &err);
        assert_int_equal(number, i + 1);
    }
    for (uint32_t i = 0; i < 2; i++) {
        struct merge_group group = make_group(i);
        must(catalog_put_group(txn, 1, &group, &err), &err);
    }
    for (uint64_t i = 1; i <= 2; i++) {
        struct attempt attempt = make_attempt(i);
        must(catalog_put_attempt(txn, &attempt, &err), &err);
    }
}

/* Runs the check on the whole world after one mutation and compares the report. */
static void expect(struct world *world, void (*mutate)(struct catalog_txn *),
                   const char *expected)
{
    struct err err = {0};
    struct bytes report;
    const char *text = "";
    uint64_t faults = 99;
    bytes_init(&report, 1 << 16);
    struct catalog_txn *txn = begin(world);
    put_input(txn);
    put_plan(txn);
    put_results(txn);
    if (mutate != NULL)
        mutate(txn);
    must(catalog_check(txn, &report, &faults, &err), &err);
    must(text_terminate(&report, &text, &err), &err);
    catalog_abort(txn);
    if (expected == NULL && faults != 0)
        fail_msg("%s", text);
    if (expected != NULL && (faults == 0 || strstr(text, expected) == NULL))
        fail_msg("\"%s\" is not in \"%s\"", expected, text);
    bytes_release(&report);
}

static void a_whole_catalog_has_no_fault(void **state)
{
    expect(*state, NULL, NULL);
}

static void drop(struct catalog_txn *txn, enum table table, struct key key)
{
    struct err err = {0};
    must(store_delete(txn->store, table, key_slice(&key), &err), &err);
}

static void change_segment(struct catalog_txn *txn, uint32_t ordinal,
                           void (*change)(struct segment *))
{
    struct segment segment = make_segment(ordinal);
    struct key key = key_segment(&segment.id);
    struct err err = {0};
    change(&segment);
    must(wire_segment_pack(&segment, txn_packed(txn), &err), &err);
    must(record_put(txn, TABLE_SEGMENTS, key_slice(&key), &err), &err);
}

static void change_state(struct catalog_txn *txn, uint32_t number,
                         struct plan_state state)
{
    struct err err = {0};
    must(catalog_put_state(txn, 1, number, &state, &err), &err);
}

static void no_run(struct catalog_txn *txn)
{
    drop(txn, TABLE_RUNS, key_u32(5));
}

static void no_chunk(struct catalog_txn *txn)
{
    drop(txn, TABLE_CHUNKS, key_chunk(&chunk_id));
}

static void hole(struct segment *segment)
{
    segment->offset += 1;
    segment->length -= 1;
}

static void tile_hole(struct catalog_txn *txn)
{
    change_segment(txn, 1, hole);
}

static void shorten(struct segment *segment)
{
    segment->length -= 1;
}

static void tile_short(struct catalog_txn *txn)
{
    change_segment(txn, 2, shorten);
}

static void same_spill(struct segment *segment)
{
    segment->spill = 11;
}

static void tile_spill(struct catalog_txn *txn)
{
    change_segment(txn, 2, same_spill);
}

static void one_event(struct segment *segment)
{
    segment->events[EVENT_CALIBRATION] = 1;
}

static void wrong_digest(struct catalog_txn *txn)
{
    change_segment(txn, 0, one_event);
}

static void no_plan_segment(struct catalog_txn *txn)
{
    drop(txn, TABLE_PLAN, key_pair(1, 1));
}

static void extra_plan_segment(struct catalog_txn *txn)
{
    struct plan_segment planned = make_plan(2);
    struct err err = {0};
    must(catalog_put_plan_segment(txn, 1, 3, &planned, &err), &err);
}

static void no_state(struct catalog_txn *txn)
{
    drop(txn, TABLE_STATES, key_pair(1, 2));
}

static void no_value(struct catalog_txn *txn)
{
    drop(txn, TABLE_VALUES, key_pair(1, 1));
}

static void unsorted_set(struct catalog_txn *txn)
{
    static const uint32_t wrong[] = {1, 0};
    struct err err = {0};
    must(catalog_put_set(txn, 1, 0, wrong, 2, &err), &err);
}

static void committed_without(struct catalog_txn *txn)
{
    change_state(txn, 0,
                 (struct plan_state){.state = SEGMENT_COMMITTED, .reco_product = 1});
}

static void other_key(struct catalog_txn *txn)
{
    change_state(txn, 0,
                 (struct plan_state){
                     .state = SEGMENT_COMMITTED, .reco_product = 2, .select_product = 3});
}

static void deleted_products(struct catalog_txn *txn)
{
    struct err err = {0};
    must(catalog_delete_products(txn, 4, &err), &err);
}

static void leased_without_lease(struct catalog_txn *txn)
{
    struct attempt attempt = make_attempt(2);
    struct err err = {0};
    attempt.state = ATTEMPT_VOID;
    must(catalog_put_attempt(txn, &attempt, &err), &err);
}

static void leased_twice(struct catalog_txn *txn)
{
    struct attempt attempt = make_attempt(2);
    struct err err = {0};
    attempt.number = 3;
    must(catalog_put_attempt(txn, &attempt, &err), &err);
}

static void lease_index(struct catalog_txn *txn)
{
    drop(txn, TABLE_LEASES, key_u64(2));
}

static void twin_products(struct catalog_txn *txn)
{
    struct product product = make_product('r', 0, "reco");
    struct product_set set = {.key = product.key, .products = &product, .count = 1};
    uint32_t number;
    struct err err = {0};
    must(catalog_put_products(txn, &set, &number, &err), &err);
}

static void live_count(struct catalog_txn *txn)
{
    struct file_record file = make_file();
    struct err err = {0};
    file.live = 3;
    must(wire_file_record_pack(&file, txn_packed(txn), &err), &err);
    must(record_put(txn, TABLE_FILES, text_slice(file.name), &err), &err);
}

static void no_file(struct catalog_txn *txn)
{
    struct err err = {0};
    must(store_delete(txn->store, TABLE_FILES, text_slice("published/a"), &err), &err);
}

static void short_file(struct catalog_txn *txn)
{
    struct file_record file = make_file();
    struct err err = {0};
    file.size = 19;
    must(catalog_put_file(txn, &file, &err), &err);
}

static void lost_event(struct catalog_txn *txn)
{
    struct merge_group group = make_group(0);
    struct err err = {0};
    group.events.low++;
    must(catalog_put_group(txn, 1, &group, &err), &err);
}

static void overlapping_groups(struct catalog_txn *txn)
{
    struct merge_group group = make_group(1);
    struct err err = {0};
    group.state = GROUP_OPEN;
    group.first = 2;
    group.count = 1;
    must(catalog_put_group(txn, 1, &group, &err), &err);
}

static void missing_group(struct catalog_txn *txn)
{
    drop(txn, TABLE_GROUPS, key_pair(1, 1));
}

static void garbage_record(struct catalog_txn *txn)
{
    struct key key = key_u64(1);
    struct err err = {0};
    must(bytes_append(txn_packed(txn), "garbage", 7, &err), &err);
    must(record_put(txn, TABLE_ATTEMPTS, key_slice(&key), &err), &err);
}

static void lying_campaign(struct catalog_txn *txn)
{
    struct campaign campaign = make_campaign();
    struct err err = {0};
    campaign.segment_count = UINT32_MAX;
    campaign.value_count = UINT32_MAX;
    must(catalog_put_campaign(txn, &campaign, &err), &err);
}

static void each_broken_invariant_is_named(void **state)
{
    static const struct {
        void (*mutate)(struct catalog_txn *txn);
        const char *expected;
    } vectors[] = {
        {no_run, "run 5: has a chunk, but no record of the run"},
        {no_chunk, "run 5: segments of a chunk without record"},
        {tile_hole, "segment 1 starts at 101, the one before ends at 100"},
        {tile_short, "segments end at 299, the chunk has 300 bytes"},
        {tile_spill, "segments 1 and 2 are both of spill 11"},
        {wrong_digest, "segment 0 has 5 events by type, 4 in its digest"},
        {no_plan_segment, "campaign 1: plan segment 1 is missing"},
        {extra_plan_segment, "campaign 1: more than 3 records of kind plan segment"},
        {no_state, "campaign 1: state 2 is missing"},
        {no_value, "campaign 1: value 1 is missing"},
        {unsorted_set, "set 0 is not in the order of types"},
        {committed_without, "segment 0: select: committed without products"},
        {other_key, "segment 0: reco: products 2 have another key than the plan"},
        {deleted_products, "segment 1: select: there are no products 4"},
        {leased_without_lease, "segment 2 is leased and in 0 leases"},
        {leased_twice, "segment 2 is leased and in 2 leases"},
        {lease_index, "attempt 2: is not in the index of leases"},
        {twin_products, "products 1 and 5 have the same key"},
        {live_count, "file published/a: says 3 products, 4 point into it"},
        {no_file, "products 1: stream reco is in file published/a, which has no record"},
        {short_file, "products 2: stream reco ends behind the end of file published/a"},
        {lost_event, "group 0 (reco): its events are not the sum over its segments"},
        {overlapping_groups, "groups 0 and 1 of stream reco both hold segment 2"},
        {missing_group, "1 groups, 2 announced"},
        {garbage_record, "attempt 1: attempt: 7 bytes are cut short"},
        {lying_campaign, "campaign 1: plan segment 3 is missing"},
    };

    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++)
        expect(*state, vectors[i].mutate, vectors[i].expected);
}

static void a_report_that_is_full_still_counts(void **state)
{
    struct world *world = *state;
    struct err err = {0};
    struct bytes report;
    uint64_t faults = 0;
    bytes_init(&report, 1);
    struct catalog_txn *txn = begin(world);
    put_input(txn);
    no_run(txn);
    must(catalog_check(txn, &report, &faults, &err), &err);
    assert_int_equal(faults, 2); /* the chunk and the spill */
    assert_int_equal(report.size, 0);
    catalog_abort(txn);
    bytes_release(&report);
}

/* A walk goes on behind the number in the record: this one would go round for ever. */
static void a_record_under_the_key_of_another_stops_a_walk(void **state)
{
    struct world *world = *state;
    struct err err = {0};
    struct run run = run_unknown(5);
    struct key key = key_u32(7);
    struct catalog_txn *txn = begin(world);
    must(wire_run_pack(&run, txn_packed(txn), &err) &&
             record_put(txn, TABLE_RUNS, key_slice(&key), &err),
         &err);
    assert_int_equal(catalog_next_run(txn, 6, &run, &err), LOOKUP_FAILED);
    assert_int_equal(err.code, E_CATALOG_DAMAGED);
    must(catalog_put_run(txn, &run, &err), &err);
    assert_int_equal(catalog_next_run(txn, 0, &run, &err), LOOKUP_FOUND);
    catalog_abort(txn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(a_whole_catalog_has_no_fault),
        IN_WORLD(each_broken_invariant_is_named),
        IN_WORLD(a_report_that_is_full_still_counts),
        IN_WORLD(a_record_under_the_key_of_another_stops_a_walk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
