/* slink.c - S-Link headers, multiplexers, and the round through an event's blocks.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "raw/slink.h"

#include "base/bytes.h"

enum { DEPTH_SUBEVENT, DEPTH_EQUIPMENT };

void event_blocks_start(struct event_blocks *blocks, const struct date_event *event)
{
    *blocks = (struct event_blocks){.event = event};
    if (event->header.super) {
        blocks->subevents = date_payload(event);
        blocks->depth = DEPTH_SUBEVENT;
    } else {
        blocks->equipments = date_payload(event);
        blocks->depth = DEPTH_EQUIPMENT;
    }
}

bool slink_block_flagged(const struct slink_block *block)
{
    return block->error || block->tcs != SLINK_TCS_GOOD;
}

void slink_block_marks(const struct slink_block *block, struct damage_log *log)
{
    const struct {
        bool set;
        enum damage_class damage;
    } marks[] = {{!block->spill_good, DAMAGE_SLINK_SPILL},
                 {block->error, DAMAGE_SLINK_FLAGS},
                 {(block->tcs & SLINK_TCS_FIFO) != 0, DAMAGE_TCS_FIFO},
                 {(block->tcs & SLINK_TCS_SYNC) != 0, DAMAGE_TCS_SYNC},
                 {(block->tcs & SLINK_TCS_ECC) == 0, DAMAGE_TCS_ECC},
                 {(block->tcs & SLINK_TCS_UNDEFINED) != 0, DAMAGE_TCS_BITS}};

    if (block->spill_good && !slink_block_flagged(block))
        return;
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (marks[i].set)
            damage_note(log, &(struct damage_place){
                                 .damage = marks[i].damage,
                                 .source = block->source,
                                 .at = block->words - 4 * (size_t)SLINK_HEADER_WORDS,
                                 .length = 4 * (block->count + SLINK_HEADER_WORDS)});
}

static uint32_t header_words(const uint8_t *data)
{
    return le32_load(data) & 0xFFFF;
}

static uint32_t header_source(const uint8_t *data)
{
    return le32_load(data) >> 16 & 0x3FF;
}

static void block_load(const uint8_t *data, const struct date_header *event,
                       struct slink_block *block)
{
    uint32_t first = le32_load(data), second = le32_load(data + 4),
             third = le32_load(data + 8);
    uint32_t spill = second >> 20 & (SLINK_SPILL_LIMIT - 1);
    *block = (struct slink_block){
        .source = (uint16_t)(first >> 16 & 0x3FF),
        .event_type = (uint8_t)(first >> 26 & 0x1F),
        .error = first >> 31 != 0,
        .event = second & 0xFFFFF,
        .spill = spill,
        .spill_good = spill == event->spill % SLINK_SPILL_LIMIT,
        .stat = second >> 31 != 0,
        .status = (uint8_t)third,
        .tcs = (uint8_t)(third >> 8),
        .error_words = (uint8_t)(third >> 16),
        .format = (uint8_t)(third >> 24),
        .words = data + 4 * (size_t)SLINK_HEADER_WORDS,
        .count = (first & 0xFFFF) - SLINK_HEADER_WORDS,
    };
}

/* Do these bytes begin with a block of this event, by size and number? `head` is the
 * least number of words. */
static bool block_begins(const struct event_blocks *blocks, const uint8_t *data,
                         size_t left, uint32_t head)
{
    return left >= 4 * (size_t)head && header_words(data) >= head &&
           header_words(data) <= left / 4 &&
           (le32_load(data + 4) & 0xFFFFF) == blocks->event->header.event;
}

/* Lost is what lies between `from` and where the cursor stands. */
static enum lookup fail(const struct event_blocks *blocks, enum damage_class damage,
                        const struct date_cursor *cursor, size_t from,
                        struct slink_fault *fault)
{
    *fault = (struct slink_fault){.damage = damage,
                                  .source = SLINK_SOURCES,
                                  .offset =
                                      (size_t)(cursor->data - blocks->event->data) + from,
                                  .length = cursor->offset - from};
    return LOOKUP_FAILED;
}

static enum lookup fail_source(enum lookup failed, uint32_t source,
                               struct slink_fault *fault)
{
    fault->source = source;
    return failed;
}

