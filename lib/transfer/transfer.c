/* transfer.c - get and put by URL, with patience.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "transfer/transfer.h"

#include <limits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/disk.h"
#include "base/text.h"
#include "transfer/circuit.h"

#define COPY_BUFFER ((size_t)1 << 20)

/* What this process alone knows of a server. */
struct server {
    struct server *next;
    char origin[HTTP_ORIGIN];
    struct circuit circuit;
};

struct transfer {
    struct transfer_options options;
    struct random random;
    struct http_client *client; /* NULL until the first http URL */
    struct server *servers;
    struct bearer *bearer; /* NULL until a server asked for it */
};

/* Where one answer goes: a buffer or an open file. */
struct target {
    struct bytes *out;
    int fd;
    size_t start; /* of the buffer, before this answer */
};

struct transfer_options transfer_options_usual(uint64_t seed)
{
    return (struct transfer_options){
        .retry = retry_policy_usual(), .limits = http_limits_usual(0), .seed = seed};
}

struct transfer_options transfer_options_patient(uint64_t seed, uint32_t patience_s)
{
    struct transfer_options options = transfer_options_usual(seed);
    options.retry.total_ns = patience_s * (int64_t)1000000000;
    if (patience_s < options.limits.slow_s)
        options.limits.slow_s = (int64_t)patience_s + 1;
    return options;
}

struct transfer *transfer_new(const struct transfer_options *options)
{
    struct transfer *transfer = mem_new(1, sizeof *transfer);
    *transfer =
        (struct transfer){.options = *options, .random = {.state = options->seed}};
    return transfer;
}

void transfer_free(struct transfer *transfer)
{
    if (!transfer)
        return;
    http_client_free(transfer->client);
    while (transfer->servers) {
        struct server *server = transfer->servers;
        transfer->servers = server->next;
        free(server);
    }
    free(transfer->bearer);
    free(transfer);
}

const char *transfer_local_path(const char *url)
{
    if (url[0] == '/')
        return url;
    if (strncmp(url, "file:", 5) != 0)
        return NULL;
    const char *path = url + 5;
    return strncmp(path, "//", 2) == 0 ? path + 2 : path;
}

static bool target_rewind(struct target *target, const char *url, struct err *err)
{
    if (target->out) {
        target->out->size = target->start;
        return true;
    }
    if (ftruncate(target->fd, 0) == 0 && lseek(target->fd, 0, SEEK_SET) == 0)
        return true;
    return err_set(err, E_DISK_WRITE, "%s: cannot start the copy again", url);
}

/* ---- servers ---- */

static struct server *server_of(struct transfer *transfer, const char *url)
{
    char origin[HTTP_ORIGIN];
    http_origin(url, origin);
    struct server *server = transfer->servers;
    while (server && strcmp(server->origin, origin) != 0)
        server = server->next;
    if (server)
        return server;
    server = mem_new(1, sizeof *server);
    *server = (struct server){.next = transfer->servers};
    memcpy(server->origin, origin, sizeof origin);
    transfer->servers = server;
    return server;
}

static bool may_have_token(const struct transfer *transfer, const struct server *server,
                           const char *url)
{
    char origin[HTTP_ORIGIN];
    if (!transfer->options.bearer || !transfer->options.bearer_url)
        return false;
    http_origin(transfer->options.bearer_url, origin);
    return origin[0] && strcmp(origin, server->origin) == 0 && http_is_private(url);
}

/* true when the server wants a token and there is one that was not sent yet. A token that
 * cannot be used is told behind the refusal. */
static bool token_helps(struct transfer *transfer, const struct server *server,
                        const struct http_call *call,
                        const struct http_response *response, struct err *cause)
{
    struct err trouble;
    bool refused = response->status == 401 || response->status == 403;
    if (refused && call->bearer)
        bearer_blame(transfer->bearer->token, transfer->bearer->place, clock_wall_s(),
                     cause);
    if (!refused || call->bearer || !may_have_token(transfer, server, call->url))
        return false;
    struct bearer *found = mem_new(1, sizeof *found);
    enum lookup lookup = bearer_find(transfer->options.bearer, found, &trouble);
    if (lookup == LOOKUP_FOUND) {
        transfer->bearer = found;
        return true;
    }
    free(found);
    struct err refusal = *cause;
    if (lookup == LOOKUP_FAILED)
        *cause = trouble;
    return lookup == LOOKUP_FAILED
               ? err_wrap(cause, "%.200s", refusal.text)
               : err_set(cause, E_HTTP_STATUS, "%.200s; no bearer token was found",
                         refusal.text);
}

