/* date.h - the DATE container: events, sub-events and equipments in a byte buffer.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A raw file is a row of events; an event is a header and a payload. A super-event's
 * payload is a row of sub-events with headers of their own, a sub-event's payload (or
 * that of an event without the flag) a row of equipments. All words are 32 bit little
 * endian, all sizes in bytes. Cursors borrow the buffer, allocate nothing and never look
 * behind its end. See the room's README for the rules on damage.
 */
#ifndef SPILLWAY_RAW_DATE_H
#define SPILLWAY_RAW_DATE_H

#include "base/err.h"
#include "raw/damage.h"

#define DATE_MAGIC       0xDA1E5AFEu
#define DATE_HEAD        68u   /* versions 3.6 to 3.10 */
#define DATE_HEAD_3_11   72u   /* versions 3.11 to 3.13: microseconds at 68 */
#define DATE_EQUIPMENT   28u   /* equipment header */
#define DATE_SUPER_EVENT 0x10u /* of attributes[2]: system attribute 68 */

/* No DAQ of the experiment writes events above a few hundred kilobytes; a thousand times
 * that still keeps a buffer for one event small beside a worker's memory. */
#define DATE_MAX_EVENT ((uint32_t)64 << 20)

/* An event number in a spill has 20 bits, a spill number 12. */
#define DATE_EVENT_LIMIT (1u << 20)
#define DATE_SPILL_LIMIT (1u << 12)

struct date_header {
    uint32_t size;       /* whole event */
    uint32_t head_bytes; /* where the payload starts */
    uint32_t version;
    uint32_t type;  /* enum event_type of model/segment.h */
    uint32_t flags; /* the high half of the type word, kept in place */
    uint32_t run;
    uint32_t event_in_run;
    uint32_t event; /* in spill */
    uint32_t spill;
    uint32_t trigger_mask; /* trigger bits 0 to 31 */
    bool trigger_valid;    /* "pattern valid" bit */
    uint32_t detector_pattern;
    uint32_t attributes[3]; /* 0 to 63 of the user, 64 to 95 of the system */
    uint32_t ldc;           /* 0xFFFFFFFF in a super-event */
    uint32_t gdc;
    uint32_t time_s; /* Unix seconds */
};

/* Borrowed from the buffer that was read. */
struct date_event {
    struct date_header header;
    const uint8_t *data; /* the event's header.size bytes */
};

struct date_equipment {
    uint32_t type;
    uint32_t id;
    const uint8_t *payload;
    uint32_t size; /* of the payload, a multiple of 4 */
};

/* The header at data. Layouts are told apart by the word at offset 12 and the version;
 * those that are not decoded here (before 3.0, and 3.14 on) are E_RAW_LAYOUT by name.
 * E_RAW_HEADER: magic, head length or size is impossible. `size` may end anywhere
 * behind the header; the event's own size is checked against DATE_MAX_EVENT only. */
bool date_header_read(const uint8_t *data, size_t size, struct date_header *header,
                      struct err *err);

static inline bool date_is_super(const struct date_header *header)
{
    return (header->attributes[2] & DATE_SUPER_EVENT) != 0;
}

/* Reads the events of one segment (or any row of events of one run and spill). */
struct date_reader {
    const uint8_t *data;
    size_t size;
    size_t offset; /* of the next header to be looked at */
    uint32_t run, spill;
    bool super; /* there are super-events: an event without the flag is a piece of one */
};

/* Bytes that are no good event, before the event that was returned. */
struct date_gap {
    size_t offset, length;
    enum damage_class damage;
};

/* Where the bytes hold no super-event they are read to their end to find that out. */
void date_reader_start(struct date_reader *reader, const void *data, size_t size,
                       uint32_t run, uint32_t spill);

/* FOUND: *event is the next event; ABSENT: the end. In both cases *gap says what was
 * passed over before it (length 0: nothing). Never FAILED. */
enum lookup date_reader_next(struct date_reader *reader, struct date_event *event,
                             struct date_gap *gap);

/* A row of sub-events or equipments inside `size` bytes at `data`. */
struct date_cursor {
    const uint8_t *data;
    size_t size;
    size_t offset;
};

/* A cursor over the payload of an event or sub-event. */
struct date_cursor date_payload(const struct date_event *event);

/* FOUND: the next sub-event. FAILED: *damage says why; what is behind it is lost and the
 * cursor stands at its end. ABSENT: the sub-events tiled the payload. A sub-event must
 * repeat version, run, spill, event and event in run of its event. */
enum lookup date_subevent_next(struct date_cursor *cursor,
                               const struct date_header *event,
                               struct date_event *subevent, enum damage_class *damage);

/* FOUND: the next equipment. FAILED and ABSENT as above. */
enum lookup date_equipment_next(struct date_cursor *cursor,
                                struct date_equipment *equipment,
                                enum damage_class *damage);

#endif
