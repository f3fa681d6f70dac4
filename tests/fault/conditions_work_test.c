/* conditions_work_test.c - conditions resolved, kept, sent, changed; each step fails.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A tag is resolved from a folder into a store, a snapshot is taken of it and an object
 * goes into a node's cache; the same tag comes from our service, another process in which
 * nothing fails; a store of the service is made, gets a payload and is frozen.
 */
#include "tests/fault/operation.h"

#include "conditions/cache.h"
#include "conditions/resolve.h"
#include "coordinator/conditions_blob.h"
#include "coordinator/conditions_edit_rows.h"
#include "coordinator/conditions_freeze.h"
#include "coordinator/conditions_service.h"
#include "coordinator/conditions_snapshot.h"
#include "tests/unit/conditions/folder_fixture.h"

#define LIMIT ((size_t)1 << 20)

static const struct row rows[] = {
    {"calo_gain", "g/1", GAIN("led1"), 3000, 0},
    {"led_reference", "r/1", REFERENCE("led1"), 3000, 0},
};

static const char *below(const char *place, const char *name)
{
    static char paths[4][128];
    static unsigned turn;
    turn = (turn + 1) % 4;
    (void)snprintf(paths[turn], sizeof paths[turn], "%s/%s", place, name);
    return paths[turn];
}

static void tag_before(const char *place)
{
    (void)snprintf(folder, sizeof folder, "%s", place);
    put_tag_at("", "t", "frozen", rows, 2);
}

/* ---- a folder ---- */

static bool keep(void *user, const struct tag_row *row, const struct sha256 *hash,
                 const struct bytes *bytes, struct err *err)
{
    (void)row;
    return resolve_blob_put(user, hash, bytes, err);
}

static bool resolved(struct source *source, const char *place, struct err *err)
{
    char store[128];
    enum tag_status status;
    struct manifest manifest;
    struct bytes text;
    (void)snprintf(store, sizeof store, "%s/store", place);
    const struct resolve_request request = {
        .tag = "t", .first_run = 3500, .last_run = 3501, .seen = keep, .user = store};
    if (!resolve_tag(source, &request, &manifest, &status, err))
        return false;
    bytes_init(&text, LIMIT);
    bool done =
        manifest_write(&manifest, &text, err) &&
        disk_write_durable(below(place, "manifest"), text.data, text.size, 0644, err);
    bytes_release(&text);
    manifest_release(&manifest);
    return done;
}

static bool snapshot(struct source *source, const char *place, struct err *err)
{
    struct bytes out;
    struct show show = {&out, false};
    const struct snapshot_request request = {.tag = "t",
                                             .path = below(place, "snapshot"),
                                             .first_run = 3500,
                                             .last_run = 3501};
    bytes_init(&out, LIMIT);
    bool done = snapshot_take(&show, source, &request, err);
    bytes_release(&out);
    return done;
}

/* From the tag's folder, as a worker's from a store. */
static bool fetch(void *user, const struct sha256 *hash, struct bytes *out,
                  struct err *err)
{
    (void)hash;
    return disk_read_file(below(user, "payloads/g/1"), out, err);
}

static bool cached(const char *place, struct err *err)
{
    char user[128], node[128];
    struct cache_object object = {.fd = -1};
    (void)snprintf(user, sizeof user, "%s", place);
    (void)snprintf(node, sizeof node, "%s/cache", place);
    const struct cache cache = {
        .folder = node, .fetch = fetch, .user = user, .largest_bytes = LIMIT};
    const struct sha256 hash = sha256_of(rows[0].text, strlen(rows[0].text));
    if (!cache_get(&cache, &hash, &object, err))
        return false;
    bool right = object.size == strlen(rows[0].text) &&
                 memcmp(object.data, rows[0].text, object.size) == 0;
    cache_object_release(&object);
    return right || err_set(err, E_MODEL, "the cache gives other bytes");
}

static bool folder_run(const char *place, struct err *err)
{
    char url[160];
    struct source *source;
    (void)snprintf(url, sizeof url, "file:%s", place);
    const struct source_options options = {.url = url,
                                           .transfer = transfer_options_usual(1)};
    if (!source_open(&options, &source, err))
        return false;
    bool done = resolved(source, place, err) && snapshot(source, place, err);
    source_close(source);
    return done && cached(place, err);
}

/* A cache that cannot be written costs the sharing, not the call. */
static enum operation_care folder_care(const char *name)
{
    if (strncmp(name, "cache", 5) == 0)
        return CARE_NONE;
    return strstr(name, ".tmp-") != NULL || strstr(name, ".part") != NULL ? CARE_MADE
                                                                          : CARE_WHOLE;
}

static bool folder_check(const char *place, struct err *err)
{
    return cached(place, err);
}

/* ---- our service ---- */

static char service_url[64];

