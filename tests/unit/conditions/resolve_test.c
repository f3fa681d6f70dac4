/* resolve_test.c - from a folder to a manifest, with everything wrong that can be.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "conditions/resolve.h"

#include <sys/stat.h>

#include "base/disk.h"
#include "conditions/cache.h"
#include "conditions/heal.h"
#include "tests/unit/conditions/folder_fixture.h"

static struct source *open_source(void)
{
    char url[PATH_MAX];
    struct source *source = NULL;
    struct err err = {0};
    (void)snprintf(url, sizeof url, "file:%s/", folder);
    struct source_options options = {.url = url, .transfer = transfer_options_usual(1)};
    if (!source_open(&options, &source, &err))
        fail_msg("%s", err.text);
    return source;
}

static bool keep_in_store(void *user, const struct tag_row *row,
                          const struct sha256 *hash, const struct bytes *bytes,
                          struct err *err)
{
    (void)row;
    return resolve_blob_put(user, hash, bytes, err);
}

static bool resolve(const char *tag, const char *const *types, size_t type_count,
                    struct manifest *manifest, struct err *err)
{
    char store[PATH_MAX];
    enum tag_status status = TAG_OTHER;
    struct source *source = open_source();
    (void)snprintf(store, sizeof store, "%s/store", folder);
    struct resolve_request request = {.tag = tag,
                                      .first_run = 3500,
                                      .last_run = 3599,
                                      .types = types,
                                      .type_count = type_count,
                                      .seen = keep_in_store,
                                      .user = store};
    bool done = resolve_tag(source, &request, manifest, &status, err);
    source_close(source);
    return done;
}

static void refused(const char *tag, enum err_code code, const char *part)
{
    struct manifest manifest;
    struct err err = {0};
    if (resolve(tag, NULL, 0, &manifest, &err))
        fail_msg("%s was accepted", tag);
    if (err.code != code || !strstr(err.text, part))
        fail_msg("%s: %s does not say '%s'", err_name((enum err_code)err.code), err.text,
                 part);
}

static void a_tag_becomes_a_manifest_and_blobs(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"calo_gain", "calo_gain/b.txt", GAIN("led2"), 3550, 0},
        {"calo_gain", "calo_gain/a.txt", GAIN("led1"), 3000, 3540},
        {"led_reference", "led_reference/1.txt", REFERENCE("led1"), 3000, 3550},
        {"led_reference", "led_reference/2.txt", REFERENCE("led2"), 3550, 0},
        {"foreign", "foreign/x", "anything", 1, 2},
    };
    static const char *const types[] = {"sampling", "calo_gain", "led_reference",
                                        "calo_gain"};
    struct manifest manifest;
    struct bytes text, blob;
    struct err err = {0};
    put_tag("good", "frozen", rows, 5);
    if (!resolve("good", types, 4, &manifest, &err))
        fail_msg("%s", err.text);
    bytes_init(&text, 65536);
    bytes_init(&blob, 65536);
    assert_true(manifest_write(&manifest, &text, &err));
    struct sha256 a = sha256_of(GAIN("led1"), strlen(GAIN("led1")));
    const struct manifest_entry *entry = manifest_at(&manifest, "calo_gain", 3539, 99);
    assert_true(sha256_equal(&entry->hash, &a));
    assert_true(manifest_at(&manifest, "calo_gain", 3540, 0)->gap);
    assert_false(manifest_at(&manifest, "calo_gain", 3599, 7)->gap);
    assert_true(manifest_at(&manifest, "sampling", 3500, 0)->gap);
    assert_null(manifest_at(&manifest, "foreign", 3500, 0));
    char store[PATH_MAX];
    (void)snprintf(store, sizeof store, "%s/store", folder);
    const struct heal heal = {.store = store, .mirrors = ""};
    assert_true(heal_fetch(&heal, &a, &blob, &err));
    assert_memory_equal(blob.data, GAIN("led1"), blob.size);
    bytes_release(&text);
    bytes_release(&blob);
    manifest_release(&manifest);
}

static void names_and_places_of_payloads_are_outside_of_the_identity(void **state)
{
    (void)state;
    static const struct row one[] = {{"calo_gain", "a/1", GAIN("none"), 3000, 0}};
    static const struct row two[] = {{"calo_gain", "elsewhere/x", GAIN("none"), 3520, 0},
                                     {"calo_gain", "b/2", GAIN("none"), 10, 3600}};
    struct manifest first, second;
    struct sha256 a, b;
    struct err err = {0};
    put_tag("one", "frozen", one, 1);
    put_tag("two", "unlocked", two, 2);
    assert_true(resolve("one", NULL, 0, &first, &err));
    assert_true(resolve("two", NULL, 0, &second, &err));
    assert_true(manifest_hash(&first, &a, &err));
    assert_true(manifest_hash(&second, &b, &err));
    assert_true(sha256_equal(&a, &b));
    manifest_release(&first);
    manifest_release(&second);
}

static void what_is_wrong_with_a_tag_is_said(void **state)
{
    (void)state;
    static const struct row gain = {"calo_gain", "g/1", GAIN("led1"), 3000, 0};
    static const struct row other = {"led_reference", "r/1", REFERENCE("led9"), 3570, 0};
    static const struct row broken = {"calo_gain", "g/2", "spillway-table 1\n", 3000, 0};
    struct row pair[] = {gain, other};
    refused("absent", E_TAG_UNKNOWN, "tag absent: ");
    refused("../etc/passwd", E_USAGE, "is no name of a tag");
    put_tag("pair", "frozen", pair, 2);
    refused("pair", E_CONDITIONS_MATCH,
            "from run 3570 spill 0: calo_gain was made with led_reference 'led1', the "
            "led_reference of the tag has id 'led9'");
    struct row shared[] = {gain, {"led_spill", "g/1", GAIN("led1"), 3000, 0}};
    put_tag("shared", "frozen", shared, 2);
    refused("shared", E_PAYLOAD_TEXT, "g/1: says type 'calo_gain', expected 'led_spill'");
    put_tag("broken", "frozen", &broken, 1);
    refused("broken", E_PAYLOAD_TEXT, "g/2: line 2");
    put_tag("changed", "frozen", &gain, 1);
    put("payloads/g/1", GAIN("led2"));
    refused("changed", E_PAYLOAD_HASH, "calo_gain g/1: checksum is");
    put("payloads/g/1", GAIN("led12"));
    refused("changed", E_PAYLOAD_HASH, "calo_gain: ");
    put("payloads/g/1", "short");
    refused("changed", E_PAYLOAD_HASH, "5 bytes, the tag says");
    put("tags/html.json", "<html>");
    refused("html", E_CONDITIONS_REPLY, "html.json: line 1");
    put("tags/name.json", "{\"name\":\"other\",\"status\":\"frozen\",\"payloads\":[]}");
    refused("name", E_CONDITIONS_REPLY, "says name 'other'");
    put("tags/gone.json",
        "{\"name\":\"gone\",\"status\":\"frozen\",\"payloads\":[{\"payload_type_name\":\"a\","
        "\"payload_url\":\"no/such\",\"checksum\":\"0123456789abcdef0123456789abcdef\","
        "\"major_iov\":1,\"minor_iov\":0}]}");
    refused("gone", E_PAYLOAD_ABSENT, "payloads/no/such");
}

static void one_moment_is_answered_like_the_service_does(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"calo_gain", "m/1", GAIN("none"), 3000, 3900},
        {"calo_gain", "m/2", GAIN("none"), 3500, 3600},
    };

    static const struct {
        int64_t run;
        const char *url;
    } vectors[] = {{2999, NULL},  {3000, "m/1"}, {3499, "m/1"}, {3500, "m/2"},
                   {3599, "m/2"}, {3600, NULL},  {3899, NULL}};
    struct source *source = open_source();
    put_tag("moment", "frozen", rows, 2);
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        struct arena arena;
        struct tag tag;
        struct err err = {0};
        arena_init(&arena, (size_t)1 << 20);
        assert_true(source_read_moment(
            source, "moment", (struct moment){vectors[i].run, 7}, &arena, &tag, &err));
        assert_int_equal(tag.count, vectors[i].url ? 1 : 0);
        if (tag.count > 0)
            assert_string_equal(tag.rows[0].url, vectors[i].url);
        arena_release(&arena);
    }
    source_close(source);
}

static void a_source_is_a_folder_or_a_web_address(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "ftp://h", "h/x", "file:", "http:/h"};
    struct source *source = NULL;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct source_options options = {.url = bad[i],
                                         .transfer = transfer_options_usual(1)};
        struct err err = {0};
        assert_false(source_open(&options, &source, &err));
        assert_int_equal(err.code, E_URL);
    }
}

/* ---- cache ---- */

