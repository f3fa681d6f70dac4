/* root_check_test.c - in a file of ours any changed byte is found, whatever it becomes.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The file has all that covers bytes in different ways: directories, a histogram, a text,
 * an RNTuple. Its RNTuple and its histogram are those of the golden files, whose bytes
 * readers of other people accept, put into our container.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <sys/mman.h>

#include "base/disk.h"
#include "output/columns.h"
#include "output/merge.h"
#include "output/root_check.h"
#include "output/root_classes.h"
#include "output/root_file.h"

#define PATH   64
#define ANCHOR 78u

/* Places in tests/golden/root, see the table of records there. */
#define TUPLE_HEADER      242u
#define TUPLE_HEADER_SIZE 384u
#define TUPLE_PAGES       660u
#define TUPLE_PAGES_SIZE  68u
#define TUPLE_MORE        762u
#define TUPLE_MORE_SIZE   56u
#define TUPLE_LIST        852u
#define TUPLE_LIST_SIZE   440u
#define TUPLE_FOOTER      1326u
#define TUPLE_FOOTER_SIZE 148u
#define TUPLE_ANCHOR      1520u
#define HISTOGRAM         243u
#define HISTOGRAM_SIZE    575u

struct sample {
    struct root_file file;
    struct bytes tuple; /* the golden files */
    struct bytes histogram;
};

static void golden_read(const char *path, struct bytes *out)
{
    struct err err;
    bytes_init(out, 1 << 20);
    if (!disk_read_file(path, out, &err))
        fail_msg("%s", err.text);
}

static uint64_t blob_put(struct root_file *file, const uint8_t *data, size_t size)
{
    struct err err;
    uint64_t place;
    struct root_key key = {
        .class_name = "RBlob", .name = "", .title = "", .hidden = true, .sealed = true};
    assert_true(root_key_begin(file, &key, &place, &err));
    assert_true(root_key_add(file, data, size, &err));
    assert_true(root_key_end(file, 0, NULL, &err));
    return place;
}

/* Pages moved: every locator that lies in a blob of the golden file gets its new place.
 */
static void locators_move(uint8_t *list, size_t size, uint64_t from, size_t length,
                          uint64_t to)
{
    for (size_t at = 0; at + 12 <= size; at++) {
        uint64_t place = le64_load(list + at + 4);
        if (le32_load(list + at) <= 16 && place >= from && place < from + length) {
            le64_store(list + at + 4, place - from + to);
            at += 11;
        }
    }
}

static void checksum_put(uint8_t *envelope, size_t size)
{
    le64_store(envelope + size - 8, xxh3_of(envelope, size - 8));
}

static void tuple_put(struct sample *sample)
{
    struct err err;
    uint8_t list[TUPLE_LIST_SIZE], footer[TUPLE_FOOTER_SIZE], anchor[ANCHOR];
    const uint8_t *golden = sample->tuple.data;
    memcpy(list, golden + TUPLE_LIST, sizeof list);
    memcpy(footer, golden + TUPLE_FOOTER, sizeof footer);
    memcpy(anchor, golden + TUPLE_ANCHOR, sizeof anchor);
    uint64_t header = blob_put(&sample->file, golden + TUPLE_HEADER, TUPLE_HEADER_SIZE);
    uint64_t pages = blob_put(&sample->file, golden + TUPLE_PAGES, TUPLE_PAGES_SIZE);
    uint64_t more = blob_put(&sample->file, golden + TUPLE_MORE, TUPLE_MORE_SIZE);
    locators_move(list, sizeof list, TUPLE_PAGES, TUPLE_PAGES_SIZE, pages);
    locators_move(list, sizeof list, TUPLE_MORE, TUPLE_MORE_SIZE, more);
    checksum_put(list, sizeof list);
    uint64_t place = blob_put(&sample->file, list, sizeof list);
    le64_store(footer + sizeof footer - 16, place);
    checksum_put(footer, sizeof footer);
    place = blob_put(&sample->file, footer, sizeof footer);
    be64_store(anchor + 14, header);
    be64_store(anchor + 38, place);
    be64_store(anchor + 70, xxh3_of(anchor + 6, 64));
    struct bytes payload;
    bytes_init(&payload, ANCHOR);
    assert_true(bytes_append(&payload, anchor, sizeof anchor, &err));
    struct root_key key = {.class_name = "ROOT::RNTuple", .name = "ntpl", .title = ""};
    assert_true(root_key_put(&sample->file, &key, &payload, NULL, &err));
    bytes_release(&payload);
}

