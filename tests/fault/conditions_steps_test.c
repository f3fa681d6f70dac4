/* conditions_steps_test.c - kill -9 at each step of a write to a store of conditions.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A step is a system call. A child writes and is traced; before its n-th call it is
 * killed, for each n until it comes to its end: what it changes are files, and between
 * two calls none of them changes.
 */
#include <ftw.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/disk.h"
#include "base/text.h"
#include "conditions/cache.h"
#include "conditions/resolve.h"
#include "coordinator/conditions_blob.h"
#include "coordinator/conditions_edit_rows.h"
#include "coordinator/conditions_edit_tags.h"
#include "coordinator/conditions_freeze.h"

/* No write takes so many steps: the test would not end otherwise. */
#define STEPS_LIMIT 5000
#define CONTENT     ((size_t)100000) /* of a blob: above a page and a pipe */

static char folder[] = "/tmp/conditions_steps.XXXXXX";

static int start(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : 1;
}

static int stop(void **state)
{
    (void)state;
    char command[128];
    (void)snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

static const char *below(const char *name)
{
    static char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

/* ---- a child that is killed before its n-th system call ---- */

enum end { END_KILLED, END_DONE, END_FORBIDDEN };

/* Says that the steps begin: the parent counts from here. */
static void steps_begin(void)
{
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
        _exit(77);
    (void)raise(SIGSTOP);
}

/* Runs the child up to its next system call, or out of it; false when it has ended. */
static bool step(pid_t child, int *status)
{
    return ptrace(PTRACE_SYSCALL, child, NULL, NULL) == 0 &&
           waitpid(child, status, 0) == child && WIFSTOPPED(*status);
}

/* `work` ends in _exit(0) once what it wrote is acknowledged. */
static enum end kill_before(unsigned n, void (*work)(unsigned number), unsigned number)
{
    int status = 0;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        work(number);
        _exit(1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
        return END_FORBIDDEN;
    assert_true(WIFSTOPPED(status));
    bool alive = step(child, &status);            /* into the first call */
    for (unsigned i = 2; alive && i < 2 * n; i++) /* out of it, into the next */
        alive = step(child, &status);
    if (!alive) {
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
        return END_DONE;
    }
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    return END_KILLED;
}

/* Each n in turn; `check` is told whether the write was acknowledged. */
static void at_each_step(void (*work)(unsigned number),
                         void (*check)(unsigned number, bool acknowledged),
                         unsigned least)
{
    unsigned n = 0;
    enum end end = END_KILLED;
    while (end == END_KILLED) {
        n++;
        end = kill_before(n, work, n);
        if (end == END_FORBIDDEN) {
            print_message("SKIPPED: nothing may be traced here\n");
            skip();
        }
        check(n, end == END_DONE);
        assert_true(n < STEPS_LIMIT);
    }
    assert_true(n > least);
}

/* ---- contents ---- */

static void content_make(unsigned number, struct bytes *bytes, struct sha256 *hash)
{
    struct err err;
    uint8_t *place = NULL;
    bytes_init(bytes, CONTENT);
    assert_true(bytes_reserve(bytes, CONTENT, &place, &err));
    memset(place, (int)(number % 251), CONTENT);
    le32_store(place, number);
    bytes->size = CONTENT;
    *hash = sha256_of(bytes->data, bytes->size);
}

/* What has the name of a hash has that hash; other names are of who was killed. */
static int whole_files;

static int file_seen(const char *path, const struct stat *status, int kind,
                     struct FTW *place)
{
    struct bytes bytes;
    struct sha256 wanted;
    struct err err;
    (void)status;
    if (kind != FTW_F || !sha256_from_hex(path + place->base, &wanted, &err))
        return 0;
    bytes_init(&bytes, 2 * CONTENT);
    assert_true(disk_read_file(path, &bytes, &err));
    struct sha256 found = sha256_of(bytes.data, bytes.size);
    bytes_release(&bytes);
    whole_files++;
    return sha256_equal(&found, &wanted) ? 0 : 1;
}

static int blobs_in(const char *name)
{
    whole_files = 0;
    if (!disk_exists(below(name)))
        return 0;
    assert_int_equal(nftw(below(name), file_seen, 8, FTW_PHYS), 0);
    return whole_files;
}

/* ---- a blob of a campaign's store ---- */

static void blob_write_it(unsigned number)
{
    struct bytes bytes;
    struct sha256 hash;
    struct err err;
    content_make(number, &bytes, &hash);
    steps_begin();
    _exit(resolve_blob_put(below("store"), &hash, &bytes, &err) ? 0 : 2);
}

static void blob_check(unsigned number, bool acknowledged)
{
    struct bytes bytes;
    struct sha256 hash;
    struct err err;
    int there = blobs_in("store") - (int)(number - 1);
    assert_in_range(there, acknowledged ? 1 : 0, 1);
    content_make(number, &bytes, &hash);
    assert_true(resolve_blob_put(below("store"), &hash, &bytes, &err)); /* once more */
    assert_int_equal(blobs_in("store"), number);
    bytes_release(&bytes);
}

static void a_blob_of_a_store_is_whole_or_not_there(void **state)
{
    (void)state;
    at_each_step(blob_write_it, blob_check, 8);
}

/* ---- an object of a node's cache ---- */

static bool fetch(void *user, const struct sha256 *hash, struct bytes *out,
                  struct err *err)
{
    const struct bytes *bytes = user;
    (void)hash;
    return bytes_append(out, bytes->data, bytes->size, err);
}

static bool object_get(struct bytes *bytes, const struct sha256 *hash)
{
    struct cache_object object = {.fd = -1};
    struct err err;
    const struct cache cache = {.folder = below("cache"),
                                .fetch = fetch,
                                .user = bytes,
                                .largest_bytes = CONTENT};
    bool done = cache_get(&cache, hash, &object, &err) && object.map != NULL &&
                object.size == CONTENT && memcmp(object.data, bytes->data, CONTENT) == 0;
    cache_object_release(&object);
    return done;
}

static void object_write_it(unsigned number)
{
    struct bytes bytes;
    struct sha256 hash;
    content_make(number, &bytes, &hash);
    steps_begin();
    _exit(object_get(&bytes, &hash) ? 0 : 2);
}

/* The lock is free again: the next process fetches, and shares. */
static void object_check(unsigned number, bool acknowledged)
{
    struct bytes bytes;
    struct sha256 hash;
    int there = blobs_in("cache/objects") - (int)(number - 1);
    assert_in_range(there, acknowledged ? 1 : 0, 1);
    content_make(number, &bytes, &hash);
    assert_true(object_get(&bytes, &hash));
    assert_int_equal(blobs_in("cache/objects"), number);
    bytes_release(&bytes);
}

static void an_object_of_a_cache_is_whole_or_not_there(void **state)
{
    (void)state;
    at_each_step(object_write_it, object_check, 8);
}

/* ---- the service's store, made ---- */

static const char *fresh_folder(unsigned number)
{
    static char path[PATH_MAX];
    char name[32];
    (void)snprintf(name, sizeof name, "fresh.%u", number);
    (void)snprintf(path, sizeof path, "%s", below(name));
    return path;
}

static bool fresh_open(unsigned number, struct library **library)
{
    struct err err;
    if (library_open(fresh_folder(number), library, &err))
        return true;
    print_error("step %u: %s\n", number, err.text);
    return false;
}

static void fresh_it(unsigned number)
{
    struct library *library = NULL;
    steps_begin();
    _exit(fresh_open(number, &library) ? 0 : 2);
}

static bool entry_seen(void *user, const struct ledger_entry *entry, struct err *err)
{
    struct ledger_entry *last = user;
    struct sha256 hash = ledger_entry_hash(entry);
    (void)err;
    assert_true(sha256_equal(&hash, &entry->hash));
    assert_true(sha256_equal(&last->hash, &entry->previous));
    assert_int_equal(entry->number, last->number + 1);
    *last = *entry;
    return true;
}

static void fresh_check(unsigned number, bool acknowledged)
{
    static const char *const statuses[] = {"unlocked", "locked", "frozen"};
    struct ledger_entry last = {.number = 0};
    struct library *library = NULL;
    struct err err;
    bool there = disk_exists(fresh_folder(number));
    assert_true(there || !acknowledged);
    assert_true(fresh_open(number, &library)); /* goes on, or begins */
    const struct index *index = library_read(library);
    for (size_t i = 0; i < 3; i++)
        assert_non_null(index_find_status(index, statuses[i]));
    assert_int_equal(index_last(index, LEDGER_STATUS), 3);
    library_done(library);
    assert_true(library_log(library, 1, UINT32_MAX, entry_seen, &last, &err));
    assert_int_equal(last.number, 1);
    library_close(library);
}

static void a_fresh_store_opens_wherever_its_making_was_killed(void **state)
{
    (void)state;
    at_each_step(fresh_it, fresh_check, 20);
}

/* ---- a change of that store: bytes, rows and log in one ---- */

static struct library *library_of_test(void)
{
    struct library *library = NULL;
    struct err err;
    if (!library_open(below("data"), &library, &err))
        fail_msg("%s", err.text);
    return library;
}

/* As the service does it for PUT x/payload. */
static bool put(struct library *library, unsigned number)
{
    struct edit edit;
    struct refusal refusal;
    struct bytes bytes;
    struct err err;
    struct edit_put put = {.tag = "t",
                           .type = "any",
                           .interval = {{number, 0}, MOMENT_OPEN},
                           .size = CONTENT,
                           .create = true};
    char url[32];
    (void)snprintf(url, sizeof url, "p/%u", number);
    put.url = url;
    content_make(number, &bytes, &put.hash);
    edit_begin(&edit, library, "test", 1);
    bool done = edit_put_payload(&edit, &put, &refusal);
    if (done)
        edit_put_blob(&edit, &put.hash, bytes.data, bytes.size);
    done = done && blob_write(below("data"), &put.hash, bytes.data, bytes.size, &err) &&
           edit_commit(&edit, &refusal);
    edit_end(&edit);
    bytes_release(&bytes);
    return done;
}

static void put_it(unsigned number)
{
    struct library *library = library_of_test();
    steps_begin();
    _exit(put(library, number) ? 0 : 2);
}

/* The rows of t, each with its bytes; the log is a chain with an entry for each. */
static size_t rows_of(struct library *library)
{
    struct ledger_entry last = {.number = 0};
    struct err err;
    size_t count = 0;
    if (!library_log(library, 1, UINT32_MAX, entry_seen, &last, &err))
        fail_msg("%s", err.text);
    const struct index *index = library_read(library);
    const struct index_tag *tag = index_find_tag(index, "t");
    const struct index_list *list = tag ? index_tag_list(tag, "any") : NULL;
    for (size_t i = 0; list && i < list->count; i++) {
        struct bytes bytes;
        const struct index_row *row = list->slots[i].row;
        const struct ledger_blob *blob = index_blob(index, row->record.checksum);
        bytes_init(&bytes, CONTENT);
        assert_non_null(blob);
        assert_true(blob_read(below("data"), &blob->hash, &bytes, &err));
        assert_int_equal(row->record.start_major, i + 1);
        bytes_release(&bytes);
        count++;
    }
    library_done(library);
    assert_int_equal(last.number, 1 + count); /* the first one is of the new store */
    return count;
}

static void put_check(unsigned number, bool acknowledged)
{
    struct library *library = library_of_test();
    size_t rows = rows_of(library);
    assert_in_range(rows, number - (acknowledged ? 0 : 1), number);
    if (rows < number)
        assert_true(put(library, number));
    assert_int_equal(rows_of(library), number);
    library_close(library);
    assert_in_range(blobs_in("data/blobs"), number, number);
}

static void a_put_is_there_with_bytes_and_log_or_not_at_all(void **state)
{
    (void)state;
    library_close(library_of_test());
    at_each_step(put_it, put_check, 12);
}

/* ---- freezing ---- */

static void freeze_it(unsigned number)
{
    struct library *library = library_of_test();
    struct edit edit;
    struct refusal refusal;
    struct index_tag *tag = NULL;
    (void)number;
    steps_begin();
    edit_begin(&edit, library, "test", 1);
    _exit(edit_find_tag(&edit, "t", &tag, &refusal) &&
                  edit_freeze(&edit, tag, &refusal) && edit_commit(&edit, &refusal)
              ? 0
              : 2);
}

/* Frozen with its manifest, or not frozen; the next one then freezes it. */
static void freeze_check(unsigned number, bool acknowledged)
{
    struct library *library = library_of_test();
    struct bytes bytes;
    struct err err;
    (void)number;
    bytes_init(&bytes, (size_t)1 << 20);
    const struct index *index = library_read(library);
    const struct index_tag *tag = index_find_tag(index, "t");
    bool frozen = strcmp(index_status(index, tag->record.status)->name, "frozen") == 0;
    assert_int_equal(frozen, !sha256_is_zero(&tag->record.snapshot));
    assert_true(frozen || !acknowledged);
    if (frozen)
        assert_true(blob_read(below("data"), &tag->record.snapshot, &bytes, &err));
    library_done(library);
    library_close(library);
    bytes_release(&bytes);
    if (frozen && !acknowledged) { /* killed behind the commit: again from before */
        char command[PATH_MAX];
        (void)snprintf(command, sizeof command,
                       "rm -r '%s/data' && cp -r '%s/before' '%s/data'", folder, folder,
                       folder);
        assert_int_equal(system(command), 0);
    }
}

static void a_tag_is_frozen_with_its_manifest_or_not_at_all(void **state)
{
    (void)state;
    char command[PATH_MAX];
    (void)snprintf(command, sizeof command, "cp -r '%s/data' '%s/before'", folder,
                   folder);
    assert_int_equal(system(command), 0);
    at_each_step(freeze_it, freeze_check, 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_blob_of_a_store_is_whole_or_not_there),
        cmocka_unit_test(an_object_of_a_cache_is_whole_or_not_there),
        cmocka_unit_test(a_fresh_store_opens_wherever_its_making_was_killed),
        cmocka_unit_test(a_put_is_there_with_bytes_and_log_or_not_at_all),
        cmocka_unit_test(a_tag_is_frozen_with_its_manifest_or_not_at_all),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
