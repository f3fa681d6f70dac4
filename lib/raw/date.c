/* date.c - DATE headers, and going through events, sub-events and equipments.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "raw/date.h"

#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"
#include "model/segment.h"

/* Places of the words by which layouts are told apart. */
#define AT_SIZE     0
#define AT_MAGIC    4
#define AT_HEAD     8 /* of the old layout: its type */
#define AT_VERSION  12
#define AT_RUN      20
#define AT_RUN_OLD  16
#define COMMON      16 /* bytes needed to tell the layout */
#define LOAD_3_14   2  /* words by which fields behind the trigger pattern are moved */
#define OLD_TYPES   10
#define NEW_TYPES   14
#define NO_LDC      0xFFFFFFFFu
#define MINOR_LIMIT 14

/* Below this the word at 12 is the old layout's header length, not a version. */
#define OLD_LAYOUT_LIMIT 0xFFFFu

/* false: a version whose layout nobody documents. */
static bool layout_of(const uint8_t *data, enum date_layout *layout)
{
    uint32_t version = le32_load(data + AT_VERSION);
    *layout = DATE_LAYOUT_OLD;
    if (version < OLD_LAYOUT_LIMIT)
        return true;
    *layout = (version & 0xFFFF) < MINOR_LIMIT ? DATE_LAYOUT_3_0 : DATE_LAYOUT_3_14;
    return version >> 16 == 3 && (version & 0xFFFF) <= MINOR_LIMIT;
}

/* Where the header says that the payload starts. */
static uint32_t head_bytes_of(const uint8_t *data, enum date_layout layout)
{
    return le32_load(data + (layout == DATE_LAYOUT_OLD ? AT_VERSION : AT_HEAD));
}

static bool head_bytes_good(const uint8_t *data, enum date_layout layout)
{
    uint32_t head = head_bytes_of(data, layout);
    if (layout == DATE_LAYOUT_3_0)
        return head == DATE_HEAD || head == DATE_HEAD_3_11;
    return head == DATE_HEAD_LONGEST;
}

/* Bytes that must be there: as the header says, or the least of its layout. */
static size_t head_least(const uint8_t *data, enum date_layout layout)
{
    if (head_bytes_good(data, layout))
        return head_bytes_of(data, layout);
    return layout == DATE_LAYOUT_3_0 ? DATE_HEAD : DATE_HEAD_LONGEST;
}

/* 3.14 is 3.6 with two words more in the trigger pattern. */
static void header_load_new(const uint8_t *data, enum date_layout layout,
                            struct date_header *header)
{
    uint32_t word[DATE_HEAD / 4];
    size_t move = layout == DATE_LAYOUT_3_14 ? LOAD_3_14 : 0;
    for (size_t i = 0; i < DATE_HEAD / 4; i++)
        word[i] = le32_load(data + 4 * (i < 10 ? i : i + move));
    *header = (struct date_header){
        .layout = layout,
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
        .super = (word[13] & DATE_SUPER_EVENT) != 0,
        .bad = (word[13] & DATE_EVENT_BAD) != 0,
        .ldc = word[14],
        .gdc = word[15],
        .time_s = word[16],
    };
}

static void header_load_old(const uint8_t *data, struct date_header *header)
{
    uint32_t word[DATE_HEAD_LONGEST / 4];
    for (size_t i = 0; i < DATE_HEAD_LONGEST / 4; i++)
        word[i] = le32_load(data + 4 * i);
    *header = (struct date_header){
        .layout = DATE_LAYOUT_OLD,
        .size = word[0],
        .head_bytes = word[3],
        .type = word[2] & 0xFFFF,
        .flags = word[2] & 0xFFFF0000,
        .run = word[4],
        .spill = word[5],
        .event_in_run = word[6],
        .event = word[7],
        .trigger_mask = word[19],
        .trigger_valid = true,
        .detector_pattern = word[11],
        .attributes = {word[18], word[19], 0},
        .super = ((word[10] | word[12]) & DATE_SUPER_OLD) != 0,
        .bad = word[15] != 0,
        .ldc = NO_LDC,
        .gdc = NO_LDC,
        .time_s = word[13],
    };
}

static void header_load(const uint8_t *data, enum date_layout layout,
                        struct date_header *header)
{
    if (layout == DATE_LAYOUT_OLD)
        header_load_old(data, header);
    else
        header_load_new(data, layout, header);
}

