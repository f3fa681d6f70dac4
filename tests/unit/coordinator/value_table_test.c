/* value_table_test.c - values and sets are kept once, and found by what they are.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/value_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct effective effective_of(const char *type, uint8_t content,
                                     enum fallback level)
{
    struct effective effective = {.level = level};
    memcpy(effective.type, type, strlen(type) + 1);
    effective.value.bytes[31] = content; /* the hash looks at the first bytes only */
    return effective;
}

static void a_value_is_its_type_hash_and_level(void **state)
{
    (void)state;
    struct value_table table;
    bool added;
    value_table_init(&table);
    const struct effective values[] = {
        effective_of("a", 1, FALLBACK_EXACT), effective_of("a", 2, FALLBACK_EXACT),
        effective_of("b", 1, FALLBACK_EXACT), effective_of("a", 1, FALLBACK_RUN_MEAN)};
    for (uint32_t round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < 4; i++) {
            assert_int_equal(value_table_add(&table, &values[i], NULL, 9, &added), i);
            assert_int_equal(added, round == 0);
        }
    }
    assert_int_equal(table.count, 4);
    value_table_release(&table);
}

static void small_rows_stand_inline_and_large_ones_do_not(void **state)
{
    (void)state;
    struct value_table table;
    struct bytes row;
    struct err err;
    uint8_t *place;
    bool added;
    value_table_init(&table);
    bytes_init(&row, 1 << 20);
    assert_true(bytes_append(&row, "row", 3, &err));
    struct effective one = effective_of("a", 1, FALLBACK_EXACT);
    struct effective two = effective_of("a", 2, FALLBACK_EXACT);
    uint32_t small = value_table_add(&table, &one, &row, 3, &added);
    assert_true(bytes_reserve(&row, VALUE_INLINE, &place, &err));
    memset(place, 'x', VALUE_INLINE);
    row.size += VALUE_INLINE;
    uint32_t large = value_table_add(&table, &two, &row, row.size, &added);
    assert_memory_equal(table.values[small].inlined, "row", 3);
    assert_null(table.values[large].inlined);
    bytes_release(&row);
    value_table_release(&table);
}

static void sets_are_kept_once_and_the_empty_one_is_number_0(void **state)
{
    (void)state;
    struct value_table table;
    value_table_init(&table);
    for (uint32_t round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < 1000; i++) {
            const uint32_t values[] = {i, i + 1, 7};
            assert_int_equal(value_table_set(&table, values, 3), 1 + 2 * i);
            assert_int_equal(value_table_set(&table, values, 2), 2 + 2 * i);
        }
    }
    assert_int_equal(value_table_set(&table, NULL, 0), 0);
    assert_int_equal(table.set_count, 2001);
    assert_int_equal(table.items[table.sets[3].first], 1);
    value_table_release(&table);
}

static void numbers_with_one_hash_are_all_found(void **state)
{
    (void)state;
    struct number_index index;
    size_t place = 0;
    uint32_t number;
    uint32_t sum = 0;
    number_index_init(&index);
    assert_false(number_index_next(&index, 5, &place, &number));
    for (uint32_t i = 0; i < 500; i++)
        number_index_add(&index, i % 5 == 0 ? 5 : (uint64_t)i << 32, i);
    while (number_index_next(&index, 5, &place, &number))
        sum += number;
    assert_int_equal(sum, 5 * 99 * 100 / 2);
    place = 0;
    assert_true(number_index_next(&index, (uint64_t)499 << 32, &place, &number));
    assert_int_equal(number, 499);
    assert_false(number_index_next(&index, (uint64_t)499 << 32, &place, &number));
    number_index_release(&index);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_is_its_type_hash_and_level),
        cmocka_unit_test(small_rows_stand_inline_and_large_ones_do_not),
        cmocka_unit_test(sets_are_kept_once_and_the_empty_one_is_number_0),
        cmocka_unit_test(numbers_with_one_hash_are_all_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
