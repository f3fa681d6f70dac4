/* pack_test.c - what is written is read back, and every flipped byte is found.
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

#include "base/disk.h"
#include "output/pack.h"

static char folder[] = "/tmp/spillway-pack-XXXXXX";

static int folder_make(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL;
}

static int folder_remove(void **state)
{
    (void)state;
    char command[64];
    (void)snprintf(command, sizeof command, "%s/pack", folder);
    (void)unlink(command);
    return rmdir(folder);
}

static const char *file_name(void)
{
    static char name[64];
    (void)snprintf(name, sizeof name, "%s/pack", folder);
    return name;
}

static struct pack_item item_make(const char *key_text, const char *stream,
                                  uint32_t spill, uint64_t entries)
{
    struct pack_item item = {.key = sha256_of(key_text, strlen(key_text)),
                             .run = 9000,
                             .spill = spill,
                             .entries = entries,
                             .key_text = (const uint8_t *)key_text,
                             .key_size = strlen(key_text)};
    (void)snprintf(item.stream, sizeof item.stream, "%s", stream);
    for (uint32_t e = 0; e < entries; e++)
        event_digest_add(&item.events, 9000, spill, e + 1, 7);
    return item;
}

/* Three records: 10 bytes, none, 3 bytes. */
static uint64_t pack_make(struct product products[3])
{
    struct err err;
    int fd;
    (void)unlink(file_name());
    assert_true(disk_create(file_name(), &fd, &err));
    struct pack_writer writer;
    assert_true(pack_writer_start(&writer, fd, file_name(), &err));
    static const char *const payloads[3] = {"ten bytes.", "", "abc"};
    static const char *const streams[3] = {"reco", "skim.random", "summary"};
    static const char *const keys[3] = {"spillway-reco-1\na=1\n", "spillway-select-1\n",
                                        "x\n"};
    for (uint32_t i = 0; i < 3; i++) {
        struct pack_item item = item_make(keys[i], streams[i], i + 1, (uint64_t)2 * i);
        pack_begin(&writer);
        for (const char *c = payloads[i]; *c != 0; c++)
            assert_true(pack_add(&writer, c, 1, &err));
        assert_true(pack_end(&writer, &item, &products[i], &err));
    }
    uint64_t size;
    assert_true(pack_finish(&writer, &size, &err));
    pack_writer_release(&writer);
    assert_true(disk_close(fd, file_name(), &err));
    return size;
}

static void records_come_back_as_they_were_written(void **state)
{
    (void)state;
    struct err err;
    struct product products[3];
    uint64_t size = pack_make(products);
    struct pack_reader reader;
    assert_true(pack_reader_open(&reader, file_name(), &err));
    assert_int_equal(reader.size, size);
    assert_int_equal(reader.records, 3);
    struct pack_entry entry;
    pack_entry_init(&entry);
    for (uint64_t i = 0; i < 3; i++) {
        assert_true(pack_read(&reader, i, &entry, &err));
        assert_string_equal(entry.item.stream, products[i].stream);
        assert_true(sha256_equal(&entry.item.key, &products[i].key));
        assert_true(sha256_equal(&entry.bytes_hash, &products[i].bytes_hash));
        assert_true(event_digest_equal(&entry.item.events, &products[i].events));
        assert_int_equal(entry.item.entries, 2 * i);
        assert_int_equal(entry.item.spill, i + 1);
        assert_int_equal(entry.place.offset, products[i].place.offset);
        assert_int_equal(entry.place.length, products[i].place.length);
        assert_true(
            pack_read_at(reader.fd, reader.path, &products[i].place, &entry, &err));
    }
    assert_int_equal(products[0].place.offset, PACK_HEAD);
    assert_int_equal(products[0].place.length, 10);
    pack_entry_release(&entry);
    pack_reader_close(&reader);
    struct pack_report report;
    assert_true(pack_verify(file_name(), &report, &err));
    assert_int_equal(report.records, 3);
    assert_int_equal(report.entries, 6);
    assert_int_equal(report.payload_bytes, 13);
    assert_true(event_digest_equal(&report.events, &products[0].events));
}

