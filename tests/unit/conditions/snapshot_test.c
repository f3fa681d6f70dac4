/* snapshot_test.c - one file with all of a tag; every wrong byte is noticed.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "conditions/snapshot.h"

#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/disk.h"
#include "conditions/source.h"

static char folder[] = "/tmp/snapshot_test.XXXXXX";

static int start(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : 1;
}

static int stop(void **state)
{
    (void)state;
    char command[256];
    (void)snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

static const char *path_of(const char *name)
{
    static char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static const char *const texts[] = {"the first payload", "the second", ""};

/* Type "a" from run 10: texts 0, gap, 1, 0 again; type "b": all empty. */
static void manifest_make(struct manifest *manifest)
{
    static const struct {
        const char *type;
        int64_t from, to;
        int text; /* -1: a gap */
    } entries[] = {{"a", 10, 12, 0},
                   {"a", 12, 13, -1},
                   {"a", 13, 14, 1},
                   {"a", 14, 20, 0},
                   {"b", 10, 20, 2}};
    struct err err = {0};
    manifest_init(manifest, 10, 19);
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
        const char *text = entries[i].text < 0 ? NULL : texts[entries[i].text];
        struct manifest_entry entry = {
            .gap = !text, .interval = {{entries[i].from, 0}, {entries[i].to, 0}}};
        memcpy(entry.type, entries[i].type, 2);
        if (text) {
            entry.hash = sha256_of(text, strlen(text));
            entry.size = strlen(text);
        }
        assert_true(manifest_add(manifest, &entry, &err));
    }
}

static void write_it(const char *path, bool thin, const char *payloads)
{
    struct snapshot_writer *writer = NULL;
    struct manifest manifest;
    struct err err = {0};
    manifest_make(&manifest);
    assert_true(snapshot_begin(path, thin, &writer, &err));
    for (size_t i = 0; i < 3; i++) {
        char url[16];
        struct bytes bytes;
        struct sha256 hash = sha256_of(texts[i], strlen(texts[i]));
        (void)snprintf(url, sizeof url, "x/%zu", i);
        struct tag_row row = {.type = "a", .url = url};
        bytes_init(&bytes, 100);
        assert_true(bytes_append(&bytes, texts[i], strlen(texts[i]), &err));
        assert_true(snapshot_add(writer, &row, &hash, &bytes, &err));
        bytes_release(&bytes);
    }
    struct snapshot_head head = {"tag1", TAG_LOCKED, payloads, &manifest};
    if (!snapshot_finish(writer, &head, &err))
        fail_msg("%s", err.text);
    snapshot_end(writer);
    manifest_release(&manifest);
}

/* Opens as a source, reads the tag and every payload; the payloads' texts into `all`. */
static bool read_all(const char *path, struct bytes *all, struct err *err)
{
    struct source_options options = {.url = path, .transfer = transfer_options_usual(1)};
    struct source *source = NULL;
    struct arena arena;
    struct tag tag;
    struct bytes bytes;
    if (!source_open(&options, &source, err))
        return false;
    arena_init(&arena, (size_t)1 << 20);
    bytes_init(&bytes, 1000);
    bool done = source_read_tag(source, "tag1", &arena, &tag, err);
    for (size_t i = 0; done && i < tag.count; i++)
        done = source_read_payload(source, &tag.rows[i], &bytes, err) &&
               bytes_append(all, bytes.data, bytes.size, err) &&
               bytes_append(all, ";", 1, err);
    bytes_release(&bytes);
    arena_release(&arena);
    source_close(source);
    return done;
}

static void what_was_written_is_read(void **state)
{
    (void)state;
    struct bytes all;
    struct stat status;
    struct err err = {0};
    const char *path = path_of("whole");
    write_it(path, false, NULL);
    bytes_init(&all, 1000);
    if (!read_all(path, &all, &err))
        fail_msg("%s", err.text);
    static const char expected[] = "the first payload;the second;the first payload;;";
    assert_int_equal(all.size, sizeof expected - 1);
    assert_memory_equal(all.data, expected, all.size);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0444);
    bytes_release(&all);
}

