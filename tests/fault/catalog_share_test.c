/* catalog_share_test.c - owner and readers in several processes.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Two pipes are the only synchronisation: each side waits for a byte of the other.
 */
#include <signal.h>
#include <sys/wait.h>

#include "tests/unit/catalog/world.h"

struct other {
    pid_t pid;
    int to, from;
};

static void say(int to)
{
    if (write(to, "x", 1) != 1)
        _exit(9);
}

static void hear(int from)
{
    char byte;
    if (read(from, &byte, 1) != 1)
        _exit(9);
}

/* Runs `part` in a child with the ends of two pipes; its status says what went wrong. */
static struct other start(const char *folder,
                          int (*part)(const char *folder, int to, int from))
{
    int down[2], up[2];
    assert_int_equal(pipe(down), 0);
    assert_int_equal(pipe(up), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)close(down[1]);
        (void)close(up[0]);
        _exit(part(folder, up[1], down[0]));
    }
    (void)close(down[0]);
    (void)close(up[1]);
    return (struct other){.pid = pid, .to = down[1], .from = up[0]};
}

static int finish(struct other *other)
{
    int status;
    (void)close(other->to);
    (void)close(other->from);
    assert_int_equal(waitpid(other->pid, &status, 0), other->pid);
    return status;
}

static int owner_part(const char *folder, int to, int from)
{
    struct catalog *catalog;
    struct err err;
    if (!catalog_open(folder, CATALOG_WRITE, &catalog, &err) ||
        !catalog_set_owner_url(catalog, "https://login:8443/", &err))
        return 1;
    say(to);
    hear(from); /* killed here */
    return 2;
}

static void a_killed_owner_leaves_the_lock_free(void **state)
{
    struct world *world = *state;
    struct err err = {0};
    char url[256], text[32];
    long pid;
    catalog_close(world->catalog);
    world->catalog = NULL;
    struct other owner = start(world->folder, owner_part);
    hear(owner.from);
    must(catalog_owner(world->folder, &pid, url, &err), &err);
    assert_int_equal(pid, owner.pid);
    assert_string_equal(url, "https://login:8443/");
    assert_false(catalog_open(world->folder, CATALOG_WRITE, &world->catalog, &err));
    assert_int_equal(err.code, E_CATALOG_OWNED);
    (void)snprintf(text, sizeof text, "process %ld", (long)owner.pid);
    assert_non_null(strstr(err.text, text));
    assert_non_null(strstr(err.text, url));
    assert_int_equal(kill(owner.pid, SIGKILL), 0);
    assert_true(WIFSIGNALED(finish(&owner)));
    must(catalog_owner(world->folder, &pid, url, &err), &err);
    assert_int_equal(pid, 0);
    reopen(world);
}

static void put_number(struct world *world, uint32_t number, size_t ballast)
{
    uint8_t *data = mem_new(ballast + 4, 1);
    struct err err = {0};
    be32_store(data, number);
    for (;;) {
        struct catalog_txn *txn = begin(world);
        if (catalog_put_text(txn, "number", data, ballast + 4, &err)) {
            commit(txn);
            break;
        }
        assert_int_equal(err.code, E_CATALOG_GROW);
        catalog_abort(txn);
    }
    free(data);
}

static uint32_t number_in(struct catalog_txn *txn)
{
    struct bytes out;
    struct err err;
    bytes_init(&out, 8 * SMALL_MAP);
    uint32_t number = UINT32_MAX;
    if (catalog_get_text(txn, "number", &out, &err) == LOOKUP_FOUND && out.size >= 4)
        number = be32_load(out.data);
    bytes_release(&out);
    return number;
}

static int reader_part(const char *folder, int to, int from)
{
    struct catalog *catalog;
    struct catalog_txn *txn;
    struct err err;
    if (!catalog_open_sized(folder, CATALOG_READ, SMALL_MAP, &catalog, &err) ||
        !catalog_begin(catalog, &txn, &err))
        return 1;
    if (number_in(txn) != 1)
        return 2;
    say(to);
    hear(from); /* the owner has written 2, and grown */
    if (number_in(txn) != 1)
        return 3;
    catalog_abort(txn);
    if (!catalog_begin(catalog, &txn, &err))
        return 4;
    if (number_in(txn) != 2)
        return 5;
    catalog_abort(txn);
    say(to);
    hear(from); /* the owner has written 3 */
    if (!catalog_begin(catalog, &txn, &err))
        return 6;
    if (number_in(txn) != 3)
        return 7;
    catalog_abort(txn);
    catalog_close(catalog);
    return 0;
}

/* The reader keeps its view while the owner writes, and follows when the map has grown
 * from 1 to 4 MiB and more. */
static void a_reader_keeps_its_view_and_follows_growth(void **state)
{
    struct world *world = *state;
    put_number(world, 1, 0);
    struct other reader = start(world->folder, reader_part);
    hear(reader.from);
    put_number(world, 2, 3 * SMALL_MAP);
    say(reader.to);
    hear(reader.from);
    put_number(world, 3, 10);
    say(reader.to);
    assert_int_equal(finish(&reader), 0);
}

static int stale_part(const char *folder, int to, int from)
{
    struct catalog *catalog;
    struct catalog_txn *txn;
    struct err err;
    if (!catalog_open_sized(folder, CATALOG_READ, SMALL_MAP, &catalog, &err) ||
        !catalog_begin(catalog, &txn, &err) || number_in(txn) != 1)
        return 1;
    say(to);
    hear(from); /* killed here, with its read transaction open */
    return 2;
}

/* A killed reader keeps old pages alive until its slot is freed: opening does that, and
 * then rewriting the same record again and again needs no more space. */
static void a_killed_reader_does_not_hold_space(void **state)
{
    struct world *world = *state;
    struct stat before, after;
    char path[96];
    put_number(world, 1, 0);
    struct other reader = start(world->folder, stale_part);
    hear(reader.from);
    assert_int_equal(kill(reader.pid, SIGKILL), 0);
    (void)finish(&reader);
    reopen(world);
    (void)snprintf(path, sizeof path, "%s/data.mdb", world->folder);
    for (uint32_t i = 0; i < 20; i++)
        put_number(world, 2, SMALL_MAP / 8);
    assert_int_equal(stat(path, &before), 0);
    for (uint32_t i = 0; i < 100; i++)
        put_number(world, 2, SMALL_MAP / 8);
    assert_int_equal(stat(path, &after), 0);
    assert_int_equal(before.st_size, after.st_size);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(a_killed_owner_leaves_the_lock_free),
        IN_WORLD(a_reader_keeps_its_view_and_follows_growth),
        IN_WORLD(a_killed_reader_does_not_hold_space),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