static void histogram_put(struct sample *sample, uint32_t directory)
{
    struct err err;
    struct bytes payload;
    bytes_init(&payload, HISTOGRAM_SIZE);
    assert_true(
        bytes_append(&payload, sample->histogram.data + HISTOGRAM, HISTOGRAM_SIZE, &err));
    struct root_key key = {
        .class_name = "TH1D", .name = "h", .title = "t", .directory = directory};
    assert_true(root_key_put(&sample->file, &key, &payload, NULL, &err));
    bytes_release(&payload);
}

/* Histograms of a segment, as the merger keeps them: without a checksum of their own. */
static void segment_put(struct sample *sample)
{
    static const uint8_t payload[] = "SPWYHIS1 and what follows";
    struct err err;
    struct root_key key = {
        .class_name = "RBlob", .name = "", .title = "", .hidden = true};
    assert_true(root_key_begin(&sample->file, &key, NULL, &err));
    assert_true(root_key_add(&sample->file, payload, sizeof payload, &err));
    assert_true(root_key_end(&sample->file, 0, NULL, &err));
}

static uint64_t sample_write(int fd, const char *path)
{
    struct err err;
    struct sample sample;
    struct sha256 key = {{9, 8, 7, 6, 5, 4, 3, 2, 1}};
    struct root_target target = {
        .fd = fd, .path = path, .name = "s.root", .key = &key, .compression = 501};
    uint64_t size;
    uint32_t quality, deeper;
    golden_read("tests/golden/root/rntuple.root", &sample.tuple);
    golden_read("tests/golden/root/th1d.root", &sample.histogram);
    assert_true(root_file_begin(&sample.file, &target, &err));
    assert_true(root_directory_add(&sample.file, ROOT_TOP, "quality", &quality, &err));
    histogram_put(&sample, quality);
    assert_true(root_directory_add(&sample.file, quality, "deeper", &deeper, &err));
    histogram_put(&sample, deeper);
    segment_put(&sample);
    tuple_put(&sample);
    assert_true(root_file_end(&sample.file, ROOT_SET_NTUPLE, &size, &err));
    root_file_release(&sample.file);
    bytes_release(&sample.tuple);
    bytes_release(&sample.histogram);
    return size;
}

static uint64_t faults_of(const char *path, struct bytes *lines, struct root_check *check)
{
    struct err err;
    bytes_clear(lines);
    *check = (struct root_check){.faults = 0};
    return root_check_file(path, check, lines, &err) ? check->faults : 1;
}

static void our_file_is_whole(void **state)
{
    struct root_check check;
    struct bytes lines;
    char path[PATH];
    int fd = memfd_create("root", MFD_CLOEXEC);
    (void)state;
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    (void)sample_write(fd, path);
    bytes_init(&lines, 1 << 16);
    if (faults_of(path, &lines, &check) > 0)
        fail_msg("%.*s", (int)lines.size, (const char *)lines.data);
    assert_true(check.digest);
    assert_int_equal(check.directories, 3);
    assert_int_equal(check.histograms, 2);
    assert_int_equal(check.entries, 3);
    assert_int_equal(check.pages, 8);
    bytes_release(&lines);
    (void)close(fd);
}

static void any_changed_byte_is_found(void **state)
{
    static const uint8_t changes[] = {0x01, 0x80, 0xff};
    struct root_check check;
    struct bytes lines;
    char path[PATH];
    int fd = memfd_create("root", MFD_CLOEXEC);
    uint64_t missed = 0;
    (void)state;
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    uint64_t size = sample_write(fd, path);
    bytes_init(&lines, 1 << 16);
    for (uint64_t at = 0; at < size; at++) {
        for (size_t c = 0; c < sizeof changes; c++) {
            uint8_t byte, changed;
            assert_int_equal(pread(fd, &byte, 1, (off_t)at), 1);
            changed = byte ^ changes[c];
            assert_int_equal(pwrite(fd, &changed, 1, (off_t)at), 1);
            if (faults_of(path, &lines, &check) == 0) {
                print_message("byte %llu as 0x%02x is not found\n",
                              (unsigned long long)at, changed);
                missed++;
            }
            assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
        }
    }
    assert_int_equal(faults_of(path, &lines, &check), 0);
    assert_int_equal(missed, 0);
    bytes_release(&lines);
    (void)close(fd);
}

