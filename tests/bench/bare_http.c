/* bare_http.c - the yardstick of HTTP servers: libmicrohttpd with a constant body.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/bench/bare_http.h"

#include <arpa/inet.h>

#include <microhttpd.h>

#include "base/bytes.h"

struct bare_http {
    struct MHD_Daemon *daemon;
    struct MHD_Response *response;
};

/* NOLINTNEXTLINE(readability-function-size): its parameters are libmicrohttpd's. */
static enum MHD_Result answer(void *user, struct MHD_Connection *connection,
                              const char *url, const char *method, const char *version,
                              const char *data, size_t *size, void **context)
{
    (void)url, (void)method, (void)version, (void)data;
    struct bare_http *server = user;
    *size = 0;              /* a body is not looked at */
    if (*context == NULL) { /* answered at once, the connection would not be kept */
        *context = server;
        return MHD_YES;
    }
    return MHD_queue_response(connection, MHD_HTTP_OK, server->response);
}

struct bare_http *bare_http_start(const void *body, size_t size, unsigned threads)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct bare_http *server = mem_new(1, sizeof *server);

    union {
        const void *constant;
        void *plain; /* MUST_COPY only reads it */
    } bytes = {.constant = body};

    server->response =
        MHD_create_response_from_buffer(size, bytes.plain, MHD_RESPMEM_MUST_COPY);
    (void)MHD_add_response_header(server->response, "Content-Type", "application/json");
    server->daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, answer, server,
        MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_CONNECTION_LIMIT, 1000u,
        MHD_OPTION_CONNECTION_TIMEOUT, 60u, MHD_OPTION_THREAD_POOL_SIZE,
        threads > 1 ? threads : 0, MHD_OPTION_END);
    if (server->daemon)
        return server;
    free(server);
    return NULL;
}

unsigned bare_http_port(const struct bare_http *server)
{
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT);
    return info ? info->port : 0;
}
