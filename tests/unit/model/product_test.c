/* product_test.c - a part is named by its first key and its token, both ways.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "model/product.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void a_part_name_shows_key_and_token(void **state)
{
    (void)state;
    char name[PRODUCT_FILE];
    uint64_t token = 0;
    struct sha256 key = sha256_of("abc", 3);
    part_name(&key, 0x00ab00000000ffffu, name);
    assert_string_equal(name,
                        "parts/ba/"
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
                        ".00ab00000000ffff");
    assert_true(part_name_token(name, &token));
    assert_true(token == 0x00ab00000000ffffu);
    part_name(&key, UINT64_MAX, name);
    assert_true(part_name_token(name, &token));
    assert_true(token == UINT64_MAX);
}

static void other_names_have_no_token(void **state)
{
    (void)state;
    static const char *const names[] = {"",
                                        "parts",
                                        "parts/ab/cd",
                                        "x.00ab00000000fff",
                                        "x.00ab00000000fffg",
                                        "x.00AB00000000FFFF",
                                        "x.00ab00000000ffff.tmp-12"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        uint64_t token = 42;
        assert_false(part_name_token(names[i], &token));
        assert_int_equal(token, 42);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_part_name_shows_key_and_token),
        cmocka_unit_test(other_names_have_no_token),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
