/* http_server.c - the only door to libmicrohttpd.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A request has two owners: the connection (until libmicrohttpd reports it completed) and
 * whoever has to answer (from the handler call to http_answer). The last one frees it, so
 * neither a client that hangs up nor a stop can pull it away. A suspended connection is
 * not polled, so it cannot complete before it is resumed. One lock guards all of this:
 * it is held for pointer changes only.
 */
#include "coordinator/http_server.h"

#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <microhttpd.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/text.h"

#define HTTP_HEADER_MEMORY ((size_t)32 << 10) /* request line and headers */
#define HTTP_BACKLOG       1024               /* a herd of pilots starting together */
#define HTTP_STOP_S        2
#define SECOND_NS          ((int64_t)1000000000)

struct http_request {
    struct http_server *server;
    struct MHD_Connection *connection; /* NULL once completed */
    struct http_request *previous;     /* among the deferred */
    struct http_request *next;
    struct MHD_Response *response; /* set by http_answer, queued by a server thread */
    unsigned status;
    unsigned owners;
    bool called; /* the handler has it */
    bool suspended;
    bool too_large;
    int64_t start_ns;
    char *method;
    char *path;
    char *bearer;
    struct bytes body;
    size_t dropped; /* bytes of a body beyond the limit */
};

struct http_server {
    struct http_options options;
    http_handler handler;
    void *user;
    struct MHD_Daemon *daemon;
    unsigned port;
    pthread_mutex_t lock;
    pthread_cond_t quiet;          /* no request is under way */
    struct http_request *deferred; /* suspended, unanswered */
    size_t requests;               /* known to libmicrohttpd */
    size_t owners;                 /* the creator and every request */
    bool stopping;
};

struct http_options http_options_usual(const char *listen)
{
    return (struct http_options){.listen = listen,
                                 .max_body = (size_t)64 << 20,
                                 .max_connections = 1000,
                                 .idle_timeout_s = 60,
                                 .body_timeout_s = 120,
                                 .threads = 2};
}

/* ---- ownership; callers hold the lock ---- */

static void server_unref_unlock(struct http_server *server)
{
    bool last = --server->owners == 0;
    (void)pthread_mutex_unlock(&server->lock);
    if (!last)
        return;
    (void)pthread_cond_destroy(&server->quiet);
    (void)pthread_mutex_destroy(&server->lock);
    free(server);
}

static void request_unref_unlock(struct http_request *request)
{
    struct http_server *server = request->server;
    if (--request->owners > 0) {
        (void)pthread_mutex_unlock(&server->lock);
        return;
    }
    if (request->response)
        MHD_destroy_response(request->response);
    bytes_release(&request->body);
    free(request->method);
    free(request->path);
    free(request->bearer);
    free(request);
    server_unref_unlock(server);
}

static void request_defer(struct http_request *request)
{
    struct http_server *server = request->server;
    request->suspended = true;
    request->previous = NULL;
    request->next = server->deferred;
    if (server->deferred)
        server->deferred->previous = request;
    server->deferred = request;
    MHD_suspend_connection(request->connection);
}

static void request_resume(struct http_request *request)
{
    if (request->previous)
        request->previous->next = request->next;
    else
        request->server->deferred = request->next;
    if (request->next)
        request->next->previous = request->previous;
    request->suspended = false;
    MHD_resume_connection(request->connection);
}

/* ---- answers ---- */

static void shared_done(void *body)
{
    body_unref(body);
}

/* libmicrohttpd writes through no pointer here; its signatures are older than const. */
static void *plain_pointer(const void *constant)
{
    union {
        const void *constant;
        void *plain;
    } pointer = {.constant = constant};

    return pointer.plain;
}

static struct MHD_Response *response_of_bytes(const struct http_reply *reply)
{
    if (reply->shared)
        return MHD_create_response_from_buffer_with_free_callback_cls(
            body_size(reply->shared), plain_pointer(body_data(reply->shared)),
            shared_done, reply->shared);
    if (reply->given)
        return MHD_create_response_from_buffer(reply->size, reply->given,
                                               MHD_RESPMEM_MUST_FREE);
    return MHD_create_response_from_buffer(reply->size,
                                           plain_pointer(reply->body ? reply->body : ""),
                                           MHD_RESPMEM_MUST_COPY);
}

