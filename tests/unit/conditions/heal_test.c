/* heal_test.c - what a store lost comes from any mirror that has it, and is put back.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "conditions/heal.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/disk.h"
#include "conditions/resolve.h"
#include "conditions/snapshot.h"
#include "tests/unit/conditions/folder_fixture.h"

static const char *below(const char *name)
{
    static char paths[4][PATH_MAX];
    static int next;
    char *path = paths[next++ % 4];
    (void)snprintf(path, PATH_MAX, "%s/%s", folder, name);
    return path;
}

static void blob_in(const char *store, const char *text)
{
    struct bytes bytes;
    struct err err = {0};
    struct sha256 hash = sha256_of(text, strlen(text));
    bytes_init(&bytes, 1000);
    assert_true(text_add(&bytes, text, &err));
    assert_true(resolve_blob_put(below(store), &hash, &bytes, &err));
    bytes_release(&bytes);
}

/* "KIND/ab/ab...", as stores and services name their files. */
static const char *name_of(const char *kind, const char *text)
{
    static char name[200];
    char hex[SHA256_HEX];
    struct sha256 hash = sha256_of(text, strlen(text));
    sha256_to_hex(&hash, hex);
    (void)snprintf(name, sizeof name, "%s/%.2s/%s", kind, hex, hex);
    return name;
}

static bool is_in_store(const char *text)
{
    struct bytes bytes;
    struct err err = {0};
    bytes_init(&bytes, 1000);
    bool there = disk_read_file(below(name_of("store/conditions", text)), &bytes, &err) &&
                 bytes.size == strlen(text) && memcmp(bytes.data, text, bytes.size) == 0;
    bytes_release(&bytes);
    return there;
}

/* Mirrors are names below the folder, separated by spaces. */
static bool fetch(const char *text, const char *mirrors, struct err *err)
{
    char lines[1000] = "";
    struct bytes out;
    struct sha256 hash = sha256_of(text, strlen(text));
    for (const char *name = mirrors; *name;) {
        char one[64];
        size_t used = strlen(lines);
        size_t length = strcspn(name, " ");
        (void)snprintf(one, sizeof one, "%.*s", (int)length, name);
        (void)snprintf(lines + used, sizeof lines - used, "%sfile:%s",
                       used > 0 ? "\n" : "", below(one));
        name += length + (name[length] == ' ');
    }
    const struct heal heal = {.store = below("store"), .mirrors = lines};
    bytes_init(&out, 1000);
    assert_true(text_add(&out, "before ", err));
    bool done = heal_fetch(&heal, &hash, &out, err);
    assert_int_equal(out.size, 7 + (done ? strlen(text) : 0));
    if (done)
        assert_memory_equal(out.data + 7, text, strlen(text));
    bytes_release(&out);
    return done;
}

static void fetched(const char *text, const char *mirrors)
{
    struct err err = {0};
    if (!fetch(text, mirrors, &err))
        fail_msg("%s from %s: %s", text, mirrors, err.text);
}

static void not_fetched(const char *text, const char *mirrors, enum err_code code,
                        const char *part)
{
    struct err err = {0};
    assert_false(fetch(text, mirrors, &err));
    if (err.code != code || !strstr(err.text, part))
        fail_msg("%s: '%s' does not say '%s'", err_name((enum err_code)err.code),
                 err.text, part);
}

static void snapshot_with(const char *text)
{
    struct snapshot_writer *writer = NULL;
    struct manifest manifest;
    struct err err = {0};
    struct bytes bytes;
    const struct tag_row row = {.url = "a/1"};
    struct manifest_entry entry = {.type = "a",
                                   .interval = {{1, 0}, {2, 0}},
                                   .hash = sha256_of(text, strlen(text)),
                                   .size = strlen(text)};
    bytes_init(&bytes, 1000);
    manifest_init(&manifest, 1, 1);
    assert_true(text_add(&bytes, text, &err));
    assert_true(manifest_add(&manifest, &entry, &err));
    assert_true(snapshot_begin(below("snapshot"), false, &writer, &err));
    assert_true(snapshot_add(writer, &row, &entry.hash, &bytes, &err));
    const struct snapshot_head head = {
        .tag = "t", .status = TAG_FROZEN, .manifest = &manifest};
    assert_true(snapshot_finish(writer, &head, &err));
    snapshot_end(writer);
    manifest_release(&manifest);
    bytes_release(&bytes);
}

static void every_kind_of_mirror_has_what_was_lost(void **state)
{
    (void)state;
    static const struct row rows[] = {{"a", "a/x", "of a folder", 1, 0},
                                      {"b", "b/y", "another", 1, 0}};
    blob_in("store", "kept");
    blob_in("other", "of a store");
    put(name_of("service/blobs", "of a service"), "of a service");
    put_tag_at("source/", "t", "frozen", rows, 2);
    put("source/tags/broken.json", "{");
    snapshot_with("of a snapshot");
    static const char all[] = "none other service source snapshot";
    fetched("kept", all);
    fetched("kept", "");
    static const char *const texts[] = {"of a store", "of a service", "of a folder",
                                        "of a snapshot"};
    for (size_t i = 0; i < 4; i++) {
        not_fetched(texts[i], "", E_CONDITIONS_FETCH, "is gone from the store; the");
        fetched(texts[i], all);
        assert_true(is_in_store(texts[i])); /* for everybody */
        fetched(texts[i], "");
    }
    not_fetched("nowhere", all, E_CONDITIONS_FETCH, "/snapshot: it does not have it");
}

static void a_damaged_blob_is_put_right(void **state)
{
    (void)state;
    static const char text[] = "to be damaged";
    blob_in("store", text);
    put(name_of("store/conditions", text), "to be damageD");
    not_fetched(text, "", E_PAYLOAD_HASH, "is damaged in the store; the campaign names");
    not_fetched(text, "none", E_PAYLOAD_HASH, "none: nothing has this hash");
    put(name_of("wrong/conditions", text), "wrong as well");
    not_fetched(text, "wrong", E_PAYLOAD_HASH, "it has other bytes under this hash");
    blob_in("other", text);
    fetched(text, "wrong other");
    assert_true(is_in_store(text));
}

/* Its folder may be a mount that is missing: nothing is written there. */
static void a_store_that_is_not_there_is_not_made(void **state)
{
    (void)state;
    blob_in("other", "absent");
    assert_int_equal(rename(below("store"), below("unmounted")), 0);
    assert_int_equal(mkdir(below("store"), 0755), 0);
    fetched("absent", "other");
    assert_int_equal(rmdir(below("store")), 0); /* still empty */
    fetched("absent", "other");
    assert_int_equal(rename(below("unmounted"), below("store")), 0);
}

/* A snapshot that is torn, and no source at all. */
static void a_mirror_of_no_use_is_passed_over(void **state)
{
    (void)state;
    put("torn", "spillway-snapshot 1\n");
    blob_in("other", "beyond");
    not_fetched("beyond", "torn", E_CONDITIONS_FETCH, "torn: ");
    fetched("beyond", "torn other");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_mirror_has_what_was_lost),
        cmocka_unit_test(a_damaged_blob_is_put_right),
        cmocka_unit_test(a_store_that_is_not_there_is_not_made),
        cmocka_unit_test(a_mirror_of_no_use_is_passed_over),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