/* Numbers that 3.0 packed into one word have words of their own in the old layout. */
static bool old_sane(const uint8_t *data)
{
    uint32_t type = le32_load(data + AT_HEAD) & 0xFFFF;
    return type >= 1 && type <= OLD_TYPES && le32_load(data + 20) < DATE_SPILL_LIMIT &&
           le32_load(data + 28) < DATE_EVENT_LIMIT;
}

/* A header inside of which another one begins is none: who sees only the part of a file
 * before that one must come to the same end as who sees all. */
static bool head_alone(const uint8_t *data, size_t size, size_t head)
{
    enum { FIRST = 16 }; /* words, compared together */

    const size_t seen = size < head + 4 ? head : head + 4;
    size_t at = AT_HEAD;
    bool alone = true;
    if (seen >= at + sizeof(uint32_t) * FIRST) {
        uint32_t word[FIRST], magic, same = 0;
        le32_store(&magic, DATE_MAGIC);
        memcpy(word, data + at, sizeof word);
        for (size_t i = 0; i < FIRST; i++)
            same |= word[i] == magic;
        alone = same == 0;
        at += sizeof word;
    }
    for (; at < seen; at += 4)
        alone &= le32_load(data + at) != DATE_MAGIC;
    return alone;
}

/* Without messages: the fast check that resynchronisation repeats millions of times. */
static bool header_sane(const uint8_t *data, size_t size, enum date_layout *layout)
{
    if (size < DATE_HEAD || le32_load(data + AT_MAGIC) != DATE_MAGIC ||
        !layout_of(data, layout) || !head_bytes_good(data, *layout) ||
        size < head_bytes_of(data, *layout))
        return false;
    uint32_t whole = le32_load(data + AT_SIZE);
    return whole >= head_bytes_of(data, *layout) && whole <= DATE_MAX_EVENT &&
           whole % 4 == 0 && (*layout != DATE_LAYOUT_OLD || old_sane(data)) &&
           head_alone(data, size, head_bytes_of(data, *layout));
}

bool date_header_read(const uint8_t *data, size_t size, struct date_header *header,
                      struct err *err)
{
    enum date_layout layout;
    if (size < COMMON)
        return err_set(err, E_RAW_HEADER, "%zu bytes are too few for an event header",
                       size);
    if (le32_load(data + AT_MAGIC) != DATE_MAGIC)
        return err_set(err, E_RAW_HEADER, "no event header: magic is 0x%08" PRIX32,
                       le32_load(data + AT_MAGIC));
    if (!layout_of(data, &layout))
        return err_set(
            err, E_RAW_LAYOUT,
            "event header of DATE %" PRIu32 ".%" PRIu32 ", whose layout is unknown",
            le32_load(data + AT_VERSION) >> 16, le32_load(data + AT_VERSION) & 0xFFFF);
    if (!header_sane(data, size, &layout))
        return err_set(err, E_RAW_HEADER,
                       "event header with impossible sizes, or with another one inside: "
                       "event %" PRIu32 ", head %" PRIu32 " bytes",
                       le32_load(data + AT_SIZE), head_bytes_of(data, layout));
    header_load(data, layout, header);
    return true;
}

/* Codes 9 and 10 are named by layout. */
static const char *const type_words[NEW_TYPES + 1] = {
    "unknown",          "start-of-run",     "end-of-run",    "start-of-run-files",
    "end-of-run-files", "start-of-burst",   "end-of-burst",  "physics",
    "calibration",      "format-error",     "start-of-data", "end-of-data",
    "system-trigger",   "detector-trigger", "sync"};

bool date_type_known(const struct date_header *header)
{
    uint32_t limit = header->layout == DATE_LAYOUT_OLD ? OLD_TYPES : NEW_TYPES;
    return header->type >= 1 && header->type <= limit;
}

const char *date_type_word(const struct date_header *header)
{
    if (!date_type_known(header))
        return type_words[0];
    if (header->layout == DATE_LAYOUT_OLD && header->type == 9)
        return "end-of-link";
    if (header->layout == DATE_LAYOUT_OLD && header->type == 10)
        return type_words[9];
    return type_words[header->type];
}

/* May an event begin here, be it of this spill or another? */
static bool reader_accepts(const struct date_reader *reader, size_t at,
                           struct date_header *header)
{
    enum date_layout layout;
    if (at >= reader->size || !header_sane(reader->data + at, reader->size - at, &layout))
        return false;
    header_load(reader->data + at, layout, header);
    return header->run == reader->run &&
           (header->super || !reader->super || !event_type_is_event(header->type));
}

/* The first place from `at` before `end` where an event may begin, one without the
 * super-event flag only where `flat` allows it; `end` if there is none. */
