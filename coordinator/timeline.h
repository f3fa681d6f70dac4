/* timeline.h - what happens on virtual time: by time, then in the order it was added.
 * SPDX-License-Identifier: Apache-2.0
 *
 * For simulations only: a binary heap. `kind`, `a`, `b` and `data` are the caller's.
 */
#ifndef SPILLWAY_COORDINATOR_TIMELINE_H
#define SPILLWAY_COORDINATOR_TIMELINE_H

#include <stdint.h>

struct timeline_event {
    int64_t at_ns;
    uint64_t serial; /* given by timeline_add */
    uint32_t kind;
    uint32_t a;
    uint64_t b;
    void *data;
};

struct timeline {
    struct timeline_event *list;
    uint32_t count, capacity;
    uint64_t serial;
};

void timeline_add(struct timeline *timeline, const struct timeline_event *event);

/* The first one; count > 0. */
struct timeline_event timeline_take(struct timeline *timeline);
void timeline_release(struct timeline *timeline);

#endif
