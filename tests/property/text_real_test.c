/* text_real_test.c - numbers are read with the bits that strtod gives.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "base/text.h"

#define ROUNDS 300000

/* Up to 20 digits, with a point, a sign and an exponent at times. */
static void number_make(struct random *random, char text[64])
{
    size_t at = 0;
    uint64_t digits = 1 + random_below(random, 20);
    uint64_t point = random_below(random, 2 * digits);
    if (random_below(random, 4) == 0)
        text[at++] = '-';
    for (uint64_t i = 0; i < digits; i++) {
        if (i == point)
            text[at++] = '.';
        text[at++] = (char)('0' + random_below(random, 10));
    }
    text[at] = 0;
    if (random_below(random, 10) == 0)
        (void)snprintf(text + at, 8, "e%d", (int)random_below(random, 40) - 20);
}

static void numbers_have_the_bits_of_strtod(void **state)
{
    (void)state;
    struct random random = {.state = 161803};
    print_message("seed %llu\n", (unsigned long long)random.state);
    for (int round = 0; round < ROUNDS; round++) {
        char text[64];
        struct err err;
        double value;
        number_make(&random, text);
        double expected = strtod(text, NULL);
        assert_true(text_to_real(text, &value, &err));
        uint64_t bits, wanted;
        memcpy(&bits, &value, sizeof bits);
        memcpy(&wanted, &expected, sizeof wanted);
        if (bits != wanted)
            fail_msg("%s: %a, not %a", text, value, expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_have_the_bits_of_strtod),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
