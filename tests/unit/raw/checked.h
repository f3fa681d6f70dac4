/* checked.h - bytes checked as if they were a file, for tests.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_TESTS_UNIT_RAW_CHECKED_H
#define SPILLWAY_TESTS_UNIT_RAW_CHECKED_H

#include "raw/check.h"
#include "tests/unit/raw/made.h"

struct checked {
    struct walk_result walk;
    struct check check;
};

typedef void checked_event(struct check *check, const struct date_event *event,
                           uint64_t offset);

static inline void checked_learn(struct check *check, const struct date_event *event,
                                 uint64_t offset)
{
    (void)offset;
    check_learn(check, event);
}

/* One round over the good events that the decoder's reader finds. Where a segment lost
 * all its super-events the reader cannot know of them, and is told. */
static inline void checked_round(struct checked *checked, const uint8_t *data,
                                 checked_event *each)
{
    const struct walk_result *walk = &checked->walk;
    bool super = false;
    for (size_t i = 0; i < walk->segment_count; i++) {
        struct date_reader reader;
        const struct segment *segment = &walk->segments[i];
        date_reader_start(&reader, data + segment->offset, (size_t)segment->length,
                          walk->chunk.id.run, segment->spill);
        super = super || reader.super;
    }
    for (size_t i = 0; i < walk->segment_count; i++) {
        const struct segment *segment = &walk->segments[i];
        struct date_reader reader;
        struct date_event event;
        struct date_gap gap;
        date_reader_start(&reader, data + segment->offset, (size_t)segment->length,
                          walk->chunk.id.run, segment->spill);
        reader.super = super;
        while (date_reader_next(&reader, &event, &gap) == LOOKUP_FOUND)
            each(&checked->check, &event, (uint64_t)(event.data - data));
    }
}

/* false: the walker refuses the file. */
static inline bool checked_make(struct checked *checked, const void *data, size_t size,
                                struct err *err)
{
    if (!made_walk_run(data, size, MADE_RUN, &checked->walk, err))
        return false;
    check_init(&checked->check, &checked->walk);
    checked_round(checked, data, checked_learn);
    checked_round(checked, data, check_event);
    check_finish(&checked->check);
    return true;
}

static inline void checked_release(struct checked *checked)
{
    check_release(&checked->check);
    walk_result_release(&checked->walk);
}

#endif
