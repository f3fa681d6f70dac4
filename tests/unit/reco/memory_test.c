/* memory_test.c - decoding, reconstructing and selecting an event allocates nothing.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "tests/unit/reco/made.h"

#include "reco/selection.h"

#if defined(__has_feature)
#    if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#        define SANITIZED
#    endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#    define SANITIZED
#endif

static uint64_t allocations;

#ifndef SANITIZED
/* NOLINTBEGIN(readability-identifier-naming,bugprone-reserved-identifier): glibc's */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);

/* NOLINTEND(readability-identifier-naming,bugprone-reserved-identifier) */

void *malloc(size_t size)
{
    allocations++;
    return __libc_malloc(size);
}

void *calloc(size_t nmemb, size_t size)
{
    allocations++;
    return __libc_calloc(nmemb, size);
}

void *realloc(void *ptr, size_t size)
{
    allocations++;
    return __libc_realloc(ptr, size);
}
#endif

/* The S-Link words of every detector's digits, one block a source. */
static uint32_t words_make(struct made *made, struct bytes words[16])
{
    struct err err;
    uint32_t count = made->setup->detector_count;
    for (uint32_t d = 0; d < count; d++) {
        const struct setup_detector *detector = &made->setup->detectors[d];
        sadc_digits_clear(&made->digits);
        for (uint32_t c = 0; c < (uint32_t)detector->nx * detector->ny; c++)
            made_hit(made, detector->name, c,
                     detector->part == PART_COUNTER ? 150.0 : 160.0, 500.0);
        bytes_init(&words[d], 1 << 20);
        assert_true(
            sadc_encode(&made->digits, 0, made->digits.count, 1, &words[d], &err));
    }
    return count;
}

static void events_after_the_first_allocate_nothing(void **state)
{
    (void)state;
    struct err err;
    struct made made;
    struct reco_table table;
    struct bytes words[16];
    struct event_counts counts = {0};
    struct cut_flow flow = {0};
    struct recipe recipe = {.reconstruct = true, .skim_count = 1};
    recipe.skims[0] = (struct skim){.name = "s",
                                    .kind = SKIM_CUTS,
                                    .event_types = 1u << 7,
                                    .cut_count = 1,
                                    .cuts = {{"ecal_gev", 1.0, 10000.0}}};
    struct selection selection;
    assert_true(selection_make(&recipe, &selection, &err));
    made_init(&made);
    assert_true(made_calibrate(&made, &err));
    reco_table_init(&table, 64);
    uint32_t block_count = words_make(&made, words);
    uint64_t before = 0;
    for (uint32_t e = 0; e < 500; e++) {
        if (e == 1)
            before = allocations;
        if (table.rows == table.capacity)
            table.rows = 0;
        struct faults faults = {0};
        sadc_digits_clear(&made.digits);
        for (uint32_t b = 0; b < block_count; b++) {
            struct slink_block block = {.source = (uint16_t)(600 + b),
                                        .event_type = 7,
                                        .event = 1,
                                        .words = words[b].data,
                                        .count = (uint32_t)(words[b].size / 4)};
            (void)sadc_decode(&block, &made.digits, &faults);
        }
        struct event_head head = {.run = 9000, .spill = 1, .event = e, .type = 7};
        event_reconstruct(&made.calibration, &head, &made.digits, &table, &counts);
        struct selection_event event = {9000, 1, e, 7, &table, table.rows - 1};
        (void)selection_keeps(&selection, 0, &event, &flow);
    }
    uint64_t after = allocations;
    assert_int_equal(after, before);
    assert_int_equal(counts.events, 500);
    assert_int_equal(counts.no_master, 0);
    assert_int_equal(flow.kept, 500);
    for (uint32_t b = 0; b < block_count; b++)
        bytes_release(&words[b]);
    reco_table_release(&table);
    made_release(&made);
#ifdef SANITIZED
    print_message("allocations are not counted under a sanitizer\n");
#else
    assert_true(before > 0);
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_after_the_first_allocate_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