/* An answer must not go out without what says what it is. */
static void header_add(struct MHD_Response *response, const char *name, const char *value)
{
    errno = 0;
    if (MHD_add_response_header(response, name, value) != MHD_YES && errno == ENOMEM)
        mem_exhausted("a header of an answer");
}

static struct MHD_Response *response_new(const struct http_reply *reply)
{
    struct MHD_Response *response = response_of_bytes(reply);
    if (!response)
        mem_exhausted("an answer");
    if (reply->content_type)
        header_add(response, "Content-Type", reply->content_type);
    for (size_t i = 0; i < reply->header_count; i++)
        header_add(response, reply->headers[i].name, reply->headers[i].value);
    return response;
}

static struct http_reply reply_line(unsigned status, const char *type, const char *text)
{
    return (struct http_reply){
        .status = status, .content_type = type, .body = text, .size = strlen(text)};
}

static struct http_reply reply_stopping(void)
{
    return reply_line(503, "text/plain", "the service is stopping: try again\n");
}

/* Under the lock. The first answer counts: a stop may have been faster. */
static void request_set_answer(struct http_request *request,
                               struct MHD_Response *response, unsigned status)
{
    if (!request->connection || request->response) {
        MHD_destroy_response(response);
        return;
    }
    request->response = response;
    request->status = status;
    if (request->suspended)
        request_resume(request);
}

void http_answer(struct http_request *request, const struct http_reply *reply)
{
    struct MHD_Response *response = response_new(reply);
    (void)pthread_mutex_lock(&request->server->lock);
    request_set_answer(request, response, reply->status);
    request_unref_unlock(request);
}

void http_answer_text(struct http_request *request, unsigned status,
                      const char *content_type, const char *text)
{
    struct http_reply reply = reply_line(status, content_type, text);
    http_answer(request, &reply);
}

/* ---- what libmicrohttpd calls ---- */

static struct http_request *request_new(struct http_server *server,
                                        struct MHD_Connection *connection,
                                        const char *path, const char *method)
{
    struct http_request *request = mem_new(1, sizeof *request);
    *request = (struct http_request){.server = server,
                                     .connection = connection,
                                     .owners = 1,
                                     .start_ns = clock_now_ns(),
                                     .method = mem_text(method),
                                     .path = mem_text(path)};
    bytes_init(&request->body, server->options.max_body);
    const char *scheme = "Bearer ";
    const char *given =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Authorization");
    if (given && strncasecmp(given, scheme, strlen(scheme)) == 0)
        request->bearer = mem_text(given + strlen(scheme));
    (void)pthread_mutex_lock(&server->lock);
    server->owners++;
    server->requests++;
    (void)pthread_mutex_unlock(&server->lock);
    return request;
}

/* true when the declared size is already too large; then there is nothing to read. */
static bool length_is_too_large(struct http_request *request)
{
    const char *text = MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND,
                                                   "Content-Length");
    uint64_t length = 0;
    struct err unused;
    return text &&
           (!text_to_u64(text, request->server->options.max_body, &length, &unused));
}

