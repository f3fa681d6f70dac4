/* caller.c - a pilot's calls to the coordinator.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "worker/caller.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/disk.h"
#include "base/text.h"
#include "transfer/http.h"
#include "worker/frame.h"

#define LINE_FILE_LIMIT ((size_t)4096)

enum phase { PHASE_IDLE, PHASE_ASKED, PHASE_OVER };

struct caller {
    const char *address_path;
    const char *token_path;
    const char *authorities;
    pthread_mutex_t mutex; /* guards `phase`; the rest belongs to whose turn it is */
    pthread_cond_t changed;
    enum phase phase;
    bool begun; /* seen by the pilot's thread only */
    /* The call. */
    const char *path;
    struct bytes body;
    struct bytes answer;
    enum caller_outcome outcome;
    struct err err;
    /* The thread's own. */
    struct http_client *client;
    char url[512];
    char token[512];
    bool fresh; /* url and token are as in the files */
};

/* The first line of a small file, without spaces at its end. */
static bool first_line(const char *path, char *out, size_t size, struct err *err)
{
    struct bytes file;
    bytes_init(&file, LINE_FILE_LIMIT);
    bool done = disk_read_file(path, &file, err);
    if (done) {
        size_t length = 0;
        while (length < file.size && file.data[length] > ' ')
            length++;
        if (length == 0 || length >= size)
            done = err_set(err, E_USAGE, "%s: the first line is empty or too long", path);
        else {
            memcpy(out, file.data, length);
            out[length] = 0;
        }
    }
    bytes_release(&file);
    return done;
}

static bool refresh(struct caller *caller, struct err *err)
{
    if (caller->fresh)
        return true;
    if (!first_line(caller->address_path, caller->url, sizeof caller->url, err) ||
        !first_line(caller->token_path, caller->token, sizeof caller->token, err))
        return false;
    size_t length = strlen(caller->url);
    while (length > 0 && caller->url[length - 1] == '/')
        caller->url[--length] = 0;
    caller->fresh = true;
    return true;
}

/* 401: the token may have been renewed; 404, 408, 429: somebody else's server, or a busy
 * one. Other 4xx: it understood us and refuses. */
static bool status_is_final(long status)
{
    return status >= 400 && status < 500 && status != 401 && status != 404 &&
           status != 408 && status != 429;
}

static enum caller_outcome post(struct caller *caller, struct err *err)
{
    char url[640];
    if (!refresh(caller, err))
        return CALLER_UNANSWERED;
    (void)snprintf(url, sizeof url, "%s%s", caller->url, caller->path);
    struct http_limits limits = http_limits_usual(caller->answer.limit);
    limits.connect_ms = CALLER_CONNECT_MS;
    limits.total_ms = CALLER_TOTAL_MS;
    struct http_call call = {.url = url,
                             .bearer = caller->token,
                             .accept = "application/x-protobuf",
                             .authorities = caller->authorities,
                             .content_type = "application/x-protobuf",
                             .body = caller->body.data,
                             .body_size = caller->body.size,
                             .limits = limits};
    struct http_response response = {.status = 0};
    bytes_clear(&caller->answer);
    if (http_post(caller->client, &call, &caller->answer, &response, err))
        return CALLER_ANSWERED;
    caller->fresh = false;
    if (err->code == E_PROCESS) /* there is no libcurl: nobody will ever be asked */
        return CALLER_REJECTED;
    if (!status_is_final(response.status))
        return CALLER_UNANSWERED;
    struct err refusal = *err;
    err_set(err, E_WORKER_REFUSED, "%s", refusal.text);
    return CALLER_REJECTED;
}

static _Noreturn void *caller_run(void *user)
{
    struct caller *caller = user;
    bug_if(pthread_mutex_lock(&caller->mutex) != 0);
    for (;;) {
        while (caller->phase != PHASE_ASKED)
            bug_if(pthread_cond_wait(&caller->changed, &caller->mutex) != 0);
        bug_if(pthread_mutex_unlock(&caller->mutex) != 0);
        caller->outcome = post(caller, &caller->err);
        bug_if(pthread_mutex_lock(&caller->mutex) != 0);
        caller->phase = PHASE_OVER;
    }
}

static enum phase phase_get(struct caller *caller)
{
    bug_if(pthread_mutex_lock(&caller->mutex) != 0);
    enum phase phase = caller->phase;
    bug_if(pthread_mutex_unlock(&caller->mutex) != 0);
    return phase;
}

static void phase_set(struct caller *caller, enum phase phase)
{
    bug_if(pthread_mutex_lock(&caller->mutex) != 0);
    caller->phase = phase;
    bug_if(pthread_cond_signal(&caller->changed) != 0);
    bug_if(pthread_mutex_unlock(&caller->mutex) != 0);
}

bool caller_new(const char *address_path, const char *token_path, const char *authorities,
                struct caller **caller, struct err *err)
{
    struct caller *made = mem_new(1, sizeof *made);
    made->address_path = address_path;
    made->token_path = token_path;
    made->authorities = authorities;
    made->client = http_client_new();
    bytes_init(&made->body, FRAME_LIMIT);
    bytes_init(&made->answer, FRAME_LIMIT);
    bug_if(pthread_mutex_init(&made->mutex, NULL) != 0);
    bug_if(pthread_cond_init(&made->changed, NULL) != 0);
    pthread_t thread;
    int number = pthread_create(&thread, NULL, caller_run, made);
    if (number != 0) {
        http_client_free(made->client);
        free(made);
        return err_errno(err, E_PROCESS, number, "thread for calls");
    }
    bug_if(pthread_detach(thread) != 0);
    *caller = made;
    return true;
}

void caller_begin(struct caller *caller, const char *path, const struct bytes *body)
{
    struct err err;
    bug_if(caller->begun);
    caller->path = path;
    bytes_clear(&caller->body);
    bug_if(!bytes_append(&caller->body, body->data, body->size, &err));
    caller->begun = true;
    phase_set(caller, PHASE_ASKED);
}

bool caller_running(const struct caller *caller)
{
    return caller->begun;
}

bool caller_over(struct caller *caller, enum caller_outcome *outcome,
                 const struct bytes **answer, struct err *err)
{
    if (!caller->begun || phase_get(caller) != PHASE_OVER)
        return false;
    caller->begun = false;
    phase_set(caller, PHASE_IDLE);
    *outcome = caller->outcome;
    *answer = &caller->answer;
    if (caller->outcome != CALLER_ANSWERED)
        *err = caller->err;
    return true;
}