/* ---- tries ---- */

/* One request from its beginning to its end, again until patience or hope is over. */
struct effort {
    struct transfer *transfer;
    struct server *server;
    struct http_call call;
    struct target *target;
    int64_t start_ns;
    unsigned failed; /* tries */
};

static struct circuit_place place_of(const struct effort *effort)
{
    return (struct circuit_place){effort->transfer->options.circuits,
                                  effort->server->origin, &effort->server->circuit};
}

/* Waits for the pause and then for the circuit; false when that is longer than patience
 * lasts. */
static bool effort_wait(const struct effort *effort, int64_t pause_ns, struct err *cause)
{
    const struct retry_policy *retry = &effort->transfer->options.retry;
    struct circuit_place place = place_of(effort);
    int64_t end_ns = effort->start_ns + retry->total_ns;
    if (effort->failed > 0 && clock_now_ns() + pause_ns > end_ns)
        return false;
    clock_sleep_ns(pause_ns);
    for (int64_t left_ns; (left_ns = circuit_place_ask(&place, clock_now_ns())) > 0;) {
        if (clock_now_ns() + left_ns > end_ns)
            return effort->failed > 0
                       ? false
                       : err_set(cause, E_HTTP_CONNECT,
                                 "%s failed again and again and is left alone for %lld s",
                                 effort->server->origin,
                                 (long long)(left_ns / 1000000000 + 1));
        clock_sleep_ns(left_ns);
    }
    return true;
}

static bool effort_try(struct effort *effort, struct http_response *response,
                       struct err *cause)
{
    struct transfer *transfer = effort->transfer;
    struct target *target = effort->target;
    struct circuit_place place = place_of(effort);
    bool token =
        transfer->bearer && may_have_token(transfer, effort->server, effort->call.url);
    effort->call.bearer = token ? transfer->bearer->token : NULL;
    bool done =
        target->out
            ? http_get(transfer->client, &effort->call, target->out, response, cause)
            : http_get_file(transfer->client, &effort->call, target->fd, response, cause);
    circuit_place_note(&place, retry_is_alive(response), clock_now_ns());
    return done;
}

/* Tries until it works, the cause is permanent, or patience ends. */
static bool get_http(struct transfer *transfer, const struct http_call *call,
                     struct target *target, struct http_response *response,
                     struct err *err)
{
    const struct retry_policy *retry = &transfer->options.retry;
    struct effort effort = {transfer, NULL, *call, target, clock_now_ns(), 0};
    struct err cause = {0};
    int64_t pause_ns = 0;
    if (!transfer->client)
        transfer->client = http_client_new();
    effort.server = server_of(transfer, call->url);
    while (effort_wait(&effort, pause_ns, &cause)) {
        if (!target_rewind(target, call->url, err))
            return false;
        if (effort_try(&effort, response, &cause))
            return true;
        pause_ns = 0;
        if (token_helps(transfer, effort.server, &effort.call, response, &cause))
            continue;
        effort.failed++;
        if (effort.failed >= retry_tries(retry, &cause, response))
            break;
        pause_ns = retry_pause_ns(retry, effort.failed, response, &transfer->random);
    }
    *err = cause;
    return effort.failed <= 1 ? false : err_wrap(err, "%u tries", effort.failed);
}

static struct http_call call_to(const struct transfer *transfer, const char *url,
                                uint64_t maximum, const char *accept)
{
    struct http_call call = {.url = url,
                             .accept = accept,
                             .authorities = transfer->options.authorities,
                             .limits = transfer->options.limits};
    call.limits.max_bytes = maximum;
    return call;
}

