/* conditions_faults_test.c - every step of keeping a blob fails once: none is half there.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/disk.h"
#include "base/text.h"
#include "conditions/cache.h"
#include "conditions/resolve.h"
#include "coordinator/conditions_service.h"
#include "transfer/http.h"

/* No fault comes after this many steps: the test would not end otherwise. */
#define STEPS_LIMIT 100
#define BLOB        ((size_t)300000)

static char folder[] = "/tmp/conditions_faults.XXXXXX";

static void wipe(void)
{
    char command[256];
    (void)snprintf(command, sizeof command, "chmod -R u+w '%s' && rm -rf '%s'/*", folder,
                   folder);
    assert_int_equal(system(command), 0);
}

static int start(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : 1;
}

static int stop(void **state)
{
    (void)state;
    wipe();
    return rmdir(folder);
}

/* ---- what lies in a folder of blobs ---- */

static int wrong_files;
static int sound_files;

/* A file has the hash that is its name. */
static int file_seen(const char *path, const struct stat *status, int kind,
                     struct FTW *place)
{
    struct bytes bytes;
    struct sha256 wanted, found;
    struct err err;
    (void)status;
    if (kind != FTW_F)
        return 0;
    bytes_init(&bytes, 2 * BLOB);
    bool sound = sha256_from_hex(path + place->base, &wanted, &err) &&
                 disk_read_file(path, &bytes, &err);
    found = sha256_of(bytes.data, bytes.size);
    sound = sound && sha256_equal(&found, &wanted);
    sound_files += sound;
    wrong_files += !sound;
    bytes_release(&bytes);
    return 0;
}

/* How many blobs there are below FOLDER/name; nothing else lies there. */
static int blobs_in(const char *name)
{
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    sound_files = wrong_files = 0;
    (void)nftw(path, file_seen, 8, FTW_PHYS);
    assert_int_equal(wrong_files, 0);
    return sound_files;
}

/* ---- the service ---- */

struct world {
    struct conditions_service *service;
    struct http_server *server;
    struct http_client *client;
    char secret[256];
    char url[1024];
};

static void secret_read(struct world *world)
{
    char path[PATH_MAX];
    struct bytes text;
    const char *line = NULL;
    struct err err = {0};
    (void)snprintf(path, sizeof path, "%s/store/token", folder);
    bytes_init(&text, 4096);
    assert_true(disk_read_file(path, &text, &err) && text_terminate(&text, &line, &err));
    const char *name = strrchr(line, ' ');
    assert_non_null(name);
    assert_int_equal(sscanf(name, " %255s", world->secret), 1);
    bytes_release(&text);
}

static void world_open(struct world *world)
{
    char store[PATH_MAX];
    struct err err = {0};
    struct http_options options = http_options_usual("127.0.0.1:0");
    options.gate = conditions_service_gate;
    (void)snprintf(store, sizeof store, "%s/store", folder);
    if (!conditions_service_new(store, NULL, &world->service, &err) ||
        !http_server_new(&options, conditions_service_handle, world->service,
                         &world->server, &err))
        fail_msg("%s", err.text);
    world->client = http_client_new();
    secret_read(world);
}

static void world_close(struct world *world)
{
    http_client_free(world->client);
    http_server_stop(world->server);
    conditions_service_free(world->service);
}

/* The status; the body in `out`. */
static long ask(struct world *world, const char *method, const char *path,
                const char *body, struct bytes *out)
{
    struct http_response response;
    struct err err;
    (void)snprintf(world->url, sizeof world->url, "http://127.0.0.1:%u%s",
                   http_server_port(world->server), path);
    struct http_call call = {.url = world->url,
                             .bearer = body ? world->secret : NULL,
                             .body = body,
                             .body_size = body ? strlen(body) : 0,
                             .content_type = "application/octet-stream",
                             .limits = http_limits_usual(1 << 20)};
    bytes_clear(out);
    if (body)
        (void)http_send(world->client, method, &call, out, &response, &err);
    else
        (void)http_get(world->client, &call, out, &response, &err);
    return response.status;
}

static void assert_not_served(struct world *world, const char *blob, struct bytes *out)
{
    assert_int_equal(ask(world, "GET", blob, NULL, out), 404);
    assert_int_equal(ask(world, "GET", "/payloads/p/1", NULL, out), 404);
    assert_int_equal(ask(world, "GET", "/api/cdb_rest/piov", NULL, out), 200);
    assert_int_equal(out->size, 2); /* [] */
}

/* Puts with each step failing in turn; then the same again, which must work. */
static void every_fault_of(const char *put, const char *text, int number, long status)
{
    char blob[256], hex[SHA256_HEX], path[512];
    struct sha256 hash = sha256_of(text, strlen(text));
    struct bytes out;
    long n = 0;
    bytes_init(&out, 1 << 20);
    sha256_to_hex(&hash, hex);
    (void)snprintf(blob, sizeof blob, "/api/cdb_rest/x/blob/%s", hex);
    (void)snprintf(path, sizeof path, "/api/cdb_rest/%s", put ? put : blob + 14);
    for (bool done = false; !done;) {
        struct world world;
        wipe();
        world_open(&world);
        disk_fail_after(++n, number);
        long got = ask(&world, "PUT", path, text, &out);
        disk_fail_after(0, 0);
        done = got == 200;
        if (!done) {
            assert_int_equal(got, status);
            assert_not_served(&world, blob, &out);
        }
        assert_in_range(blobs_in("store/blobs"), 0, 1); /* whole: nobody's, or served */
        assert_int_equal(ask(&world, "PUT", path, text, &out), 200);
        assert_int_equal(ask(&world, "GET", blob, NULL, &out), 200);
        assert_int_equal(out.size, strlen(text));
        assert_memory_equal(out.data, text, out.size);
        assert_int_equal(blobs_in("store/blobs"), 1);
        world_close(&world);
        assert_true(n < STEPS_LIMIT);
    }
    assert_true(n > 5); /* folders, the file, its bytes, sync, rename, sync */
    bytes_release(&out);
}

