/* transfer_test.c - patience is bounded; local URLs; a file is there whole or not at all.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "transfer/transfer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/disk.h"

#define SECOND_NS ((int64_t)1000000000)

static void only_what_may_pass_by_itself_is_tried_again(void **state)
{
    (void)state;

    static const struct {
        enum err_code code;
        long status;
        bool is_json;
        unsigned tries;
    } vectors[] = {
        {E_HTTP_CONNECT, 0, false, 6},
        {E_HTTP_SLOW, 200, false, 6},
        {E_HTTP_STATUS, 408, false, 6},
        {E_HTTP_STATUS, 429, true, 6},
        {E_HTTP_STATUS, 502, false, 6},
        {E_HTTP_STATUS, 503, true, 6},
        {E_HTTP_STATUS, 504, false, 6},
        {E_HTTP_STATUS, 500, false, 3},
        {E_HTTP_STATUS, 500, true, 1},
        {E_HTTP_STATUS, 404, true, 1},
        {E_HTTP_STATUS, 403, true, 1},
        {E_HTTP_STATUS, 301, false, 1},
        {E_HTTP_TRUNCATED, 200, false, 2},
        {E_HTTP_REPLY, 0, false, 3},
        {E_HTTP_TOO_LARGE, 200, false, 1},
        {E_HTTP_TLS, 0, false, 1},
        {E_URL, 0, false, 1},
        {E_DISK_FULL, 200, false, 1},
    };
    struct retry_policy policy = retry_policy_usual();
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        struct err err = {.code = (uint16_t)vectors[i].code};
        struct http_response response = {.status = vectors[i].status,
                                         .is_json = vectors[i].is_json};
        if (retry_tries(&policy, &err, &response) != vectors[i].tries)
            fail_msg("vector %zu", i);
    }
}

static void pauses_spread_over_the_whole_growing_range(void **state)
{
    (void)state;
    struct retry_policy policy = retry_policy_usual();
    struct http_response response = {0};
    struct random random = {.state = 1};
    for (unsigned failed = 1; failed < 12; failed++) {
        int64_t most = SECOND_NS / 2 << (failed - 1);
        int64_t low = INT64_MAX, high = 0;
        if (most > 30 * SECOND_NS)
            most = 30 * SECOND_NS;
        for (int i = 0; i < 200; i++) {
            int64_t pause = retry_pause_ns(&policy, failed, &response, &random);
            low = pause < low ? pause : low;
            high = pause > high ? pause : high;
        }
        assert_true(low >= 0 && low < most / 10);
        assert_true(high <= most && high > most * 9 / 10);
    }
    response.retry_after_s = 20;
    assert_true(retry_pause_ns(&policy, 1, &response, &random) == 20 * SECOND_NS);
    response.retry_after_s = INT64_MAX;
    assert_true(retry_pause_ns(&policy, 1, &response, &random) == 30 * SECOND_NS);
}

static void a_dead_server_is_given_up_after_the_stated_tries(void **state)
{
    (void)state;
    struct transfer_options options = transfer_options_usual(1);
    options.retry = (struct retry_policy){
        .base_ns = 1000, .cap_ns = 1000, .tries = 3, .total_ns = SECOND_NS};
    struct transfer *transfer = transfer_new(&options);
    struct bytes out;
    struct http_response response;
    struct err err = {0};
    bytes_init(&out, 100);
    assert_false(
        transfer_get(transfer, "http://127.0.0.1:1/x", 10, &out, &response, &err));
    assert_int_equal(err.code, E_HTTP_CONNECT);
    assert_non_null(strstr(err.text, "3 tries: http://127.0.0.1:1/x"));
    transfer_free(transfer);
    bytes_release(&out);
}

/* What one process learned keeps the next one away. */
static void a_server_that_failed_is_left_alone_by_the_whole_node(void **state)
{
    (void)state;
    char folder[] = "/tmp/transfer_test.XXXXXX";
    char command[64];
    struct transfer_options options = transfer_options_usual(1);
    struct bytes out;
    struct http_response response;
    assert_non_null(mkdtemp(folder));
    options.circuits = folder;
    options.retry = (struct retry_policy){
        .base_ns = 1000, .cap_ns = 1000, .tries = 6, .total_ns = SECOND_NS};
    bytes_init(&out, 100);
    for (int i = 0; i < 2; i++) {
        struct err err = {0};
        struct transfer *transfer = transfer_new(&options);
        assert_false(
            transfer_get(transfer, "http://127.0.0.1:1/x", 10, &out, &response, &err));
        assert_int_equal(err.code, E_HTTP_CONNECT);
        assert_non_null(strstr(err.text, i == 0 ? "5 tries" : "left alone for"));
        /* Another server is none of its business. */
        assert_false(
            transfer_get(transfer, "http://127.0.0.1:2/x", 10, &out, &response, &err));
        assert_non_null(strstr(err.text, i == 0 ? "5 tries" : "127.0.0.1:2 failed"));
        transfer_free(transfer);
    }
    (void)snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
    bytes_release(&out);
}

