/* space.c - free bytes of a store against bytes that are expected.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/space.h"

#include <stdio.h>

#include "coordinator/pace.h"
#include "coordinator/shelf.h"

/* One attempt of 4096 segments. */
#define SPACE_ARENA ((size_t)1 << 20)

/* Whether the newest tasks, as many as PACE_ATTEMPTS, tell what a segment writes: only
 * attempts are read, so that a status stays quick. */
struct written {
    uint64_t segments, bytes;
    uint32_t attempts;
};

static bool written_add(struct catalog_txn *txn, uint32_t campaign, uint64_t number,
                        struct arena *arena, struct written *written, struct err *err)
{
    struct attempt attempt;
    enum lookup found = catalog_get_attempt(txn, number, arena, &attempt, err);
    if (found != LOOKUP_FOUND)
        return found == LOOKUP_ABSENT;
    if (attempt.campaign != campaign || attempt.kind != TASK_PROCESS ||
        attempt.state != ATTEMPT_COMMITTED || attempt.committed == 0)
        return true;
    written->attempts++;
    written->segments += attempt.committed;
    written->bytes += attempt.bytes_written;
    return true;
}

static bool written_read(struct catalog_txn *txn, uint32_t campaign,
                         struct written *written, struct err *err)
{
    struct arena arena;
    uint64_t number;
    *written = (struct written){.segments = 0};
    if (!catalog_last_attempt(txn, &number, err))
        return false;
    arena_init(&arena, SPACE_ARENA);
    bool done = true;
    for (uint32_t looked = 0;
         done && number > 0 && looked < PACE_LOOKED && written->attempts < PACE_ATTEMPTS;
         looked++, number--) {
        arena_reset(&arena);
        done = written_add(txn, campaign, number, &arena, written, err);
    }
    arena_release(&arena);
    return done;
}

/* What is left by what a part of it wrote. */
static enum lookup expect(const struct campaign *campaign, uint64_t left, uint64_t done,
                          uint64_t wrote, struct space *space)
{
    uint64_t bytes;
    if (done == 0 || !shelf_free(campaign, &bytes))
        return LOOKUP_ABSENT;
    unsigned __int128 expected = (unsigned __int128)wrote * left / done;
    *space = (struct space){.expected_bytes =
                                expected < UINT64_MAX ? (uint64_t)expected : UINT64_MAX,
                            .free_bytes = bytes};
    return LOOKUP_FOUND;
}

enum lookup space_of_campaign(struct catalog_txn *txn, const struct campaign *campaign,
                              uint32_t open, struct space *space, struct err *err)
{
    struct written written;
    if (open == 0)
        return LOOKUP_ABSENT;
    if (!written_read(txn, campaign->id, &written, err))
        return LOOKUP_FAILED;
    return expect(campaign, open, written.segments, written.bytes, space);
}

enum lookup space_of_plan(struct catalog_txn *txn, const struct campaign *campaign,
                          uint64_t bytes_to_read, struct space *space, struct err *err)
{
    static const uint32_t steps[] = {STEP_RECO | STEP_SELECT, STEP_SELECT};
    struct campaign any = *campaign;
    struct pace pace;
    enum lookup found = LOOKUP_ABSENT;
    any.id = 0;
    for (size_t i = 0; found == LOOKUP_ABSENT && i < sizeof steps / sizeof *steps; i++)
        found = pace_read(txn, &any, steps[i], &pace, err);
    if (found != LOOKUP_FOUND)
        return found;
    return expect(campaign, bytes_to_read, pace.bytes, pace.written, space);
}

bool space_is_short(const struct space *space)
{
    return space->expected_bytes > space->free_bytes;
}

void space_text(const struct space *space, const char *store, char text[SPACE_TEXT])
{
    (void)snprintf(
        text, SPACE_TEXT,
        "the store %.300s is too small: about %.3g GB are still to be written, "
        "%.3g GB are free",
        store, (double)space->expected_bytes / 1e9, (double)space->free_bytes / 1e9);
}

void space_json(const struct space *space, struct json_writer *json)
{
    json_put_u64(json, "store_free_bytes", space->free_bytes);
    json_put_u64(json, "store_expected_bytes", space->expected_bytes);
}
