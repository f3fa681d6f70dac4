/* date.c - DATE headers, and going through events, sub-events and equipments.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "raw/date.h"

#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"
#include "model/segment.h"

/* Places of the words that every new layout has in common. */
#define AT_SIZE    0
#define AT_MAGIC   4
#define AT_HEAD    8
#define AT_VERSION 12
#define COMMON     16 /* bytes needed to tell the layout */

/* Below this the word at 12 is the old layout's header length, not a version. */
#define OLD_LAYOUT_LIMIT 0xFFFFu

enum layout {
    LAYOUT_OLD,    /* DATE software before 3.0, 80 bytes, other order of words */
    LAYOUT_3_6,    /* versions 3.0 to 3.13: 68 or 72 bytes */
    LAYOUT_3_14,   /* 80 bytes, trigger pattern of four words */
    LAYOUT_UNKNOWN /* none that is documented */
};

static enum layout layout_of(const uint8_t *data)
{
    uint32_t version = le32_load(data + AT_VERSION);
    if (version < OLD_LAYOUT_LIMIT)
        return LAYOUT_OLD;
    if (version >> 16 != 3)
        return LAYOUT_UNKNOWN;
    return (version & 0xFFFF) < 14 ? LAYOUT_3_6 : LAYOUT_3_14;
}

static void header_load_3_6(const uint8_t *data, struct date_header *header)
{
    uint32_t word[DATE_HEAD / 4];
    for (size_t i = 0; i < DATE_HEAD / 4; i++)
        word[i] = le32_load(data + 4 * i);
    *header = (struct date_header){
        .size = word[0],
        .head_bytes = word[2],
        .version = word[3],
        .type = word[4] & 0xFFFF,
        .flags = word[4] & 0xFFFF0000,
        .run = word[5],
        .event_in_run = word[6],
        .event = word[7] & (DATE_EVENT_LIMIT - 1),
        .spill = word[7] >> 20,
        .trigger_mask = (word[8] >> 1) + (word[9] << 31),
        .trigger_valid = (word[8] & 1) != 0,
        .detector_pattern = word[10],
        .attributes = {word[11], word[12], word[13]},
        .ldc = word[14],
        .gdc = word[15],
        .time_s = word[16],
    };
}

/* Without messages: the fast check that resynchronisation repeats millions of times. */
static bool header_sane(const uint8_t *data, size_t size)
{
    if (size < DATE_HEAD || le32_load(data + AT_MAGIC) != DATE_MAGIC ||
        layout_of(data) != LAYOUT_3_6)
        return false;
    uint32_t head = le32_load(data + AT_HEAD);
    uint32_t whole = le32_load(data + AT_SIZE);
    return (head == DATE_HEAD || head == DATE_HEAD_3_11) && whole >= head &&
           whole <= DATE_MAX_EVENT && whole % 4 == 0;
}

static bool layout_refuse(enum layout layout, struct err *err)
{
    switch (layout) {
    case LAYOUT_OLD:
        return err_set(err, E_RAW_LAYOUT,
                       "event header of the old DATE layout "
                       "(event.h 2.18, 80 bytes) is not read");
    case LAYOUT_3_14:
        return err_set(err, E_RAW_LAYOUT,
                       "event header of DATE 3.14 (80 bytes) is not read");
    case LAYOUT_UNKNOWN:
        return err_set(err, E_RAW_LAYOUT, "event header of an unknown DATE version");
    case LAYOUT_3_6:
        break;
    }
    return true;
}

bool date_header_read(const uint8_t *data, size_t size, struct date_header *header,
                      struct err *err)
{
    if (size < COMMON)
        return err_set(err, E_RAW_HEADER, "%zu bytes are too few for an event header",
                       size);
    if (le32_load(data + AT_MAGIC) != DATE_MAGIC)
        return err_set(err, E_RAW_HEADER, "no event header: magic is 0x%08" PRIX32,
                       le32_load(data + AT_MAGIC));
    if (!layout_refuse(layout_of(data), err))
        return false;
    if (!header_sane(data, size))
        return err_set(err, E_RAW_HEADER,
                       "event header with impossible sizes: event %" PRIu32
                       ", head %" PRIu32 " bytes",
                       le32_load(data + AT_SIZE), le32_load(data + AT_HEAD));
    header_load_3_6(data, header);
    return true;
}

/* May an event begin here, be it of this spill or another? */
static bool reader_accepts(const struct date_reader *reader, size_t at,
                           struct date_header *header)
{
    if (at >= reader->size || !header_sane(reader->data + at, reader->size - at))
        return false;
    header_load_3_6(reader->data + at, header);
    return header->run == reader->run && (date_is_super(header) || !reader->super ||
                                          !event_type_is_event(header->type));
}

/* The first place from `at` before `end` where an event may begin, one without the
 * super-event flag only where `flat` allows it; `end` if there is none. */
