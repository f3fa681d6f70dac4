/* golden_data.h - SYNTHETIC conditions and events for the golden segment and for tests.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Set-up 2022-electron-100; every number comes from a generator or is made up, none means
 * anything. Source of detector d is 600 + d, channel x * ny + y.
 */
#ifndef SPILLWAY_WORKER_GOLDEN_DATA_H
#define SPILLWAY_WORKER_GOLDEN_DATA_H

#include "model/task.h"
#include "raw/sadc.h"
#include "raw/writer.h"

#define GOLDEN_SETUP "2022-electron-100"
#define GOLDEN_TYPES 7u

/* Effective values of the reco step, sorted by type, inline. */
struct golden_values {
    struct bytes texts[GOLDEN_TYPES];
    struct task_value values[GOLDEN_TYPES];
    uint32_t indices[GOLDEN_TYPES]; /* 0, 1, ... as segments name them */
};

/* The values point into the struct, which must not move. */
bool golden_values_make(struct golden_values *values, struct err *err);
void golden_values_release(struct golden_values *values);

struct golden_event {
    uint32_t run, spill, number, type;
};

/* Appends one event; physics and calibration events get pulses in all detectors, the
 * numbers depending on run, spill and number only. */
bool golden_event_write(struct raw_writer *writer, const struct golden_event *event,
                        struct sadc_digits *digits, struct err *err);

#endif
