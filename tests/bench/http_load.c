/* http_load.c - many kept connections that ask as fast as they are answered.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/bench/http_load.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "tests/bench/measure.h"

#define ANSWER_BYTES ((size_t)8 << 20)
#define TIMES        ((size_t)1 << 22)

struct connection {
    int fd;
    int64_t sent_ns;
    size_t wanted; /* bytes of the whole answer, 0 not known yet */
    size_t head;   /* of these, before the body */
    bool good;
    struct bytes answer;
};

struct running {
    const struct http_load *load;
    struct http_loaded *sums;
    float *times_ms;
    size_t time_count;
};

static void broken(const char *what)
{
    struct err err;
    measure_must(err_errno(&err, E_HTTP_CONNECT, errno, "load: %s", what), &err);
}

static void connection_send(const struct running *running, struct connection *connection)
{
    char target[512], text[640];
    running->load->next(running->load->user, target, sizeof target);
    int length =
        snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: bench\r\n\r\n", target);
    bytes_clear(&connection->answer);
    connection->wanted = 0;
    connection->sent_ns = clock_now_ns();
    if (send(connection->fd, text, (size_t)length, MSG_NOSIGNAL) != length)
        broken("send");
}

/* Size of head and body, once the head is there. */
static void head_read(struct connection *connection)
{
    const char *text = (const char *)connection->answer.data;
    const char *end = memmem(text, connection->answer.size, "\r\n\r\n", 4);
    if (!end)
        return;
    const char *length = memmem(text, (size_t)(end - text), "Content-Length: ", 16);
    if (!length)
        broken("an answer without Content-Length");
    connection->head = (size_t)(end + 4 - text);
    connection->wanted = connection->head + strtoul(length + 16, NULL, 10);
    connection->good = memcmp(text, "HTTP/1.1 200", 12) == 0;
}

static void answer_count(struct running *running, struct connection *connection)
{
    double ms = 1e-6 * (double)(clock_now_ns() - connection->sent_ns);
    running->sums->requests++;
    running->sums->failed += !connection->good;
    running->sums->bytes += connection->wanted - connection->head;
    if (running->time_count < TIMES)
        running->times_ms[running->time_count++] = (float)ms;
}

/* true when the answer is complete. */
static bool connection_read(struct connection *connection)
{
    struct err err;
    uint8_t *place = NULL;
    size_t room = 65536;
    measure_must(bytes_reserve(&connection->answer, room, &place, &err), &err);
    ssize_t got = recv(connection->fd, place, room, 0);
    if (got <= 0)
        broken("recv");
    connection->answer.size += (size_t)got;
    if (connection->wanted == 0)
        head_read(connection);
    return connection->wanted > 0 && connection->answer.size >= connection->wanted;
}

static void connection_open(struct connection *connection, unsigned port, int poll)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    int one = 1;
    connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection->fd < 0 ||
        connect(connection->fd, (struct sockaddr *)&address, sizeof address) != 0 ||
        setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) != 0 ||
        epoll_ctl(poll, EPOLL_CTL_ADD, connection->fd, &event) != 0)
        broken("connect");
    bytes_init(&connection->answer, ANSWER_BYTES);
}

static int compare_times(const void *left, const void *right)
{
    const float *a = left, *b = right;
    return (*a > *b) - (*a < *b);
}

static void poll_once(struct running *running, int poll, int64_t end_ns, unsigned *open)
{
    struct epoll_event events[HTTP_LOAD_CONNECTIONS];
    int count = epoll_wait(poll, events, HTTP_LOAD_CONNECTIONS, 10000);
    if (count <= 0)
        broken("no answer in ten seconds");
    for (int i = 0; i < count; i++) {
        struct connection *connection = events[i].data.ptr;
        if (!connection_read(connection))
            continue;
        answer_count(running, connection);
        if (connection->sent_ns < end_ns)
            connection_send(running, connection);
        else
            (*open)--;
    }
}

struct http_loaded http_load_run(const struct http_load *load)
{
    static struct connection connections[HTTP_LOAD_CONNECTIONS];
    struct http_loaded sums = {0};
    struct running running = {
        .load = load, .sums = &sums, .times_ms = mem_new(TIMES, sizeof(float))};
    int poll = epoll_create1(EPOLL_CLOEXEC);
    unsigned open = load->connections;
    bug_if(open > HTTP_LOAD_CONNECTIONS);
    for (unsigned i = 0; i < open; i++)
        connection_open(&connections[i], load->port, poll);
    int64_t start_ns = clock_now_ns();
    for (unsigned i = 0; i < load->connections; i++)
        connection_send(&running, &connections[i]);
    while (open > 0)
        poll_once(&running, poll, start_ns + load->duration_ns, &open);
    sums.seconds = measure_since_s(start_ns);
    for (unsigned i = 0; i < load->connections; i++) {
        (void)close(connections[i].fd);
        bytes_release(&connections[i].answer);
    }
    (void)close(poll);
    qsort(running.times_ms, running.time_count, sizeof(float), compare_times);
    if (running.time_count > 0) {
        sums.p50_ms = (double)running.times_ms[running.time_count / 2];
        sums.p99_ms = (double)running.times_ms[running.time_count * 99 / 100];
    }
    free(running.times_ms);
    return sums;
}
