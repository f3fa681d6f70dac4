/* sha256_short_test.c - short hashes are those of the general digest, both ways.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cpu.h"
#include "base/random.h"
#include "base/sha256_short.h"

#define MOST   9u
#define ROUNDS 2000

static void short_hashes_are_the_general_ones(void **state)
{
    (void)state;
    struct random random = {.state = 141421};
    print_message("seed %llu\n", (unsigned long long)random.state);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        uint8_t messages[MOST * SHA256_SHORT];
        uint8_t plain[MOST * SHA256_SHORT], vector[MOST * SHA256_SHORT];
        size_t count = (size_t)random_below(&random, MOST + 1);
        for (size_t i = 0; i < sizeof messages; i++)
            messages[i] = (uint8_t)random_next(&random);
        sha256_short(messages, count, false, plain);
        sha256_short(messages, count, cpu_has_sha(), vector);
        for (size_t i = 0; i < count; i++) {
            size_t at = i * SHA256_SHORT;
            struct sha256 hash = sha256_of(messages + at, SHA256_SHORT);
            assert_memory_equal(plain + at, hash.bytes, SHA256_SHORT);
            assert_memory_equal(vector + at, hash.bytes, SHA256_SHORT);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(short_hashes_are_the_general_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
