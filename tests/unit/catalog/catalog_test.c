/* catalog_test.c - what is committed is read back, what is aborted leaves nothing.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "catalog/catalog.h"

#include "base/disk.h"
#include "catalog/mount.h"
#include "tests/unit/catalog/world.h"

static void runs_come_in_the_order_of_their_numbers(void **state)
{
    static const uint32_t numbers[] = {70000, 3, 256, 255, 65536};
    static const uint32_t sorted[] = {3, 255, 256, 65536, 70000};
    struct world *world = *state;
    struct err err = {0};
    struct run run;
    struct catalog_txn *txn = begin(world);
    for (size_t i = 0; i < 5; i++) {
        run = run_unknown(numbers[i]);
        must(catalog_put_run(txn, &run, &err), &err);
    }
    commit(txn);
    reopen(world);
    txn = begin(world);
    uint32_t from = 0;
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(catalog_next_run(txn, from, &run, &err), LOOKUP_FOUND);
        assert_int_equal(run.number, sorted[i]);
        from = run.number + 1;
    }
    assert_int_equal(catalog_next_run(txn, from, &run, &err), LOOKUP_ABSENT);
    assert_int_equal(catalog_get_run(txn, 4, &run, &err), LOOKUP_ABSENT);
    catalog_abort(txn);
}

static void an_aborted_transaction_leaves_nothing(void **state)
{
    struct world *world = *state;
    struct err err = {0};
    struct run run = run_unknown(7);
    struct catalog_txn *txn = begin(world);
    must(catalog_put_run(txn, &run, &err), &err);
    catalog_abort(txn);
    txn = begin(world);
    assert_int_equal(catalog_get_run(txn, 7, &run, &err), LOOKUP_ABSENT);
    catalog_abort(txn);
}

static void put_segments(struct catalog_txn *txn, const struct chunk_id *id,
                         uint32_t count, uint32_t spill)
{
    struct segment segments[8] = {0};
    struct err err = {0};
    for (uint32_t i = 0; i < count; i++) {
        segments[i].id = (struct segment_id){.chunk = *id, .ordinal = i};
        segments[i].spill = spill + i;
    }
    must(catalog_put_segments(txn, id, segments, count, &err), &err);
}

static void segments_of_a_chunk_are_replaced_whole(void **state)
{
    struct world *world = *state;
    struct err err = {0};
    struct segment segment;
    const struct chunk_id first = {.run = 5, .builder = 1, .number = 1};
    const struct chunk_id second = {.run = 5, .builder = 1, .number = 2};
    struct segment_id id = {.chunk = first};
    struct catalog_txn *txn = begin(world);
    put_segments(txn, &first, 5, 10);
    put_segments(txn, &second, 2, 20);
    put_segments(txn, &first, 3, 30);
    commit(txn);
    txn = begin(world);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(catalog_next_segment(txn, &id, &segment, &err), LOOKUP_FOUND);
        assert_int_equal(segment.spill, 30 + i);
        id.ordinal = segment.id.ordinal + 1;
    }
    assert_int_equal(catalog_next_segment(txn, &id, &segment, &err), LOOKUP_FOUND);
    assert_int_equal(segment.id.chunk.number, 2);
    assert_int_equal(catalog_get_segment(txn, &id, &segment, &err), LOOKUP_ABSENT);
    catalog_abort(txn);
}

static void spills_end_with_their_run(void **state)
{
    struct world *world = *state;
    struct err err = {0};
    struct spill spill = {.run = 1, .number = 9, .beam_known = true, .beam_count = 4.5};
    struct catalog_txn *txn = begin(world);
    must(catalog_put_spill(txn, &spill, &err), &err);
    spill = (struct spill){.run = 2, .number = 1};
    must(catalog_put_spill(txn, &spill, &err), &err);
    assert_int_equal(catalog_next_spill(txn, 1, 0, &spill, &err), LOOKUP_FOUND);
    assert_true(spill.beam_known && spill.beam_count > 4 && spill.number == 9);
    assert_int_equal(catalog_next_spill(txn, 1, 10, &spill, &err), LOOKUP_ABSENT);
    catalog_abort(txn);
}

static void texts_are_kept_by_name(void **state)
{
    struct world *world = *state;
    struct err err = {0};
    struct bytes out;
    bytes_init(&out, 100);
    struct catalog_txn *txn = begin(world);
    must(catalog_put_text(txn, "setup/a", "one\0two", 7, &err), &err);
    must(catalog_put_text(txn, "setup/empty", "", 0, &err), &err);
    assert_int_equal(catalog_get_text(txn, "setup/a", &out, &err), LOOKUP_FOUND);
    assert_int_equal(out.size, 7);
    assert_memory_equal(out.data, "one\0two", 7);
    assert_int_equal(catalog_get_text(txn, "setup/empty", &out, &err), LOOKUP_FOUND);
    assert_int_equal(catalog_get_text(txn, "setup", &out, &err), LOOKUP_ABSENT);
    assert_int_equal(catalog_get_text(txn, "", &out, &err), LOOKUP_FAILED);
    catalog_abort(txn);
    bytes_release(&out);
}

static void campaigns_get_numbers_and_keep_their_names(void **state)
{
    struct world *world = *state;
    struct err err = {0};
    struct campaign first = {.name = "first"}, second = {.name = "second"}, twin, found;
    struct catalog_txn *txn = begin(world);
    must(catalog_put_campaign(txn, &first, &err), &err);
    must(catalog_put_campaign(txn, &second, &err), &err);
    assert_int_equal(first.id, 1);
    assert_int_equal(second.id, 2);
    first.segment_count = 77;
    must(catalog_put_campaign(txn, &first, &err), &err);
    twin = (struct campaign){.name = "first"};
    assert_false(catalog_put_campaign(txn, &twin, &err));
    assert_int_equal(err.code, E_CATALOG_NAME);
    assert_int_equal(twin.id, 0);
    assert_int_equal(catalog_get_campaign(txn, "first", &found, &err), LOOKUP_FOUND);
    assert_int_equal(found.segment_count, 77);
    assert_int_equal(catalog_get_campaign(txn, "firs", &found, &err), LOOKUP_ABSENT);
    assert_int_equal(catalog_next_campaign(txn, 2, &found, &err), LOOKUP_FOUND);
    assert_string_equal(found.name, "second");
    assert_int_equal(catalog_next_campaign(txn, 3, &found, &err), LOOKUP_ABSENT);
    commit(txn);
}

static void a_plan_is_read_back_by_number(void **state)
{
    struct world *world = *state;
    struct err err = {0};
    struct plan_segment segment;
    struct task_value value = {.effective = {.type = "gain"}, .size = 3};
    struct plan_state states[300], written = {.state = SEGMENT_COMMITTED,
                                              .blame = 1,
                                              .deaths = 2,
                                              .attempts = 3,
                                              .reco_product = 0x01020304,
                                              .select_product = 5,
                                              .failure = 601};
    const uint32_t *values, numbers[] = {4, 1, 7};
    uint32_t count;
    value.inlined = (const uint8_t *)"abc";
    struct catalog_txn *txn = begin(world);
    for (uint32_t i = 0; i < 300; i++) {
        segment = (struct plan_segment){.spill = i, .reco_set = 9};
        must(catalog_put_plan_segment(txn, 3, i, &segment, &err), &err);
        written.memory = (uint8_t)i;
        written.time = (uint8_t)(i >> 8);
        must(catalog_put_state(txn, 3, i, &written, &err), &err);
    }
    must(catalog_put_value(txn, 3, 0, &value, &err), &err);
    must(catalog_put_set(txn, 3, 0, numbers, 3, &err), &err);
    must(catalog_put_set(txn, 3, 1, NULL, 0, &err), &err);
    commit(txn);
    txn = begin(world);
    assert_int_equal(catalog_get_plan_segment(txn, 3, 299, &segment, &err), LOOKUP_FOUND);
    assert_int_equal(segment.spill, 299);
    assert_int_equal(catalog_get_plan_segment(txn, 2, 299, &segment, &err),
                     LOOKUP_ABSENT);
    must(catalog_get_states(txn, 3, 0, 300, states, &err), &err);
    written.memory = 1;
    written.time = 1;
    assert_memory_equal(&states[257], &written, sizeof written);
    assert_false(catalog_get_states(txn, 3, 1, 300, states, &err));
    assert_int_equal(err.code, E_CATALOG_LINK);
    assert_non_null(strstr(err.text, "segment 300"));
    assert_int_equal(catalog_get_value(txn, 3, 0, &world->arena, &value, &err),
                     LOOKUP_FOUND);
    assert_memory_equal(value.inlined, "abc", 3);
    assert_int_equal(catalog_get_set(txn, 3, 0, &world->arena, &values, &count, &err),
                     LOOKUP_FOUND);
    assert_int_equal(count, 3);
    assert_memory_equal(values, numbers, sizeof numbers);
    assert_int_equal(catalog_get_set(txn, 3, 1, &world->arena, &values, &count, &err),
                     LOOKUP_FOUND);
    assert_int_equal(count, 0);
    catalog_abort(txn);
}

static void leases_are_the_attempts_in_state_leased(void **state)
{
    struct world *world = *state;
    struct err err = {0};
    struct attempt attempt;
    uint64_t last;
    struct catalog_txn *txn = begin(world);
    must(catalog_last_attempt(txn, &last, &err), &err);
    assert_int_equal(last, 0);
    for (uint64_t i = 1; i <= 5; i++) {
        attempt = (struct attempt){.number = i, .state = ATTEMPT_LEASED};
        must(catalog_put_attempt(txn, &attempt, &err), &err);
    }
    attempt = (struct attempt){.number = 2, .state = ATTEMPT_COMMITTED};
    must(catalog_put_attempt(txn, &attempt, &err), &err);
    commit(txn);
    txn = begin(world);
    must(catalog_last_attempt(txn, &last, &err), &err);
    assert_int_equal(last, 5);
    assert_int_equal(catalog_next_lease(txn, 2, &world->arena, &attempt, &err),
                     LOOKUP_FOUND);
    assert_int_equal(attempt.number, 3);
    assert_int_equal(catalog_next_lease(txn, 6, &world->arena, &attempt, &err),
                     LOOKUP_ABSENT);
    assert_int_equal(catalog_next_attempt(txn, 2, &world->arena, &attempt, &err),
                     LOOKUP_FOUND);
    assert_int_equal(attempt.state, ATTEMPT_COMMITTED);
    catalog_abort(txn);
}

static uint32_t live(struct catalog_txn *txn, const char *name)
{
    struct file_record file;
    struct err err = {0};
    assert_int_equal(catalog_get_file(txn, name, &file, &err), LOOKUP_FOUND);
    return file.live;
}

static void put_file(struct catalog_txn *txn, const char *name)
{
    struct file_record file = {.state = FILE_PART, .live = 99};
    struct err err = {0};
    (void)snprintf(file.name, sizeof file.name, "%s", name);
    must(catalog_put_file(txn, &file, &err), &err);
}

static struct product product_in(const char *stream, const char *file)
{
    struct product product = {.key = {{1}}};
    (void)snprintf(product.stream, sizeof product.stream, "%s", stream);
    (void)snprintf(product.place.file, sizeof product.place.file, "%s", file);
    return product;
}

static void files_count_the_products_that_point_into_them(void **state)
{
    struct world *world = *state;
    struct err err = {0};
    struct product products[4] = {product_in("a", "part"), product_in("b", "part"),
                                  product_in("c", "other"), product_in("empty", "")};
    struct product_set set = {.key = {{1}}, .products = products, .count = 4};
    const struct place place = {.file = "published", .offset = 5, .length = 6};
    uint32_t number = 0, found;
    struct catalog_txn *txn = begin(world);
    assert_false(catalog_put_products(txn, &set, &number, &err));
    assert_int_equal(err.code, E_CATALOG_LINK);
    put_file(txn, "part");
    put_file(txn, "other");
    put_file(txn, "published");
    must(catalog_put_products(txn, &set, &number, &err), &err);
    assert_int_equal(number, 1);
    put_file(txn, "part");
    assert_int_equal(live(txn, "part"), 2);
    assert_int_equal(live(txn, "other"), 1);
    must(catalog_move_product(txn, 1, "b", &place, &err), &err);
    assert_int_equal(live(txn, "part"), 1);
    assert_int_equal(live(txn, "published"), 1);
    assert_int_equal(catalog_get_products(txn, 1, &world->arena, &set, &err),
                     LOOKUP_FOUND);
    assert_string_equal(set.products[1].place.file, "published");
    assert_int_equal(set.products[1].place.offset, 5);
    assert_string_equal(set.products[0].place.file, "part");
    assert_false(catalog_move_product(txn, 1, "z", &place, &err));
    assert_false(catalog_delete_file(txn, "part", &err));
    must(catalog_delete_products(txn, 1, &err), &err);
    assert_int_equal(live(txn, "part"), 0);
    assert_int_equal(live(txn, "published"), 0);
    must(catalog_delete_file(txn, "part", &err), &err);
    set = (struct product_set){.key = {{2}}};
    must(catalog_put_products(txn, &set, &number, &err), &err);
    assert_int_equal(number, 2); /* never 1 again */
    assert_int_equal(catalog_get_products(txn, 1, &world->arena, &set, &err),
                     LOOKUP_ABSENT);
    assert_int_equal(catalog_next_products(txn, 0, &world->arena, &set, &found, &err),
                     LOOKUP_FOUND);
    assert_int_equal(found, 2);
    commit(txn);
}

