/* disk_test.c - a durable write is whole or not there, whichever step fails.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <sys/stat.h>

#include <cmocka.h>

static char folder[64];

static const char *below(const char *name)
{
    static char path[160];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static int folder_make(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/spillway_disk_test_XXXXXX");
    return mkdtemp(folder) != NULL ? 0 : -1;
}

static int folder_remove(void **state)
{
    (void)state;
    char command[96];
    (void)snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command); /* NOLINT(cert-env33-c): a test cleans up */
}

static unsigned files_in(const char *path)
{
    unsigned count = 0;
    DIR *directory = opendir(path);
    assert_non_null(directory);
    while (readdir(directory) != NULL)
        count++;
    (void)closedir(directory);
    return count - 2;
}

static void assert_content(const char *path, const char *text)
{
    struct bytes bytes;
    struct err err;
    bytes_init(&bytes, 100);
    assert_true(disk_read_file(path, &bytes, &err));
    assert_int_equal(bytes.size, strlen(text));
    assert_memory_equal(bytes.data, text, strlen(text));
    bytes_release(&bytes);
}

static void a_durable_write_is_there_with_its_mode(void **state)
{
    (void)state;
    struct err err;
    struct stat status;
    assert_true(disk_write_durable(below("token"), "secret", 6, 0600, &err));
    assert_content(below("token"), "secret");
    assert_int_equal(stat(below("token"), &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    assert_true(disk_write_durable(below("token"), "", 0, 0600, &err));
    assert_content(below("token"), "");
    assert_int_equal(unlink(below("token")), 0);
}

/* Every step of a durable write fails once; after each the old or the new content is
 * there, whole, and nothing else. */
static void a_failed_step_leaves_the_old_or_the_new_file(void **state)
{
    (void)state;
    struct err err;
    assert_true(disk_write_durable(below("state"), "old", 3, 0644, &err));
    unsigned failures = 0;
    bool written = false;
    for (long n = 1; !written && n < 100; n++) {
        disk_fail_after(n, n % 2 == 0 ? ENOSPC : EIO);
        written = disk_write_durable(below("state"), "newer", 5, 0644, &err);
        disk_fail_after(0, 0);
        if (written)
            break;
        failures++;
        assert_int_equal(err.code, n % 2 == 0 ? E_DISK_FULL : E_DISK_WRITE);
        assert_non_null(strstr(err.text, folder));
        assert_int_equal(files_in(folder), 1);
        struct stat status;
        assert_int_equal(stat(below("state"), &status), 0);
        assert_content(below("state"), status.st_size == 3 ? "old" : "newer");
    }
    assert_true(written);
    assert_int_equal(failures, 5); /* create, write, sync, rename, sync of the folder */
    assert_content(below("state"), "newer");
    assert_int_equal(unlink(below("state")), 0);
}

static void a_full_disk_is_told_with_the_path(void **state)
{
    (void)state;
    struct err err;
    int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_false(disk_write(fd, "/store/part", "x", 1, &err));
    assert_int_equal(err.code, E_DISK_FULL);
    assert_int_equal(err.kind, ERR_STORAGE);
    assert_string_equal(err.text,
                        "/store/part: cannot be written: No space left on device");
    (void)close(fd);
}

static void a_file_that_ends_early_is_told_with_the_place(void **state)
{
    (void)state;
    struct err err;
    int fd = -1;
    uint64_t size = 0;
    char out[8] = "";
    assert_true(disk_write_durable(below("chunk"), "0123456789", 10, 0644, &err));
    assert_true(disk_open_read(below("chunk"), &fd, &size, &err));
    assert_int_equal(size, 10);
    assert_true(disk_read_at(fd, "chunk", 2, out, 8, &err));
    assert_memory_equal(out, "23456789", 8);
    assert_false(disk_read_at(fd, "chunk", 3, out, 8, &err));
    assert_int_equal(err.code, E_DISK_READ);
    assert_string_equal(err.text, "chunk: ends at byte 10, inside 8 bytes wanted from 3");
    assert_true(disk_read_at(fd, "chunk", 10, out, 0, &err));
    assert_true(disk_close(fd, "chunk", &err));
    assert_int_equal(unlink(below("chunk")), 0);
}

static void what_is_no_file_is_not_opened(void **state)
{
    (void)state;
    struct err err;
    struct bytes bytes;
    int fd = -1;
    uint64_t size = 0;
    bytes_init(&bytes, 4);
    assert_false(disk_open_read(below("absent"), &fd, &size, &err));
    assert_int_equal(err.code, E_DISK_OPEN);
    assert_non_null(strstr(err.text, "absent"));
    assert_false(disk_open_read(folder, &fd, &size, &err));
    assert_false(disk_open_read("/dev/null", &fd, &size, &err));
    assert_int_equal(fd, -1);
    assert_true(disk_write_durable(below("large"), "12345", 5, 0644, &err));
    assert_false(disk_read_file(below("large"), &bytes, &err));
    assert_int_equal(err.code, E_LIMIT);
    assert_int_equal(bytes.size, 0);
    assert_int_equal(unlink(below("large")), 0);
    bytes_release(&bytes);
}

static void a_new_file_never_replaces_one(void **state)
{
    (void)state;
    struct err err;
    int fd = -1;
    assert_true(disk_create(below("part"), &fd, &err));
    assert_true(disk_write(fd, below("part"), "p", 1, &err));
    assert_true(disk_sync(fd, below("part"), &err));
    assert_true(disk_close(fd, below("part"), &err));
    assert_true(disk_sync_parent(below("part"), &err));
    assert_false(disk_create(below("part"), &fd, &err));
    assert_content(below("part"), "p");
    assert_int_equal(unlink(below("part")), 0);
}

static void a_path_is_made_with_all_its_folders(void **state)
{
    (void)state;
    struct err err;
    assert_true(disk_make_path(below("a/b//c/"), &err));
    assert_true(disk_exists(below("a/b/c")));
    assert_true(disk_make_path(below("a/b/c"), &err));
    assert_true(disk_write_durable(below("a/file"), "", 0, 0644, &err));
    assert_false(disk_make_path(below("a/file"), &err));
    assert_false(disk_make_path(below("a/file/d"), &err));
    assert_false(disk_make_path("", &err));
    disk_fail_after(2, ENOSPC);
    assert_false(disk_make_path(below("x/y/z"), &err));
    disk_fail_after(0, 0);
    assert_int_equal(err.code, E_DISK_FULL);
    assert_false(disk_exists(below("x/y")));
}

#define WRITERS 2
#define SHARED  ((size_t)200000)

static void *write_shared(void *user)
{
    bool *good = user;
    struct err err;
    uint8_t *data = mem_new(1, SHARED);
    char path[160];
    (void)snprintf(path, sizeof path, "%s/shared", folder);
    for (int i = 0; i < 20 && *good; i++)
        *good = disk_write_durable(path, data, SHARED, 0644, &err);
    free(data);
    return NULL;
}

static void two_threads_that_write_one_file_do_not_meet(void **state)
{
    (void)state;
    pthread_t threads[WRITERS];
    bool good[WRITERS] = {true, true};
    uint64_t size = 0;
    struct err err;
    int fd;
    for (int i = 0; i < WRITERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_shared, &good[i]), 0);
    for (int i = 0; i < WRITERS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_true(good[0] && good[1]);
    assert_true(disk_open_read(below("shared"), &fd, &size, &err));
    (void)close(fd);
    assert_int_equal(size, SHARED);
    assert_int_equal(unlink(below("shared")), 0);
}

static void a_path_beyond_the_limit_is_refused(void **state)
{
    (void)state;
    static char path[9000];
    struct err err;
    memset(path, 'x', sizeof path - 1);
    assert_false(disk_write_durable(path, "", 0, 0644, &err));
    assert_int_equal(err.code, E_LIMIT);
    assert_false(disk_make_path(path, &err));
    path[8000] = '/';
    assert_false(disk_sync_parent(path, &err));
    assert_int_equal(err.code, E_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_durable_write_is_there_with_its_mode),
        cmocka_unit_test(a_failed_step_leaves_the_old_or_the_new_file),
        cmocka_unit_test(a_full_disk_is_told_with_the_path),
        cmocka_unit_test(a_file_that_ends_early_is_told_with_the_place),
        cmocka_unit_test(what_is_no_file_is_not_opened),
        cmocka_unit_test(a_new_file_never_replaces_one),
        cmocka_unit_test(a_path_is_made_with_all_its_folders),
        cmocka_unit_test(two_threads_that_write_one_file_do_not_meet),
        cmocka_unit_test(a_path_beyond_the_limit_is_refused),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
