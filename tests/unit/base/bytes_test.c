/* bytes_test.c - the growing buffer keeps its limit; words have one byte order.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void a_buffer_grows_and_keeps_what_it_has(void **state)
{
    (void)state;
    struct bytes bytes;
    struct err err;
    bytes_init(&bytes, 100000);
    for (unsigned i = 0; i < 100000; i++) {
        uint8_t byte = (uint8_t)(i * 7);
        assert_true(bytes_append(&bytes, &byte, 1, &err));
        assert_true(bytes.size <= bytes.capacity && bytes.capacity <= bytes.limit);
    }
    for (unsigned i = 0; i < 100000; i++)
        assert_int_equal(bytes.data[i], (uint8_t)(i * 7));
    bytes_release(&bytes);
    assert_null(bytes.data);
    assert_int_equal(bytes.limit, 100000);
}

static void an_append_beyond_the_limit_changes_nothing(void **state)
{
    (void)state;
    struct bytes bytes;
    struct err err;
    bytes_init(&bytes, 5);
    assert_true(bytes_append(&bytes, "abc", 3, &err));
    assert_false(bytes_append(&bytes, "def", 3, &err));
    assert_int_equal(err.code, E_LIMIT);
    assert_false(bytes_append(&bytes, "x", SIZE_MAX, &err));
    assert_int_equal(bytes.size, 3);
    assert_memory_equal(bytes.data, "abc", 3);
    assert_true(bytes_append(&bytes, "de", 2, &err));
    assert_memory_equal(bytes.data, "abcde", 5);
    assert_false(bytes_append(&bytes, "f", 1, &err));
    bytes_release(&bytes);
}

static void a_cleared_buffer_is_empty_and_keeps_its_memory(void **state)
{
    (void)state;
    struct bytes bytes;
    struct err err;
    bytes_init(&bytes, 1000);
    assert_true(bytes_append(&bytes, "abc", 3, &err));
    const uint8_t *data = bytes.data;
    bytes_clear(&bytes);
    assert_int_equal(bytes.size, 0);
    assert_true(bytes_append(&bytes, "z", 1, &err));
    assert_ptr_equal(bytes.data, data);
    bytes_release(&bytes);
}

static void an_expected_size_is_no_limit_and_respects_the_limit(void **state)
{
    (void)state;
    const size_t large = (size_t)2 << 20;
    struct bytes bytes;
    struct err err;
    bytes_init(&bytes, 4 * large);
    bytes_expect(&bytes, 1000);
    assert_null(bytes.data); /* not worth it */
    bytes_expect(&bytes, large + 1);
    assert_non_null(bytes.data);
    assert_int_equal((uintptr_t)bytes.data % large, 0);
    assert_int_equal(bytes.size, 0);
    assert_int_equal(bytes.capacity, 2 * large);
    const uint8_t *data = bytes.data;
    bytes_expect(&bytes, 3 * large); /* it has memory */
    assert_ptr_equal(bytes.data, data);
    for (unsigned i = 0; i < 3 * large / sizeof i; i++)
        assert_true(bytes_append(&bytes, &i, sizeof i, &err));
    for (unsigned i = 0; i < 3 * large / sizeof i; i++)
        assert_memory_equal(bytes.data + i * sizeof i, &i, sizeof i);
    bytes_release(&bytes);
    bytes_init(&bytes, large + 1);
    bytes_expect(&bytes, large + 1); /* whole pages would be above the limit */
    assert_null(bytes.data);
    bytes_expect(&bytes, SIZE_MAX);
    assert_null(bytes.data);
    bytes_release(&bytes);
}

static void nothing_may_be_appended_to_a_buffer_without_memory(void **state)
{
    (void)state;
    struct bytes bytes;
    struct err err;
    uint8_t *place = NULL;
    bytes_init(&bytes, 0);
    assert_true(bytes_append(&bytes, NULL, 0, &err));
    assert_true(bytes_reserve(&bytes, 0, &place, &err));
    assert_int_equal(bytes.size, 0);
    assert_false(bytes_reserve(&bytes, 1, &place, &err));
    bytes_release(&bytes);
}

static void large_memory_lies_on_large_pages(void **state)
{
    (void)state;
    const size_t large = (size_t)2 << 20;
    uint32_t *few = mem_large(3, sizeof *few);
    few[2] = 7;
    free(few);
    uint64_t *many = mem_large(large, sizeof *many);
    assert_int_equal((uintptr_t)many % large, 0);
    many[0] = 1;
    many[large - 1] = 2;
    many = mem_grow(many, 2 * large, sizeof *many);
    assert_int_equal(many[0] + many[large - 1], 3);
    many[2 * large - 1] = 3;
    free(many);
}

static void memory_of_no_elements_is_still_memory(void **state)
{
    (void)state;
    uint32_t *words = mem_new(0, sizeof *words);
    assert_non_null(words);
    words = mem_grow(words, 3, sizeof *words);
    words[2] = 5;
    free(words);
    char *text = mem_text("spill");
    assert_string_equal(text, "spill");
    free(text);
}

static void words_are_read_and_written_in_the_named_order(void **state)
{
    (void)state;
    static const uint8_t raw[8] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef};
    assert_int_equal(le16_load(raw), 0x2301);
    assert_int_equal(le16_load(raw + 6), 0xefcd);
    assert_int_equal(le32_load(raw + 4), 0xefcdab89u);
    assert_true(le64_load(raw) == 0xefcdab8967452301u);
    assert_int_equal(be32_load(raw + 4), 0x89abcdefu);
    assert_true(be64_load(raw) == 0x0123456789abcdefu);
    uint8_t out[9] = {0}; /* stores need no alignment */
    le32_store(out + 1, 0xefcdab89u);
    assert_memory_equal(out + 1, raw + 4, 4);
    le64_store(out + 1, 0xefcdab8967452301u);
    assert_memory_equal(out + 1, raw, 8);
    be32_store(out + 1, 0x89abcdefu);
    assert_memory_equal(out + 1, raw + 4, 4);
    be64_store(out + 1, 0x0123456789abcdefu);
    assert_memory_equal(out + 1, raw, 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_buffer_grows_and_keeps_what_it_has),
        cmocka_unit_test(an_append_beyond_the_limit_changes_nothing),
        cmocka_unit_test(a_cleared_buffer_is_empty_and_keeps_its_memory),
        cmocka_unit_test(an_expected_size_is_no_limit_and_respects_the_limit),
        cmocka_unit_test(nothing_may_be_appended_to_a_buffer_without_memory),
        cmocka_unit_test(large_memory_lies_on_large_pages),
        cmocka_unit_test(memory_of_no_elements_is_still_memory),
        cmocka_unit_test(words_are_read_and_written_in_the_named_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
