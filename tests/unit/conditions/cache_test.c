/* cache_test.c - many processes of a node and one object; a process that is killed.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "conditions/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/disk.h"
#include "base/text.h"

#define PROCESSES 8

static char folder[] = "/tmp/cache_test.XXXXXX";

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

/* One byte in FOLDER/asked for each fetch, then the payload. */
static bool fetch_noted(void *user, const struct sha256 *hash, struct bytes *out,
                        struct err *err)
{
    char path[PATH_MAX];
    (void)hash;
    (void)snprintf(path, sizeof path, "%s/asked", folder);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    bug_if(fd < 0 || write(fd, "x", 1) != 1);
    (void)close(fd);
    return text_add(out, user, err);
}

/* Says that it holds the lock, then never answers. */
static bool fetch_hanging(void *user, const struct sha256 *hash, struct bytes *out,
                          struct err *err)
{
    const int *pipe_end = user;
    (void)hash;
    (void)out;
    bug_if(write(*pipe_end, "h", 1) != 1);
    (void)pause();
    return err_set(err, E_DISK_READ, "woken");
}

static off_t times_asked(void)
{
    char path[PATH_MAX];
    struct stat status;
    (void)snprintf(path, sizeof path, "%s/asked", folder);
    return stat(path, &status) == 0 ? status.st_size : 0;
}

static char text[] = "payload";

static struct cache cache_of(int64_t lock_wait_ns)
{
    return (struct cache){.folder = folder,
                          .fetch = fetch_noted,
                          .user = text,
                          .lock_wait_ns = lock_wait_ns,
                          .largest_bytes = 100};
}

/* The object's bytes, copied. */
static bool get_copy(const struct cache *cache, const struct sha256 *hash,
                     struct bytes *out, struct err *err)
{
    struct cache_object object;
    if (!cache_get(cache, hash, &object, err))
        return false;
    bytes_clear(out);
    bool done = bytes_append(out, object.data, object.size, err);
    cache_object_release(&object);
    return done;
}

static void a_node_fetches_an_object_once(void **state)
{
    (void)state;
    struct sha256 hash = sha256_of(text, strlen(text));
    pid_t children[PROCESSES];
    for (int i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0) {
            struct cache cache = cache_of((int64_t)30 * 1000000000);
            struct bytes out;
            struct err err = {0};
            bytes_init(&out, 100);
            bool done = get_copy(&cache, &hash, &out, &err) && out.size == 7;
            _exit(done ? 0 : 1);
        }
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status = 0;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    assert_int_equal(times_asked(), 1);
}

static void a_killed_holder_of_the_lock_hangs_nobody(void **state)
{
    (void)state;
    char other[] = "another payload";
    struct sha256 hash = sha256_of(other, strlen(other));
    struct bytes out;
    struct err err = {0};
    int pipes[2];
    char byte = 0;
    assert_int_equal(pipe(pipes), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct cache hanging = {.folder = folder,
                                .fetch = fetch_hanging,
                                .user = &pipes[1],
                                .largest_bytes = 100};
        bytes_init(&out, 100);
        _exit(get_copy(&hanging, &hash, &out, &err) ? 0 : 1);
    }
    assert_int_equal(read(pipes[0], &byte, 1), 1);
    struct cache cache = cache_of(0); /* the lock is taken: a private fetch */
    cache.user = other;
    bytes_init(&out, 100);
    off_t before = times_asked();
    assert_true(get_copy(&cache, &hash, &out, &err));
    assert_true(get_copy(&cache, &hash, &out, &err));
    assert_int_equal(times_asked(), before + 2);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_true(get_copy(&cache, &hash, &out, &err)); /* the lock is free: kept */
    assert_true(get_copy(&cache, &hash, &out, &err));
    assert_int_equal(times_asked(), before + 3);
    bytes_release(&out);
    (void)close(pipes[0]);
    (void)close(pipes[1]);
}

/* ---- what leaves, and what is not ours ---- */

static const char *object_path(const char *content)
{
    static char path[PATH_MAX];
    char hex[SHA256_HEX];
    struct sha256 hash = sha256_of(content, strlen(content));
    sha256_to_hex(&hash, hex);
    (void)snprintf(path, sizeof path, "%s/objects/%.2s/%s", folder, hex, hex);
    return path;
}

