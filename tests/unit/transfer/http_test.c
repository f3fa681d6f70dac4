/* http_test.c - each way in which a server can fail has its own code, and ends.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A scripted server in a thread: per connection it reads one request, sends the next
 * text of its script, and closes or goes on dripping.
 */
#include "transfer/http.h"

#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

struct script {
    const char *answer;
    const char *endless; /* sent again and again until the client hangs up */
    bool silent;         /* wait for the client to hang up */
};

struct server {
    int fd;
    unsigned port;
    pthread_t thread;
    const struct script *scripts;
    size_t count;
    char request[65536]; /* the last one */
};

static void read_request(int fd, char *out, size_t size)
{
    size_t used = 0;
    char *stop = NULL;
    while (!stop && used + 1 < size) {
        ssize_t got = recv(fd, out + used, size - 1 - used, 0);
        if (got <= 0)
            break;
        used += (size_t)got;
        out[used] = '\0';
        stop = strstr(out, "\r\n\r\n");
    }
}

static void play(int fd, const struct script *script)
{
    char unused[64];
    if (script->answer)
        (void)send(fd, script->answer, strlen(script->answer), MSG_NOSIGNAL);
    while (script->endless &&
           send(fd, script->endless, strlen(script->endless), MSG_NOSIGNAL) > 0) {
    }
    if (script->silent)
        (void)recv(fd, unused, sizeof unused, 0);
}

static void *serve(void *user)
{
    struct server *server = user;
    for (size_t i = 0; i < server->count; i++) {
        int fd = accept(server->fd, NULL, NULL);
        if (fd < 0)
            break;
        read_request(fd, server->request, sizeof server->request);
        play(fd, &server->scripts[i]);
        (void)close(fd);
    }
    return NULL;
}

static void server_start(struct server *server, const struct script *scripts,
                         size_t count)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    *server = (struct server){.scripts = scripts, .count = count};
    server->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(server->fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(server->fd, 16), 0);
    assert_int_equal(getsockname(server->fd, (struct sockaddr *)&address, &size), 0);
    server->port = ntohs(address.sin_port);
    assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
}

static void server_stop(struct server *server)
{
    (void)shutdown(server->fd, SHUT_RDWR);
    (void)pthread_join(server->thread, NULL);
    (void)close(server->fd);
}

/* One GET of the script's answer. */
struct outcome {
    bool done;
    struct err err;
    struct http_response response;
    char body[256];
    size_t size;
};

static struct http_limits quick(void)
{
    return (struct http_limits){.connect_ms = 1000,
                                .slow_bytes_s = 1000,
                                .slow_s = 0,
                                .total_ms = 10000,
                                .max_bytes = 1000};
}

static struct outcome get_from(const struct script *script)
{
    struct server server;
    struct outcome outcome = {0};
    struct bytes out;
    char url[64];
    struct http_client *client = http_client_new();
    server_start(&server, script, 1);
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u/x", server.port);
    struct http_call call = {.url = url, .limits = quick()};
    if (script->silent)
        call.limits.total_ms = 200; /* nothing else is told by the clock */
    bytes_init(&out, 4096);
    outcome.done = http_get(client, &call, &out, &outcome.response, &outcome.err);
    http_client_free(client);
    server_stop(&server);
    outcome.size = out.size;
    memcpy(outcome.body, out.data ? out.data : (const uint8_t *)"",
           out.size < 255 ? out.size : 255);
    bytes_release(&out);
    return outcome;
}

static void a_whole_answer_is_taken(void **state)
{
    (void)state;
    struct script script = {.answer =
                                "HTTP/1.1 200 OK\r\nContent-Type: application/json; "
                                "charset=utf-8\r\nContent-Length: 2\r\n\r\n[]"};
    struct outcome outcome = get_from(&script);
    assert_true(outcome.done);
    assert_int_equal(outcome.response.status, 200);
    assert_true(outcome.response.is_json);
    assert_string_equal(outcome.body, "[]");
}

