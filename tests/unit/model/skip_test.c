/* skip_test.c - lists of skipped events come back, and only the canonical text does.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "model/skip.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void a_list_is_ordered_and_comes_back(void **state)
{
    static const uint32_t events[] = {17, 3, UINT32_MAX, 0, 17, 4};
    static const char text[] = "0\n3\n4\n17\n4294967295\n";
    struct skip_list list = {.count = 0}, again;
    struct bytes out;
    struct err err;
    bool added;
    (void)state;
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
        assert_true(skip_add(&list, events[i], &added, &err));
        assert_int_equal(added, i != 4);
    }
    bytes_init(&out, 1000);
    assert_true(skip_text(&list, &out, &err));
    assert_int_equal(out.size, sizeof text - 1);
    assert_memory_equal(out.data, text, out.size);
    assert_true(skip_parse(out.data, out.size, &again, &err));
    assert_int_equal(again.count, 5);
    assert_true(skip_has(&again, 17));
    assert_false(skip_has(&again, 5));
    assert_true(skip_remove(&again, 17));
    assert_false(skip_remove(&again, 17));
    assert_false(skip_has(&again, 17));
    assert_true(skip_has(&again, UINT32_MAX));
    bytes_release(&out);
}

static void a_full_list_says_so(void **state)
{
    struct skip_list list = {.count = 0};
    struct err err;
    bool added;
    (void)state;
    for (uint32_t i = 0; i < SKIP_EVENTS; i++)
        assert_true(skip_add(&list, 2 * i, &added, &err));
    assert_false(skip_add(&list, 1, &added, &err));
    assert_int_equal(err.code, E_LIMIT);
    assert_true(skip_add(&list, 2, &added, &err)); /* it is there */
}

static void what_is_not_canonical_is_refused(void **state)
{
    static const char *const wrong[] = {
        "",       "\n",    "3",     "3\n2\n",
        "3\n3\n", "03\n",  "+3\n",  "3 \n",
        "-1\n",   "3\n\n", "3\n4",  "4294967296\n",
        "x\n",    "1\r\n", "0x1\n", "99999999999999999999\n"};
    struct skip_list list;
    struct err err;
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(skip_parse(wrong[i], strlen(wrong[i]), &list, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_is_ordered_and_comes_back),
        cmocka_unit_test(a_full_list_says_so),
        cmocka_unit_test(what_is_not_canonical_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
