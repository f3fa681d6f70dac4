/* http_load.h - many kept connections that ask as fast as they are answered.
 * SPDX-License-Identifier: Apache-2.0
 *
 * One thread and no library, so that the client is the small part of what is measured.
 */
#ifndef SPILLWAY_TESTS_BENCH_HTTP_LOAD_H
#define SPILLWAY_TESTS_BENCH_HTTP_LOAD_H

#include "base/bytes.h"

#define HTTP_LOAD_CONNECTIONS 64u

/* Writes the target ("/path?query") of the next request. */
typedef void (*http_load_next)(void *user, char *target, size_t size);

struct http_load {
    unsigned port; /* of the loopback */
    unsigned connections;
    int64_t duration_ns;
    http_load_next next;
    void *user;
};

struct http_loaded {
    uint64_t requests;
    uint64_t failed; /* not 200 */
    uint64_t bytes;  /* of bodies */
    double seconds;
    double p50_ms; /* of the time from sending to the last byte */
    double p99_ms;
};

/* Ends the program when a connection breaks. */
struct http_loaded http_load_run(const struct http_load *load);

#endif
