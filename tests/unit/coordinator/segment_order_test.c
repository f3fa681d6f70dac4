/* segment_order_test.c - the order of identities is that of segment_id_compare.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/segment_order.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/random.h"

#define MOST 3000u

/* Between others, as in the rows of a core. */
struct row {
    uint64_t before;
    struct segment_id id;
    uint32_t behind;
};

static void must_be_ordered(const struct row *rows, uint32_t count)
{
    static uint32_t order[MOST];
    segment_order(&rows[0].id, sizeof rows[0], count, order);
    for (uint32_t i = 1; i < count; i++) {
        int difference = segment_id_compare(&rows[order[i - 1]].id, &rows[order[i]].id);
        assert_true(order[i] < count);
        assert_true(difference < 0 || (difference == 0 && order[i - 1] < order[i]));
    }
    if (count > 0)
        assert_true(order[0] < count);
}

/* Numbers up to a limit that every byte of them is used under. */
static void any_identities_are_ordered(void **state)
{
    (void)state;
    static struct row rows[MOST];
    static const uint32_t limits[] = {1, 2, 7, 300, 70000, UINT32_MAX};
    struct random random = {.state = 5};
    for (size_t run = 0; run < 6; run++)
        for (size_t other = 0; other < 6; other++) {
            for (uint32_t i = 0; i < MOST; i++) {
                uint64_t dice = random_next(&random);
                rows[i].id = (struct segment_id){
                    .chunk = {.run = (uint32_t)dice % limits[run],
                              .builder = (uint16_t)((dice >> 32) % limits[other]),
                              .number = (uint16_t)((dice >> 48) % limits[other])},
                    .ordinal = (uint32_t)random_next(&random) % limits[other]};
            }
            must_be_ordered(rows, MOST);
        }
}

static void a_plan_is_ordered_run_by_run(void **state)
{
    (void)state;
    static struct row rows[MOST];
    for (uint32_t i = 0; i < MOST; i++) /* runs of 700, ten builders, 35 spills a chunk */
        rows[i].id =
            (struct segment_id){.chunk = {.run = 9000 + i / 700,
                                          .builder = (uint16_t)(i % 10),
                                          .number = (uint16_t)(1 + i % 700 / 350)},
                                .ordinal = i % 350 / 10};
    must_be_ordered(rows, MOST);
    must_be_ordered(rows, 701);
}

static void few_are_ordered(void **state)
{
    (void)state;
    struct row rows[2] = {{.id = {.ordinal = 5}}, {.id = {.ordinal = 4}}};
    must_be_ordered(rows, 0);
    must_be_ordered(rows, 1);
    must_be_ordered(rows, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_identities_are_ordered),
        cmocka_unit_test(a_plan_is_ordered_run_by_run),
        cmocka_unit_test(few_are_ordered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
