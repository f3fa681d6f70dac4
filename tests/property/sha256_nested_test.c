/* sha256_nested_test.c - hashes of a whole and its parts are those of the general digest.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cpu.h"
#include "base/random.h"
#include "base/sha256_nested.h"

#define MOST   700u /* bytes of a whole: parts from none to several blocks */
#define ROUNDS 2000

/* `size` bytes in parts, each added in pieces, as the state of `random` says. */
static void parts_check(struct random random, const uint8_t *data, size_t size,
                        bool vector)
{
    struct sha256_nested *nested = sha256_nested_new(vector);
    size_t begin = 0, at = 0;
    while (at < size || random_below(&random, 3) == 0) {
        size_t piece = (size_t)random_below(&random, size - at + 1);
        sha256_nested_add(nested, data + at, piece);
        at += piece;
        if (random_below(&random, 2) == 0)
            continue;
        struct sha256 part = sha256_nested_part(nested);
        struct sha256 right = sha256_of(data + begin, at - begin);
        assert_memory_equal(part.bytes, right.bytes, sizeof right.bytes);
        begin = at;
    }
    struct sha256 whole = sha256_nested_whole(nested);
    struct sha256 right = sha256_of(data, size);
    assert_memory_equal(whole.bytes, right.bytes, sizeof right.bytes);
    sha256_nested_free(nested);
}

static void nested_hashes_are_the_general_ones(void **state)
{
    (void)state;
    struct random random = {.state = 173205};
    print_message("seed %llu\n", (unsigned long long)random.state);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        uint8_t data[MOST];
        size_t size = (size_t)random_below(&random, MOST + 1);
        for (size_t i = 0; i < sizeof data; i++)
            data[i] = (uint8_t)random_next(&random);
        parts_check(random, data, size, false);
        parts_check(random, data, size, cpu_has_sha());
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nested_hashes_are_the_general_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
