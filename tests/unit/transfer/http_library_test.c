/* http_library_test.c - libcurl is found; what is missing is named.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "transfer/http_library.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void libcurl_is_loaded_with_its_functions(void **state)
{
    struct http_library library;
    struct err err;
    (void)state;
    assert_true(http_library_load(HTTP_LIBRARY, &library, &err));
    assert_string_equal(library.easy_strerror(CURLE_OK), "No error");
}

static void what_is_not_there_is_named(void **state)
{
    struct http_library library;
    struct err err;
    (void)state;
    assert_false(http_library_load("libno-such-thing.so.4", &library, &err));
    assert_int_equal(err.code, E_PROCESS);
    assert_string_equal(
        err.text,
        "libno-such-thing.so.4: cannot open shared object file: No such file or "
        "directory: install it (Debian: libcurl4)");
}

static void a_library_without_its_functions_is_refused(void **state)
{
    struct http_library library;
    struct err err;
    (void)state;
    assert_false(http_library_load("libc.so.6", &library, &err));
    assert_int_equal(err.code, E_PROCESS);
    assert_string_equal(err.text,
                        "libc.so.6 has no curl_global_init_mem: install 7.85 or newer");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(libcurl_is_loaded_with_its_functions),
        cmocka_unit_test(what_is_not_there_is_named),
        cmocka_unit_test(a_library_without_its_functions_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
