/* ledger_test.c - records as bytes, commits, the chain of the log, owners and copies.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "catalog/ledger.h"
#include "catalog/store.h"
#include "tests/unit/catalog/world.h"

static int folder_make(void **state)
{
    char *folder = mem_text("/tmp/spillway-ledger-XXXXXX");
    assert_non_null(mkdtemp(folder));
    *state = folder;
    return 0;
}

static int folder_end(void **state)
{
    (void)nftw(*state, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(*state);
    return 0;
}

static struct ledger *open_ledger(const char *folder)
{
    struct ledger *ledger = NULL;
    struct err err = {0};
    must(ledger_open(folder, &ledger, &err), &err);
    return ledger;
}

static struct ledger_record some_row(uint64_t id)
{
    return (struct ledger_record){.kind = LEDGER_ROW,
                                  .row = {.id = id,
                                          .list = 3,
                                          .start_major = 3500,
                                          .end_major = INT64_MAX,
                                          .end_minor = INT64_MAX,
                                          .size = -1,
                                          .inserted_s = 12,
                                          .url = "calo_gain/a",
                                          .checksum = "0123456789abcdef",
                                          .extra = "note"}};
}

static void add_row(struct ledger *ledger, const char *what)
{
    struct err err = {0};
    struct ledger_change change = {.record =
                                       some_row(ledger_next_id(ledger, LEDGER_ROW))};
    struct ledger_entry entry = {.time_s = 7, .who = "me", .sequence = 1, .tag = "t"};
    (void)snprintf(entry.what, sizeof entry.what, "%s", what);
    must(ledger_commit(ledger, &change, 1, &entry, &err), &err);
}

/* ---- records ---- */

static void test_row_as_bytes(void **state)
{
    struct bytes bytes;
    struct err err = {0};
    char texts[3 * LEDGER_TEXT];
    struct ledger_record record = some_row(9), back;
    (void)state;
    bytes_init(&bytes, LEDGER_RECORD);
    ledger_pack(&record, &bytes);
    must(ledger_unpack(LEDGER_ROW, bytes.data, bytes.size, texts, &back, &err), &err);
    assert_int_equal(back.row.id, 9);
    assert_true(back.row.end_major == INT64_MAX && back.row.end_minor == INT64_MAX);
    assert_true(back.row.size == -1);
    assert_string_equal(back.row.url, "calo_gain/a");
    assert_string_equal(back.row.extra, "note");
    record.row.extra = NULL;
    ledger_pack(&record, &bytes);
    must(ledger_unpack(LEDGER_ROW, bytes.data, bytes.size, texts, &back, &err), &err);
    assert_null(back.row.extra);
    bytes_release(&bytes);
}

/* Every shorter text of a record, and one with a byte too many, is damage. */
static void test_damaged_records(void **state)
{
    struct ledger_record records[] = {
        {.kind = LEDGER_STATUS, .word = {.id = 1, .name = "locked"}},
        {.kind = LEDGER_TAG, .tag = {.id = 1, .name = "t", .author = "me"}},
        {.kind = LEDGER_TYPE, .word = {.id = 1, .name = "calo_gain"}},
        {.kind = LEDGER_LIST, .list = {.id = 1, .type = 1}},
        some_row(1),
        {.kind = LEDGER_BLOB, .blob = {.size = 3, .md5 = "abc"}},
    };
    struct bytes bytes;
    struct err err = {0};
    char texts[3 * LEDGER_TEXT];
    struct ledger_record back;
    (void)state;
    bytes_init(&bytes, LEDGER_RECORD);
    for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
        ledger_pack(&records[i], &bytes);
        enum ledger_kind kind = records[i].kind;
        must(ledger_unpack(kind, bytes.data, bytes.size, texts, &back, &err), &err);
        for (size_t size = 0; size < bytes.size; size++) {
            assert_false(ledger_unpack(kind, bytes.data, size, texts, &back, &err));
            assert_int_equal(err.code, E_CATALOG_DAMAGED);
        }
        must(bytes_append(&bytes, "", 1, &err), &err);
        assert_false(ledger_unpack(kind, bytes.data, bytes.size, texts, &back, &err));
    }
    bytes_release(&bytes);
}

/* ---- commits ---- */

struct counted {
    uint64_t rows;
    uint64_t entries;
    struct sha256 head;
};

static bool count_row(void *user, const struct ledger_record *record, struct err *err)
{
    struct counted *counted = user;
    (void)err;
    assert_int_equal(record->row.id, ++counted->rows);
    return true;
}

static bool count_entry(void *user, const struct ledger_entry *entry, struct err *err)
{
    struct counted *counted = user;
    (void)err;
    struct sha256 hash = ledger_entry_hash(entry);
    assert_int_equal(entry->number, ++counted->entries);
    assert_true(sha256_equal(&entry->previous, &counted->head));
    assert_true(sha256_equal(&entry->hash, &hash));
    counted->head = entry->hash;
    return true;
}

