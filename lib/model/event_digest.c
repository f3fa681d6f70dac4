/* event_digest.c - additive identity of a set of events.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "model/event_digest.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/bytes.h"

void event_digest_add(struct event_digest *digest, uint32_t run, uint32_t spill,
                      uint32_t event, uint32_t type)
{
    uint8_t words[16];
    le32_store(words, run);
    le32_store(words + 4, spill);
    le32_store(words + 8, event);
    le32_store(words + 12, type);
    struct sha256 hash = sha256_of(words, sizeof words);
    struct event_digest one = {
        .count = 1, .low = le64_load(hash.bytes), .high = le64_load(hash.bytes + 8)};
    event_digest_merge(digest, &one);
}

void event_digest_merge(struct event_digest *sum, const struct event_digest *part)
{
    sum->count += part->count;
    uint64_t low = sum->low + part->low;
    sum->high += part->high + (low < part->low ? 1 : 0);
    sum->low = low;
}

bool event_digest_equal(const struct event_digest *a, const struct event_digest *b)
{
    return a->count == b->count && a->low == b->low && a->high == b->high;
}

void event_digest_text(const struct event_digest *digest, char out[EVENT_DIGEST_TEXT])
{
    (void)snprintf(out, EVENT_DIGEST_TEXT, "%" PRIu64 ":%016" PRIx64 "%016" PRIx64,
                   digest->count, digest->high, digest->low);
}
