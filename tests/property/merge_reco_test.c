/* merge_reco_test.c - merged columns do not depend on cutting and order of work.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/disk.h"
#include "base/random.h"
#include "output/columns.h"
#include "output/merge.h"

#define SEGMENTS 12u
#define ROUNDS   6

static char store[] = "/tmp/spillway-merge-reco-XXXXXX";

/* Rows of segment `n` depend on n alone; some have none. */
static uint32_t rows_of(uint32_t n)
{
    return n % 4 == 0 ? 0 : (uint32_t)(random_mix(n) % 300);
}

static void rows_fill(struct reco_table *table, uint32_t n)
{
    struct random random = {.state = n};
    table->rows = 0;
    for (uint32_t r = rows_of(n); r > 0; r--) {
        uint32_t row = reco_table_add(table);
        *reco_u32(table, RECO_SPILL, row) = n;
        *reco_u32(table, RECO_EVENT, row) = row;
        for (int i = 0; i < 72; i++)
            reco_f32(table, RECO_ECAL_ENE, row)[i] = (float)random_below(&random, 50) / 8;
    }
}

static void record_put(struct pack_writer *pack, struct columns_writer *columns,
                       struct reco_table *table, uint32_t n, struct product *product)
{
    struct err err;
    char key[32];
    (void)snprintf(key, sizeof key, "spillway-reco-1\nn=%u\n", n);
    struct pack_item item = {.key = sha256_of(key, strlen(key)),
                             .stream = "reco",
                             .run = 1,
                             .spill = n,
                             .entries = rows_of(n),
                             .key_text = (const uint8_t *)key,
                             .key_size = strlen(key)};
    struct bytes account = {.data = (uint8_t *)key, .size = 3};
    for (uint32_t e = 0; e < rows_of(n); e++)
        event_digest_add(&item.events, 1, n, e, 7);
    pack_begin(pack);
    columns_start(columns, pack);
    rows_fill(table, n);
    assert_true(columns_put(columns, table, &err));
    assert_true(columns_end(columns, &item.key, &account, &err));
    assert_true(pack_end(pack, &item, product, &err));
}

/* All segments in an order of chance, in parts of one to five. */
static void parts_make(struct random *random, struct merge_input inputs[SEGMENTS])
{
    struct err err;
    struct pack_writer pack;
    struct columns_writer columns;
    struct reco_table table;
    uint32_t order[SEGMENTS];
    int fd = -1;
    uint64_t size, left = 0;
    char path[128], name[16] = "";
    columns_writer_init(&columns);
    reco_table_init(&table, RECO_CLUSTER);
    for (uint32_t i = 0; i < SEGMENTS; i++) {
        uint32_t j = (uint32_t)random_below(random, i + 1);
        order[i] = order[j];
        order[j] = i;
    }
    for (uint32_t i = 0; i < SEGMENTS; i++, left--) {
        if (left == 0) {
            if (i > 0) {
                assert_true(pack_finish(&pack, &size, &err));
                pack_writer_release(&pack);
                (void)close(fd);
            }
            left = 1 + random_below(random, 5);
            (void)snprintf(name, sizeof name, "part-%u", i);
            (void)snprintf(path, sizeof path, "%s/%s", store, name);
            (void)unlink(path);
            assert_true(disk_create(path, &fd, &err));
            assert_true(pack_writer_start(&pack, fd, name, &err));
        }
        uint32_t n = order[i];
        inputs[n] = (struct merge_input){.run = 1, .spill = n};
        record_put(&pack, &columns, &table, n, &inputs[n].product);
        memcpy(inputs[n].product.place.file, name, sizeof name);
    }
    assert_true(pack_finish(&pack, &size, &err));
    pack_writer_release(&pack);
    (void)close(fd);
    columns_writer_release(&columns);
    reco_table_release(&table);
}

static void any_cutting_and_order_give_the_same_bytes(void **state)
{
    (void)state;
    struct random random = {.state = 2718};
    struct sha256 first = {{0}};
    print_message("seed %llu\n", (unsigned long long)random.state);
    for (int r = 0; r < ROUNDS; r++) {
        struct err err;
        struct merge_input inputs[SEGMENTS];
        uint64_t offsets[SEGMENTS];
        char path[128];
        parts_make(&random, inputs);
        (void)snprintf(path, sizeof path, "%s/merged-%d", store, r);
        struct merge_request request = {.store = store,
                                        .stream = "reco",
                                        .key = sha256_of("k", 1),
                                        .inputs = inputs,
                                        .input_count = SEGMENTS,
                                        .path = path};
        struct merge_result result = {.offsets = offsets};
        if (!merge_write(&request, &result, &err))
            fail_msg("%s", err.text);
        if (r == 0)
            first = result.merged.bytes_hash;
        assert_true(sha256_equal(&first, &result.merged.bytes_hash));
        (void)unlink(path);
    }
}

static int store_make(void **state)
{
    (void)state;
    return mkdtemp(store) == NULL;
}

static int store_remove(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < SEGMENTS; i++) {
        char path[128];
        (void)snprintf(path, sizeof path, "%s/part-%u", store, i);
        (void)unlink(path);
    }
    return rmdir(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_cutting_and_order_give_the_same_bytes),
    };
    return cmocka_run_group_tests(tests, store_make, store_remove);
}