static void test_commits_stay(void **state)
{
    struct ledger *ledger = open_ledger(*state);
    struct counted counted = {0};
    struct err err = {0};
    for (int i = 0; i < 3; i++)
        add_row(ledger, "one more row");
    ledger_close(ledger);
    ledger = open_ledger(*state);
    must(ledger_each(ledger, LEDGER_ROW, count_row, &counted, &err), &err);
    must(ledger_log(ledger, 1, 100, count_entry, &counted, &err), &err);
    assert_int_equal(counted.rows, 3);
    assert_int_equal(counted.entries, 3);
    ledger_close(ledger);
}

/* A number is not given again when its record is gone. */
static void test_numbers_are_never_given_twice(void **state)
{
    struct ledger *ledger = open_ledger(*state);
    struct err err = {0};
    add_row(ledger, "row 1");
    struct ledger_change gone = {.record = some_row(1), .gone = true};
    struct ledger_entry entry = {.who = "me", .what = "row 1 deleted"};
    must(ledger_commit(ledger, &gone, 1, &entry, &err), &err);
    ledger_close(ledger);
    ledger = open_ledger(*state);
    assert_int_equal(ledger_next_id(ledger, LEDGER_ROW), 2);
    ledger_close(ledger);
}

static void test_one_owner(void **state)
{
    struct ledger *ledger = open_ledger(*state), *other = NULL;
    struct err err = {0};
    assert_false(ledger_open(*state, &other, &err));
    assert_int_equal(err.code, E_CATALOG_OWNED);
    ledger_close(ledger);
}

static void test_copy_while_owned(void **state)
{
    char copy[128];
    struct ledger *ledger = open_ledger(*state);
    struct counted counted = {0};
    struct err err = {0};
    add_row(ledger, "a row");
    ledger_close(ledger); /* LMDB forbids a second opening in one process */
    (void)snprintf(copy, sizeof copy, "%s/copy", (char *)*state);
    must(ledger_copy(*state, copy, &err), &err);
    assert_false(ledger_copy(*state, copy, &err)); /* never over another one */
    ledger = open_ledger(copy);
    must(ledger_each(ledger, LEDGER_ROW, count_row, &counted, &err), &err);
    assert_int_equal(counted.rows, 1);
    ledger_close(ledger);
}

/* ---- somebody changes the log ---- */

static const char *const tables[] = {"meta",  "log",   "statuses", "tags",
                                     "types", "lists", "rows",     "blobs"};

static void change_log(const char *folder, uint64_t number, bool gone)
{
    struct store_options options = {.tables = tables,
                                    .table_count = sizeof tables / sizeof *tables,
                                    .map_bytes = (uint64_t)1 << 30,
                                    .write = true};
    struct store *store = NULL;
    struct store_txn *txn = NULL;
    struct slice value;
    struct ledger_entry entry;
    struct bytes bytes;
    uint8_t key[8];
    struct err err = {0};
    be64_store(key, number);
    bytes_init(&bytes, LEDGER_RECORD);
    must(store_open(folder, &options, &store, &err), &err);
    must(store_begin(store, &txn, &err), &err);
    assert_int_equal(store_get(txn, 1, (struct slice){key, 8}, &value, &err),
                     LOOKUP_FOUND);
    must(ledger_unpack_entry(value.data, value.size, &entry, &err), &err);
    (void)snprintf(entry.who, sizeof entry.who, "nobody");
    entry.hash = ledger_entry_hash(&entry); /* a forger knows how */
    ledger_pack_entry(&entry, &bytes);
    if (gone)
        must(store_delete(txn, 1, (struct slice){key, 8}, &err), &err);
    else
        must(store_put(txn, 1, (struct slice){key, 8},
                       (struct slice){bytes.data, bytes.size}, &err),
             &err);
    must(store_commit(txn, &err), &err);
    store_close(store);
    bytes_release(&bytes);
}

static void check_forgery(const char *folder, uint64_t number, bool gone)
{
    struct ledger *ledger = open_ledger(folder);
    struct err err = {0};
    for (int i = 0; i < 3; i++)
        add_row(ledger, "a row");
    ledger_close(ledger);
    ledger = NULL;
    change_log(folder, number, gone);
    assert_false(ledger_open(folder, &ledger, &err));
    assert_int_equal(err.code, E_CATALOG_DAMAGED);
    assert_non_null(strstr(err.text, "does not follow"));
}

static void test_changed_entry(void **state)
{
    check_forgery(*state, 2, false);
}

static void test_missing_entry(void **state)
{
    check_forgery(*state, 2, true);
}

int main(void)
{
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_make, folder_end)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_row_as_bytes),
        cmocka_unit_test(test_damaged_records),
        IN_FOLDER(test_commits_stay),
        IN_FOLDER(test_numbers_are_never_given_twice),
        IN_FOLDER(test_one_owner),
        IN_FOLDER(test_copy_while_owned),
        IN_FOLDER(test_changed_entry),
        IN_FOLDER(test_missing_entry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