/* A part with two records of a few events each. */
static void part_write(int fd, const char *path, struct product products[2])
{
    static const char *const keys[] = {"spillway-reco-1\n", "spillway-reco-1\nrun=2\n"};
    struct err err;
    struct reco_table table;
    struct pack_writer pack;
    struct columns_writer writer;
    struct bytes account;
    uint64_t size;
    reco_table_init(&table, 5);
    columns_writer_init(&writer);
    bytes_init(&account, 16);
    assert_true(bytes_append(&account, "{}\n", 3, &err));
    assert_true(pack_writer_start(&pack, fd, path, &err));
    for (uint32_t i = 0; i < 2; i++) {
        uint32_t row = reco_table_add(&table);
        *reco_u32(&table, RECO_EVENT, row) = i + 1;
        reco_f32(&table, RECO_ECAL_ENE, row)[i] = 1.5F;
        struct pack_item item = {.key = sha256_of(keys[i], strlen(keys[i])),
                                 .stream = "reco",
                                 .run = 9000,
                                 .spill = i + 1,
                                 .entries = table.rows,
                                 .key_text = (const uint8_t *)keys[i],
                                 .key_size = strlen(keys[i])};
        pack_begin(&pack);
        columns_start(&writer, &pack);
        assert_true(columns_put(&writer, &table, &err));
        assert_true(columns_end(&writer, &item.key, &account, &err));
        assert_true(pack_end(&pack, &item, &products[i], &err));
    }
    assert_true(pack_finish(&pack, &size, &err));
    pack_writer_release(&pack);
    columns_writer_release(&writer);
    reco_table_release(&table);
    bytes_release(&account);
}

/* What the merger publishes: in each byte one bit, another one from byte to byte. */
static void any_changed_byte_of_a_merged_file_is_found(void **state)
{
    char folder[] = "/tmp/spillway-verify-XXXXXX";
    char part[PATH], path[PATH];
    struct merge_input inputs[2] = {{.run = 9000, .spill = 1}, {.run = 9000, .spill = 2}};
    struct product products[2];
    uint64_t offsets[2], missed = 0;
    struct merge_result result = {.offsets = offsets};
    struct root_check check;
    struct bytes lines;
    struct err err;
    (void)state;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(part, sizeof part, "%s/part", folder);
    (void)snprintf(path, sizeof path, "%s/reco.root", folder);
    int fd;
    assert_true(disk_create(part, &fd, &err));
    part_write(fd, part, products);
    (void)close(fd);
    for (int i = 0; i < 2; i++) {
        inputs[i].product = products[i];
        (void)snprintf(inputs[i].product.place.file, PRODUCT_FILE, "part");
    }
    struct merge_request request = {.store = folder,
                                    .stream = "reco",
                                    .inputs = inputs,
                                    .input_count = 2,
                                    .path = path};
    if (!merge_write(&request, &result, &err))
        fail_msg("%s", err.text);
    bytes_init(&lines, 1 << 16);
    if (faults_of(path, &lines, &check) > 0)
        fail_msg("%.*s", (int)lines.size, (const char *)lines.data);
    assert_true(check.digest);
    assert_int_equal(check.entries, 3);
    fd = open(path, O_RDWR | O_CLOEXEC);
    for (uint64_t at = 0; at < check.bytes; at++) {
        struct root_check changed;
        uint8_t byte, other;
        assert_int_equal(pread(fd, &byte, 1, (off_t)at), 1);
        other = (uint8_t)(byte ^ 1u << at % 8);
        assert_int_equal(pwrite(fd, &other, 1, (off_t)at), 1);
        missed += faults_of(path, &lines, &changed) == 0;
        assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
    }
    assert_int_equal(missed, 0);
    (void)close(fd);
    (void)unlink(path);
    (void)unlink(part);
    (void)rmdir(folder);
    bytes_release(&lines);
}

static void any_truncation_is_found(void **state)
{
    struct root_check check;
    struct bytes lines;
    char path[PATH];
    int fd = memfd_create("root", MFD_CLOEXEC);
    (void)state;
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    uint64_t size = sample_write(fd, path);
    bytes_init(&lines, 1 << 16);
    while (size-- > 0) {
        assert_int_equal(ftruncate(fd, (off_t)size), 0);
        assert_true(faults_of(path, &lines, &check) > 0);
    }
    bytes_release(&lines);
    (void)close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(our_file_is_whole),
        cmocka_unit_test(any_changed_byte_is_found),
        cmocka_unit_test(any_changed_byte_of_a_merged_file_is_found),
        cmocka_unit_test(any_truncation_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
