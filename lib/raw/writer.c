/* writer.c - builds events from the outside in and fills the sizes when a level ends.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "raw/writer.h"

#include <string.h>

#include "raw/slink.h"

#define VERSION_3_6      0x00030006u
#define VERSION_3_11     0x0003000Bu
#define VERSION_3_14     0x0003000Eu
#define EQUIPMENT_SLINK  64u /* equipment type */
#define NO_LDC           0xFFFFFFFFu
#define BLOCK_WORD_LIMIT 0xFFFFu

void raw_writer_init(struct raw_writer *writer, size_t limit)
{
    *writer = (struct raw_writer){.in_event = false};
    bytes_init(&writer->out, limit);
}

void raw_writer_release(struct raw_writer *writer)
{
    bytes_release(&writer->out);
    *writer = (struct raw_writer){.in_event = false};
}

/* 3.0 to 3.13: 72 bytes have the microseconds, 0 here. */
static void words_3_0(const struct date_header *header, uint32_t *words)
{
    size_t head = header->head_bytes == 0 ? DATE_HEAD : header->head_bytes;
    uint32_t version = head == DATE_HEAD ? VERSION_3_6 : VERSION_3_11;
    bug_if(head != DATE_HEAD && head != DATE_HEAD_3_11);
    const uint32_t made[] = {
        (uint32_t)head,
        DATE_MAGIC,
        (uint32_t)head,
        header->version == 0 ? version : header->version,
        (header->type & 0xFFFF) | (header->flags & 0xFFFF0000),
        header->run,
        header->event_in_run,
        (header->event & (DATE_EVENT_LIMIT - 1)) | header->spill << 20,
        header->trigger_mask << 1 | (header->trigger_valid ? 1u : 0),
        header->trigger_mask >> 31,
        header->detector_pattern,
        header->attributes[0],
        header->attributes[1],
        header->attributes[2] | (header->super ? DATE_SUPER_EVENT : 0),
        header->ldc,
        header->gdc,
        header->time_s,
    };
    memcpy(words, made, sizeof made);
}

/* 3.14 has two words more in the trigger pattern. */
static void words_3_14(const struct date_header *header, uint32_t *words)
{
    struct date_header as_3_0 = *header;
    as_3_0.head_bytes = DATE_HEAD;
    words_3_0(&as_3_0, words);
    memmove(words + 12, words + 10, 7 * sizeof *words);
    words[0] = words[2] = DATE_HEAD_LONGEST;
    words[3] = header->version == 0 ? VERSION_3_14 : header->version;
    words[10] = words[11] = 0;
}

static void words_old(const struct date_header *header, uint32_t *words)
{
    words[0] = words[3] = DATE_HEAD_LONGEST;
    words[1] = DATE_MAGIC;
    words[2] = (header->type & 0xFFFF) | (header->flags & 0xFFFF0000);
    words[4] = header->run;
    words[5] = header->spill;
    words[6] = header->event_in_run;
    words[7] = header->event;
    words[10] = header->super ? DATE_SUPER_OLD : 0;
    words[11] = header->detector_pattern;
    words[13] = header->time_s;
    words[18] = header->attributes[0];
    words[19] = header->trigger_mask;
}

/* The size stands in word 0 until the level ends. */
static bool header_add(struct raw_writer *writer, const struct date_header *header,
                       struct err *err)
{
    uint32_t words[DATE_HEAD_LONGEST / 4] = {0};
    uint8_t *place;
    switch (header->layout) {
    case DATE_LAYOUT_3_0:
        words_3_0(header, words);
        break;
    case DATE_LAYOUT_3_14:
        words_3_14(header, words);
        break;
    case DATE_LAYOUT_OLD:
        words_old(header, words);
        break;
    }
    size_t head = words[0];
    if (!bytes_reserve(&writer->out, head, &place, err))
        return false;
    for (size_t i = 0; i < head / 4; i++)
        le32_store(place + 4 * i, words[i]);
    writer->out.size += head;
    return true;
}

static void size_fill(struct raw_writer *writer, size_t at)
{
    le32_store(writer->out.data + at, (uint32_t)(writer->out.size - at));
}

bool raw_event_begin(struct raw_writer *writer, const struct raw_event_spec *spec,
                     struct err *err)
{
    bug_if(writer->in_event);
    writer->event = *spec;
    struct date_header header = spec->header;
    header.super = !spec->flat;
    if (!spec->flat)
        header.ldc = NO_LDC;
    writer->event_at = writer->out.size;
    writer->in_event = header_add(writer, &header, err);
    return writer->in_event;
}

bool raw_subevent_begin(struct raw_writer *writer, uint32_t ldc, struct err *err)
{
    bug_if(!writer->in_event || writer->in_subevent || writer->event.flat);
    struct date_header header = writer->event.header;
    header.super = false;
    header.ldc = ldc;
    writer->subevent_at = writer->out.size;
    writer->in_subevent = header_add(writer, &header, err);
    return writer->in_subevent;
}

