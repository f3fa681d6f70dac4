/* lossy_proxy_helper.c - a TCP proxy that loses answers.
 * SPDX-License-Identifier: Apache-2.0
 *
 * lossy_proxy_helper TARGET_PORT LOSS_PERCENT SEED
 *
 * Listens on a free port of 127.0.0.1 and prints it. Each connection is one request to
 * the target: the request goes through whole, and in LOSS_PERCENT of the cases the
 * client's side is closed when the answer begins to arrive, so the client cannot know
 * what was done.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/random.h"
#include "base/text.h"

static void must(bool done, const char *what)
{
    if (done)
        return;
    perror(what);
    _exit(1);
}

static int connect_to(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    must(fd >= 0, "socket");
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    (void)close(fd);
    return -1;
}

/* Moves what is there; false at the end of the stream. */
static bool move(int from, int to)
{
    char buffer[65536];
    ssize_t got = read(from, buffer, sizeof buffer);
    if (got <= 0)
        return false;
    for (ssize_t done = 0; done < got;) {
        ssize_t put = write(to, buffer + done, (size_t)(got - done));
        if (put <= 0)
            return false;
        done += put;
    }
    return true;
}

static void serve(int client, uint16_t port, uint64_t dice, uint64_t percent)
{
    struct random random = {dice};
    int target = connect_to(port);
    if (target < 0)
        _exit(0);
    struct pollfd ways[2] = {{.fd = client, .events = POLLIN},
                             {.fd = target, .events = POLLIN}};
    while (poll(ways, 2, -1) >= 0 || errno == EINTR) {
        if (ways[0].revents != 0 && !move(client, target))
            break;
        if (ways[1].revents == 0)
            continue;
        if (random_below(&random, 100) < percent || !move(target, client))
            break;
    }
    _exit(0);
}

int main(int argc, char **argv)
{
    uint64_t numbers[3];
    struct err err;
    if (argc != 4)
        return 2;
    for (int i = 0; i < 3; i++)
        if (!text_to_u64(argv[1 + i], i == 0 ? 65535 : 1000000, &numbers[i], &err))
            return 2;
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    must(listener >= 0 &&
             bind(listener, (struct sockaddr *)&address, sizeof address) == 0 &&
             listen(listener, 64) == 0 &&
             getsockname(listener, (struct sockaddr *)&address, &size) == 0,
         "listen");
    (void)printf("%u\n", ntohs(address.sin_port));
    (void)fflush(stdout);
    for (uint64_t n = 0;; n++) {
        int client = accept(listener, NULL, NULL);
        while (waitpid(-1, NULL, WNOHANG) > 0)
            continue;
        if (client < 0)
            continue;
        if (fork() == 0) {
            (void)close(listener);
            serve(client, (uint16_t)numbers[0], random_mix(numbers[2] + n), numbers[1]);
        }
        (void)close(client);
    }
}
