/* transfer.h - get and put by URL, with patience: local paths, http, https.
 * SPDX-License-Identifier: Apache-2.0
 *
 * One door for whatever moves between places. A URL is an absolute path, `file:PATH`
 * (taken literally, no percent-decoding), or http(s). This is a loop: it sleeps between
 * tries and looks at the clock for that.
 */
#ifndef SPILLWAY_TRANSFER_TRANSFER_H
#define SPILLWAY_TRANSFER_TRANSFER_H

#include <sys/types.h>

#include "transfer/bearer.h"
#include "transfer/retry.h"

/* Texts and places are borrowed and outlive the transfer. */
struct transfer_options {
    struct retry_policy retry;
    struct http_limits limits;          /* max_bytes is given per call */
    uint64_t seed;                      /* of the jitter: different in each process */
    const char *circuits;               /* folder for circuit.h; NULL: not shared */
    const char *authorities;            /* as in http_call */
    const struct bearer_places *bearer; /* NULL: no token is ever sent */
    const char *bearer_url;             /* to this server only */
};

/* The usual limits and policy. */
struct transfer_options transfer_options_usual(uint64_t seed);

/* The same, but a server that fails or stalls is given up after `patience_s` seconds. */
struct transfer_options transfer_options_patient(uint64_t seed, uint32_t patience_s);

/* What a person waits for a conditions service unless asked otherwise. */
#define TRANSFER_PATIENCE_S   180u
#define TRANSFER_PATIENCE_MAX 86400u

/* A client with its open connections; one thread at a time. */
struct transfer;

struct transfer *transfer_new(const struct transfer_options *options);
void transfer_free(struct transfer *transfer);

/* The path of a local URL, NULL when it is none. Points into `url`. */
const char *transfer_local_path(const char *url);

/* Appends at most `maximum` bytes to `out`. A larger one is E_HTTP_TOO_LARGE or E_LIMIT.
 * The last answer's status is in *response (0 for a local file). When the server of
 * `bearer_url` answers 401 or 403 the token is looked for and sent from then on, by https
 * or to a loopback address only. */
bool transfer_get(struct transfer *transfer, const char *url, uint64_t maximum,
                  struct bytes *out, struct http_response *response, struct err *err);

/* The same into a new file, synced; nothing has the name `path` unless all came. */
bool transfer_get_file(struct transfer *transfer, const char *url, uint64_t maximum,
                       const char *path, struct err *err);

/* Puts bytes under a local URL, durable, with the folders that it needs. */
bool transfer_put(const char *url, const void *data, size_t size, mode_t mode,
                  struct err *err);

#endif