static size_t equipment_head(const struct raw_writer *writer)
{
    bool old = writer->event.header.layout == DATE_LAYOUT_OLD;
    return old ? DATE_EQUIPMENT_OLD : DATE_EQUIPMENT;
}

static bool equipment_begin(struct raw_writer *writer, uint32_t id, struct err *err)
{
    const uint32_t words[DATE_EQUIPMENT / 4] = {0, EQUIPMENT_SLINK, id, 0, 0, 0, 4};
    const uint32_t old[DATE_EQUIPMENT_OLD / 4] = {EQUIPMENT_SLINK << 16, id << 16, 0};
    size_t head = equipment_head(writer);
    uint8_t *place;
    bug_if(!writer->in_event || (!writer->in_subevent && !writer->event.flat));
    if (!bytes_reserve(&writer->out, head, &place, err))
        return false;
    writer->equipment_at = writer->out.size;
    for (size_t i = 0; i < head / 4; i++)
        le32_store(place + 4 * i, head == DATE_EQUIPMENT ? words[i] : old[i]);
    writer->out.size += head;
    return true;
}

/* The old layout counts the data, the new one everything. */
static void equipment_end(struct raw_writer *writer)
{
    if (writer->event.header.layout != DATE_LAYOUT_OLD)
        size_fill(writer, writer->equipment_at);
    else
        le32_store(
            writer->out.data + writer->equipment_at + 8,
            (uint32_t)(writer->out.size - writer->equipment_at - DATE_EQUIPMENT_OLD));
}

/* The second word of block and multiplexer alike. */
static uint32_t event_word(const struct raw_writer *writer)
{
    const struct date_header *header = &writer->event.header;
    return (header->event & 0xFFFFF) | header->spill % SLINK_SPILL_LIMIT << 20;
}

bool raw_block(struct raw_writer *writer, const struct raw_block_spec *spec,
               struct err *err)
{
    size_t count = spec->packed != NULL ? spec->packed->size / 4 : spec->count;
    size_t words = count + SLINK_HEADER_WORDS;
    if (words > BLOCK_WORD_LIMIT)
        return err_set(err, E_LIMIT, "an S-Link block of %zu words; the limit is %u",
                       words, BLOCK_WORD_LIMIT);
    if (!writer->in_multiplexer && !equipment_begin(writer, spec->source, err))
        return false;
    uint8_t *place;
    if (!bytes_reserve(&writer->out, 4 * words, &place, err))
        return false;
    le32_store(place, (uint32_t)words | (uint32_t)spec->source << 16 | 1u << 26);
    le32_store(place + 4, event_word(writer));
    le32_store(place + 8, SLINK_TCS_GOOD << 8 | (uint32_t)spec->format << 24);
    place += 4 * (size_t)SLINK_HEADER_WORDS;
    if (spec->packed != NULL && count > 0)
        memcpy(place, spec->packed->data, 4 * count);
    for (size_t i = 0; spec->packed == NULL && i < count; i++)
        le32_store(place + 4 * i, spec->words[i]);
    writer->out.size += 4 * words;
    if (!writer->in_multiplexer)
        equipment_end(writer);
    return true;
}

bool raw_multiplexer_begin(struct raw_writer *writer, uint16_t source, struct err *err)
{
    bug_if(source < SLINK_MULTIPLEXER_FIRST || writer->in_multiplexer);
    if (!equipment_begin(writer, source, err))
        return false;
    uint8_t *place;
    if (!bytes_reserve(&writer->out, (size_t)4 * SLINK_MULTIPLEXER_WORDS, &place, err))
        return false;
    le32_store(place, (uint32_t)source << 16 | 1u << 26);
    le32_store(place + 4, event_word(writer));
    writer->out.size += (size_t)4 * SLINK_MULTIPLEXER_WORDS;
    writer->in_multiplexer = true;
    return true;
}

void raw_multiplexer_end(struct raw_writer *writer)
{
    bug_if(!writer->in_multiplexer);
    writer->in_multiplexer = false;
    equipment_end(writer);
    size_t from = writer->equipment_at + equipment_head(writer);
    uint8_t *head = writer->out.data + from;
    size_t words = (writer->out.size - from) / 4;
    bug_if(words > BLOCK_WORD_LIMIT);
    le32_store(head, le32_load(head) | (uint32_t)words);
}

void raw_subevent_end(struct raw_writer *writer)
{
    bug_if(!writer->in_subevent || writer->in_multiplexer);
    size_fill(writer, writer->subevent_at);
    writer->in_subevent = false;
}

void raw_event_end(struct raw_writer *writer)
{
    bug_if(!writer->in_event || writer->in_subevent || writer->in_multiplexer);
    size_fill(writer, writer->event_at);
    writer->in_event = false;
}