/* Fills it, last used so many seconds after 1970. */
static void fill(char *content, time_t used)
{
    struct cache cache = cache_of(0);
    struct sha256 hash = sha256_of(content, strlen(content));
    struct timespec times[2] = {{.tv_sec = used}, {.tv_nsec = UTIME_OMIT}};
    struct bytes out;
    struct err err = {0};
    cache.user = content;
    bytes_init(&out, 100);
    assert_true(get_copy(&cache, &hash, &out, &err));
    assert_int_equal(utimensat(AT_FDCWD, object_path(content), times, 0), 0);
    bytes_release(&out);
}

static bool is_there(const char *content)
{
    struct stat status;
    return lstat(object_path(content), &status) == 0;
}

static void the_longest_unused_leaves_and_what_is_in_use_stays(void **state)
{
    (void)state;
    static char contents[4][16] = {"ten bytes 0", "ten bytes 1", "ten bytes 2",
                                   "ten bytes 3"};
    struct cache cache = cache_of(0);
    struct cache_object used;
    struct err err = {0};
    char command[256];
    (void)snprintf(command, sizeof command, "rm -rf '%s'/objects", folder);
    assert_int_equal(system(command), 0);
    for (time_t i = 0; i < 4; i++)
        fill(contents[i], 1000 + i);
    struct sha256 hash = sha256_of(contents[0], 11);
    assert_true(cache_get(&cache, &hash, &used, &err)); /* the lease, and used now */
    fill(contents[0], 1000);                            /* as if never used */
    cache_trim(folder, 44);
    for (int i = 0; i < 4; i++)
        assert_true(is_there(contents[i])); /* not above */
    cache_trim(folder, 43);
    assert_true(is_there(contents[0])); /* oldest, but leased */
    assert_false(is_there(contents[1]));
    assert_true(is_there(contents[2]) && is_there(contents[3]));
    cache_trim(folder, 0);
    assert_true(is_there(contents[0]));
    assert_false(is_there(contents[2]) || is_there(contents[3]));
    assert_memory_equal(used.data, contents[0], 11);
    cache_object_release(&used);
    cache_trim(folder, 0);
    assert_false(is_there(contents[0]));
}

/* The clock stood in the future when they were used. */
static void what_was_used_in_the_future_makes_room(void **state)
{
    (void)state;
    static char contents[3][16] = {"ten bytes a", "ten bytes b", "ten bytes c"};
    struct cache cache = cache_of(0);
    struct cache_object used;
    struct sha256 hash = sha256_of(contents[0], 11);
    struct err err = {0};
    cache_trim(folder, 0);
    for (int i = 0; i < 3; i++)
        fill(contents[i], i < 2 ? (time_t)1 << 33 : 1000);
    assert_true(cache_get(&cache, &hash, &used, &err));
    fill(contents[0], (time_t)1 << 33);
    cache_trim(folder, 22);
    assert_true(is_there(contents[0])); /* leased */
    assert_false(is_there(contents[1]));
    assert_true(is_there(contents[2]));
    cache_object_release(&used);
    cache_trim(folder, 11);
    assert_false(is_there(contents[0]));
    assert_true(is_there(contents[2]));
    cache_trim(folder, 0);
}

static void a_lease_ends_with_its_process(void **state)
{
    (void)state;
    static char content[] = "leased by a process";
    int pipes[2];
    char byte = 0;
    fill(content, 1000);
    assert_int_equal(pipe(pipes), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct cache cache = cache_of(0);
        struct cache_object object;
        struct sha256 hash = sha256_of(content, strlen(content));
        struct err err = {0};
        bool done = cache_get(&cache, &hash, &object, &err);
        bug_if(write(pipes[1], "h", 1) != 1);
        (void)pause();
        _exit(done ? 0 : 1);
    }
    assert_int_equal(read(pipes[0], &byte, 1), 1);
    cache_trim(folder, 0);
    assert_true(is_there(content));
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    cache_trim(folder, 0);
    assert_false(is_there(content));
    (void)close(pipes[0]);
    (void)close(pipes[1]);
}

/* Two mappings of one file share their pages; an object is read-only. */
static void processes_map_the_same_file(void **state)
{
    (void)state;
    static char content[] = "mapped";
    struct cache cache = cache_of(0);
    struct sha256 hash = sha256_of(content, strlen(content));
    struct cache_object first, second;
    struct stat a, b;
    struct err err = {0};
    cache.user = content;
    assert_true(cache_get(&cache, &hash, &first, &err));
    assert_true(cache_get(&cache, &hash, &second, &err));
    assert_non_null(first.map); /* also for the one that filled it */
    assert_non_null(second.map);
    assert_int_equal(fstat(first.fd, &a), 0);
    assert_int_equal(fstat(second.fd, &b), 0);
    assert_int_equal(a.st_ino, b.st_ino);
    cache_object_release(&first);
    cache_object_release(&second);
}

