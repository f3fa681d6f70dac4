/* table_test.c - columns and quantities are what their descriptions say.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "model/quantity.h"
#include "model/reco_table.h"

static void column_names_are_unique_and_shapes_fill_their_width(void **state)
{
    (void)state;
    for (int i = 0; i < RECO_COLUMN_COUNT; i++) {
        const struct reco_column_info *info = &reco_column_infos[i];
        unsigned width = 1;
        for (int d = 0; d < 3; d++) {
            assert_true(info->shape[d] >= 1);
            assert_true(d < info->rank || info->shape[d] == 1);
            width *= info->shape[d];
        }
        assert_int_equal(width, info->width);
        assert_null(strpbrk(info->name, "\t\n "));
        assert_null(strpbrk(info->meaning, "\t\n"));
        for (int j = 0; j < i; j++)
            assert_string_not_equal(info->name, reco_column_infos[j].name);
    }
}

static void rows_are_zero_when_added_and_do_not_overlap(void **state)
{
    (void)state;
    struct reco_table table;
    reco_table_init(&table, 3);
    for (uint32_t round = 0; round < 2; round++) {
        table.rows = 0;
        for (uint32_t r = 0; r < 3; r++) {
            assert_int_equal(reco_table_add(&table), r);
            assert_int_equal(reco_u32(&table, RECO_RUN, r)[0], 0);
            assert_true(reco_f32(&table, RECO_ECAL_ENE, r)[71] == 0);
            reco_u32(&table, RECO_RUN, r)[0] = 9000 + r;
            reco_f32(&table, RECO_ECAL_ENE, r)[71] = (float)r + 0.5f;
            reco_u8(&table, RECO_HCAL_FLAGS, r)[35] = (uint8_t)(r + 1);
        }
        for (uint32_t r = 0; r < 3; r++) {
            assert_int_equal(reco_u32(&table, RECO_RUN, r)[0], 9000 + r);
            assert_true(reco_f32(&table, RECO_ECAL_ENE, r)[71] == (float)r + 0.5f);
            assert_int_equal(reco_u8(&table, RECO_HCAL_FLAGS, r)[35], r + 1);
        }
    }
    reco_table_release(&table);
}

static void quantities_are_found_by_their_names_only(void **state)
{
    (void)state;
    for (int i = 0; i < QUANTITY_COUNT; i++) {
        enum quantity found;
        assert_true(quantity_find(quantity_name((enum quantity)i), &found));
        assert_int_equal(found, i);
    }
    assert_false(quantity_find("ecal", NULL));
    assert_false(quantity_find("", NULL));
    assert_false(quantity_find("ECAL_GEV", NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(column_names_are_unique_and_shapes_fill_their_width),
        cmocka_unit_test(rows_are_zero_when_added_and_do_not_overlap),
        cmocka_unit_test(quantities_are_found_by_their_names_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