/* Another process, which ends with this one. */
static void service_before(const char *place)
{
    struct conditions_service *service;
    struct http_server *server;
    struct http_options options = http_options_usual("127.0.0.1:0");
    struct err err;
    int ends[2];
    unsigned port = 0;
    tag_before(place);
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        steps = NULL;
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (!conditions_service_new(place, NULL, &service, &err) ||
            !http_server_new(&options, conditions_service_handle, service, &server, &err))
            _exit(1);
        port = http_server_port(server);
        if (write(ends[1], &port, sizeof port) != (ssize_t)sizeof port)
            _exit(1);
        for (;;)
            (void)pause();
    }
    (void)close(ends[1]);
    assert_int_equal(read(ends[0], &port, sizeof port), sizeof port);
    (void)close(ends[0]);
    (void)snprintf(service_url, sizeof service_url, "http://127.0.0.1:%u/api/cdb_rest",
                   port);
    http_client_free(http_client_new()); /* libcurl is loaded once */
}

/* One try each: what is tried again would hide what failed. */
static bool service_run(const char *place, struct err *err)
{
    struct source *source;
    struct source_options options = {.url = service_url,
                                     .transfer = transfer_options_usual(1)};
    options.transfer.retry.tries = 1;
    if (!source_open(&options, &source, err))
        return false;
    bool done = resolved(source, place, err);
    source_close(source);
    return done;
}

/* ---- a store of the service ---- */

static bool refused(const struct refusal *refusal, struct err *err)
{
    return err_set(err, refusal->status >= 500 ? E_DISK_WRITE : E_USAGE, "%s",
                   refusal->text);
}

static bool put_payload(struct library *library, struct err *err)
{
    static const char text[] = "a payload";
    struct edit edit;
    struct refusal refusal;
    struct edit_put put = {.tag = "t",
                           .type = "any",
                           .url = "p/1",
                           .interval = {{1, 0}, MOMENT_OPEN},
                           .size = sizeof text,
                           .create = true};
    put.hash = sha256_of(text, sizeof text);
    edit_begin(&edit, library, "test", 1);
    bool done = edit_put_payload(&edit, &put, &refusal) || refused(&refusal, err);
    if (done) {
        edit_put_blob(&edit, &put.hash, text, sizeof text);
        done = blob_write(library_folder(library), &put.hash, text, sizeof text, err) &&
               (edit_commit(&edit, &refusal) || refused(&refusal, err));
    }
    edit_end(&edit);
    return done;
}

static bool freeze(struct library *library, struct err *err)
{
    struct edit edit;
    struct refusal refusal;
    struct index_tag *tag;
    edit_begin(&edit, library, "test", 1);
    bool done = (edit_find_tag(&edit, "t", &tag, &refusal) &&
                 edit_freeze(&edit, tag, &refusal) && edit_commit(&edit, &refusal)) ||
                refused(&refusal, err);
    edit_end(&edit);
    return done;
}

static bool is_frozen(struct library *library)
{
    const struct index *index = library_read(library);
    const struct index_tag *tag = index_find_tag(index, "t");
    bool frozen =
        tag != NULL && !sha256_is_zero(&tag->record.snapshot); /* else never any more */
    library_done(library);
    return frozen;
}

/* What is done already is not done twice. */
static bool store_run(const char *place, struct err *err)
{
    struct library *library;
    if (!library_open(below(place, "data"), &library, err))
        return false;
    bool done = is_frozen(library) || (put_payload(library, err) && freeze(library, err));
    library_close(library);
    return done;
}

static bool entry_seen(void *user, const struct ledger_entry *entry, struct err *err)
{
    struct ledger_entry *last = user;
    struct sha256 hash = ledger_entry_hash(entry);
    if (!sha256_equal(&hash, &entry->hash) ||
        !sha256_equal(&last->hash, &entry->previous))
        return err_set(err, E_MODEL, "the chain of the log is broken");
    *last = *entry;
    return true;
}

static bool store_check(const char *place, struct err *err)
{
    struct library *library;
    struct bytes bytes;
    struct ledger_entry last = {.number = 0};
    if (!library_open(below(place, "data"), &library, err))
        return false;
    bytes_init(&bytes, LIMIT);
    const struct index_tag *tag = index_find_tag(library_read(library), "t");
    bool done = tag != NULL && !sha256_is_zero(&tag->record.snapshot) &&
                blob_read(library_folder(library), &tag->record.snapshot, &bytes, err);
    library_done(library);
    done = done && library_log(library, 1, UINT32_MAX, entry_seen, &last, err);
    bytes_release(&bytes);
    library_close(library);
    return done;
}

/* Blobs of what was not committed are nobody's; each has the hash that is its name. */
static enum operation_care store_care(const char *name)
{
    if (strstr(name, ".mdb") != NULL || strstr(name, "owner.lock") != NULL)
        return CARE_NONE;
    if (strstr(name, "fresh") != NULL) /* a store that is being made */
        return CARE_LEFT;
    return strstr(name, ".tmp-") != NULL ? CARE_MADE : CARE_WHOLE;
}

static void any_step_of_conditions_may_fail(void **state)
{
    static const struct operation operations[] = {
        {.name = "folder",
         .before = tag_before,
         .run = folder_run,
         .care = folder_care,
         .check = folder_check,
         .least = {5, 10, 100, 0}},
        {.name = "service",
         .before = service_before,
         .run = service_run,
         .care = folder_care,
         .least = {3, 6, 100, 2}},
        {.name = "store",
         .run = store_run,
         .care = store_care,
         .check = store_check,
         .least = {4, 4, 100, 0}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++)
        operation_each_step(&operations[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_step_of_conditions_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
