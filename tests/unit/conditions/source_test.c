/* source_test.c - a source with mirrors: what one lacks or has wrong comes from the next.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "conditions/source.h"

#include "base/disk.h"
#include "conditions/resolve.h"
#include "tests/unit/conditions/folder_fixture.h"

#define PLACES 3

static const char *const all[PLACES] = {"a", "b", "c"};

static const struct row rows[] = {
    {"calo_gain", "g/1", GAIN("led1"), 3000, 3550},
    {"calo_gain", "g/2", GAIN("led2"), 3550, 0},
    {"led_reference", "r/1", REFERENCE("led1"), 3000, 3550},
    {"led_reference", "r/2", REFERENCE("led2"), 3550, 0},
};

/* Fresh folders a, b and c with the same tags. */
static void put_places(void)
{
    static const char *const places[PLACES] = {"a/", "b/", "c/"};
    char command[256];
    (void)snprintf(command, sizeof command, "rm -rf '%s'/*", folder);
    assert_int_equal(system(command), 0);
    for (size_t i = 0; i < PLACES; i++) {
        put_tag_at(places[i], "good", "frozen", rows, 4);
        put_tag_at(places[i], "open", "unlocked", rows, 4);
    }
}

static void take_away(const char *name)
{
    char command[256];
    (void)snprintf(command, sizeof command, "rm -r '%s/%s'", folder, name);
    assert_int_equal(system(command), 0);
}

/* The names are below the folder unless they are URLs; NULL ends them. */
static bool open_places(const char *const names[PLACES], struct source **source,
                        struct err *err)
{
    static char urls[PLACES][PATH_MAX];
    const char *mirrors[PLACES];
    size_t count = 0;
    for (; count < PLACES && names[count]; count++) {
        bool is_url = strstr(names[count], ":") != NULL;
        (void)snprintf(urls[count], PATH_MAX, "%s%s%s%s",
                       is_url ? "" : "file:", is_url ? "" : folder, is_url ? "" : "/",
                       names[count]);
        mirrors[count] = urls[count];
    }
    struct source_options options = {.url = mirrors[0],
                                     .mirrors = mirrors + 1,
                                     .mirror_count = count - 1,
                                     .transfer = transfer_options_patient(1, 0)};
    return source_open(&options, source, err);
}

static bool resolve(const char *tag, const char *const names[PLACES], struct sha256 *hash,
                    char notes[2048], struct err *err)
{
    struct source *source = NULL;
    struct manifest manifest;
    enum tag_status status;
    const struct resolve_request request = {
        .tag = tag, .first_run = 3500, .last_run = 3599};
    if (!open_places(names, &source, err))
        return false;
    bool done = resolve_tag(source, &request, &manifest, &status, err);
    if (done) {
        assert_true(manifest_hash(&manifest, hash, err));
        manifest_release(&manifest);
    }
    (void)snprintf(notes, 2048, "%s", source_notes(source));
    source_close(source);
    return done;
}

static unsigned lines(const char *text)
{
    unsigned count = 0;
    for (; *text; text++)
        count += *text == '\n';
    return count;
}

/* Resolves from a with b and c; the manifest is the one that b alone gives. */
static void same_with_notes(unsigned count, const char *part, const char *other)
{
    static const char *const last[PLACES] = {"c"};
    struct sha256 hash, wanted;
    char notes[2048];
    struct err err = {0};
    assert_true(resolve("good", last, &wanted, notes, &err));
    assert_string_equal(notes, "");
    if (!resolve("good", all, &hash, notes, &err))
        fail_msg("%s", err.text);
    assert_true(sha256_equal(&hash, &wanted));
    if (lines(notes) != count ||
        (count > 0 && (!strstr(notes, part) || !strstr(notes, other))))
        fail_msg("notes:\n%s", notes);
}

static void refused(const char *tag, const char *const names[PLACES], enum err_code code,
                    const char *const parts[PLACES])
{
    struct sha256 hash;
    char notes[2048];
    struct err err = {0};
    if (resolve(tag, names, &hash, notes, &err))
        fail_msg("%s was resolved", tag);
    for (size_t i = 0; i < PLACES && parts[i]; i++) {
        if (err.code != code || !strstr(err.text, parts[i]))
            fail_msg("%s: %s does not say '%s'", err_name((enum err_code)err.code),
                     err.text, parts[i]);
    }
}

static void a_wrong_payload_comes_from_the_next_place(void **state)
{
    (void)state;
    put_places();
    same_with_notes(0, "", "");
    put("a/payloads/g/1", GAIN("led9")); /* as long, other bytes */
    same_with_notes(1, "g/1: taken from file:", "checksum is");
    put("a/payloads/r/2", "short");
    same_with_notes(2, "r/2: taken from file:", "5 bytes, the tag says");
    put("b/payloads/g/1", GAIN("led10"));
    same_with_notes(2, "/c, since file:", "; file:");
    put("c/payloads/g/1", "");
    refused("good", all, E_PAYLOAD_HASH,
            (const char *const[PLACES]){"/a: calo_gain g/1: checksum",
                                        "/b: calo_gain: ", "/c: calo_gain g/1: 0 bytes"});
}

