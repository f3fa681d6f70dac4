/* process_scan.c - the events of a segment, compared with the index of the walker.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The walker and this decoder share no code, so equal digests mean that neither lost an
 * event nor saw one twice.
 */
#include <inttypes.h>

#include "worker/process_internal.h"

static bool place_add(struct process *process, const struct date_event *event,
                      uint64_t offset, struct err *err)
{
    if (process->place_count == process->place_capacity) {
        if (process->place_capacity >= PROCESS_EVENTS)
            return err_set(err, E_LIMIT, "more than %" PRIu32 " events in a segment",
                           PROCESS_EVENTS);
        uint32_t capacity =
            process->place_capacity == 0 ? 16384 : process->place_capacity * 2;
        process->places = mem_grow(process->places, capacity, sizeof *process->places);
        process->place_capacity = capacity;
    }
    process->places[process->place_count++] =
        (struct event_place){.offset = offset,
                             .length = event->header.size,
                             .event = event->header.event,
                             .type = (uint16_t)event->header.type};
    return true;
}

static bool digest_compare(const struct segment *segment, const struct event_digest *seen,
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

bool process_scan(struct process *process, const struct task_segment *segment,
                  const uint8_t *data, struct event_digest *seen, struct err *err)
{
    struct date_reader reader;
    struct date_event event;
    struct date_gap gap;
    struct event_digest digest = {.count = 0};
    uint32_t run = segment->segment.id.chunk.run;
    process->place_count = 0;
    process->damaged_bytes = 0;
    date_reader_start(&reader, data, (size_t)segment->segment.length, run,
                      segment->segment.spill);
    while (date_reader_next(&reader, &event, &gap) == LOOKUP_FOUND) {
        process->damaged_bytes += gap.length;
        if (!place_add(process, &event, (uint64_t)(event.data - data), err))
            return false;
        event_digest_add(&digest, run, segment->segment.spill, event.header.event,
                         event.header.type);
    }
    process->damaged_bytes += gap.length;
    *seen = digest;
    return digest_compare(&segment->segment, &digest, err);
}
