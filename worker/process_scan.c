/* process_scan.c - the events of a segment, compared with the index of the walker.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The walker and this decoder share no code, so equal digests mean that neither lost an
 * event nor saw one twice.
 */
#include <inttypes.h>

#include "base/bytes.h"
#include "worker/process_internal.h"

#define DIGESTS 64u /* made together */
/* Two headers of the longest layout, an event and a sub-event, and the word behind. */
#define SCAN_HEAD 164u

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

/* Does the event count? One whose number was there before is a gap. */
static bool event_is_first(struct process *process, const struct date_event *event)
{
    struct date_gap gap = {.length = event->header.size};
    if (once_take(&process->once, event, &gap.damage))
        return true;
    gap_count(&process->summary, &gap);
    return false;
}

bool scan_start(struct process *process, const struct task_segment *segment,
                const uint8_t *data, struct scan *scan, struct err *err)
{
    const struct segment *index = &segment->segment;
    uint32_t run = index->id.chunk.run;
    size_t length = (size_t)index->length;
    size_t first = length < SCAN_HEAD ? length : SCAN_HEAD;
    process->summary = (struct summary){.id = index->id, .spill = index->spill};
    process->places.count = 0;
    once_start(&process->once, index);
    *scan = (struct scan){.data = data};
    if (!input_ready(&process->input, first, err))
        return false;
    date_reader_start(&scan->reader, data, first, run, index->spill);
    if (!scan->reader.super) { /* whether there are super-events is seen at the end */
        if (!input_ready(&process->input, length, err))
            return false;
        date_reader_start(&scan->reader, data, length, run, index->spill);
    }
    scan->reader.size = length;
    return true;
}

/* Up to where the reader looks if an event follows that is whole, and another one. */
static size_t scan_wants(const struct date_reader *reader)
{
    size_t left = reader->size - reader->offset;
    if (left < SCAN_HEAD)
        return reader->size;
    const uint8_t *place = reader->data + reader->offset;
    uint32_t size = le32_load(place);
    if (le32_load(place + 4) != DATE_MAGIC || size > left - SCAN_HEAD)
        return reader->size;
    return reader->offset + size + SCAN_HEAD;
}

/* The next event with all bytes there that the reader looked at. */
static enum lookup event_find(struct process *process, struct scan *scan,
                              struct date_event *event, struct date_gap *gap,
                              struct err *err)
{
    struct input *input = &process->input;
    struct date_reader before = scan->reader;
    if (!input_ready(input, scan_wants(&scan->reader), err))
        return LOOKUP_FAILED;
    enum lookup found = date_reader_next(&scan->reader, event, gap);
    if (input->ready == scan->reader.size ||
        (found == LOOKUP_FOUND && gap->length == 0 &&
         scan->reader.offset + SCAN_HEAD <= input->ready))
        return found;
    /* Damage, behind which anything may follow: once more, with all bytes. */
    if (!input_ready(input, scan->reader.size, err))
        return LOOKUP_FAILED;
    scan->reader = before;
    return date_reader_next(&scan->reader, event, gap);
}

static bool goes_on(struct process *process, struct err *err)
{
    const struct process_options *options = process->options;
    switch (options->urge == NULL ? PROCESS_GO_ON : options->urge(options->user)) {
    case PROCESS_GO_ON:
        break;
    case PROCESS_QUIT:
        process->quit = true;
        return err_set(err, E_WORKER_KILLED, "given up for the end of its pilot");
    case PROCESS_LATE:
        return err_set(err, E_WORKER_TIMEOUT, "not done within %.1f s",
                       (double)process->task->duration_ns * 1e-9);
    case PROCESS_MEMORY:
        return err_set(err, E_WORKER_MEMORY, "not done with %" PRIu64 " MiB of memory",
                       process->task->memory_bytes >> 20);
    }
    return true;
}

enum lookup scan_next(struct process *process, struct scan *scan,
                      struct date_event *event, struct err *err)
{
    struct summary *summary = &process->summary;
    struct date_gap gap;
    if (!goes_on(process, err))
        return LOOKUP_FAILED;
    do {
        enum lookup found = event_find(process, scan, event, &gap, err);
        if (found == LOOKUP_FAILED)
            return LOOKUP_FAILED;
        gap_count(summary, &gap);
        if (found == LOOKUP_ABSENT)
            return LOOKUP_ABSENT;
    } while (!event_is_first(process, event));
    const struct date_header *header = &event->header;
    struct event_place place = {.offset = (uint64_t)(event->data - scan->data),
                                .length = header->size,
                                .event = header->event,
                                .type = (uint16_t)header->type};
    summary->events[header->type < EVENT_TYPES ? header->type : EVENT_OTHER]++;
    return places_add(&process->places, &place, err) ? LOOKUP_FOUND : LOOKUP_FAILED;
}

bool scan_end(struct process *process, const struct task_segment *segment,
              struct err *err)
{
    struct summary *summary = &process->summary;
    const struct segment *index = &segment->segment;
    if (!input_check(&process->input, err))
        return false;
    places_digest(&process->places, index->id.chunk.run, index->spill, &summary->seen);
    return digest_check(index, &summary->seen, err);
}

bool process_scan(struct process *process, const struct task_segment *segment,
                  const uint8_t *data, struct err *err)
{
    struct scan scan;
    struct date_event event;
    enum lookup found = LOOKUP_FAILED;
    if (scan_start(process, segment, data, &scan, err))
        while ((found = scan_next(process, &scan, &event, err)) == LOOKUP_FOUND)
            ;
    return found == LOOKUP_ABSENT && scan_end(process, segment, err);
}
