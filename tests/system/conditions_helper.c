/* conditions_helper.c - a conditions service that misbehaves in one chosen way.
 * SPDX-License-Identifier: Apache-2.0
 *
 * conditions_helper MODE: listens on a free port of the loopback, prints it, and answers
 * until it is killed. Apart from its one fault it is a service with the tag "t".
 */
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/digest.h"

#define PAYLOAD                                                                          \
    "spillway-table 1\ntype calo_gain\nsource ours\nsynthetic yes\nled_reference none\n" \
    "columns detector:name x:count y:count gain_gev_per_count:real\nECAL0 0 0 0.01\nend\n"

static unsigned port;
static unsigned requests;

static void send_all(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t sent = send(fd, data, size, MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        data += sent;
        size -= (size_t)sent;
    }
}

static void reply(int fd, const char *status, const char *type, const char *body)
{
    char head[512];
    int length = snprintf(head, sizeof head,
                          "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
                          "Connection: close\r\n\r\n",
                          status, type, strlen(body));
    send_all(fd, head, (size_t)length);
    send_all(fd, body, strlen(body));
}

static void reply_json(int fd, const char *body)
{
    reply(fd, "200 OK", "application/json", body);
}

static void send_dump(int fd, const char *url, const char *status)
{
    char body[2048];
    char hex[SHA256_HEX];
    struct sha256 hash = sha256_of(PAYLOAD, sizeof PAYLOAD - 1);
    sha256_to_hex(&hash, hex);
    (void)snprintf(
        body, sizeof body,
        "{\"id\":1,\"name\":\"t\",\"status\":{\"id\":1,\"name\":\"%s\"},"
        "\"payload_lists\":[{\"id\":1,\"name\":\"calo_gain_1\",\"payload_type\":"
        "\"calo_gain\",\"payload_iov\":[{\"payload_url\":\"%s\",\"checksum\":"
        "\"%s\",\"major_iov\":%u,\"minor_iov\":0,"
        "\"major_iov_end\":9223372036854775807,"
        "\"minor_iov_end\":9223372036854775807}]}]}",
        status, url, hex, strcmp(status, "unlocked") == 0 ? 3000 + requests : 3000);
    reply_json(fd, body);
}

/* A service without faults. */
static void serve_well(int fd, const char *path)
{
    char body[256];
    if (strncmp(path, "/api/cdb_rest/globalTag/t ", 26) == 0) {
        send_dump(fd, "g/1", "frozen");
    } else if (strncmp(path, "/api/cdb_rest/user_settings/", 28) == 0) {
        (void)snprintf(body, sizeof body,
                       "{\"CDB_PAYLOAD_BASE_URL\":\"http://127.0.0.1:%u/payloads/\"}",
                       port);
        reply_json(fd, body);
    } else if (strncmp(path, "/payloads/g/1 ", 14) == 0) {
        reply(fd, "200 OK", "text/plain", PAYLOAD);
    } else {
        reply(fd, "404 Not Found", "application/json", "{\"detail\":\"Not found.\"}");
    }
}