static bool get_local(const char *path, uint64_t maximum, struct bytes *out,
                      struct err *err)
{
    int fd = -1;
    uint64_t size = 0;
    uint8_t *place = NULL;
    if (!disk_open_read(path, &fd, &size, err))
        return false;
    bool done =
        size <= maximum || err_set(err, E_LIMIT, "%s: %llu bytes, %llu are allowed", path,
                                   (unsigned long long)size, (unsigned long long)maximum);
    done = done && bytes_reserve(out, size, &place, err) &&
           disk_read_at(fd, path, 0, place, size, err);
    if (done)
        out->size += size;
    (void)close(fd);
    return done;
}

bool transfer_get(struct transfer *transfer, const char *url, uint64_t maximum,
                  struct bytes *out, struct http_response *response, struct err *err)
{
    const char *path = transfer_local_path(url);
    struct http_call call = call_to(transfer, url, maximum, NULL);
    struct target target = {.out = out, .start = out->size};
    *response = (struct http_response){0};
    return path ? get_local(path, maximum, out, err)
                : get_http(transfer, &call, &target, response, err);
}

static bool copy_local(const char *from, uint64_t maximum, int to, const char *path,
                       struct err *err)
{
    int fd = -1;
    uint64_t size = 0;
    if (!disk_open_read(from, &fd, &size, err))
        return false;
    uint8_t *buffer = mem_new(1, COPY_BUFFER);
    bool done =
        size <= maximum || err_set(err, E_LIMIT, "%s: %llu bytes, %llu are allowed", from,
                                   (unsigned long long)size, (unsigned long long)maximum);
    for (uint64_t at = 0; done && at < size;) {
        size_t piece = size - at < COPY_BUFFER ? (size_t)(size - at) : COPY_BUFFER;
        done = disk_read_at(fd, from, at, buffer, piece, err) &&
               disk_write(to, path, buffer, piece, err);
        at += piece;
    }
    free(buffer);
    (void)close(fd);
    return done;
}

/* "PATH.part": taken over from an earlier try that was killed. */
static bool part_open(const char *path, char part[PATH_MAX], int *fd, struct err *err)
{
    int written = snprintf(part, PATH_MAX, "%s.part", path);
    if (written < 0 || written >= PATH_MAX)
        return err_set(err, E_DISK_OPEN, "%.200s...: the path is too long", path);
    (void)unlink(part);
    return disk_create(part, fd, err);
}

static bool part_finish(int fd, const char *part, const char *path, struct err *err)
{
    if (!disk_sync(fd, part, err)) {
        (void)close(fd);
        return false;
    }
    if (!disk_close(fd, part, err))
        return false;
    if (rename(part, path) != 0)
        return err_set(err, E_DISK_WRITE, "%s: cannot rename to %s", part, path);
    return disk_sync_parent(path, err);
}

bool transfer_get_file(struct transfer *transfer, const char *url, uint64_t maximum,
                       const char *path, struct err *err)
{
    char part[PATH_MAX];
    int fd = -1;
    struct http_response response;
    if (!part_open(path, part, &fd, err))
        return false;
    const char *local = transfer_local_path(url);
    struct http_call call = call_to(transfer, url, maximum, "*/*");
    struct target target = {.fd = fd};
    bool done = local ? copy_local(local, maximum, fd, part, err)
                      : get_http(transfer, &call, &target, &response, err);
    if (done)
        done = part_finish(fd, part, path, err);
    else
        (void)close(fd);
    if (!done)
        (void)unlink(part);
    return done;
}

bool transfer_put(const char *url, const void *data, size_t size, mode_t mode,
                  struct err *err)
{
    char folder[PATH_MAX];
    const char *path = transfer_local_path(url);
    if (!path)
        return err_set(err, E_URL, "'%s' is no local path: nothing else is written", url);
    const char *slash = strrchr(path, '/');
    if (slash && slash > path) {
        size_t length = (size_t)(slash - path);
        if (length >= sizeof folder)
            return err_set(err, E_DISK_OPEN, "%.200s...: the path is too long", path);
        memcpy(folder, path, length);
        folder[length] = '\0';
        if (!disk_make_path(folder, err))
            return false;
    }
    return disk_write_durable(path, data, size, mode, err);
}
