/* bare_http.h - the yardstick of HTTP servers: libmicrohttpd with a constant body.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The same threads and limits as http_server.c asks for, and nothing else.
 */
#ifndef SPILLWAY_TESTS_BENCH_BARE_HTTP_H
#define SPILLWAY_TESTS_BENCH_BARE_HTTP_H

#include <stddef.h>

struct bare_http;

/* On a free port of the loopback; the body is borrowed. NULL when that fails. */
struct bare_http *bare_http_start(const void *body, size_t size, unsigned threads);
unsigned bare_http_port(const struct bare_http *server);

#endif
