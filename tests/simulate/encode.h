/* encode.h - simulated events and records as DATE super-events.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Two sub-events each: calorimeters (LDC 1), the rest (LDC 2): trackers of APV chips and
 * of F1 converters, whose hits know nothing of the event.
 */
#ifndef SPILLWAY_TESTS_SIMULATE_ENCODE_H
#define SPILLWAY_TESTS_SIMULATE_ENCODE_H

#include "model/segment.h"
#include "raw/apv.h"
#include "raw/f1.h"
#include "raw/writer.h"
#include "tests/simulate/digitise.h"
#include "tests/simulate/form.h"

#define ENCODE_APV_SOURCE    380
#define ENCODE_APV_CHIPS     3
#define ENCODE_APV_HITS      3 /* of a chip */
#define ENCODE_F1_SOURCE     2
#define ENCODE_F1_HITS       3
#define ENCODE_SCALER_SOURCE 3
#define ENCODE_SCALER_WORD   4           /* of the beam count */
#define ENCODE_LED           0x68000000u /* sub-type of calibration events */

struct encode {
    struct form form;
    struct huffman huffman;   /* of compressed blocks */
    struct raw_writer writer; /* holds one event */
    struct bytes words;
    struct apv_digits apv;
    struct f1_digits f1;
};

bool encode_init(struct encode *encode, const struct form *form, struct err *err);
void encode_release(struct encode *encode);

/* What the header of any event says. */
struct encode_head {
    uint32_t run, spill, event, event_in_run;
    enum event_type type;
    uint32_t time_s;
};

/* Replaces the content of encode->writer.out. */
bool encode_event(struct encode *encode, const struct encode_head *head,
                  const struct sim_event *event, const struct sadc_digits *digits,
                  struct err *err);

/* A record; an end of burst carries the scaler with the beam count. */
bool encode_record(struct encode *encode, const struct encode_head *head,
                   uint32_t beam_count, struct err *err);

#endif
