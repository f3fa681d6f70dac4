/* conditions_serve.c - spillway conditions serve.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/conditions_serve.h"

#include <signal.h>
#include <stdio.h>

#include "coordinator/conditions_service.h"

#define SERVE_PER_PEER 256u /* connections: one client must not take them all */

static bool serve_until_signal(const char *listen, struct conditions_service *service,
                               struct err *err)
{
    struct http_options options = http_options_usual(listen);
    struct http_server *server = NULL;
    sigset_t signals;
    int signal = 0;
    options.max_per_peer = SERVE_PER_PEER;
    options.gate = conditions_service_gate;
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGINT);
    (void)sigaddset(&signals, SIGTERM);
    (void)pthread_sigmask(SIG_BLOCK, &signals, NULL); /* also in the server's thread */
    if (!http_server_new(&options, conditions_service_handle, service, &server, err))
        return false;
    int host = (int)(strrchr(listen, ':') - listen);
    (void)printf("listening on http://%.*s:%u/api/cdb_rest\n", host, listen,
                 http_server_port(server));
    (void)fflush(stdout);
    (void)sigwait(&signals, &signal);
    http_server_stop(server);
    return true;
}

bool serve_conditions(const struct serve_conditions *options, struct err *err)
{
    struct conditions_service *service = NULL;
    if (!http_listen_check(options->listen, err) ||
        !conditions_service_new(options->data, options->token, &service, err))
        return false;
    bool done = serve_until_signal(options->listen, service, err);
    conditions_service_free(service);
    return done;
}
