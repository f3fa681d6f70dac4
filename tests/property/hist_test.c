/* hist_test.c - sums of histograms do not depend on how events are cut, or on the order.
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
#include "output/hist_bytes.h"
#include "reco/quality.h"

#define EVENTS 60
#define CUTS   8
#define PARTS  7

static uint64_t seed_of_test(void)
{
    const char *text = getenv("PROPERTY_SEED");
    uint64_t seed = text != NULL ? strtoull(text, NULL, 10) : 20240607;
    print_message("PROPERTY_SEED=%llu\n", (unsigned long long)seed);
    return seed;
}

/* Numbers of every size, inside and outside of the axes. */
static void events_make(struct reco_table *table, struct random *random)
{
    reco_table_init(table, EVENTS);
    for (uint32_t row = 0; row < EVENTS; row++) {
        (void)reco_table_add(table);
        for (int c = 0; c < RECO_COLUMN_COUNT; c++)
            for (uint32_t i = 0; i < reco_column_infos[c].width; i++)
                if (reco_column_infos[c].type == RECO_F32)
                    reco_f32(table, (enum reco_column)c, row)[i] =
                        (float)(random_unit(random) * 300.0 - 50.0);
                else if (reco_column_infos[c].type == RECO_U8)
                    reco_u8(table, (enum reco_column)c, row)[i] =
                        (uint8_t)random_below(random, 64);
        *reco_u8(table, RECO_TYPE, row) = random_below(random, 4) == 0 ? 8 : 7;
        *reco_u32(table, RECO_FLAGS, row) = (uint32_t)random_below(random, 128);
        *reco_u32(table, RECO_TRIGGER, row) = (uint32_t)random_next(random);
    }
}

static void payload_of(const struct hist_set *set, struct bytes *payload)
{
    struct err err;
    bytes_init(payload, HIST_BYTES_LIMIT);
    assert_true(hist_write(set, payload, &err));
}

/* Events at random to PARTS payloads, which are added up in a random order. */
static void cut_and_add(struct reco_table *table, struct random *random,
                        struct bytes *whole)
{
    struct err err;
    struct hist_set sets[PARTS];
    struct hist_set sum;
    uint32_t order[PARTS];
    for (uint32_t p = 0; p < PARTS; p++) {
        hist_set_init(&sets[p]);
        assert_true(hist_table_make(&sets[p], &err));
        order[p] = p;
    }
    for (uint32_t first = 0; first < EVENTS;) {
        uint32_t rows = 1 + (uint32_t)random_below(random, 20);
        rows = rows < EVENTS - first ? rows : EVENTS - first;
        struct reco_table piece = {.rows = rows};
        for (int c = 0; c < RECO_COLUMN_COUNT; c++)
            piece.data[c] =
                (uint8_t *)table->data[c] + (size_t)first * reco_column_infos[c].width *
                                                reco_type_size(reco_column_infos[c].type);
        quality_add(&sets[random_below(random, PARTS - 1)], &piece); /* one is empty */
        first += rows;
    }
    hist_set_init(&sum);
    for (uint32_t p = PARTS; p-- > 0;) {
        uint32_t other = (uint32_t)random_below(random, p + 1);
        uint32_t part = order[other];
        order[other] = order[p];
        struct bytes payload;
        payload_of(&sets[part], &payload);
        assert_true(hist_read(payload.data, payload.size, "part", &sum, &err));
        bytes_release(&payload);
        hist_set_release(&sets[part]);
    }
    payload_of(&sum, whole);
    hist_set_release(&sum);
}

static void any_cut_and_order_gives_the_same_bytes(void **state)
{
    (void)state;
    struct random random = {seed_of_test()};
    struct reco_table table;
    struct bytes first;
    events_make(&table, &random);
    cut_and_add(&table, &random, &first);
    assert_true(first.size > 10000);
    for (int i = 0; i < CUTS; i++) {
        struct bytes next;
        cut_and_add(&table, &random, &next);
        assert_int_equal(next.size, first.size);
        assert_memory_equal(next.data, first.data, first.size);
        bytes_release(&next);
    }
    bytes_release(&first);
    reco_table_release(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_cut_and_order_gives_the_same_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
