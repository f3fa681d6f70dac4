/* process_internal.h - what the files of process share while a task is done.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_WORKER_PROCESS_INTERNAL_H
#define SPILLWAY_WORKER_PROCESS_INTERNAL_H

#include "raw/date.h"
#include "worker/process.h"
#include "worker/process_input.h"
#include "worker/process_part.h"

/* Events of a segment: 2^20 event numbers, and as many records again. */
#define PROCESS_EVENTS ((uint32_t)2 << 20)

/* One event or record of a segment. */
struct event_place {
    uint64_t offset; /* in the segment */
    uint32_t length;
    uint32_t event;
    uint16_t type;
    uint16_t accepted; /* bit s: skim s keeps it */
};

_Static_assert(RECIPE_SKIMS <= 16, "one bit a skim");

struct process {
    const struct task *task;
    const struct process_options *options;
    struct arena *arena; /* of the report */
    struct input input;
    struct part reco_part, select_part;
    bool writing; /* a record is open: a failure now makes its file useless */
    struct bytes reco_text, select_text;
    struct event_place *places; /* of the segment at work */
    uint32_t place_count, place_capacity;
    uint64_t damaged_bytes;
    uint64_t damaged_events;
    uint64_t nan_count;
    struct product products[RECIPE_SKIMS + 2]; /* of the segment at work */
    uint32_t product_count;
};

/* process_scan.c: finds the events of a segment and compares them with the index.
 * E_WORKER_DEFICIT names what is missing or too many. */
bool process_scan(struct process *process, const struct task_segment *segment,
                  const uint8_t *data, struct event_digest *seen, struct err *err);

/* process_skim.c: marks what each skim keeps; writes the streams of the select step. */
void process_choose(struct process *process, const struct task_segment *segment);
bool process_skims(struct process *process, const struct task_segment *segment,
                   const uint8_t *data, struct err *err);

#endif