/* Turns away a request whose body is not read, so that its connection must end. */
static enum MHD_Result queue_refusal(struct http_request *request,
                                     const struct http_reply *reply)
{
    struct MHD_Response *response = response_new(reply);
    (void)MHD_add_response_header(response, "Connection", "close");
    enum MHD_Result result =
        MHD_queue_response(request->connection, reply->status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result queue_too_large(struct http_request *request)
{
    struct http_reply reply =
        reply_line(413, "text/plain", "the body is above the limit\n");
    return queue_refusal(request, &reply);
}

/* What can be told from the headers. */
static enum MHD_Result request_enter(struct http_request *request)
{
    const struct http_server *server = request->server;
    struct http_reply refusal = {0};
    if (length_is_too_large(request))
        return queue_too_large(request);
    if (server->options.gate && !server->options.gate(request, server->user, &refusal))
        return queue_refusal(request, &refusal);
    return MHD_YES;
}

/* A chunked body announces no size: read on for one more limit to be able to answer 413,
 * then hang up. */
static enum MHD_Result body_take(struct http_request *request, const char *data,
                                 size_t size)
{
    const struct http_options *options = &request->server->options;
    struct err unused;
    if (clock_now_ns() - request->start_ns > options->body_timeout_s * SECOND_NS)
        return MHD_NO;
    if (!request->too_large && bytes_append(&request->body, data, size, &unused))
        return MHD_YES;
    request->too_large = true;
    request->dropped += size;
    return request->dropped > options->max_body + HTTP_HEADER_MEMORY ? MHD_NO : MHD_YES;
}

static enum MHD_Result request_queue(struct http_request *request)
{
    return MHD_queue_response(request->connection, request->status, request->response);
}

static enum MHD_Result request_handle(struct http_request *request)
{
    struct http_server *server = request->server;
    request->called = true;
    (void)pthread_mutex_lock(&server->lock);
    bool stopping = server->stopping;
    request->owners += stopping ? 0 : 1;
    (void)pthread_mutex_unlock(&server->lock);
    if (!stopping)
        server->handler(request, server->user);

    (void)pthread_mutex_lock(&server->lock);
    if (!request->response && server->stopping) {
        struct http_reply reply = reply_stopping();
        request_set_answer(request, response_new(&reply), reply.status);
    }
    bool answered = request->response != NULL;
    if (!answered)
        request_defer(request);
    (void)pthread_mutex_unlock(&server->lock);
    return answered ? request_queue(request) : MHD_YES;
}

/* NOLINTNEXTLINE(readability-function-size): its parameters are libmicrohttpd's. */
static enum MHD_Result on_access(void *user, struct MHD_Connection *connection,
                                 const char *url, const char *method, const char *version,
                                 const char *data, size_t *size, void **context)
{
    (void)version;
    struct http_request *request = *context;
    if (!request) {
        request = request_new(user, connection, url, method);
        *context = request;
        return request_enter(request);
    }
    if (*size > 0) {
        size_t given = *size;
        *size = 0;
        return body_take(request, data, given);
    }
    if (request->too_large)
        return queue_too_large(request);
    return request->called ? request_queue(request) : request_handle(request);
}

static void on_completed(void *user, struct MHD_Connection *connection, void **context,
                         enum MHD_RequestTerminationCode code)
{
    (void)connection;
    (void)code;
    struct http_server *server = user;
    struct http_request *request = *context;
    if (!request)
        return;
    *context = NULL;
    (void)pthread_mutex_lock(&server->lock);
    request->connection = NULL;
    if (--server->requests == 0)
        (void)pthread_cond_broadcast(&server->quiet);
    request_unref_unlock(request);
}

/* ---- start and stop ---- */

/* "HOST:PORT" or "[HOST]:PORT" into its parts. */
static bool listen_split(const char *text, char host[256], char port[8], struct err *err)
{
    const char *colon = strrchr(text, ':');
    struct err unused;
    uint64_t number = 0;
    bool bracket = text[0] == '[';
    size_t length = colon ? (size_t)(colon - text) : 0;
    bool good = colon && length > 0 && text_to_u64(colon + 1, 65535, &number, &unused) &&
                text_copy(port, 8, colon + 1, &unused);
    if (good && bracket)
        good = length > 2 && text[length - 1] == ']';
    size_t start = bracket ? 1 : 0;
    size_t count = bracket ? length - 2 : length;
    if (!good || count >= 256)
        return err_set(err, E_USAGE, "'%s' is not HOST:PORT", text);
    memcpy(host, text + start, count);
    host[count] = '\0';
    return true;
}

bool http_listen_check(const char *listen, struct err *err)
{
    char host[256], port[8];
    return listen_split(listen, host, port, err);
}

static int listen_on(const struct addrinfo *address)
{
    int one = 1;
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, address->ai_addr, address->ai_addrlen) == 0 &&
        listen(fd, HTTP_BACKLOG) == 0)
        return fd;
    int number = errno;
    (void)close(fd);
    errno = number;
    return -1;
}

static unsigned socket_port(int fd)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    char port[8];
    struct err unused;
    uint64_t number = 0;
    if (getsockname(fd, (struct sockaddr *)&address, &size) == 0 &&
        getnameinfo((struct sockaddr *)&address, size, NULL, 0, port, sizeof port,
                    NI_NUMERICSERV) == 0)
        (void)text_to_u64(port, 65535, &number, &unused);
    return (unsigned)number;
}