static size_t reader_search(const struct date_reader *reader, size_t at, size_t end,
                            bool flat)
{
    struct date_header header;
    for (; at < end && reader->size - at >= DATE_HEAD; at += 4)
        if (le32_load(reader->data + at + AT_MAGIC) == DATE_MAGIC &&
            reader_accepts(reader, at, &header) && (flat || header.super))
            return at;
    return end;
}

/* Does the super-event flag tell the truth? Then the first sub-event follows. */
static bool super_sure(const struct date_reader *reader, size_t at)
{
    struct date_header event, inner;
    return reader_accepts(reader, at, &event) && event.head_bytes < reader->size - at &&
           reader_accepts(reader, at + event.head_bytes, &inner) &&
           inner.spill == event.spill && inner.event == event.event;
}

void date_reader_start(struct date_reader *reader, const void *data, size_t size,
                       uint32_t run, uint32_t spill)
{
    *reader =
        (struct date_reader){.data = data, .size = size, .run = run, .spill = spill};
    for (size_t at = reader_search(reader, 0, size, false); at < size && !reader->super;
         at = reader_search(reader, at + 4, size, false))
        reader->super = super_sure(reader, at);
}

/* The next event after damage. */
static size_t reader_resync(const struct date_reader *reader, size_t at)
{
    return reader_search(reader, at, reader->size, !reader->super);
}

/* Where the event at `at` really ends: behind its size, or, when no event can follow
 * there, at an event inside it (then it is damage and *whole is false). The header that
 * follows is kept: it is the next one asked for. */
static size_t reader_frame(struct date_reader *reader, size_t at,
                           const struct date_header *header, bool *whole)
{
    size_t left = reader->size - at;
    *whole = header->size <= left;
    if (header->size == left)
        return at + header->size;
    if (*whole && reader_accepts(reader, at + header->size, &reader->next)) {
        reader->known = at + header->size;
        return reader->known;
    }
    size_t end = *whole ? at + header->size : reader->size;
    size_t inside = reader_search(reader, at + 4, end, !reader->super);
    if (inside < end)
        *whole = false;
    return inside;
}

/* How much is left of a header of this run: magic in either byte order, a layout with
 * its header length, and the run. Two of three make a damaged header. */
static int header_marks(const uint8_t *data, uint32_t run)
{
    enum date_layout layout;
    uint32_t magic = le32_load(data + AT_MAGIC);
    bool known = layout_of(data, &layout) && head_bytes_good(data, layout);
    bool same = le32_load(data + (le32_load(data + AT_VERSION) < OLD_LAYOUT_LIMIT
                                      ? AT_RUN_OLD
                                      : AT_RUN)) == run;
    return (magic == DATE_MAGIC || magic == DATE_MAGIC_SWAPPED) + known + same;
}

/* What a gap is called by its first bytes. */
static enum damage_class reader_gap(const struct date_reader *reader, size_t at)
{
    const uint8_t *data = reader->data + at;
    size_t left = reader->size - at;
    enum date_layout layout;
    if (left < DATE_HEAD)
        return DAMAGE_TRUNCATED;
    if (header_marks(data, reader->run) < 2)
        return DAMAGE_FOREIGN;
    return layout_of(data, &layout) && left < head_least(data, layout)
               ? DAMAGE_TRUNCATED
               : DAMAGE_EVENT_HEADER;
}

/* reader_accepts(), once a header. */
static bool reader_head(const struct date_reader *reader, size_t at,
                        struct date_header *header)
{
    if (at == 0 || at != reader->known)
        return reader_accepts(reader, at, header);
    *header = reader->next;
    return true;
}