static size_t reader_search(const struct date_reader *reader, size_t at, size_t end,
                            bool flat)
{
    struct date_header header;
    for (; at + DATE_HEAD <= end; at += 4)
        if (le32_load(reader->data + at + AT_MAGIC) == DATE_MAGIC &&
            reader_accepts(reader, at, &header) && (flat || date_is_super(&header)))
            return at;
    return end;
}

void date_reader_start(struct date_reader *reader, const void *data, size_t size,
                       uint32_t run, uint32_t spill)
{
    *reader =
        (struct date_reader){.data = data, .size = size, .run = run, .spill = spill};
    reader->super = reader_search(reader, 0, size, false) < size;
}

/* The next event after damage. */
static size_t reader_resync(const struct date_reader *reader, size_t at)
{
    return reader_search(reader, at, reader->size, !reader->super);
}

/* Where the event at `at` really ends: behind its size, or, when no event can follow
 * there, at an event inside it (then it is damage and *whole is false). */
static size_t reader_frame(const struct date_reader *reader, size_t at,
                           const struct date_header *header, bool *whole)
{
    struct date_header next;
    size_t left = reader->size - at;
    *whole = header->size <= left;
    if (header->size == left ||
        (*whole && reader_accepts(reader, at + header->size, &next)))
        return at + header->size;
    size_t end = *whole ? at + header->size : reader->size;
    size_t inside = reader_search(reader, at + 4, end, !reader->super);
    if (inside < end)
        *whole = false;
    return inside;
}

enum lookup date_reader_next(struct date_reader *reader, struct date_event *event,
                             struct date_gap *gap)
{
    size_t at = reader->offset;
    *gap = (struct date_gap){.offset = at};
    while (at < reader->size) {
        struct date_header header;
        if (!reader_accepts(reader, at, &header) || header.spill != reader->spill) {
            if (at == gap->offset && reader->size - at < DATE_HEAD)
                gap->damage = DAMAGE_TRUNCATED;
            at = reader_resync(reader, at + 4);
            continue;
        }
        bool whole;
        size_t end = reader_frame(reader, at, &header, &whole);
        if (whole) {
            gap->length = at - gap->offset;
            *event = (struct date_event){.header = header, .data = reader->data + at};
            reader->offset = end;
            return LOOKUP_FOUND;
        }
        if (at == gap->offset)
            gap->damage = end < reader->size ? DAMAGE_EVENT_SIZE : DAMAGE_TRUNCATED;
        at = end;
    }
    reader->offset = reader->size;
    gap->length = reader->size - gap->offset;
    return LOOKUP_ABSENT;
}

struct date_cursor date_payload(const struct date_event *event)
{
    return (struct date_cursor){.data = event->data + event->header.head_bytes,
                                .size = event->header.size - event->header.head_bytes};
}

static bool subevent_belongs(const struct date_header *event,
                             const struct date_header *subevent)
{
    return event->version == subevent->version && event->run == subevent->run &&
           event->spill == subevent->spill && event->event == subevent->event &&
           event->event_in_run == subevent->event_in_run;
}

enum lookup date_subevent_next(struct date_cursor *cursor,
                               const struct date_header *event,
                               struct date_event *subevent, enum damage_class *damage)
{
    size_t left = cursor->size - cursor->offset;
    if (left == 0)
        return LOOKUP_ABSENT;
    const uint8_t *data = cursor->data + cursor->offset;
    struct date_header header;
    cursor->offset = cursor->size;
    *damage = DAMAGE_SUBEVENT_SIZE;
    if (left < DATE_HEAD)
        return LOOKUP_FAILED;
    *damage = DAMAGE_SUBEVENT_HEADER;
    if (le32_load(data + AT_MAGIC) != DATE_MAGIC)
        return LOOKUP_FAILED;
    *damage = DAMAGE_SUBEVENT_SIZE;
    if (!header_sane(data, left) || le32_load(data + AT_SIZE) > left)
        return LOOKUP_FAILED;
    header_load_3_6(data, &header);
    *damage = DAMAGE_SUBEVENT_HEADER;
    if (!subevent_belongs(event, &header))
        return LOOKUP_FAILED;
    cursor->offset = cursor->size - left + header.size;
    *subevent = (struct date_event){.header = header, .data = data};
    return LOOKUP_FOUND;
}

enum lookup date_equipment_next(struct date_cursor *cursor,
                                struct date_equipment *equipment,
                                enum damage_class *damage)
{
    size_t left = cursor->size - cursor->offset;
    if (left == 0)
        return LOOKUP_ABSENT;
    const uint8_t *data = cursor->data + cursor->offset;
    *damage = DAMAGE_EQUIPMENT_SIZE;
    uint32_t size = left < DATE_EQUIPMENT ? 0 : le32_load(data);
    if (size < DATE_EQUIPMENT || size % 4 != 0 || size > left) {
        cursor->offset = cursor->size;
        return LOOKUP_FAILED;
    }
    cursor->offset += size;
    *equipment = (struct date_equipment){.type = le32_load(data + 4),
                                         .id = le32_load(data + 8),
                                         .payload = data + DATE_EQUIPMENT,
                                         .size = size - DATE_EQUIPMENT};
    return LOOKUP_FOUND;
}
