/* ruling_test.c - a manager's word is read back as it was given, the last one holds.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/ruling.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/ruling_test-XXXXXX";
static struct catalog *catalog;
static struct err err;

#define MUST(call)                                                                       \
    do {                                                                                 \
        if (!(call))                                                                     \
            fail_msg("%s", err.text);                                                    \
    } while (0)

static int start(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL ||
           !catalog_open(folder, CATALOG_WRITE, &catalog, &err);
}

static int stop(void **state)
{
    (void)state;
    static const char *const names[] = {"data.mdb", "lock.mdb", "owner.lock"};
    catalog_close(catalog);
    for (size_t i = 0; i < 3; i++) {
        char path[128];
        (void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        (void)unlink(path);
    }
    return rmdir(folder);
}

static void the_last_word_on_a_segment_holds(void **state)
{
    static const uint32_t closed[] = {3, 4, 5, 9, UINT32_MAX - 1};
    static const uint32_t opened[] = {4, 9};
    struct ruling close = {.kind = RULING_CLOSE,
                           .by = "Ann \"A\" \\",
                           .reason = "d\xc3\xa9"
                                     "fect",
                           .unix_s = 1700000000,
                           .segments = closed,
                           .segment_count = 5};
    struct ruling recover = {
        .kind = RULING_RECOVER, .segments = opened, .segment_count = 2};
    struct rulings rulings;
    struct catalog_txn *txn;
    (void)state;
    MUST(catalog_begin(catalog, &txn, &err));
    MUST(ruling_add(txn, 7, &close, &err));
    MUST(ruling_add(txn, 7, &recover, &err));
    MUST(rulings_read(&rulings, txn, 8, &err)); /* another campaign */
    assert_int_equal(rulings.count, 0);
    assert_null(rulings_last(&rulings, 3));
    rulings_release(&rulings);
    MUST(rulings_read(&rulings, txn, 7, &err));
    assert_int_equal(rulings.count, 2);
    assert_string_equal(rulings.list[0].by, close.by);
    assert_string_equal(rulings.list[0].reason, close.reason);
    assert_int_equal(rulings.list[0].unix_s, close.unix_s);
    assert_int_equal(rulings.list[0].segment_count, 5);
    assert_memory_equal(rulings.list[0].segments, closed, sizeof closed);
    assert_ptr_equal(rulings_last(&rulings, 3), &rulings.list[0]);
    assert_ptr_equal(rulings_last(&rulings, 4), &rulings.list[1]);
    assert_ptr_equal(rulings_last(&rulings, UINT32_MAX - 1), &rulings.list[0]);
    assert_null(rulings_last(&rulings, 6));
    rulings_release(&rulings);
    catalog_abort(txn);
}

static void an_event_and_its_segment_are_ruled_apart(void **state)
{
    static const uint32_t number[] = {5};
    struct ruling skip_it = {.kind = RULING_SKIP,
                             .by = "ann",
                             .segments = number,
                             .segment_count = 1,
                             .event = 17,
                             .type = EVENT_PHYSICS};
    struct ruling close = {.kind = RULING_CLOSE, .segments = number, .segment_count = 1};
    struct rulings rulings;
    struct catalog_txn *txn;
    (void)state;
    MUST(catalog_begin(catalog, &txn, &err));
    MUST(ruling_add(txn, 9, &skip_it, &err));
    MUST(ruling_add(txn, 9, &close, &err));
    skip_it.kind = RULING_UNSKIP;
    skip_it.event = 18;
    MUST(ruling_add(txn, 9, &skip_it, &err));
    MUST(rulings_read(&rulings, txn, 9, &err));
    assert_ptr_equal(rulings_last(&rulings, 5), &rulings.list[1]);
    assert_ptr_equal(rulings_last_event(&rulings, 5, 17), &rulings.list[0]);
    assert_int_equal(rulings.list[0].type, EVENT_PHYSICS);
    assert_ptr_equal(rulings_last_event(&rulings, 5, 18), &rulings.list[2]);
    assert_null(rulings_last_event(&rulings, 5, 19));
    assert_null(rulings_last_event(&rulings, 6, 17));
    rulings_release(&rulings);
    catalog_abort(txn);
}

static void what_is_no_ruling_is_said(void **state)
{
    static const char *const wrong[] = {
        "{",
        "{\"ruling\":\"skip\",\"by\":\"\",\"reason\":\"\",\"unix_s\":0,\"segments\":[1,1]}\n",
        "{}\n",
        "{\"ruling\":\"hang\",\"by\":\"\",\"reason\":\"\",\"unix_s\":0,\"segments\":[]}\n",
        "{\"ruling\":\"close\",\"by\":\"\",\"reason\":\"\",\"unix_s\":0,\"segments\":[1]}\n",
        "{\"ruling\":\"close\",\"by\":\"\",\"reason\":\"\",\"unix_s\":0,"
        "\"segments\":[-1,1]}\n",
        "{\"ruling\":\"close\",\"by\":\"\",\"reason\":\"\",\"unix_s\":0,"
        "\"segments\":[1,99999999999]}\n",
    };
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct rulings rulings;
        struct catalog_txn *txn;
        MUST(catalog_begin(catalog, &txn, &err));
        MUST(catalog_put_text(txn, "rulings/7", wrong[i], strlen(wrong[i]), &err));
        assert_false(rulings_read(&rulings, txn, 7, &err));
        assert_non_null(strstr(err.text, "rulings/7"));
        catalog_abort(txn);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_word_on_a_segment_holds),
        cmocka_unit_test(an_event_and_its_segment_are_ruled_apart),
        cmocka_unit_test(what_is_no_ruling_is_said),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