static void file_patch(uint64_t offset, uint8_t flip)
{
    FILE *file = fopen(file_name(), "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, (long)offset, SEEK_SET), 0);
    int byte = fgetc(file);
    assert_int_equal(fseek(file, (long)offset, SEEK_SET), 0);
    assert_true(fputc(byte ^ flip, file) != EOF);
    assert_int_equal(fclose(file), 0);
}

static void every_flipped_byte_is_found_and_its_record_named(void **state)
{
    (void)state;
    struct product products[3];
    uint64_t size = pack_make(products);
    struct pack_report report = {.records = 77};
    for (uint64_t at = 0; at < size; at++) {
        struct err err;
        uint8_t flip = (uint8_t)(1u << (at % 8));
        file_patch(at, flip);
        assert_false(pack_verify(file_name(), &report, &err));
        assert_non_null(strstr(err.text, file_name()));
        if (at >= products[0].place.offset && at < products[0].place.offset + 10) {
            assert_int_equal(err.code, E_PACK_HASH);
            assert_non_null(strstr(err.text, "record 0 (reco, run 9000 spill 1)"));
        }
        if (at >= products[2].place.offset && at < products[2].place.offset + 3)
            assert_non_null(strstr(err.text, "record 2 (summary, run 9000 spill 3)"));
        file_patch(at, flip);
    }
    assert_int_equal(report.records, 77); /* untouched on failure */
    struct err err;
    assert_true(pack_verify(file_name(), &report, &err));
}

static void every_shorter_or_longer_file_is_refused(void **state)
{
    (void)state;
    struct product products[3];
    uint64_t size = pack_make(products);
    struct pack_report report;
    struct err err;
    for (uint64_t cut = size + 8; cut-- > 0;) {
        if (cut == size)
            continue;
        assert_int_equal(truncate(file_name(), (off_t)cut), 0);
        assert_false(pack_verify(file_name(), &report, &err));
    }
}

static void the_same_records_give_the_same_bytes(void **state)
{
    (void)state;
    struct err err;
    struct product products[3];
    struct bytes first;
    struct bytes second;
    bytes_init(&first, 1 << 20);
    bytes_init(&second, 1 << 20);
    pack_make(products);
    assert_true(disk_read_file(file_name(), &first, &err));
    pack_make(products);
    assert_true(disk_read_file(file_name(), &second, &err));
    assert_int_equal(first.size, second.size);
    assert_memory_equal(first.data, second.data, first.size);
    struct sha256 hash = sha256_of(first.data, first.size);
    char hex[SHA256_HEX];
    sha256_to_hex(&hash, hex);
    assert_string_equal(
        hex, "a923bbee6bab98bf176926dec2e219928973f21ce8639bc97540fe61072c5b5e");
    bytes_release(&first);
    bytes_release(&second);
}

static void a_full_disk_is_told_at_every_write(void **state)
{
    (void)state;
    struct err err;
    struct pack_item item = item_make("k\n", "reco", 1, 1);
    static const uint8_t data[3 * PACK_BLOCK];
    for (long step = 2; step <= 5; step++) {
        int fd;
        (void)unlink(file_name());
        disk_fail_after(step, 28); /* ENOSPC; step 1 is the create, then four blocks */
        assert_true(disk_create(file_name(), &fd, &err));
        struct pack_writer writer;
        struct product product;
        uint64_t size;
        bool done = pack_writer_start(&writer, fd, file_name(), &err);
        if (done)
            pack_begin(&writer);
        done = done && pack_add(&writer, data, sizeof data, &err) &&
               pack_end(&writer, &item, &product, &err) &&
               pack_finish(&writer, &size, &err);
        disk_fail_after(0, 0);
        assert_false(done);
        assert_int_equal(err.code, E_DISK_FULL);
        pack_writer_release(&writer);
        (void)close(fd);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_come_back_as_they_were_written),
        cmocka_unit_test(every_flipped_byte_is_found_and_its_record_named),
        cmocka_unit_test(every_shorter_or_longer_file_is_refused),
        cmocka_unit_test(the_same_records_give_the_same_bytes),
        cmocka_unit_test(a_full_disk_is_told_at_every_write),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