static void a_thin_one_takes_payloads_from_their_place(void **state)
{
    (void)state;
    char payloads[PATH_MAX];
    char path[PATH_MAX];
    struct bytes all;
    struct err err = {0};
    (void)snprintf(payloads, sizeof payloads, "%s", path_of("a place"));
    (void)snprintf(path, sizeof path, "%s", path_of("thin"));
    write_it(path, true, payloads);
    bytes_init(&all, 1000);
    assert_false(read_all(path, &all, &err));
    assert_int_equal(err.code, E_PAYLOAD_ABSENT);
    for (size_t i = 0; i < 3; i++) {
        char url[PATH_MAX + 8];
        (void)snprintf(url, sizeof url, "%s/x/%zu", payloads, i);
        assert_true(transfer_put(url, texts[i], strlen(texts[i]), 0644, &err));
    }
    bytes_clear(&all);
    if (!read_all(path, &all, &err))
        fail_msg("%s", err.text);
    assert_int_equal(all.data[0], 't');
    bytes_release(&all);
}

static int file_put(const char *path, const uint8_t *data, size_t size)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, size), (ssize_t)size);
    return fd;
}

/* Whatever bit is wrong or byte is missing: a refusal, or the very same payloads. The one
 * thing that may differ unnoticed is nothing. */
static void every_damaged_byte_is_noticed(void **state)
{
    (void)state;
    char path[PATH_MAX], copy[PATH_MAX];
    struct bytes file, all;
    struct err err = {0};
    (void)snprintf(path, sizeof path, "%s", path_of("sound"));
    (void)snprintf(copy, sizeof copy, "%s", path_of("damaged"));
    write_it(path, false, "https://h/p a");
    bytes_init(&file, 65536);
    bytes_init(&all, 1000);
    assert_true(disk_read_file(path, &file, &err));
    int fd = file_put(copy, file.data, file.size);
    for (size_t i = 0; i < file.size; i++) {
        uint8_t wrong = (uint8_t)(file.data[i] ^ 1u << i % 8);
        assert_int_equal(pwrite(fd, &wrong, 1, (off_t)i), 1);
        err = (struct err){0};
        if (read_all(copy, &all, &err))
            fail_msg("byte %zu of %zu may be wrong", i, file.size);
        if (err.code != E_SNAPSHOT && err.code != E_PAYLOAD_HASH)
            fail_msg("byte %zu: %s: %s", i, err_name((enum err_code)err.code), err.text);
        assert_int_equal(pwrite(fd, &file.data[i], 1, (off_t)i), 1);
        bytes_clear(&all);
    }
    for (size_t size = file.size; size-- > 0;) {
        assert_int_equal(ftruncate(fd, (off_t)size), 0);
        err = (struct err){0};
        assert_false(read_all(copy, &all, &err));
        assert_int_equal(err.code, E_SNAPSHOT);
        bytes_clear(&all);
    }
    assert_int_equal(close(fd), 0);
    bytes_release(&file);
    bytes_release(&all);
}

static void a_snapshot_that_is_not_finished_leaves_nothing(void **state)
{
    (void)state;
    struct snapshot_writer *writer = NULL;
    struct err err = {0};
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s", path_of("left"));
    assert_true(snapshot_begin(path, false, &writer, &err));
    snapshot_end(writer);
    assert_false(disk_exists(path));
    assert_false(disk_exists(path_of("left.part")));
    assert_false(snapshot_begin(path_of("no/such/folder"), false, &writer, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_is_read),
        cmocka_unit_test(a_thin_one_takes_payloads_from_their_place),
        cmocka_unit_test(every_damaged_byte_is_noticed),
        cmocka_unit_test(a_snapshot_that_is_not_finished_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
