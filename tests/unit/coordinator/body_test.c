/* body_test.c - a shared body lives as long as its last owner and keeps no spare room.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/body.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define LIMIT ((size_t)8 << 20)

static void it_takes_the_memory_and_outlives_its_first_owner(void **state)
{
    (void)state;
    struct bytes bytes;
    struct err err;
    bytes_init(&bytes, LIMIT);
    assert_true(bytes_append(&bytes, "hello", 5, &err));
    struct body *body = body_new(&bytes);
    assert_null(bytes.data);
    assert_int_equal(bytes.limit, LIMIT);
    struct body *other = body_ref(body);
    body_unref(body);
    assert_int_equal(body_size(other), 5);
    assert_memory_equal(body_data(other), "hello", 5);
    body_unref(other);
    body_unref(NULL);
}

static void room_that_it_does_not_need_is_given_back(void **state)
{
    (void)state;
    struct bytes bytes;
    struct err err;
    uint8_t *place = NULL;
    bytes_init(&bytes, LIMIT);
    assert_true(bytes_reserve(&bytes, LIMIT, &place, &err));
    memset(place, 'x', 1000);
    bytes.size = 1000;
    struct body *body = body_new(&bytes);
    assert_int_equal(body_held(body), 1000);
    assert_int_equal(body_size(body), 1000);
    assert_int_equal(body_data(body)[999], 'x');
    body_unref(body);
}

static void an_empty_one_is_fine(void **state)
{
    (void)state;
    struct bytes bytes;
    bytes_init(&bytes, LIMIT);
    struct body *body = body_new(&bytes);
    assert_int_equal(body_size(body), 0);
    assert_int_equal(body_held(body), 0);
    body_unref(body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_takes_the_memory_and_outlives_its_first_owner),
        cmocka_unit_test(room_that_it_does_not_need_is_given_back),
        cmocka_unit_test(an_empty_one_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