/* One ordinary block whose size is known to be good and behind which `cursor` stands. */
static enum lookup block_take(struct event_blocks *blocks, const uint8_t *data,
                              const struct date_cursor *cursor, struct slink_block *block,
                              struct slink_fault *fault)
{
    size_t from = (size_t)(data - cursor->data);
    block_load(data, &blocks->event->header, block);
    block->equipment = blocks->equipment;
    if (block->event == blocks->event->header.event)
        return LOOKUP_FOUND;
    return fail_source(fail(blocks, DAMAGE_SLINK_EVENT, cursor, from, fault),
                       block->source, fault);
}

/* Is the second word that of this event and spill? */
static bool numbers_fit(const struct event_blocks *blocks, const uint8_t *data)
{
    const struct date_header *event = &blocks->event->header;
    uint32_t numbers = event->event | event->spill % SLINK_SPILL_LIMIT << 20;
    return (le32_load(data + 4) & ~(1u << 31)) == numbers;
}

/* Moves a multiplexer's cursor to the next block of this event and spill. */
static void multiplexer_resync(struct event_blocks *blocks)
{
    struct date_cursor *cursor = &blocks->blocks;
    for (cursor->offset += 4; cursor->offset < cursor->size; cursor->offset += 4) {
        const uint8_t *data = cursor->data + cursor->offset;
        if (block_begins(blocks, data, cursor->size - cursor->offset,
                         SLINK_HEADER_WORDS) &&
            numbers_fit(blocks, data))
            return;
    }
    cursor->offset = cursor->size;
}

/* May the multiplexer end here, or have another block, be it a damaged one? */
static bool multiplexer_goes_on(const struct event_blocks *blocks, size_t at)
{
    size_t left = blocks->blocks.size - at;
    const uint8_t *data = blocks->blocks.data + at;
    if (left < 4 * (size_t)SLINK_HEADER_WORDS)
        return left == 0;
    uint32_t words = header_words(data);
    return (words >= SLINK_HEADER_WORDS && words <= left / 4) ||
           numbers_fit(blocks, data);
}

static enum lookup multiplexer_next(struct event_blocks *blocks,
                                    struct slink_block *block, struct slink_fault *fault)
{
    struct date_cursor *cursor = &blocks->blocks;
    size_t from = cursor->offset, left = (cursor->size - from) / 4;
    const uint8_t *data = cursor->data + from;
    uint32_t words = left < SLINK_HEADER_WORDS ? 0 : header_words(data);
    bool sized = words >= SLINK_HEADER_WORDS && words <= left &&
                 multiplexer_goes_on(blocks, from + 4 * (size_t)words);
    if (sized)
        cursor->offset += 4 * (size_t)words;
    else
        multiplexer_resync(blocks);
    blocks->multiplexed = cursor->offset < cursor->size;
    if (sized)
        return block_take(blocks, data, cursor, block, fault);
    bool told = left >= SLINK_HEADER_WORDS &&
                (le32_load(data + 4) & 0xFFFFF) == blocks->event->header.event;
    return fail_source(fail(blocks, DAMAGE_MULTIPLEXER, cursor, from, fault),
                       told ? header_source(data) : SLINK_SOURCES, fault);
}

/* The equipment at `at` in full order: its S-Link block has its size and is of this
 * event. What a search can rely on. */
static bool equipment_begins(const struct event_blocks *blocks, size_t at)
{
    struct date_cursor cursor = blocks->equipments;
    struct date_equipment equipment;
    cursor.offset = at;
    if (date_equipment_next(&cursor, &equipment) != LOOKUP_FOUND)
        return false;
    return block_begins(blocks, equipment.payload, equipment.size,
                        SLINK_MULTIPLEXER_WORDS) &&
           4 * header_words(equipment.payload) == equipment.size;
}

/* Moves the cursor from `at` behind damage: to the next equipment, or to the end. */
static void equipment_resync(struct event_blocks *blocks, size_t at)
{
    struct date_cursor *cursor = &blocks->equipments;
    for (at += 4; at < cursor->size; at += 4)
        if (equipment_begins(blocks, at))
            break;
    cursor->offset = at < cursor->size ? at : cursor->size;
}

