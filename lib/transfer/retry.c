/* retry.c - when and after which pause a failed request is worth another try.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "transfer/retry.h"

#define SECOND_NS ((int64_t)1000000000)

struct retry_policy retry_policy_usual(void)
{
    return (struct retry_policy){.base_ns = SECOND_NS / 2,
                                 .cap_ns = 30 * SECOND_NS,
                                 .tries = 6,
                                 .total_ns = 180 * SECOND_NS};
}

static unsigned tries_for_status(const struct retry_policy *policy,
                                 const struct http_response *response)
{
    switch (response->status) {
    case 408:
    case 429:
    case 502:
    case 503:
    case 504:
        return policy->tries;
    case 500:
        return response->is_json ? 1 : 3;
    default:
        return 1;
    }
}

unsigned retry_tries(const struct retry_policy *policy, const struct err *err,
                     const struct http_response *response)
{
    unsigned tries = 1;
    if (err->code == E_HTTP_STATUS)
        tries = tries_for_status(policy, response);
    else if (err->code == E_HTTP_CONNECT || err->code == E_HTTP_SLOW)
        tries = policy->tries;
    else if (err->code == E_HTTP_TRUNCATED)
        tries = 2;
    else if (err->code == E_HTTP_REPLY)
        tries = 3;
    return tries < policy->tries ? tries : policy->tries;
}

bool retry_is_alive(const struct http_response *response)
{
    return response->status != 0 && response->status != 502 && response->status != 503 &&
           response->status != 504;
}

int64_t retry_pause_ns(const struct retry_policy *policy, unsigned failed,
                       const struct http_response *response, struct random *random)
{
    int64_t most = policy->base_ns;
    for (unsigned i = 1; i < failed && most < policy->cap_ns; i++)
        most *= 2;
    if (most > policy->cap_ns)
        most = policy->cap_ns;
    int64_t pause = (int64_t)random_below(random, (uint64_t)most + 1);
    int64_t asked = response->retry_after_s < policy->cap_ns / SECOND_NS
                        ? response->retry_after_s * SECOND_NS
                        : policy->cap_ns;
    return pause > asked ? pause : asked;
}
