/* checked.h - bytes checked as if they were a file, for tests.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_TESTS_UNIT_RAW_CHECKED_H
#define SPILLWAY_TESTS_UNIT_RAW_CHECKED_H

#include "raw/check.h"
#include "raw/once.h"
#include "tests/unit/raw/made.h"

struct checked {
    struct walk_result walk;
    struct check check;
};

/* For all events of a segment, and the largest memory of all: made once. */
static inline struct once *checked_once(void)
{
    static struct once once;
    static bool made;
    if (!made)
        once_init(&once);
    made = true;
    return &once;
}

typedef void checked_event(struct check *check, const struct date_event *event,
                           uint64_t offset);

static inline void checked_learn(struct check *check, const struct date_event *event,
                                 uint64_t offset)
{
    (void)offset;
    check_learn(check, event);
}

/* The reader of the decoders on one segment. The walker saw the whole file and says
 * whether there are super-events: a segment that lost all of its own cannot. */
static inline struct date_reader checked_reader(const struct walk_result *walk,
                                                size_t index, const uint8_t *data)
{
    const struct segment *segment = &walk->segments[index];
    return (struct date_reader){.data = data + segment->offset,
                                .size = (size_t)segment->length,
                                .run = walk->chunk.id.run,
                                .spill = segment->spill,
                                .super = walk->super};
}

/* One round over the good events that the decoder's reader finds. */
static inline void checked_round(struct checked *checked, const uint8_t *data,
                                 checked_event *each)
{
    const struct walk_result *walk = &checked->walk;
    struct once *once = checked_once();
    for (size_t i = 0; i < walk->segment_count; i++) {
        struct date_reader reader = checked_reader(walk, i, data);
        struct date_event event;
        struct date_gap gap;
        enum damage_class damage;
        once_start(once, NULL);
        while (date_reader_next(&reader, &event, &gap) == LOOKUP_FOUND)
            if (once_take(once, &event, &damage))
                each(&checked->check, &event, (uint64_t)(event.data - data));
    }
}

/* By a check that is used for one file after another; false: the walker refuses the file,
 * else its walk must be released. */
static inline bool checked_look(struct checked *checked, const void *data, size_t size,
                                struct err *err)
{
    if (!made_walk_run(data, size, MADE_RUN, &checked->walk, err))
        return false;
    check_start(&checked->check, &checked->walk);
    checked_round(checked, data, checked_learn);
    checked_round(checked, data, check_event);
    check_finish(&checked->check);
    return true;
}

static inline bool checked_make_maps(struct checked *checked,
                                     const struct map_chips *maps, const void *data,
                                     size_t size, struct err *err)
{
    check_init(&checked->check, maps);
    if (checked_look(checked, data, size, err))
        return true;
    check_release(&checked->check);
    return false;
}

static inline bool checked_make(struct checked *checked, const void *data, size_t size,
                                struct err *err)
{
    return checked_make_maps(checked, NULL, data, size, err);
}

static inline void checked_release(struct checked *checked)
{
    check_release(&checked->check);
    walk_result_release(&checked->walk);
}

#endif
