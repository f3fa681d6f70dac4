/* event_digest.c - additive identity of a set of events.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "model/event_digest.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/bytes.h"
#include "base/cpu.h"
#include "base/sha256_short.h"

#define BATCH 32u /* names turned to bytes at a time */

void event_digests_of(const struct event_name *names, size_t count,
                      struct event_digest *digests)
{
    const bool vector = cpu_has_sha();
    uint8_t messages[BATCH * SHA256_SHORT], hashes[BATCH * SHA256_SHORT];
    while (count > 0) {
        size_t part = count < BATCH ? count : BATCH;
        for (size_t i = 0; i < part; i++) {
            uint8_t *words = messages + SHA256_SHORT * i;
            le32_store(words, names[i].run);
            le32_store(words + 4, names[i].spill);
            le32_store(words + 8, names[i].event);
            le32_store(words + 12, names[i].type);
        }
        sha256_short(messages, part, vector, hashes);
        for (size_t i = 0; i < part; i++)
            digests[i] =
                (struct event_digest){.count = 1,
                                      .low = le64_load(hashes + SHA256_SHORT * i),
                                      .high = le64_load(hashes + SHA256_SHORT * i + 8)};
        names += part;
        digests += part;
        count -= part;
    }
}

void event_digest_add(struct event_digest *digest, uint32_t run, uint32_t spill,
                      uint32_t event, uint32_t type)
{
    struct event_digest one;
    event_digests_of(&(struct event_name){run, spill, event, type}, 1, &one);
    event_digest_merge(digest, &one);
}

void event_digest_merge(struct event_digest *sum, const struct event_digest *part)
{
    sum->count += part->count;
    uint64_t low = sum->low + part->low;
    sum->high += part->high + (low < part->low ? 1 : 0);
    sum->low = low;
}

void event_digest_take(struct event_digest *sum, const struct event_digest *part)
{
    sum->count -= part->count;
    sum->high -= part->high + (sum->low < part->low ? 1 : 0);
    sum->low -= part->low;
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
