/* adler_test.c - adler32 of any bytes is what the definition says.
 * SPDX-License-Identifier: Apache-2.0
 *
 * What is shorter than a block goes to libdeflate on every CPU, so sums of short pieces
 * are its answer; the other is the textbook's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/adler_wide.h"
#include "base/digest.h"
#include "base/random.h"

#define BASE    65521u
#define LENGTHS (5 * ADLER_BLOCK)
#define LARGE   ((size_t)3 << 20) /* more than is summed at once */

static uint32_t textbook(uint32_t adler, const uint8_t *data, size_t size)
{
    uint32_t a = adler & 0xFFFF, b = adler >> 16;
    for (size_t i = 0; i < size; i++) {
        a = (a + data[i]) % BASE;
        b = (b + a) % BASE;
    }
    return b << 16 | a;
}

static uint32_t short_pieces(uint32_t adler, const uint8_t *data, size_t size)
{
    while (size > 0) {
        size_t piece = size < ADLER_BLOCK ? size : ADLER_BLOCK - 1;
        adler = adler32_add(adler, data, piece);
        data += piece;
        size -= piece;
    }
    return adler;
}

static uint32_t start_draw(struct random *random)
{
    uint32_t a = (uint32_t)random_below(random, BASE);
    return (uint32_t)random_below(random, BASE) << 16 | a;
}

/* In memory of its own size, so that a sanitizer sees a read beyond it. */
static void all_lengths_and_alignments_are_right(void **state)
{
    (void)state;
    struct random random = {.state = 65521};
    print_message("seed %llu\n", (unsigned long long)random.state);
    for (size_t size = 0; size <= LENGTHS; size++) {
        const size_t from = size < 64 ? size : (size_t)random_below(&random, 64);
        const uint32_t start = start_draw(&random);
        uint8_t *memory = malloc(from + size + 1), *data = memory + from + 1;
        for (size_t i = 0; i < size; i++)
            data[i] = (uint8_t)random_next(&random);
        const uint32_t right = textbook(start, data, size);
        assert_int_equal(adler32_add(start, data, size), right);
        assert_int_equal(short_pieces(start, data, size), right);
        free(memory);
    }
    uint8_t *memory = calloc(1, LENGTHS + 64);
    for (size_t i = 0; i < LENGTHS + 64; i++)
        memory[i] = (uint8_t)random_next(&random);
    for (size_t from = 0; from < 64; from++)
        assert_int_equal(adler32_add(ADLER32_START, memory + from, LENGTHS),
                         textbook(ADLER32_START, memory + from, LENGTHS));
    free(memory);
}

static void the_largest_sums_do_not_overflow(void **state)
{
    (void)state;
    const uint32_t most = (BASE - 1) << 16 | (BASE - 1);
    uint8_t *data = malloc(LARGE);
    memset(data, 0xFF, LARGE);
    for (size_t less = 0; less < 3; less++) {
        size_t size = LARGE - less * 77777;
        assert_int_equal(adler32_add(most, data, size), textbook(most, data, size));
        assert_int_equal(adler32_add(0, data, size), short_pieces(0, data, size));
    }
    free(data);
}

static void known_sums_are_right(void **state)
{
    (void)state;
    uint8_t ones[1000];
    memset(ones, 'a', sizeof ones);
    /* As zlib gives them. */
    assert_int_equal(adler32_add(ADLER32_START, "Wikipedia", 9), 0x11E60398);
    assert_int_equal(adler32_add(ADLER32_START, ones, sizeof ones), 0xf9d87af8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_lengths_and_alignments_are_right),
        cmocka_unit_test(the_largest_sums_do_not_overflow),
        cmocka_unit_test(known_sums_are_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
