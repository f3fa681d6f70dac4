/* http.c - one request, by libcurl.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "transfer/http.h"

#include <pthread.h>
#include <strings.h>

#include "base/disk.h"
#include "base/json.h"
#include "base/text.h"
#include "transfer/http_library.h"

#define HTTP_HEADER_BYTES ((size_t)256 << 10) /* all headers of an answer */
#define HTTP_REDIRECTS    3L
#define HTTP_SHOWN        160 /* characters of a URL beside that */
#define HTTP_DETAIL       320 /* characters of a server's text in a message */

struct http_client {
    CURL *curl; /* NULL: there is no library */
};

/* Where the bytes of one answer go, and why they stopped. */
struct sink {
    bool post;
    const char *method; /* of a body that is not posted */
    struct bytes *out;  /* or */
    int fd;
    uint64_t taken;
    uint64_t limit;
    size_t header_bytes;
    bool too_large;
    bool disk_failed;
    struct err disk;
};

/* Loaded once for all threads, or why it could not be. */
static struct http_library library;
static struct err library_missing;
static bool library_loaded;
static pthread_once_t library_once = PTHREAD_ONCE_INIT;

/* libcurl's memory comes from where ours does and ends in the same way: an option that it
 * could not keep (whom to trust, which token) would silently not count. */
static void *memory_new(size_t size)
{
    return mem_grow(NULL, 1, size);
}

static void *memory_grow(void *old, size_t size)
{
    return mem_grow(old, 1, size);
}

static void library_start(void)
{
    library_loaded = http_library_load(HTTP_LIBRARY, &library, &library_missing);
    if (library_loaded &&
        library.global_init_mem(CURL_GLOBAL_DEFAULT, memory_new, free, memory_grow,
                                mem_text, mem_new) != CURLE_OK)
        mem_exhausted("libcurl"); /* it needs nothing else to start */
}

static bool library_ready(void)
{
    (void)pthread_once(&library_once, library_start);
    return library_loaded;
}

struct http_limits http_limits_usual(uint64_t max_bytes)
{
    return (struct http_limits){.connect_ms = 10000,
                                .slow_bytes_s = 1000,
                                .slow_s = 30,
                                .total_ms = 600000,
                                .max_bytes = max_bytes};
}

struct http_client *http_client_new(void)
{
    struct http_client *client = mem_new(1, sizeof *client);
    if (!library_ready())
        return client;
    client->curl = library.easy_init();
    bug_if(!client->curl);
    return client;
}

void http_client_free(struct http_client *client)
{
    if (!client)
        return;
    if (client->curl)
        library.easy_cleanup(client->curl);
    free(client);
}

/* ---- receiving ---- */

static size_t on_body(const char *data, size_t one, size_t size, void *user)
{
    (void)one;
    struct sink *sink = user;
    struct err unused;
    if (size > sink->limit - sink->taken) {
        sink->too_large = true;
        return CURL_WRITEFUNC_ERROR;
    }
    if (sink->out && !bytes_append(sink->out, data, size, &unused)) {
        sink->too_large = true;
        return CURL_WRITEFUNC_ERROR;
    }
    if (!sink->out && !disk_write(sink->fd, "the local file", data, size, &sink->disk)) {
        sink->disk_failed = true;
        return CURL_WRITEFUNC_ERROR;
    }
    sink->taken += size;
    return size;
}

static size_t on_header(const char *data, size_t one, size_t size, void *user)
{
    (void)data;
    (void)one;
    struct sink *sink = user;
    sink->header_bytes += size;
    return sink->header_bytes > HTTP_HEADER_BYTES ? 0 : size;
}

/* ---- setting up ---- */

static bool url_starts(const char *url, const char *start)
{
    return strncasecmp(url, start, strlen(start)) == 0;
}

