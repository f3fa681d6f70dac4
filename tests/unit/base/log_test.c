/* log_test.c - one line, one event; a line that cannot go out is counted.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/log.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"

static size_t taken(int fd, char *out, size_t size)
{
    ssize_t n = read(fd, out, size - 1);
    assert_true(n >= 0);
    out[n] = 0;
    return (size_t)n;
}

static void a_line_has_time_level_room_and_its_values(void **state)
{
    (void)state;
    int ends[2];
    char line[4096];
    assert_int_equal(pipe(ends), 0);
    struct log log = {.fd = ends[1], .level = LOG_LEVEL_INFO, .room = "serve"};
    log_write(&log, LOG_LEVEL_DEBUG, "never=1");
    log_write(&log, LOG_LEVEL_WARN, "task=%d text=%s", 7, "two\r\nlines");
    (void)taken(ends[0], line, sizeof line);
    static const char pattern[] = "0000-00-00T00:00:00.000Z "; /* 0 stands for a digit */
    for (size_t i = 0; i < sizeof pattern - 1; i++)
        assert_true(pattern[i] == '0' ? line[i] >= '0' && line[i] <= '9'
                                      : line[i] == pattern[i]);
    assert_string_equal(line + sizeof pattern - 1, "warn serve task=7 text=two  lines\n");
    assert_int_equal(log.dropped, 0);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static void a_long_line_is_cut_and_stays_one_line(void **state)
{
    (void)state;
    int ends[2];
    char text[5000];
    char line[8192];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    assert_int_equal(pipe(ends), 0);
    struct log log = {.fd = ends[1], .level = LOG_LEVEL_DEBUG, .room = "lead"};
    log_write(&log, LOG_LEVEL_ERROR, "%s", text);
    size_t size = taken(ends[0], line, sizeof line);
    assert_true(size > 1000 && size <= 2048);
    assert_ptr_equal(strchr(line, '\n'), line + size - 1);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static void a_full_log_drops_and_counts(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
    struct log log = {.fd = ends[1], .level = LOG_LEVEL_INFO, .room = "serve"};
    for (int i = 0; i < 10000; i++)
        log_write(&log, LOG_LEVEL_INFO, "line=%d and some words to fill a pipe", i);
    assert_true(log.dropped > 1000 && log.dropped < 10000);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static void time_never_runs_back_and_tokens_differ(void **state)
{
    (void)state;
    int64_t before = clock_now_ns();
    clock_sleep_ns(1000000);
    assert_true(clock_now_ns() >= before + 1000000);
    assert_true(clock_cpu_ns() > 0);
    assert_true(clock_wall_s() > 1700000000);
    assert_true(clock_random_token() != clock_random_token());
    uint64_t tokens[65] = {0};
    clock_random_tokens(tokens, 65);
    for (int i = 0; i < 65; i++)
        for (int k = 0; k <= i; k++)
            assert_true(tokens[i] != (k == i ? 0 : tokens[k]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_has_time_level_room_and_its_values),
        cmocka_unit_test(a_long_line_is_cut_and_stays_one_line),
        cmocka_unit_test(a_full_log_drops_and_counts),
        cmocka_unit_test(time_never_runs_back_and_tokens_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
