/* window_test.c - a window shows the bytes of its file wherever it slides.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/random.h"
#include "raw/window.h"

#define FILE_BYTES (3 * WINDOW_BYTES + 1237)
#define PAGE_BYTES 4096u

static uint8_t *content;
static int fd;

static int start(void **state)
{
    (void)state;
    char path[] = "/tmp/window_test.XXXXXX";
    struct random random = {.state = 99};
    content = malloc(FILE_BYTES);
    for (size_t i = 0; i < FILE_BYTES; i++)
        content[i] = (uint8_t)random_below(&random, 256);
    fd = mkstemp(path);
    if (fd < 0 || unlink(path) != 0)
        return 1;
    return write(fd, content, FILE_BYTES) == (ssize_t)FILE_BYTES ? 0 : 1;
}

static int stop(void **state)
{
    (void)state;
    free(content);
    return close(fd);
}

/* Slides to `at` and looks at all that is seen then. */
static void look(struct window *window, size_t at)
{
    struct err err;
    const size_t left = FILE_BYTES - at, least = WINDOW_BYTES - PAGE_BYTES;
    assert_true(window_slide(window, at, &err));
    assert_true(window->at <= at && at - window->at < PAGE_BYTES);
    assert_true(window_left(window, at) >= (left < least ? left : least));
    assert_true(window->at + window->size <= FILE_BYTES);
    assert_memory_equal(window->data, content + window->at, window->size);
}

static void steps_of_any_size_show_the_file(void **state)
{
    (void)state;
    struct random random = {.state = 7};
    for (size_t most = 8; most <= 2 * WINDOW_BYTES; most *= 4) {
        struct window window;
        struct err err;
        assert_true(window_init(&window, fd, "file", &err));
        size_t at = 0;
        look(&window, 0);
        for (int step = 0; step < 40; step++) {
            /* most often near the end of what is seen, as those who read in order do */
            const size_t end = (size_t)(window.at + window.size);
            const size_t back = (size_t)random_below(&random, most);
            at = random_below(&random, 4) == 0 ? (size_t)random_below(&random, FILE_BYTES)
                                               : end - (back < end ? back : end);
            look(&window, at < FILE_BYTES ? at : FILE_BYTES - 1);
        }
        window_release(&window);
    }
}

static void the_last_bytes_are_seen(void **state)
{
    (void)state;
    struct window window;
    struct err err;
    const uint8_t *peeked = NULL;
    assert_true(window_init(&window, fd, "file", &err));
    look(&window, FILE_BYTES - 1);
    look(&window, FILE_BYTES - 2);
    look(&window, 0);
    look(&window, WINDOW_BYTES); /* just behind what is seen */
    look(&window, 0);
    assert_true(window_peek(&window, FILE_BYTES - 5, 5, &peeked, &err));
    assert_memory_equal(peeked, content + FILE_BYTES - 5, 5);
    assert_int_equal(window.at, 0);
    window_release(&window);
}

static void a_file_that_shrank_is_an_error(void **state)
{
    (void)state;
    struct window window;
    struct err err;
    assert_true(window_init(&window, fd, "file", &err));
    look(&window, 0);
    assert_int_equal(ftruncate(fd, WINDOW_BYTES + 5), 0);
    assert_false(window_slide(&window, WINDOW_BYTES - 3, &err));
    assert_int_equal(err.code, E_DISK_READ);
    assert_int_equal(window_left(&window, WINDOW_BYTES - 3), 0);
    assert_int_equal(
        pwrite(fd, content + WINDOW_BYTES, FILE_BYTES - WINDOW_BYTES, WINDOW_BYTES),
        FILE_BYTES - WINDOW_BYTES);
    look(&window, WINDOW_BYTES - 3);
    window_release(&window);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_of_any_size_show_the_file),
        cmocka_unit_test(the_last_bytes_are_seen),
        cmocka_unit_test(a_file_that_shrank_is_an_error),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
