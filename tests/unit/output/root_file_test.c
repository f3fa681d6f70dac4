/* root_file_test.c - keys tile a ROOT file and all places in it agree.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/mman.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "output/root_classes.h"
#include "output/root_file.h"

#define NAME "t.root"

static const struct sha256 key = {{1, 2, 3, 4, 5, 6, 7, 8, 9}};

static void begin(struct root_file *file, int fd)
{
    struct err err;
    struct root_target target = {.fd = fd, .path = NAME, .name = NAME, .key = &key};
    assert_true(root_file_begin(file, &target, &err));
}

static int memory_file(void)
{
    int fd = memfd_create(NAME, MFD_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

static uint8_t *contents(int fd, uint64_t size)
{
    struct err err;
    struct stat status;
    assert_int_equal(fstat(fd, &status), 0);
    assert_int_equal(status.st_size, size);
    uint8_t *data = malloc(size);
    assert_non_null(data);
    assert_true(disk_read_at(fd, NAME, 0, data, size, &err));
    return data;
}

static uint64_t be64(const uint8_t *place)
{
    return be64_load(place);
}

/* The class name of the key at `at`; checks what every key says of itself. */
static const char *key_class(const uint8_t *data, uint64_t at, uint32_t *size)
{
    static char name[256];
    const uint8_t *head = data + at;
    *size = be32_load(head);
    assert_int_equal(head[4] << 8 | head[5], 1004);
    assert_int_equal(be32_load(head + 10), ROOT_DATE);
    assert_int_equal(be64(head + 18), at);
    memcpy(name, head + 35, head[34]);
    name[head[34]] = 0;
    return name;
}

/* A file with a string in the top directory, one below, and a hidden blob. */
static uint64_t sample_write(int fd, uint64_t *blob)
{
    struct err err;
    struct root_file file;
    struct root_stream text;
    uint64_t size;
    uint32_t folder;
    begin(&file, fd);
    root_stream_init(&text, 0);
    size_t start = root_open(&text, 1);
    root_put_object(&text, 0);
    root_put_text(&text, "hello");
    root_close(&text, start);
    struct root_key word = {.class_name = "TObjString", .name = "word", .title = ""};
    assert_true(root_key_put(&file, &word, &text.bytes, NULL, &err));
    struct root_key hidden = {
        .class_name = "RBlob", .name = "", .title = "", .hidden = true, .sealed = true};
    assert_true(root_key_begin(&file, &hidden, blob, &err));
    assert_true(root_key_add(&file, "abc", 3, &err));
    assert_true(root_key_add(&file, "defg", 4, &err));
    assert_true(root_key_end(&file, 70, NULL, &err));
    assert_true(root_directory_add(&file, ROOT_TOP, "below", &folder, &err));
    word.directory = folder;
    assert_true(root_key_put(&file, &word, &text.bytes, NULL, &err));
    assert_true(root_file_end(&file, ROOT_SET_STRING, &size, &err));
    root_stream_release(&text);
    root_file_release(&file);
    return size;
}

static void keys_tile_the_file_in_a_fixed_order(void **state)
{
    (void)state;
    static const char *const order[] = {
        "TFile",      "TObjString", "RBlob", "TDirectory", "TObjString",
        "TDirectory", "TFile",      "TList", "TObjString", "TFile",
    };
    uint64_t blob;
    int fd = memory_file();
    uint64_t size = sample_write(fd, &blob);
    uint8_t *data = contents(fd, size);
    uint64_t at = ROOT_BEGIN;
    uint64_t seeks[10];
    uint32_t sizes[10];
    for (int i = 0; i < 10; i++) {
        assert_string_equal(key_class(data, at, &sizes[i]), order[i]);
        seeks[i] = at;
        at += sizes[i];
    }
    assert_int_equal(at, size);
    assert_memory_equal(data, "root", 4);
    assert_int_equal(be32_load(data + 4), ROOT_VERSION + 1000000);
    assert_int_equal(be64(data + 12), size);
    assert_int_equal(be64(data + 20), seeks[9]);
    assert_int_equal(be32_load(data + 28), sizes[9]);
    assert_int_equal(be64(data + 45), seeks[7]);
    assert_int_equal(be32_load(data + 53), sizes[7]);
    const uint8_t *top = data + ROOT_BEGIN + be32_load(data + 36);
    assert_int_equal(be32_load(top + 10), sizes[6]);
    assert_int_equal(be64(top + 34), seeks[6]);
    const uint8_t *below =
        data + seeks[3] + (data[seeks[3] + 14] << 8 | data[seeks[3] + 15]);
    assert_int_equal(be64(below + 18), seeks[3]);
    assert_int_equal(be64(below + 26), ROOT_BEGIN);
    assert_int_equal(be64(below + 34), seeks[5]);
    assert_int_equal(be64(data + seeks[4] + 26), seeks[3]);
    assert_memory_equal(data + blob, "abcdefg", 7);
    assert_int_equal(be32_load(data + seeks[2] + 6), 70);
    /* the top lists the string and the directory, not the blob */
    const uint8_t *list = data + seeks[6];
    assert_int_equal(be32_load(list + (list[14] << 8 | list[15])), 2);
    free(data);
    (void)close(fd);
}

static void same_contents_are_the_same_bytes_wherever_they_are_written(void **state)
{
    (void)state;
    uint64_t blob;
    struct sha256 hash[2];
    for (int i = 0; i < 2; i++) {
        int fd = memory_file();
        assert_int_equal(lseek(fd, i * 1000, SEEK_SET), i * 1000);
        uint64_t size = sample_write(fd, &blob);
        uint8_t *data = contents(fd, size);
        hash[i] = sha256_of(data, size);
        free(data);
        (void)close(fd);
    }
    assert_true(sha256_equal(&hash[0], &hash[1]));
}

