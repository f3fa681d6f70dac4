/* event_file_test.c - events of ROOT files and parts come back, number by number.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sys/mman.h>

#include "base/text.h"
#include "coordinator/event_file.h"
#include "output/columns.h"

#define TUPLE "tests/golden/root/rntuple.root"

static const char *number_text(struct event_file *file, uint32_t column, uint64_t i)
{
    static struct bytes out;
    struct err err;
    const char *text;
    bytes_release(&out);
    bytes_init(&out, 100);
    assert_true(event_number_add(&out, &file->columns[column], &file->block.cells[column],
                                 i, &err));
    assert_true(text_terminate(&out, &text, &err));
    return text;
}

static void events_of_a_root_file_come_by_cluster(void **state)
{
    struct event_file file;
    struct event_span span;
    struct err err;
    (void)state;
    assert_true(event_file_open(&file, TUPLE, &err));
    assert_string_equal(file.name, "ntpl");
    assert_int_equal(file.entries, 3);
    assert_int_equal(file.column_count, 3);
    assert_string_equal(file.columns[2].type, "std::vector<float>");
    assert_true(file.columns[2].list);
    assert_true(event_file_want(&file, NULL, &err));
    assert_true(event_file_next(&file, &err));
    assert_int_equal(file.block.rows, 2);
    assert_string_equal(number_text(&file, 1, 1), "-2");
    assert_true(event_span_of(&file, 2, 1, &span));
    assert_int_equal(span.count, 0);
    assert_true(event_file_next(&file, &err));
    assert_int_equal(file.block.first, 2);
    assert_true(event_span_of(&file, 2, 0, &span));
    assert_int_equal(span.count, 2);
    assert_true(event_file_next(&file, &err));
    assert_int_equal(file.block.rows, 0);
    event_file_close(&file);
}

static void clusters_before_the_wanted_entries_are_left_out(void **state)
{
    struct event_file file;
    struct err err;
    (void)state;
    assert_true(event_file_open(&file, TUPLE, &err));
    file.from = 2;
    assert_true(event_file_want(&file, "hit_e,run", &err));
    assert_false(file.columns[1].wanted);
    assert_true(event_file_next(&file, &err));
    assert_int_equal(file.block.first, 2);
    assert_int_equal(file.block.cells[1].numbers.size, 0);
    assert_string_equal(number_text(&file, 0, 0), "3611");
    event_file_close(&file);
}

static void a_column_that_is_not_there_is_named(void **state)
{
    struct event_file file;
    struct err err;
    (void)state;
    assert_true(event_file_open(&file, TUPLE, &err));
    assert_false(event_file_want(&file, "run,ecall", &err));
    assert_non_null(strstr(err.text, "\"ecall\""));
    event_file_close(&file);
}

static void part_make(int fd, const char *path, const struct reco_table *table)
{
    static const char key[] = "spillway-reco-1\n";
    struct err err;
    struct pack_writer pack;
    struct columns_writer writer;
    struct bytes account;
    struct product product;
    uint64_t size;
    struct pack_item item = {.key = sha256_of(key, sizeof key - 1),
                             .stream = "reco",
                             .run = 9000,
                             .spill = 1,
                             .entries = table->rows,
                             .key_text = (const uint8_t *)key,
                             .key_size = sizeof key - 1};
    bytes_init(&account, 1024);
    columns_writer_init(&writer);
    assert_true(pack_writer_start(&pack, fd, path, &err));
    for (int i = 0; i < 2; i++) {
        pack_begin(&pack);
        columns_start(&writer, &pack);
        assert_true(columns_put(&writer, table, &err));
        assert_true(columns_end(&writer, &item.key, &account, &err));
        assert_true(pack_end(&pack, &item, &product, &err));
    }
    assert_true(pack_finish(&pack, &size, &err));
    pack_writer_release(&pack);
    columns_writer_release(&writer);
    bytes_release(&account);
}

static void events_of_a_part_come_record_by_record(void **state)
{
    struct event_file file;
    struct reco_table table;
    struct err err;
    char path[64];
    int fd = memfd_create("part", MFD_CLOEXEC);
    (void)state;
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    reco_table_init(&table, 3);
    for (uint32_t r = 0; r < 3; r++) {
        (void)reco_table_add(&table);
        *reco_u32(&table, RECO_EVENT, r) = 10 + r;
        reco_f32(&table, RECO_ECAL_ENE, r)[71] = 0.75F * (float)r;
    }
    part_make(fd, path, &table);
    assert_true(event_file_open(&file, path, &err));
    assert_int_equal(file.entries, 6);
    file.from = 4;
    assert_true(event_file_want(&file, "spillevent,ECAL_ene", &err));
    assert_true(event_file_next(&file, &err));
    assert_int_equal(file.block.first, 3);
    assert_int_equal(file.block.rows, 3);
    assert_string_equal(number_text(&file, RECO_EVENT, 2), "12");
    assert_string_equal(number_text(&file, RECO_ECAL_ENE, 72 + 71), "0.75");
    assert_true(event_file_next(&file, &err));
    assert_int_equal(file.block.rows, 0);
    event_file_close(&file);
    reco_table_release(&table);
    (void)close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_of_a_root_file_come_by_cluster),
        cmocka_unit_test(clusters_before_the_wanted_entries_are_left_out),
        cmocka_unit_test(a_column_that_is_not_there_is_named),
        cmocka_unit_test(events_of_a_part_come_record_by_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
