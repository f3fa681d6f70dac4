/* last_words_test.c - the error that ended a program is found in its log, and only that.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "coordinator/last_words.h"

static const struct {
    const char *log;
    uint64_t from;
    enum err_code code; /* E_NONE: nothing is found */
    const char *text;
} table[] = {
    {"", 0, E_NONE, ""},
    {"spillway: error E_DISK_FULL: /a: full: yes\n  Free space.\n", 0, E_DISK_FULL,
     "/a: full: yes"},
    {"spillway: error E_DISK_FULL: one\nspillway: error E_AREA: two\n", 0, E_AREA, "two"},
    {"spillway: error E_DISK_FULL: cut in the mid", 0, E_DISK_FULL, "cut in the mid"},
    {"spillway: error E_DISK_FULL: old\nnew life\n", 33, E_NONE, ""},
    {"spillway: error E_NO_SUCH_CODE: text\n", 0, E_NONE, ""},
    {"spillway: error E_DISK_FULL\n", 0, E_NONE, ""},
    {"spillway: error E_AREA: one\nrelic: error E_\n", 0, E_AREA, "one"},
    {"time error pilot end=E_HTTP_STATUS text=\"status 409: no\" advice=\"a\"\nmpirun\n",
     0, E_HTTP_STATUS, "status 409: no"},
    {"time error pilot end=in-order\n", 0, E_NONE, ""},
    {"time error pilot end=E_AREA \n", 0, E_AREA, " end=E_AREA "},
    {"spillway: error E_AREA: x\n", 4000, E_NONE, ""},
};

static void the_last_error_behind_the_start_is_found(void **state)
{
    (void)state;
    char path[] = "/tmp/spillway-words.XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct err words = {.code = E_NONE};
        size_t length = strlen(table[i].log);
        assert_int_equal(ftruncate(fd, 0), 0);
        assert_int_equal(pwrite(fd, table[i].log, length, 0), (ssize_t)length);
        print_message("vector %zu\n", i);
        assert_int_equal(last_words(path, table[i].from, &words),
                         table[i].code != E_NONE);
        assert_int_equal(words.code, table[i].code);
        assert_string_equal(words.text, table[i].text);
    }
    (void)close(fd);
    (void)unlink(path);
    struct err words;
    assert_false(last_words(path, 0, &words));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_error_behind_the_start_is_found)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
