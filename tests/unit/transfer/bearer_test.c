/* bearer_test.c - the first place with a token decides, and only a private file counts.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "transfer/bearer.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[64];

static const char *in_folder(const char *name)
{
    static char paths[4][128];
    static unsigned next;
    char *path = paths[next++ % 4];
    (void)snprintf(path, 128, "%s/%s", folder, name);
    return path;
}

static void put(const char *path, const char *text, mode_t mode)
{
    (void)unlink(path);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static enum lookup find(const struct bearer_places *places, const char *token)
{
    static struct bearer bearer;
    struct err err = {0};
    enum lookup found = bearer_find(places, &bearer, &err);
    if (found == LOOKUP_FOUND)
        assert_string_equal(bearer.token, token);
    if (found == LOOKUP_FAILED) {
        assert_int_equal(err.code, E_BEARER);
        assert_null(strstr(err.text, "s3cret"));
    }
    return found;
}

/* Each place taken away in turn gives way to the next one. */
static void places_are_looked_at_in_the_order_of_the_grid(void **state)
{
    (void)state;
    struct bearer_places places = {.token = " env-token\n",
                                   .file = in_folder("chosen"),
                                   .runtime = folder,
                                   .uid = getuid()};
    char name[32];
    (void)snprintf(name, sizeof name, "bt_u%u", (unsigned)places.uid);
    put(places.file, "chosen-token\n", 0600);
    put(in_folder(name), "\trun.time~token+/==", 0400);
    assert_int_equal(find(&places, "env-token"), LOOKUP_FOUND);
    places.token = "";
    assert_int_equal(find(&places, "chosen-token"), LOOKUP_FOUND);
    places.file = NULL;
    assert_int_equal(find(&places, "run.time~token+/=="), LOOKUP_FOUND);
}

/* No user has this number, so that nothing real stands there. */
static void the_last_place_is_tmp(void **state)
{
    (void)state;
    struct bearer_places places = {.runtime = folder,
                                   .uid = 3999000000u + (uint32_t)getpid()};
    char path[64];
    (void)snprintf(path, sizeof path, "/tmp/bt_u%u", (unsigned)places.uid);
    (void)unlink(path);
    assert_int_equal(find(&places, ""), LOOKUP_ABSENT);
    put(path, "tmp-token", 0600);
    /* Somebody else's file unless we are root, who may hand tokens to others. */
    assert_int_equal(find(&places, "tmp-token"),
                     getuid() == 0 ? LOOKUP_FOUND : LOOKUP_FAILED);
    assert_int_equal(unlink(path), 0);
}

static void a_file_that_others_may_read_or_that_is_no_token_is_refused(void **state)
{
    (void)state;

    static const struct {
        const char *text;
        mode_t mode;
    } files[] = {{"s3cret", 0640},
                 {"s3cret", 0604},
                 {"", 0600},
                 {" \n", 0600},
                 {"s3cret two", 0600},
                 {"s3cret\nX-Header: 1", 0600},
                 {"s3cr\x01"
                  "et",
                  0600},
                 {"s3cret\"", 0600}};
    struct bearer_places places = {.file = in_folder("bad"), .uid = getuid()};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        put(places.file, files[i].text, files[i].mode);
        if (find(&places, "") != LOOKUP_FAILED)
            fail_msg("vector %zu", i);
    }
    assert_int_equal(unlink(places.file), 0);
    assert_int_equal(find(&places, ""), LOOKUP_FAILED); /* named, so it must be there */
    places.file = folder;
    assert_int_equal(find(&places, ""), LOOKUP_FAILED);
    assert_int_equal(mkfifo(in_folder("pipe"), 0600), 0);
    places.file = in_folder("pipe");
    assert_int_equal(find(&places, ""), LOOKUP_FAILED); /* and at once */
    places.token = "s3cret\r\nHost: elsewhere";
    assert_int_equal(find(&places, ""), LOOKUP_FAILED);
}

