/* conditions_service.c - the embedded conditions service.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/conditions_service.h"

#include <limits.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/disk.h"
#include "base/text.h"
#include "conditions/payload.h"
#include "coordinator/conditions_pages.h"

#define SERVICE_BODY       ((size_t)1 << 30)    /* piov of 10^6 rows */
#define SERVICE_REFRESH_NS ((int64_t)200000000) /* a changed tag is seen this soon */
#define SERVICE_PREFIX     "/api/cdb_rest/"

struct conditions_service {
    char *folder;
    struct library *library;
    int64_t refreshed_ns;
};

/* One answer in the making. */
struct answer {
    struct http_request *request;
    const struct conditions_service *service;
    const char *rest; /* of the path, behind the route's name */
    unsigned status;
    const char *content_type;
    struct bytes body;
    struct json_writer writer;
};

/* ---- sending ---- */

static void answer_detail(struct answer *answer, unsigned status, const char *text)
{
    bytes_clear(&answer->body);
    json_begin(&answer->writer, &answer->body);
    json_open_object(&answer->writer, NULL);
    json_put_text(&answer->writer, "detail", text);
    json_close_object(&answer->writer);
    answer->status = status;
    answer->content_type = "application/json";
}

static void answer_not_found(struct answer *answer)
{
    answer_detail(answer, 404, "Not found.");
}

/* The validator is the content: quoted hash, the same for the same bytes. */
static void answer_send(struct answer *answer)
{
    char hex[SHA256_HEX];
    char etag[SHA256_HEX + 2];
    struct err err;
    if (!json_end(&answer->writer, &err))
        answer_detail(answer, 500, err.text);
    struct sha256 hash = sha256_of(answer->body.data, answer->body.size);
    sha256_to_hex(&hash, hex);
    (void)snprintf(etag, sizeof etag, "\"%s\"", hex);
    const char *known = http_request_header(answer->request, "If-None-Match");
    bool unchanged = answer->status == 200 && known && strcmp(known, etag) == 0;
    struct http_header headers[] = {{"ETag", etag}, {"Vary", "Accept"}};
    struct http_reply reply = {.status = unchanged ? 304 : answer->status,
                               .content_type = unchanged ? NULL : answer->content_type,
                               .body = answer->body.data,
                               .size = unchanged ? 0 : answer->body.size,
                               .headers = headers,
                               .header_count = answer->status == 200 ? 2 : 0};
    http_answer(answer->request, &reply);
}

/* ---- routes ---- */

/* The tag named by the rest of the path; an answer is made when it cannot be told. */
static const struct library_tag *answer_tag(struct answer *answer, const char *name)
{
    const struct library_tag *tag = library_find(answer->service->library, name);
    if (!tag)
        answer_not_found(answer);
    else if (tag->error[0])
        answer_detail(answer, 500, tag->error);
    return tag && !tag->error[0] ? tag : NULL;
}

static void route_statuses(struct answer *answer)
{
    page_statuses(&answer->writer);
}

static void route_tags(struct answer *answer)
{
    page_tag_rows(&answer->writer, answer->service->library);
}

static void route_dumps(struct answer *answer)
{
    struct err unused;
    uint64_t id = 0;
    if (!*answer->rest) {
        page_dumps(&answer->writer, answer->service->library);
        return;
    }
    const struct library *library = answer->service->library;
    bool good = text_to_u64(answer->rest, LIBRARY_TAGS, &id, &unused) && id > 0;
    const struct library_tag *tag = good ? library_at(library, (size_t)id - 1) : NULL;
    if (tag)
        page_dump(&answer->writer, tag);
    else
        answer_not_found(answer);
}

static void route_tag(struct answer *answer)
{
    const struct library_tag *tag = answer_tag(answer, answer->rest);
    const char *light = http_request_query(answer->request, "light");
    if (tag && light && strcmp(light, "1") == 0)
        page_tag_row(&answer->writer, tag);
    else if (tag)
        page_dump(&answer->writer, tag);
}

static void route_list_names(struct answer *answer)
{
    const struct library_tag *tag = answer_tag(answer, answer->rest);
    if (tag)
        page_list_names(&answer->writer, tag);
}

static void route_types(struct answer *answer)
{
    page_types(&answer->writer, answer->service->library);
}

static void route_lists(struct answer *answer)
{
    page_lists(&answer->writer, answer->service->library);
}

static void route_rows(struct answer *answer)
{
    page_rows(&answer->writer, answer->service->library);
}

static bool query_number(const struct answer *answer, const char *name, int64_t *number)
{
    struct err unused;
    const char *text = http_request_query(answer->request, name);
    return text && text_to_i64(text, INT64_MIN, INT64_MAX, number, &unused);
}

/* An unknown or missing tag is an empty answer, as clients know it. */
static void route_moment(struct answer *answer)
{
    struct moment moment = {0};
    const char *name = http_request_query(answer->request, "gtName");
    const char *shape = http_request_query(answer->request, "shape");
    if (!query_number(answer, "majorIOV", &moment.run) ||
        !query_number(answer, "minorIOV", &moment.spill)) {
        answer_detail(answer, 400, "majorIOV and minorIOV must be 64-bit integers.");
        return;
    }
    const struct library_tag *tag =
        name ? library_find(answer->service->library, name) : NULL;
    if (tag && tag->error[0])
        answer_detail(answer, 500, tag->error);
    else
        page_moment(&answer->writer, tag, moment, shape && strcmp(shape, "dict") == 0);
}

