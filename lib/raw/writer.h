/* writer.h - writes raw data: for tests and for the simulator.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Sizes are filled in when a level ends, so the writer's order of calls is the nesting:
 *
 *     raw_event_begin
 *         raw_subevent_begin             (not in a flat event)
 *             raw_block                  (equipment with one S-Link block)
 *             raw_multiplexer_begin, raw_block..., raw_multiplexer_end
 *         raw_subevent_end
 *     raw_event_end
 *
 * Events are appended to writer.out, whose limit is given at init. Calls out of order
 * are our own mistakes.
 */
#ifndef SPILLWAY_RAW_WRITER_H
#define SPILLWAY_RAW_WRITER_H

#include "base/bytes.h"
#include "raw/date.h"

/* size, head_bytes 0, version 0 and the super-event flag are filled in by the writer: in
 * the layout 3.0 version 3.6 with 68 bytes, or with head_bytes 72 version 3.11. */
struct raw_event_spec {
    struct date_header header;
    bool flat; /* equipments directly in the event, no sub-events */
};

struct raw_block_spec {
    uint16_t source;
    uint8_t format;
    const uint32_t *words;
    size_t count;
    const struct bytes *packed; /* if not NULL the words as encoders give them */
};

struct raw_writer {
    struct bytes out;
    struct raw_event_spec event;
    size_t event_at, subevent_at, equipment_at; /* starts of what is open */
    bool in_event, in_subevent, in_multiplexer;
};

void raw_writer_init(struct raw_writer *writer, size_t limit);
void raw_writer_release(struct raw_writer *writer);

bool raw_event_begin(struct raw_writer *writer, const struct raw_event_spec *spec,
                     struct err *err);
bool raw_subevent_begin(struct raw_writer *writer, uint32_t ldc, struct err *err);

/* At most 65535 words with the header. The block gets the event's numbers. */
bool raw_block(struct raw_writer *writer, const struct raw_block_spec *spec,
               struct err *err);
bool raw_multiplexer_begin(struct raw_writer *writer, uint16_t source, struct err *err);
void raw_multiplexer_end(struct raw_writer *writer);
void raw_subevent_end(struct raw_writer *writer);
void raw_event_end(struct raw_writer *writer);

#endif