struct origin {
    const char *text;
    unsigned asked;
};

static bool fetch_counted(void *user, const struct sha256 *hash, struct bytes *out,
                          struct err *err)
{
    struct origin *origin = user;
    (void)hash;
    origin->asked++;
    return text_add(out, origin->text, err);
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

static void an_object_is_fetched_once_and_damage_is_set_aside(void **state)
{
    (void)state;
    char cache_folder[PATH_MAX], path[2 * PATH_MAX], hex[SHA256_HEX];
    struct origin origin = {.text = "payload"};
    struct sha256 hash = sha256_of("payload", 7);
    struct bytes out;
    struct stat status;
    struct err err = {0};
    (void)snprintf(cache_folder, sizeof cache_folder, "%s/cache", folder);
    struct cache cache = {.folder = cache_folder,
                          .fetch = fetch_counted,
                          .user = &origin,
                          .lock_wait_ns = 1000000000,
                          .largest_bytes = 100};
    bytes_init(&out, 100);
    for (int i = 0; i < 3; i++) {
        assert_true(get_copy(&cache, &hash, &out, &err));
        assert_int_equal(out.size, 7);
    }
    assert_int_equal(origin.asked, 1);
    sha256_to_hex(&hash, hex);
    (void)snprintf(path, sizeof path, "%s/objects/%.2s/%s", cache_folder, hex, hex);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0444);