/* An equipment at `from` whose own size cannot be. */
static enum lookup equipment_lose(struct event_blocks *blocks, size_t from,
                                  struct slink_fault *fault)
{
    equipment_resync(blocks, from);
    return fail(blocks, DAMAGE_EQUIPMENT_SIZE, &blocks->equipments, from, fault);
}

/* Two sizes that differ: that of the equipment is right when the row goes on behind it.
 */
static enum lookup sizes_differ(struct event_blocks *blocks, size_t from,
                                const struct date_equipment *equipment,
                                struct slink_fault *fault)
{
    struct date_cursor *cursor = &blocks->equipments;
    uint32_t source = header_source(equipment->payload);
    if (cursor->offset == cursor->size || equipment_begins(blocks, cursor->offset))
        return fail_source(fail(blocks, DAMAGE_SLINK_SIZE, cursor, from, fault), source,
                           fault);
    equipment_resync(blocks, from);
    bool told =
        (le32_load(equipment->payload + 4) & 0xFFFFF) == blocks->event->header.event;
    return fail_source(fail(blocks, DAMAGE_EQUIPMENT_SIZE, cursor, from, fault),
                       told ? source : SLINK_SOURCES, fault);
}

/* An equipment that began at `from`: one block, or a multiplexer that is opened and then
 * read on. */
static enum lookup equipment_take(struct event_blocks *blocks, size_t from,
                                  const struct date_equipment *equipment,
                                  struct slink_block *block, struct slink_fault *fault)
{
    const uint8_t *data = equipment->payload;
    blocks->equipment = equipment->id;
    if (equipment->size < 4 * SLINK_MULTIPLEXER_WORDS)
        return fail(blocks, DAMAGE_EQUIPMENT_SHORT, &blocks->equipments, from, fault);
    bool multiplexer = header_source(data) >= SLINK_MULTIPLEXER_FIRST;
    if (!multiplexer && equipment->size < 4 * SLINK_HEADER_WORDS)
        return fail_source(
            fail(blocks, DAMAGE_EQUIPMENT_SHORT, &blocks->equipments, from, fault),
            header_source(data), fault);
    if (4 * header_words(data) != equipment->size)
        return sizes_differ(blocks, from, equipment, fault);
    if (!multiplexer)
        return block_take(blocks, data, &blocks->equipments, block, fault);
    size_t head = 4 * (size_t)SLINK_MULTIPLEXER_WORDS;
    blocks->blocks =
        (struct date_cursor){.data = data + head, .size = equipment->size - head};
    blocks->multiplexed = blocks->blocks.size > 0;
    return LOOKUP_ABSENT; /* nothing of its own to hand out */
}

/* Opens the next sub-event; ABSENT at the end of the event. */
static enum lookup subevent_open(struct event_blocks *blocks, struct slink_fault *fault)
{
    struct date_event subevent;
    enum damage_class damage;
    size_t from = blocks->subevents.offset;
    enum lookup found = date_subevent_next(&blocks->subevents, &blocks->event->header,
                                           &subevent, &damage);
    if (found == LOOKUP_FAILED)
        return fail(blocks, damage, &blocks->subevents, from, fault);
    if (found == LOOKUP_FOUND) {
        blocks->equipments = date_payload(&subevent);
        blocks->depth = DEPTH_EQUIPMENT;
    }
    return found;
}

enum lookup event_blocks_next(struct event_blocks *blocks, struct slink_block *block,
                              struct slink_fault *fault)
{
    for (;;) {
        if (blocks->multiplexed)
            return multiplexer_next(blocks, block, fault);
        if (blocks->depth == DEPTH_SUBEVENT) {
            enum lookup opened = subevent_open(blocks, fault);
            if (opened != LOOKUP_FOUND)
                return opened;
        }
        struct date_equipment equipment;
        size_t from = blocks->equipments.offset;
        enum lookup found = date_equipment_next(&blocks->equipments, &equipment);
        if (found == LOOKUP_FAILED)
            return equipment_lose(blocks, from, fault);
        if (found == LOOKUP_FOUND)
            found = equipment_take(blocks, from, &equipment, block, fault);
        else if (blocks->event->header.super) {
            blocks->depth = DEPTH_SUBEVENT;
            continue;
        } else
            return LOOKUP_ABSENT;
        if (found != LOOKUP_ABSENT)
            return found;
    }
}
