/* arena_test.c - memory of one arena: zeroed, aligned, bounded, reused.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/arena.h"

#include <malloc.h>
#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"

static void memory_is_zeroed_aligned_and_disjoint(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, (size_t)1 << 24);
    struct random random = {.state = 7};
    for (int round = 0; round < 3; round++) {
        unsigned char *kept[200];
        size_t sizes[200];
        for (size_t i = 0; i < 200; i++) {
            sizes[i] = 1 + random_below(&random, i % 50 == 49 ? 100000 : 3000);
            const bool zeroed = i % 3 != 0;
            kept[i] =
                zeroed ? arena_try(&arena, sizes[i], 1) : arena_raw(&arena, sizes[i], 1);
            assert_non_null(kept[i]);
            assert_int_equal((uintptr_t)kept[i] % alignof(max_align_t), 0);
            for (size_t k = 0; zeroed && k < sizes[i]; k++)
                assert_int_equal(kept[i][k], 0);
            memset(kept[i], (int)(i + 1), sizes[i]);
        }
        for (size_t i = 0; i < 200; i++)
            for (size_t k = 0; k < sizes[i]; k++)
                assert_int_equal(kept[i][k], (unsigned char)(i + 1));
        arena_reset(&arena);
        assert_int_equal(arena.used, 0);
    }
    arena_release(&arena);
}

/* Beyond the first megabytes, where blocks are mapped. */
static void a_large_arena_is_as_a_small_one(void **state)
{
    (void)state;

    enum { PIECES = 5000, PIECE = 5000 };

    static unsigned char *kept[PIECES];
    struct arena arena;
    void *whole = NULL;
    struct err err;
    arena_init(&arena, (size_t)64 << 20);
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < PIECES; i++) {
            kept[i] = arena_try(&arena, PIECE, 1);
            assert_non_null(kept[i]);
            assert_int_equal((uintptr_t)kept[i] % alignof(max_align_t), 0);
            assert_true(kept[i][0] == 0 && kept[i][PIECE - 1] == 0);
            memset(kept[i], (int)(i + 1), PIECE);
        }
        assert_true(arena_take(&arena, (size_t)20 << 20, 1, &whole, &err));
        memset(whole, 0xff, (size_t)20 << 20);
        for (size_t i = 0; i < PIECES; i++)
            for (size_t k = 0; k < PIECE; k++)
                assert_int_equal(kept[i][k], (unsigned char)(i + 1));
        assert_null(arena_try(&arena, (size_t)30 << 20, 1));
        arena_reset(&arena);
    }
    arena_release(&arena);
    assert_null(arena.first);
}

static void the_limit_holds_and_a_reset_gives_it_back(void **state)
{
    (void)state;
    struct arena arena;
    struct err err;
    void *memory = &arena;
    arena_init(&arena, 1024);
    assert_non_null(arena_try(&arena, 1000, 1));
    assert_null(arena_try(&arena, 100, 1));
    assert_null(arena_raw(&arena, 100, 1));
    assert_false(arena_take(&arena, 100, 1, &memory, &err));
    assert_int_equal(err.code, E_LIMIT);
    assert_non_null(strstr(err.text, "1024"));
    assert_ptr_equal(memory, &arena);
    arena_reset(&arena);
    assert_true(arena_take(&arena, 1, 1024, &memory, &err));
    assert_ptr_not_equal(memory, &arena);
    assert_null(arena_try(&arena, 1, 1));
    arena_release(&arena);
    assert_non_null(arena_try(&arena, 1024, 1));
    arena_release(&arena);
}

static void sizes_that_overflow_are_refused(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    assert_null(arena_try(&arena, SIZE_MAX, 2));
    assert_null(arena_try(&arena, SIZE_MAX / 2 + 1, 2));
    assert_null(arena_try(&arena, SIZE_MAX, 1));
    assert_null(arena_try(&arena, 1, SIZE_MAX - 3));
    assert_int_equal(arena.used, 0);
    arena_release(&arena);
}

static void nothing_asked_is_still_a_place_of_its_own(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1000);
    const char *a = arena_try(&arena, 0, 8);
    const char *b = arena_try(&arena, 8, 0);
    assert_non_null(a);
    assert_non_null(b);
    assert_ptr_not_equal(a, b);
    arena_release(&arena);
}

static void a_text_is_copied_with_its_end(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 64);
    char text[] = "spill 7";
    const char *copy = arena_text(&arena, text);
    text[0] = 'x';
    assert_string_equal(copy, "spill 7");
    assert_null(
        arena_text(&arena, "a text that has more characters than the arena still has"));
    arena_release(&arena);
}

/* mallinfo2 counts the bytes that the heap has given: no call of malloc, no change. */
static void after_the_first_events_the_heap_is_not_asked(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, (size_t)1 << 24);
    size_t before = 0;
    for (int event = 0; event < 100; event++) {
        for (size_t i = 0; i < 100; i++)
            assert_non_null(arena_try(&arena, 1 + i * 37, 17));
        arena_reset(&arena);
        struct mallinfo2 heap = mallinfo2();
        if (event == 0)
            before = heap.uordblks + heap.hblkhd;
        assert_int_equal(heap.uordblks + heap.hblkhd, before);
    }
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_aligned_and_disjoint),
        cmocka_unit_test(a_large_arena_is_as_a_small_one),
        cmocka_unit_test(the_limit_holds_and_a_reset_gives_it_back),
        cmocka_unit_test(sizes_that_overflow_are_refused),
        cmocka_unit_test(nothing_asked_is_still_a_place_of_its_own),
        cmocka_unit_test(a_text_is_copied_with_its_end),
        cmocka_unit_test(after_the_first_events_the_heap_is_not_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
