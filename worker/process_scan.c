/* process_scan.c - the events of a segment, compared with the index of the walker.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The walker and this decoder share no code, so equal digests mean that neither lost an
 * event nor saw one twice.
 */
#include <inttypes.h>

#include "worker/process_internal.h"

#define DIGESTS 64u /* made together */

bool places_add(struct places *places, const struct event_place *place, struct err *err)
{
    if (places->count == places->capacity) {
        if (places->capacity >= PROCESS_EVENTS)
            return err_set(err, E_LIMIT, "more than %" PRIu32 " events in a segment",
                           PROCESS_EVENTS);
        uint32_t capacity = places->capacity == 0 ? 16384 : places->capacity * 2;
        places->list = mem_grow(places->list, capacity, sizeof *places->list);
        places->capacity = capacity;
    }
    places->list[places->count++] = *place;
    return true;
}

void places_digest(struct places *places, uint32_t run, uint32_t spill,
                   struct event_digest *sum)
{
    struct event_name names[DIGESTS];
    struct event_digest digests[DIGESTS];
    for (uint32_t from = 0; from < places->count; from += DIGESTS) {
        uint32_t left = places->count - from;
        uint32_t count = left < DIGESTS ? left : DIGESTS;
        struct event_place *list = places->list + from;
        for (uint32_t i = 0; i < count; i++)
            names[i] = (struct event_name){run, spill, list[i].event, list[i].type};
        event_digests_of(names, count, digests);
        for (uint32_t i = 0; i < count; i++) {
            list[i].digest = digests[i];
            event_digest_merge(sum, &digests[i]);
        }
    }
}

static bool digest_check(const struct segment *segment, const struct event_digest *seen,
                         struct err *err)
{
    char indexed[EVENT_DIGEST_TEXT], here[EVENT_DIGEST_TEXT];
    if (event_digest_equal(&segment->digest, seen))
        return true;
    event_digest_text(&segment->digest, indexed);
    event_digest_text(seen, here);
    return err_set(err, E_WORKER_DEFICIT,
                   "other events than the index has: %s in the index, %s here", indexed,
                   here);
}

static void gap_count(struct summary *summary, const struct date_gap *gap)
{
    if (gap->length == 0)
        return;
    summary->damage.of[gap->damage]++;
    summary->damaged_bytes += gap->length;
}

bool process_scan(struct process *process, const struct task_segment *segment,
                  const uint8_t *data, struct err *err)
{
    struct date_reader reader;
    struct date_event event;
    struct date_gap gap;
    struct summary *summary = &process->summary;
    uint32_t run = segment->segment.id.chunk.run;
    *summary =
        (struct summary){.id = segment->segment.id, .spill = segment->segment.spill};
    process->places.count = 0;
    date_reader_start(&reader, data, (size_t)segment->segment.length, run,
                      segment->segment.spill);
    while (date_reader_next(&reader, &event, &gap) == LOOKUP_FOUND) {
        const struct date_header *header = &event.header;
        struct event_place place = {.offset = (uint64_t)(event.data - data),
                                    .length = header->size,
                                    .event = header->event,
                                    .type = (uint16_t)header->type};
        if (!places_add(&process->places, &place, err))
            return false;
        gap_count(summary, &gap);
        summary->events[header->type < EVENT_TYPES ? header->type : EVENT_OTHER]++;
    }
    gap_count(summary, &gap);
    places_digest(&process->places, run, segment->segment.spill, &summary->seen);
    return digest_check(&segment->segment, &summary->seen, err);
}