static void sets_put_together_have_numbers_in_a_row_and_count_in_their_files(void **state)
{
    struct world *world = *state;
    struct err err = {0};
    struct product products[5] = {product_in("a", "part"), product_in("b", "part"),
                                  product_in("a", "part"), product_in("b", "other"),
                                  product_in("a", "")};
    const struct product_set sets[4] = {{{{1}}, products, 2},
                                        {{{1}}, products + 2, 2},
                                        {{{1}}, NULL, 0},
                                        {{{1}}, products + 4, 1}};
    struct product_set read;
    uint32_t first = 0;
    struct catalog_txn *txn = begin(world);
    must(catalog_put_product_sets(txn, sets, 0, &first, &err), &err);
    assert_false(catalog_put_product_sets(txn, sets, 4, &first, &err));
    assert_int_equal(err.code, E_CATALOG_LINK);
    put_file(txn, "part");
    put_file(txn, "other");
    must(catalog_put_product_sets(txn, sets, 4, &first, &err), &err);
    assert_int_equal(first, 1);
    assert_int_equal(live(txn, "part"), 3);
    assert_int_equal(live(txn, "other"), 1);
    assert_int_equal(catalog_get_products(txn, 2, &world->arena, &read, &err),
                     LOOKUP_FOUND);
    assert_int_equal(read.count, 2);
    assert_string_equal(read.products[1].place.file, "other");
    must(catalog_put_product_sets(txn, sets, 1, &first, &err), &err);
    assert_int_equal(first, 5);
    assert_int_equal(live(txn, "part"), 5);
    commit(txn);
}