static void lower(char *text)
{
    for (char *c = text; *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
}

void http_origin(const char *url, char origin[HTTP_ORIGIN])
{
    origin[0] = '\0';
    if (!library_ready())
        return;
    CURLU *parts = library.url();
    char *scheme = NULL, *host = NULL, *port = NULL;
    bug_if(!parts);
    bool known =
        library.url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
        library.url_get(parts, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
        library.url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
        library.url_get(parts, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK;
    int length =
        known ? snprintf(origin, HTTP_ORIGIN, "%s://%s:%s", scheme, host, port) : -1;
    if (length < 0 || length >= HTTP_ORIGIN || !url_starts(scheme, "http"))
        origin[0] = '\0';
    lower(origin);
    library.free(scheme);
    library.free(host);
    library.free(port);
    library.url_cleanup(parts);
}

/* 127.0.0.1, localhost, [::1]: never by a proxy, whatever the environment says. */
static bool url_is_loopback(const char *url)
{
    static const char *const hosts[] = {"://127.0.0.1:", "://localhost:", "://[::1]:"};
    char origin[HTTP_ORIGIN];
    http_origin(url, origin);
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        if (strstr(origin, hosts[i]))
            return true;
    }
    return false;
}

bool http_is_url(const char *url)
{
    bool secure = url_starts(url, "https://");
    if (!secure && !url_starts(url, "http://"))
        return false;
    const char *host = url + (secure ? 8 : 7);
    return host[0] != '\0' && host[0] != '/';
}

bool http_is_private(const char *url)
{
    return url_starts(url, "https://") ||
           (url_starts(url, "http://") && url_is_loopback(url));
}

static void set_limits(CURL *curl, const struct http_limits *limits)
{
    library.easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)limits->connect_ms);
    library.easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, (long)limits->slow_bytes_s);
    library.easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)limits->slow_s);
    library.easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)limits->total_ms);
    uint64_t most = limits->max_bytes < INT64_MAX ? limits->max_bytes : INT64_MAX;
    library.easy_setopt(curl, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)most);
}

static void set_access(CURL *curl, const struct http_call *call)
{
    bool secure = url_starts(call->url, "https:");
    library.easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    library.easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR,
                        secure ? "https" : "http,https");
    library.easy_setopt(curl, CURLOPT_MAXREDIRS, HTTP_REDIRECTS);
    library.easy_setopt(curl, CURLOPT_FOLLOWLOCATION, call->bearer ? 0L : 1L);
    library.easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (call->authorities)
        library.easy_setopt(curl, CURLOPT_CAINFO, call->authorities);
    library.easy_setopt(curl, CURLOPT_NOPROXY, url_is_loopback(call->url) ? "*" : NULL);
    if (!call->bearer)
        return;
    library.easy_setopt(curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
    library.easy_setopt(curl, CURLOPT_XOAUTH2_BEARER, call->bearer);
}

static struct curl_slist *header_add(struct curl_slist *list, const char *name,
                                     const char *value)
{
    struct bytes line;
    const char *text = NULL;
    struct err err;
    bytes_init(&line, 4096);
    bug_if(!text_addf(&line, &err, "%s: %s", name, value) ||
           !text_terminate(&line, &text, &err));
    struct curl_slist *longer = library.slist_append(list, text);
    bug_if(!longer);
    bytes_release(&line);
    return longer;
}

static struct curl_slist *set_headers(CURL *curl, const struct http_call *call)
{
    struct curl_slist *list =
        header_add(NULL, "Accept", call->accept ? call->accept : "application/json");
    if (call->content_type)
        list = header_add(list, "Content-Type", call->content_type);
    if (call->if_match)
        list = header_add(list, "If-Match", call->if_match);
    library.easy_setopt(curl, CURLOPT_HTTPHEADER, list);
    return list;
}

