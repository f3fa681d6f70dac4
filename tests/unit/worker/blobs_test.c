/* blobs_test.c - every wish gets one answer: the blob, or that there is none.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "worker/blobs.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/disk.h"
#include "conditions/resolve.h"

static char folder[] = "/tmp/blobs_test.XXXXXX";
static char store[256];
static char mirrors[512];

static int start(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return 1;
    (void)snprintf(store, sizeof store, "%s/store", folder);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    char command[256];
    (void)snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

static void blob_put(const char *text)
{
    struct bytes bytes;
    struct err err = {0};
    struct sha256 hash = sha256_of(text, strlen(text));
    bytes_init(&bytes, 1000);
    assert_true(bytes_append(&bytes, text, strlen(text), &err));
    assert_true(resolve_blob_put(store, &hash, &bytes, &err));
    bytes_release(&bytes);
}

static void ask(struct blobs *blobs, int rank, const char *text)
{
    uint8_t body[FRAME_WANT_LIMIT];
    struct frame_want want = {.hash = sha256_of(text, strlen(text))};
    (void)snprintf(want.store, sizeof want.store, "%s", store);
    (void)snprintf(want.mirrors, sizeof want.mirrors, "%s", mirrors);
    blobs_ask(blobs,
              letter_new(rank, &(struct mail){.kind = MAIL_WANT,
                                              .attempt = (uint64_t)rank * 10,
                                              .body = body,
                                              .size = frame_want_pack(&want, body)}));
}

/* The answer to rank `rank` is these bytes; NULL: there is no such blob. */
static void answered(struct blobs *blobs, int rank, const char *name, const char *text)
{
    struct letter *letter = NULL;
    struct mail mail;
    struct err err;
    struct sha256 hash = sha256_of(name, strlen(name));
    while ((letter = blobs_take(blobs)) == NULL)
        clock_sleep_ns(1000000);
    assert_int_equal(letter->peer, rank);
    assert_true(letter_open(letter, &mail, &err));
    assert_int_equal(mail.kind, MAIL_BLOB);
    assert_int_equal(mail.attempt, rank * 10);
    assert_int_equal(mail.body[0], text != NULL);
    assert_memory_equal(mail.body + 1, hash.bytes, SHA256_SIZE);
    assert_int_equal(mail.size, FRAME_ANSWER_HEAD + (text ? strlen(text) : 0));
    if (text)
        assert_memory_equal(mail.body + FRAME_ANSWER_HEAD, text, strlen(text));
    free(letter);
}

static void a_blob_is_read_once_for_all_nodes(void **state)
{
    (void)state;
    char path[PATH_MAX + RESOLVE_NAME];
    char name[RESOLVE_NAME];
    struct blobs *blobs = blobs_new(folder, NULL, NULL);
    struct sha256 hash = sha256_of("a blob", 6);
    blob_put("a blob");
    ask(blobs, 1, "a blob");
    answered(blobs, 1, "a blob", "a blob");
    resolve_blob_name(&hash, name);
    (void)snprintf(path, sizeof path, "%s/%s", store, name);
    assert_int_equal(unlink(path), 0); /* nobody needs the store any more */
    ask(blobs, 2, "a blob");
    ask(blobs, 3, "a blob");
    answered(blobs, 2, "a blob", "a blob");
    answered(blobs, 3, "a blob", "a blob");
    assert_null(blobs_take(blobs));
    blobs_free(blobs);
}

static void what_is_not_there_or_damaged_is_told(void **state)
{
    (void)state;
    char path[PATH_MAX + RESOLVE_NAME];
    char name[RESOLVE_NAME];
    struct err err = {0};
    struct blobs *blobs = blobs_new(folder, NULL, NULL);
    struct sha256 hash = sha256_of("damaged", 7);
    ask(blobs, 1, "never made");
    answered(blobs, 1, "never made", NULL);
    blob_put("damaged");
    resolve_blob_name(&hash, name);
    (void)snprintf(path, sizeof path, "%s/%s", store, name);
    assert_true(disk_write_durable(path, "damagEd", 7, 0444, &err));
    ask(blobs, 2, "damaged");
    answered(blobs, 2, "damaged", NULL);
    blobs_free(blobs);
}

/* And the store has it again. */
static void what_the_store_lost_comes_from_a_mirror(void **state)
{
    (void)state;
    char path[PATH_MAX + RESOLVE_NAME];
    char name[RESOLVE_NAME];
    char original[sizeof store];
    struct blobs *blobs = blobs_new(folder, NULL, NULL);
    struct sha256 hash = sha256_of("lost", 4);
    memcpy(original, store, sizeof store);
    (void)snprintf(store, sizeof store, "%s/copy", folder);
    (void)snprintf(mirrors, sizeof mirrors, "file:%s/none\nfile:%s", folder, store);
    blob_put("lost");
    memcpy(store, original, sizeof store);
    ask(blobs, 1, "lost");
    answered(blobs, 1, "lost", "lost");
    resolve_blob_name(&hash, name);
    (void)snprintf(path, sizeof path, "%s/%s", store, name);
    assert_true(disk_exists(path));
    ask(blobs, 2, "never made");
    answered(blobs, 2, "never made", NULL);
    mirrors[0] = '\0';
    blobs_free(blobs);
}

static void a_letter_that_is_no_wish_is_passed_over(void **state)
{
    (void)state;
    uint8_t body[SHA256_SIZE] = {0};
    struct blobs *blobs = blobs_new(folder, NULL, NULL);
    blobs_ask(blobs,
              letter_new(1, &(struct mail){
                                .kind = MAIL_WANT, .body = body, .size = sizeof body}));
    blobs_ask(blobs, letter_blank(1, 3));
    ask(blobs, 2, "never made"); /* and the next one is answered */
    answered(blobs, 2, "never made", NULL);
    blobs_free(blobs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_blob_is_read_once_for_all_nodes),
        cmocka_unit_test(what_is_not_there_or_damaged_is_told),
        cmocka_unit_test(what_the_store_lost_comes_from_a_mirror),
        cmocka_unit_test(a_letter_that_is_no_wish_is_passed_over),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