/* Payloads beyond the buffer, in pieces and copied, around a patch of their heads. */
static void large_payloads_arrive_whole(void **state)
{
    (void)state;
    struct err err;
    struct root_file file;
    uint64_t places[2];
    uint64_t size;
    const size_t large = 700001;
    uint8_t *bytes = malloc(large);
    assert_non_null(bytes);
    for (size_t i = 0; i < large; i++)
        bytes[i] = (uint8_t)(i * 31 >> 3);
    int from = memory_file();
    assert_true(disk_write(from, "from", bytes, large, &err));
    int fd = memory_file();
    begin(&file, fd);
    struct root_key blob = {
        .class_name = "RBlob", .name = "", .title = "", .hidden = true, .sealed = true};
    assert_true(root_key_begin(&file, &blob, &places[0], &err));
    for (size_t at = 0; at < large; at += 1000)
        assert_true(
            root_key_add(&file, bytes + at, large - at < 1000 ? large - at : 1000, &err));
    assert_true(root_key_end(&file, 0, NULL, &err));
    assert_true(root_key_begin(&file, &blob, &places[1], &err));
    assert_true(root_key_add(&file, bytes, 1, &err));
    struct disk_place range = {from, "from", 1};
    assert_true(root_key_copy(&file, &range, large - 1, &err));
    assert_true(root_key_end(&file, 0, NULL, &err));
    assert_true(root_file_end(&file, ROOT_SET_NTUPLE, &size, &err));
    root_file_release(&file);
    uint8_t *data = contents(fd, size);
    for (int i = 0; i < 2; i++) {
        assert_memory_equal(data + places[i], bytes, large);
        assert_int_equal(be32_load(data + places[i] - 42), large + 42);
    }
    free(data);
    free(bytes);
    (void)close(fd);
    (void)close(from);
}

static void source_that_ends_early_is_named(void **state)
{
    (void)state;
    struct err err;
    struct root_file file;
    int from = memory_file();
    assert_true(disk_write(from, "short", "abc", 3, &err));
    int fd = memory_file();
    begin(&file, fd);
    struct root_key blob = {
        .class_name = "RBlob", .name = "", .title = "", .hidden = true, .sealed = true};
    assert_true(root_key_begin(&file, &blob, NULL, &err));
    struct disk_place range = {from, "short", 0};
    assert_false(root_key_copy(&file, &range, 4, &err));
    assert_int_equal(err.code, E_DISK_READ);
    assert_non_null(strstr(err.text, "short"));
    root_file_release(&file);
    (void)close(fd);
    (void)close(from);
}

/* A file with a directory and a payload larger than what is held back, in one go or after
 * a run that only counted. */
static void file_make(int fd, struct root_front *front, const char *object,
                      uint64_t *final, struct err *err)
{
    static const uint8_t large[1 << 20];
    struct root_target target = {
        .fd = fd, .front = front, .path = NAME, .name = NAME, .key = &key};
    const struct root_key blob = {.class_name = "RBlob",
                                  .name = "",
                                  .title = "",
                                  .hidden = true,
                                  .sealed = true,
                                  .size = sizeof large};
    struct root_key text = {.class_name = "TObjString", .name = object, .title = "t"};
    struct root_file file;
    uint64_t size;
    assert_true(root_file_begin(&file, &target, err));
    assert_true(root_directory_add(&file, ROOT_TOP, "d", &text.directory, err));
    assert_true(root_key_begin(&file, &blob, NULL, err));
    assert_true(root_key_add(&file, large, sizeof large, err));
    assert_true(root_key_end(&file, 0, NULL, err));
    assert_true(root_key_begin(&file, &text, NULL, err));
    assert_true(root_key_add(&file, "abc", 3, err));
    assert_true(root_key_end(&file, 0, NULL, err));
    *final = root_file_final(&file);
    err->code = E_NONE;
    bool done = root_file_end(&file, ROOT_SET_STRING, &size, err);
    assert_int_equal(done, err->code == E_NONE);
    root_file_release(&file);
}

static void a_file_with_a_known_front_is_the_same(void **state)
{
    (void)state;
    struct err err;
    struct root_front front = {.size = 0};
    struct stat status;
    uint64_t final;
    int plain = memory_file(), counted = memory_file();
    file_make(plain, NULL, "o", &final, &err);
    assert_int_equal(final, 0);
    assert_int_equal(fstat(plain, &status), 0);
    file_make(-1, &front, "o", &final, &err);
    assert_true(front.size > ROOT_BEGIN);
    file_make(counted, &front, "o", &final, &err);
    assert_true(final > 1 << 20); /* what is behind it waits in memory */
    uint8_t *a = contents(plain, (uint64_t)status.st_size);
    uint8_t *b = contents(counted, (uint64_t)status.st_size);
    assert_memory_equal(a, b, (size_t)status.st_size);
    free(a);
    free(b);
    (void)close(plain);
    (void)close(counted);
}

static void a_front_of_another_file_is_refused(void **state)
{
    (void)state;
    struct err err;
    struct root_front front = {.size = 0};
    uint64_t final;
    int fd = memory_file();
    file_make(-1, &front, "o", &final, &err);
    file_make(fd, &front, "another name", &final, &err);
    assert_int_equal(err.code, E_MERGE_INPUT);
    (void)close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_with_a_known_front_is_the_same),
        cmocka_unit_test(a_front_of_another_file_is_refused),
        cmocka_unit_test(keys_tile_the_file_in_a_fixed_order),
        cmocka_unit_test(same_contents_are_the_same_bytes_wherever_they_are_written),
        cmocka_unit_test(large_payloads_arrive_whole),
        cmocka_unit_test(source_that_ends_early_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