/* Another user could put a link under the name that everybody knows. */
static void a_link_counts_only_where_the_user_chose_it(void **state)
{
    (void)state;
    struct bearer_places places = {.runtime = folder, .uid = getuid()};
    char name[32];
    (void)snprintf(name, sizeof name, "bt_u%u", (unsigned)places.uid);
    put(in_folder("real"), "linked", 0600);
    (void)unlink(in_folder(name));
    assert_int_equal(symlink(in_folder("real"), in_folder(name)), 0);
    assert_int_equal(find(&places, ""), LOOKUP_FAILED);
    places.file = in_folder(name);
    assert_int_equal(find(&places, "linked"), LOOKUP_FOUND);
}

static void a_token_above_the_limit_is_refused(void **state)
{
    (void)state;
    static char text[BEARER_TOKEN + 128];
    struct bearer_places places = {.file = in_folder("long"), .uid = getuid()};
    memset(text, 'a', BEARER_TOKEN - 1);
    put(places.file, text, 0600);
    assert_int_equal(find(&places, text), LOOKUP_FOUND);
    memset(text, 'a', sizeof text - 1);
    put(places.file, text, 0600);
    assert_int_equal(find(&places, ""), LOOKUP_FAILED);
}

/* The claims are those of a real one, in base64url without padding. */
static void an_expired_token_is_named_and_others_are_not(void **state)
{
    (void)state;

    static const struct {
        const char *token;
        bool expired;
    } vectors[] = {
        /* {"sub":"na64","exp":1700000000} */
        {"eyJhbGciOiJub25lIn0.eyJzdWIiOiJuYTY0IiwiZXhwIjoxNzAwMDAwMDAwfQ.c2ln", true},
        /* {"sub":"na64","exp":1700000000.5} */
        {"e30.eyJzdWIiOiJuYTY0IiwiZXhwIjoxNzAwMDAwMDAwLjV9.", true},
        /* {"exp":-1} */
        {"e30.eyJleHAiOi0xfQ.", true},
        /* {"exp":9223372036854775807} */
        {"e30.eyJleHAiOjkyMjMzNzIwMzY4NTQ3NzU4MDd9.", false},
        /* {"exp":"soon"} */
        {"e30.eyJleHAiOiJzb29uIn0.", false},
        {"e30.e30.", false},
        {"e30..", false},
        {"e30", false},
        {"", false},
        {".", false},
        {"..", false},
        {"e30.e+/=.", false},
        {"a static secret", false},
    };

    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        struct err err;
        (void)err_set(&err, E_HTTP_STATUS, "status 403");
        bearer_blame(vectors[i].token, "/tmp/bt_u1", 1700000001, &err);
        if ((strstr(err.text, "the token of /tmp/bt_u1 expired on ") != NULL) !=
            vectors[i].expired)
            fail_msg("vector %zu: %s", i, err.text);
        if (i == 0)
            assert_string_equal(err.text,
                                "status 403; the token of /tmp/bt_u1 expired on "
                                "2023-11-14 22:13:20 UTC: get a new one");
    }
}

static int folder_make(void **state)
{
    (void)state;
    memcpy(folder, "/tmp/bearer_test.XXXXXX", 24);
    return mkdtemp(folder) ? 0 : -1;
}

static int folder_remove(void **state)
{
    (void)state;
    static const char *const names[] = {"chosen", "bad", "pipe", "real", "long"};
    char name[32];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        (void)unlink(in_folder(names[i]));
    (void)snprintf(name, sizeof name, "bt_u%u", (unsigned)getuid());
    (void)unlink(in_folder(name));
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_are_looked_at_in_the_order_of_the_grid),
        cmocka_unit_test(the_last_place_is_tmp),
        cmocka_unit_test(a_file_that_others_may_read_or_that_is_no_token_is_refused),
        cmocka_unit_test(a_link_counts_only_where_the_user_chose_it),
        cmocka_unit_test(a_token_above_the_limit_is_refused),
        cmocka_unit_test(an_expired_token_is_named_and_others_are_not),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