static void a_put_that_fails_leaves_nothing_that_is_served(void **state)
{
    (void)state;
    static const char put[] = "x/payload?tag=t&type=any&payload_url=p/1&major_iov=1"
                              "&minor_iov=0&create=true";
    every_fault_of(put, "some bytes", ENOSPC, 507);
    every_fault_of(put, "some bytes", EIO, 500);
}

static void bytes_that_cannot_be_kept_are_not_served(void **state)
{
    (void)state;
    every_fault_of(NULL, "other bytes", ENOSPC, 507);
}

/* ---- a store, and the cache of a node ---- */

static uint8_t content[BLOB];

static bool fetch(void *user, const struct sha256 *hash, struct bytes *out,
                  struct err *err)
{
    (void)user;
    (void)hash;
    return bytes_append(out, content, sizeof content, err);
}

/* Whether the object is a shared one; its bytes are right in any case. */
static bool get(const char *name)
{
    char path[PATH_MAX];
    struct cache_object object = {.fd = -1};
    struct sha256 hash = sha256_of(content, sizeof content);
    struct err err = {0};
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    const struct cache cache = {.folder = path,
                                .fetch = fetch,
                                .lock_wait_ns = 1000000000,
                                .largest_bytes = 2 * BLOB};
    if (!cache_get(&cache, &hash, &object, &err))
        fail_msg("%s", err.text);
    assert_int_equal(object.size, sizeof content);
    assert_memory_equal(object.data, content, sizeof content);
    bool shared = object.map != NULL;
    cache_object_release(&object);
    return shared;
}

static void a_cache_that_fails_to_keep_gives_a_copy(void **state)
{
    (void)state;
    long n = 0;
    memset(content, 7, sizeof content);
    for (bool done = false; !done;) {
        wipe();
        disk_fail_after(++n, ENOSPC);
        done = get("cache");
        disk_fail_after(0, 0);
        assert_int_equal(blobs_in("cache/objects"), done);
        assert_true(get("cache"));
        assert_int_equal(blobs_in("cache/objects"), 1);
        assert_true(n < STEPS_LIMIT);
    }
    assert_true(n > 2);
}

static void a_store_that_fails_to_keep_has_no_half_blob(void **state)
{
    (void)state;
    char store[PATH_MAX];
    struct bytes bytes;
    struct sha256 hash = sha256_of("payload", 7);
    struct err err = {0};
    long n = 0;
    bytes_init(&bytes, 100);
    assert_true(text_add(&bytes, "payload", &err));
    (void)snprintf(store, sizeof store, "%s/store", folder);
    for (bool done = false; !done;) {
        wipe();
        disk_fail_after(++n, EIO);
        done = resolve_blob_put(store, &hash, &bytes, &err);
        disk_fail_after(0, 0);
        assert_true(done || err.code == E_DISK_WRITE);
        assert_in_range(blobs_in("store"), 0, 1);
        assert_true(resolve_blob_put(store, &hash, &bytes, &err));
        assert_int_equal(blobs_in("store"), 1);
        assert_true(n < STEPS_LIMIT);
    }
    assert_true(n > 5);
    bytes_release(&bytes);
}

/* ---- the real thing ---- */

static bool mounted(const char *options)
{
    return unshare(CLONE_NEWNS) == 0 &&
           mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("none", folder, "tmpfs", 0, options) == 0;
}

/* The child's part; its exit status tells the step that failed. */
static int small_disk_part(void)
{
    struct err err;
    char path[PATH_MAX];
    int fd;
    if (!mounted("size=512k"))
        return 77;
    (void)snprintf(path, sizeof path, "%s/ballast", folder);
    if (!disk_create(path, &fd, &err) ||
        !disk_write(fd, path, content, sizeof content, &err) || close(fd) != 0)
        return 1;
    if (get("cache") || blobs_in("cache/objects") != 0) /* half of it would fit */
        return 2;
    if (unlink(path) != 0 || !get("cache") || blobs_in("cache/objects") != 1)
        return 3;
    if (mount("none", folder, "tmpfs", MS_REMOUNT | MS_RDONLY, NULL) != 0)
        return 4;
    if (!get("cache") || get("elsewhere")) /* what is there is shared all the same */
        return 5;
    content[0]++;
    if (get("cache") || blobs_in("cache/objects") != 1)
        return 6;
    return 0;
}

static void a_full_and_a_read_only_disk_cost_only_the_sharing(void **state)
{
    (void)state;
    int status;
    wipe();
    memset(content, 9, sizeof content);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(small_disk_part());
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77) {
        print_message("SKIPPED: this user may not mount a small tmpfs\n");
        skip();
    }
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_put_that_fails_leaves_nothing_that_is_served),
        cmocka_unit_test(bytes_that_cannot_be_kept_are_not_served),
        cmocka_unit_test(a_cache_that_fails_to_keep_gives_a_copy),
        cmocka_unit_test(a_store_that_fails_to_keep_has_no_half_blob),
        cmocka_unit_test(a_full_and_a_read_only_disk_cost_only_the_sharing),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
