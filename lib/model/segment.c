/* segment.c - order of segments and the table of their life.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "model/segment.h"

#include "base/text.h"

struct segment_row {
    const char *name;
    const char *owner;
    const char *deadline;
    const char *reason; /* of not having moved by then */
    unsigned moves;     /* bit mask of states */
};

#define TO(state) (1u << (state))

static const struct segment_row life[SEGMENT_STATES] = {
    [SEGMENT_PLANNED] = {"planned", "manager", "when nothing else is open",
                         "nobody opened the gate of its period",
                         TO(SEGMENT_READY) | TO(SEGMENT_COMMITTED)},
    [SEGMENT_READY] = {"ready", "pilot", "the patience of the campaign",
                       "no pilot asked for work",
                       TO(SEGMENT_LEASED) | TO(SEGMENT_QUARANTINED) |
                           TO(SEGMENT_COMMITTED)},
    [SEGMENT_LEASED] = {"leased", "pilot", "the term of its lease", "its pilot is silent",
                        TO(SEGMENT_COMMITTED) | TO(SEGMENT_READY) | TO(SEGMENT_WAITING) |
                            TO(SEGMENT_QUARANTINED)},
    [SEGMENT_WAITING] = {"waiting", "coordinator", "the end of its delay",
                         "the coordinator does not run",
                         TO(SEGMENT_READY) | TO(SEGMENT_QUARANTINED)},
    [SEGMENT_QUARANTINED] = {"quarantined", "manager", "when nothing else is open",
                             "nobody mended its cause or accepted the loss",
                             TO(SEGMENT_READY) | TO(SEGMENT_LOST)},
    [SEGMENT_COMMITTED] = {"committed", "-", "-", "-", TO(SEGMENT_READY)},
    [SEGMENT_LOST] = {"lost", "-", "-", "-", TO(SEGMENT_READY)},
};

int segment_id_compare(const struct segment_id *a, const struct segment_id *b)
{
    int chunks = chunk_id_compare(&a->chunk, &b->chunk);
    if (chunks != 0 || a->ordinal == b->ordinal)
        return chunks;
    return a->ordinal < b->ordinal ? -1 : 1;
}

bool segment_may_move(enum segment_state from, enum segment_state to)
{
    return (life[from].moves & TO(to)) != 0;
}

const char *segment_state_name(enum segment_state state)
{
    return life[state].name;
}

const char *segment_state_owner(enum segment_state state)
{
    return life[state].owner;
}

const char *segment_state_deadline(enum segment_state state)
{
    return life[state].deadline;
}

const char *segment_state_reason(enum segment_state state)
{
    return life[state].reason;
}

bool segment_state_is_final(enum segment_state state)
{
    return state == SEGMENT_COMMITTED || state == SEGMENT_LOST;
}

bool segment_life_text(struct bytes *out, struct err *err)
{
    for (unsigned from = 0; from < SEGMENT_STATES; from++)
        for (unsigned to = 0; to < SEGMENT_STATES; to++)
            if (segment_may_move(from, to) &&
                !text_addf(out, err, "%s -> %s\n", life[from].name, life[to].name))
                return false;
    return true;
}

bool segment_duties_text(struct bytes *out, struct err *err)
{
    for (unsigned i = 0; i < SEGMENT_STATES; i++)
        if (!segment_state_is_final((enum segment_state)i) &&
            !text_addf(out, err, "%s | %s | %s | %s\n", life[i].name, life[i].owner,
                       life[i].deadline, life[i].reason))
            return false;
    return true;
}