static void files_come_in_the_order_of_their_names(void **state)
{
    struct world *world = *state;
    struct err err = {0};
    struct file_record file;
    struct catalog_txn *txn = begin(world);
    put_file(txn, "parts/b");
    put_file(txn, "parts/a");
    assert_int_equal(catalog_next_file(txn, "", &file, &err), LOOKUP_FOUND);
    assert_string_equal(file.name, "parts/a");
    assert_int_equal(catalog_next_file(txn, "parts/a0", &file, &err), LOOKUP_FOUND);
    assert_string_equal(file.name, "parts/b");
    assert_int_equal(catalog_next_file(txn, "parts/c", &file, &err), LOOKUP_ABSENT);
    catalog_abort(txn);
}

static void a_full_map_fails_the_transaction_once_and_grows(void **state)
{
    struct world *world = *state;
    struct err err = {0};
    uint8_t *data = mem_new(1, 3 * SMALL_MAP);
    int grown = 0;
    for (;;) {
        struct catalog_txn *txn = begin(world);
        if (catalog_put_text(txn, "large", data, 3 * SMALL_MAP, &err)) {
            commit(txn);
            break;
        }
        assert_int_equal(err.code, E_CATALOG_GROW);
        catalog_abort(txn);
        assert_in_range(++grown, 1, 3);
    }
    assert_in_range(grown, 1, 3);
    reopen(world);
    struct bytes out;
    bytes_init(&out, 4 * SMALL_MAP);
    struct catalog_txn *txn = begin(world);
    assert_int_equal(catalog_get_text(txn, "large", &out, &err), LOOKUP_FOUND);
    assert_int_equal(out.size, 3 * SMALL_MAP);
    catalog_abort(txn);
    bytes_release(&out);
    free(data);
}