static const struct {
    struct script script;
    enum err_code code;
    long status;
    const char *part;
} failures[] = {
    {{.answer = "HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\n"
                "Content-Length: 23\r\n\r\n{\"detail\":\"Not found.\"}"},
     E_HTTP_STATUS,
     404,
     "status 404: Not found."},
    {{.answer = "HTTP/1.1 500 Oops\r\nContent-Type: text/html\r\n"
                "Content-Length: 6\r\n\r\n<html>"},
     E_HTTP_STATUS,
     500,
     "status 500"},
    {{.answer = "HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 5\r\n\r\nlater"},
     E_HTTP_STATUS,
     503,
     "status 503: later"},
    {{.answer = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"},
     E_HTTP_TRUNCATED,
     200,
     "after 4 bytes"},
    {{.answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"},
     E_HTTP_TRUNCATED,
     200,
     "after 4 bytes"},
    {{.answer = ""}, E_HTTP_TRUNCATED, 0, "after 0 bytes"},
    {{.answer = "HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n"},
     E_HTTP_TOO_LARGE,
     200,
     ""},
    {{.answer = "HTTP/1.1 200 OK\r\n\r\n", .endless = "0123456789"},
     E_HTTP_TOO_LARGE,
     200,
     "more than 1000 bytes"},
    {{.answer = "HTTP/1.1 200 OK\r\n", .endless = "X-Header: 0123456789\r\n"},
     E_HTTP_REPLY,
     200,
     ""},
    {{.answer = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", .silent = true},
     E_HTTP_SLOW,
     200,
     "after 4 bytes"},
    {{.answer = NULL, .silent = true}, E_HTTP_SLOW, 0, "after 0 bytes"},
    {{.answer = "SSH-2.0-OpenSSH_9.2\r\n\r\n"}, E_HTTP_REPLY, 0, ""},
    {{.answer = "HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\n"
                "Content-Length: 0\r\n\r\n"},
     E_HTTP_REPLY,
     302,
     ""},
    {{.answer = "HTTP/1.1 400 Bad\r\nContent-Type: application/json\r\n"
                "Content-Length: 29\r\n\r\n{\"name\":[\"is known\",\"or so\"]}"},
     E_HTTP_STATUS,
     400,
     "status 400: name: is known"},
    {{.answer = "HTTP/1.1 400 Bad\r\nContent-Type: application/json\r\n"
                "Content-Length: 12\r\n\r\n{\"name\":[3]}"},
     E_HTTP_STATUS,
     400,
     "status 400"},
};

static void each_failure_has_its_own_code(void **state)
{
    (void)state;

    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++) {
        struct outcome outcome = get_from(&failures[i].script);
        assert_false(outcome.done);
        if (outcome.err.code != failures[i].code ||
            !strstr(outcome.err.text, failures[i].part))
            fail_msg("vector %zu: %s: %s", i, err_name((enum err_code)outcome.err.code),
                     outcome.err.text);
        assert_int_equal(outcome.response.status, failures[i].status);
        assert_int_equal(outcome.response.retry_after_s, i == 2 ? 7 : 0);
    }
}

static void a_dead_server_is_a_failed_connection(void **state)
{
    (void)state;
    struct server server;
    struct bytes out;
    struct err err = {0};
    struct http_response response;
    char url[64];
    struct script none = {0};
    server_start(&server, &none, 0);
    server_stop(&server);
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u/", server.port);
    struct http_client *client = http_client_new();
    struct http_call call = {.url = url, .limits = quick()};
    bytes_init(&out, 100);
    assert_false(http_get(client, &call, &out, &response, &err));
    assert_int_equal(err.code, E_HTTP_CONNECT);
    assert_int_equal(response.status, 0);
    http_client_free(client);
    bytes_release(&out);
}

static void other_schemes_are_refused(void **state)
{
    (void)state;
    static const char *const urls[] = {
        "file:///etc/passwd", "ftp://h/", "gopher://h/", "h/x", "", "http:/x"};
    struct http_client *client = http_client_new();
    struct bytes out;
    bytes_init(&out, 100);
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        struct http_call call = {.url = urls[i], .limits = quick()};
        struct http_response response;
        struct err err = {0};
        assert_false(http_get(client, &call, &out, &response, &err));
        assert_int_equal(err.code, E_URL);
    }
    http_client_free(client);
    bytes_release(&out);
}

static void a_post_carries_body_and_token_and_is_never_redirected(void **state)
{
    (void)state;
    static const struct script scripts[] = {
        {.answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"},
        {.answer = "HTTP/1.1 307 Elsewhere\r\nLocation: http://127.0.0.1:1/\r\n"
                   "Content-Length: 0\r\nConnection: close\r\n\r\n"},
    };
    struct server server;
    struct bytes out;
    struct err err = {0};
    struct http_response response;
    char url[64];
    server_start(&server, scripts, 2);
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u/report", server.port);
    struct http_client *client = http_client_new();
    struct http_call call = {.url = url,
                             .bearer = "s3cret",
                             .accept = "application/x-protobuf",
                             .content_type = "application/x-protobuf",
                             .body = "a\0b",
                             .body_size = 3,
                             .limits = quick()};
    bytes_init(&out, 100);
    assert_true(http_post(client, &call, &out, &response, &err));
    assert_non_null(strstr(server.request, "POST /report HTTP/1.1"));
    assert_non_null(strstr(server.request, "Authorization: Bearer s3cret"));
    assert_non_null(strstr(server.request, "Accept: application/x-protobuf"));
    assert_non_null(strstr(server.request, "Content-Type: application/x-protobuf"));
    assert_non_null(strstr(server.request, "Content-Length: 3"));
    assert_false(http_post(client, &call, &out, &response, &err));
    assert_int_equal(err.code, E_HTTP_STATUS);
    assert_int_equal(response.status, 307);
    http_client_free(client);
    server_stop(&server);
    bytes_release(&out);
}

static void a_token_is_not_kept_for_the_next_call(void **state)
{
    (void)state;
    static const struct script scripts[] = {
        {.answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"},
        {.answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"},
    };
    struct server server;
    struct bytes out;
    struct err err = {0};
    struct http_response response;
    char url[64];
    server_start(&server, scripts, 2);
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u/", server.port);
    struct http_client *client = http_client_new();
    struct http_call call = {.url = url, .bearer = "s3cret", .limits = quick()};
    bytes_init(&out, 100);
    assert_true(http_get(client, &call, &out, &response, &err));
    call.bearer = NULL;
    assert_true(http_get(client, &call, &out, &response, &err));
    assert_null(strstr(server.request, "Authorization"));
    assert_non_null(strstr(server.request, "Accept: application/json"));
    http_client_free(client);
    server_stop(&server);
    bytes_release(&out);
}

static void a_server_is_scheme_host_and_port(void **state)
{
    (void)state;
    static const char *const vectors[][2] = {
        {"https://Host.example/a/b?c", "https://host.example:443"},
        {"HTTPS://host.example:443", "https://host.example:443"},
        {"http://host.example/", "http://host.example:80"},
        {"https://host.example:8443/", "https://host.example:8443"},
        {"https://user@host.example/", "https://host.example:443"},
        {"https://host.example.evil/", "https://host.example.evil:443"},
        {"https://host.example@evil/", "https://evil:443"},
        {"https://[::1]:1/", "https://[::1]:1"},
        {"ftp://host.example/", ""},
        {"file:///etc/passwd", ""},
        {"host.example", ""},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        char origin[HTTP_ORIGIN];
        http_origin(vectors[i][0], origin);
        assert_string_equal(origin, vectors[i][1]);
    }
    assert_true(http_is_private("https://host.example/"));
    assert_true(http_is_private("http://127.0.0.1:80/"));
    assert_true(http_is_private("http://localhost/"));
    assert_false(http_is_private("http://host.example/"));
    assert_false(http_is_private("http://127.0.0.1.example/"));
    assert_false(http_is_private("http://127.0.0.1@example/"));
    assert_false(http_is_private("http://localhost:x@example/"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_answer_is_taken),
        cmocka_unit_test(each_failure_has_its_own_code),
        cmocka_unit_test(a_dead_server_is_a_failed_connection),
        cmocka_unit_test(other_schemes_are_refused),
        cmocka_unit_test(a_post_carries_body_and_token_and_is_never_redirected),
        cmocka_unit_test(a_token_is_not_kept_for_the_next_call),
        cmocka_unit_test(a_server_is_scheme_host_and_port),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
