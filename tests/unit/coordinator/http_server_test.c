/* http_server_test.c - answers now and later, limits, stop, and many clients at once.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/http_server.h"

#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define MAX_BODY 4096

/* What the handler of these tests shares with the test. */
struct world {
    struct http_server *server;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct http_request *held[64];
    size_t held_count;
};

static void hold(struct world *world, struct http_request *request)
{
    (void)pthread_mutex_lock(&world->lock);
    assert_true(world->held_count < 64);
    world->held[world->held_count++] = request;
    (void)pthread_cond_broadcast(&world->changed);
    (void)pthread_mutex_unlock(&world->lock);
}

static void wait_held(struct world *world, size_t count)
{
    (void)pthread_mutex_lock(&world->lock);
    while (world->held_count < count)
        (void)pthread_cond_wait(&world->changed, &world->lock);
    (void)pthread_mutex_unlock(&world->lock);
}

static void echo(struct http_request *request)
{
    size_t size = 0;
    const char *body = http_request_body(request, &size);
    const char *bearer = http_request_bearer(request);
    const char *query = http_request_query(request, "q");
    const char *tag = http_request_header(request, "if-none-match");
    char text[1024];
    int length = snprintf(text, sizeof text, "%s %s q=%s bearer=%s tag=%s body=%zu:%.20s",
                          http_request_method(request), http_request_path(request),
                          query ? query : "-", bearer ? bearer : "-", tag ? tag : "-",
                          size, size ? body : "");
    struct http_header extra = {"ETag", "\"abc\""};
    struct http_reply reply = {.status = 200,
                               .content_type = "text/plain",
                               .body = text,
                               .size = (size_t)length,
                               .headers = &extra,
                               .header_count = 1};
    http_answer(request, &reply);
}

static void handle(struct http_request *request, void *user)
{
    const char *path = http_request_path(request);
    if (strcmp(path, "/hold") == 0)
        hold(user, request);
    else if (strncmp(path, "/echo", 5) == 0)
        echo(request);
    else
        http_answer_text(request, 404, "text/plain", "no such page\n");
}

static void world_start(struct world *world, unsigned threads)
{
    struct http_options options = http_options_usual("127.0.0.1:0");
    struct err err = {0};
    *world = (struct world){.lock = PTHREAD_MUTEX_INITIALIZER,
                            .changed = PTHREAD_COND_INITIALIZER};
    options.max_body = MAX_BODY;
    options.threads = threads;
    if (!http_server_new(&options, handle, world, &world->server, &err))
        fail_msg("%s", err.text);
}

