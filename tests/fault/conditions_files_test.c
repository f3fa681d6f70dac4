/* conditions_files_test.c - every step of an import and of a snapshot fails once.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <ftw.h>

#include "base/disk.h"
#include "conditions/folder.h"
#include "coordinator/conditions_snapshot.h"
#include "coordinator/import_target.h"
#include "tests/unit/conditions/folder_fixture.h"

/* No fault comes after this many steps: the test would not end otherwise. */
#define STEPS_LIMIT 200

static const struct row rows[] = {
    {"calo_gain", "g/1", GAIN("led1"), 3000, 0},
    {"led_reference", "r/1", REFERENCE("led1"), 3000, 0},
};

static const char *below(const char *name)
{
    static char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void wipe(const char *name)
{
    char command[256];
    (void)snprintf(command, sizeof command, "rm -rf '%s/%s'", folder, name);
    assert_int_equal(system(command), 0);
}

/* ---- import into a folder ---- */

static bool import_all(struct err *err)
{
    struct import_target *target = NULL;
    bool done = import_target_open(below("import"), "t", &target, err);
    for (size_t i = 0; done && i < 2; i++) {
        struct bytes text;
        bytes_init(&text, 4096);
        assert_true(text_add(&text, rows[i].text, err));
        const struct import_row row = {.type = rows[i].type,
                                       .ending = "txt",
                                       .text = &text,
                                       .interval = {{3000, 0}, MOMENT_OPEN}};
        done = import_target_put(target, &row, false, err) != SPLICE_REFUSED;
        bytes_release(&text);
    }
    done = done && import_target_commit(target, err);
    import_target_close(target);
    return done;
}

static size_t rows_of_tag(void)
{
    struct arena arena;
    struct tag tag = {.count = 0};
    struct err err = {0};
    arena_init(&arena, (size_t)1 << 20);
    if (!folder_read_tag(below("import"), "t", &arena, &tag, &err) &&
        err.code != E_TAG_UNKNOWN && disk_exists(below("import/tags")))
        fail_msg("%s", err.text);
    arena_release(&arena);
    return tag.count;
}

static int wrong_files;

/* HASH.txt holds bytes of that hash; tag files were looked at. */
static int file_seen(const char *path, const struct stat *status, int kind,
                     struct FTW *place)
{
    struct bytes bytes;
    struct sha256 wanted;
    char hex[SHA256_HEX] = "";
    struct err err;
    (void)status;
    if (kind != FTW_F)
        return 0;
    bytes_init(&bytes, 65536);
    (void)snprintf(hex, sizeof hex, "%.64s", path + place->base);
    bool sound = strcmp(path + strlen(path) - 4, ".txt") == 0 &&
                 sha256_from_hex(hex, &wanted, &err) &&
                 disk_read_file(path, &bytes, &err);
    struct sha256 found = sha256_of(bytes.data, bytes.size);
    wrong_files += !(sound && sha256_equal(&found, &wanted));
    bytes_release(&bytes);
    return 0;
}

static void an_import_that_fails_leaves_no_half_payload_and_no_half_tag(void **state)
{
    (void)state;
    long n = 0;
    for (bool done = false; !done;) {
        struct err err = {0};
        wipe("import");
        disk_fail_after(++n, ENOSPC);
        done = import_all(&err);
        disk_fail_after(0, 0);
        assert_true(done || err.code == E_DISK_FULL);
        size_t count = rows_of_tag(); /* written, though its folder was not synced: all */
        assert_true(count == 2 || (count == 0 && !done));
        wrong_files = 0;
        (void)nftw(below("import/payloads"), file_seen, 8, FTW_PHYS);
        assert_int_equal(wrong_files, 0);
        if (!import_all(&err))
            fail_msg("the same import again: %s", err.text);
        assert_int_equal(rows_of_tag(), 2);
        assert_true(n < STEPS_LIMIT);
    }
    assert_true(n > 20); /* two payloads and a tag, with their folders */
}

/* ---- a snapshot ---- */

static bool take(struct source *source, struct err *err)
{
    struct bytes out;
    struct show show = {&out, false};
    const struct snapshot_request request = {
        .tag = "t", .path = below("snapshot"), .first_run = 3500, .last_run = 3501};
    bytes_init(&out, 65536);
    bool done = snapshot_take(&show, source, &request, err);
    bytes_release(&out);
    return done;
}

static struct source *source_of(const char *name, struct err *err)
{
    char url[PATH_MAX];
    struct source *source = NULL;
    (void)snprintf(url, sizeof url, "file:%s/%s", folder, name);
    const struct source_options options = {.url = url,
                                           .transfer = transfer_options_usual(1)};
    return source_open(&options, &source, err) ? source : NULL;
}

static void a_snapshot_that_fails_has_no_name(void **state)
{
    (void)state;
    struct err err = {0};
    long n = 0;
    put_tag_at("whole/", "t", "frozen", rows, 2);
    struct source *source = source_of("whole", &err);
    assert_non_null(source);
    for (bool done = false; !done;) {
        disk_fail_after(++n, EIO);
        done = take(source, &err);
        disk_fail_after(0, 0);
        assert_true(done || err.code == E_DISK_WRITE);
        assert_false(disk_exists(below("snapshot.part")));
        if (disk_exists(below("snapshot"))) { /* its folder was not synced: all of it */
            struct source *made = source_of("snapshot", &err);
            assert_non_null(made);
            source_close(made);
        }
        assert_true(take(source, &err));
        wipe("snapshot");
        assert_true(n < STEPS_LIMIT);
    }
    assert_true(n > 5);
    source_close(source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_import_that_fails_leaves_no_half_payload_and_no_half_tag),
        cmocka_unit_test(a_snapshot_that_fails_has_no_name),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
