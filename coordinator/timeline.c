/* timeline.c - what happens on virtual time: by time, then in the order it was added.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/timeline.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/bytes.h"

static bool before(const struct timeline_event *a, const struct timeline_event *b)
{
    return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->serial < b->serial;
}

void timeline_add(struct timeline *timeline, const struct timeline_event *event)
{
    if (timeline->count == timeline->capacity) {
        timeline->capacity = timeline->capacity == 0 ? 64 : 2 * timeline->capacity;
        timeline->list =
            mem_grow(timeline->list, timeline->capacity, sizeof *timeline->list);
    }
    struct timeline_event *list = timeline->list;
    struct timeline_event added = *event;
    added.serial = timeline->serial++;
    uint32_t at = timeline->count++;
    while (at > 0 && before(&added, &list[(at - 1) / 2])) {
        list[at] = list[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    list[at] = added;
}

struct timeline_event timeline_take(struct timeline *timeline)
{
    struct timeline_event *list = timeline->list;
    struct timeline_event first = list[0];
    struct timeline_event last = list[--timeline->count];
    uint32_t at = 0;
    for (uint32_t child = 1; child < timeline->count; child = 2 * at + 1) {
        if (child + 1 < timeline->count && before(&list[child + 1], &list[child]))
            child++;
        if (!before(&list[child], &last))
            break;
        list[at] = list[child];
        at = child;
    }
    list[at] = last;
    return first;
}

void timeline_release(struct timeline *timeline)
{
    free(timeline->list);
    *timeline = (struct timeline){.count = 0};
}