static int client_open(const struct world *world)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port =
                                      htons((uint16_t)http_server_port(world->server)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static void client_send(int fd, const char *text)
{
    size_t size = strlen(text);
    assert_int_equal(send(fd, text, size, MSG_NOSIGNAL), size);
}

/* Everything until the server closes, as a text. */
static const char *client_read(int fd, char *out, size_t size)
{
    size_t used = 0;
    ssize_t got;
    while (used + 1 < size && (got = recv(fd, out + used, size - 1 - used, 0)) > 0)
        used += (size_t)got;
    out[used] = '\0';
    (void)close(fd);
    return out;
}

static const char *exchange(const struct world *world, const char *request, char *out,
                            size_t size)
{
    int fd = client_open(world);
    client_send(fd, request);
    return client_read(fd, out, size);
}

static void expect(const char *answer, const char *status, const char *part)
{
    if (strncmp(answer, status, strlen(status)) != 0 || !strstr(answer, part))
        fail_msg("expected '%s' with '%s', got: %s", status, part, answer);
}

static void a_request_arrives_whole_and_is_answered(void **state)
{
    (void)state;
    struct world world;
    char answer[4096];
    world_start(&world, 1);
    expect(
        exchange(&world,
                 "POST /echo/a%20b?q=1%2F2&x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
                 "Authorization: Bearer t0ken\r\nIf-None-Match: \"e\"\r\n"
                 "Content-Length: 5\r\n\r\nhello",
                 answer, sizeof answer),
        "HTTP/1.1 200", "POST /echo/a b q=1/2 bearer=t0ken tag=\"e\" body=5:hello");
    assert_non_null(strstr(answer, "ETag: \"abc\""));
    expect(exchange(&world, "GET /none HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
                    answer, sizeof answer),
           "HTTP/1.1 404", "no such page");
    expect(exchange(&world,
                    "GET /echo HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
                    "Authorization: Basic x\r\n\r\n",
                    answer, sizeof answer),
           "HTTP/1.1 200", "bearer=- tag=- body=0:");
    http_server_stop(world.server);
}

static void a_body_above_the_limit_is_413_without_the_handler(void **state)
{
    (void)state;
    struct world world;
    char answer[4096];
    char chunked[MAX_BODY + 512];
    world_start(&world, 1);
    expect(exchange(&world,
                    "POST /hold HTTP/1.1\r\nHost: h\r\nContent-Length: 4097\r\n\r\n",
                    answer, sizeof answer),
           "HTTP/1.1 413", "limit");
    expect(exchange(&world,
                    "POST /hold HTTP/1.1\r\nHost: h\r\n"
                    "Content-Length: 99999999999999999999\r\n\r\n",
                    answer, sizeof answer),
           "HTTP/1.1 4", "");

    int head = snprintf(chunked, sizeof chunked,
                        "POST /hold HTTP/1.1\r\nHost: h\r\n"
                        "Transfer-Encoding: chunked\r\n\r\n1001\r\n");
    memset(chunked + head, 'x', 0x1001);
    memcpy(chunked + head + 0x1001, "\r\n0\r\n\r\n", 8);
    expect(exchange(&world, chunked, answer, sizeof answer), "HTTP/1.1 413", "limit");
    assert_int_equal(world.held_count, 0);
    http_server_stop(world.server);
}

static void an_endless_chunked_body_is_cut_off(void **state)
{
    (void)state;
    struct world world;
    world_start(&world, 1);
    int fd = client_open(&world);
    client_send(fd,
                "POST /hold HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
    char piece[1024 + 8];
    memcpy(piece, "400\r\n", 5);
    memset(piece + 5, 'x', 1024);
    memcpy(piece + 5 + 1024, "\r\n", 2);
    size_t pieces = 0;
    while (pieces < 100000 && send(fd, piece, 5 + 1024 + 2, MSG_NOSIGNAL) > 0)
        pieces++;
    assert_true(pieces < 100000);
    (void)close(fd);
    assert_int_equal(world.held_count, 0);
    http_server_stop(world.server);
}

static void *answer_held(void *user)
{
    struct world *world = user;
    for (size_t i = 0; i < 64; i++) {
        wait_held(world, i + 1);
        (void)pthread_mutex_lock(&world->lock);
        struct http_request *request = world->held[i];
        (void)pthread_mutex_unlock(&world->lock);
        size_t size = 0;
        const void *body = http_request_body(request, &size);
        struct http_reply reply = {.status = 200, .body = body, .size = size};
        http_answer(request, &reply);
    }
    return NULL;
}

static void deferred_answers_reach_their_own_clients(void **state)
{
    (void)state;
    struct world world;
    pthread_t thread;
    int clients[64];
    world_start(&world, 2);
    assert_int_equal(pthread_create(&thread, NULL, answer_held, &world), 0);
    for (int i = 0; i < 64; i++) {
        char request[256];
        clients[i] = client_open(&world);
        (void)snprintf(request, sizeof request,
                       "POST /hold HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
                       "Content-Length: 6\r\n\r\nbody%02d",
                       i);
        client_send(clients[i], request);
    }
    for (int i = 0; i < 64; i++) {
        char answer[1024];
        char expected[16];
        (void)snprintf(expected, sizeof expected, "body%02d", i);
        expect(client_read(clients[i], answer, sizeof answer), "HTTP/1.1 200", expected);
    }
    (void)pthread_join(thread, NULL);
    http_server_stop(world.server);
}

static void stop_answers_503_and_a_late_answer_is_harmless(void **state)
{
    (void)state;
    struct world world;
    char answer[1024];
    world_start(&world, 2);
    int first = client_open(&world);
    int second = client_open(&world);
    client_send(first, "GET /hold HTTP/1.1\r\nHost: h\r\n\r\n");
    client_send(second, "GET /hold HTTP/1.1\r\nHost: h\r\n\r\n");
    wait_held(&world, 2);
    http_server_stop(world.server);
    expect(client_read(first, answer, sizeof answer), "HTTP/1.1 503", "stopping");
    expect(client_read(second, answer, sizeof answer), "HTTP/1.1 503", "stopping");
    http_answer_text(world.held[0], 200, "text/plain", "late");
    http_answer_text(world.held[1], 200, "text/plain", "late");
}

/* Whatever the threads of the server are just about. */
static void stop_is_safe_while_clients_come(void **state)
{
    enum { ROUNDS = 400, CLIENTS = 4 };

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        struct world world;
        int fds[CLIENTS];
        world_start(&world, 1 + (unsigned)round % 3);
        for (int i = 0; i < CLIENTS; i++) {
            fds[i] = client_open(&world);
            client_send(fds[i], "GET /echo HTTP/1.1\r\nHost: h\r\n\r\n");
        }
        http_server_stop(world.server);
        for (int i = 0; i < CLIENTS; i++)
            (void)close(fds[i]);
    }
}

static void a_client_that_hangs_up_does_not_pull_its_request_away(void **state)
{
    (void)state;
    struct world world;
    char answer[4096];
    world_start(&world, 1);
    int fd = client_open(&world);
    client_send(fd, "POST /hold HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc");
    wait_held(&world, 1);
    (void)close(fd);
    expect(exchange(&world, "GET /echo HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
                    answer, sizeof answer),
           "HTTP/1.1 200", "GET /echo");
    size_t size = 0;
    assert_memory_equal(http_request_body(world.held[0], &size), "abc", 3);
    http_answer_text(world.held[0], 200, "text/plain", "nobody listens");
    http_server_stop(world.server);
}

static void a_slow_client_does_not_stop_the_others(void **state)
{
    (void)state;
    struct world world;
    char answer[4096];
    world_start(&world, 1);
    int slow = client_open(&world);
    client_send(slow, "POST /echo HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
                      "Content-Length: 10\r\n\r\nhalf.");
    for (int i = 0; i < 20; i++)
        expect(exchange(&world,
                        "GET /echo HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
                        answer, sizeof answer),
               "HTTP/1.1 200", "GET /echo");
    client_send(slow, "other");
    expect(client_read(slow, answer, sizeof answer), "HTTP/1.1 200", "10:half.other");
    http_server_stop(world.server);
}

static void a_connection_is_kept_for_the_next_request(void **state)
{
    (void)state;
    struct world world;
    char answer[8192];
    world_start(&world, 2);
    int fd = client_open(&world);
    client_send(fd, "GET /echo/1 HTTP/1.1\r\nHost: h\r\n\r\n"
                    "POST /echo/2 HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx"
                    "GET /echo/3 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    client_read(fd, answer, sizeof answer);
    expect(answer, "HTTP/1.1 200", "/echo/1");
    expect(answer, "HTTP/1.1 200", "/echo/2 q=- bearer=- tag=- body=1:x");
    expect(answer, "HTTP/1.1 200", "/echo/3");
    http_server_stop(world.server);
}

static void a_bad_or_taken_address_is_one_clear_error(void **state)
{
    (void)state;
    static const char *const malformed[] = {
        "", "host", ":80", "h:", "h:65536", "h:-1", "[]:1", "[::1:80"};
    struct http_server *server = NULL;
    struct err err = {0};
    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++) {
        struct http_options options = http_options_usual(malformed[i]);
        assert_false(http_server_new(&options, handle, NULL, &server, &err));
        assert_int_equal(err.code, E_USAGE);
    }
    struct world world;
    char taken[64];
    world_start(&world, 1);
    (void)snprintf(taken, sizeof taken, "127.0.0.1:%u", http_server_port(world.server));
    struct http_options options = http_options_usual(taken);
    assert_false(http_server_new(&options, handle, NULL, &server, &err));
    assert_int_equal(err.code, E_HTTP_LISTEN);
    assert_non_null(strstr(err.text, taken));
    assert_null(server);
    http_server_stop(world.server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_arrives_whole_and_is_answered),
        cmocka_unit_test(a_body_above_the_limit_is_413_without_the_handler),
        cmocka_unit_test(an_endless_chunked_body_is_cut_off),
        cmocka_unit_test(deferred_answers_reach_their_own_clients),
        cmocka_unit_test(stop_answers_503_and_a_late_answer_is_harmless),
        cmocka_unit_test(stop_is_safe_while_clients_come),
        cmocka_unit_test(a_client_that_hangs_up_does_not_pull_its_request_away),
        cmocka_unit_test(a_slow_client_does_not_stop_the_others),
        cmocka_unit_test(a_connection_is_kept_for_the_next_request),
        cmocka_unit_test(a_bad_or_taken_address_is_one_clear_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
