/* columns_test.c - any rows come back bit by bit; any damage of a pack is found.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sys/mman.h>

#include <cmocka.h>

#include "base/half.h"
#include "base/random.h"
#include "output/columns.h"

#define ROUNDS 30

static size_t column_bytes(int c, uint32_t rows)
{
    return (size_t)rows * reco_column_infos[c].width *
           reco_type_size(reco_column_infos[c].type);
}

/* Any bits, NaN patterns included; rounded to what the column holds. */
static void table_fill(struct reco_table *table, struct random *random, uint32_t rows)
{
    table->rows = rows;
    for (int c = 0; c < RECO_COLUMN_COUNT; c++) {
        uint8_t *bytes = table->data[c];
        for (size_t i = 0; i < column_bytes(c, rows); i++)
            bytes[i] = (uint8_t)random_next(random);
        if (reco_column_infos[c].encoding == RECO_HALF)
            for (size_t i = 0; i < (size_t)rows * reco_column_infos[c].width; i++)
                ((float *)table->data[c])[i] = half_round(((float *)table->data[c])[i]);
    }
}

static void pack_make(int fd, const char *path, const struct reco_table *table,
                      struct product *product)
{
    struct err err;
    struct pack_writer pack;
    struct columns_writer writer;
    uint64_t size;
    struct bytes account;
    bytes_init(&account, 16);
    static const char key[] = "spillway-reco-1\n";
    struct pack_item item = {.key = sha256_of(key, sizeof key - 1),
                             .stream = "reco",
                             .run = 9000,
                             .entries = table->rows,
                             .key_text = (const uint8_t *)key,
                             .key_size = sizeof key - 1};
    assert_true(pack_writer_start(&pack, fd, path, &err));
    pack_begin(&pack);
    columns_writer_init(&writer);
    columns_start(&writer, &pack);
    assert_true(columns_put(&writer, table, &err));
    assert_true(columns_end(&writer, &item.key, &account, &err));
    columns_writer_release(&writer);
    assert_true(pack_end(&pack, &item, product, &err));
    assert_true(pack_finish(&pack, &size, &err));
    pack_writer_release(&pack);
    bytes_release(&account);
}

static void rows_come_back_and_flipped_bits_are_found(void **state)
{
    (void)state;
    struct random random = {.state = 99};
    print_message("seed %llu\n", (unsigned long long)random.state);
    struct reco_table table;
    struct reco_table read;
    reco_table_init(&table, 64);
    reco_table_init(&read, RECO_CLUSTER);
    for (int r = 0; r < ROUNDS; r++) {
        struct err err;
        char path[64];
        struct product product;
        struct columns_reader reader;
        struct pack_report report;
        int fd = memfd_create("pack", MFD_CLOEXEC);
        (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        table_fill(&table, &random, 1 + (uint32_t)random_below(&random, 64));
        pack_make(fd, path, &table, &product);
        assert_true(pack_verify(path, &report, &err));
        columns_reader_init(&reader);
        assert_true(columns_open(&reader, fd, path, &product.place, &product.key, &err));
        assert_true(columns_next(&reader, RECO_ALL_COLUMNS, &read, &err));
        assert_int_equal(read.rows, table.rows);
        for (int c = 0; c < RECO_COLUMN_COUNT; c++)
            assert_memory_equal(read.data[c], table.data[c], column_bytes(c, table.rows));
        assert_true(columns_next(&reader, RECO_ALL_COLUMNS, &read, &err));
        assert_int_equal(read.rows, 0);
        columns_reader_release(&reader);
        off_t size = lseek(fd, 0, SEEK_END);
        for (int f = 0; f < 20; f++) {
            off_t at = (off_t)random_below(&random, (uint64_t)size);
            uint8_t byte;
            assert_int_equal(pread(fd, &byte, 1, at), 1);
            uint8_t flipped = (uint8_t)(byte ^ (1u << random_below(&random, 8)));
            assert_int_equal(pwrite(fd, &flipped, 1, at), 1);
            assert_false(pack_verify(path, &report, &err));
            assert_int_equal(pwrite(fd, &byte, 1, at), 1);
        }
        (void)close(fd);
    }
    reco_table_release(&table);
    reco_table_release(&read);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_come_back_and_flipped_bits_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
