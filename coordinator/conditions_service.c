/* conditions_service.c - the embedded conditions service: routes, and who may use them.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/conditions_service.h"

#include <limits.h>
#include <strings.h>

#include "base/text.h"
#include "coordinator/conditions_extra.h"
#include "coordinator/conditions_pages.h"
#include "coordinator/conditions_read.h"
#include "coordinator/conditions_token.h"
#include "coordinator/conditions_write.h"

#define SERVICE_PREFIX "/api/cdb_rest/"

struct conditions_service {
    struct library *library;
    struct token_list *tokens; /* NULL: a folder, which is only read */
    struct answer_cache *cache;
    struct extra_heads *heads;
};

/* ---- routes ---- */

typedef void (*read_index)(struct answer *answer, const struct index *index);
typedef void (*read_library)(struct answer *answer, struct library *library);

/* "*" stands for one part of a path, which becomes a word; "**" for all that is left. One
 * of `index`, `library`, `head` for reading, else `write`. */
struct route {
    const char *method;
    const char *path;
    read_index index;
    read_library library;
    bool head;
    enum write_kind write;
};

#define API(path) SERVICE_PREFIX path

static const struct route routes[] = {
    {"GET", API("payloadiovs"), .index = read_moment},
    {"GET", API("payload-iovs/query"), .index = read_moment},
    {"GET", API("gtstatus"), .index = read_statuses},
    {"GET", API("global-tags/statuses"), .index = read_statuses},
    {"GET", API("globalTags"), .index = read_tags},
    {"GET", API("global-tags"), .index = read_tags},
    {"GET", API("gt"), .index = read_dumps},
    {"GET", API("gt/*"), .index = read_dump_by_id},
    {"GET", API("globalTag/*"), .index = read_tag},
    {"GET", API("global-tags/*"), .index = read_tag},
    {"GET", API("gtPayloadLists/*"), .index = read_list_names},
    {"GET", API("global-tags/*/payload-lists"), .index = read_list_names},
    {"GET", API("pt"), .index = read_types},
    {"GET", API("payload-types"), .index = read_types},
    {"GET", API("pl"), .index = read_lists},
    {"GET", API("payload-lists"), .index = read_lists},
    {"GET", API("pl/*"), .index = read_list},
    {"GET", API("payload-lists/*"), .index = read_list},
    {"GET", API("payload-lists/by-name/*"), .index = read_list_by_name},
    {"GET", API("piov"), .index = read_rows},
    {"GET", API("payload-iovs"), .index = read_rows},
    {"GET", API("piov/*"), .index = read_row},
    {"GET", API("payload-iovs/*"), .index = read_row},
    {"GET", API("user_settings/*"), .index = read_setting},
    {"GET", API("settings/*"), .index = read_setting},
    {"GET", API("x"), .library = extra_about},
    {"GET", API("x/head/*"), .head = true},
    {"GET", API("x/snapshot/*"), .library = extra_snapshot},
    {"GET", API("x/blob/*"), .library = extra_blob},
    {"GET", API("x/range"), .index = extra_range},
    {"GET", API("x/diff"), .index = extra_diff},
    {"GET", API("x/uses/*"), .index = extra_uses},
    {"GET", API("x/log"), .library = extra_log},
    {"GET", PAGE_PAYLOADS "/**", .library = extra_payload},
    {"PUT", API("x/blob/*"), .write = WRITE_BLOB},
    {"PUT", API("x/payload"), .write = WRITE_PUT},
    {"POST", API("gtstatus"), .write = WRITE_STATUS},
    {"POST", API("global-tags/statuses"), .write = WRITE_STATUS},
    {"POST", API("gt"), .write = WRITE_TAG},
    {"POST", API("pt"), .write = WRITE_TYPE},
    {"POST", API("payload-types"), .write = WRITE_TYPE},
    {"POST", API("pl"), .write = WRITE_LIST},
    {"POST", API("payload-lists"), .write = WRITE_LIST},
    {"PUT", API("pl_attach"), .write = WRITE_LIST_ATTACH},
    {"PUT", API("payload-lists/attach"), .write = WRITE_LIST_ATTACH},
    {"POST", API("piov"), .write = WRITE_ROW},
    {"POST", API("payload-iovs"), .write = WRITE_ROW},
    {"PUT", API("piov_attach"), .write = WRITE_ROW_ATTACH},
    {"PUT", API("payload-iovs/attach"), .write = WRITE_ROW_ATTACH},
    {"POST", API("bulk_piov"), .write = WRITE_BULK},
    {"POST", API("payload-iovs/bulk"), .write = WRITE_BULK},
    {"PUT", API("gt_change_status/*/*"), .write = WRITE_CHANGE_STATUS},
    {"PUT", API("global-tags/*/change-status/*"), .write = WRITE_CHANGE_STATUS},
    {"POST", API("cloneGlobalTag/*/*"), .write = WRITE_CLONE},
    {"POST", API("global-tags/*/clone/*"), .write = WRITE_CLONE},
    {"DELETE", API("deleteGlobalTag/*"), .write = WRITE_DELETE_TAG},
    {"DELETE", API("global-tags/*/delete"), .write = WRITE_DELETE_TAG},
    {"DELETE", API("deletePayloadType/*"), .write = WRITE_DELETE_TYPE},
    {"DELETE", API("payload-types/*/delete"), .write = WRITE_DELETE_TYPE},
    {"DELETE", API("deletePayloadList/*"), .write = WRITE_DELETE_LIST},
    {"DELETE", API("payload-lists/*/delete"), .write = WRITE_DELETE_LIST},
    {"DELETE", API("deletePayloadIOV/*/*/*/*"), .write = WRITE_DELETE_ROW},
    {"DELETE", API("deletePayloadIOV/*/*/*/*/*/*"), .write = WRITE_DELETE_ROW},
    {"DELETE", API("payload-iovs/*/*/*/*/delete"), .write = WRITE_DELETE_ROW},
    {"DELETE", API("payload-iovs/*/*/*/*/*/*/delete"), .write = WRITE_DELETE_ROW},
};

