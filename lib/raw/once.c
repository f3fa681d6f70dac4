/* once.c - which event numbers of a segment were there before.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "raw/once.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "model/segment.h"

void once_init(struct once *once)
{
    *once = (struct once){.seen = mem_new(DATE_EVENT_LIMIT / 64, sizeof *once->seen),
                          /* read behind a bit of `seen` only: no zeros needed */
                          .first = mem_grow(NULL, DATE_EVENT_LIMIT, sizeof *once->first)};
}

void once_release(struct once *once)
{
    free(once->seen);
    free(once->first);
    *once = (struct once){.seen = NULL};
}

void once_start(struct once *once, const struct segment *segment)
{
    once->segment = segment;
    memset(once->seen, 0, once->words * sizeof *once->seen);
    once->words = 0;
}

bool once_take(struct once *once, const struct date_event *event,
               enum damage_class *damage)
{
    uint32_t number = event->header.event;
    uint64_t *seen = &once->seen[number / 64], bit = (uint64_t)1 << number % 64;
    if (!event_type_is_event(event->header.type))
        return true;
    if (once->segment != NULL && segment_elsewhere(once->segment, number)) {
        *damage = DAMAGE_ELSEWHERE;
        return false;
    }
    if ((*seen & bit) == 0) {
        *seen |= bit;
        once->words = number / 64 < once->words ? once->words : number / 64 + 1;
        once->first[number] = event->data;
        return true;
    }
    /* Equal sizes are in the first words, so nothing is read beyond the first event. */
    const uint8_t *first = once->first[number];
    bool same = le32_load(first) == event->header.size &&
                memcmp(first, event->data, event->header.size) == 0;
    *damage = same ? DAMAGE_REPEATED : DAMAGE_CONFLICT;
    return false;
}
