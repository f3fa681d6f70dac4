/* http_server.h - a small HTTP server: whole, bounded requests in; answers now or later.
 * SPDX-License-Identifier: Apache-2.0
 *
 * http_server.c is the only door to libmicrohttpd. The handler is called in one of the
 * server's threads with a request that was read completely. It must lead to exactly one
 * http_answer per request: before it returns, or later from any thread (a deferred
 * answer, for instance after the group commit that the answer promises).
 *
 * Always true: a request handle stays valid until its http_answer, even when the client
 * hung up or the server was stopped meanwhile; the answer then goes nowhere.
 */
#ifndef SPILLWAY_COORDINATOR_HTTP_SERVER_H
#define SPILLWAY_COORDINATOR_HTTP_SERVER_H

#include "coordinator/body.h"

struct http_server;
struct http_request;

struct http_reply;

/* Asked when the headers are there and the body is not: false with *refusal filled turns
 * the request away before its body is read. */
typedef bool (*http_gate)(const struct http_request *request, void *user,
                          struct http_reply *refusal);

struct http_options {
    const char *listen;       /* "HOST:PORT", "[::1]:PORT"; port 0 takes any free one */
    size_t max_body;          /* bytes; more is answered 413 without the handler */
    unsigned max_connections; /* at a time; more wait in the listen queue */
    unsigned idle_timeout_s;  /* of a connection without traffic */
    unsigned body_timeout_s;  /* for one request's body: a slow drip is cut off */
    unsigned threads;         /* 1 or 2 */
    unsigned max_per_peer;    /* connections from one address; 0: no limit of its own */
    http_gate gate;           /* NULL: every request gets in */
};

/* 64 MiB bodies, 1000 connections, 60 s idle, 120 s for a body, 2 threads; the caller
 * sets `listen`. No limit for one peer, no gate. */
struct http_options http_options_usual(const char *listen);

/* E_USAGE for a malformed address: for who makes something before it can listen. */
bool http_listen_check(const char *listen, struct err *err);

struct http_header {
    const char *name;
    const char *value;
};

struct http_reply {
    unsigned status;
    const char *content_type; /* NULL: none, for an empty body */
    const void *body;         /* copied */
    void *given;              /* instead of `body`: memory that the server frees */
    struct body *shared;      /* instead of both: a reference that the server takes */
    size_t size;              /* of `body` or `given` */
    const struct http_header *headers; /* in addition; copied */
    size_t header_count;
};

typedef void (*http_handler)(struct http_request *request, void *user);

/* Listens and starts the threads. E_USAGE for a malformed address, E_HTTP_LISTEN when it
 * cannot be listened on. `user` is borrowed until the server is stopped. */
bool http_server_new(const struct http_options *options, http_handler handler, void *user,
                     struct http_server **server, struct err *err);

/* The port really in use. */
unsigned http_server_port(const struct http_server *server);

/* Takes no more connections, answers 503 to all deferred requests, lets running answers
 * go out for up to 2 s, ends the threads. Whoever still holds a deferred request must
 * call http_answer (which then only releases it). NULL is fine. */
void http_server_stop(struct http_server *server);

/* Until http_answer. The path is percent-decoded and starts with '/'. */
const char *http_request_method(const struct http_request *request);
const char *http_request_path(const struct http_request *request);
const void *http_request_body(const struct http_request *request, size_t *size);

/* What follows "Authorization: Bearer ", NULL when there is none. */
const char *http_request_bearer(const struct http_request *request);

/* Only inside the handler or gate: a value of the query string ("" when it has no '='),
 * or a header by its case-insensitive name; NULL when absent. */
const char *http_request_query(const struct http_request *request, const char *name);
const char *http_request_header(const struct http_request *request, const char *name);

/* Answers and gives the request back; `request` is gone afterwards. Thread-safe. */
void http_answer(struct http_request *request, const struct http_reply *reply);

/* The same for a text: "application/json", or a line of plain text for an error. */
void http_answer_text(struct http_request *request, unsigned status,
                      const char *content_type, const char *text);

#endif