static void a_missing_payload_comes_from_the_next_place(void **state)
{
    (void)state;
    put_places();
    take_away("a/payloads/g/2");
    same_with_notes(1, "g/2: taken from file:", "/b, since");
    take_away("b/payloads");
    same_with_notes(1, "g/2: taken from file:", "/c, since");
    take_away("c/payloads");
    refused("good", all, E_PAYLOAD_ABSENT,
            (const char *const[PLACES]){
                "/a: calo_gain: ", "/b: calo_gain: ", "/c: calo_gain: "});
}

static void a_dead_place_is_left_alone_and_said_once(void **state)
{
    (void)state;
    static const char *const dead[PLACES] = {"http://127.0.0.1:1/api/cdb_rest", "b"};
    static const char *const both[PLACES] = {"http://127.0.0.1:1/api/cdb_rest", "a"};
    struct sha256 hash;
    char notes[2048];
    struct err err = {0};
    put_places();
    take_away("a");
    same_with_notes(1, "tag good: taken from file:", "/a/tags: no folder of tags");
    assert_true(resolve("good", dead, &hash, notes, &err));
    assert_int_equal(lines(notes), 1);
    refused("good", both, E_CONDITIONS_FETCH,
            (const char *const[PLACES]){"127.0.0.1:1/api/cdb_rest: conditions service",
                                        "/a: "});
}

static void a_mirror_is_believed_only_about_a_frozen_tag(void **state)
{
    (void)state;
    struct sha256 hash;
    char notes[2048];
    struct err err = {0};
    put_places();
    assert_true(resolve("open", all, &hash, notes, &err));
    take_away("a");
    refused("open", all, E_CONDITIONS_FETCH,
            (const char *const[PLACES]){"/b: tag 'open' is not frozen there", "/c: tag"});
}

static void a_place_that_answers_is_the_one_that_counts(void **state)
{
    (void)state;
    put_places();
    take_away("a/tags/good.json");
    refused("good", all, E_TAG_UNKNOWN,
            (const char *const[PLACES]){"/a has no tag 'good'"});
    put("a/tags/good.json", "<html>");
    same_with_notes(1, "tag good: taken from file:", "/b, since");
}

static void a_mirror_that_cannot_be_used_is_said_in_time(void **state)
{
    (void)state;
    static const char *const alien[PLACES] = {"a", "ftp:x"};
    static const char *const torn[PLACES] = {"torn", "b"};
    static const char *const alone[PLACES] = {"torn"};
    struct source *source = NULL;
    struct sha256 hash;
    char notes[2048];
    struct err err = {0};
    put_places();
    put("torn", "spillway-snapshot 1\n");
    assert_false(open_places(alien, &source, &err));
    assert_int_equal(err.code, E_URL);
    refused("good", alone, E_SNAPSHOT, (const char *const[PLACES]){"torn"});
    assert_true(resolve("good", torn, &hash, notes, &err));
    assert_int_equal(lines(notes), 1);
    assert_non_null(strstr(notes, "torn"));
}

static void a_damaged_blob_of_a_store_is_written_again(void **state)
{
    (void)state;
    char store[PATH_MAX], name[RESOLVE_NAME], path[2 * PATH_MAX];
    struct bytes bytes, found;
    struct err err = {0};
    struct sha256 hash = sha256_of("payload", 7);
    put_places();
    bytes_init(&bytes, 100);
    bytes_init(&found, 100);
    assert_true(text_add(&bytes, "payload", &err));
    (void)snprintf(store, sizeof store, "%s/store", folder);
    resolve_blob_name(&hash, name);
    (void)snprintf(path, sizeof path, "%s/%s", store, name);
    for (int i = 0; i < 2; i++) {
        assert_true(resolve_blob_put(store, &hash, &bytes, &err));
        assert_true(disk_read_file(path, &found, &err));
        assert_int_equal(found.size, 7);
        assert_memory_equal(found.data, "payload", 7);
        bytes_clear(&found);
        assert_true(disk_write_durable(path, "payl", 4, 0444, &err)); /* half a blob */
    }
    bytes_release(&bytes);
    bytes_release(&found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wrong_payload_comes_from_the_next_place),
        cmocka_unit_test(a_missing_payload_comes_from_the_next_place),
        cmocka_unit_test(a_dead_place_is_left_alone_and_said_once),
        cmocka_unit_test(a_mirror_is_believed_only_about_a_frozen_tag),
        cmocka_unit_test(a_place_that_answers_is_the_one_that_counts),
        cmocka_unit_test(a_mirror_that_cannot_be_used_is_said_in_time),
        cmocka_unit_test(a_damaged_blob_of_a_store_is_written_again),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