static void set_call(CURL *curl, const struct http_call *call, struct sink *sink)
{
    library.easy_reset(curl); /* keeps connections */
    library.easy_setopt(curl, CURLOPT_URL, call->url);
    library.easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    library.easy_setopt(curl, CURLOPT_USERAGENT, "spillway");
    library.easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    library.easy_setopt(curl, CURLOPT_WRITEDATA, sink);
    library.easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
    library.easy_setopt(curl, CURLOPT_HEADERDATA, sink);
    set_limits(curl, &call->limits);
    set_access(curl, call);
}

static void set_post(CURL *curl, const struct http_call *call)
{
    library.easy_setopt(curl, CURLOPT_POST, 1L);
    library.easy_setopt(curl, CURLOPT_POSTFIELDS, call->body ? call->body : "");
    library.easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body_size);
    library.easy_setopt(curl, CURLOPT_FOLLOWLOCATION,
                        0L); /* never send a body elsewhere */
}

/* ---- judging ---- */

static bool was_connected(CURL *curl)
{
    curl_off_t connected = 0;
    library.easy_getinfo(curl, CURLINFO_PRETRANSFER_TIME_T, &connected);
    return connected > 0;
}

/* A cause as libcurl knows it -> one of ours; everything else is "not proper HTTP". */
static enum err_code code_of(CURL *curl, CURLcode result)
{
    static const struct {
        CURLcode curl;
        enum err_code code;
    } causes[] = {
        {CURLE_URL_MALFORMAT, E_URL},
        {CURLE_COULDNT_RESOLVE_HOST, E_HTTP_CONNECT},
        {CURLE_COULDNT_RESOLVE_PROXY, E_HTTP_CONNECT},
        {CURLE_COULDNT_CONNECT, E_HTTP_CONNECT},
        {CURLE_SEND_ERROR, E_HTTP_CONNECT},
        {CURLE_PARTIAL_FILE, E_HTTP_TRUNCATED},
        {CURLE_RECV_ERROR, E_HTTP_TRUNCATED},
        {CURLE_GOT_NOTHING, E_HTTP_TRUNCATED},
        {CURLE_FILESIZE_EXCEEDED, E_HTTP_TOO_LARGE},
        {CURLE_SSL_CONNECT_ERROR, E_HTTP_TLS},
        {CURLE_PEER_FAILED_VERIFICATION, E_HTTP_TLS},
        {CURLE_SSL_CACERT_BADFILE, E_HTTP_TLS},
    };

    if (result == CURLE_OPERATION_TIMEDOUT)
        return was_connected(curl) ? E_HTTP_SLOW : E_HTTP_CONNECT;
    for (size_t i = 0; i < sizeof causes / sizeof *causes; i++) {
        if (causes[i].curl == result)
            return causes[i].code;
    }
    return E_HTTP_REPLY;
}

static void read_response(CURL *curl, struct http_response *response)
{
    char *type = NULL;
    curl_off_t after = 0;
    library.easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &response->status);
    library.easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
    library.easy_getinfo(curl, CURLINFO_RETRY_AFTER, &after);
    response->is_json = type && url_starts(type, "application/json");
    response->retry_after_s = after > 0 ? (int64_t)after : 0;
}

/* JSON "detail", or the first of {"FIELD": ["message"]}, as the conditions service says
 * what is wrong with a body. */
static void read_json_detail(const struct json *document, char detail[HTTP_DETAIL])
{
    const char *text = NULL;
    if (json_text(json_get(document, "detail"), &text)) {
        (void)snprintf(detail, HTTP_DETAIL, ": %s", text);
    } else if (json_is_object(document) && json_count(document) > 0) {
        const char *field = json_key(document, 0);
        if (json_text(json_at(json_get(document, field), 0), &text))
            (void)snprintf(detail, HTTP_DETAIL, ": %s: %s", field, text);
    }
}