/* HOST of the request, when it is plain enough to be given back in a URL. */
static const char *plain_host(const struct answer *answer)
{
    const char *host = http_request_header(answer->request, "Host");
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789.-:[]";
    bool good =
        host && *host && strlen(host) < 256 && strspn(host, plain) == strlen(host);
    return good ? host : NULL;
}

static void route_settings(struct answer *answer)
{
    char url[512];
    const char *value = NULL;
    const char *host = plain_host(answer);
    if (strcmp(answer->rest, "CDB_IOV_MODE") == 0)
        value = "continuous";
    if (strcmp(answer->rest, "CDB_PAYLOAD_BASE_URL") == 0 && host) {
        (void)snprintf(url, sizeof url, "http://%s/payloads", host);
        value = url;
    }
    if (!value) {
        answer_detail(answer, 404, "No such setting.");
        return;
    }
    json_open_object(&answer->writer, NULL);
    json_put_text(&answer->writer, answer->rest, value);
    json_close_object(&answer->writer);
}

static void route_payload(struct answer *answer)
{
    char path[PATH_MAX];
    struct err err;
    int length = snprintf(path, sizeof path, "%s/payloads/%s", answer->service->folder,
                          answer->rest);
    bool good =
        tag_url_is_safe(answer->rest) && length < (int)sizeof path && disk_exists(path);
    answer->content_type = "application/octet-stream";
    if (!good || !disk_read_file(path, &answer->body, &err))
        answer_not_found(answer);
}

/* What may follow the name of a route. */
enum route_rest { REST_NONE, REST_SOME, REST_ANY };

static const struct route {
    const char *name;
    enum route_rest rest;
    void (*run)(struct answer *answer);
} routes[] = {
    {SERVICE_PREFIX "gtstatus", REST_NONE, route_statuses},
    {SERVICE_PREFIX "globalTags", REST_NONE, route_tags},
    {SERVICE_PREFIX "globalTag", REST_SOME, route_tag},
    {SERVICE_PREFIX "gtPayloadLists", REST_SOME, route_list_names},
    {SERVICE_PREFIX "gt", REST_ANY, route_dumps},
    {SERVICE_PREFIX "pt", REST_NONE, route_types},
    {SERVICE_PREFIX "pl", REST_NONE, route_lists},
    {SERVICE_PREFIX "piov", REST_NONE, route_rows},
    {SERVICE_PREFIX "payloadiovs", REST_NONE, route_moment},
    {SERVICE_PREFIX "user_settings", REST_SOME, route_settings},
    {"/payloads", REST_SOME, route_payload},
};

/* "NAME", "NAME/", "NAME/rest": the rest without slashes around it, NULL for no match. */
static const char *route_match(const struct route *route, char *path)
{
    size_t length = strlen(route->name);
    if (strncmp(path, route->name, length) != 0 ||
        (path[length] != '\0' && path[length] != '/'))
        return NULL;
    char *rest = path[length] == '/' ? path + length + 1 : path + length;
    bool has_rest = *rest != '\0';
    if ((has_rest && route->rest == REST_NONE) || (!has_rest && route->rest == REST_SOME))
        return NULL;
    return rest;
}

static void answer_route(struct answer *answer)
{
    char path[1024];
    struct err unused;
    const char *asked = http_request_path(answer->request);
    const char *method = http_request_method(answer->request);
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) {
        answer_detail(answer, 405, "Method not allowed.");
        return;
    }
    answer_not_found(answer);
    if (!text_copy(path, sizeof path, asked, &unused))
        return;
    size_t length = strlen(path);
    if (length > 1 && path[length - 1] == '/')
        path[length - 1] = '\0';
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        answer->rest = route_match(&routes[i], path);
        if (!answer->rest)
            continue;
        bytes_clear(&answer->body);
        json_begin(&answer->writer, &answer->body);
        answer->status = 200;
        routes[i].run(answer);
        return;
    }
}

void conditions_service_handle(struct http_request *request, void *user)
{
    struct conditions_service *service = user;
    int64_t now_ns = clock_now_ns();
    if (now_ns - service->refreshed_ns > SERVICE_REFRESH_NS) {
        library_refresh(service->library);
        service->refreshed_ns = now_ns;
    }
    struct answer answer = {
        .request = request, .service = service, .content_type = "application/json"};
    bytes_init(&answer.body, SERVICE_BODY);
    json_begin(&answer.writer, &answer.body);
    answer_route(&answer);
    answer_send(&answer);
    bytes_release(&answer.body);
}

bool conditions_service_new(const char *folder, struct conditions_service **service,
                            struct err *err)
{
    struct library *library = NULL;
    if (!library_open(folder, &library, err))
        return false;
    struct conditions_service *made = mem_new(1, sizeof *made);
    *made = (struct conditions_service){
        .folder = mem_text(folder), .library = library, .refreshed_ns = clock_now_ns()};
    *service = made;
    return true;
}

void conditions_service_free(struct conditions_service *service)
{
    if (!service)
        return;
    library_close(service->library);
    free(service->folder);
    free(service);
}
