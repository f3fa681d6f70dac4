/* skip_find.c - in which segments of a plan an event is: the raw bytes tell.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/skip_find.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/disk.h"
#include "raw/date.h"

#define SEGMENT_LIMIT ((uint64_t)4 << 30) /* larger ones are not reconstructed */

static bool segment_read(const struct chunk *chunk, const struct segment *segment,
                         uint8_t *data, struct err *err)
{
    int fd;
    uint64_t size;
    if (strstr(chunk->url, "://") != NULL)
        return err_set(err, E_URL, "%s: only events of files of this machine are found",
                       chunk->url);
    if (!disk_open_read(chunk->url, &fd, &size, err))
        return false;
    bool done = size == chunk->size ||
                err_set(err, E_SCAN, "%s: %" PRIu64 " bytes, %" PRIu64 " when scanned",
                        chunk->url, size, chunk->size);
    done = done && disk_read_at(fd, chunk->url, segment->offset, data,
                                (size_t)segment->length, err);
    (void)close(fd);
    return done;
}

/* FOUND: *type is that of the event. */
static enum lookup segment_search(struct catalog_txn *txn, const struct segment_id *id,
                                  const struct skip_event *event, uint32_t *type,
                                  struct err *err)
{
    struct chunk chunk;
    struct segment segment;
    struct date_reader reader;
    struct date_event found;
    struct date_gap gap;
    if (catalog_get_chunk(txn, &id->chunk, &chunk, err) != LOOKUP_FOUND ||
        catalog_get_segment(txn, id, &segment, err) != LOOKUP_FOUND) {
        err_set(err, E_CATALOG_DAMAGED, "run %" PRIu32 ": a segment is missing",
                id->chunk.run);
        return LOOKUP_FAILED;
    }
    if (segment.length > SEGMENT_LIMIT)
        return LOOKUP_ABSENT;
    uint8_t *data = mem_new((size_t)segment.length, 1);
    enum lookup result = LOOKUP_FAILED;
    if (segment_read(&chunk, &segment, data, err)) {
        result = LOOKUP_ABSENT;
        date_reader_start(&reader, data, (size_t)segment.length, event->run,
                          event->spill);
        while (result == LOOKUP_ABSENT &&
               date_reader_next(&reader, &found, &gap) == LOOKUP_FOUND) {
            *type = found.header.type;
            if (found.header.event == event->event && event_type_is_event(*type) &&
                !segment_elsewhere(&segment, event->event))
                result = LOOKUP_FOUND;
        }
    }
    free(data);
    return result;
}

bool skip_find(struct catalog_txn *txn, const struct campaign *campaign,
               const struct skip_event *event, struct skip_places *places,
               struct err *err)
{
    bool spill = false;
    places->count = 0;
    for (uint32_t i = 0; i < campaign->segment_count; i++) {
        struct plan_segment plan;
        uint32_t type = EVENT_OTHER;
        if (catalog_get_plan_segment(txn, campaign->id, i, &plan, err) != LOOKUP_FOUND)
            return err_set(err, E_CATALOG_DAMAGED, "plan segment %" PRIu32 " is missing",
                           i);
        if (plan.id.chunk.run != event->run || plan.spill != event->spill)
            continue;
        spill = true;
        enum lookup found = segment_search(txn, &plan.id, event, &type, err);
        if (found == LOOKUP_FAILED)
            return false;
        if (found == LOOKUP_ABSENT)
            continue;
        if (places->count == SKIP_PLACES)
            return err_set(err, E_LIMIT, "the event is in more than %u segments",
                           SKIP_PLACES);
        places->type = type;
        places->numbers[places->count++] = i;
    }
    if (places->count > 0)
        return true;
    return spill ? err_set(err, E_NOT_FOUND,
                           "run %" PRIu32 " spill %" PRIu32
                           ": no physics or calibration event %" PRIu32,
                           event->run, event->spill, event->event)
                 : err_set(err, E_NOT_FOUND,
                           "campaign %s has no run %" PRIu32 " spill %" PRIu32,
                           campaign->name, event->run, event->spill);
}
