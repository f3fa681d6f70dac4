/* columns_test.c - rows come back as they were put; damaged blocks are refused.
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

#include <sys/mman.h>

#include <cmocka.h>

#include "base/disk.h"
#include "base/half.h"
#include "base/random.h"
#include "output/columns.h"

#define NAME "columns"

static char account_text[] = "what decoding met";

/* Row n of the test data: every number depends on (n, column, place). */
static void row_fill(struct reco_table *table, uint64_t n)
{
    uint32_t row = reco_table_add(table);
    for (int c = 0; c < RECO_COLUMN_COUNT; c++) {
        const struct reco_column_info *info = &reco_column_infos[c];
        for (uint32_t i = 0; i < info->width; i++) {
            uint64_t value = random_mix(n * 1000003 + (uint64_t)c * 101 + i);
            float number = (float)(value >> 40) * 0x1p-10F;
            if (info->type == RECO_F32)
                reco_f32(table, (enum reco_column)c, row)[i] =
                    info->encoding == RECO_HALF ? half_round(number) : number;
            else if (info->type == RECO_U32)
                reco_u32(table, (enum reco_column)c, row)[i] = (uint32_t)value;
            else
                reco_u8(table, (enum reco_column)c, row)[i] = (uint8_t)value;
        }
    }
}

static const char key_text[] = "k\n";

/* A pack with one record of `rows` rows in a memory file, some at a time. */
static int block_put(uint64_t rows, uint32_t together, struct product *product)
{
    struct err err;
    int fd = memfd_create(NAME, MFD_CLOEXEC);
    assert_true(fd >= 0);
    struct pack_writer pack;
    assert_true(pack_writer_start(&pack, fd, NAME, &err));
    pack_begin(&pack);
    struct columns_writer writer;
    columns_writer_init(&writer);
    columns_start(&writer, &pack);
    struct reco_table table;
    reco_table_init(&table, RECO_CLUSTER);
    for (uint64_t n = 0; n < rows; n++) {
        row_fill(&table, n);
        if (table.rows == together) {
            assert_true(columns_put(&writer, &table, &err));
            table.rows = 0;
        }
    }
    assert_true(columns_put(&writer, &table, &err));
    struct bytes account = {.data = (uint8_t *)account_text, .size = sizeof account_text};
    struct pack_item item = {.key = sha256_of(key_text, 2),
                             .stream = "reco",
                             .entries = rows,
                             .key_text = (const uint8_t *)key_text,
                             .key_size = 2};
    assert_true(columns_end(&writer, &item.key, &account, &err));
    columns_writer_release(&writer);
    reco_table_release(&table);
    uint64_t size;
    assert_true(pack_end(&pack, &item, product, &err));
    assert_true(pack_finish(&pack, &size, &err));
    pack_writer_release(&pack);
    return fd;
}

static int block_make(uint64_t rows, struct product *product)
{
    return block_put(rows, RECO_CLUSTER, product);
}

/* Row `n` of the test data is row `row` of the table, in the columns of a set. */
static void row_check(const struct reco_table *table, uint32_t row, uint64_t n,
                      uint64_t wanted, struct reco_table *expected)
{
    expected->rows = 0;
    row_fill(expected, n);
    for (int c = 0; c < RECO_COLUMN_COUNT; c++) {
        size_t size =
            reco_column_infos[c].width * reco_type_size(reco_column_infos[c].type);
        if ((wanted & reco_set((enum reco_column)c)) != 0)
            assert_memory_equal((uint8_t *)table->data[c] + row * size, expected->data[c],
                                size);
    }
}

static void rows_come_back(uint64_t rows, uint64_t wanted)
{
    struct err err;
    struct product product;
    int fd = block_make(rows, &product);
    struct columns_reader reader;
    columns_reader_init(&reader);
    assert_true(columns_open(&reader, fd, NAME, &product.place, &product.key, &err));
    struct reco_table table;
    struct reco_table expected;
    reco_table_init(&table, RECO_CLUSTER);
    reco_table_init(&expected, 1);
    uint64_t seen = 0;
    for (;;) {
        assert_true(columns_next(&reader, wanted, &table, &err));
        if (table.rows == 0)
            break;
        for (uint32_t r = 0; r < table.rows; r++, seen++)
            row_check(&table, r, seen, wanted, &expected);
    }
    assert_int_equal(seen, rows);
    assert_true(columns_next(&reader, wanted, &table, &err)); /* the end stays the end */
    assert_int_equal(table.rows, 0);
    struct bytes account;
    bytes_init(&account, COLUMNS_ACCOUNT);
    assert_true(columns_account(&reader, &account, &err));
    assert_int_equal(account.size, sizeof account_text);
    assert_memory_equal(account.data, account_text, sizeof account_text);
    bytes_release(&account);
    columns_reader_release(&reader);
    reco_table_release(&table);
    reco_table_release(&expected);
    (void)close(fd);
}