    assert_int_equal(chmod(path, 0644), 0);
    assert_true(disk_write_durable(path, "pAyload", 7, 0444, &err));
    assert_true(get_copy(&cache, &hash, &out, &err));
    assert_memory_equal(out.data, "payload", 7);
    assert_int_equal(origin.asked, 2);
    (void)snprintf(path, sizeof path, "%s/quarantine/%.2s/%s", cache_folder, hex, hex);
    assert_true(disk_exists(path));
    bytes_release(&out);
}

static void a_wrong_object_is_never_given_or_kept(void **state)
{
    (void)state;
    char cache_folder[PATH_MAX];
    struct origin origin = {.text = "something else"};
    struct sha256 hash = sha256_of("wanted", 6);
    struct bytes out;
    struct err err = {0};
    (void)snprintf(cache_folder, sizeof cache_folder, "%s/cache2", folder);
    struct cache cache = {.folder = cache_folder,
                          .fetch = fetch_counted,
                          .user = &origin,
                          .largest_bytes = 100};
    bytes_init(&out, 100);
    assert_false(get_copy(&cache, &hash, &out, &err));
    assert_int_equal(err.code, E_PAYLOAD_HASH);
    origin.text = "wanted";
    assert_true(get_copy(&cache, &hash, &out, &err));
    assert_int_equal(origin.asked, 2);
    bytes_release(&out);
}

static void a_cache_that_cannot_be_written_costs_only_the_sharing(void **state)
{
    (void)state;
    struct origin origin = {.text = "payload"};
    struct sha256 hash = sha256_of("payload", 7);
    struct bytes out;
    struct err err = {0};
    struct cache cache = {.folder = "/proc/no/such/place",
                          .fetch = fetch_counted,
                          .user = &origin,
                          .largest_bytes = 100};
    bytes_init(&out, 100);
    assert_true(get_copy(&cache, &hash, &out, &err));
    assert_true(get_copy(&cache, &hash, &out, &err));
    assert_int_equal(origin.asked, 2);
    bytes_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tag_becomes_a_manifest_and_blobs),
        cmocka_unit_test(names_and_places_of_payloads_are_outside_of_the_identity),
        cmocka_unit_test(what_is_wrong_with_a_tag_is_said),
        cmocka_unit_test(one_moment_is_answered_like_the_service_does),
        cmocka_unit_test(a_source_is_a_folder_or_a_web_address),
        cmocka_unit_test(an_object_is_fetched_once_and_damage_is_set_aside),
        cmocka_unit_test(a_wrong_object_is_never_given_or_kept),
        cmocka_unit_test(a_cache_that_cannot_be_written_costs_only_the_sharing),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
