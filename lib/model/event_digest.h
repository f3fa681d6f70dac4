/* event_digest.h - which events, independent of their order and of how they were cut.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Count, and the sum modulo 2^128 of the first 16 bytes (little endian) of
 * sha256(run, spill, event, type as four little-endian u32). Additive over disjoint
 * parts: digest(a + b) = digest(a) + digest(b).
 */
#ifndef SPILLWAY_MODEL_EVENT_DIGEST_H
#define SPILLWAY_MODEL_EVENT_DIGEST_H

#include "base/digest.h"

struct event_digest {
    uint64_t count;
    uint64_t low;
    uint64_t high;
};

/* Names of an event; event is its number in the spill, type the DATE type without flags.
 */
struct event_name {
    uint32_t run, spill, event, type;
};

/* Digests of single events, many in one call: one costs half as much then. */
void event_digests_of(const struct event_name *names, size_t count,
                      struct event_digest *digests);

/* Adds one event to a sum. */
void event_digest_add(struct event_digest *digest, uint32_t run, uint32_t spill,
                      uint32_t event, uint32_t type);
void event_digest_merge(struct event_digest *sum, const struct event_digest *part);

/* Takes out of the sum a part that was added before. */
void event_digest_take(struct event_digest *sum, const struct event_digest *part);
bool event_digest_equal(const struct event_digest *a, const struct event_digest *b);

#define EVENT_DIGEST_TEXT 64

/* "count:32 hexadecimal digits", as in key texts. */
void event_digest_text(const struct event_digest *digest, char out[EVENT_DIGEST_TEXT]);

#endif
