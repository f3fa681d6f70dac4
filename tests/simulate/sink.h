/* sink.h - a new file that is written from front to back.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_TESTS_SIMULATE_SINK_H
#define SPILLWAY_TESTS_SIMULATE_SINK_H

#include "base/bytes.h"
#include "base/digest.h"

struct sink {
    int fd; /* -1: closed */
    char path[512];
    struct bytes waiting;
    uint64_t size; /* with what is waiting */
    uint32_t adler32;
};

/* A file of that name must not exist. */
bool sink_open(struct sink *sink, const char *path, struct err *err);
bool sink_add(struct sink *sink, const void *data, size_t size, struct err *err);

/* Writes the rest and closes. */
bool sink_close(struct sink *sink, struct err *err);

/* After a failure; NULL-safe for a sink that was never opened (fd -1). */
void sink_release(struct sink *sink);

#endif