/* One part of a form against one of a path: their lengths, false when they differ. */
static bool part_fits(const char *form, const char *path, size_t *in_form,
                      size_t *in_path, bool *is_word)
{
    *in_form = strcspn(form, "/");
    *in_path = strcspn(path, "/");
    *is_word = form[0] == '*';
    if (strcmp(form, "**") == 0)
        *in_path = strlen(path);
    if (*is_word)
        return *in_path > 0;
    return *in_form == *in_path && strncmp(form, path, *in_form) == 0;
}

/* Whether a path is of the form. Its words then are places in the path and their lengths.
 */
static bool path_fits(const char *form, char *path, char *words[ANSWER_WORDS],
                      size_t lengths[ANSWER_WORDS], size_t *count)
{
    *count = 0;
    for (;;) {
        size_t in_form, in_path;
        bool is_word;
        if (!part_fits(form, path, &in_form, &in_path, &is_word))
            return false;
        if (is_word) {
            words[*count] = path;
            lengths[(*count)++] = in_path;
        }
        form += in_form;
        path += in_path;
        if (*form != *path || *form == '\0')
            return *form == *path;
        form++;
        path++;
    }
}

static bool is_method(const char *given, const char *wanted)
{
    return strcmp(given, wanted) == 0 ||
           (strcmp(given, "HEAD") == 0 && strcmp(wanted, "GET") == 0);
}

/* Cuts the path up behind its words. */
static void words_take(struct answer *answer, char *const words[ANSWER_WORDS],
                       const size_t lengths[ANSWER_WORDS], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        answer->words[i] = words[i];
        words[i][lengths[i]] = '\0';
    }
    answer->word_count = count;
}

/* The route, or NULL and an answer that says why there is none. */
static const struct route *route_find(struct answer *answer)
{
    const char *method = http_request_method(answer->request);
    char *words[ANSWER_WORDS];
    size_t lengths[ANSWER_WORDS], count = 0;
    answer->allow = NULL;
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        if (!path_fits(routes[i].path, answer->path, words, lengths, &count))
            continue;
        if (!is_method(method, routes[i].method)) {
            answer->allow = routes[i].method;
            continue;
        }
        words_take(answer, words, lengths, count);
        return &routes[i];
    }
    if (answer->allow)
        answer_detail(answer, 405, "Method not allowed.");
    else
        answer_detail(answer, 404, "Not found.");
    return NULL;
}

