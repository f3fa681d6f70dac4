/* http.h - requests to HTTP servers, by libcurl.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A client keeps its connections open between calls (keep-alive); one thread uses it at a
 * time. Certificates are always verified, by TLS 1.2 or newer. Only http and https;
 * redirects of GET without a token are followed, at most three, from https only to https.
 * A token is never sent anywhere but to the given URL. Loopback addresses are never
 * reached through a proxy.
 *
 * Failures are told apart:
 *   E_URL             the URL is malformed or of another scheme
 *   E_HTTP_CONNECT    no connection: name, refusal, time limit of connecting
 *   E_HTTP_TLS        certificate or handshake
 *   E_HTTP_STATUS     a whole answer with a status that is not 2xx: response->status
 *   E_HTTP_SLOW       below the floor of speed, or above the total time
 *   E_HTTP_TOO_LARGE  more bytes than allowed
 *   E_HTTP_TRUNCATED  the answer stopped early
 *   E_HTTP_REPLY      not HTTP, too many redirects, endless headers
 *   E_PROCESS    libcurl is not on this machine
 */
#ifndef SPILLWAY_TRANSFER_HTTP_H
#define SPILLWAY_TRANSFER_HTTP_H

#include "base/bytes.h"

struct http_client;

struct http_limits {
    int64_t connect_ms;
    int64_t slow_bytes_s; /* slower than this ... */
    int64_t slow_s;       /* ... for so long is E_HTTP_SLOW; 0 seconds: no floor */
    int64_t total_ms;     /* 0: no limit */
    uint64_t max_bytes;   /* of the answer */
};

/* 10 s to connect, 1 kB/s over 30 s, 10 min in all. */
struct http_limits http_limits_usual(uint64_t max_bytes);

struct http_call {
    const char *url;
    const char *bearer;       /* NULL: none */
    const char *accept;       /* NULL: "application/json" */
    const char *authorities;  /* PEM file of trusted ones; NULL: those of the system */
    const char *if_match;     /* NULL: not asked */
    const char *content_type; /* of `body`, for a POST */
    const void *body;
    size_t body_size;
    struct http_limits limits;
};

struct http_response {
    long status;           /* 0: no answer came */
    bool is_json;          /* by its Content-Type */
    int64_t retry_after_s; /* asked for by the server, 0 none */
};

/* "https://host:443" in lower case and with its port: what one server is. "" when `url`
 * is no http or https URL with a host. */
#define HTTP_ORIGIN 300
void http_origin(const char *url, char origin[HTTP_ORIGIN]);

/* http:// or https:// with a host behind it; whether the rest is sound a request tells.
 */
bool http_is_url(const char *url);

/* Whether a secret may be sent there: https, or a loopback address. */
bool http_is_private(const char *url);

struct http_client *http_client_new(void);
void http_client_free(struct http_client *client);

/* GET or POST; the answer's body is appended to `out` (whose limit counts as well).
 * *response is filled in any case; with E_HTTP_STATUS `out` holds the server's text and
 * the message its first line, its JSON "detail" or {"FIELD": ["message"]}. */
bool http_get(struct http_client *client, const struct http_call *call, struct bytes *out,
              struct http_response *response, struct err *err);
bool http_post(struct http_client *client, const struct http_call *call,
               struct bytes *out, struct http_response *response, struct err *err);

/* PUT or DELETE, as http_post. */
bool http_send(struct http_client *client, const char *method,
               const struct http_call *call, struct bytes *out,
               struct http_response *response, struct err *err);

/* GET into an open file. */
bool http_get_file(struct http_client *client, const struct http_call *call, int fd,
                   struct http_response *response, struct err *err);

#endif