static void a_second_owner_is_refused_with_pid_and_url(void **state)
{
    struct world *world = *state;
    struct err err = {0};
    struct catalog *second = NULL;
    char url[256], text[32];
    long pid;
    (void)snprintf(text, sizeof text, "%ld", (long)getpid());
    must(catalog_set_owner_url(world->catalog, "http://host:1", &err), &err);
    assert_false(catalog_open(world->folder, CATALOG_WRITE, &second, &err));
    assert_int_equal(err.code, E_CATALOG_OWNED);
    assert_non_null(strstr(err.text, "http://host:1"));
    assert_non_null(strstr(err.text, text));
    must(catalog_owner(world->folder, &pid, url, &err), &err);
    assert_int_equal(pid, getpid());
    assert_string_equal(url, "http://host:1");
    must(catalog_set_owner_url(world->catalog, "", &err), &err);
    must(catalog_owner(world->folder, &pid, url, &err), &err);
    assert_string_equal(url, "");
    catalog_close(world->catalog);
    world->catalog = NULL;
    must(catalog_owner(world->folder, &pid, url, &err), &err);
    assert_int_equal(pid, 0);
    must(catalog_owner("/nowhere/at/all", &pid, url, &err), &err);
    assert_int_equal(pid, 0);
}

static void a_copy_holds_what_was_committed(void **state)
{
    struct world *world = *state;
    struct err err = {0};
    struct run run = run_unknown(12);
    char folder[96];
    struct catalog_txn *txn = begin(world);
    must(catalog_put_run(txn, &run, &err), &err);
    commit(txn);
    (void)snprintf(folder, sizeof folder, "%s/copies/one", world->folder);
    must(catalog_copy(world->catalog, folder, &err), &err);
    assert_false(catalog_copy(world->catalog, folder, &err));
    catalog_close(world->catalog);
    world->catalog = NULL;
    must(catalog_open(folder, CATALOG_READ, &world->catalog, &err), &err);
    txn = begin(world);
    assert_int_equal(catalog_get_run(txn, 12, &run, &err), LOOKUP_FOUND);
    catalog_abort(txn);
}

