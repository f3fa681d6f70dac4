/* catalog_disk_test.c - a full disk and a damaged file: one error, and nothing lost.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include "base/disk.h"
#include "tests/unit/catalog/world.h"

#define BLOCK 100000u

/* In a mount name space of its own: 2 MiB of tmpfs on the folder, part of it taken by a
 * file that can be removed. False when this user may not mount. */
static bool small_disk(const char *folder)
{
    static uint8_t ballast[600000];
    char path[96];
    struct err err;
    int fd;
    if (unshare(CLONE_NEWNS) != 0 ||
        mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
        mount("none", folder, "tmpfs", 0, "size=2m") != 0)
        return false;
    memset(ballast, 1, sizeof ballast);
    (void)snprintf(path, sizeof path, "%s/ballast", folder);
    return disk_create(path, &fd, &err) &&
           disk_write(fd, path, ballast, sizeof ballast, &err) && close(fd) == 0;
}

static bool block_put(struct catalog *catalog, uint32_t number, struct err *err)
{
    static uint8_t block[BLOCK];
    struct catalog_txn *txn;
    char name[16];
    memset(block, (int)number + 1, sizeof block);
    (void)snprintf(name, sizeof name, "block%u", number);
    if (!catalog_begin(catalog, &txn, err))
        return false;
    if (catalog_put_text(txn, name, block, sizeof block, err))
        return catalog_commit(txn, err);
    catalog_abort(txn);
    return false;
}

/* Whether blocks 0 to count - 1 are there, and no other. */
static bool blocks_there(struct catalog *catalog, uint32_t count)
{
    struct catalog_txn *txn;
    struct bytes out;
    struct err err;
    bool right = true;
    bytes_init(&out, BLOCK);
    if (!catalog_begin(catalog, &txn, &err))
        return false;
    for (uint32_t i = 0; i <= count; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "block%u", i);
        bytes_clear(&out);
        enum lookup lookup = catalog_get_text(txn, name, &out, &err);
        right = right && lookup == (i < count ? LOOKUP_FOUND : LOOKUP_ABSENT) &&
                (i == count || (out.size == BLOCK && out.data[BLOCK - 1] == i + 1));
    }
    catalog_abort(txn);
    bytes_release(&out);
    return right;
}

/* The child's part; its exit status tells the step that failed. */
static int full_disk_part(const char *folder)
{
    struct catalog *catalog;
    struct err err = {0};
    char path[96];
    uint32_t count = 0;
    if (!small_disk(folder))
        return 77;
    if (!catalog_open(folder, CATALOG_WRITE, &catalog, &err))
        return 1;
    while (count < 30 && block_put(catalog, count, &err))
        count++;
    if (count < 3 || count == 30 || err.code != E_DISK_FULL) {
        (void)fprintf(stderr, "%u blocks, then: %s\n", count, err.text);
        return 2;
    }
    if (!blocks_there(catalog, count) || block_put(catalog, count, &err) ||
        err.code != E_DISK_FULL || !blocks_there(catalog, count))
        return 3;
    (void)snprintf(path, sizeof path, "%s/copy", folder);
    if (catalog_copy(catalog, path, &err) || err.code != E_DISK_FULL)
        return 4;
    (void)snprintf(path, sizeof path, "%s/copy/data.mdb", folder);
    if (disk_exists(path))
        return 5;
    (void)snprintf(path, sizeof path, "%s/ballast", folder);
    if (unlink(path) != 0 || !block_put(catalog, count, &err) ||
        !blocks_there(catalog, count + 1))
        return 6;
    catalog_close(catalog);
    if (!catalog_open(folder, CATALOG_WRITE, &catalog, &err) ||
        !blocks_there(catalog, count + 1))
        return 7;
    catalog_close(catalog);
    return 0;
}

static void a_full_disk_fails_one_transaction_and_nothing_else(void **state)
{
    char folder[] = "/tmp/spillway-full-XXXXXX";
    int status;
    (void)state;
    assert_non_null(mkdtemp(folder));
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(full_disk_part(folder));
    assert_int_equal(waitpid(child, &status, 0), child);
    (void)rmdir(folder);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77) {
        print_message("SKIPPED: this user may not mount a small tmpfs\n");
        skip();
    }
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* A compact copy of a catalog with some hundred runs, as bytes. */
static void image_make(struct world *world, struct bytes *image)
{
    struct err err = {0};
    char path[128];
    struct catalog_txn *txn = begin(world);
    for (uint32_t i = 1; i <= 300; i++) {
        const struct run run = run_unknown(i);
        must(catalog_put_run(txn, &run, &err), &err);
    }
    commit(txn);
    (void)snprintf(path, sizeof path, "%s/copy", world->folder);
    must(catalog_copy(world->catalog, path, &err), &err);
    (void)snprintf(path, sizeof path, "%s/copy/data.mdb", world->folder);
    bytes_init(image, 16 * SMALL_MAP);
    must(disk_read_file(path, image, &err), &err);
    assert_in_range(image->size, 30000, SMALL_MAP);
}

/* Opens a catalog whose data.mdb has these bytes; the code of the error, 0 none. */
static uint16_t open_bytes(const struct world *world, enum catalog_mode mode,
                           const void *data, size_t size)
{
    struct catalog *catalog = NULL;
    struct err err = {0};
    char folder[96], path[128];
    (void)snprintf(folder, sizeof folder, "%s/try", world->folder);
    (void)snprintf(path, sizeof path, "%s/data.mdb", folder);
    must(disk_make_path(folder, &err), &err);
    must(disk_write_durable(path, data, size, 0644, &err), &err);
    if (!catalog_open_sized(folder, mode, SMALL_MAP, &catalog, &err)) {
        assert_int_equal(strcspn(err.text, "\n"), strlen(err.text));
        assert_non_null(strstr(err.text, folder));
        return err.code;
    }
    catalog_close(catalog);
    return 0;
}

static void a_truncated_file_is_refused(void **state)
{
    static const enum catalog_mode modes[] = {CATALOG_READ, CATALOG_WRITE};
    struct world *world = *state;
    struct bytes image;
    image_make(world, &image);
    for (size_t m = 0; m < 2; m++) {
        for (size_t size = 0; size < image.size; size += size < 8192 ? 1024 : 4000)
            if (open_bytes(world, modes[m], image.data, size) != E_CATALOG_DAMAGED)
                fail_msg("cut to %zu bytes: not refused as damage", size);
        assert_int_equal(open_bytes(world, modes[m], image.data, image.size - 1),
                         E_CATALOG_DAMAGED);
        assert_int_equal(open_bytes(world, modes[m], image.data, image.size), 0);
    }
    bytes_release(&image);
}

static void garbage_is_refused(void **state)
{
    static const int fill[] = {0, 0xff, 'x'};
    struct world *world = *state;
    struct bytes image;
    image_make(world, &image);
    for (size_t i = 0; i < 3; i++) {
        memset(image.data, fill[i], image.size);
        assert_int_equal(open_bytes(world, CATALOG_WRITE, image.data, image.size),
                         E_CATALOG_DAMAGED);
    }
    bytes_release(&image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_disk_fails_one_transaction_and_nothing_else),
        IN_WORLD(a_truncated_file_is_refused),
        IN_WORLD(garbage_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