static void rows_come_back_for_every_way_to_fill_clusters(void **state)
{
    (void)state;
    rows_come_back(0, RECO_ALL_COLUMNS);
    rows_come_back(1, RECO_ALL_COLUMNS);
    rows_come_back(RECO_CLUSTER, RECO_ALL_COLUMNS);
    rows_come_back(RECO_CLUSTER + 3, RECO_ALL_COLUMNS);
}

static void single_columns_come_back(void **state)
{
    (void)state;
    rows_come_back(RECO_CLUSTER + 3, reco_set(RECO_RUN));
    rows_come_back(40, reco_set(RECO_TYPE) | reco_set(RECO_OUTSIDE));
    rows_come_back(40, 0);
}

static void the_bytes_are_those_of_the_format_version(void **state)
{
    (void)state;
    struct product product;
    (void)close(block_make(3, &product));
    char hex[SHA256_HEX];
    sha256_to_hex(&product.bytes_hash, hex);
    /* A change here is a new format: give COLUMNS_MAGIC a new number. */
    assert_string_equal(
        hex, "c9f5d132fb8a2843be4b07cd4fe62de95cbc9461631c2984c21e56ee9b11ddf2");
}

static void rows_put_a_few_at_a_time_give_the_same_bytes(void **state)
{
    (void)state;
    static const uint64_t counts[] = {5, RECO_CLUSTER, RECO_CLUSTER + 3};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        struct product whole, few;
        (void)close(block_make(counts[i], &whole));
        (void)close(block_put(counts[i], 61, &few));
        assert_memory_equal(&whole.bytes_hash, &few.bytes_hash, SHA256_SIZE);
    }
}

/* Reads the block to its end; false when it is refused. */
static bool block_reads(int fd, const struct place *place, struct reco_table *table)
{
    static struct columns_reader reader; /* one for all: its memory is dear */
    struct err err;
    struct sha256 key = sha256_of(key_text, 2);
    if (reader.page.compressor == NULL)
        columns_reader_init(&reader);
    bool good = columns_open(&reader, fd, NAME, place, &key, &err);
    do
        good = good && columns_next(&reader, RECO_ALL_COLUMNS, table, &err);
    while (good && table->rows > 0);
    assert_true(good || err.code == E_COLUMNS_FORMAT || err.code == E_DISK_READ);
    return good;
}

static void a_payload_of_another_length_or_key_is_refused(void **state)
{
    (void)state;
    struct err err;
    struct product product;
    int fd = block_make(2, &product);
    struct reco_table table;
    reco_table_init(&table, RECO_CLUSTER);
    assert_true(block_reads(fd, &product.place, &table));
    for (uint64_t length = 0; length < product.place.length; length += 97) {
        struct place shorter = {.offset = product.place.offset, .length = length};
        assert_false(block_reads(fd, &shorter, &table));
    }
    struct place longer = product.place;
    longer.length++;
    assert_false(block_reads(fd, &longer, &table));
    struct place impossible = {.offset = UINT64_MAX - 2, .length = 1000};
    assert_false(block_reads(fd, &impossible, &table));
    struct columns_reader reader;
    columns_reader_init(&reader);
    product.key.bytes[0] ^= 1;
    assert_false(columns_open(&reader, fd, NAME, &product.place, &product.key, &err));
    assert_non_null(strstr(err.text, "another key"));
    columns_reader_release(&reader);
    reco_table_release(&table);
    (void)close(fd);
}

static void every_flipped_byte_is_found(void **state)
{
    (void)state;
    struct product product;
    int fd = block_make(1, &product);
    struct reco_table table;
    reco_table_init(&table, RECO_CLUSTER);
    uint64_t end = product.place.offset + product.place.length;
    for (uint64_t at = product.place.offset; at < end; at++) {
        uint8_t byte;
        assert_int_equal(pread(fd, &byte, 1, (off_t)at), 1);
        byte ^= 1;
        assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
        if (block_reads(fd, &product.place, &table))
            fail_msg("byte %d of %d", (int)(at - product.place.offset),
                     (int)product.place.length);
        byte ^= 1;
        assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
    }
    reco_table_release(&table);
    (void)close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_come_back_for_every_way_to_fill_clusters),
        cmocka_unit_test(the_bytes_are_those_of_the_format_version),
        cmocka_unit_test(single_columns_come_back),
        cmocka_unit_test(rows_put_a_few_at_a_time_give_the_same_bytes),
        cmocka_unit_test(a_payload_of_another_length_or_key_is_refused),
        cmocka_unit_test(every_flipped_byte_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
