/* compress_test.c - what is compressed comes back; damaged blocks are refused.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/random.h"
#include "output/compress.h"

#define BLOCK ((size_t)0xffffff)

/* Bytes of `kinds` values; 256 cannot be compressed. */
static uint8_t *data_make(size_t size, uint64_t kinds)
{
    struct random random = {.state = size};
    uint8_t *data = mem_new(size + 1, 1);
    for (size_t i = 0; i < size; i++)
        data[i] = (uint8_t)random_below(&random, kinds);
    return data;
}

static size_t comes_back(size_t size, uint64_t kinds)
{
    struct err err;
    struct compressor *compressor = compressor_new();
    uint8_t *data = data_make(size, kinds);
    uint8_t *stored = mem_new(compress_bound(size), 1);
    uint8_t *again = mem_new(size + 1, 1);
    size_t stored_size = compress_data(compressor, data, size, stored);
    assert_true(stored_size <= size);
    assert_true(decompress_data(compressor, stored, stored_size, again, size, &err));
    assert_memory_equal(data, again, size);
    compressor_free(compressor);
    free(data);
    free(stored);
    free(again);
    return stored_size;
}

static void data_of_any_size_come_back(void **state)
{
    (void)state;
    assert_int_equal(comes_back(0, 4), 0);
    assert_int_equal(comes_back(1, 4), 1); /* a frame would be larger */
    assert_true(comes_back(1000, 4) < 400);
    assert_int_equal(comes_back(1000, 256), 1000);
    assert_true(comes_back(BLOCK, 2) < BLOCK / 4);
    assert_true(comes_back(BLOCK + 1, 2) < BLOCK / 4);
}

/* Stretches of random bytes and of repeated words, of random length up to `most`. */
static void runs_fill(struct random *random, uint64_t most, uint8_t *data, size_t size)
{
    for (size_t at = 0; at < size;) {
        size_t length = 1 + random_below(random, most);
        bool run = random_below(random, 2) == 0;
        for (size_t i = 0; i < length && at < size; i++, at++)
            data[at] = run && at >= 8 ? data[at - 8] : (uint8_t)random_below(random, 3);
    }
}

static void runs_come_back(size_t size, bool zero)
{
    struct err err;
    struct compressor *compressor = compressor_new();
    struct random random = {.state = size};
    uint8_t *data = mem_new(size + 1, 1);
    uint8_t *stored = mem_new(compress_bound(size), 1);
    uint8_t *again = mem_new(size + 1, 1);
    if (!zero)
        runs_fill(&random, 60, data, size);
    bool literals = size % 3 != 0;
    size_t made = compress_runs(compressor, data, size, literals, stored);
    size_t most = zero ? 100 + size / 1000 : literals ? size / 2 : size * 3 / 4;
    assert_true(size < 1000 || made < most);
    if (!decompress_data(compressor, stored, made, again, size, &err))
        fail_msg("%zu bytes: %s", size, err.text);
    assert_memory_equal(data, again, size);
    compressor_free(compressor);
    free(data);
    free(stored);
    free(again);
}

static void runs_of_any_size_come_back(void **state)
{
    (void)state;
    const size_t edge = 131072; /* of zstd's blocks */
    for (size_t size = 0; size < 600; size++) {
        runs_come_back(size, false);
        runs_come_back(size, true);
    }
    for (size_t size = 2 * edge - 20; size < 2 * edge + 20; size++) {
        runs_come_back(size, false);
        runs_come_back(size, true);
    }
    runs_come_back(BLOCK + 5, true);
    runs_come_back(3 * edge + 7, false);
}

static void blocks_are_those_of_the_pinned_library(void **state)
{
    (void)state;
    struct compressor *compressor = compressor_new();
    uint8_t *data = data_make(100000, 7);
    uint8_t *stored = mem_new(compress_bound(100000), 1);
    size_t size = compress_data(compressor, data, 100000, stored);
    char hex[SHA256_HEX];
    struct sha256 hash = sha256_of(stored, size);
    sha256_to_hex(&hash, hex);
    assert_memory_equal(stored, "ZS\1", 3);
    assert_int_equal(stored[3] | stored[4] << 8 | stored[5] << 16, size - 9);
    assert_int_equal(stored[6] | stored[7] << 8 | stored[8] << 16, 100000);
    assert_string_equal(
        hex, "98323734d282fb0e25b8bb84c90a59fdf8ab8ec42654d72916b1b6b3be782dc1");
    compressor_free(compressor);
    free(data);
    free(stored);
}

static void runs_have_hash(uint64_t most, const char *wanted)
{
    struct compressor *compressor = compressor_new();
    struct random random = {.state = 3};
    uint8_t *data = mem_new(300000, 1);
    uint8_t *stored = mem_new(compress_bound(300000), 1);
    runs_fill(&random, most, data, 300000);
    size_t size = compress_runs(compressor, data, 300000, true, stored);
    char hex[SHA256_HEX];
    struct sha256 hash = sha256_of(stored, size);
    sha256_to_hex(&hash, hex);
    assert_string_equal(hex, wanted);
    compressor_free(compressor);
    free(data);
    free(stored);
}

/* A change here is a new format: give COLUMNS_MAGIC a new number. Long runs are found by
 * other code where the CPU has it. */
static void runs_are_those_of_the_format_version(void **state)
{
    (void)state;
    runs_have_hash(60,
                   "73bea73f6abda06c5bd2df9f91483a35e63825f763ef3ac5bb7c4f81f4fb084a");
    runs_have_hash(1000,
                   "49f567e89a9be119979104dddb9589c2b6ea08c53caa3c88457f11efbc735a38");
}

static void damaged_blocks_are_refused(void **state)
{
    (void)state;
    struct err err;
    struct compressor *compressor = compressor_new();
    uint8_t *data = data_make(3000, 3);
    uint8_t *stored = mem_new(compress_bound(3000), 1);
    uint8_t *again = mem_new(3000, 1);
    size_t size = compress_data(compressor, data, 3000, stored);
    for (size_t length = 0; length < size; length++)
        assert_false(decompress_data(compressor, stored, length, again, 3000, &err));
    assert_false(decompress_data(compressor, stored, size, again, 2999, &err));
    assert_int_equal(err.code, E_COMPRESS_FORMAT);
    for (size_t at = 0; at < 9; at++) {
        stored[at] ^= 1;
        assert_false(decompress_data(compressor, stored, size, again, 3000, &err));
        assert_int_equal(err.code, E_COMPRESS_FORMAT);
        stored[at] ^= 1;
    }
    compressor_free(compressor);
    free(data);
    free(stored);
    free(again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(data_of_any_size_come_back),
        cmocka_unit_test(runs_of_any_size_come_back),
        cmocka_unit_test(blocks_are_those_of_the_pinned_library),
        cmocka_unit_test(runs_are_those_of_the_format_version),
        cmocka_unit_test(damaged_blocks_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
