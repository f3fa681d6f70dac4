/* walk_fuzz.c - any bytes as a chunk: walker, reader and check agree on every byte.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <sys/mman.h>
#include <unistd.h>

#include "raw/check.h"
#include "raw/once.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef void event_take(struct check *check, const struct date_event *event,
                        uint64_t offset);

static void event_learn(struct check *check, const struct date_event *event,
                        uint64_t offset)
{
    (void)offset;
    check_learn(check, event);
}

static void events_read(struct check *check, const uint8_t *data, event_take *take)
{
    static struct once once;
    const struct walk_result *walk = check->walk;
    if (once.seen == NULL)
        once_init(&once);
    for (size_t i = 0; i < walk->segment_count; i++) {
        const struct segment *segment = &walk->segments[i];
        struct date_reader reader = {.data = data + segment->offset,
                                     .size = (size_t)segment->length,
                                     .run = walk->chunk.id.run,
                                     .spill = segment->spill,
                                     .super = walk->super};
        struct date_event event;
        struct date_gap gap;
        enum damage_class damage;
        once_start(&once, NULL);
        while (date_reader_next(&reader, &event, &gap) == LOOKUP_FOUND)
            if (once_take(&once, &event, &damage))
                take(check, &event, (uint64_t)(event.data - data));
    }
}

static void chunk_check(const struct walk_result *walk, const uint8_t *data, size_t size)
{
    static struct check check;
    uint64_t at = 0;
    for (size_t i = 0; i < walk->segment_count; i++) {
        bug_if(walk->segments[i].offset != at);
        at += walk->segments[i].length;
    }
    bug_if(at != size);
    if (check.sums == NULL)
        check_init(&check, NULL);
    check_start(&check, walk);
    events_read(&check, data, event_learn);
    events_read(&check, data, check_event);
    check_finish(&check);
    bug_if(check.disagreements > 0);
    bug_if(check.good_bytes + walk->chunk.damaged_bytes != size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct chunk_id id = {.run = 0, .builder = 1, .number = 1};
    struct walk_result result;
    struct err err;
    int fd = memfd_create("chunk", MFD_CLOEXEC);
    bug_if(fd < 0 || write(fd, data, size) != (ssize_t)size);
    if (walk_fd(fd, "chunk", &id, &result, &err)) {
        chunk_check(&result, data, size);
        walk_result_release(&result);
    }
    (void)close(fd);
    return 0;
}
