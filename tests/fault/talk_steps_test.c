/* talk_steps_test.c - a pilot's call and the server's answer with each step failing.
 * SPDX-License-Identifier: Apache-2.0
 *
 * First a pilot calls a server in which nothing fails, then a server answers a client in
 * which nothing fails. A call that fails is no answer and may be made again; a server
 * gives the whole answer or none that looks whole.
 */
#include "tests/fault/operation.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "base/clock.h"
#include "coordinator/http_server.h"
#include "transfer/http.h"
#include "worker/caller.h"

#define ANSWER  20000u /* bytes */
#define PATIENT 10     /* s, of the client */

static char answer[ANSWER];

static const char *below(const char *place, const char *name)
{
    static char paths[2][128];
    static unsigned turn;
    turn = !turn;
    (void)snprintf(paths[turn], sizeof paths[turn], "%s/%s", place, name);
    return paths[turn];
}

static void respond(struct http_request *request, void *user)
{
    (void)user;
    const struct http_reply reply = {
        .status = 200, .content_type = "text/plain", .body = answer, .size = ANSWER};
    http_answer(request, &reply);
}

static bool server_new(struct http_server **server, struct err *err)
{
    struct http_options options = http_options_usual("127.0.0.1:0");
    memset(answer, 'a', sizeof answer);
    return http_server_new(&options, respond, NULL, server, err);
}

/* ---- the pilot's side ---- */

static void put(const char *path, const char *text)
{
    struct err err;
    if (!disk_write_durable(path, text, strlen(text), 0644, &err))
        fail_msg("%s", err.text);
}

/* The server is another process, which ends with this one. */
static void call_before(const char *place)
{
    struct http_server *server;
    struct err err;
    char url[64];
    int ends[2];
    unsigned port = 0;
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        steps = NULL;
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (!server_new(&server, &err))
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
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u\n", port);
    put(below(place, "address"), url);
    put(below(place, "token"), "secret\n");
    http_client_free(http_client_new()); /* libcurl is loaded once */
}

static bool call_run(const char *place, struct err *err)
{
    struct caller *caller;
    struct bytes body;
    const struct bytes *got;
    enum caller_outcome outcome;
    bytes_init(&body, ANSWER);
    if (!bytes_append(&body, "hello", 5, err) ||
        !caller_new(below(place, "address"), below(place, "token"), NULL, &caller, err))
        return false;
    caller_begin(caller, "/pilot/hello", &body);
    while (!caller_over(caller, &outcome, &got, err))
        clock_sleep_ns(100000);
    if (outcome != CALLER_ANSWERED)
        return false;
    return disk_write_durable(below(place, "answer"), got->data, got->size, 0644, err);
}

static enum operation_care care(const char *name)
{
    return strstr(name, ".tmp-") != NULL ? CARE_MADE : CARE_WHOLE;
}

/* ---- the server's side ---- */

/* A process of its own: 0 when the whole answer came. */
static int client(unsigned port)
{
    static const char request[] =
        "GET /x HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n";
    static char got[2 * ANSWER];
    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_port = htons((uint16_t)port),
                                        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const struct timeval patience = {.tv_sec = PATIENT};
    size_t size = 0;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) != 0 ||
        send(fd, request, sizeof request - 1, MSG_NOSIGNAL) < 0)
        return 1;
    for (ssize_t n = 1; n > 0 && size<sizeof got; size += n> 0 ? (size_t)n : 0)
        n = recv(fd, got + size, sizeof got - size, 0);
    const char *body = memmem(got, size, "\r\n\r\n", 4);
    bool good = size > 15 && memcmp(got, "HTTP/1.1 200 OK", 15) == 0 && body != NULL;
    size_t length = good ? size - (size_t)(body + 4 - got) : 0;
    return length == ANSWER && memcmp(body + 4, answer, ANSWER) == 0 ? 0 : 1;
}

static bool serve_run(const char *place, struct err *err)
{
    struct http_server *server;
    int status = 1;
    (void)place;
    if (!server_new(&server, err))
        return false;
    pid_t pid = fork();
    if (pid == 0) {
        steps = NULL;
        _exit(client(http_server_port(server)));
    }
    (void)waitpid(pid, &status, 0);
    http_server_stop(server);
    return status == 0 || err_set(err, E_HTTP_TRUNCATED, "no whole answer");
}

static void any_step_of_a_talk_may_fail(void **state)
{
    static const struct operation call = {.name = "call",
                                          .before = call_before,
                                          .run = call_run,
                                          .care = care,
                                          .least = {1, 2, 20, 1}};
    static const struct operation serve = {
        .name = "serve", .run = serve_run, .least = {0, 0, 10, 1}};
    (void)state;
    operation_each_step(&call);
    operation_each_step(&serve);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_step_of_a_talk_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
