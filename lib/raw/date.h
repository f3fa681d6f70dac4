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

#define DATE_MAGIC         0xDA1E5AFEu
#define DATE_MAGIC_SWAPPED 0xFE5A1EDAu /* written in the other byte order; not read */
#define DATE_HEAD          68u         /* versions 3.6 to 3.10; the shortest */
#define DATE_HEAD_3_11     72u         /* versions 3.11 to 3.13: microseconds at 68 */
#define DATE_HEAD_LONGEST  80u         /* version 3.14, and the old layout */
#define DATE_EQUIPMENT     28u         /* equipment header */
#define DATE_EQUIPMENT_OLD 12u   /* the same in the old layout, with its extension */
#define DATE_SUPER_EVENT   0x10u /* of attributes[2]: system attribute 68 */
#define DATE_EVENT_BAD     0xC0000000u /* of these: 94 payload truncated, 95 error */
#define DATE_SUPER_OLD     0x80000000u /* of the first or third detector word */

/* No DAQ of the experiment writes events above a few hundred kilobytes; a thousand times
 * that still keeps a buffer for one event small beside a worker's memory. */
#define DATE_MAX_EVENT ((uint32_t)64 << 20)

/* An event number in a spill has 20 bits, a spill number 12. */
#define DATE_EVENT_LIMIT (1u << 20)
#define DATE_SPILL_LIMIT (1u << 12)

/* Which words stand where. */
enum date_layout {
    DATE_LAYOUT_3_0,  /* versions 3.0 to 3.13: 68 or 72 bytes */
    DATE_LAYOUT_3_14, /* version 3.14: 80 bytes, four words of trigger pattern */
    DATE_LAYOUT_OLD   /* DATE software before 3.0 (event.h 2.18): 80 bytes */
};

struct date_header {
    enum date_layout layout;
    uint32_t size;       /* whole event */
    uint32_t head_bytes; /* where the payload starts */
    uint32_t version;    /* major << 16 | minor; 0 in the old layout */
    uint32_t type;       /* enum event_type of model/segment.h; date_type_word() */
    uint32_t flags;      /* the high half of the type word, kept in place */
    uint32_t run;
    uint32_t event_in_run;
    uint32_t event; /* in spill */
    uint32_t spill;
    uint32_t trigger_mask; /* trigger bits 0 to 31 */
    bool trigger_valid;    /* "pattern valid" bit */
    uint32_t detector_pattern;
    uint32_t attributes[3]; /* 0 to 63 of the user, 64 to 95 of the system; the old
                               layout has two, the second is the trigger mask */
    bool super;             /* the payload is sub-events */
    bool bad;               /* the DAQ says: payload truncated, or error */
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

/* The header at data. Layouts are told apart by the word at offset 12, below 0xFFFF a
 * header length and else a version; versions without a known layout are E_RAW_LAYOUT by
 * name. E_RAW_HEADER: magic, head length or size is impossible, and in the old layout,
 * whose fields are wider, also a type above 10 or numbers beyond the limits above.
 * `size` may end anywhere behind the header; the event's own size is checked against
 * DATE_MAX_EVENT only. */
bool date_header_read(const uint8_t *data, size_t size, struct date_header *header,
                      struct err *err);

/* What the type means in its layout: codes 9 and 10 changed theirs. "unknown" for codes
 * that the layout does not define. Static strings. */
const char *date_type_word(const struct date_header *header);
bool date_type_known(const struct date_header *header);

/* A record in which the DAQ says that it could not build an event. */
static inline bool date_is_format_error(const struct date_header *header)
{
    return header->type == (header->layout == DATE_LAYOUT_OLD ? 10 : 9);
}

/* Reads the events of one segment (or any row of events of one run and spill). */
struct date_reader {
    const uint8_t *data;
    size_t size;
    size_t offset; /* of the next header to be looked at */
    uint32_t run, spill;
    bool super; /* there are super-events: an event without the flag is a piece of one */
    size_t known; /* offset at which `next` was read to judge the event before; 0: none */
    struct date_header next;
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
 * passed over before it (length 0: nothing) and how it began. Never FAILED. */
enum lookup date_reader_next(struct date_reader *reader, struct date_event *event,
                             struct date_gap *gap);

/* A row of sub-events or equipments inside `size` bytes at `data`. */
struct date_cursor {
    const uint8_t *data;
    size_t size;
    size_t offset;
    enum date_layout layout;
};

/* A cursor over the payload of an event or sub-event. */
struct date_cursor date_payload(const struct date_event *event);

/* FOUND: the next sub-event. FAILED: *damage says why; lost are the bytes up to where the
 * cursor stands then: the next sub-event of this event, or the end. ABSENT: the end. A
 * sub-event must repeat layout, version, run, spill, event and event in run of its event.
 */
enum lookup date_subevent_next(struct date_cursor *cursor,
                               const struct date_header *event,
                               struct date_event *subevent, enum damage_class *damage);

/* FOUND: the next equipment. FAILED: the rest of the row has no structure, the cursor
 * stays where it is: the caller looks for the next one or gives up. ABSENT: the end. */
enum lookup date_equipment_next(struct date_cursor *cursor,
                                struct date_equipment *equipment);

#endif