static void local_urls_name_paths(void **state)
{
    (void)state;
    assert_string_equal(transfer_local_path("/a/b"), "/a/b");
    assert_string_equal(transfer_local_path("file:/a/b"), "/a/b");
    assert_string_equal(transfer_local_path("file:///a/b"), "/a/b");
    assert_string_equal(transfer_local_path("file:a/b"), "a/b");
    assert_null(transfer_local_path("http://h/a"));
    assert_null(transfer_local_path("a/b"));
}

static void what_was_put_can_be_got(void **state)
{
    (void)state;
    char folder[] = "/tmp/transfer_test.XXXXXX";
    char url[128], copy[128];
    struct bytes out;
    struct http_response response;
    struct err err = {0};
    struct transfer_options options = transfer_options_usual(1);
    struct transfer *transfer = transfer_new(&options);
    assert_non_null(mkdtemp(folder));
    bytes_init(&out, 100);
    (void)snprintf(url, sizeof url, "file:%s/a/b/c", folder);
    (void)snprintf(copy, sizeof copy, "%s/copy", folder);
    assert_true(transfer_put(url, "hello", 5, 0444, &err));
    assert_true(transfer_get(transfer, url, 5, &out, &response, &err));
    assert_memory_equal(out.data, "hello", 5);
    assert_false(transfer_get(transfer, url, 4, &out, &response, &err));
    assert_int_equal(err.code, E_LIMIT);
    assert_true(transfer_get_file(transfer, url, 5, copy, &err));
    assert_true(disk_exists(copy));
    assert_int_equal(unlink(copy), 0);
    assert_false(transfer_get_file(transfer, url, 4, copy, &err));
    assert_int_equal(err.code, E_LIMIT);
    assert_false(disk_exists(copy));
    assert_false(transfer_put("http://h/x", "", 0, 0444, &err));
    assert_int_equal(err.code, E_URL);
    transfer_free(transfer);
    bytes_release(&out);
    assert_int_equal(unlink(transfer_local_path(url)), 0);
    (void)snprintf(copy, sizeof copy, "%s/a/b", folder);
    assert_int_equal(rmdir(copy), 0);
    (void)snprintf(copy, sizeof copy, "%s/a", folder);
    assert_int_equal(rmdir(copy), 0);
    assert_int_equal(rmdir(folder), 0); /* nothing else was left behind */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_may_pass_by_itself_is_tried_again),
        cmocka_unit_test(pauses_spread_over_the_whole_growing_range),
        cmocka_unit_test(a_dead_server_is_given_up_after_the_stated_tries),
        cmocka_unit_test(a_server_that_failed_is_left_alone_by_the_whole_node),
        cmocka_unit_test(local_urls_name_paths),
        cmocka_unit_test(what_was_put_can_be_got),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