static void reading_what_is_not_there_is_an_error(void **state)
{
    (void)state;
    struct err err = {0};
    struct catalog *catalog = NULL;
    assert_false(catalog_open("/nowhere/at/all", CATALOG_READ, &catalog, &err));
    assert_int_equal(err.code, E_CATALOG_OPEN);
    assert_non_null(strstr(err.text, "/nowhere/at/all"));
}

static void write_version(struct world *world, const char *version)
{
    struct err err = {0};
    struct catalog_txn *txn = begin(world);
    must(bytes_append(txn_packed(txn), version, strlen(version), &err), &err);
    must(record_put(txn, TABLE_META, text_slice("version"), &err), &err);
    commit(txn);
    catalog_close(world->catalog);
    world->catalog = NULL;
}

static bool run_is_there(struct catalog_txn *txn, uint32_t number)
{
    struct run run;
    struct err err = {0};
    enum lookup found = catalog_get_run(txn, number, &run, &err);
    assert_int_not_equal(found, LOOKUP_FAILED);
    assert_true(found == LOOKUP_ABSENT || run.number == number);
    return found == LOOKUP_FOUND;
}

/* Number after number, which is not a search each, with gaps and other work between. */
static void what_follows_is_got_whatever_happens_between(void **state)
{
    struct world *world = *state;
    struct err err = {0};
    struct run run;
    struct catalog_txn *txn = begin(world);
    for (uint32_t i = 1; i <= 1000; i++) {
        run = run_unknown(i);
        if (i % 7 != 0)
            must(catalog_put_run(txn, &run, &err), &err);
    }
    commit(txn);
    txn = begin(world);
    for (uint32_t i = 0; i <= 1002; i++)
        assert_true(run_is_there(txn, i) == (i >= 1 && i <= 1000 && i % 7 != 0));
    for (uint32_t i = 1; i <= 900; i++) {
        uint32_t gap = (i + 6) / 7 * 7;
        assert_true(run_is_there(txn, i - 1) == (i > 1));
        if (i % 7 == 0) {
            run = run_unknown(i);
            must(catalog_put_run(txn, &run, &err), &err);
        } else if (i % 3 == 0)
            assert_int_equal(catalog_next_run(txn, gap, &run, &err), LOOKUP_FOUND);
        assert_true(run_is_there(txn, i));
    }
    assert_false(run_is_there(txn, UINT32_MAX));
    assert_false(run_is_there(txn, 0));
    catalog_abort(txn);
}