enum lookup date_reader_next(struct date_reader *reader, struct date_event *event,
                             struct date_gap *gap)
{
    size_t at = reader->offset;
    *gap = (struct date_gap){.offset = at};
    while (at < reader->size) {
        struct date_header header;
        if (!reader_head(reader, at, &header) || header.spill != reader->spill) {
            if (at == gap->offset)
                gap->damage = reader_gap(reader, at);
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
                                .size = event->header.size - event->header.head_bytes,
                                .layout = event->header.layout};
}

/* May a sub-event of this event begin here? */
static bool subevent_accepts(const struct date_cursor *cursor, size_t at,
                             const struct date_header *event,
                             struct date_header *subevent)
{
    enum date_layout layout;
    if (!header_sane(cursor->data + at, cursor->size - at, &layout) ||
        layout != event->layout)
        return false;
    header_load(cursor->data + at, layout, subevent);
    return event->version == subevent->version && event->run == subevent->run &&
           event->spill == subevent->spill && event->event == subevent->event &&
           event->event_in_run == subevent->event_in_run;
}

static size_t subevent_search(const struct date_cursor *cursor, size_t at, size_t end,
                              const struct date_header *event)
{
    struct date_header header;
    for (; at < end && cursor->size - at >= DATE_HEAD; at += 4)
        if (le32_load(cursor->data + at + AT_MAGIC) == DATE_MAGIC &&
            subevent_accepts(cursor, at, event, &header))
            return at;
    return end;
}

/* The rule for events, one level below: a size is wrong when another sub-event begins
 * inside of it and none behind it. */
static size_t subevent_frame(const struct date_cursor *cursor, uint32_t size,
                             const struct date_header *event, bool *whole)
{
    struct date_header next;
    size_t at = cursor->offset, left = cursor->size - at;
    *whole = size <= left;
    if (size == left || (*whole && subevent_accepts(cursor, at + size, event, &next)))
        return at + size;
    size_t end = *whole ? at + size : cursor->size;
    size_t inside = subevent_search(cursor, at + 4, end, event);
    if (inside < end)
        *whole = false;
    return inside;
}

/* What is wrong where no sub-event begins. */
static enum damage_class subevent_wrong(const uint8_t *data, size_t left,
                                        const struct date_header *event)
{
    if (left < event->head_bytes || header_marks(data, event->run) < 2)
        return DAMAGE_SUBEVENT_SIZE;
    uint32_t size = le32_load(data + AT_SIZE);
    bool sized = size >= event->head_bytes && size <= left && size % 4 == 0;
    return sized ? DAMAGE_SUBEVENT_HEADER : DAMAGE_SUBEVENT_SIZE;
}

enum lookup date_subevent_next(struct date_cursor *cursor,
                               const struct date_header *event,
                               struct date_event *subevent, enum damage_class *damage)
{
    size_t at = cursor->offset, left = cursor->size - at;
    struct date_header header;
    if (left == 0)
        return LOOKUP_ABSENT;
    const uint8_t *data = cursor->data + at;
    if (!subevent_accepts(cursor, at, event, &header)) {
        *damage = subevent_wrong(data, left, event);
        cursor->offset = subevent_search(cursor, at + 4, cursor->size, event);
        return LOOKUP_FAILED;
    }
    bool whole;
    cursor->offset = subevent_frame(cursor, header.size, event, &whole);
    if (!whole) {
        *damage = DAMAGE_SUBEVENT_SIZE;
        return LOOKUP_FAILED;
    }
    *subevent = (struct date_event){.header = header, .data = data};
    return LOOKUP_FOUND;
}

/* The old header is short, and says how long its extension and the data behind are. */
static bool equipment_load_old(const uint8_t *data, size_t left,
                               struct date_equipment *equipment, uint32_t *whole)
{
    if (left < DATE_EQUIPMENT_OLD)
        return false;
    uint32_t head = DATE_EQUIPMENT_OLD + le16_load(data);
    uint32_t size = le32_load(data + 8);
    if (head > left || size > left - head || head % 4 != 0 || size % 4 != 0)
        return false;
    *whole = head + size;
    *equipment = (struct date_equipment){.type = le16_load(data + 2),
                                         .id = le16_load(data + 6),
                                         .payload = data + head,
                                         .size = size};
    return true;
}

static bool equipment_load(const uint8_t *data, size_t left,
                           struct date_equipment *equipment, uint32_t *whole)
{
    uint32_t size = left < DATE_EQUIPMENT ? 0 : le32_load(data);
    if (size < DATE_EQUIPMENT || size % 4 != 0 || size > left)
        return false;
    *whole = size;
    *equipment = (struct date_equipment){.type = le32_load(data + 4),
                                         .id = le32_load(data + 8),
                                         .payload = data + DATE_EQUIPMENT,
                                         .size = size - DATE_EQUIPMENT};
    return true;
}

enum lookup date_equipment_next(struct date_cursor *cursor,
                                struct date_equipment *equipment)
{
    const uint8_t *data = cursor->data + cursor->offset;
    size_t left = cursor->size - cursor->offset;
    uint32_t whole;
    if (left == 0)
        return LOOKUP_ABSENT;
    bool good = cursor->layout == DATE_LAYOUT_OLD
                    ? equipment_load_old(data, left, equipment, &whole)
                    : equipment_load(data, left, equipment, &whole);
    if (!good)
        return LOOKUP_FAILED;
    cursor->offset += whole;
    return LOOKUP_FOUND;
}
