/* cache_test.c - many processes of a node and one object; a process that is killed.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "conditions/cache.h"

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
                          .lock_wait_ns = lock_wait_ns};
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
            bool done = cache_get(&cache, &hash, &out, &err) && out.size == 7;
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
        struct cache hanging = {
            .folder = folder, .fetch = fetch_hanging, .user = &pipes[1]};
        bytes_init(&out, 100);
        _exit(cache_get(&hanging, &hash, &out, &err) ? 0 : 1);
    }
    assert_int_equal(read(pipes[0], &byte, 1), 1);
    struct cache cache = cache_of(0); /* the lock is taken: a private fetch */
    cache.user = other;
    bytes_init(&out, 100);
    off_t before = times_asked();
    assert_true(cache_get(&cache, &hash, &out, &err));
    assert_true(cache_get(&cache, &hash, &out, &err));
    assert_int_equal(times_asked(), before + 2);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_true(cache_get(&cache, &hash, &out, &err)); /* the lock is free: kept */
    assert_true(cache_get(&cache, &hash, &out, &err));
    assert_int_equal(times_asked(), before + 3);
    bytes_release(&out);
    (void)close(pipes[0]);
    (void)close(pipes[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_node_fetches_an_object_once),
        cmocka_unit_test(a_killed_holder_of_the_lock_hangs_nobody),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
