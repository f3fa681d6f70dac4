/* walk_fuzz.c - any bytes as a chunk: walker, reader, blocks and beam count.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <sys/mman.h>
#include <unistd.h>

#include "raw/burst.h"
#include "raw/date.h"
#include "raw/walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void event_read(const struct date_event *event)
{
    const struct eot_definition definition = {.source = 3, .scaler_word = 2, .scale = 1};
    struct event_blocks blocks;
    struct slink_block block;
    struct slink_fault fault;
    enum lookup found;
    uint32_t count;
    double eot;
    struct err err;
    event_blocks_start(&blocks, event);
    while ((found = event_blocks_next(&blocks, &block, &fault)) != LOOKUP_ABSENT)
        bug_if(found == LOOKUP_FOUND && block.count > event->header.size / 4);
    if (event->header.type == EVENT_END_OF_BURST)
        (void)burst_count(event, &definition, &count, &eot, &err);
}

static void segment_read(const struct walk_result *result, const struct segment *segment,
                         const uint8_t *data)
{
    struct date_reader reader;
    struct date_event event;
    struct date_gap gap;
    struct event_digest digest = {0};
    date_reader_start(&reader, data + segment->offset, (size_t)segment->length,
                      result->chunk.id.run, segment->spill);
    while (date_reader_next(&reader, &event, &gap) == LOOKUP_FOUND) {
        digest.count++;
        event_read(&event);
    }
    (void)digest;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct chunk_id id = {.run = 0, .builder = 1, .number = 1};
    struct walk_result result;
    struct err err;
    int fd = memfd_create("chunk", MFD_CLOEXEC);
    bug_if(fd < 0 || write(fd, data, size) != (ssize_t)size);
    if (walk_fd(fd, "chunk", &id, &result, &err)) {
        uint64_t at = 0;
        for (size_t i = 0; i < result.segment_count; i++) {
            bug_if(result.segments[i].offset != at);
            at += result.segments[i].length;
            segment_read(&result, &result.segments[i], data);
        }
        bug_if(at != size);
        walk_result_release(&result);
    }
    (void)close(fd);
    return 0;
}
