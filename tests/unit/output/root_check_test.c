/* root_check_test.c - golden ROOT files are whole; what is changed in them is found.
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
#include <sys/mman.h>

#include "base/disk.h"
#include "base/text.h"
#include "output/rntuple_read.h"
#include "output/root_check.h"
#include "output/root_read_histogram.h"

#define GOLDEN "tests/golden/root/"

static struct root_check check_file(const char *path, struct bytes *lines)
{
    struct root_check check;
    struct err err;
    bytes_clear(lines);
    if (!root_check_file(path, &check, lines, &err))
        fail_msg("%s", err.text);
    return check;
}

static void golden_files_have_no_fault(void **state)
{
    static const struct {
        const char *path;
        uint64_t keys, directories, histograms, entries, clusters, pages;
    } rows[] = {{GOLDEN "rntuple.root", 10, 1, 0, 3, 2, 8},
                {GOLDEN "th1d.root", 5, 1, 1, 0, 0, 0},
                {GOLDEN "ttree.root", 9, 1, 0, 0, 0, 0}};
    struct bytes lines;
    (void)state;
    bytes_init(&lines, 1 << 16);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct root_check check = check_file(rows[i].path, &lines);
        if (check.faults != 0)
            fail_msg("%s: %.*s", rows[i].path, (int)lines.size, (char *)lines.data);
        assert_int_equal(check.keys, rows[i].keys);
        assert_int_equal(check.directories, rows[i].directories);
        assert_int_equal(check.histograms, rows[i].histograms);
        assert_int_equal(check.entries, rows[i].entries);
        assert_int_equal(check.clusters, rows[i].clusters);
        assert_int_equal(check.pages, rows[i].pages);
        assert_false(check.digest);
    }
    bytes_release(&lines);
}

/* Faults of the golden RNTuple file with one byte changed. */
static const char *fault_of(size_t place, struct bytes *lines)
{
    struct bytes bytes;
    struct err err;
    struct root_check check;
    char path[64];
    int fd = memfd_create("root", MFD_CLOEXEC);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    bytes_init(&bytes, 1 << 20);
    assert_true(disk_read_file(GOLDEN "rntuple.root", &bytes, &err));
    bytes.data[place] ^= 0x10;
    assert_true(disk_write(fd, path, bytes.data, bytes.size, &err));
    bytes_clear(lines);
    if (!root_check_file(path, &check, lines, &err))
        assert_true(text_add(lines, err.text, &err));
    const char *text;
    assert_true(text_terminate(lines, &text, &err));
    bytes_release(&bytes);
    (void)close(fd);
    return text;
}

static void a_fault_says_where_and_what(void **state)
{
    static const struct {
        size_t place;
        const char *words[3];
    } rows[] = {
        {0, {"byte 0", "no ROOT file", ""}},
        {12, {"truncated", "", ""}},
        {16, {"free list", "", ""}},
        {60, {"UUID", "", ""}},
        {80, {"byte 4: header", "not zero", ""}},
        {120, {"byte 100: key", "stands elsewhere", "TFile"}},
        {300, {"byte 242", "RNTuple header", "checksum"}},
        {680, {"byte 676: page 0", "column 1 (ecal)", "cluster 0"}},
        {765, {"byte 762: page 0", "cluster 1", "checksum"}},
        {1000, {"RNTuple page list", "checksum", ""}},
        {1450, {"RNTuple footer", "checksum", ""}},
        {1560, {"RNTuple anchor", "checksum", ""}},
        {1650, {"entry of its list", "", ""}},
        {3050, {"free list", "", ""}},
    };
    struct bytes lines;
    (void)state;
    bytes_init(&lines, 1 << 16);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *text = fault_of(rows[i].place, &lines);
        for (size_t w = 0; w < 3; w++)
            if (strstr(text, rows[i].words[w]) == NULL)
                fail_msg("byte %zu: \"%s\" without \"%s\"", rows[i].place, text,
                         rows[i].words[w]);
    }
    bytes_release(&lines);
}

static void columns_of_the_golden_file_have_its_values(void **state)
{
    struct root_read file;
    struct rntuple tuple;
    struct bytes numbers;
    struct err err;
    float ecal[2];
    struct root_read_key *key = calloc(1, sizeof *key);
    (void)state;
    bytes_init(&numbers, 1 << 16);
    assert_true(root_read_open(&file, GOLDEN "rntuple.root", &err));
    assert_int_equal(root_read_find(&file, ROOT_CLASS_TUPLE, "ntpl", key, &err),
                     LOOKUP_FOUND);
    assert_true(rntuple_open(&tuple, &file, key, &err));
    assert_int_equal(tuple.schema.field_count, 4);
    assert_int_equal(tuple.schema.column_count, 4);
    assert_int_equal(tuple.entries, 3);
    assert_true(rntuple_column_read(&tuple, 0, 0, &numbers, &err));
    assert_int_equal(numbers.size, 8);
    assert_int_equal(le32_load(numbers.data + 4), 3610);
    assert_true(rntuple_column_read(&tuple, 0, 1, &numbers, &err));
    memcpy(ecal, numbers.data, sizeof ecal);
    assert_true(ecal[0] == 1.5F && ecal[1] == -2);
    assert_true(rntuple_column_read(&tuple, 1, 2, &numbers, &err));
    assert_int_equal(le64_load(numbers.data), 2);
    rntuple_release(&tuple);
    root_read_close(&file);
    bytes_release(&numbers);
    free(key);
}

static void a_histogram_of_the_golden_file_has_its_values(void **state)
{
    static const double cells[6] = {0, 1, 4, 2, 3, 0};
    struct root_read file;
    struct histogram_read histogram;
    struct err err;
    struct root_read_key *key = calloc(1, sizeof *key);
    (void)state;
    assert_true(root_read_open(&file, GOLDEN "th1d.root", &err));
    assert_int_equal(root_read_find(&file, NULL, "h", key, &err), LOOKUP_FOUND);
    assert_true(histogram_is(key));
    assert_true(histogram_read_key(&histogram, &file, key, &err));
    assert_int_equal(histogram.cell_count, 6);
    assert_memory_equal(histogram.cells, cells, sizeof cells);
    assert_true(histogram.entries == 10 && histogram.sumwx2 == 50.25);
    assert_true(cursor_text_is(histogram.axes[0].title, "x"));
    assert_true(histogram_edge(&histogram.axes[0], 2) == 1);
    histogram_read_release(&histogram);
    root_read_close(&file);
    free(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_files_have_no_fault),
        cmocka_unit_test(a_fault_says_where_and_what),
        cmocka_unit_test(columns_of_the_golden_file_have_its_values),
        cmocka_unit_test(a_histogram_of_the_golden_file_has_its_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
