/* half_test.c - numbers of 16 bits: all of them, ties, range, both code paths.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cpu.h"
#include "base/half.h"
#include "base/random.h"

#define ALL 65536u

static uint32_t bits_of(float number)
{
    uint32_t bits;
    memcpy(&bits, &number, sizeof bits);
    return bits;
}

static void every_number_of_16_bits_comes_back(void **state)
{
    (void)state;
    static uint16_t halves[ALL], again[ALL];
    static float numbers[ALL], wide[ALL];
    for (uint32_t i = 0; i < ALL; i++)
        halves[i] = (uint16_t)i;
    half_unpack(halves, ALL, false, numbers);
    half_unpack(halves, ALL, cpu_has_half(), wide);
    assert_memory_equal(numbers, wide, sizeof numbers);
    half_pack(numbers, ALL, cpu_has_half(), again);
    for (uint32_t i = 0; i < ALL; i++) {
        uint32_t size = i & 0x7fffu;
        uint32_t wanted = size > 0x7c00u    ? 0x7e00u
                          : size == 0x7c00u ? (i & 0x8000u) | 0x7bffu
                                            : i;
        if (again[i] != wanted)
            fail_msg("%04x came back as %04x", i, again[i]);
        if (size < 0x7c00u) {
            double sign = (i & 0x8000u) != 0 ? -1 : 1;
            int power = (int)(size >> 10);
            double value = power == 0
                               ? ldexp(size, -24)
                               : ldexp((double)(1024 + (size & 1023u)), power - 25);
            assert_true((double)numbers[i] == sign * value);
        }
    }
    assert_true(isinf(numbers[0x7c00]) && isinf(numbers[0xfc00]));
    assert_true(isnan(numbers[0x7c01]));
}

static void ties_go_to_even_and_the_range_ends(void **state)
{
    (void)state;
    assert_true(half_round(2049.0F) == 2048.0F);
    assert_true(half_round(2051.0F) == 2052.0F);
    assert_true(half_round(2049.001F) == 2050.0F);
    assert_true(half_round(-2051.0F) == -2052.0F);
    assert_true(half_round(0.1F) == 0.0999755859375F);
    assert_true(half_round(0x1p-25F) == 0.0F);
    assert_true(half_round(0x1.8p-24F) == 0x1p-23F);
    assert_true(half_round(0x1.ff8p-15F) == 0x1.ff8p-15F);
    assert_true(half_round(0x1.ffep-15F) == 0x1p-14F);
    assert_true(half_round(65519.0F) == 65504.0F);
    assert_true(half_round(1e30F) == 65504.0F);
    assert_true(half_round(-HUGE_VALF) == -65504.0F);
    assert_int_equal(bits_of(half_round(-0.0F)), 0x80000000u);
    assert_int_equal(bits_of(half_round(-NAN)), 0x7fc00000u);
}

static void vector_code_gives_the_same_bits(void **state)
{
    (void)state;
    struct random random = {.state = 16};
    static float numbers[100003];
    static uint16_t plain[100003], vector[100003];
    const size_t count = sizeof numbers / sizeof numbers[0];
    for (size_t i = 0; i < count; i++) {
        uint32_t bits = (uint32_t)random_next(&random);
        if (i < count / 2)
            bits &= ~0x40000000u; /* within the range: packed 32 at a time */
        memcpy(&numbers[i], &bits, sizeof bits);
    }
    half_pack(numbers, count, false, plain);
    half_pack(numbers, count, cpu_has_half(), vector);
    assert_memory_equal(plain, vector, sizeof plain);
    half_unpack(plain, count, false, numbers);
    for (size_t i = 0; i < count; i++)
        assert_true(bits_of(half_round(numbers[i])) == bits_of(numbers[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_number_of_16_bits_comes_back),
        cmocka_unit_test(ties_go_to_even_and_the_range_ends),
        cmocka_unit_test(vector_code_gives_the_same_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
