/* conditions_remote.c - a conditions service that is asked and told by its HTTP API.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/conditions_remote.h"

#include "base/clock.h"
#include "base/text.h"
#include "transfer/transfer.h"

#define REMOTE_ANSWER ((size_t)1 << 30)
#define REMOTE_URL    2048

struct remote {
    char *base; /* without a slash at the end */
    struct http_client *http;
    char *token; /* NULL: none */
    char *place; /* where it was found */
    bool unsafe; /* there is one, but not for this way */
    const char *authorities;
    struct http_limits limits;
    struct bytes answer;
};

static bool token_find(const struct remote_options *options, struct remote *remote,
                       struct err *err)
{
    char secret[TOKEN_LINE];
    static struct bearer bearer; /* large; commands have one thread */
    if (options->token) {
        if (!token_read_secret(options->token, secret, err))
            return false;
        remote->token = mem_text(secret);
        remote->place = mem_text(options->token);
        return true;
    }
    enum lookup lookup = bearer_find(options->places, &bearer, err);
    /* It opens more doors than this one. */
    remote->unsafe = lookup == LOOKUP_FOUND && !http_is_private(remote->base);
    if (lookup == LOOKUP_FOUND && !remote->unsafe) {
        remote->token = mem_text(bearer.token);
        remote->place = mem_text(bearer.place);
    }
    return lookup != LOOKUP_FAILED;
}

bool remote_open(const struct remote_options *options, struct remote **remote,
                 struct err *err)
{
    const char *url = options->url;
    if (!http_is_url(url))
        return err_set(err, E_USAGE,
                       "'%.200s' is no http:// or https:// URL of a conditions service",
                       url);
    struct remote *made = mem_new(1, sizeof *made);
    made->base = mem_text(url);
    size_t length = strlen(made->base);
    if (made->base[length - 1] == '/')
        made->base[length - 1] = '\0';
    made->http = http_client_new();
    made->authorities = options->authorities;
    made->limits = transfer_options_patient(0, (uint32_t)options->patience_s).limits;
    made->limits.max_bytes = REMOTE_ANSWER;
    bytes_init(&made->answer, REMOTE_ANSWER);
    if (token_find(options, made, err)) {
        *remote = made;
        return true;
    }
    remote_close(made);
    return false;
}

void remote_close(struct remote *remote)
{
    if (!remote)
        return;
    http_client_free(remote->http);
    bytes_release(&remote->answer);
    free(remote->base);
    free(remote->token);
    free(remote->place);
    free(remote);
}

/* The code says who has to act: a refusal is about what was asked. */
static bool failed(const struct http_response *response, struct err *err)
{
    bool refused = response->status >= 400 && response->status < 500;
    char text[sizeof err->text];
    memcpy(text, err->text, sizeof text);
    return err_set(err, refused ? E_CONDITIONS_REFUSED : E_CONDITIONS_FETCH, "%s", text);
}

static bool url_of(const struct remote *remote, const char *path, char url[REMOTE_URL],
                   struct err *err)
{
    int length = snprintf(url, REMOTE_URL, "%s/%s", remote->base, path);
    return (length > 0 && length < REMOTE_URL) ||
           err_set(err, E_USAGE, "the URL is too long");
}

static bool answer_read(struct remote *remote, const char *url, struct json **document,
                        struct err *err)
{
    if (remote->answer.size == 0) {
        *document = NULL;
        return true;
    }
    if (json_parse(remote->answer.data, remote->answer.size, url, document, err))
        return true;
    char text[sizeof err->text];
    memcpy(text, err->text, sizeof text);
    return err_set(err, E_CONDITIONS_REPLY, "%s", text);
}

bool remote_ask(struct remote *remote, const char *path, struct json **document,
                struct err *err)
{
    char url[REMOTE_URL];
    struct http_response response;
    if (!url_of(remote, path, url, err))
        return false;
    struct http_call call = {
        .url = url, .authorities = remote->authorities, .limits = remote->limits};
    bytes_clear(&remote->answer);
    if (!http_get(remote->http, &call, &remote->answer, &response, err))
        return failed(&response, err);
    return answer_read(remote, url, document, err) &&
           (*document || err_set(err, E_CONDITIONS_REPLY, "%s: an empty answer", url));
}

bool remote_tell(struct remote *remote, const struct remote_change *change,
                 struct json **document, struct err *err)
{
    char url[REMOTE_URL];
    struct http_response response;
    if (!url_of(remote, change->path, url, err))
        return false;
    if (remote->unsafe)
        return err_set(err, E_USAGE,
                       "%.200s: a token of the grid goes by https only: use https, or "
                       "--token FILE with one of this service",
                       remote->base);
    if (!remote->token)
        return err_set(err, E_USAGE,
                       "a change needs a token: --token FILE, or $BEARER_TOKEN_FILE");
    struct http_call call = {.url = url,
                             .bearer = remote->token,
                             .authorities = remote->authorities,
                             .if_match = change->if_match,
                             .content_type = change->content_type,
                             .body = change->body,
                             .body_size = change->size,
                             .limits = remote->limits};
    bytes_clear(&remote->answer);
    if (!http_send(remote->http, change->method, &call, &remote->answer, &response,
                   err)) {
        if (response.status == 401 || response.status == 403)
            bearer_blame(remote->token, remote->place, clock_wall_s(), err);
        return failed(&response, err);
    }
    return answer_read(remote, url, document, err);
}

bool remote_tell_json(struct remote *remote, const char *method, const char *path,
                      const char *text, struct json **document, struct err *err)
{
    struct json *unwanted = NULL;
    struct remote_change change = {.method = method,
                                   .path = path,
                                   .content_type = "application/json",
                                   .body = text,
                                   .size = strlen(text)};
    bool done = remote_tell(remote, &change, document ? document : &unwanted, err);
    if (unwanted)
        json_free(unwanted);
    return done;
}
