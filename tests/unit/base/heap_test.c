/* heap_test.c - what was freed is there again, without a fault of its pages.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/resource.h>

#include <cmocka.h>

#include "base/heap.h"

#if defined(__has_feature)
#    if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#        define SANITIZED
#    endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#    define SANITIZED /* has a heap of its own */
#endif

#define BLOCKS 12u
#define SIZE   ((size_t)5 << 19) /* of a column's room; 30 MB in all */
#define PAGE   4096u

static long faults(void)
{
    struct rusage usage;
    assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
    return usage.ru_minflt;
}

/* Takes the memory of a task, touches it and gives it back; how many faults it took. */
static long task_do(void)
{
    uint8_t *blocks[BLOCKS];
    long before = faults();
    for (uint32_t i = 0; i < BLOCKS; i++) {
        blocks[i] = malloc(SIZE);
        assert_non_null(blocks[i]);
        for (size_t at = 0; at < SIZE; at += PAGE)
            *(volatile uint8_t *)&blocks[i][at] = 1;
    }
    for (uint32_t i = 0; i < BLOCKS; i++)
        free(blocks[i]);
    return faults() - before;
}

static void the_next_task_takes_no_new_pages(void **state)
{
    (void)state;
#ifdef SANITIZED
    print_message("SKIPPED: sanitizers have a heap of their own\n");
    skip();
#endif
    heap_prepare();
    (void)task_do();
    assert_in_range(task_do(), 0, 64);
}

/* Where it has to be cleared and is hardly used, fresh memory is cheaper. */
static void large_blocks_are_fresh(void **state)
{
    (void)state;
    const size_t size = (size_t)16 << 20;
#ifdef SANITIZED
    print_message("SKIPPED: sanitizers have a heap of their own\n");
    skip();
#endif
    for (int i = 0; i < 2; i++) {
        long before = faults();
        uint8_t *block = calloc(size, 1);
        assert_non_null(block);
        *(volatile uint8_t *)block = 1;
        assert_in_range(faults() - before, 0, 64);
        free(block);
    }
}

#define SMALL 16000u
#define FEW   (SMALL / 4) /* faults; a page each were four times as many */

static bool has_large_pages(void)
{
    char modes[64] = "";
    FILE *file = fopen("/sys/kernel/mm/transparent_hugepage/enabled", "re");
    if (file == NULL)
        return false;
    bool read = fgets(modes, sizeof modes, file) != NULL;
    (void)fclose(file);
    return read && strstr(modes, "[never]") == NULL;
}

static void what_was_expected_lies_on_large_pages(void **state)
{
    (void)state;
    static uint8_t *blocks[SMALL];
#ifdef SANITIZED
    print_message("SKIPPED: sanitizers have a heap of their own\n");
    skip();
#endif
    if (!has_large_pages()) {
        print_message("SKIPPED: this kernel has no large pages\n");
        skip();
    }
    heap_expect((size_t)SMALL * PAGE + SMALL);
    long before = faults();
    for (uint32_t i = 0; i < SMALL; i++) {
        blocks[i] = malloc(PAGE);
        assert_non_null(blocks[i]);
        *(volatile uint8_t *)blocks[i] = 1;
        *(volatile uint8_t *)(blocks[i] + PAGE - 1) = 1;
    }
    assert_in_range(faults() - before, 0, FEW);
    for (uint32_t i = 0; i < SMALL; i++)
        free(blocks[i]);
    heap_settle();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_next_task_takes_no_new_pages),
        cmocka_unit_test(large_blocks_are_fresh),
        cmocka_unit_test(what_was_expected_lies_on_large_pages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
