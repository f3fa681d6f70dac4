/* writer.c - builds events from the outside in and fills the sizes when a level ends.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "raw/writer.h"

#include "raw/slink.h"

#define VERSION_3_6      0x00030006u
#define VERSION_3_11     0x0003000Bu
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

static bool header_add(struct raw_writer *writer, const struct date_header *header,
                       struct err *err)
{
    size_t head = header->head_bytes == 0 ? DATE_HEAD : header->head_bytes;
    bug_if(head != DATE_HEAD && head != DATE_HEAD_3_11);
    uint32_t version = header->version;
    if (version == 0)
        version = head == DATE_HEAD ? VERSION_3_6 : VERSION_3_11;
    const uint32_t words[DATE_HEAD_3_11 / 4] = {
        0,
        DATE_MAGIC,
        (uint32_t)head,
        version,
        (header->type & 0xFFFF) | (header->flags & 0xFFFF0000),
        header->run,
        header->event_in_run,
        (header->event & (DATE_EVENT_LIMIT - 1)) | header->spill << 20,
        header->trigger_mask << 1 | (header->trigger_valid ? 1u : 0),
        header->trigger_mask >> 31,
        header->detector_pattern,
        header->attributes[0],
        header->attributes[1],
        header->attributes[2],
        header->ldc,
        header->gdc,
        header->time_s,
        0,
    };
    uint8_t *place;
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
    if (!spec->flat) {
        header.attributes[2] |= DATE_SUPER_EVENT;
        header.ldc = NO_LDC;
    }
    writer->event_at = writer->out.size;
    writer->in_event = header_add(writer, &header, err);
    return writer->in_event;
}

bool raw_subevent_begin(struct raw_writer *writer, uint32_t ldc, struct err *err)
{
    bug_if(!writer->in_event || writer->in_subevent || writer->event.flat);
    struct date_header header = writer->event.header;
    header.attributes[2] &= ~DATE_SUPER_EVENT;
    header.ldc = ldc;
    writer->subevent_at = writer->out.size;
    writer->in_subevent = header_add(writer, &header, err);
    return writer->in_subevent;
}

static bool equipment_begin(struct raw_writer *writer, uint32_t id, struct err *err)
{
    const uint32_t words[DATE_EQUIPMENT / 4] = {0, EQUIPMENT_SLINK, id, 0, 0, 0, 4};
    uint8_t *place;
    bug_if(!writer->in_event || (!writer->in_subevent && !writer->event.flat));
    if (!bytes_reserve(&writer->out, DATE_EQUIPMENT, &place, err))
        return false;
    writer->equipment_at = writer->out.size;
    for (size_t i = 0; i < DATE_EQUIPMENT / 4; i++)
        le32_store(place + 4 * i, words[i]);
    writer->out.size += DATE_EQUIPMENT;
    return true;
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
    size_t words = spec->count + SLINK_HEADER_WORDS;
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
    for (size_t i = 0; i < spec->count; i++)
        le32_store(place + 4 * (SLINK_HEADER_WORDS + i), spec->words[i]);
    writer->out.size += 4 * words;
    if (!writer->in_multiplexer)
        size_fill(writer, writer->equipment_at);
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
    size_fill(writer, writer->equipment_at);
    uint8_t *head = writer->out.data + writer->equipment_at + DATE_EQUIPMENT;
    size_t words = (writer->out.size - writer->equipment_at - DATE_EQUIPMENT) / 4;
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
