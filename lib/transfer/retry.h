/* retry.h - when and after which pause a failed request is worth another try.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Exponential with full jitter: the pause before try n + 1 is random between 0 and
 * base * 2^(n-1), capped, and never below what the server asked for. Pure: time and
 * random numbers come in as arguments.
 */
#ifndef SPILLWAY_TRANSFER_RETRY_H
#define SPILLWAY_TRANSFER_RETRY_H

#include "base/random.h"
#include "transfer/http.h"

struct retry_policy {
    int64_t base_ns;
    int64_t cap_ns;
    unsigned tries;   /* in all */
    int64_t total_ns; /* no try starts later than this after the first */
};

/* 0.5 s, 30 s, 6 tries, 3 min: for requests to services. */
struct retry_policy retry_policy_usual(void);

/* How often a request that failed like this may be tried in all: 1 for permanent causes
 * (4xx, 500 with a JSON text, too large, certificate), 2 for a truncated answer, 3 for
 * a 500 or nonsense without JSON, policy->tries for a dead, busy or slow server. */
unsigned retry_tries(const struct retry_policy *policy, const struct err *err,
                     const struct http_response *response);

/* Whether the server gave an answer of its own, good or bad; not when there was no
 * answer, or a gateway that says that nobody is behind it (502, 503, 504). */
bool retry_is_alive(const struct http_response *response);

/* Pause after the given number of failed tries (1, 2, ...). */
int64_t retry_pause_ns(const struct retry_policy *policy, unsigned failed,
                       const struct http_response *response, struct random *random);

#endif