static bool listen_open(const char *text, int *fd, struct err *err)
{
    char host[256];
    char port[8];
    if (!listen_split(text, host, port, err))
        return false;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *addresses = NULL;
    int problem = getaddrinfo(host, port, &hints, &addresses);
    if (problem != 0)
        return err_set(err, E_HTTP_LISTEN, "%s: %s", text, gai_strerror(problem));
    int opened = -1;
    for (struct addrinfo *a = addresses; a && opened < 0; a = a->ai_next)
        opened = listen_on(a);
    int number = errno;
    freeaddrinfo(addresses);
    if (opened < 0)
        return err_errno(err, E_HTTP_LISTEN, number, "cannot listen on %s", text);
    *fd = opened;
    return true;
}

static struct MHD_Daemon *daemon_start(struct http_server *server, int fd)
{
    const struct http_options *options = &server->options;
    unsigned threads = options->threads > 1 ? options->threads : 0;
    return MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL,
        on_access, server, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
        options->max_connections, MHD_OPTION_CONNECTION_TIMEOUT, options->idle_timeout_s,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, HTTP_HEADER_MEMORY,
        MHD_OPTION_THREAD_POOL_SIZE, threads, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        options->max_per_peer, MHD_OPTION_NOTIFY_COMPLETED, on_completed, server,
        MHD_OPTION_END);
}

bool http_server_new(const struct http_options *options, http_handler handler, void *user,
                     struct http_server **server, struct err *err)
{
    int fd = -1;
    if (!listen_open(options->listen, &fd, err))
        return false;
    struct http_server *made = mem_new(1, sizeof *made);
    *made = (struct http_server){.options = *options,
                                 .handler = handler,
                                 .user = user,
                                 .port = socket_port(fd),
                                 .owners = 1};
    bug_if(pthread_mutex_init(&made->lock, NULL) != 0);
    bug_if(pthread_cond_init(&made->quiet, NULL) != 0);
    made->options.listen = NULL; /* borrowed for this call only */
    made->daemon = daemon_start(made, fd);
    if (made->daemon) {
        *server = made;
        return true;
    }
    int number = errno;
    (void)close(fd);
    (void)pthread_mutex_lock(&made->lock);
    server_unref_unlock(made);
    return err_errno(err, E_HTTP_LISTEN, number, "cannot serve on %s", options->listen);
}

unsigned http_server_port(const struct http_server *server)
{
    return server->port;
}

static void wait_until_quiet(struct http_server *server)
{
    struct timespec deadline;
    (void)clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += HTTP_STOP_S;
    int waited = 0;
    while (server->requests > 0 && waited == 0)
        waited = pthread_cond_clockwait(&server->quiet, &server->lock, CLOCK_MONOTONIC,
                                        &deadline);
}

void http_server_stop(struct http_server *server)
{
    if (!server)
        return;
    /* Who comes from now on is told so. MHD_quiesce_daemon would keep them out, but it
     * and a thread that is just at work both take the socket out of epoll, and the second
     * one ends the process (0.9.75). */
    (void)pthread_mutex_lock(&server->lock);
    server->stopping = true;
    while (server->deferred) {
        struct http_reply reply = reply_stopping();
        request_set_answer(server->deferred, response_new(&reply), reply.status);
    }
    wait_until_quiet(server);
    (void)pthread_mutex_unlock(&server->lock);
    MHD_stop_daemon(server->daemon); /* closes the socket */
    (void)pthread_mutex_lock(&server->lock);
    server_unref_unlock(server);
}

/* ---- what a handler asks ---- */

const char *http_request_method(const struct http_request *request)
{
    return request->method;
}

const char *http_request_path(const struct http_request *request)
{
    return request->path;
}

const void *http_request_body(const struct http_request *request, size_t *size)
{
    *size = request->body.size;
    return request->body.data;
}

const char *http_request_bearer(const struct http_request *request)
{
    return request->bearer;
}

struct query_search {
    const char *name;
    const char *value;
};

static enum MHD_Result query_match(void *user, enum MHD_ValueKind kind, const char *key,
                                   const char *value)
{
    (void)kind;
    struct query_search *search = user;
    if (!key || strcmp(key, search->name) != 0)
        return MHD_YES;
    search->value = value ? value : "";
    return MHD_NO;
}

const char *http_request_query(const struct http_request *request, const char *name)
{
    struct query_search search = {.name = name};
    (void)MHD_get_connection_values(request->connection, MHD_GET_ARGUMENT_KIND,
                                    query_match, &search);
    return search.value;
}

const char *http_request_header(const struct http_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}