static void a_full_disk_costs_only_the_sharing(void **state)
{
    (void)state;
    static char content[] = "no room for this";
    struct cache cache = cache_of(0);
    struct sha256 hash = sha256_of(content, strlen(content));
    struct cache_object object;
    struct err err = {0};
    struct bytes out;
    cache.user = content;
    bytes_init(&out, 100);
    fill(content, 1000); /* makes the folders */
    assert_int_equal(unlink(object_path(content)), 0);
    disk_fail_after(1, ENOSPC);
    bool done = cache_get(&cache, &hash, &object, &err);
    disk_fail_after(0, 0);
    assert_true(done);
    assert_null(object.map);
    assert_memory_equal(object.data, content, object.size);
    cache_object_release(&object);
    assert_false(is_there(content));
    assert_true(get_copy(&cache, &hash, &out, &err)); /* room again: kept */
    assert_true(is_there(content));
    bytes_release(&out);
}

/* Links, pipes, folders under the name of an object, and files with other names. */
static void what_is_foreign_is_neither_followed_nor_removed(void **state)
{
    (void)state;
    static char content[] = "foreign";
    struct cache cache = cache_of(0);
    struct sha256 hash = sha256_of(content, strlen(content));
    struct bytes out;
    struct err err = {0};
    char other[PATH_MAX], path[PATH_MAX + 8];
    cache.user = content;
    bytes_init(&out, 100);
    (void)snprintf(other, sizeof other, "%s/elsewhere", folder);
    assert_true(disk_write_durable(other, content, sizeof content - 1, 0644, &err));
    fill(content, 1000);
    assert_int_equal(unlink(object_path(content)), 0);
    assert_int_equal(symlink(other, object_path(content)), 0);
    off_t before = times_asked();
    assert_true(get_copy(&cache, &hash, &out, &err));
    assert_int_equal(times_asked(), before + 1); /* not through the link */
    assert_true(disk_exists(other));
    assert_int_equal(unlink(object_path(content)), 0);
    assert_int_equal(mkfifo(object_path(content), 0644), 0);
    assert_true(get_copy(&cache, &hash, &out, &err)); /* and at once */
    assert_int_equal(unlink(object_path(content)), 0);
    (void)snprintf(path, sizeof path, "%s.tmp", object_path(content));
    assert_true(disk_write_durable(path, "x", 1, 0644, &err));
    assert_int_equal(symlink(other, object_path(content)), 0);
    cache_trim(folder, 0);
    assert_true(disk_exists(path) && is_there(content) && disk_exists(other));
    bytes_release(&out);
}

/* What a crash of the machine leaves: a name without content. */
static void an_empty_object_is_written_again(void **state)
{
    (void)state;
    static char content[] = "emptied";
    struct cache cache = cache_of(0);
    struct sha256 hash = sha256_of(content, strlen(content));
    struct bytes out;
    struct err err = {0};
    cache.user = content;
    bytes_init(&out, 100);
    fill(content, 1000);
    assert_int_equal(chmod(object_path(content), 0644), 0);
    assert_int_equal(truncate(object_path(content), 0), 0);
    assert_true(get_copy(&cache, &hash, &out, &err));
    assert_int_equal(out.size, sizeof content - 1);
    off_t before = times_asked();
    assert_true(get_copy(&cache, &hash, &out, &err));
    assert_int_equal(times_asked(), before);
    bytes_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_node_fetches_an_object_once),
        cmocka_unit_test(a_killed_holder_of_the_lock_hangs_nobody),
        cmocka_unit_test(the_longest_unused_leaves_and_what_is_in_use_stays),
        cmocka_unit_test(what_was_used_in_the_future_makes_room),
        cmocka_unit_test(a_lease_ends_with_its_process),
        cmocka_unit_test(processes_map_the_same_file),
        cmocka_unit_test(a_full_disk_costs_only_the_sharing),
        cmocka_unit_test(what_is_foreign_is_neither_followed_nor_removed),
        cmocka_unit_test(an_empty_object_is_written_again),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
