/* mailbox_test.c - when a batch is handed over.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/mailbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/clock.h"

#define LONG_NS ((int64_t)3600 * 1000000000) /* a test that waits for it fails */

static struct exchange *message(size_t size)
{
    struct exchange *exchange = mem_new(1, sizeof *exchange);
    exchange->size = size;
    arena_init(&exchange->arena, 1024);
    return exchange;
}

static void plenty_waits_for_no_company(void **state)
{
    (void)state;
    struct exchange *list[4];
    struct mailbox *mailbox = mailbox_new();
    mailbox_put(mailbox, message(40000));
    mailbox_put(mailbox, message(40000));
    assert_int_equal(mailbox_take(mailbox, LONG_NS, LONG_NS, list, 4), 2);
    exchange_free(list[0]);
    exchange_free(list[1]);
    mailbox_free(mailbox);
}

static void a_small_batch_waits_for_company(void **state)
{
    (void)state;
    struct exchange *list[4];
    struct mailbox *mailbox = mailbox_new();
    const int64_t gather_ns = 2000000;
    mailbox_put(mailbox, message(100000));
    assert_int_equal(mailbox_take(mailbox, 0, gather_ns, list, 4), 1);
    exchange_free(list[0]);
    /* What was taken counts no more. */
    mailbox_put(mailbox, message(100));
    int64_t start_ns = clock_now_ns();
    assert_int_equal(mailbox_take(mailbox, 0, gather_ns, list, 4), 1);
    assert_true(clock_now_ns() - start_ns >= gather_ns);
    exchange_free(list[0]);
    mailbox_free(mailbox);
}

static void a_full_batch_leaves_the_rest(void **state)
{
    (void)state;
    struct exchange *list[2];
    struct mailbox *mailbox = mailbox_new();
    for (size_t i = 0; i < 3; i++)
        mailbox_put(mailbox, message(i + 1));
    assert_int_equal(mailbox_take(mailbox, LONG_NS, LONG_NS, list, 2), 2);
    assert_int_equal(list[0]->size, 1);
    assert_int_equal(list[1]->size, 2);
    exchange_free(list[0]);
    exchange_free(list[1]);
    assert_int_equal(mailbox_take(mailbox, 0, 0, list, 2), 1);
    assert_int_equal(list[0]->size, 3);
    exchange_free(list[0]);
    mailbox_free(mailbox);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plenty_waits_for_no_company),
        cmocka_unit_test(a_small_batch_waits_for_company),
        cmocka_unit_test(a_full_batch_leaves_the_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
