/* conditions_index_test.c - records of a conditions store in memory.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "coordinator/conditions_index.h"

static void put(struct index *index, const struct ledger_record *record)
{
    struct err err = {0};
    if (!index_put(index, record, &err))
        fail_msg("%s", err.text);
}

static void put_word(struct index *index, enum ledger_kind kind, uint64_t id,
                     const char *name)
{
    struct ledger_record record = {.kind = kind, .word = {.id = id}};
    (void)snprintf(record.word.name, sizeof record.word.name, "%s", name);
    put(index, &record);
}

static struct ledger_record row_from(uint64_t id, int64_t run, int64_t end)
{
    return (struct ledger_record){.kind = LEDGER_ROW,
                                  .row = {.id = id,
                                          .list = 1,
                                          .start_major = run,
                                          .end_major = end,
                                          .size = -1,
                                          .url = "calo_gain/a",
                                          .checksum = "aa"}};
}

/* Tag "t" with a list of one type and a row for the runs 10 to 19. */
static int index_make(void **state)
{
    struct index *index = index_new();
    struct ledger_record tag = {.kind = LEDGER_TAG,
                                .tag = {.id = 1, .status = 1, .name = "t"}};
    struct ledger_record list = {.kind = LEDGER_LIST,
                                 .list = {.id = 1, .type = 1, .tag = 1}};
    struct ledger_record row = row_from(1, 10, 20);
    put_word(index, LEDGER_STATUS, 1, "unlocked");
    put_word(index, LEDGER_TYPE, 1, "calo_gain");
    put(index, &tag);
    put(index, &list);
    put(index, &row);
    *state = index;
    return 0;
}

static int index_end(void **state)
{
    index_free(*state);
    return 0;
}

static uint64_t row_at(const struct index *index, int64_t run)
{
    const struct index_list *list =
        index_tag_list(index_find_tag(index, "t"), "calo_gain");
    size_t at = index_slot_at(list, (struct moment){run, 0}, 0);
    return at == SIZE_MAX ? 0 : list->slots[at].row->record.id;
}

/* A row is cut in two: the new one has the texts of the one that is replaced. */
static void test_texts_of_replaced_rows(void **state)
{
    struct index *index = *state;
    const struct ledger_row *old = &index_row(index, 1)->record;
    struct ledger_change changes[2] = {{.record = {.kind = LEDGER_ROW, .row = *old}},
                                       {.record = {.kind = LEDGER_ROW, .row = *old}}};
    struct err err = {0};
    changes[0].record.row.end_major = 15;
    changes[1].record.row.id = 2;
    changes[1].record.row.start_major = 16;
    assert_true(index_apply(index, changes, 2, &err));
    assert_string_equal(index_row(index, 2)->record.url, "calo_gain/a");
    assert_string_equal(index_row(index, 1)->record.checksum, "aa");
    assert_int_equal(row_at(index, 12), 1);
    assert_int_equal(row_at(index, 17), 2);
    assert_int_equal(row_at(index, 9), 0);
}

/* Two rows trade their places in one commit. */
static void test_rows_trade_places(void **state)
{
    struct index *index = *state;
    struct ledger_record other = row_from(2, 20, 30);
    struct err err = {0};
    put(index, &other);
    struct ledger_change changes[2] = {{.record = row_from(1, 20, 30)},
                                       {.record = row_from(2, 10, 20)}};
    assert_true(index_apply(index, changes, 2, &err));
    assert_int_equal(row_at(index, 12), 2);
    assert_int_equal(row_at(index, 25), 1);
}

static void test_same_start_is_refused(void **state)
{
    struct index *index = *state;
    struct ledger_record other = row_from(2, 10, 12);
    struct err err = {0};
    assert_false(index_put(index, &other, &err));
    assert_int_equal(err.code, E_CATALOG_LINK);
}

/* The checksum of a URL is known as long as a row has it. */
static void test_urls(void **state)
{
    struct index *index = *state;
    struct ledger_record other = row_from(2, 20, 30);
    struct ledger_change gone[2] = {{.record = row_from(1, 0, 0), .gone = true},
                                    {.record = row_from(2, 0, 0), .gone = true}};
    struct err err = {0};
    put(index, &other);
    assert_string_equal(index_url_checksum(index, "calo_gain/a"), "aa");
    assert_true(index_apply(index, gone, 1, &err));
    assert_string_equal(index_url_checksum(index, "calo_gain/a"), "aa");
    assert_true(index_apply(index, gone + 1, 1, &err));
    assert_null(index_url_checksum(index, "calo_gain/a"));
    assert_int_equal(index_find_tag(index, "t")->rows, 0);
}

static void test_slot_at_any_guess(void **state)
{
    struct index *index = *state;
    for (uint64_t i = 2; i < 50; i++) {
        struct ledger_record row = row_from(i, (int64_t)i * 10, (int64_t)i * 10 + 5);
        put(index, &row);
    }
    const struct index_list *list = index_list(index, 1);
    for (int64_t run = 0; run < 500; run++) {
        size_t expected = run < 10 ? SIZE_MAX : (size_t)run / 10 - 1;
        for (size_t guess = 0; guess < 60; guess += 7)
            assert_true(index_slot_at(list, (struct moment){run, 0}, guess) == expected);
    }
}

static void test_blobs_by_both_names(void **state)
{
    struct index *index = *state;
    struct ledger_record blob = {.kind = LEDGER_BLOB, .blob = {.size = 3}};
    char hex[SHA256_HEX];
    blob.blob.hash = sha256_of("abc", 3);
    assert_true(md5_hex("abc", 3, blob.blob.md5));
    put(index, &blob);
    sha256_to_hex(&blob.blob.hash, hex);
    assert_non_null(index_blob(index, hex));
    assert_ptr_equal(index_blob(index, hex),
                     index_blob(index, "900150983cd24fb0d6963f7d28e17f72"));
    assert_null(index_blob(index, "900150983cd24fb0d6963f7d28e17f73"));
    assert_null(index_blob(index, ""));
}

int main(void)
{
#define ON_INDEX(test) cmocka_unit_test_setup_teardown(test, index_make, index_end)
    const struct CMUnitTest tests[] = {
        ON_INDEX(test_texts_of_replaced_rows), ON_INDEX(test_rows_trade_places),
        ON_INDEX(test_same_start_is_refused),  ON_INDEX(test_urls),
        ON_INDEX(test_slot_at_any_guess),      ON_INDEX(test_blobs_by_both_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