/* ---- who may ---- */

static const char *who_asks(const struct conditions_service *service,
                            const struct http_request *request)
{
    const char *bearer = http_request_bearer(request);
    return bearer ? token_list_who(service->tokens, bearer) : NULL;
}

static bool is_reading(const struct http_request *request)
{
    const char *method = http_request_method(request);
    return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
}

static bool turn_away(struct http_reply *refusal, unsigned status, const char *body)
{
    static const struct http_header bearer = {"WWW-Authenticate", "Bearer"};
    *refusal = (struct http_reply){.status = status,
                                   .content_type = "application/json",
                                   .body = body,
                                   .size = strlen(body)};
    if (status == 401) {
        refusal->headers = &bearer;
        refusal->header_count = 1;
    }
    return false;
}

/* Compressed bodies are not taken: a small one could be a large one. */
bool conditions_service_gate(const struct http_request *request, void *user,
                             struct http_reply *refusal)
{
    const struct conditions_service *service = user;
    const char *encoding = http_request_header(request, "Content-Encoding");
    if (strlen(http_request_path(request)) >= ANSWER_PATH)
        return turn_away(refusal, 414, "{\"detail\":\"The path is too long.\"}");
    if (is_reading(request))
        return true;
    if (!service->tokens)
        return turn_away(refusal, 405,
                         "{\"detail\":\"Method not allowed: this is a folder of tag "
                         "files, change the files.\"}");
    if (encoding && strcasecmp(encoding, "identity") != 0)
        return turn_away(refusal, 415,
                         "{\"detail\":\"Send the body without Content-Encoding.\"}");
    if (!http_request_bearer(request))
        return turn_away(refusal, 401,
                         "{\"detail\":\"Changes need a bearer token: see --token.\"}");
    if (!who_asks(service, request))
        return turn_away(refusal, 403, "{\"detail\":\"This token is not known here.\"}");
    return true;
}

/* ---- answering ---- */

static void route_run(struct conditions_service *service, const struct route *route,
                      struct answer *answer)
{
    if (route->index) {
        route->index(answer, library_read(service->library));
        library_done(service->library);
    } else if (route->library) {
        route->library(answer, service->library);
    } else if (route->head) {
        extra_head(answer, service->library, service->heads);
    } else {
        write_run(answer, service->library, route->write,
                  who_asks(service, answer->request));
    }
}

void conditions_service_handle(struct http_request *request, void *user)
{
    struct conditions_service *service = user;
    struct answer answer;
    struct err unused;
    answer_begin(&answer, request, service->cache);
    bool fits =
        text_copy(answer.path, sizeof answer.path, http_request_path(request), &unused);
    bug_if(!fits); /* the gate looked */
    size_t length = strlen(answer.path);
    if (length > 1 && answer.path[length - 1] == '/')
        answer.path[length - 1] = '\0';
    const struct route *route = route_find(&answer);
    if (route)
        route_run(service, route, &answer);
    answer_send(&answer);
}

/* ---- life ---- */

static bool tokens_open(struct conditions_service *service, const char *folder,
                        const char *token, struct err *err)
{
    char path[PATH_MAX];
    int length = snprintf(path, sizeof path, "%s/token", folder);
    if (length < 0 || length >= (int)sizeof path)
        return err_set(err, E_USAGE, "the name of the folder is too long");
    return token_list_open(token ? token : path, !token, &service->tokens, err);
}

bool conditions_service_new(const char *folder, const char *token,
                            struct conditions_service **service, struct err *err)
{
    struct conditions_service *made = mem_new(1, sizeof *made);
    made->cache = answer_cache_new();
    made->heads = extra_heads_new();
    bool done =
        library_open(folder, &made->library, err) &&
        (library_is_folder(made->library) || tokens_open(made, folder, token, err));
    if (done)
        *service = made;
    else
        conditions_service_free(made);
    return done;
}

void conditions_service_free(struct conditions_service *service)
{
    if (!service)
        return;
    library_close(service->library);
    token_list_free(service->tokens);
    answer_cache_free(service->cache);
    extra_heads_free(service->heads);
    free(service);
}
