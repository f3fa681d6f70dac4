/* follower_test.c - the hash of a file that grows meanwhile.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/mman.h>

#include <cmocka.h>

#include "base/disk.h"
#include "output/follower.h"

#define SIZE ((size_t)5 << 20)

static int file_make(char path[64])
{
    int fd = memfd_create("grows", MFD_CLOEXEC);
    assert_true(fd >= 0);
    (void)snprintf(path, 64, "/proc/self/fd/%d", fd);
    return fd;
}

/* A file of `size` bytes written in pieces, of which the thread is told. */
static void hash_check(size_t size, size_t piece)
{
    struct err err;
    struct follower *follower;
    struct sha256 hash;
    char path[64];
    static uint8_t data[SIZE];
    for (size_t i = 0; i < size; i++)
        data[i] = (uint8_t)(i * i >> 7);
    int fd = file_make(path);
    assert_true(follower_start(path, 0, &follower, &err));
    for (size_t at = 0; at < size; at += piece) {
        size_t part = size - at < piece ? size - at : piece;
        assert_true(disk_write(fd, path, data + at, part, &err));
        follower_reach(follower, at + part);
    }
    assert_true(follower_end(follower, size, &hash, &err));
    struct sha256 wanted = sha256_of(data, size);
    assert_true(sha256_equal(&hash, &wanted));
    follower_free(follower);
    (void)close(fd);
}

static void the_hash_is_that_of_the_whole_file(void **state)
{
    (void)state;
    hash_check(0, 1);
    hash_check(1, 1);
    hash_check(3 << 20, 1 << 20);
    hash_check(SIZE - 5, 77777);
    hash_check(SIZE, SIZE);
}

/* Parts of 0, 1, 2 ... times `unit` bytes, the thread told of none, some or all of them
 * before it may read on. */
static void parts_check(size_t unit, uint32_t count, uint32_t told)
{
    struct err err;
    struct follower *follower;
    struct sha256 hash;
    char path[64];
    static uint8_t data[SIZE];
    size_t at = 0;
    int fd = file_make(path);
    assert_true(follower_start(path, count, &follower, &err));
    for (uint32_t i = 0; i < count; i++) {
        assert_true(disk_write(fd, path, data + at, unit * i, &err));
        at += unit * i;
        follower_part(follower, at);
        if (i % told == 0)
            follower_reach(follower, at);
    }
    assert_true(follower_end(follower, at, &hash, &err));
    struct sha256 wanted = sha256_of(data, at);
    assert_true(sha256_equal(&hash, &wanted));
    at = 0;
    for (uint32_t i = 0; i < count; i++) {
        hash = follower_part_hash(follower, i);
        wanted = sha256_of(data + at, unit * i);
        assert_true(sha256_equal(&hash, &wanted));
        at += unit * i;
    }
    follower_free(follower);
    (void)close(fd);
}

static void each_part_has_its_own_hash(void **state)
{
    (void)state;
    parts_check(1, 1, 1);
    parts_check(0, 5, 1);
    parts_check(1, 200, 3);
    parts_check(77777, 11, 1);
    parts_check(77777, 11, 4);
    parts_check((1 << 20) + 1, 3, 100);
}

static void a_file_that_is_too_short_is_an_error(void **state)
{
    (void)state;
    struct err err;
    struct follower *follower;
    struct sha256 hash;
    char path[64];
    int fd = file_make(path);
    assert_true(disk_write(fd, path, "abc", 3, &err));
    assert_true(follower_start(path, 0, &follower, &err));
    assert_false(follower_end(follower, 4, &hash, &err));
    assert_int_equal(err.code, E_DISK_READ);
    follower_free(follower);
    assert_false(follower_start("/nonexistent/file", 0, &follower, &err));
    (void)close(fd);
}

static void it_can_be_given_up_at_any_time(void **state)
{
    (void)state;
    struct err err;
    struct follower *follower;
    char path[64];
    int fd = file_make(path);
    assert_true(disk_write(fd, path, "abc", 3, &err));
    assert_true(follower_start(path, 0, &follower, &err));
    follower_free(follower);
    assert_true(follower_start(path, 0, &follower, &err));
    follower_reach(follower, 3);
    follower_free(follower);
    follower_free(NULL);
    (void)close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_hash_is_that_of_the_whole_file),
        cmocka_unit_test(each_part_has_its_own_hash),
        cmocka_unit_test(a_file_that_is_too_short_is_an_error),
        cmocka_unit_test(it_can_be_given_up_at_any_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