/* What the server says about a refusal: in JSON, or the first line of a text. */
static void read_detail(const struct http_response *response, const struct bytes *body,
                        char detail[HTTP_DETAIL])
{
    struct json *document = NULL;
    struct err unused;
    detail[0] = '\0';
    if (!body || body->size == 0)
        return;
    if (response->is_json &&
        json_parse(body->data, body->size, "answer", &document, &unused)) {
        read_json_detail(document, detail);
    } else if (!response->is_json && body->data[0] != '<') {
        const uint8_t *stop = memchr(body->data, '\n', body->size);
        size_t length = stop ? (size_t)(stop - body->data) : body->size;
        int shown = length < HTTP_DETAIL ? (int)length : HTTP_DETAIL;
        (void)snprintf(detail, HTTP_DETAIL, ": %.*s", shown, (const char *)body->data);
    }
    if (document)
        json_free(document);
    for (char *c = detail; *c; c++)
        if (*c < 0x20 || *c > 0x7e)
            *c = ' ';
}

static bool transfer_failed(CURL *curl, CURLcode result, const struct http_call *call,
                            const struct sink *sink, struct err *err)
{
    if (sink->disk_failed) {
        *err = sink->disk;
        return err_wrap(err, "GET %s", call->url);
    }
    if (sink->too_large)
        return err_set(err, E_HTTP_TOO_LARGE, "%s: more than %llu bytes", call->url,
                       (unsigned long long)call->limits.max_bytes);
    if (sink->header_bytes > HTTP_HEADER_BYTES)
        return err_set(err, E_HTTP_REPLY, "%s: endless headers", call->url);
    return err_set(err, code_of(curl, result), "%s: %s after %llu bytes", call->url,
                   library.easy_strerror(result), (unsigned long long)sink->taken);
}

static bool perform(CURL *curl, const struct http_call *call, struct sink *sink,
                    struct http_response *response, struct err *err)
{
    char detail[HTTP_DETAIL];
    sink->limit = call->limits.max_bytes;
    *response = (struct http_response){0};
    if (!url_starts(call->url, "http://") && !url_starts(call->url, "https://"))
        return err_set(err, E_URL, "'%s' is no http:// or https:// URL", call->url);
    if (!curl) {
        *err = library_missing;
        return err_wrap(err, "%s", call->url);
    }
    set_call(curl, call, sink);
    if (sink->post)
        set_post(curl, call);
    if (sink->method)
        library.easy_setopt(curl, CURLOPT_CUSTOMREQUEST, sink->method);
    struct curl_slist *headers = set_headers(curl, call);
    CURLcode result = library.easy_perform(curl);
    library.slist_free_all(headers);
    read_response(curl, response);
    if (result != CURLE_OK)
        return transfer_failed(curl, result, call, sink, err);
    if (response->status >= 200 && response->status < 300)
        return true;
    read_detail(response, sink->out, detail);
    bool is_long = strlen(call->url) > HTTP_SHOWN; /* what is said must have room */
    return err_set(err, E_HTTP_STATUS, "%.*s%s: status %ld%s", HTTP_SHOWN, call->url,
                   is_long ? "..." : "", response->status, detail);
}

bool http_get(struct http_client *client, const struct http_call *call, struct bytes *out,
              struct http_response *response, struct err *err)
{
    struct sink sink = {.out = out};
    return perform(client->curl, call, &sink, response, err);
}

bool http_post(struct http_client *client, const struct http_call *call,
               struct bytes *out, struct http_response *response, struct err *err)
{
    struct sink sink = {.out = out, .post = true};
    return perform(client->curl, call, &sink, response, err);
}

bool http_send(struct http_client *client, const char *method,
               const struct http_call *call, struct bytes *out,
               struct http_response *response, struct err *err)
{
    struct sink sink = {.out = out, .post = true, .method = method};
    return perform(client->curl, call, &sink, response, err);
}

bool http_get_file(struct http_client *client, const struct http_call *call, int fd,
                   struct http_response *response, struct err *err)
{
    struct sink sink = {.fd = fd};
    return perform(client->curl, call, &sink, response, err);
}
