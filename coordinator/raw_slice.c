/* raw_slice.c - a spill or an event of a raw file, byte for byte, as a file of its own.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A spill is copied with the damaged bytes inside it, since these are what a reproducer
 * is made for. The records of the start of the run stand in front.
 */
#include "coordinator/raw_slice.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/disk.h"
#include "coordinator/command.h"
#include "coordinator/raw_file.h"

#define ANY UINT64_MAX

struct slice {
    struct raw_file file;
    const char *out;
    int fd;
    uint64_t spill, event; /* event: ANY takes all of the spill */
    uint64_t events, records, bytes;
};

static bool bytes_write(struct slice *slice, uint64_t offset, uint64_t size,
                        struct err *err)
{
    slice->bytes += size;
    return disk_write(slice->fd, slice->out, slice->file.data + offset, size, err);
}

static bool event_is_wanted(const struct slice *slice, const struct date_header *header)
{
    return header->spill == slice->spill &&
           (slice->event == ANY ||
            (header->event == slice->event && event_type_is_event(header->type)));
}

/* Start-of-run records of all spills, and of the wanted spill what is wanted. Whole
 * spills are written segment by segment, with the bytes between their events. */
static bool event_take(struct slice *slice, const struct date_event *event,
                       uint64_t offset, struct err *err)
{
    bool wanted = event_is_wanted(slice, &event->header);
    bool start = event->header.type == EVENT_START_OF_RUN ||
                 event->header.type == EVENT_START_OF_RUN_FILES;
    slice->events += wanted && event_type_is_event(event->header.type);
    slice->records += (wanted || start) && !event_type_is_event(event->header.type);
    if (slice->event == ANY ? start && !wanted : start || wanted)
        return bytes_write(slice, offset, event->header.size, err);
    return true;
}

static bool segments_write(struct slice *slice, struct err *err)
{
    const struct walk_result *walk = &slice->file.walk;
    for (size_t i = 0; i < walk->segment_count; i++) {
        const struct segment *segment = &walk->segments[i];
        if (segment->spill == slice->spill &&
            !bytes_write(slice, segment->offset, segment->length, err))
            return false;
    }
    return true;
}

static bool slice_write(struct slice *slice, struct err *err)
{
    struct date_event event;
    uint64_t offset;
    while (raw_file_next(&slice->file, &event, &offset) == LOOKUP_FOUND)
        if (!event_take(slice, &event, offset, err))
            return false;
    if (slice->event == ANY)
        return segments_write(slice, err);
    return slice->events > 0 ||
           err_set(err, E_USAGE, "%s has no event %" PRIu64 " in spill %" PRIu64,
                   slice->file.path, slice->event, slice->spill);
}

static bool spill_is_there(const struct slice *slice, struct err *err)
{
    const struct walk_result *walk = &slice->file.walk;
    uint32_t first = UINT32_MAX, last = 0;
    for (size_t i = 0; i < walk->segment_count; i++) {
        uint32_t spill = walk->segments[i].spill;
        if (spill == slice->spill)
            return true;
        first = spill < first ? spill : first;
        last = spill > last ? spill : last;
    }
    return err_set(err, E_USAGE,
                   "%s has no spill %" PRIu64 ": its spills are %" PRIu32 " to %" PRIu32,
                   slice->file.path, slice->spill, first, last);
}

static bool slice_make(struct slice *slice, struct err *err)
{
    if (!spill_is_there(slice, err) || !disk_create(slice->out, &slice->fd, err))
        return false;
    bool done = slice_write(slice, err) && disk_sync(slice->fd, slice->out, err);
    struct err late;
    if (!disk_close(slice->fd, slice->out, &late) && done) {
        *err = late;
        done = false;
    }
    if (!done)
        (void)unlink(slice->out);
    return done;
}

static bool options_check(const struct slice *slice, struct err *err)
{
    if (slice->out == NULL)
        return err_set(err, E_USAGE, "--out FILE is missing");
    if (slice->spill == ANY)
        return err_set(err, E_USAGE, "--spill N is missing");
    return true;
}

int raw_slice(int argc, char **argv)
{
    struct err err;
    struct slice slice = {.spill = ANY, .event = ANY};
    const struct command_option options[] = {{.name = "spill", .number = &slice.spill},
                                             {.name = "event", .number = &slice.event},
                                             {.name = "out", .text = &slice.out}};
    if (!command_options(options, 3, &argc, argv, &err) ||
        !command_words(argc, 1, 1, "one raw file", &err) ||
        !options_check(&slice, &err) || !raw_file_open(&slice.file, argv[1], &err))
        return command_error(&err);
    bool done = slice_make(&slice, &err);
    raw_file_close(&slice.file);
    if (!done)
        return command_error(&err);
    (void)printf("%s: %" PRIu64 " events, %" PRIu64 " records, %" PRIu64 " bytes\n",
                 slice.out, slice.events, slice.records, slice.bytes);
    return 0;
}
