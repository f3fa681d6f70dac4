/* event_digest.c - additive identity of a set of events.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "model/event_digest.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/bytes.h"

struct event_digest event_digest_of(struct sha256_stream *stream, uint32_t run,
                                    uint32_t spill, uint32_t event, uint32_t type)
{
    uint8_t words[16];
    le32_store(words, run);
    le32_store(words + 4, spill);
    le32_store(words + 8, event);
    le32_store(words + 12, type);
    sha256_start(stream);
    sha256_add(stream, words, sizeof words);
    struct sha256 hash = sha256_end(stream);
    return (struct event_digest){
        .count = 1, .low = le64_load(hash.bytes), .high = le64_load(hash.bytes + 8)};
}

void event_digest_add(struct event_digest *digest, uint32_t run, uint32_t spill,
                      uint32_t event, uint32_t type)
{
    struct sha256_stream *stream = sha256_new();
    struct event_digest one = event_digest_of(stream, run, spill, event, type);
    event_digest_merge(digest, &one);
    sha256_free(stream);
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