static void send_endless(int fd)
{
    static char block[65536];
    const char *head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n[";
    memset(block, ' ', sizeof block);
    send_all(fd, head, strlen(head));
    while (send(fd, block, sizeof block, MSG_NOSIGNAL) > 0) {
    }
}

/* One byte every 50 ms: far below the floor of speed, never silent. */
static void send_drip(int fd)
{
    const char *head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                       "Content-Length: 1000000\r\n\r\n";
    send_all(fd, head, strlen(head));
    while (send(fd, " ", 1, MSG_NOSIGNAL) > 0)
        clock_sleep_ns(50000000);
}

static void send_truncated(int fd)
{
    const char *text = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                       "Content-Length: 1000\r\n\r\n{\"id\":1,\"name\":\"t\"";
    send_all(fd, text, strlen(text));
}

/* A hundred thousand lists inside one another. */
static void send_deep(int fd)
{
    static char body[200001];
    memset(body, '[', 100000);
    memset(body + 100000, ']', 100000);
    reply_json(fd, body);
}

/* gzip of "{}", as an answer that would become large would come. */
static void send_packed(int fd)
{
    static const char packed[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                                 "Content-Encoding: gzip\r\nContent-Length: 22\r\n\r\n"
                                 "\x1f\x8b\x08\0\0\0\0\0\0\x03\xab\xae\x05\0"
                                 "\x43\xbf\xa6\xa3\x02\0\0\0";
    send_all(fd, packed, sizeof packed - 1);
}

/* Takes the request, keeps the connection, says nothing until the client leaves. */
static void stay_mute(int fd)
{
    char byte;
    (void)recv(fd, &byte, 1, 0);
}

static int is_payload(const char *path)
{
    return strncmp(path, "/payloads/", 10) == 0;
}

/* The faults of the service itself; 0 when the mode is none of them. */
static int fail_service(int fd, const char *mode)
{
    if (strcmp(mode, "html500") == 0)
        reply(fd, "500 Internal Server Error", "text/html",
              "<h1>Server Error (500)</h1>");
    else if (strcmp(mode, "json500") == 0)
        reply(fd, "500 Internal Server Error", "application/json",
              "{\"detail\":\"tag is being rebuilt\"}");
    else if (strcmp(mode, "busy") == 0)
        reply(fd, "503 Service Unavailable", "text/plain", "too many clients\n");
    else if (strcmp(mode, "truncated") == 0)
        send_truncated(fd);
    else if (strcmp(mode, "endless") == 0)
        send_endless(fd);
    else if (strcmp(mode, "drip") == 0)
        send_drip(fd);
    else if (strcmp(mode, "deep") == 0)
        send_deep(fd);
    else if (strcmp(mode, "packed") == 0)
        send_packed(fd);
    else if (strcmp(mode, "mute") == 0)
        stay_mute(fd);
    else if (strcmp(mode, "html200") == 0)
        reply(fd, "200 OK", "text/html", "<html>please log in</html>");
    else if (strcmp(mode, "nonsense") == 0)
        reply_json(fd, "{\"name\":\"t\"");
    else if (strcmp(mode, "othertag") == 0)
        reply_json(fd, "{\"name\":\"u\",\"status\":\"frozen\",\"payload_lists\":[]}");
    else if (strcmp(mode, "leave") == 0)
        reply(fd, "302 Found\r\nLocation: file:///etc/passwd", "text/plain", "");
    else
        return 0;
    return 1;
}

/* Faults in the content of a tag. */
static int fail_content(int fd, const char *mode, const char *path)
{
    int is_tag = strncmp(path, "/api/cdb_rest/globalTag/t ", 26) == 0;
    if (strcmp(mode, "empty") == 0 && strstr(path, "payloadiovs/?"))
        reply_json(fd, "[]");
    else if (strcmp(mode, "climbing") == 0 && is_tag)
        send_dump(fd, "../../etc/passwd", "frozen");
    else if (strcmp(mode, "moving") == 0 && is_tag)
        send_dump(fd, "g/1", "unlocked");
    else if (strcmp(mode, "wronghash") == 0 && is_payload(path))
        reply(fd, "200 OK", "text/plain", "something else");
    else if (strcmp(mode, "nopayload") == 0 && is_payload(path))
        reply(fd, "404 Not Found", "text/html", "<h1>Not Found</h1>");
    else if (strcmp(mode, "localbase") == 0 && strstr(path, "user_settings"))
        reply_json(fd, "{\"CDB_PAYLOAD_BASE_URL\":\"file:///etc\"}");
    else
        return 0;
    return 1;
}

static void answer(int fd, const char *mode)
{
    char request[8192] = "";
    size_t used = 0;
    while (!strstr(request, "\r\n\r\n") && used + 1 < sizeof request) {
        ssize_t got = recv(fd, request + used, sizeof request - 1 - used, 0);
        if (got <= 0)
            return;
        used += (size_t)got;
        request[used] = '\0';
    }
    const char *path = strchr(request, ' ');
    requests++;
    if (!path || fail_service(fd, mode) || fail_content(fd, mode, path + 1))
        return;
    serve_well(fd, path + 1);
}

int main(int argc, char **argv)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (argc != 2 || server < 0 || bind(server, (struct sockaddr *)&address, size) != 0 ||
        listen(server, 16) != 0 ||
        getsockname(server, (struct sockaddr *)&address, &size) != 0)
        return 1;
    (void)signal(SIGPIPE, SIG_IGN);
    port = ntohs(address.sin_port);
    printf("%u\n", port);
    (void)fflush(stdout);
    for (;;) {
        int fd = accept(server, NULL, NULL);
        if (fd < 0)
            return 1;
        answer(fd, argv[1]);
        (void)close(fd);
    }
}