static void a_newer_catalog_is_refused_with_its_version(void **state)
{
    struct world *world = *state;
    struct err err = {0};
    write_version(world, "spillway-catalog 2");
    assert_false(catalog_open(world->folder, CATALOG_WRITE, &world->catalog, &err));
    assert_int_equal(err.code, E_CATALOG_VERSION);
    assert_non_null(strstr(err.text, "version 2"));
}

static void a_foreign_store_is_refused(void **state)
{
    static const char *const tables[] = {"other"};
    struct world *world = *state;
    struct err err = {0};
    char folder[96];
    const struct store_options options = {
        .tables = tables, .table_count = 1, .map_bytes = SMALL_MAP, .write = true};
    (void)snprintf(folder, sizeof folder, "%s/foreign", world->folder);
    must(disk_make_path(folder, &err), &err);
    must(store_create(folder, &options, text_slice("a"), text_slice("b"), &err), &err);
    catalog_close(world->catalog);
    world->catalog = NULL;
    assert_false(catalog_open(folder, CATALOG_WRITE, &world->catalog, &err));
    assert_int_equal(err.code, E_CATALOG_VERSION);
}

static void a_store_that_says_something_else_is_refused(void **state)
{
    struct world *world = *state;
    struct err err = {0};
    write_version(world, "else");
    assert_false(catalog_open(world->folder, CATALOG_WRITE, &world->catalog, &err));
    assert_int_equal(err.code, E_CATALOG_VERSION);
    assert_non_null(strstr(err.text, "not a catalog"));
}

static void network_file_systems_are_named(void **state)
{
    (void)state;
    assert_string_equal(mount_network_kind(0x6969, ""), "NFS");
    assert_string_equal(mount_network_kind(0x0bd00bd0, ""), "Lustre");
    assert_string_equal(mount_network_kind(0x65735546, "fuse.sshfs"), "FUSE");
    assert_null(mount_network_kind(0x65735546, "fuse.fuse-overlayfs"));
    assert_null(mount_network_kind(0x65735546, "fuseblk"));
    assert_null(mount_network_kind(0xef53, ""));     /* ext4 */
    assert_null(mount_network_kind(0x01021994, "")); /* tmpfs */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(runs_come_in_the_order_of_their_numbers),
        IN_WORLD(an_aborted_transaction_leaves_nothing),
        IN_WORLD(segments_of_a_chunk_are_replaced_whole),
        IN_WORLD(spills_end_with_their_run),
        IN_WORLD(texts_are_kept_by_name),
        IN_WORLD(campaigns_get_numbers_and_keep_their_names),
        IN_WORLD(a_plan_is_read_back_by_number),
        IN_WORLD(leases_are_the_attempts_in_state_leased),
        IN_WORLD(files_count_the_products_that_point_into_them),
        IN_WORLD(sets_put_together_have_numbers_in_a_row_and_count_in_their_files),
        IN_WORLD(files_come_in_the_order_of_their_names),
        IN_WORLD(a_full_map_fails_the_transaction_once_and_grows),
        IN_WORLD(a_second_owner_is_refused_with_pid_and_url),
        IN_WORLD(a_copy_holds_what_was_committed),
        cmocka_unit_test(reading_what_is_not_there_is_an_error),
        IN_WORLD(what_follows_is_got_whatever_happens_between),
        IN_WORLD(a_newer_catalog_is_refused_with_its_version),
        IN_WORLD(a_foreign_store_is_refused),
        IN_WORLD(a_store_that_says_something_else_is_refused),
        cmocka_unit_test(network_file_systems_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
