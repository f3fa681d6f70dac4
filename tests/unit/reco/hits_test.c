/* hits_test.c - the numbers that are not zero, each with its place.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "reco/hits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "reco/nonzero.h"

#define ROWS  6
#define WIDTH 72 /* of ECAL_ene */

static void put(struct reco_table *table, uint32_t row, uint32_t cell, float number)
{
    reco_f32(table, RECO_ECAL_ENE, row)[cell] = number;
}

/* Rows of none, of one, of more than four close together, and at the ends of words. */
static void hits_are_all_numbers_in_their_order(void **state)
{
    (void)state;
    static const struct hit wanted[] = {{1 * WIDTH + 0, 1, 0},   {1 * WIDTH + 63, 1, 63},
                                        {1 * WIDTH + 64, 1, 64}, {1 * WIDTH + 71, 1, 71},
                                        {3 * WIDTH + 5, 3, 5},   {3 * WIDTH + 6, 3, 6},
                                        {3 * WIDTH + 7, 3, 7},   {3 * WIDTH + 8, 3, 8},
                                        {3 * WIDTH + 9, 3, 9},   {3 * WIDTH + 62, 3, 62}};
    const uint32_t count = sizeof wanted / sizeof *wanted;
    struct hits *hits = malloc(sizeof *hits);
    struct reco_table table;
    assert_int_equal(reco_column_infos[RECO_ECAL_ENE].width, WIDTH);
    reco_table_init(&table, ROWS);
    table.rows = ROWS;
    for (uint32_t i = 0; i < count; i++)
        put(&table, wanted[i].row, wanted[i].cell, 0.5f);
    put(&table, 3, 9, -0.0f); /* its bits are not 0 */
    put(&table, 0, 3, 1.0f);  /* rows outside */
    put(&table, 5, 3, 1.0f);
    hits_find(hits, &table, RECO_ECAL_ENE, 1, 5);
    assert_int_equal(hits->count, count);
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(hits->list[i].at, wanted[i].at);
        assert_int_equal(hits->list[i].row, wanted[i].row);
        assert_int_equal(hits->list[i].cell, wanted[i].cell);
    }
    hits_find(hits, &table, RECO_ECAL_ENE, 2, 3);
    assert_int_equal(hits->count, 0);
    hits_find(hits, &table, RECO_ECAL_ENE, 4, 4);
    assert_int_equal(hits->count, 0);
    reco_table_release(&table);
    free(hits);
}

static void as_many_hits_as_can_be_are_found(void **state)
{
    (void)state;
    struct hits *hits = malloc(sizeof *hits);
    struct reco_table table;
    reco_table_init(&table, HITS_ROWS);
    table.rows = HITS_ROWS;
    for (uint32_t row = 0; row < HITS_ROWS; row++)
        for (uint32_t cell = 0; cell < WIDTH; cell++)
            put(&table, row, cell, 1.0f);
    hits_find(hits, &table, RECO_ECAL_ENE, 0, HITS_ROWS);
    assert_int_equal(hits->count, HITS_ROWS * WIDTH);
    for (uint32_t i = 0; i < hits->count; i++)
        assert_int_equal(hits->list[i].at, i);
    reco_table_release(&table);
    free(hits);
}

/* Each place of rows of each length, with the numbers that are easily taken for zero. */
static void a_bit_for_each_number_that_is_not_zero(void **state)
{
    (void)state;
    static const float small[] = {1e-45f, -0.0f, -1e-45f, 1.0f};
    float numbers[65] = {0.0f};
    for (uint32_t count = 0; count <= 64; count++) {
        assert_true(nonzero_bits(numbers, count) == 0);
        for (uint32_t place = 0; place <= 64; place++) {
            numbers[place] = small[place % 4];
            uint64_t wanted = place < count ? (uint64_t)1 << place : 0;
            assert_true(nonzero_bits(numbers, count) == wanted);
            numbers[place] = 0.0f;
        }
    }
    for (uint32_t place = 0; place < 64; place++)
        numbers[place] = 2.0f;
    assert_true(nonzero_bits(numbers, 64) == UINT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hits_are_all_numbers_in_their_order),
        cmocka_unit_test(as_many_hits_as_can_be_are_found),
        cmocka_unit_test(a_bit_for_each_number_that_is_not_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
